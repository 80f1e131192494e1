package main

import (
	"context"
	"embed"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"wolkenamt.test/cluster/stand_ins/installing"
)

//go:embed manifests/*.yaml
var manifests embed.FS

// install applies the CRD and the admission policies, and waits until the API server serves the kind. A real CRD that is
// already there is left alone: then this is not a cluster to play in.
func install(ctx context.Context, client dynamic.Interface) error {
	if err := installing.Apply(ctx, client, manifests, fieldManager, "manifests/crd.yaml", "manifests/policies.yaml"); err != nil {
		return err
	}
	return waitUntilServed(ctx, client)
}

// waitUntilServed tries an apply without effect: server-side apply knows a new kind a moment later than reading does, and so
// do the admission policies.
func waitUntilServed(ctx context.Context, client dynamic.Interface) error {
	probe := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": map[string]any{"name": "stand-in-probe", "namespace": "default"},
		"spec": map[string]any{"instances": int64(1), "storage": map[string]any{"size": "1Mi"}}}}
	options := metav1.ApplyOptions{FieldManager: fieldManager, DryRun: []string{metav1.DryRunAll}}
	for attempt := 0; ; attempt++ {
		answer, err := client.Resource(clusters).Namespace("default").Apply(ctx, probe.GetName(), probe, options)
		if err == nil {
			if _, defaulted, _ := unstructured.NestedString(answer.Object, "spec", "bootstrap", "initdb", "database"); defaulted {
				return nil
			}
			err = errors.New("the admission policies do not work")
		}
		if attempt == 200 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
