package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"log"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

var everything = labels.Everything()

func selectOwn(of *cluster) labels.Selector {
	return labels.SelectorFromSet(labels.Set{labelCluster: of.Name})
}

func asContent(object runtime.Object) (*unstructured.Unstructured, bool) {
	content, is := object.(*unstructured.Unstructured)
	return content, is
}

// reconcile brings one Cluster a step further and reports. It always looks at everything anew.
func (c *controller) reconcile(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, _ := strings.Cut(key, "/")
	of, err := findAs[cluster](c, clusters, namespace, name)
	if err != nil {
		return 0, err
	}
	if of == nil {
		// Everything else is owned by the Cluster and collected by Kubernetes.
		return 0, c.forgetMonitoring(ctx, namespace)
	}
	if of.DeletionTimestamp != nil || of.Annotations[annotationFreeze] == "disabled" {
		return 0, nil
	}
	before := of.Status
	before.Conditions = append(before.Conditions[:0:0], before.Conditions...)
	again, err := c.progress(ctx, of)
	if reported := c.report(ctx, of, before); err == nil {
		err = reported
	}
	return again, err
}

func (c *controller) progress(ctx context.Context, of *cluster) (time.Duration, error) {
	if err := c.ensureObjects(ctx, of); err != nil {
		if apierrors.IsConflict(err) {
			return 0, err
		}
		of.Status.setPhase(phaseObjects, err.Error())
		return 5 * time.Second, nil
	}
	if err := c.ensureConfig(ctx, of); err != nil {
		return 0, err
	}
	c.describe(of)
	volume, err := findAs[corev1.PersistentVolumeClaim](c, volumes, of.Namespace, of.instance())
	if err != nil {
		return 0, err
	}
	switch {
	case volume == nil:
		return c.firstVolume(ctx, of)
	case volume.DeletionTimestamp != nil || !ownedBy(volume.OwnerReferences, of):
		// The volume of an earlier Cluster of this name: wait until it is gone.
		of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		return time.Second, nil
	}
	// This condition says only that a volume exists, long before there is a database. The real one lies like this too.
	of.Status.setCondition("Initialized", true, "BootstrapCompleted", "The cluster has been initialized")
	if err := c.describeVolumes(of); err != nil {
		return 0, err
	}
	keys, err := c.keys(of)
	if err != nil {
		// A store or its Secret is missing: the real one says so in the same words for every cause.
		of.Status.setPhase(phasePlugin, err.Error())
		return 2 * time.Second, nil
	}
	if volume.Annotations[annotationVolume] == "initializing" {
		return c.bootstrap(ctx, of, keys)
	}
	return c.operate(ctx, of, volume, keys)
}

func (c *controller) firstVolume(ctx context.Context, of *cluster) (time.Duration, error) {
	if of.Status.CurrentPrimary != "" {
		of.Status.setPhase(phaseUnrecoverable, "All the PVCs have been deleted")
		return 10 * time.Second, nil
	}
	of.Status.setCondition("Initialized", false, "BootstrapPending", "The cluster has not been initialized yet")
	if err := c.create(ctx, volumes, "v1", "PersistentVolumeClaim", of.volume(1)); err != nil {
		// A refused volume shows nowhere but in the log: phase stays absent.
		log.Printf("%s/%s: the volume was refused: %v", of.Namespace, of.Name, err)
		return 5 * time.Second, nil
	}
	of.Status.setPhase(phaseFirst, "Creating primary instance "+of.instance())
	of.Status.TargetPrimary, of.Status.TargetPrimaryTimestamp = of.instance(), microseconds()
	return 0, nil
}

// bootstrap runs the Job of the first instance. Whatever hinders it, the phase stays the same; the cause is in the Job's pods
// and events.
func (c *controller) bootstrap(ctx context.Context, of *cluster, keys []corev1.EnvVar) (time.Duration, error) {
	of.Status.setPhase(phaseFirst, "Creating primary instance "+of.instance())
	of.Status.TargetPrimary = of.instance()
	failed, err := c.prepare(ctx, of, 1, keys)
	if failed {
		of.Status.setPhase(phaseUnrecoverable, "Instance creation failed for the following jobs: "+of.jobName(1))
		return 10 * time.Second, nil
	}
	return 0, err
}

// operate keeps the pods as they are wanted.
func (c *controller) operate(ctx context.Context, of *cluster, volume *corev1.PersistentVolumeClaim, keys []corev1.EnvVar) (time.Duration, error) {
	all := c.members(of)
	pod := all[1]
	ready := c.count(of, all)
	if asleep, err := c.hibernate(ctx, of, all, ready); asleep || err != nil {
		return 0, err
	}
	switch {
	case pod == nil:
		if of.Status.Phase != phaseRestart {
			of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		}
		return 0, c.create(ctx, pods, "v1", "Pod", of.pod(1, keys))
	case pod.DeletionTimestamp != nil:
		if of.Status.Phase == phaseHealthy {
			of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		}
		return 0, nil
	}
	if blocked, err := c.grow(ctx, of, all); blocked || err != nil {
		return 0, err
	}
	if pod.Annotations[annotationShape] != of.shape(keys) {
		return 0, c.replace(ctx, of, pod, ready)
	}
	if err := c.settle(ctx, of, pod, ready); err != nil || !ready {
		return 0, err
	}
	complete, err := c.standbys(ctx, of, keys)
	if err != nil || !complete {
		return time.Second, err
	}
	of.Status.setPhase(phaseHealthy, "")
	return c.beyond(ctx, of, pod)
}

