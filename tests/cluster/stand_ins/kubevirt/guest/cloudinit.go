package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// cloudConfig is the part of #cloud-config that this guest understands.
type cloudConfig struct {
	Hostname string            `json:"hostname"`
	Users    []user            `json:"users"`
	SSHKeys  map[string]string `json:"ssh_keys"`
}

type user struct {
	Name  string   `json:"name"`
	Gecos string   `json:"gecos"`
	Keys  []string `json:"ssh_authorized_keys"`
}

type metaData struct {
	InstanceID string `json:"instance-id"`
	Hostname   string `json:"local-hostname"`
}

var loginName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// configure acts once per instance id, like the real one: a later change of user-data changes nothing.
func configure(folder, root string) error {
	var meta metaData
	if err := load(filepath.Join(folder, "meta-data"), &meta); err != nil {
		return err
	}
	done := filepath.Join(root, "var/lib/cloud/instance-id")
	if known, err := os.ReadFile(done); err == nil && string(known) == meta.InstanceID {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(folder, "user-data"))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(text), "#cloud-config\n") {
		return fmt.Errorf("user-data is no #cloud-config")
	}
	config := cloudConfig{Hostname: meta.Hostname}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "etc/hostname"), []byte(config.Hostname+"\n"), 0o644); err != nil {
		return err
	}
	for number, one := range config.Users {
		if err := one.create(root, 1000+number); err != nil {
			return err
		}
	}
	if key := config.SSHKeys["ed25519_private"]; key != "" {
		if err := hostKey(root, key); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(done), 0o755); err != nil {
		return err
	}
	return os.WriteFile(done, []byte(meta.InstanceID), 0o644)
}

func load(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(text, into)
}

func (one user) create(root string, number int) error {
	if !loginName.MatchString(one.Name) {
		return fmt.Errorf("%q is no login name", one.Name)
	}
	home := "/home/" + one.Name
	// A comment field with a colon or a line break would be a second account.
	gecos := strings.Map(func(letter rune) rune {
		if letter == ':' || letter < ' ' {
			return -1
		}
		return letter
	}, one.Gecos)
	lines := map[string]string{
		"etc/passwd": fmt.Sprintf("%s:x:%d:%d:%s:%s:/bin/sh\n", one.Name, number, number, gecos, home),
		"etc/group":  fmt.Sprintf("%s:x:%d:\n", one.Name, number),
		"etc/shadow": fmt.Sprintf("%s:*:19000:0:99999:7:::\n", one.Name),
	}
	for file, line := range lines {
		if err := appendTo(filepath.Join(root, file), line); err != nil {
			return err
		}
	}
	folder := filepath.Join(root, home, ".ssh")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	keys := filepath.Join(folder, "authorized_keys")
	if err := os.WriteFile(keys, []byte(strings.Join(one.Keys, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{filepath.Join(root, home), folder, keys} {
		if err := os.Chown(path, number, number); err != nil {
			return err
		}
	}
	return nil
}

func appendTo(path, line string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(line); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// hostKey turns OpenSSH's form into that of this guest's server. A key that was drawn before is replaced.
func hostKey(root, key string) error {
	source := filepath.Join(root, "run/host-key")
	target := filepath.Join(root, "etc/dropbear/dropbear_ed25519_host_key")
	if err := os.WriteFile(source, []byte(key), 0o600); err != nil {
		return err
	}
	defer os.Remove(source)
	if output, err := exec.Command("dropbearconvert", "openssh", "dropbear", source, target).CombinedOutput(); err != nil {
		return fmt.Errorf("dropbearconvert: %w: %s", err, output)
	}
	return os.Chmod(target, 0o600)
}
