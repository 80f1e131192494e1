// A stand-in for real software, used for demonstration and tests: one small program that plays, by the environment
// variable APP, a file exchange (datenaustausch), an assistant (chatbot) or a street lamp control (strassenlicht).
//
// It is small and honest: each application does its own job for real, keeps its state in the folder DATA (default /data)
// if that can be written, and counts what is billed. It has no TLS: the Ingress in front of it has.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// application is what each of the three plays: its routes, and the one figure that is billed.
type application interface {
	routes(mux *http.ServeMux)
	metric() metric
}

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	store, err := openStore(setting("DATA", "/data"))
	if err != nil {
		return err
	}
	chosen, err := choose(setting("APP", ""), store)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	chosen.routes(mux)
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { writeMetrics(w, chosen.metric(), store.epoch()) })
	return serve(&http.Server{Addr: setting("LISTEN", ":8080"), Handler: withHeaders(mux), ReadHeaderTimeout: 10 * time.Second})
}

func choose(name string, store *store) (application, error) {
	switch name {
	case "datenaustausch":
		largest, err := strconv.ParseInt(setting("LARGEST_FILE_MB", "100"), 10, 32)
		if err != nil || largest < 1 {
			return nil, fmt.Errorf("LARGEST_FILE_MB must be a number from 1 on, not %q", os.Getenv("LARGEST_FILE_MB"))
		}
		settings := exchangeSettings{LargestFileMB: largest, Greeting: setting("GREETING", "")}
		return newExchange(store, settings, setting("ADMIN_USER", "admin"), setting("ADMIN_PASSWORD", ""))
	case "chatbot":
		return newChatbot(store), nil
	case "strassenlicht":
		return newLamps(store, setting("LAMPS", "12"))
	}
	return nil, fmt.Errorf("APP must be datenaustausch, chatbot or strassenlicht, not %q", name)
}

// serve ends cleanly on SIGTERM: requests under way may finish.
func serve(server *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("listening on %s", server.Addr)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(limited); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
