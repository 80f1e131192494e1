package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

// join makes the data folder of a standby from the running primary.
func join() error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	return build(func(building string) error {
		if err := execute("pg_basebackup", "--dbname", connection(config, "postgres")+" replication=true", "--pgdata", building,
			"--wal-method", "stream", "--checkpoint", "fast", "--no-sync"); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(building, "standby.signal"), nil, 0o600)
	})
}

// connection to the primary by the certificate of standbys. The address is that of a Service, which no certificate names.
func connection(config instanceconfig.Config, database string) string {
	name, _ := os.Hostname()
	return fmt.Sprintf("host=%s port=5432 user=streaming_replica dbname=%s application_name=%s sslmode=verify-ca sslrootcert=%s sslcert=%s/tls.crt sslkey=%s/tls.key",
		config.Primary, database, name, instanceconfig.Authority, instanceconfig.Replication, instanceconfig.Replication)
}

// build makes the data folder beside its place, so that a Job that was killed in the middle starts over.
func build(how func(building string) error) error {
	if _, err := os.Stat(filepath.Join(instanceconfig.Data, "PG_VERSION")); err == nil {
		log.Print("the data folder exists already")
		return nil
	}
	building := instanceconfig.Data + ".new"
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	if err := how(building); err != nil {
		return err
	}
	return os.Rename(building, instanceconfig.Data)
}

// restore makes the data folder from the newest base backup before the wished moment and the log up to it.
func restore() error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	if config.Recovery == nil {
		return errors.New("nothing says from where")
	}
	return build(func(building string) error {
		from := store(config.Recovery.From)
		id, err := chooseBackup(from, config.Recovery.Target)
		if err != nil {
			return err
		}
		log.Printf("restoring base backup %s", id)
		if err := unpack(from, "base/"+id+"/data.tar.gz", building); err != nil {
			return err
		}
		return replay(building, config.Recovery.Target)
	})
}

func chooseBackup(from store, target *time.Time) (string, error) {
	found, ids, err := from.backups()
	if err != nil {
		return "", err
	}
	chosen := ""
	for _, id := range ids {
		if target == nil || !found[id].End.After(*target) {
			chosen = id
		}
	}
	if chosen == "" {
		return "", errors.New("no base backup was complete at that moment")
	}
	return chosen, nil
}

func unpack(from store, path, target string) error {
	answer, err := from.call(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	text, err := gzip.NewReader(answer)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(target, 0o700); err != nil {
		return err
	}
	for reader := tar.NewReader(text); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		place := filepath.Join(target, filepath.Clean("/"+header.Name))
		switch header.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(place, 0o700)
		case tar.TypeReg:
			err = put(place, reader)
		}
		if err != nil {
			return err
		}
	}
}

// replay runs PostgreSQL without a network until it has reached the moment and become a primary. It refuses a moment that
// the archive does not reach.
func replay(data string, target *time.Time) error {
	lines := []string{
		"listen_addresses = ''", "ssl = off", "archive_mode = off", "hot_standby = off",
		"synchronous_standby_names = ''", "primary_conninfo = ''",
		"unix_socket_directories = " + literal(instanceconfig.Sockets), "recovery_target_action = 'promote'",
		"restore_command = " + literal(instanceconfig.Manager+" wal-restore %f %p"),
	}
	if target != nil {
		lines = append(lines, "recovery_target_time = "+literal(target.UTC().Format("2006-01-02 15:04:05.000000+00")))
	}
	managed := filepath.Join(data, managedFile)
	before, err := os.ReadFile(managed)
	if err != nil {
		return err
	}
	if err := os.WriteFile(managed, []byte(string(before)+"\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o600); err != nil {
		return err
	}
	if err := os.MkdirAll(instanceconfig.Sockets, 0o700); err != nil {
		return err
	}
	// A local way in for the superuser, whatever the rules of before say.
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte("local all all peer\n"), 0o600); err != nil {
		return err
	}
	server := exec.Command("postgres", "-D", data)
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("PostgreSQL did not reach the moment: %w", errors.Join(err, errors.New("its last words stand above")))
		case <-time.After(500 * time.Millisecond):
		}
		if answer, err := exec.Command("psql", "-XqAt", "-h", instanceconfig.Sockets, "-U", "postgres", "-d", "postgres", "-c",
			"SELECT pg_is_in_recovery()").Output(); err == nil && strings.TrimSpace(string(answer)) == "f" {
			break
		}
	}
	return stop(server, ended, 0)
}
