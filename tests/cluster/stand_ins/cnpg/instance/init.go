package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// initialise makes the data folder once. It is built beside and renamed at the end, so that a Job that was killed in the
// middle starts over instead of leaving half a database.
func initialise() error {
	return build(initialiseAt)
}

func initialiseAt(building string) error {
	// Without waiting for the disk: this survives the death of every process, and a stand-in's first minute need not survive
	// the machine's. From its first start on PostgreSQL itself is as careful as ever.
	arguments := []string{"--no-sync", "--pgdata", building, "--username", "postgres", "--auth-local", "peer", "--auth-host", "scram-sha-256",
		"--encoding", environment("PG_ENCODING", "UTF8"), "--lc-collate", environment("PG_COLLATE", "C"), "--lc-ctype", environment("PG_CTYPE", "C")}
	if os.Getenv("PG_CHECKSUMS") == "true" {
		arguments = append(arguments, "--data-checksums")
	}
	if err := execute("initdb", arguments...); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(building, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(file, "\ninclude '%s'\n", managedFile); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(building, managedFile), nil, 0o600); err != nil {
		return err
	}
	return createDatabase(building)
}

// createDatabase uses the single-user mode: no server has to start and stop. One statement per line there.
func createDatabase(data string) error {
	owner, database, password := os.Getenv("APP_OWNER"), os.Getenv("APP_DATABASE"), os.Getenv("APP_PASSWORD")
	if owner == "" || database == "" || password == "" {
		return fmt.Errorf("APP_OWNER, APP_DATABASE and APP_PASSWORD must be set")
	}
	statements := []string{
		"CREATE ROLE streaming_replica LOGIN REPLICATION",
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD %s", identifier(owner), literal(password)),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", identifier(database), identifier(owner)),
	}
	if err := single(data, "postgres", append(statements, lines("POST_INIT_SQL")...)); err != nil {
		return err
	}
	if more := lines("POST_INIT_APPLICATION_SQL"); len(more) > 0 {
		return single(data, database, more)
	}
	return nil
}

func single(data, database string, statements []string) error {
	// The single-user mode goes on after an error and ends with 0: an ERROR in its output is the failure.
	command := exec.Command("postgres", "--single", "-D", data, "-c", "log_min_error_statement=panic", database)
	command.Stdin = strings.NewReader(strings.Join(statements, "\n") + "\n")
	output, err := command.CombinedOutput()
	for line := range strings.SplitSeq(string(output), "\n") {
		if strings.Contains(line, "ERROR:") || strings.Contains(line, "FATAL:") {
			return fmt.Errorf("preparing the database: %s", line)
		}
	}
	return err
}

func execute(program string, arguments ...string) error {
	command := exec.Command(program, arguments...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}

func lines(variable string) []string {
	text := strings.TrimSpace(os.Getenv(variable))
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
