package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

// run keeps PostgreSQL as its child until it is told to stop.
func run() error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(instanceconfig.Sockets, 0o700); err != nil {
		return err
	}
	if err := writeConfig(config); err != nil {
		return err
	}
	// The pod before this one is gone, however it ended: its lock means nothing, and its number may be ours by now.
	if err := os.Remove(filepath.Join(instanceconfig.Data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
		return err
	}
	stopped := make(chan os.Signal, 2)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	server := exec.Command("postgres", "-D", instanceconfig.Data)
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	// Signals to a whole group shall not reach PostgreSQL past this manager.
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		return err
	}
	serveStatus(config.ClusterName)
	go reloadNewCertificates(server)
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	select {
	case err := <-ended:
		return fmt.Errorf("PostgreSQL ended by itself: %w", errors.Join(err, errors.New("see above")))
	case <-stopped:
		return stop(server, ended, time.Duration(config.SmartShutdownSeconds)*time.Second)
	}
}

// stop waits for clients first (smart), then throws them out (fast). The pod's grace period ends it in any case.
func stop(server *exec.Cmd, ended <-chan error, patience time.Duration) error {
	log.Print("smart shutdown: waiting for clients")
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
	}
	log.Print("fast shutdown")
	if err := server.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return <-ended
}

// reloadNewCertificates notices when the kubelet replaced the mounted Secret.
func reloadNewCertificates(server *exec.Cmd) {
	path := instanceconfig.ServerCert + "/tls.crt"
	last, _ := os.ReadFile(path) // an unreadable file counts as empty: the next reading reloads
	for range time.Tick(5 * time.Second) {
		now, err := os.ReadFile(path)
		if err == nil && string(now) != string(last) {
			last = now
			log.Print("new server certificate")
			if err := server.Process.Signal(syscall.SIGHUP); err != nil {
				log.Printf("reload: %v", err)
			}
		}
	}
}

// serveStatus answers probes over HTTPS and one metric over HTTP, as the real manager does on these ports.
func serveStatus(cluster string) {
	status := http.NewServeMux()
	status.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "OK") })
	for _, path := range []string{"/readyz", "/startupz", "/pg/status"} {
		status.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if !accepting() {
				http.Error(w, "PostgreSQL does not accept connections", http.StatusServiceUnavailable)
				return
			}
			fmt.Fprintln(w, "OK")
		})
	}
	metrics := http.NewServeMux()
	metrics.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		up := 0
		if accepting() {
			up = 1
		}
		fmt.Fprintf(w, "# TYPE cnpg_collector_up gauge\ncnpg_collector_up{cluster=%q} %d\n", cluster, up)
	})
	certificate := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(instanceconfig.ServerCert+"/tls.crt", instanceconfig.ServerCert+"/tls.key")
		return &pair, err
	}
	secure := &http.Server{Addr: fmt.Sprintf(":%d", instanceconfig.StatusPort), Handler: status, ReadHeaderTimeout: 5 * time.Second,
		TLSConfig: &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}}
	plain := &http.Server{Addr: fmt.Sprintf(":%d", instanceconfig.MetricPort), Handler: metrics, ReadHeaderTimeout: 5 * time.Second}
	go func() { log.Fatal(secure.ListenAndServeTLS("", "")) }()
	go func() { log.Fatal(plain.ListenAndServe()) }()
}

func accepting() bool {
	return exec.Command("pg_isready", "-q", "-t", "2", "-h", instanceconfig.Sockets).Run() == nil
}
