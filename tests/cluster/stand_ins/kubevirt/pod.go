package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	launcherImage = "localhost/wolkenamt/virt-launcher:1"
	gate          = "kubevirt.io/virtual-machine-unpaused"
)

// launcherPod has the shape of the real one: a user of its own, one capability more, no seccomp profile; so it fits the Pod
// Security level "baseline" and not "restricted". Nothing limits it. The real one also asks for 50 MB of ephemeral storage,
// which the node of the one-machine cluster does not count.
func launcherPod(of, claim *unstructured.Unstructured) object {
	labels := object{}
	for key, value := range of.GetLabels() {
		labels[key] = value
	}
	labels["kubevirt.io"], labels["kubevirt.io/created-by"] = "virt-launcher", string(of.GetUID())
	labels["vm.kubevirt.io/name"], labels["vmi.kubevirt.io/id"] = of.GetName(), of.GetName()
	guest := quantity(text(of.Object, "spec", "domain", "memory", "guest"))
	host := text(of.Object, "spec", "hostname")
	if host == "" {
		host = of.GetName()
	}
	volumes := []any{object{"name": "run", "emptyDir": object{}}}
	mounts := []any{object{"name": "run", "mountPath": "/run"}}
	for _, volume := range list(of.Object, "spec", "volumes") {
		one, _ := volume.(object)
		if name := text(one, "persistentVolumeClaim", "claimName"); name != "" {
			volumes = append(volumes, object{"name": "root", "persistentVolumeClaim": object{"claimName": name}})
			mounts = append(mounts, object{"name": "root", "mountPath": "/disks/root"})
		}
		if name := text(one, "cloudInitNoCloud", "secretRef", "name"); name != "" {
			volumes = append(volumes, object{"name": "start", "secret": object{"secretName": name}})
			mounts = append(mounts, object{"name": "start", "mountPath": "/start", "readOnly": true})
		}
	}
	capacity := int64(0)
	if claim != nil {
		capacity = quantity(text(claim.Object, "status", "capacity", "storage"))
	}
	grace := number(of.Object, 30, "spec", "terminationGracePeriodSeconds") + 30
	container := object{
		"name": "compute", "image": launcherImage, "imagePullPolicy": "IfNotPresent",
		"command": []any{"/launcher"},
		"args": []any{"--vcpu", fmt.Sprint(vcpus(of)), "--memory", fmt.Sprint(guest >> 20), "--hostname", host,
			"--instance-id", of.GetName() + "." + of.GetNamespace(), "--capacity", fmt.Sprint(capacity),
			"--uuid", text(of.Object, "spec", "domain", "firmware", "uuid")},
		"resources": object{"requests": object{
			"cpu": fmt.Sprintf("%dm", 100*vcpus(of)), "memory": fmt.Sprintf("%dMi", guest>>20+quantity(overhead(of))>>20)}},
		"securityContext": object{"runAsUser": int64(emulatorUser), "runAsNonRoot": true, "allowPrivilegeEscalation": false,
			"capabilities": object{"drop": []any{"ALL"}, "add": []any{"NET_BIND_SERVICE"}}},
		"volumeMounts": mounts,
	}
	if probe, is, _ := unstructured.NestedMap(of.Object, "spec", "readinessProbe"); is {
		container["readinessProbe"] = probe
	}
	return object{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": object{"name": "virt-launcher-" + of.GetName() + "-" + string(of.GetUID())[:5], "namespace": of.GetNamespace(),
			"labels": labels, "ownerReferences": ownerOf(of)},
		"spec": object{
			"restartPolicy": "Never", "automountServiceAccountToken": false, "enableServiceLinks": false,
			"terminationGracePeriodSeconds": grace, "hostname": host,
			"securityContext": object{"runAsUser": int64(emulatorUser), "runAsNonRoot": true, "fsGroup": int64(emulatorUser)},
			"readinessGates":  []any{object{"conditionType": gate}},
			"containers":      []any{container}, "volumes": volumes,
		},
	}
}

// openGate says that the guest is not paused; without this the pod is never ready, whatever its probe says.
func (p *player) openGate(ctx context.Context, pod *unstructured.Unstructured) error {
	if condition(pod.Object, gate)["status"] == "True" {
		return nil
	}
	conditions := append(list(pod.Object, "status", "conditions"),
		object{"type": gate, "status": "True", "reason": "NotPaused", "message": "the virtual machine is not paused", "lastTransitionTime": stamp()})
	return p.patch(ctx, pods, pod, object{"metadata": object{"resourceVersion": pod.GetResourceVersion()}, "status": object{"conditions": conditions}}, "status")
}
