package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var (
	claims            = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	persistentVolumes = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
)

// resizeVolumes plays a storage driver's resizer: a bound claim that asks for more than it has goes through the conditions
// of a real one, one step per round, and then has it. A host folder has no size that would have to change.
func (l *location) resizeVolumes(ctx context.Context) error {
	all, err := typed[corev1.PersistentVolumeClaim](l.claims)
	if err != nil {
		return err
	}
	var problems []error
	for _, claim := range all {
		wanted, has := claim.Spec.Resources.Requests.Storage(), claim.Status.Capacity.Storage()
		if claim.Status.Phase != corev1.ClaimBound || claim.DeletionTimestamp != nil || wanted.Cmp(*has) <= 0 {
			continue
		}
		status := map[string]any{"conditions": []any{}}
		switch {
		case len(claim.Status.Conditions) == 0:
			status["conditions"] = []any{running(corev1.PersistentVolumeClaimResizing)}
		case claim.Status.Conditions[0].Type == corev1.PersistentVolumeClaimResizing:
			problems = append(problems, l.merge(ctx, persistentVolumes, "", claim.Spec.VolumeName,
				map[string]any{"spec": map[string]any{"capacity": map[string]any{"storage": wanted.String()}}}))
			status["conditions"] = []any{running(corev1.PersistentVolumeClaimFileSystemResizePending)}
		default:
			status["capacity"] = map[string]any{"storage": wanted.String()}
			log.Printf("volume %s/%s grew to %s", claim.Namespace, claim.Name, wanted)
		}
		problems = append(problems, l.merge(ctx, claims, claim.Namespace, claim.Name, map[string]any{"status": status}, "status"))
	}
	return errors.Join(problems...)
}

func running(kind corev1.PersistentVolumeClaimConditionType) map[string]any {
	return map[string]any{"type": kind, "status": "True", "lastTransitionTime": metav1.Now().UTC().Format(time.RFC3339)}
}

func (l *location) merge(ctx context.Context, kind schema.GroupVersionResource, namespace, name string, change any, subresource ...string) error {
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = l.client.Resource(kind).Namespace(namespace).
		Patch(ctx, name, types.MergePatchType, text, metav1.PatchOptions{FieldManager: "stand-in-network"}, subresource...)
	return err
}
