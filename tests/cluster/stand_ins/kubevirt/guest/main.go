// The part of the demonstration guest that a shell cannot do well: it plays growpart and cloud-init, as far as a booked
// machine needs them. It runs inside the virtual machine, as a static program; guest.sh puts it into the disk image.
//
//	guest grow DISK               the second partition takes the rest of the disk
//	guest cloud-init FOLDER ROOT  user-data and meta-data of a NoCloud disk become host name, people, keys
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "grow":
		err = grow(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "cloud-init":
		err = configure(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("usage: guest grow DISK | guest cloud-init FOLDER ROOT")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1)
	}
}
