package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// The convention of external-dns, so that the operator writes nothing that only this stand-in understands.
const nameAnnotation = "external-dns.alpha.kubernetes.io/hostname"

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// writeHosts keeps the published names in the form of /etc/hosts. The file is rewritten in place, because client.sh binds
// it over /etc/hosts, and a renamed file would not show there.
func (l *location) writeHosts(path string) error {
	lines := []string{}
	all, err := typed[corev1.Service](l.services)
	if err != nil {
		return err
	}
	for _, service := range all {
		address := addressOf(service.Status.LoadBalancer.Ingress)
		if !address.IsValid() {
			continue
		}
		for name := range strings.SplitSeq(service.Annotations[nameAnnotation], ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); hostName.MatchString(name) {
				lines = append(lines, fmt.Sprintf("%s %s", address, name))
			}
		}
	}
	hosts, err := l.ingressHosts()
	if err != nil {
		return err
	}
	for name := range hosts {
		lines = append(lines, fmt.Sprintf("%s %s", l.ingressAddress, name))
	}
	sort.Strings(lines)
	wanted := "127.0.0.1 localhost\n" + strings.Join(lines, "\n") + "\n"
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if present, err := io.ReadAll(file); err != nil || string(present) == wanted {
		return err
	}
	if _, err := file.WriteAt([]byte(wanted), 0); err != nil {
		return err
	}
	return file.Truncate(int64(len(wanted)))
}
