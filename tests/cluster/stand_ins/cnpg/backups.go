package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

const barman = "barman-cloud.cloudnative-pg.io"

// objectStore is the part of barmancloud.cnpg.io/v1 ObjectStore that is played.
type objectStore struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Configuration struct {
			Destination string `json:"destinationPath"`
			Endpoint    string `json:"endpointURL"`
			Credentials struct {
				ID  keyOf `json:"accessKeyId"`
				Key keyOf `json:"secretAccessKey"`
			} `json:"s3Credentials"`
		} `json:"configuration"`
		Retention string `json:"retentionPolicy"`
	} `json:"spec"`
	Status struct {
		Windows map[string]map[string]string `json:"serverRecoveryWindow"`
	} `json:"status"`
}

type keyOf struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

func (k keyOf) variable(name string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: k.Name}, Key: k.Key}}}
}

// archiver is the plug-in that takes the write-ahead log; nil without backups.
func (of *cluster) archiver() *plugin {
	for n := range of.Spec.Plugins {
		if of.Spec.Plugins[n].Name == barman && of.Spec.Plugins[n].Archiver {
			return &of.Spec.Plugins[n]
		}
	}
	return nil
}

// source is the plug-in of the external cluster that a restored one comes from; nil for an empty database.
func (of *cluster) source() *plugin {
	from := of.Spec.Bootstrap.Recovery
	if from == nil {
		return nil
	}
	for n := range of.Spec.ExternalClusters {
		if of.Spec.ExternalClusters[n].Name == from.Source {
			return &of.Spec.ExternalClusters[n].Plugin
		}
	}
	return nil
}

func (c *controller) store(of *cluster, used plugin) (*objectStore, error) {
	name := used.Parameters["barmanObjectName"]
	found, err := findAs[objectStore](c, stores, of.Namespace, name)
	if err == nil && found == nil {
		err = fmt.Errorf("ObjectStore %s is missing", name)
	}
	return found, err
}

func (used plugin) server(of *cluster) string {
	if name := used.Parameters["serverName"]; name != "" {
		return name
	}
	return of.Name
}

func (c *controller) archive(of *cluster, used plugin) (*instanceconfig.Archive, error) {
	found, err := c.store(of, used)
	if err != nil {
		return nil, err
	}
	folder := strings.Trim(strings.TrimPrefix(found.Spec.Configuration.Destination, "s3://"), "/")
	return &instanceconfig.Archive{Endpoint: strings.TrimSuffix(found.Spec.Configuration.Endpoint, "/"), Folder: folder + "/" + used.server(of)}, nil
}

// recovery is what a restored cluster is made of.
func (c *controller) recovery(of *cluster) (*instanceconfig.Recovery, error) {
	used := of.source()
	if used == nil {
		return nil, nil
	}
	from, err := c.archive(of, *used)
	if err != nil {
		return nil, err
	}
	made := instanceconfig.Recovery{From: *from}
	if text := of.Spec.Bootstrap.Recovery.Target.Time; text != "" {
		target, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, err
		}
		made.Target = &target
	}
	return &made, nil
}

// keys are the variables with the key of the object storage; none without backups. Both the archive and the source of a
// restored cluster lie in the same one here.
func (c *controller) keys(of *cluster) ([]corev1.EnvVar, error) {
	used := of.archiver()
	if used == nil {
		used = of.source()
	}
	if used == nil {
		return nil, nil
	}
	found, err := c.store(of, *used)
	if err != nil {
		return nil, err
	}
	credentials := found.Spec.Configuration.Credentials
	return []corev1.EnvVar{credentials.ID.variable(instanceconfig.AccessKey), credentials.Key.variable(instanceconfig.SecretKey)}, nil
}

// backups makes what a schedule wants and takes what is wanted.
func (c *controller) backups(ctx context.Context, of *cluster, primary *corev1.Pod) (time.Duration, error) {
	planned, err := c.of(of, schedules)
	if err != nil {
		return 0, err
	}
	again := time.Duration(0)
	for _, schedule := range planned {
		later, err := c.plan(ctx, of, schedule)
		if err != nil {
			return 0, err
		}
		again = soonest(again, later)
	}
	wanted, err := c.of(of, backups)
	if err != nil {
		return 0, err
	}
	for _, wish := range wanted {
		phase, _, _ := unstructured.NestedString(wish.Object, "status", "phase")
		if slices.Contains([]string{"completed", "failed"}, phase) || wish.GetDeletionTimestamp() != nil {
			continue
		}
		if _, busy := c.running.LoadOrStore(wish.GetNamespace()+"/"+wish.GetName(), true); !busy {
			go c.take(of, primary, wish)
		}
	}
	return again, nil
}

