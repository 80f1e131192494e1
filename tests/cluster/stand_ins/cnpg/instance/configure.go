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
	for _, fixed := range [][2]string{
		{"listen_addresses", "*"}, {"port", "5432"}, {"unix_socket_directories", instanceconfig.Sockets}, {"cluster_name", config.ClusterName},
		{"ssl", "on"}, {"ssl_cert_file", instanceconfig.ServerCert + "/tls.crt"}, {"ssl_key_file", instanceconfig.ServerCert + "/tls.key"},
		{"logging_collector", "off"}, {"log_destination", "stderr"}, {"password_encryption", "scram-sha-256"}, {"jit", "off"},
	} {
		fmt.Fprintf(&text, "%s = %s\n", fixed[0], literal(fixed[1]))
	}
	if err := replace(filepath.Join(instanceconfig.Data, managedFile), text.String()); err != nil {
		return err
	}
	// Rules of one's own stand before the default one, and after the way in for this manager.
	hba := append([]string{"local all all peer"}, config.HBA...)
	hba = append(hba, "host all all all scram-sha-256")
	return replace(filepath.Join(instanceconfig.Data, "pg_hba.conf"), strings.Join(hba, "\n")+"\n")
}

// configure runs beside the running PostgreSQL: files, reload, passwords.
func configure(change instanceconfig.Change) error {
	if err := writeConfig(change.Config); err != nil {
		return err
	}
	statements := []string{"SELECT pg_reload_conf();"}
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
