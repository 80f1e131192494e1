package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Phases, exactly as the real operator spells them.
const (
	phaseFirst         = "Setting up primary"
	phaseWaiting       = "Waiting for the instances to become active"
	phaseHealthy       = "Cluster in healthy state"
	phaseReplica       = "Creating a new replica"
	phaseUpgrade       = "Upgrading cluster"
	phasePlugin        = "Cluster cannot proceed to reconciliation due to an error while interacting with plugins"
	phaseRestart       = "Primary instance is being restarted without a switchover"
	phaseUnrecoverable = "Cluster is unrecoverable and needs manual intervention"
	phaseObjects       = "Unable to create required cluster objects"
)

// clusterStatus is what the stand-in reports. There is no observed generation, as with the real one.
type clusterStatus struct {
	Phase                   string              `json:"phase,omitempty"`
	PhaseReason             string              `json:"phaseReason,omitempty"`
	Instances               int64               `json:"instances,omitempty"`
	ReadyInstances          int64               `json:"readyInstances,omitempty"` // absent when zero
	InstanceNames           []string            `json:"instanceNames,omitempty"`
	InstancesStatus         map[string][]string `json:"instancesStatus,omitempty"`
	CurrentPrimary          string              `json:"currentPrimary,omitempty"`
	CurrentPrimaryTimestamp string              `json:"currentPrimaryTimestamp,omitempty"`
	TargetPrimary           string              `json:"targetPrimary,omitempty"`
	TargetPrimaryTimestamp  string              `json:"targetPrimaryTimestamp,omitempty"`
	Image                   string              `json:"image,omitempty"`
	WriteService            string              `json:"writeService,omitempty"`
	ReadService             string              `json:"readService,omitempty"`
	Selector                string              `json:"selector,omitempty"`
	PVCCount                int64               `json:"pvcCount,omitempty"`
	HealthyPVC              []string            `json:"healthyPVC,omitempty"`
	InitializingPVC         []string            `json:"initializingPVC,omitempty"`
	DanglingPVC             []string            `json:"danglingPVC,omitempty"`
	ResizingPVC             []string            `json:"resizingPVC,omitempty"`
	Certificates            certificateStatus   `json:"certificates,omitempty"`
	Conditions              []metav1.Condition  `json:"conditions,omitempty"`
}

type certificateStatus struct {
	ClientCASecret       string            `json:"clientCASecret,omitempty"`
	ServerCASecret       string            `json:"serverCASecret,omitempty"`
	ServerTLSSecret      string            `json:"serverTLSSecret,omitempty"`
	ReplicationTLSSecret string            `json:"replicationTLSSecret,omitempty"`
	ServerAltDNSNames    []string          `json:"serverAltDNSNames,omitempty"`
	Expirations          map[string]string `json:"expirations,omitempty"`
}

// setPhase also says Ready: that condition is True exactly when the phase was set to healthy.
func (s *clusterStatus) setPhase(phase, reason string) {
	s.Phase, s.PhaseReason = phase, reason
	if phase == phaseHealthy {
		s.setCondition("Ready", true, "ClusterIsReady", "Cluster is Ready")
	} else {
		s.setCondition("Ready", false, "ClusterIsNotReady", "Cluster Is Not Ready")
	}
}

func (s *clusterStatus) setCondition(kind string, holds bool, reason, message string) {
	status := metav1.ConditionFalse
	if holds {
		status = metav1.ConditionTrue
	}
	wanted := metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.Now()}
	for n := range s.Conditions {
		if s.Conditions[n].Type == kind {
			if s.Conditions[n].Status == status {
				wanted.LastTransitionTime = s.Conditions[n].LastTransitionTime
			}
			s.Conditions[n] = wanted
			return
		}
	}
	s.Conditions = append(s.Conditions, wanted)
}

func (s *clusterStatus) condition(kind string) *metav1.Condition {
	for n := range s.Conditions {
		if s.Conditions[n].Type == kind {
			return &s.Conditions[n]
		}
	}
	return nil
}

func (s *clusterStatus) dropCondition(kind string) {
	kept := s.Conditions[:0]
	for _, condition := range s.Conditions {
		if condition.Type != kind {
			kept = append(kept, condition)
		}
	}
	s.Conditions = kept
}

// microseconds is the real operator's form of time in its status.
func microseconds() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

// describe fills what follows from names and objects alone.
func (c *controller) describe(of *cluster) {
	s := &of.Status
	s.WriteService, s.ReadService = of.Name+"-rw", of.Name+"-r"
	s.Selector = fmt.Sprintf("%s=%s,%s=instance", labelCluster, of.Name, labelPodRole)
	s.Image = of.Spec.ImageName
	s.Certificates = certificateStatus{ClientCASecret: of.Name + "-ca", ServerCASecret: of.Name + "-ca", ServerTLSSecret: of.Name + "-server",
		ReplicationTLSSecret: of.Name + "-replication", ServerAltDNSNames: of.serverNames(), Expirations: map[string]string{}}
	for _, name := range []string{of.Name + "-ca", of.Name + "-server", of.Name + "-replication"} {
		if ends := c.expiry(of.Namespace, name); ends != "" {
			s.Certificates.Expirations[name] = ends
		}
	}
}

// describeVolumes puts each volume into exactly one list.
func (c *controller) describeVolumes(of *cluster) error {
	s := &of.Status
	s.Instances, s.PVCCount, s.InstanceNames = 0, 0, nil
	s.HealthyPVC, s.InitializingPVC, s.DanglingPVC, s.ResizingPVC = nil, nil, nil, nil
	all, err := c.listers[volumes].ByNamespace(of.Namespace).List(selectOwn(of))
	if err != nil {
		return err
	}
	names := []string{}
	for _, object := range all {
		if content, is := asContent(object); is && numberOf(of, content.GetName()) > 0 {
			names = append(names, content.GetName())
		}
	}
	slices.Sort(names)
	for _, name := range names {
		volume, err := findAs[corev1.PersistentVolumeClaim](c, volumes, of.Namespace, name)
		if err != nil || volume == nil {
			continue
		}
		s.Instances, s.PVCCount, s.InstanceNames = s.Instances+1, s.PVCCount+1, append(s.InstanceNames, name)
		list := s.listFor(volume, c.find(pods, of.Namespace, name) != nil)
		*list = append(*list, name)
	}
	return nil
}

func (s *clusterStatus) listFor(volume *corev1.PersistentVolumeClaim, hasPod bool) *[]string {
	resizing := false
	for _, condition := range volume.Status.Conditions {
		resizing = resizing || condition.Type == corev1.PersistentVolumeClaimResizing && condition.Status == corev1.ConditionTrue
	}
	switch {
	case volume.Annotations[annotationVolume] == "initializing":
		return &s.InitializingPVC
	case !hasPod:
		return &s.DanglingPVC
	case resizing:
		return &s.ResizingPVC
	}
	return &s.HealthyPVC
}

// report writes the status if it changed.
func (c *controller) report(ctx context.Context, of *cluster, before clusterStatus) error {
	if fingerprint(before) == fingerprint(of.Status) {
		return nil
	}
	present := c.find(clusters, of.Namespace, of.Name)
	if present == nil {
		return nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&of.Status)
	if err != nil {
		return err
	}
	// The version that was looked at, not the newest: what was decided on an old status must not overwrite a new one.
	changed := present.DeepCopy()
	changed.SetResourceVersion(of.ResourceVersion)
	changed.Object["status"] = content
	_, err = c.client.Resource(clusters).Namespace(of.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{FieldManager: fieldManager})
	return err
}