// plan makes the Backup that is due and answers when to look again.
func (c *controller) plan(ctx context.Context, of *cluster, schedule *unstructured.Unstructured) (time.Duration, error) {
	text, _, _ := unstructured.NestedString(schedule.Object, "spec", "schedule")
	last, next, err := daily(text, time.Now().UTC())
	if err != nil {
		log.Printf("%s/%s: %v", schedule.GetNamespace(), schedule.GetName(), err)
		return 0, nil
	}
	before, _, _ := unstructured.NestedString(schedule.Object, "status", "lastScheduleTime")
	ran, never := time.Parse(time.RFC3339, before)
	immediate, _, _ := unstructured.NestedBool(schedule.Object, "spec", "immediate")
	suspended, _, _ := unstructured.NestedBool(schedule.Object, "spec", "suspend")
	due := never != nil && (immediate || schedule.GetCreationTimestamp().Time.Before(last)) || never == nil && ran.Before(last)
	if !due || suspended {
		return time.Until(next), nil
	}
	at := time.Now().UTC().Truncate(time.Second)
	yes := true
	wish := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup",
		"metadata": map[string]any{
			"name": fmt.Sprintf("%s-%s", schedule.GetName(), at.Format("20060102150405")), "namespace": of.Namespace,
			"labels": map[string]any{labelCluster: of.Name, "cnpg.io/scheduled-backup": schedule.GetName(), "cnpg.io/immediateBackup": strconv.FormatBool(never != nil)}},
		"spec": map[string]any{"cluster": map[string]any{"name": of.Name}, "method": "plugin", "pluginConfiguration": map[string]any{"name": barman}}}}
	if owner, _, _ := unstructured.NestedString(schedule.Object, "spec", "backupOwnerReference"); owner == "self" {
		wish.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "postgresql.cnpg.io/v1", Kind: "ScheduledBackup", Name: schedule.GetName(), UID: schedule.GetUID(), Controller: &yes}})
	}
	if err := c.create(ctx, backups, "postgresql.cnpg.io/v1", "Backup", wish); err != nil {
		return 0, err
	}
	return time.Until(next), c.setStatus(ctx, schedules, schedule, map[string]any{
		"lastScheduleTime": at.Format(time.RFC3339), "nextScheduleTime": next.Format(time.RFC3339)})
}

var onceADay = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}) (\d{1,2}) \* \* \*$`)

// daily reads "SECOND MINUTE HOUR * * *" and answers the last and the next such moment. Other schedules are not played.
func daily(text string, now time.Time) (last, next time.Time, err error) {
	parts := onceADay.FindStringSubmatch(text)
	if parts == nil {
		return last, next, fmt.Errorf("the schedule %q is none that this stand-in plays", text)
	}
	numbers := make([]int, 3)
	for n := range numbers {
		numbers[n], _ = strconv.Atoi(parts[n+1]) // the pattern admits digits only
	}
	last = time.Date(now.Year(), now.Month(), now.Day(), numbers[2], numbers[1], numbers[0], 0, time.UTC)
	if last.After(now) {
		last = last.AddDate(0, 0, -1)
	}
	return last, last.AddDate(0, 0, 1), nil
}

// take takes one base backup, beside the rounds of the controller.
func (c *controller) take(of *cluster, primary *corev1.Pod, wish *unstructured.Unstructured) {
	key := wish.GetNamespace() + "/" + wish.GetName()
	defer c.queue.Add(of.Namespace + "/" + of.Name)
	defer c.running.Delete(key)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	used := of.archiver()
	started := time.Now().UTC().Format(time.RFC3339)
	status := map[string]any{"startedAt": started, "method": "plugin", "backupId": strings.ToLower(time.Now().UTC().Format("20060102T150405"))}
	fail := func(err error) {
		log.Printf("%s: %v", key, err)
		status["phase"], status["error"] = "failed", err.Error()
		_ = c.setBackup(ctx, wish, status)
	}
	if used == nil {
		fail(fmt.Errorf("the Cluster has no archiver"))
		return
	}
	status["phase"] = "running"
	if c.setBackup(ctx, wish, status) != nil {
		return
	}
	store, err := c.store(of, *used)
	if err != nil {
		fail(err)
		return
	}
	output, err := c.execute(ctx, primary, "backup", instanceconfig.BackupWish{ID: fmt.Sprint(status["backupId"]), KeepFrom: keepFrom(store.Spec.Retention)})
	var window instanceconfig.Window
	if err == nil {
		err = json.Unmarshal(output, &window)
	}
	if err != nil {
		fail(err)
		return
	}
	status["phase"], status["stoppedAt"] = "completed", time.Now().UTC().Format(time.RFC3339)
	if c.setBackup(ctx, wish, status) != nil {
		return
	}
	if err := c.setWindow(ctx, of.Namespace, store.Name, used.server(of), window); err != nil {
		log.Printf("%s: %v", key, err)
	}
}

// setBackup writes over whatever the cache knows: only this process writes here.
func (c *controller) setBackup(ctx context.Context, wish *unstructured.Unstructured, status map[string]any) error {
	present, err := c.client.Resource(backups).Namespace(wish.GetNamespace()).Get(ctx, wish.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	return c.setStatus(ctx, backups, present, status)
}

func (c *controller) setWindow(ctx context.Context, namespace, name, server string, window instanceconfig.Window) error {
	present, err := c.client.Resource(stores).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	windows, _, _ := unstructured.NestedMap(present.Object, "status", "serverRecoveryWindow")
	if windows == nil {
		windows = map[string]any{}
	}
	windows[server] = map[string]any{"firstRecoverabilityPoint": window.First.Format(time.RFC3339), "lastSuccessfulBackupTime": window.Last.Format(time.RFC3339)}
	return c.setStatus(ctx, stores, present, map[string]any{"serverRecoveryWindow": windows})
}

var retention = regexp.MustCompile(`^([1-9]\d*)([dwm])$`)

// keepFrom is the moment up to which one must be able to go back; nil keeps everything.
func keepFrom(policy string) *time.Time {
	parts := retention.FindStringSubmatch(policy)
	if parts == nil {
		return nil
	}
	number, _ := strconv.Atoi(parts[1]) // digits only
	from := time.Now().UTC()
	switch parts[2] {
	case "d":
		from = from.AddDate(0, 0, -number)
	case "w":
		from = from.AddDate(0, 0, -7*number)
	case "m":
		from = from.AddDate(0, -number, 0)
	}
	return &from
}
