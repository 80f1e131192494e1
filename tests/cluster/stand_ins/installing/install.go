// Package installing applies the definitions and admission policies that a stand-in brings along.
package installing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// Apply applies the files in their order. A CRD that is already there and does not carry the label wolkenamt.test/stand-in
// is the real one: then this is not a cluster to play in.
func Apply(ctx context.Context, client dynamic.Interface, files fs.FS, manager string, names ...string) error {
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
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
			if err := one(ctx, client, &object, manager); err != nil {
				return err
			}
		}
	}
	return nil
}

func one(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured, manager string) error {
	kind := object.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	if strings.HasSuffix(kind.Kind, "Policy") {
		resource.Resource = strings.ToLower(strings.TrimSuffix(kind.Kind, "y")) + "ies"
	}
	if kind.Kind == "CustomResourceDefinition" {
		present, err := client.Resource(resource).Get(ctx, object.GetName(), metav1.GetOptions{})
		if err == nil && present.GetLabels()["wolkenamt.test/stand-in"] == "" {
			return fmt.Errorf("CRD %s is here already and not the stand-in's: the real engine seems to be installed", object.GetName())
		}
	}
	_, err := client.Resource(resource).Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: manager, Force: true})
	return err
}
