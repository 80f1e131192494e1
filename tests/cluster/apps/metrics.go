package main

import (
	"fmt"
	"io"
	"time"
)

// metric is the one figure of an application that is billed, in the words of Prometheus.
type metric struct {
	name, kind, help string
	value            int
}

// writeMetrics answers in the Prometheus text format. The epoch tells a reader of a cumulative value when it began.
func writeMetrics(w io.Writer, m metric, epoch time.Time) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", m.name, m.help, m.name, m.kind, m.name, m.value)
	fmt.Fprintf(w, "# HELP wolkenamt_epoch When counting began, in seconds since 1970.\n# TYPE wolkenamt_epoch gauge\n")
	fmt.Fprintf(w, "wolkenamt_epoch %d\n", epoch.Unix())
}
