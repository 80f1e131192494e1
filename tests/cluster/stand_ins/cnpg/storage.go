package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

const storageNamespace = "object-storage"

// installObjectStorage plays the object storage that a location has beside its clusters: one pod with a volume. The key is
// that of the file, which the operator of the location reads, too.
func installObjectStorage(ctx context.Context, client dynamic.Interface, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var key struct {
		ID     string `json:"accessKeyId"`
		Secret string `json:"secretAccessKey"`
	}
	if err := yaml.Unmarshal(text, &key); err != nil {
		return err
	}
	all, err := storageObjects()
	if err != nil {
		return err
	}
	all = append(all, unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "key", "namespace": storageNamespace},
		"stringData": map[string]any{instanceconfig.AccessKey: key.ID, instanceconfig.SecretKey: key.Secret}}})
	for _, object := range all {
		kind := kinds[object.GetKind()]
		target := dynamic.ResourceInterface(client.Resource(kind))
		if object.GetNamespace() != "" {
			target = client.Resource(kind).Namespace(object.GetNamespace())
		}
		if _, err := target.Apply(ctx, object.GetName(), &object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true}); err != nil {
			return err
		}
	}
	return nil
}

func storageObjects() ([]unstructured.Unstructured, error) {
	text, err := manifests.ReadFile("manifests/storage.yaml")
	if err != nil {
		return nil, err
	}
	all := []unstructured.Unstructured{}
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
}

var kinds = map[string]schema.GroupVersionResource{
	"Namespace":             {Version: "v1", Resource: "namespaces"},
	"PersistentVolumeClaim": {Version: "v1", Resource: "persistentvolumeclaims"},
	"Service":               {Version: "v1", Resource: "services"},
	"Secret":                {Version: "v1", Resource: "secrets"},
	"Deployment":            {Group: "apps", Version: "v1", Resource: "deployments"},
}
