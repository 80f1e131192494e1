package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

func (of *cluster) configName() string { return of.Name + "-stand-in" }

func (c *controller) instanceConfig(of *cluster) (instanceconfig.Config, error) {
	config := instanceconfig.Config{Parameters: of.Spec.PostgreSQL.Parameters, HBA: of.Spec.PostgreSQL.HBA,
		SmartShutdownSeconds: of.Spec.SmartShutdownTimeout, ClusterName: of.Name}
	service, err := findAs[corev1.Service](c, services, of.Namespace, of.Name+"-rw")
	if err != nil {
		return config, err
	}
	if service != nil {
		// There is no cluster DNS.
		config.Primary = service.Spec.ClusterIP
	}
	if of.Spec.PostgreSQL.Synchronous != nil {
		config.Synchronous = c.readyStandbys(of)
	}
	if used := of.archiver(); used != nil {
		if config.Archive, err = c.archive(of, *used); err != nil {
			return config, err
		}
	}
	config.Recovery, err = c.recovery(of)
	return config, err
}

// ensureConfig writes what an instance reads at its start; a running one is told by configure.
func (c *controller) ensureConfig(ctx context.Context, of *cluster) error {
	config, err := c.instanceConfig(of)
	if err != nil {
		return err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return c.ensure(ctx, configMaps, "v1", "ConfigMap", &corev1.ConfigMap{ObjectMeta: of.meta(of.configName(), false, nil),
		Data: map[string]string{"config.json": string(text)}})
}

// configure brings parameters, pg_hba and passwords into a running instance, and remembers on the pod which ones it has.
func (c *controller) configure(ctx context.Context, of *cluster, pod *corev1.Pod) error {
	config, err := c.instanceConfig(of)
	if err != nil {
		return err
	}
	change := instanceconfig.Change{Config: config, Passwords: map[string]string{}, Standby: pod.Name != of.instance()}
	app, err := findAs[corev1.Secret](c, secrets, of.Namespace, of.appSecret())
	if err != nil {
		return err
	}
	if app == nil {
		return fmt.Errorf("Secret %s is missing", of.appSecret())
	}
	_, owner := of.application()
	change.Passwords[owner] = string(app.Data["password"])
	if of.Spec.EnableSuperuserAccess {
		superuser, err := findAs[corev1.Secret](c, secrets, of.Namespace, of.Name+"-superuser")
		if err != nil || superuser == nil {
			return err
		}
		change.SuperuserPassword = text(string(superuser.Data["password"]))
	}
	wanted := fingerprint(change)
	if pod.Annotations[annotationConfig] == wanted {
		return nil
	}
	if _, err := c.execute(ctx, pod, "configure", change); err != nil {
		return err
	}
	return c.patch(ctx, pods, pod.Namespace, pod.Name, map[string]any{"metadata": map[string]any{"annotations": map[string]string{annotationConfig: wanted}}})
}

// execute runs a command of the instance manager in a pod and answers what it printed.
func (c *controller) execute(ctx context.Context, pod *corev1.Pod, command string, wish any) ([]byte, error) {
	input, err := json.Marshal(wish)
	if err != nil {
		return nil, err
	}
	query := url.Values{"container": {"postgres"}, "command": {instanceconfig.Manager, command}, "stdin": {"true"}, "stdout": {"true"}, "stderr": {"true"}}
	address := fmt.Sprintf("%s/api/v1/namespaces/%s/pods/%s/exec?%s", strings.TrimSuffix(c.config.Host, "/"), pod.Namespace, pod.Name, query.Encode())
	executor, err := remotecommand.NewWebSocketExecutor(c.config, "GET", address)
	if err != nil {
		return nil, err
	}
	var output, said bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: bytes.NewReader(input), Stdout: &output, Stderr: &said})
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w: %s", command, pod.Name, err, strings.TrimSpace(said.String()))
	}
	return output.Bytes(), nil
}
