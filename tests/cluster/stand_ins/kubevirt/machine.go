package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	finalMachine   = "kubevirt.io/virtualMachineControllerFinalize"
	finalInstance  = "kubevirt.io/foregroundDeleteVirtualMachine"
	annotationForm = "wolkenamt.test/template"
)

// machine brings one VirtualMachine a step further and reports.
func (p *player) machine(ctx context.Context, of *unstructured.Unstructured) error {
	instance := p.find(instances, of.GetNamespace(), of.GetName())
	if of.GetDeletionTimestamp() != nil {
		return p.finishMachine(ctx, of, instance)
	}
	if !contains(of.GetFinalizers(), finalMachine) {
		return p.setFinalizers(ctx, machines, of, append(of.GetFinalizers(), finalMachine))
	}
	if text(of.Object, "spec", "template", "spec", "domain", "firmware", "uuid") == "" {
		firmware := object{"uuid": randomUUID(), "serial": randomUUID()}
		return p.patch(ctx, machines, of, object{"spec": object{"template": object{"spec": object{"domain": object{"firmware": firmware}}}}})
	}
	status, _, _ := unstructured.NestedMap(of.Object, "status")
	if status == nil {
		status = object{}
	}
	err := p.drive(ctx, of, instance, status)
	if err != nil {
		setCondition(status, "Failure", "True", "FailedCreate", err.Error())
	} else {
		setCondition(status, "Failure", "", "", "")
	}
	p.describe(of, p.find(instances, of.GetNamespace(), of.GetName()), status)
	return p.report(ctx, of, status)
}

func (p *player) finishMachine(ctx context.Context, of, instance *unstructured.Unstructured) error {
	if instance != nil {
		if err := p.remove(ctx, instances, instance, nil); err != nil {
			return err
		}
		status, _, _ := unstructured.NestedMap(of.Object, "status")
		status["printableStatus"] = "Terminating"
		return p.report(ctx, of, status)
	}
	return p.setFinalizers(ctx, machines, of, without(of.GetFinalizers(), finalMachine))
}

// drive starts and ends the instance as the strategy says.
func (p *player) drive(ctx context.Context, of, instance *unstructured.Unstructured, status object) error {
	strategy := text(of.Object, "spec", "runStrategy")
	status["runStrategy"] = strategy
	phase := ""
	if instance != nil {
		phase = text(instance.Object, "status", "phase")
	}
	ended := phase == "Succeeded" || phase == "Failed"
	switch {
	case instance == nil && (strategy == "Always" || strategy == "RerunOnFailure" && !p.wasOff(status)):
		if p.waits(status) {
			return nil
		}
		return p.start(ctx, of)
	case instance == nil:
		return nil
	case strategy == "Halted", ended && strategy == "Always", ended && strategy == "RerunOnFailure" && phase == "Failed":
		if phase == "Failed" && strategy != "Halted" && instance.GetDeletionTimestamp() == nil {
			countFailure(status)
		}
		return p.remove(ctx, instances, instance, nil)
	}
	if phase == "Running" && text(object{"c": condition(instance.Object, "Ready")}, "c", "status") == "True" {
		delete(status, "startFailure")
	}
	return nil
}

// wasOff: a guest that shut itself down stays off under RerunOnFailure.
func (p *player) wasOff(status object) bool {
	reason := text(object{"c": conditionOf(status, "Ready")}, "c", "reason")
	return reason == "VMINotExists" && status["printableStatus"] == "Stopped" && status["observedGeneration"] != nil
}

// countFailure: 10 s × n², at most 300 s until the next try.
func countFailure(status object) {
	before, _, _ := unstructured.NestedMap(status, "startFailure")
	count := number(before, 0, "consecutiveFailCount") + 1
	pause := min(10*count*count, 300)
	status["startFailure"] = object{"consecutiveFailCount": count,
		"retryAfterTimestamp": time.Now().Add(time.Duration(pause) * time.Second).UTC().Format(time.RFC3339)}
}

func (p *player) waits(status object) bool {
	until, err := time.Parse(time.RFC3339, text(status, "startFailure", "retryAfterTimestamp"))
	return err == nil && time.Now().Before(until)
}

// start makes the instance out of the template as it is now; later changes of the template do not reach it.
func (p *player) start(ctx context.Context, of *unstructured.Unstructured) error {
	template, _, _ := unstructured.NestedMap(of.Object, "spec", "template")
	spec, _, _ := unstructured.NestedMap(template, "spec")
	labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
	owner := ownerOf(of)
	revision := object{"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": of.GetGeneration(),
		"metadata": object{"name": fmt.Sprintf("revision-start-vm-%s-%d", of.GetUID(), of.GetGeneration()), "namespace": of.GetNamespace(), "ownerReferences": owner},
		"data":     object{"spec": spec}}
	if err := p.create(ctx, revisions, revision); err != nil {
		return err
	}
	return p.create(ctx, instances, object{
		"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
		"metadata": object{"name": of.GetName(), "namespace": of.GetNamespace(), "labels": anyMap(labels), "ownerReferences": owner,
			"annotations": object{annotationForm: fingerprint(cold(spec))}, "finalizers": []any{finalInstance, finalMachine}},
		"spec":   spec,
		"status": object{"phase": "Pending", "phaseTransitionTimestamps": []any{object{"phase": "Pending", "phaseTransitionTimestamp": stamp()}}},
	})
}

