package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

//go:embed manifests/*.yaml
var manifests embed.FS

// install applies the CRD and the admission policies, and waits until the API server serves the kind. A real CRD that is
// already there is left alone: then this is not a cluster to play in.
func install(ctx context.Context, client dynamic.Interface) error {
	for _, file := range []string{"manifests/crd.yaml", "manifests/policies.yaml"} {
		text, err := manifests.ReadFile(file)
		if err != nil {
			return err
		}
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
		for {
			var object unstructured.Unstructured
			if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			if err := applyManifest(ctx, client, &object); err != nil {
				return err
			}
		}
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

func applyManifest(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	if strings.HasSuffix(kind.Kind, "Policy") {
		resource.Resource = strings.ToLower(strings.TrimSuffix(kind.Kind, "y")) + "ies"
	}
	if kind.Kind == "CustomResourceDefinition" {
		present, err := client.Resource(resource).Get(ctx, object.GetName(), metav1.GetOptions{})
		if err == nil && present.GetLabels()["wolkenamt.test/stand-in"] == "" {
			return fmt.Errorf("CRD %s is here already and not the stand-in's: CloudNativePG itself seems to be installed", object.GetName())
		}
	}
	_, err := client.Resource(resource).Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	return err
}
