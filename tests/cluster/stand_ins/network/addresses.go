package main

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
)

// pool is the range of addresses that the location publishes.
type pool struct{ first, last netip.Addr }

func parsePool(text string) (pool, error) {
	from, to, _ := strings.Cut(text, "-")
	first, err := netip.ParseAddr(from)
	if err != nil {
		return pool{}, fmt.Errorf("--addresses: %w", err)
	}
	last, err := netip.ParseAddr(to)
	if err != nil || last.Less(first) {
		return pool{}, fmt.Errorf("--addresses must be first-last, not %q", text)
	}
	return pool{first, last}, nil
}

func (p pool) contains(a netip.Addr) bool { return a.IsValid() && !a.Less(p.first) && !p.last.Less(a) }

// assignAddresses gives every Service of type LoadBalancer one address of the pool. An address that stands in a status is
// taken: the cluster itself is the memory, so a restart changes nothing. Addresses outside the pool (the range moved) are
// replaced, and the address of a Service that no longer wants one is taken back.
func (l *location) assignAddresses(ctx context.Context, p pool) error {
	all, err := typed[corev1.Service](l.services)
	if err != nil {
		return err
	}
	sort.Slice(all, func(a, b int) bool { return all[a].CreationTimestamp.Before(&all[b].CreationTimestamp) })
	taken := map[netip.Addr]bool{}
	var waiting []corev1.Service
	for _, service := range all {
		has := addressOf(service.Status.LoadBalancer.Ingress)
		switch wants := service.Spec.Type == corev1.ServiceTypeLoadBalancer && service.DeletionTimestamp == nil; {
		case wants && p.contains(has) && !taken[has]:
			taken[has] = true
		case wants:
			waiting = append(waiting, service)
		case has.IsValid() && service.DeletionTimestamp == nil:
			if err := l.publish(ctx, service, nil); err != nil {
				return err
			}
		}
	}
	for _, service := range waiting {
		free := p.first
		for taken[free] && p.contains(free) {
			free = free.Next()
		}
		if !p.contains(free) {
			return fmt.Errorf("no address is left for Service %s/%s", service.Namespace, service.Name)
		}
		taken[free] = true
		if err := l.publish(ctx, service, []string{free.String()}); err != nil {
			return err
		}
		log.Printf("Service %s/%s has address %s", service.Namespace, service.Name, free)
	}
	return nil
}

func (l *location) publish(ctx context.Context, service corev1.Service, addresses []string) error {
	return l.patchStatus(ctx, "services", service.Namespace, service.Name, addresses)
}

func (l *location) patchStatus(ctx context.Context, resource, namespace, name string, addresses []string) error {
	entries := []map[string]string{}
	for _, address := range addresses {
		entries = append(entries, map[string]string{"ip": address})
	}
	kind := services
	if resource == "ingresses" {
		kind = ingresses
	}
	change := map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": entries}}}
	return l.merge(ctx, kind, namespace, name, change, "status")
}

func addressOf(entries []corev1.LoadBalancerIngress) netip.Addr {
	if len(entries) == 0 {
		return netip.Addr{}
	}
	address, _ := netip.ParseAddr(entries[0].IP) // the zero address says: none
	return address
}

// typed reads all objects of a cache as the Go type of their kind.
func typed[T any](lister cache.GenericLister) ([]T, error) {
	objects, err := lister.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	found := make([]T, 0, len(objects))
	for _, object := range objects {
		content, known := object.(*unstructured.Unstructured)
		if !known {
			continue
		}
		var one T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.Object, &one); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}
