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

func (of *cluster) instanceConfig() instanceconfig.Config {
	return instanceconfig.Config{Parameters: of.Spec.PostgreSQL.Parameters, HBA: of.Spec.PostgreSQL.HBA,
		SmartShutdownSeconds: of.Spec.SmartShutdownTimeout, ClusterName: of.Name}
}

// ensureConfig writes what an instance reads at its start; a running one is told by configure.
func (c *controller) ensureConfig(ctx context.Context, of *cluster) error {
	text, err := json.Marshal(of.instanceConfig())
	if err != nil {
		return err
	}
	return c.ensure(ctx, configMaps, "v1", "ConfigMap", &corev1.ConfigMap{ObjectMeta: of.meta(of.configName(), false, nil),
		Data: map[string]string{"config.json": string(text)}})
}

// configure brings parameters, pg_hba and passwords into a running instance, and remembers on the pod which ones it has.
func (c *controller) configure(ctx context.Context, of *cluster, pod *corev1.Pod) error {
	change := instanceconfig.Change{Config: of.instanceConfig(), Passwords: map[string]string{}}
	app, err := findAs[corev1.Secret](c, secrets, of.Namespace, of.appSecret())
	if err != nil {
		return err
	}
	if app == nil {
		return fmt.Errorf("Secret %s is missing", of.appSecret())
	}
	change.Passwords[of.Spec.Bootstrap.InitDB.Owner] = string(app.Data["password"])
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
	if err := c.execute(ctx, pod, change); err != nil {
		return err
	}
	return c.patch(ctx, pods, pod.Namespace, pod.Name, map[string]any{"metadata": map[string]any{"annotations": map[string]string{annotationConfig: wanted}}})
}

func (c *controller) execute(ctx context.Context, pod *corev1.Pod, change instanceconfig.Change) error {
	input, err := json.Marshal(change)
	if err != nil {
		return err
	}
	query := url.Values{"container": {"postgres"}, "command": {instanceconfig.Manager, "configure"}, "stdin": {"true"}, "stdout": {"true"}, "stderr": {"true"}}
	address := fmt.Sprintf("%s/api/v1/namespaces/%s/pods/%s/exec?%s", strings.TrimSuffix(c.config.Host, "/"), pod.Namespace, pod.Name, query.Encode())
	executor, err := remotecommand.NewWebSocketExecutor(c.config, "GET", address)
	if err != nil {
		return err
	}
	var output bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: bytes.NewReader(input), Stdout: &output, Stderr: &output})
	if err != nil {
		return fmt.Errorf("configuring %s: %w: %s", pod.Name, err, strings.TrimSpace(output.String()))
	}
	return nil
}
