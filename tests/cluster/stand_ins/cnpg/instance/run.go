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
	if err := writeConfig(config); err != nil {
		return err
	}
	if err := forgetLocks(); err != nil {
		return err
	}
	stopped := make(chan os.Signal, 2)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	serveStatus(config.ClusterName)
	for {
		again, err := keep(stopped, time.Duration(config.SmartShutdownSeconds)*time.Second)
		if !again {
			return err
		}
	}
}

// forgetLocks: whatever held the locks of the data folder and of the socket ended with the container before this one, however
// that went. The process number in them may belong to somebody else by now, and PostgreSQL would refuse to start.
func forgetLocks() error {
	if err := os.Remove(filepath.Join(instanceconfig.Data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.RemoveAll(instanceconfig.Sockets); err != nil {
		return err
	}
	return os.MkdirAll(instanceconfig.Sockets, 0o700)
}

// keep runs PostgreSQL once; true says that it shall be started again, for parameters that need it.
func keep(stopped <-chan os.Signal, patience time.Duration) (bool, error) {
	if err := os.Remove(instanceconfig.RestartWish); err != nil && !os.IsNotExist(err) {
		return false, err
	}
	server := exec.Command("postgres", "-D", instanceconfig.Data)
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	// Signals to a whole group shall not reach PostgreSQL past this manager.
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	certificate := readCertificate()
	for {
		select {
		case err := <-ended:
			return false, fmt.Errorf("PostgreSQL ended by itself: %w", errors.Join(err, errors.New("its last words stand above")))
		case <-stopped:
			return false, stop(server, ended, patience)
		case <-look.C:
		}
		if now := readCertificate(); now != certificate {
			certificate = now
			log.Print("new server certificate: reloading")
			if err := server.Process.Signal(syscall.SIGHUP); err != nil {
				return false, err
			}
		}
		if _, err := os.Stat(instanceconfig.RestartWish); err == nil {
			log.Print("restarting for changed parameters")
			return true, stop(server, ended, 0)
		}
	}
}

// readCertificate: the kubelet replaces a mounted Secret while we run. An unreadable file counts as empty.
func readCertificate() string {
	text, err := os.ReadFile(instanceconfig.ServerCert + "/tls.crt")
	if err != nil {
		return ""
	}
	return string(text)
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
