package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// plain turns a typed object into what is sent: without the empty status and times that Go's types carry along.
func plain(object any, apiVersion, kind string) (*unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, err
	}
	made := &unstructured.Unstructured{Object: content}
	made.SetAPIVersion(apiVersion)
	made.SetKind(kind)
	unstructured.RemoveNestedField(content, "status")
	dropNulls(content)
	return made, nil
}

func dropNulls(content map[string]any) {
	for key, value := range content {
		switch inner := value.(type) {
		case nil:
			delete(content, key)
		case map[string]any:
			dropNulls(inner)
		case []any:
			for _, entry := range inner {
				if nested, is := entry.(map[string]any); is {
					dropNulls(nested)
				}
			}
		}
	}
}

// ensure applies an object unless it is there and this process wrote exactly the same before.
func (c *controller) ensure(ctx context.Context, kind schema.GroupVersionResource, apiVersion, kindName string, object any) error {
	wanted, err := plain(object, apiVersion, kindName)
	if err != nil {
		return err
	}
	key, print := kind.Resource+"/"+wanted.GetNamespace()+"/"+wanted.GetName(), fingerprint(wanted.Object)
	if present := c.find(kind, wanted.GetNamespace(), wanted.GetName()); present != nil && c.written[key] == print {
		return nil
	}
	_, err = c.client.Resource(kind).Namespace(wanted.GetNamespace()).
		Apply(ctx, wanted.GetName(), wanted, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	if err == nil {
		c.written[key] = print
	}
	return err
}

// create makes an object that must not be there yet; one that is there already is fine.
func (c *controller) create(ctx context.Context, kind schema.GroupVersionResource, apiVersion, kindName string, object any) error {
	wanted, err := plain(object, apiVersion, kindName)
	if err != nil {
		return err
	}
	_, err = c.client.Resource(kind).Namespace(wanted.GetNamespace()).Create(ctx, wanted, metav1.CreateOptions{FieldManager: fieldManager})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (c *controller) patch(ctx context.Context, kind schema.GroupVersionResource, namespace, name string, change any) error {
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = c.client.Resource(kind).Namespace(namespace).Patch(ctx, name, types.MergePatchType, text, metav1.PatchOptions{FieldManager: fieldManager})
	return err
}

func (c *controller) remove(ctx context.Context, kind schema.GroupVersionResource, namespace, name string) error {
	policy := metav1.DeletePropagationBackground
	err := c.client.Resource(kind).Namespace(namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// find reads the cache; nil means that there is none.
func (c *controller) find(kind schema.GroupVersionResource, namespace, name string) *unstructured.Unstructured {
	lister := c.listers[kind]
	var found runtime.Object
	var err error
	if namespace == "" {
		found, err = lister.Get(name)
	} else {
		found, err = lister.ByNamespace(namespace).Get(name)
	}
	if err != nil {
		return nil
	}
	content, _ := found.(*unstructured.Unstructured)
	return content
}

// findAs reads the cache into a Go type; nil means that there is none.
func findAs[T any](c *controller, kind schema.GroupVersionResource, namespace, name string) (*T, error) {
	content := c.find(kind, namespace, name)
	if content == nil {
		return nil, nil
	}
	var made T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.Object, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

func fingerprint(anything any) string {
	text, err := json.Marshal(anything) // maps come out sorted
	if err != nil {
		return "unprintable: " + err.Error()
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
