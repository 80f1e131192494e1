package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	diskClass   = "virtual-disks"
	provisioner = "wolkenamt.test/stand-in-disks"
	podFolder   = "/tmp/hostpath_pv"
	// User of the real launcher's processes.
	emulatorUser = 107
)

// fill plays a volume driver and CDI's import populator together: a claim of our class that names an image is bound only
// once the image is on its volume. The real one shows the same from outside, with an importer pod meanwhile.
func (p *player) fill(ctx context.Context, claim *unstructured.Unstructured) error {
	if text(claim.Object, "spec", "storageClassName") != diskClass || text(claim.Object, "status", "phase") != "Pending" || claim.GetDeletionTimestamp() != nil {
		return nil
	}
	source := p.find(imports, claim.GetNamespace(), text(claim.Object, "spec", "dataSourceRef", "name"))
	if text(claim.Object, "spec", "dataSourceRef", "kind") != "VolumeImportSource" || source == nil {
		return nil
	}
	address := text(source.Object, "spec", "source", "registry", "url")
	if address == "" {
		address = text(source.Object, "spec", "source", "http", "url")
	}
	image, known := p.images[address]
	if !known {
		return p.warn(ctx, claim, "ErrImportFailed", "Unable to pull image "+address+": not found")
	}
	wanted, err := resource.ParseQuantity(text(claim.Object, "spec", "resources", "requests", "storage"))
	if err != nil {
		return err
	}
	name := string(claim.GetUID())
	if err := copyImage(image, filepath.Join(p.folder, name), wanted.Value()); err != nil {
		return p.warn(ctx, claim, "ErrImportFailed", err.Error())
	}
	log.Printf("disk %s/%s filled from %s", claim.GetNamespace(), claim.GetName(), address)
	return p.create(ctx, volumes, object{
		"apiVersion": "v1", "kind": "PersistentVolume",
		"metadata": object{"name": "pvc-" + name, "annotations": object{"pv.kubernetes.io/provisioned-by": provisioner}},
		"spec": object{
			"capacity": object{"storage": wanted.String()}, "accessModes": []any{"ReadWriteOnce"}, "storageClassName": diskClass,
			"persistentVolumeReclaimPolicy": "Delete", "hostPath": object{"path": podFolder + "/" + name},
			"claimRef": object{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.GetNamespace(), "name": claim.GetName(), "uid": name},
		},
	})
}

// copyImage writes beside and renames: an interrupted copy never looks like a disk.
func copyImage(image, folder string, size int64) error {
	disk := filepath.Join(folder, "disk.img")
	if _, err := os.Stat(disk); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if output, err := exec.Command("cp", "--sparse=always", image, disk+".new").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	info, err := os.Stat(disk + ".new")
	if err != nil {
		return err
	}
	if info.Size() > size {
		return fmt.Errorf("the image needs %d bytes, the volume has %d", info.Size(), size)
	}
	return errors.Join(os.Truncate(disk+".new", size), os.Chmod(disk+".new", 0o600), os.Chown(folder, emulatorUser, emulatorUser),
		os.Chown(disk+".new", emulatorUser, emulatorUser), os.Rename(disk+".new", disk))
}

// reclaim deletes the data of a volume whose claim is gone, and then the volume.
func (p *player) reclaim(ctx context.Context, volume *unstructured.Unstructured) error {
	if volume.GetAnnotations()["pv.kubernetes.io/provisioned-by"] != provisioner || text(volume.Object, "status", "phase") != "Released" {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(p.folder, text(volume.Object, "spec", "claimRef", "uid"))); err != nil {
		return err
	}
	return p.remove(ctx, volumes, volume, nil)
}
