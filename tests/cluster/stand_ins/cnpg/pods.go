package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

const managerImage = "localhost/wolkenamt/cnpg-instance:1"

// Rises with what a pod is made of here, so that pods of an older stand-in are made anew.
const podVersion = 2

// After this many failed Jobs the real operator gives up.
const jobRetries = 6

func (of *cluster) role(number int64) string {
	if number == 1 {
		return "primary"
	}
	return "replica"
}

func (of *cluster) volume(number int64) *corev1.PersistentVolumeClaim {
	name := of.member(number)
	made := corev1.PersistentVolumeClaim{ObjectMeta: of.meta(name, true, map[string]string{
		labelInstance: name, labelVolumeRole: "PG_DATA", labelRole: of.role(number)})}
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, annotationVolume, "initializing")
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, "cnpg.io/nodeSerial", fmt.Sprint(number))
	made.Spec = corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: of.Spec.Storage.Class,
		Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(of.Spec.Storage.Size)}}}
	return &made
}

// jobRole is what the Job of an instance does, and a part of its name.
func (of *cluster) jobRole(number int64) string {
	switch {
	case number > 1:
		return "join"
	case of.Spec.Bootstrap.Recovery != nil:
		return "full-recovery"
	}
	return "initdb"
}

func (of *cluster) jobName(number int64) string {
	return of.member(number) + "-" + of.jobRole(number)
}

// job prepares the data of an instance once. It carries labels of its own, so that no Service selects its pod.
func (of *cluster) job(number int64, keys []corev1.EnvVar) *batchv1.Job {
	role := of.jobRole(number)
	name := of.jobName(number)
	labels := map[string]string{labelInstance: of.member(number), labelJobRole: role}
	retries := int32(jobRetries)
	template := of.podSpec(number, keys)
	template.RestartPolicy = corev1.RestartPolicyNever
	commands := map[string]string{"initdb": "init", "join": "join", "full-recovery": "restore"}
	container := &template.Containers[0]
	container.Name, container.Command = role, []string{instanceconfig.Manager, commands[role]}
	container.Ports, container.ReadinessProbe, container.LivenessProbe = nil, nil, nil
	if role == "initdb" {
		container.Env = append(container.Env, of.initdbEnvironment()...)
	}
	made := batchv1.Job{ObjectMeta: of.meta(name, true, labels)}
	made.OwnerReferences = of.owner(true)
	pod := of.meta("", true, labels)
	made.Spec = batchv1.JobSpec{BackoffLimit: &retries, Template: corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations}, Spec: template}}
	return &made
}

func (of *cluster) initdbEnvironment() []corev1.EnvVar {
	start := of.Spec.Bootstrap.InitDB
	return []corev1.EnvVar{
		{Name: "APP_DATABASE", Value: start.Database},
		{Name: "APP_OWNER", Value: start.Owner},
		{Name: "APP_PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: of.appSecret()}, Key: "password"}}},
		{Name: "PG_ENCODING", Value: start.Encoding},
		{Name: "PG_COLLATE", Value: start.LocaleCollate},
		{Name: "PG_CTYPE", Value: start.LocaleCType},
		{Name: "PG_CHECKSUMS", Value: fmt.Sprint(start.DataChecksums)},
		{Name: "POST_INIT_SQL", Value: oneLineEach(start.PostInitSQL)},
		{Name: "POST_INIT_APPLICATION_SQL", Value: oneLineEach(start.PostInitApplicationSQL)},
	}
}

func oneLineEach(statements []string) string {
	flat := make([]string, 0, len(statements))
	for _, statement := range statements {
		flat = append(flat, strings.Join(strings.Fields(statement), " "))
	}
	return strings.Join(flat, "\n")
}

func (of *cluster) pod(number int64, keys []corev1.EnvVar) *corev1.Pod {
	name := of.member(number)
	made := corev1.Pod{ObjectMeta: of.meta(name, true, map[string]string{labelInstance: name, labelPodRole: "instance"})}
	made.OwnerReferences = of.owner(true)
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, annotationShape, of.shape(keys))
	made.Spec = of.podSpec(number, keys)
	return &made
}

// podLabels are those that may change while the pod runs.
func (of *cluster) podLabels(number int64) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, of.Spec.InheritedMetadata.Labels)
	labels[labelRole], labels[labelOldRole] = of.role(number), of.role(number)
	return labels
}

