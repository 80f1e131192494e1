package main

import (
	"fmt"
	"maps"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

const managerImage = "localhost/wolkenamt/cnpg-instance:1"

// After this many failed Jobs the real operator gives up.
const jobRetries = 6

func (of *cluster) volume() *corev1.PersistentVolumeClaim {
	made := corev1.PersistentVolumeClaim{ObjectMeta: of.meta(of.instance(), true, map[string]string{
		labelInstance: of.instance(), labelVolumeRole: "PG_DATA", labelRole: "primary"})}
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, annotationVolume, "initializing")
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, "cnpg.io/nodeSerial", "1")
	made.Spec = corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: of.Spec.Storage.Class,
		Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(of.Spec.Storage.Size)}}}
	return &made
}

// job prepares the database once. It carries labels of its own, so that no Service selects its pod.
func (of *cluster) job() *batchv1.Job {
	name := of.instance() + "-initdb"
	labels := map[string]string{labelInstance: of.instance(), labelJobRole: "initdb"}
	retries := int32(jobRetries)
	template := of.podSpec()
	template.RestartPolicy = corev1.RestartPolicyNever
	start := of.Spec.Bootstrap.InitDB
	container := &template.Containers[0]
	container.Name, container.Command = "initdb", []string{instanceconfig.Manager, "init"}
	container.Ports, container.ReadinessProbe, container.LivenessProbe = nil, nil, nil
	container.Env = append(container.Env,
		corev1.EnvVar{Name: "APP_DATABASE", Value: start.Database},
		corev1.EnvVar{Name: "APP_OWNER", Value: start.Owner},
		corev1.EnvVar{Name: "APP_PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: of.appSecret()}, Key: "password"}}},
		corev1.EnvVar{Name: "PG_ENCODING", Value: start.Encoding},
		corev1.EnvVar{Name: "PG_COLLATE", Value: start.LocaleCollate},
		corev1.EnvVar{Name: "PG_CTYPE", Value: start.LocaleCType},
		corev1.EnvVar{Name: "PG_CHECKSUMS", Value: fmt.Sprint(start.DataChecksums)},
		corev1.EnvVar{Name: "POST_INIT_SQL", Value: oneLineEach(start.PostInitSQL)},
		corev1.EnvVar{Name: "POST_INIT_APPLICATION_SQL", Value: oneLineEach(start.PostInitApplicationSQL)})
	made := batchv1.Job{ObjectMeta: of.meta(name, true, labels)}
	made.OwnerReferences = of.owner(true)
	pod := of.meta("", true, labels)
	made.Spec = batchv1.JobSpec{BackoffLimit: &retries, Template: corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations}, Spec: template}}
	return &made
}

func oneLineEach(statements []string) string {
	flat := make([]string, 0, len(statements))
	for _, statement := range statements {
		flat = append(flat, strings.Join(strings.Fields(statement), " "))
	}
	return strings.Join(flat, "\n")
}

func (of *cluster) pod() *corev1.Pod {
	made := corev1.Pod{ObjectMeta: of.meta(of.instance(), true, map[string]string{labelInstance: of.instance(), labelPodRole: "instance"})}
	made.OwnerReferences = of.owner(true)
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, annotationShape, of.shape())
	made.Spec = of.podSpec()
	return &made
}

// podLabels are those that may change while the pod runs.
func (of *cluster) podLabels() map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, of.Spec.InheritedMetadata.Labels)
	labels[labelRole], labels[labelOldRole] = "primary", "primary"
	return labels
}

// shape identifies everything that cannot change without a new pod. Quantities count by value, not by spelling.
func (of *cluster) shape() string {
	spec := of.podSpec()
	return fingerprint([]any{spec.Containers[0].Image, quantities(of.Spec.Resources.Requests), quantities(of.Spec.Resources.Limits),
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
func (of *cluster) podSpec() corev1.PodSpec {
	yes, no := true, false
	user, group, grace := of.Spec.PostgresUID, of.Spec.PostgresGID, of.Spec.StopDelay
	mode := int32(0o640)
	confined := &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Privileged: &no, RunAsNonRoot: &yes,
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	mounts := []corev1.VolumeMount{
		{Name: "pgdata", MountPath: instanceconfig.DataVolume}, {Name: "scratch-data", MountPath: "/controller"},
		{Name: "config", MountPath: "/controller-config"}, {Name: "server-certificate", MountPath: instanceconfig.ServerCert},
		{Name: "shm", MountPath: "/dev/shm"}, {Name: "tmp", MountPath: "/tmp"}}
	empty := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	probe := func(path string, period int32) *corev1.Probe {
		return &corev1.Probe{PeriodSeconds: period, TimeoutSeconds: 5, FailureThreshold: 3, ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(instanceconfig.StatusPort), Scheme: corev1.URISchemeHTTPS}}}
	}
	return corev1.PodSpec{
		ServiceAccountName: of.Name, AutomountServiceAccountToken: &no, EnableServiceLinks: &no, Hostname: of.instance(),
		RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: &grace, PriorityClassName: of.Spec.PriorityClassName,
		NodeSelector: of.Spec.Affinity.NodeSelector, Tolerations: of.Spec.Affinity.Tolerations,
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &group, FSGroup: &group,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		InitContainers: []corev1.Container{{Name: "bootstrap-controller", Image: managerImage, ImagePullPolicy: corev1.PullIfNotPresent,
			Command: []string{"/manager", "bootstrap", instanceconfig.Manager}, SecurityContext: confined, Resources: of.Spec.Resources,
			VolumeMounts: []corev1.VolumeMount{{Name: "scratch-data", MountPath: "/controller"}}}},
		Containers: []corev1.Container{{Name: "postgres", Image: of.Spec.ImageName, ImagePullPolicy: of.Spec.ImagePullPolicy,
			Command: []string{instanceconfig.Manager, "run"}, SecurityContext: confined, Resources: of.Spec.Resources, VolumeMounts: mounts,
			Env: []corev1.EnvVar{{Name: "PGDATA", Value: instanceconfig.Data}, {Name: "PGHOST", Value: instanceconfig.Sockets}, {Name: "TZ", Value: "UTC"}},
			Ports: []corev1.ContainerPort{{Name: "postgresql", ContainerPort: 5432, Protocol: corev1.ProtocolTCP},
				{Name: "metrics", ContainerPort: instanceconfig.MetricPort, Protocol: corev1.ProtocolTCP},
				{Name: "status", ContainerPort: instanceconfig.StatusPort, Protocol: corev1.ProtocolTCP}},
			// The real periods are ten times as long, which is most of its waiting time.
			ReadinessProbe: probe("/readyz", 1), LivenessProbe: probe("/healthz", 10)}},
		Volumes: []corev1.Volume{
			{Name: "pgdata", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: of.instance()}}},
			{Name: "scratch-data", VolumeSource: empty}, {Name: "tmp", VolumeSource: empty},
			{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
			{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: of.configName()}}}},
			{Name: "server-certificate", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: of.Name + "-server", DefaultMode: &mode}}},
		},
	}
}
