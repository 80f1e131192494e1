package main

import (
	"context"
	"maps"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// standbys brings instances 2 and up a step further. True: every wanted one is up, as it is wanted, and no other is left.
func (c *controller) standbys(ctx context.Context, of *cluster, keys []corev1.EnvVar) (bool, error) {
	if err := c.surplus(ctx, of); err != nil {
		return false, err
	}
	up := true
	for number := int64(2); number <= of.Spec.Instances; number++ {
		settled, err := c.standby(ctx, of, number, keys)
		if err != nil {
			return false, err
		}
		if !settled {
			// One after the other, as the real one does.
			up = false
			break
		}
	}
	return up, nil
}

func (c *controller) standby(ctx context.Context, of *cluster, number int64, keys []corev1.EnvVar) (bool, error) {
	volume, err := findAs[corev1.PersistentVolumeClaim](c, volumes, of.Namespace, of.member(number))
	if err != nil {
		return false, err
	}
	if volume == nil {
		of.Status.setPhase(phaseReplica, "Creating replica "+of.member(number))
		return false, c.create(ctx, volumes, "v1", "PersistentVolumeClaim", of.volume(number))
	}
	if volume.Annotations[annotationVolume] == "initializing" {
		of.Status.setPhase(phaseReplica, "Creating replica "+of.member(number))
		_, err := c.prepare(ctx, of, number, keys)
		return false, err
	}
	pod, err := findAs[corev1.Pod](c, pods, of.Namespace, of.member(number))
	if err != nil {
		return false, err
	}
	if pod == nil {
		of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		return false, c.create(ctx, pods, "v1", "Pod", of.pod(number, keys))
	}
	if pod.DeletionTimestamp == nil && pod.Annotations[annotationShape] != of.shape(keys) {
		of.Status.setPhase(phaseUpgrade, "Restarting instance "+pod.Name)
		return false, c.remove(ctx, pods, pod.Namespace, pod.Name)
	}
	if !isReady(pod) || pod.DeletionTimestamp != nil {
		of.Status.setPhase(phaseWaiting, "Some instances are not yet active. Please wait.")
		return false, nil
	}
	if err := c.relabel(ctx, pod, of.podLabels(number)); err != nil {
		return false, err
	}
	if !c.simulated {
		if err := c.configure(ctx, of, pod); err != nil {
			return false, err
		}
	}
	return true, c.forgetJob(ctx, of, number)
}

// surplus removes what a smaller number of instances leaves over, its data at once, as the real one does.
func (c *controller) surplus(ctx context.Context, of *cluster) error {
	all, err := c.listers[volumes].ByNamespace(of.Namespace).List(selectOwn(of))
	if err != nil {
		return err
	}
	for _, object := range all {
		content, is := asContent(object)
		if !is || numberOf(of, content.GetName()) <= of.Spec.Instances || content.GetDeletionTimestamp() != nil {
			continue
		}
		if err := c.remove(ctx, pods, of.Namespace, content.GetName()); err != nil {
			return err
		}
		if err := c.remove(ctx, volumes, of.Namespace, content.GetName()); err != nil {
			return err
		}
	}
	return nil
}

// numberOf is 0 for what is no instance of the cluster.
func numberOf(of *cluster, name string) int64 {
	digits, is := strings.CutPrefix(name, of.Name+"-")
	number, err := strconv.ParseInt(digits, 10, 64)
	if !is || err != nil {
		return 0
	}
	return number
}

// members answers the pods of the instances by number.
func (c *controller) members(of *cluster) map[int64]*corev1.Pod {
	found := map[int64]*corev1.Pod{}
	for number := int64(1); number <= max(of.Spec.Instances, of.Status.Instances); number++ {
		if pod, err := findAs[corev1.Pod](c, pods, of.Namespace, of.member(number)); err == nil && pod != nil {
			found[number] = pod
		}
	}
	return found
}

func (c *controller) readyStandbys(of *cluster) []string {
	ready := []string{}
	for number := int64(2); number <= of.Spec.Instances; number++ {
		pod, err := findAs[corev1.Pod](c, pods, of.Namespace, of.member(number))
		if err == nil && pod != nil && pod.DeletionTimestamp == nil && isReady(pod) {
			ready = append(ready, pod.Name)
		}
	}
	return ready
}

// prepare runs the Job that makes the data of an instance. True: it failed for good.
func (c *controller) prepare(ctx context.Context, of *cluster, number int64, keys []corev1.EnvVar) (bool, error) {
	job, err := findAs[batchv1.Job](c, jobs, of.Namespace, of.jobName(number))
	if err != nil {
		return false, err
	}
	if job == nil {
		return false, c.create(ctx, jobs, "batch/v1", "Job", of.job(number, keys))
	}
	for _, condition := range job.Status.Conditions {
		if condition.Type == batchv1.JobFailed && condition.Status == corev1.ConditionTrue {
			return true, nil
		}
	}
	if job.Status.Succeeded == 0 {
		return false, nil
	}
	ready := map[string]any{"metadata": map[string]any{"annotations": map[string]string{annotationVolume: "ready"}}}
	return false, c.patch(ctx, volumes, of.Namespace, of.member(number), ready)
}

func (c *controller) forgetJob(ctx context.Context, of *cluster, number int64) error {
	if c.find(jobs, of.Namespace, of.jobName(number)) == nil {
		return nil
	}
	return c.remove(ctx, jobs, of.Namespace, of.jobName(number))
}

func (c *controller) relabel(ctx context.Context, pod *corev1.Pod, wanted map[string]string) error {
	merged := maps.Clone(pod.Labels)
	maps.Copy(merged, wanted)
	if maps.Equal(merged, pod.Labels) {
		return nil
	}
	return c.patch(ctx, pods, pod.Namespace, pod.Name, map[string]any{"metadata": map[string]any{"labels": wanted}})
}
