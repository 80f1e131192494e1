package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

// managedFile is included at the end of postgresql.conf: everything in it wins.
const managedFile = "stand-in.conf"

func readConfig() (instanceconfig.Config, error) {
	var config instanceconfig.Config
	text, err := os.ReadFile(instanceconfig.ConfigFile)
	if err != nil {
		return config, err
	}
	return config, json.Unmarshal(text, &config)
}

// writeConfig writes what PostgreSQL reads at its start and when it is told to reload.
func writeConfig(config instanceconfig.Config) error {
	var text strings.Builder
	names := make([]string, 0, len(config.Parameters))
	for name := range config.Parameters {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&text, "%s = %s\n", name, literal(config.Parameters[name]))
	}
	fixed := [][2]string{
		{"listen_addresses", "*"}, {"port", "5432"}, {"unix_socket_directories", instanceconfig.Sockets}, {"cluster_name", config.ClusterName},
		{"ssl", "on"}, {"ssl_cert_file", instanceconfig.ServerCert + "/tls.crt"}, {"ssl_key_file", instanceconfig.ServerCert + "/tls.key"},
		{"logging_collector", "off"}, {"log_destination", "stderr"}, {"password_encryption", "scram-sha-256"}, {"jit", "off"},
		{"ssl_ca_file", instanceconfig.Authority}, {"hot_standby", "on"}, {"synchronous_standby_names", synchronous(config.Synchronous)},
		// Always on, so that a database can get backups without a restart.
		{"archive_mode", "on"}, {"archive_command", instanceconfig.Manager + " wal-archive %p"},
	}
	if config.Primary != "" {
		// Only a standby reads it.
		fixed = append(fixed, [2]string{"primary_conninfo", connection(config, "postgres")})
	}
	for _, line := range fixed {
		fmt.Fprintf(&text, "%s = %s\n", line[0], literal(line[1]))
	}
	if err := replace(filepath.Join(instanceconfig.Data, managedFile), text.String()); err != nil {
		return err
	}
	// Rules of one's own stand before the default one, and after the way in for this manager.
	own := []string{"local all all peer", "local replication all peer", "hostssl postgres,replication streaming_replica all cert"}
	hba := append(own, config.HBA...)
	hba = append(hba, "host all all all scram-sha-256")
	return replace(filepath.Join(instanceconfig.Data, "pg_hba.conf"), strings.Join(hba, "\n")+"\n")
}

// synchronous makes the primary wait for one of the standbys that are up; without any it goes on alone.
func synchronous(standbys []string) string {
	if len(standbys) == 0 {
		return ""
	}
	quoted := make([]string, len(standbys))
	for n, name := range standbys {
		quoted[n] = identifier(name)
	}
	return "ANY 1 (" + strings.Join(quoted, ", ") + ")"
}

// configure runs beside the running PostgreSQL: files, reload, passwords.
func configure(change instanceconfig.Change) error {
	if err := writeConfig(change.Config); err != nil {
		return err
	}
	statements := []string{"SELECT pg_reload_conf();"}
	if change.Standby {
		_, err := psql(strings.Join(statements, "\n") + "\n")
		return err
	}
	for role, password := range change.Passwords {
		statements = append(statements, fmt.Sprintf("ALTER ROLE %s PASSWORD %s;", identifier(role), literal(password)))
	}
	superuser := "NULL"
	if change.SuperuserPassword != nil {
		superuser = literal(*change.SuperuserPassword)
	}
	statements = append(statements, "ALTER ROLE postgres PASSWORD "+superuser+";")
	// The statements hold passwords: PostgreSQL must not log them, whatever the customer set.
	input := "SET log_statement = 'none';\nSET log_min_duration_statement = -1;\n" + strings.Join(statements, "\n") + "\n"
	if _, err := psql(input); err != nil {
		return err
	}
	// The reload reaches the sessions a moment later; each of them marks what it cannot change by itself.
	waiting, err := psql("SELECT pg_sleep(0.5);\nSELECT count(*) FROM pg_settings WHERE pending_restart;\n")
	if err != nil || strings.TrimSpace(waiting) == "0" {
		return err
	}
	return os.WriteFile(instanceconfig.RestartWish, nil, 0o600)
}

// inside makes true what is wished inside one database. Names come from the definition of the Database, as with the real
// one: whoever may write that is a superuser.
func inside(wish instanceconfig.Inside) error {
	statements := []string{}
	if wish.ConnectionLimit != nil {
		statements = append(statements, fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d;", identifier(wish.Name), *wish.ConnectionLimit))
	}
	for _, name := range wish.Extensions {
		statements = append(statements, fmt.Sprintf("CREATE EXTENSION IF NOT EXISTS %s;", identifier(name)))
	}
	command := exec.Command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", instanceconfig.Sockets, "-U", "postgres", "-d", wish.Name)
	command.Stdin = strings.NewReader(strings.Join(statements, "\n") + "\n")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s", strings.TrimSpace(string(output)))
	}
	return nil
}

func psql(input string) (string, error) {
	command := exec.Command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", instanceconfig.Sockets, "-U", "postgres", "-d", "postgres")
	command.Stdin, command.Stderr = strings.NewReader(input), os.Stderr
	output, err := command.Output()
	return string(output), err
}

func replace(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
