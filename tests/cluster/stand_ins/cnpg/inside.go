package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

// database is the part of postgresql.cnpg.io/v1 Database that is played: limit and extensions of a database that exists.
type database struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Cluster         struct{ Name string } `json:"cluster"`
		Name            string                `json:"name"`
		ConnectionLimit *int64                `json:"connectionLimit"`
		Extensions      []struct {
			Name   string `json:"name"`
			Ensure string `json:"ensure"`
		} `json:"extensions"`
	} `json:"spec"`
	Status struct {
		Applied            *bool `json:"applied"`
		ObservedGeneration int64 `json:"observedGeneration"`
	} `json:"status"`
}

// beyond does what is not the Cluster itself, once it is healthy: databases and backups.
func (c *controller) beyond(ctx context.Context, of *cluster, primary *corev1.Pod) (time.Duration, error) {
	if c.simulated {
		return 0, nil
	}
	again, err := c.databases(ctx, of, primary)
	later, backed := c.backups(ctx, of, primary)
	return soonest(again, later), errors.Join(err, backed)
}

func soonest(one, other time.Duration) time.Duration {
	if one == 0 || other != 0 && other < one {
		return other
	}
	return one
}

// of lists the objects of a kind that name this Cluster.
func (c *controller) of(of *cluster, kind schema.GroupVersionResource) ([]*unstructured.Unstructured, error) {
	all, err := c.listers[kind].ByNamespace(of.Namespace).List(everything)
	if err != nil {
		return nil, err
	}
	found := []*unstructured.Unstructured{}
	for _, object := range all {
		content, is := asContent(object)
		if !is {
			continue
		}
		if name, _, _ := unstructured.NestedString(content.Object, "spec", "cluster", "name"); name == of.Name {
			found = append(found, content)
		}
	}
	return found, nil
}

// databases applies each definition once per generation; a refusal is tried again, as with the real one.
func (c *controller) databases(ctx context.Context, of *cluster, primary *corev1.Pod) (time.Duration, error) {
	all, err := c.of(of, databases)
	if err != nil {
		return 0, err
	}
	again := time.Duration(0)
	for _, content := range all {
		wished, err := findAs[database](c, databases, of.Namespace, content.GetName())
		if err != nil || wished == nil {
			return 0, err
		}
		done := wished.Status.Applied != nil && *wished.Status.Applied && wished.Status.ObservedGeneration == wished.Generation
		if done || wished.DeletionTimestamp != nil {
			continue
		}
		inside := instanceconfig.Inside{Name: wished.Spec.Name, ConnectionLimit: wished.Spec.ConnectionLimit}
		for _, extension := range wished.Spec.Extensions {
			if extension.Ensure != "absent" {
				inside.Extensions = append(inside.Extensions, extension.Name)
			}
		}
		status := map[string]any{"applied": true, "observedGeneration": wished.Generation}
		if _, err := c.execute(ctx, primary, "database", inside); err != nil {
			status["applied"], status["message"] = false, lastWords(err)
			again = 10 * time.Second
		}
		if err := c.setStatus(ctx, databases, content, status); err != nil {
			return 0, err
		}
	}
	return again, nil
}

// lastWords is what PostgreSQL said, without the way by which it came.
func lastWords(err error) string {
	text := err.Error()
	if at := strings.Index(text, "ERROR:"); at >= 0 {
		text = text[at:]
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}

func (c *controller) setStatus(ctx context.Context, kind schema.GroupVersionResource, content *unstructured.Unstructured, status map[string]any) error {
	if present, _, _ := unstructured.NestedMap(content.Object, "status"); fingerprint(present) == fingerprint(status) {
		return nil
	}
	text, err := json.Marshal(status)
	if err != nil {
		return err
	}
	changed := content.DeepCopy()
	// Numbers as JSON has them: the client refuses Go's own kinds.
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	changed.Object["status"] = plain
	_, err = c.client.Resource(kind).Namespace(content.GetNamespace()).UpdateStatus(ctx, changed, metav1.UpdateOptions{FieldManager: fieldManager})
	if err != nil {
		log.Printf("%s %s/%s: %v", kind.Resource, content.GetNamespace(), content.GetName(), err)
	}
	return err
}
