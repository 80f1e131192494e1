package main

import (
	"context"
	"errors"
	"slices"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const monitoringConfigMap = "cnpg-default-monitoring"

// ensureObjects makes everything beside volume, Job and pod. Its error becomes the phase "Unable to create required
// cluster objects".
func (c *controller) ensureObjects(ctx context.Context, of *cluster) error {
	return errors.Join(
		c.ensureSecrets(ctx, of),
		c.ensureServices(ctx, of),
		c.ensureIdentity(ctx, of),
		c.ensureBudget(ctx, of),
		c.ensure(ctx, leases, "coordination.k8s.io/v1", "Lease", &coordinationv1.Lease{
			ObjectMeta: of.meta(of.Name, true, nil), Spec: coordinationv1.LeaseSpec{HolderIdentity: text(of.instance())}}),
		c.ensureMonitoring(ctx, of),
	)
}

func (c *controller) ensureServices(ctx context.Context, of *cluster) error {
	var problems []error
	for _, kind := range []string{"rw", "ro", "r"} {
		name := of.Name + "-" + kind
		if slices.Contains(of.Spec.Managed.Services.Disabled, kind) {
			if content := c.find(services, of.Namespace, name); content != nil && ownerOf(content) == of.Name {
				problems = append(problems, c.remove(ctx, services, of.Namespace, name))
			}
			continue
		}
		problems = append(problems, c.ensure(ctx, services, "v1", "Service", &corev1.Service{ObjectMeta: of.meta(name, true, nil),
			Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, Selector: of.selector(kind), Ports: postgresPort()}}))
	}
	for _, wanted := range of.Spec.Managed.Services.Additional {
		template := wanted.ServiceTemplate
		made := corev1.Service{ObjectMeta: of.meta(template.Metadata.Name, true, template.Metadata.Labels), Spec: template.Spec}
		made.Labels["cnpg.io/isManaged"] = "true"
		for key, value := range template.Metadata.Annotations {
			metav1.SetMetaDataAnnotation(&made.ObjectMeta, key, value)
		}
		made.Spec.Selector = of.selector(wanted.SelectorType)
		if len(made.Spec.Ports) == 0 {
			made.Spec.Ports = postgresPort()
		}
		problems = append(problems, c.ensure(ctx, services, "v1", "Service", &made))
	}
	return errors.Join(append(problems, c.pruneServices(ctx, of))...)
}

// pruneServices removes additional Services that are no longer listed.
func (c *controller) pruneServices(ctx context.Context, of *cluster) error {
	all, err := c.listers[services].ByNamespace(of.Namespace).List(selectOwn(of))
	if err != nil {
		return err
	}
	var problems []error
	for _, object := range all {
		content, is := asContent(object)
		if !is || content.GetLabels()["cnpg.io/isManaged"] != "true" || ownerOf(content) != of.Name {
			continue
		}
		listed := slices.ContainsFunc(of.Spec.Managed.Services.Additional, func(a additionalService) bool {
			return a.ServiceTemplate.Metadata.Name == content.GetName()
		})
		if !listed {
			problems = append(problems, c.remove(ctx, services, of.Namespace, content.GetName()))
		}
	}
	return errors.Join(problems...)
}

func (of *cluster) selector(kind string) map[string]string {
	switch kind {
	case "rw":
		return map[string]string{labelCluster: of.Name, labelRole: "primary"}
	case "ro":
		return map[string]string{labelCluster: of.Name, labelRole: "replica"}
	}
	return map[string]string{labelCluster: of.Name, labelPodRole: "instance"}
}

func postgresPort() []corev1.ServicePort {
	return []corev1.ServicePort{{Name: "postgres", Port: 5432, TargetPort: intstr.FromInt32(5432), Protocol: corev1.ProtocolTCP}}
}

func (c *controller) ensureIdentity(ctx context.Context, of *cluster) error {
	no := false
	names := []string{of.appSecret(), of.Name + "-ca", of.Name + "-server", of.Name + "-replication"}
	if of.Spec.EnableSuperuserAccess {
		names = append(names, of.Name+"-superuser")
	}
	return errors.Join(
		c.ensure(ctx, accounts, "v1", "ServiceAccount", &corev1.ServiceAccount{ObjectMeta: of.meta(of.Name, true, nil), AutomountServiceAccountToken: &no}),
		c.ensure(ctx, roles, "rbac.authorization.k8s.io/v1", "Role", &rbacv1.Role{ObjectMeta: of.meta(of.Name, true, nil), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: names, Verbs: []string{"get", "watch"}},
			{APIGroups: []string{"postgresql.cnpg.io"}, Resources: []string{"clusters"}, ResourceNames: []string{of.Name}, Verbs: []string{"get", "watch"}},
		}}),
		c.ensure(ctx, bindings, "rbac.authorization.k8s.io/v1", "RoleBinding", &rbacv1.RoleBinding{ObjectMeta: of.meta(of.Name, true, nil),
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: of.Name},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: of.Name, Namespace: of.Namespace}}}),
	)
}

func (c *controller) ensureBudget(ctx context.Context, of *cluster) error {
	name := of.Name + "-primary"
	if !of.Spec.EnablePDB {
		if c.find(budgets, of.Namespace, name) == nil {
			return nil
		}
		return c.remove(ctx, budgets, of.Namespace, name)
	}
	one := intstr.FromInt32(1)
	return c.ensure(ctx, budgets, "policy/v1", "PodDisruptionBudget", &policyv1.PodDisruptionBudget{ObjectMeta: of.meta(name, true, nil),
		Spec: policyv1.PodDisruptionBudgetSpec{MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: of.selector("rw")}}})
}

// ensureMonitoring: one per namespace, without an owner; forgetMonitoring removes it with the last Cluster.
func (c *controller) ensureMonitoring(ctx context.Context, of *cluster) error {
	if c.find(configMaps, of.Namespace, monitoringConfigMap) != nil {
		return nil
	}
	return c.create(ctx, configMaps, "v1", "ConfigMap", &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: monitoringConfigMap, Namespace: of.Namespace, Labels: map[string]string{"cnpg.io/reload": "true"}},
		Data:       map[string]string{"queries": "# the stand-in evaluates no queries\n"}})
}

func (c *controller) forgetMonitoring(ctx context.Context, namespace string) error {
	left, err := c.listers[clusters].ByNamespace(namespace).List(everything)
	if err != nil || len(left) > 0 || c.find(configMaps, namespace, monitoringConfigMap) == nil {
		return err
	}
	return c.remove(ctx, configMaps, namespace, monitoringConfigMap)
}

func text(value string) *string { return &value }
