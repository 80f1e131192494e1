package main

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var updateOptions = metav1.UpdateOptions{FieldManager: fieldManager}

// instance brings one VirtualMachineInstance a step further: its pod, its phases, its end.
func (p *player) instance(ctx context.Context, of *unstructured.Unstructured) error {
	pod := p.podOf(of)
	if of.GetDeletionTimestamp() != nil {
		return p.endInstance(ctx, of, pod)
	}
	status, _, _ := unstructured.NestedMap(of.Object, "status")
	if status == nil {
		status = object{}
	}
	switch phase := text(status, "phase"); {
	case phase == "Succeeded" || phase == "Failed":
		return nil
	case pod == nil && (phase == "Pending" || phase == ""):
		p.makePod(ctx, of, status)
	default:
		if err := p.follow(ctx, of, pod, status); err != nil {
			return err
		}
	}
	return p.updateInstance(ctx, of, status)
}

// makePod shows a refusal only in a condition, and tries again.
func (p *player) makePod(ctx context.Context, of *unstructured.Unstructured, status object) {
	for _, volume := range list(of.Object, "spec", "volumes") {
		one, _ := volume.(object)
		if name := text(one, "persistentVolumeClaim", "claimName"); name != "" && p.find(claims, of.GetNamespace(), name) == nil {
			setCondition(status, "Synchronized", "False", "FailedPvcNotFound", "PVC "+of.GetNamespace()+"/"+name+" not found")
			return
		}
	}
	// The size of the disk is known when it is bound; the real pod waits for that with the scheduler.
	claim := p.diskOf(of)
	if claim != nil && text(claim.Object, "status", "phase") != "Bound" {
		setCondition(status, "PodScheduled", "False", "Unschedulable",
			"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
		setPhase(status, "Scheduling")
		return
	}
	setCondition(status, "PodScheduled", "", "", "")
	if err := p.create(ctx, pods, launcherPod(of, claim)); err != nil {
		message := "failed to create virtual machine pod: " + err.Error()
		if strings.Contains(message, "violates PodSecurity") {
			message = of.GetName() + " needs a privileged namespace to run: " + message
		}
		setCondition(status, "Synchronized", "False", "FailedCreate", message)
		return
	}
	setCondition(status, "Synchronized", "True", "", "")
	setPhase(status, "Scheduling")
}

// follow takes phases and conditions from the pod.
func (p *player) follow(ctx context.Context, of, pod *unstructured.Unstructured, status object) error {
	if pod == nil {
		if text(status, "phase") == "Scheduling" {
			// Waiting for its disk, or the cache is a moment behind: making it twice is harmless.
			p.makePod(ctx, of, status)
			return nil
		}
		setPhase(status, "Failed")
		setCondition(status, "Ready", "False", "PodNotExists", "virt-launcher pod has not yet been scheduled")
		return nil
	}
	if err := p.openGate(ctx, pod); err != nil {
		return err
	}
	switch text(pod.Object, "status", "phase") {
	case "Succeeded":
		setPhase(status, "Succeeded")
	case "Failed":
		setPhase(status, "Failed")
	case "Running":
		if text(status, "phase") == "Scheduling" {
			setPhase(status, "Scheduled")
		} else {
			setPhase(status, "Running")
		}
	default:
		scheduled := condition(pod.Object, "PodScheduled")
		if scheduled["reason"] == "Unschedulable" {
			setCondition(status, "PodScheduled", "False", "Unschedulable", word(scheduled["message"]))
		} else {
			setCondition(status, "PodScheduled", "", "", "")
		}
	}
	running := text(status, "phase") == "Running"
	ready := condition(pod.Object, "Ready")["status"] == "True"
	switch {
	case !running:
		setCondition(status, "Ready", "False", "GuestNotRunning", "Guest VM is not reported as running")
	case ready:
		setCondition(status, "Ready", "True", "", "")
	default:
		setCondition(status, "Ready", "False", "PodConditionMissing", "The guest does not answer its readiness probe")
	}
	if running {
		p.describeRunning(of, pod, status)
	}
	return nil
}

// describeRunning: everything that disappears with the instance.
func (p *player) describeRunning(of, pod *unstructured.Unstructured, status object) {
	setCondition(status, "SoftwareEmulation", "True", "", "KVM is not there: the guest is emulated")
	setCondition(status, "LiveMigratable", "False", "DisksNotLiveMigratable", "cannot migrate VMI: PVC is not shared")
	setCondition(status, "DataVolumesReady", "True", "AllDVsReady", "All of the VMI's DVs are bound and ready")
	cpu, _, _ := unstructured.NestedMap(of.Object, "spec", "domain", "cpu")
	topology := object{"sockets": number(cpu, 1, "sockets"), "cores": number(cpu, 1, "cores"), "threads": number(cpu, 1, "threads")}
	status["currentCPUTopology"] = topology
	guest := text(of.Object, "spec", "domain", "memory", "guest")
	status["memory"] = object{"guestAtBoot": guest, "guestCurrent": guest, "guestRequested": guest, "memoryOverhead": overhead(of)}
	status["nodeName"] = text(pod.Object, "spec", "nodeName")
	address := text(pod.Object, "status", "podIP")
	status["interfaces"] = []any{object{"name": "default", "ipAddress": address, "ipAddresses": []any{address}, "infoSource": "domain"}}
	status["activePods"] = object{string(pod.GetUID()): status["nodeName"]}
	status["qosClass"] = text(pod.Object, "status", "qosClass")
	// Sockets that the template wants and the instance lacks need a live migration, which never comes: it hangs silently.
	if machine := p.find(machines, of.GetNamespace(), of.GetName()); machine != nil {
		wanted := number(machine.Object, 1, "spec", "template", "spec", "domain", "cpu", "sockets")
		if wanted > number(topology, 1, "sockets") {
			setCondition(status, "HotVCPUChange", "True", "", "")
		} else {
			setCondition(status, "HotVCPUChange", "", "", "")
		}
	}
}

// endInstance stops the guest gracefully, then lets go.
func (p *player) endInstance(ctx context.Context, of, pod *unstructured.Unstructured) error {
	if pod != nil && text(pod.Object, "status", "phase") != "Succeeded" && text(pod.Object, "status", "phase") != "Failed" {
		grace := number(of.Object, 30, "spec", "terminationGracePeriodSeconds") + 30
		return p.remove(ctx, pods, pod, &grace)
	}
	status, _, _ := unstructured.NestedMap(of.Object, "status")
	if phase := text(status, "phase"); phase != "Succeeded" && phase != "Failed" {
		setPhase(status, "Succeeded")
		setCondition(status, "Ready", "False", "PodTerminating", "virt-launcher pod is terminating")
		return p.updateInstance(ctx, of, status)
	}
	if pod != nil {
		if err := p.remove(ctx, pods, pod, nil); err != nil {
			return err
		}
	}
	return p.setFinalizers(ctx, instances, of, without(of.GetFinalizers(), finalInstance, finalMachine))
}

func (p *player) updateInstance(ctx context.Context, of *unstructured.Unstructured, status object) error {
	before, _, _ := unstructured.NestedMap(of.Object, "status")
	if fingerprint(before) == fingerprint(status) {
		return nil
	}
	of.Object["status"] = status
	_, err := p.client.Resource(instances).Namespace(of.GetNamespace()).Update(ctx, of, updateOptions)
	return err
}

func setPhase(status object, phase string) {
	if text(status, "phase") == phase {
		return
	}
	status["phase"] = phase
	status["phaseTransitionTimestamps"] = append(list(status, "phaseTransitionTimestamps"),
		object{"phase": phase, "phaseTransitionTimestamp": stamp()})
}

func (p *player) podOf(of *unstructured.Unstructured) *unstructured.Unstructured {
	for _, pod := range p.all(pods) {
		if pod.GetNamespace() == of.GetNamespace() && pod.GetLabels()["kubevirt.io/created-by"] == string(of.GetUID()) {
			return pod.DeepCopy()
		}
	}
	return nil
}

func (p *player) diskOf(of *unstructured.Unstructured) *unstructured.Unstructured {
	for _, volume := range list(of.Object, "spec", "volumes") {
		one, _ := volume.(object)
		if name := text(one, "persistentVolumeClaim", "claimName"); name != "" {
			return p.find(claims, of.GetNamespace(), name)
		}
	}
	return nil
}

// overhead: what the real one adds to the memory of a guest without devices.
func overhead(of *unstructured.Unstructured) string {
	guest := quantity(text(of.Object, "spec", "domain", "memory", "guest"))
	return fmt.Sprintf("%dMi", 240+8*vcpus(of)+8+32+guest/512>>20)
}

func vcpus(of *unstructured.Unstructured) int64 {
	cpu, _, _ := unstructured.NestedMap(of.Object, "spec", "domain", "cpu")
	return number(cpu, 1, "sockets") * number(cpu, 1, "cores") * number(cpu, 1, "threads")
}

func quantity(written string) int64 {
	value, err := resource.ParseQuantity(written)
	if err != nil {
		return 0
	}
	return value.Value()
}