// shape identifies everything that cannot change without a new pod. Quantities count by value, not by spelling.
func (of *cluster) shape(keys []corev1.EnvVar) string {
	spec := of.podSpec(1, keys)
	return fingerprint([]any{podVersion, keys, spec.Containers[0].Image, quantities(of.Spec.Resources.Requests), quantities(of.Spec.Resources.Limits),
		spec.NodeSelector, spec.Tolerations, spec.PriorityClassName, of.Annotations[annotationAgain]})
}

func quantities(list corev1.ResourceList) map[string]string {
	canonical := map[string]string{}
	for name, quantity := range list {
		canonical[string(name)] = quantity.AsDec().String()
	}
	return canonical
}

// podSpec fits the Pod Security level "restricted".
func (of *cluster) podSpec(number int64, keys []corev1.EnvVar) corev1.PodSpec {
	yes, no := true, false
	user, group, grace := of.Spec.PostgresUID, of.Spec.PostgresGID, of.Spec.StopDelay
	mode := int32(0o640)
	confined := &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Privileged: &no, RunAsNonRoot: &yes,
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	mounts := []corev1.VolumeMount{
		{Name: "pgdata", MountPath: instanceconfig.DataVolume}, {Name: "scratch-data", MountPath: "/controller"},
		{Name: "config", MountPath: "/controller-config"}, {Name: "server-certificate", MountPath: instanceconfig.ServerCert},
		{Name: "authority", MountPath: filepath.Dir(instanceconfig.Authority)}, {Name: "replication", MountPath: instanceconfig.Replication},
		{Name: "shm", MountPath: "/dev/shm"}, {Name: "tmp", MountPath: "/tmp"}}
	empty := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	probe := func(path string, period int32) *corev1.Probe {
		return &corev1.Probe{PeriodSeconds: period, TimeoutSeconds: 5, FailureThreshold: 3, ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(instanceconfig.StatusPort), Scheme: corev1.URISchemeHTTPS}}}
	}
	return corev1.PodSpec{
		ServiceAccountName: of.Name, AutomountServiceAccountToken: &no, EnableServiceLinks: &no, Hostname: of.member(number),
		RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: &grace, PriorityClassName: of.Spec.PriorityClassName,
		NodeSelector: of.Spec.Affinity.NodeSelector, Tolerations: of.Spec.Affinity.Tolerations,
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &group, FSGroup: &group,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		InitContainers: []corev1.Container{{Name: "bootstrap-controller", Image: managerImage, ImagePullPolicy: corev1.PullIfNotPresent,
			Command: []string{"/manager", "bootstrap", instanceconfig.Manager}, SecurityContext: confined, Resources: of.Spec.Resources,
			VolumeMounts: []corev1.VolumeMount{{Name: "scratch-data", MountPath: "/controller"}}}},
		Containers: []corev1.Container{{Name: "postgres", Image: of.Spec.ImageName, ImagePullPolicy: of.Spec.ImagePullPolicy,
			Command: []string{instanceconfig.Manager, "run"}, SecurityContext: confined, Resources: of.Spec.Resources, VolumeMounts: mounts,
			Env: append([]corev1.EnvVar{{Name: "PGDATA", Value: instanceconfig.Data}, {Name: "PGHOST", Value: instanceconfig.Sockets}, {Name: "TZ", Value: "UTC"}}, keys...),
			Ports: []corev1.ContainerPort{{Name: "postgresql", ContainerPort: 5432, Protocol: corev1.ProtocolTCP},
				{Name: "metrics", ContainerPort: instanceconfig.MetricPort, Protocol: corev1.ProtocolTCP},
				{Name: "status", ContainerPort: instanceconfig.StatusPort, Protocol: corev1.ProtocolTCP}},
			// The real periods are ten times as long, which is most of its waiting time.
			ReadinessProbe: probe("/readyz", 1), LivenessProbe: probe("/healthz", 10)}},
		Volumes: []corev1.Volume{
			{Name: "pgdata", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: of.member(number)}}},
			{Name: "scratch-data", VolumeSource: empty}, {Name: "tmp", VolumeSource: empty},
			{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
			{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: of.configName()}}}},
			// Of the authority only the certificate, never its key.
			{Name: "authority", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: of.Name + "-ca", DefaultMode: &mode,
				Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}}},
			{Name: "replication", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: of.Name + "-replication", DefaultMode: &mode}}},
			{Name: "server-certificate", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: of.Name + "-server", DefaultMode: &mode}}},
		},
	}
}