// cold is the part of a template whose change needs a restart: sockets are plugged in while it runs (see README.md).
func cold(spec object) object {
	copied := (&unstructured.Unstructured{Object: spec}).DeepCopy().Object
	unstructured.RemoveNestedField(copied, "domain", "cpu", "sockets")
	for _, live := range []string{"nodeSelector", "affinity", "tolerations"} {
		delete(copied, live)
	}
	return copied
}

// describe fills the status from what there is, in the precedence of the real one.
func (p *player) describe(of, instance *unstructured.Unstructured, status object) {
	status["created"], status["ready"] = instance != nil, false
	status["desiredGeneration"] = of.GetGeneration()
	if instance == nil {
		// Copies of the instance's other conditions stay: whoever believes them is misled, as with the real one.
		setCondition(status, "Ready", "False", "VMINotExists", "VMI does not exist")
		setCondition(status, "RestartRequired", "", "", "")
		delete(status, "created")
		delete(status, "ready")
	} else {
		for _, one := range list(instance.Object, "status", "conditions") {
			if known, is := one.(object); is {
				setCondition(status, word(known["type"]), word(known["status"]), word(known["reason"]), word(known["message"]))
			}
		}
		status["ready"] = text(object{"c": condition(instance.Object, "Ready")}, "c", "status") == "True"
		p.compare(of, instance, status)
	}
	status["printableStatus"] = p.printable(of, instance, status)
}

// compare says what waits for a restart. The observed generation only follows a template that the instance has.
func (p *player) compare(of, instance *unstructured.Unstructured, status object) {
	spec, _, _ := unstructured.NestedMap(of.Object, "spec", "template", "spec")
	sockets := func(from object, path ...string) int64 {
		return number(from, 1, append(path, "domain", "cpu", "sockets")...)
	}
	wanted, has := sockets(spec), sockets(instance.Object, "spec")
	if instance.GetAnnotations()[annotationForm] != fingerprint(cold(spec)) {
		setCondition(status, "RestartRequired", "True", "", "a non-live-updatable field was changed in the template spec")
	} else if wanted < has {
		setCondition(status, "RestartRequired", "True", "", "Reduction of CPU socket count requires a restart")
	} else if wanted == has {
		setCondition(status, "RestartRequired", "", "", "")
		status["observedGeneration"] = of.GetGeneration()
	}
}

func (p *player) printable(of, instance *unstructured.Unstructured, status object) string {
	if of.GetDeletionTimestamp() != nil {
		return "Terminating"
	}
	strategy := text(of.Object, "spec", "runStrategy")
	if instance == nil {
		switch {
		case p.waits(status):
			return "CrashLoopBackOff"
		case strategy == "Always":
			return "Starting"
		}
		return "Stopped"
	}
	phase := text(instance.Object, "status", "phase")
	synchronized := text(object{"c": condition(instance.Object, "Synchronized")}, "c", "reason")
	scheduled := text(object{"c": condition(instance.Object, "PodScheduled")}, "c", "reason")
	switch {
	case instance.GetDeletionTimestamp() != nil:
		return "Stopping"
	case phase == "Running":
		return "Running"
	case synchronized == "FailedPvcNotFound":
		return "ErrorPvcNotFound"
	case scheduled == "Unschedulable":
		return "ErrorUnschedulable"
	case synchronized == "ErrImagePull" || synchronized == "ImagePullBackOff":
		return synchronized
	case phase == "Succeeded" || phase == "Failed":
		return "Stopped"
	}
	return "Starting"
}

// report writes the status if it changed.
func (p *player) report(ctx context.Context, of *unstructured.Unstructured, status object) error {
	before, _, _ := unstructured.NestedMap(of.Object, "status")
	if fingerprint(before) == fingerprint(status) {
		return nil
	}
	of.Object["status"] = status
	_, err := p.client.Resource(machines).Namespace(of.GetNamespace()).UpdateStatus(ctx, of, updateOptions)
	return err
}

func conditionOf(status object, kind string) object { return condition(object{"status": status}, kind) }

func word(value any) string {
	found, _ := value.(string)
	return found
}

func anyMap(of map[string]string) object {
	made := object{}
	for key, value := range of {
		made[key] = value
	}
	return made
}

func ownerOf(of *unstructured.Unstructured) []any {
	return []any{object{"apiVersion": of.GetAPIVersion(), "kind": of.GetKind(), "name": of.GetName(), "uid": string(of.GetUID()),
		"controller": true, "blockOwnerDeletion": true}}
}

func contains(all []string, one string) bool {
	for _, known := range all {
		if known == one {
			return true
		}
	}
	return false
}

func without(all []string, gone ...string) []string {
	kept := []string{}
	for _, one := range all {
		if !contains(gone, one) {
			kept = append(kept, one)
		}
	}
	return kept
}

func randomUUID() string {
	var bytes [16]byte
	_, _ = rand.Read(bytes[:]) // never fails
	bytes[6], bytes[8] = bytes[6]&0x0f|0x40, bytes[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", bytes[:4], bytes[4:6], bytes[6:8], bytes[8:10], bytes[10:])
}