// count says which instances are ready, and answers whether the primary is.
func (c *controller) count(of *cluster, all map[int64]*corev1.Pod) bool {
	of.Status.ReadyInstances, of.Status.InstancesStatus = 0, nil
	primary := false
	for number := int64(1); number <= int64(len(all))+of.Spec.Instances; number++ {
		pod := all[number]
		if pod == nil || pod.DeletionTimestamp != nil || !isReady(pod) {
			continue
		}
		primary = primary || number == 1
		of.Status.ReadyInstances++
		if of.Status.InstancesStatus == nil {
			of.Status.InstancesStatus = map[string][]string{}
		}
		of.Status.InstancesStatus["healthy"] = append(of.Status.InstancesStatus["healthy"], pod.Name)
	}
	return primary
}

// settle finishes a primary of the right shape: labels and configuration.
func (c *controller) settle(ctx context.Context, of *cluster, pod *corev1.Pod, ready bool) error {
	if err := c.relabel(ctx, pod, of.podLabels(1)); err != nil {
		return err
	}
	if !ready {
		if of.Status.Phase != phaseRestart {
			of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		}
		return nil
	}
	if !c.simulated {
		if err := c.configure(ctx, of, pod); err != nil {
			return err
		}
	}
	if of.Status.CurrentPrimary != pod.Name {
		of.Status.CurrentPrimary, of.Status.CurrentPrimaryTimestamp = pod.Name, microseconds()
	}
	// True without any backup: it proves nothing, as with the real one.
	of.Status.setCondition("ContinuousArchiving", true, "ContinuousArchivingSuccess", "Continuous archiving is working")
	of.Status.setCondition("ConsistentSystemID", true, "Unique", "A single, unique system ID was found across reporting instances.")
	return c.forgetJob(ctx, of, 1)
}

// replace deletes a pod of another shape; the next round makes the new one. A pod that got a node and does not become ready
// is left alone, so that a wrong image is not repaired by putting the old one back: somebody must delete the pod.
func (c *controller) replace(ctx context.Context, of *cluster, pod *corev1.Pod, ready bool) error {
	reason := "original and target PodSpec differ in containers: container postgres differs in resources"
	if pod.Spec.Containers[0].Image != of.Spec.ImageName {
		reason = "original and target PodSpec differ in containers: container postgres differs in image"
	}
	of.Status.setPhase(phaseRestart, reason)
	if !ready && pod.Spec.NodeName != "" {
		return nil
	}
	return c.remove(ctx, pods, pod.Namespace, pod.Name)
}

// hibernate answers true when nothing else may happen. The phase stays healthy and Ready stays True all the while: only the
// condition tells the truth.
func (c *controller) hibernate(ctx context.Context, of *cluster, all map[int64]*corev1.Pod, ready bool) (bool, error) {
	const condition = annotationSleep
	if of.Annotations[annotationSleep] != "on" {
		of.Status.dropCondition(condition)
		return false, nil
	}
	begun := of.Status.condition(condition) != nil && of.Status.condition(condition).Reason != "WaitingForHealthy"
	awake := []string{}
	for _, pod := range all {
		if pod.DeletionTimestamp == nil {
			awake = append(awake, pod.Name)
		}
	}
	switch {
	case len(all) == 0:
		of.Status.setCondition(condition, true, "Hibernated", "Cluster has been hibernated")
	case len(awake) == 0:
		of.Status.setCondition(condition, false, "WaitingPodsDeletion", "Hibernation is waiting for Pods deletion")
	case !begun && !(ready && of.Status.Phase == phaseHealthy):
		of.Status.setCondition(condition, false, "WaitingForHealthy", "Hibernation is waiting for the cluster to be healthy")
		return false, nil
	default:
		of.Status.setCondition(condition, false, "DeletingPods", "Hibernation is in progress")
		for _, name := range awake {
			if err := c.remove(ctx, pods, of.Namespace, name); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// grow patches the requests of the volumes, once every instance is up. Where the class cannot expand, nothing says so, and
// nothing else goes on.
func (c *controller) grow(ctx context.Context, of *cluster, all map[int64]*corev1.Pod) (bool, error) {
	wanted, err := resource.ParseQuantity(of.Spec.Storage.Size)
	if err != nil {
		return false, err
	}
	for number, pod := range all {
		volume, err := findAs[corev1.PersistentVolumeClaim](c, volumes, of.Namespace, of.member(number))
		if err != nil || volume == nil {
			return false, err
		}
		if wanted.Cmp(*volume.Spec.Resources.Requests.Storage()) <= 0 || !isReady(pod) {
			continue
		}
		if !c.expandable(volume) {
			log.Printf("%s/%s: the storage class cannot expand volumes", of.Namespace, of.Name)
			return true, nil
		}
		change := map[string]any{"spec": map[string]any{"resources": map[string]any{"requests": map[string]string{"storage": of.Spec.Storage.Size}}}}
		if err := c.patch(ctx, volumes, of.Namespace, volume.Name, change); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (c *controller) expandable(volume *corev1.PersistentVolumeClaim) bool {
	if volume.Spec.StorageClassName == nil {
		return false
	}
	class, err := findAs[storagev1.StorageClass](c, classes, "", *volume.Spec.StorageClassName)
	return err == nil && class != nil && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// expiry answers in the real operator's own form of time, which is not RFC 3339.
func (c *controller) expiry(namespace, name string) string {
	secret, err := findAs[corev1.Secret](c, secrets, namespace, name)
	if err != nil || secret == nil {
		return ""
	}
	text := secret.Data[corev1.TLSCertKey]
	if len(text) == 0 {
		text = secret.Data["ca.crt"]
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return ""
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return ""
	}
	return certificate.NotAfter.UTC().String()
}
