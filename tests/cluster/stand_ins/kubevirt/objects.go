package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

type object = map[string]any

// all reads the cache.
func (p *player) all(kind schema.GroupVersionResource) []*unstructured.Unstructured {
	found, err := p.listers[kind].List(labels.Everything())
	if err != nil {
		return nil
	}
	list := make([]*unstructured.Unstructured, 0, len(found))
	for _, one := range found {
		if content, is := one.(*unstructured.Unstructured); is {
			list = append(list, content)
		}
	}
	return list
}

// find reads the cache; nil means that there is none.
func (p *player) find(kind schema.GroupVersionResource, namespace, name string) *unstructured.Unstructured {
	found, err := p.listers[kind].ByNamespace(namespace).Get(name)
	if err != nil {
		return nil
	}
	content, _ := found.(*unstructured.Unstructured)
	return content
}

// create makes an object; one that is there already is fine.
func (p *player) create(ctx context.Context, kind schema.GroupVersionResource, content object) error {
	made := &unstructured.Unstructured{Object: content}
	_, err := p.client.Resource(kind).Namespace(made.GetNamespace()).Create(ctx, made, metav1.CreateOptions{FieldManager: fieldManager})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (p *player) patch(ctx context.Context, kind schema.GroupVersionResource, of *unstructured.Unstructured, change object, part ...string) error {
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = p.client.Resource(kind).Namespace(of.GetNamespace()).
		Patch(ctx, of.GetName(), types.MergePatchType, text, metav1.PatchOptions{FieldManager: fieldManager}, part...)
	return err
}

func (p *player) remove(ctx context.Context, kind schema.GroupVersionResource, of *unstructured.Unstructured, grace *int64) error {
	if of.GetDeletionTimestamp() != nil {
		return nil
	}
	policy := metav1.DeletePropagationBackground
	uid := of.GetUID()
	return p.client.Resource(kind).Namespace(of.GetNamespace()).Delete(ctx, of.GetName(),
		metav1.DeleteOptions{PropagationPolicy: &policy, GracePeriodSeconds: grace, Preconditions: &metav1.Preconditions{UID: &uid}})
}

// setFinalizers writes the list as it shall be, with the version that was looked at.
func (p *player) setFinalizers(ctx context.Context, kind schema.GroupVersionResource, of *unstructured.Unstructured, wanted []string) error {
	return p.patch(ctx, kind, of, object{"metadata": object{"resourceVersion": of.GetResourceVersion(), "finalizers": wanted}})
}

// warn writes an event, as the real ones do where a status has no place for a cause.
func (p *player) warn(ctx context.Context, about *unstructured.Unstructured, reason, message string) error {
	now := stamp()
	return p.create(ctx, events, object{
		"apiVersion": "v1", "kind": "Event",
		"metadata": object{"name": about.GetName() + "." + fingerprint([]any{reason, message, about.GetUID()}), "namespace": about.GetNamespace()},
		"involvedObject": object{"apiVersion": about.GetAPIVersion(), "kind": about.GetKind(), "name": about.GetName(),
			"namespace": about.GetNamespace(), "uid": string(about.GetUID())},
		"type": "Warning", "reason": reason, "message": message, "count": int64(1), "firstTimestamp": now, "lastTimestamp": now,
		"source": object{"component": fieldManager},
	})
}

func stamp() string { return time.Now().UTC().Format(time.RFC3339) }

func text(of object, path ...string) string {
	found, _, _ := unstructured.NestedString(of, path...)
	return found
}

// number takes whole numbers in either form that JSON brings them in.
func number(of object, fallback int64, path ...string) int64 {
	found, is, _ := unstructured.NestedFieldNoCopy(of, path...)
	if !is {
		return fallback
	}
	switch value := found.(type) {
	case int64:
		return value
	case float64:
		return int64(value)
	}
	return fallback
}

func list(of object, path ...string) []any {
	found, _, _ := unstructured.NestedSlice(of, path...)
	return found
}

func fingerprint(anything any) string {
	written, err := json.Marshal(anything) // maps come out sorted
	if err != nil {
		return "unprintable"
	}
	sum := sha256.Sum256(written)
	return hex.EncodeToString(sum[:8])
}

// setCondition changes the time only with the status. A status of "" takes the condition away.
func setCondition(status object, kind, value, reason, message string) {
	conditions := list(status, "conditions")
	kept := []any{}
	since := stamp()
	for _, one := range conditions {
		known, is := one.(object)
		if !is || known["type"] != kind {
			kept = append(kept, one)
		} else if known["status"] == value {
			since, _ = known["lastTransitionTime"].(string)
		}
	}
	if value != "" {
		made := object{"type": kind, "status": value, "lastTransitionTime": since, "lastProbeTime": nil}
		if reason != "" {
			made["reason"] = reason
		}
		if message != "" {
			made["message"] = message
		}
		kept = append(kept, made)
	}
	status["conditions"] = kept
}

func condition(of object, kind string) object {
	for _, one := range list(of, "status", "conditions") {
		if known, is := one.(object); is && known["type"] == kind {
			return known
		}
	}
	return object{}
}
