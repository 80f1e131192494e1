// Plays virt-launcher of KubeVirt: the one program of a virtual machine's pod. It runs QEMU without hardware support, hands
// the guest its first configuration as a NoCloud disk, lets port 22 of the pod lead to the guest, and turns the end of the
// pod into a shutdown of the guest.
//
//	launcher --vcpu N --memory MIB --instance-id ID --hostname NAME --capacity BYTES
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const (
	disk = "/disks/root/disk.img"
	// The Secret with the user-data, as the kubelet mounts it.
	secret = "/start"
	seed   = "/run/launcher/seed"
	qmp    = "/run/launcher/qmp"
)

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	vcpu := flag.Int("vcpu", 1, "virtual processors")
	memory := flag.Int("memory", 256, "MiB of the guest")
	instance := flag.String("instance-id", "", "identity of the machine for cloud-init")
	host := flag.String("hostname", "", "name of the machine")
	capacity := flag.Int64("capacity", 0, "bytes of the volume: the disk grows to them")
	uuid := flag.String("uuid", "", "firmware's identity")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := growDisk(*capacity); err != nil {
		return err
	}
	if err := writeSeed(*instance, *host); err != nil {
		return err
	}
	emulator := exec.Command("/usr/bin/qemu-system-x86_64", arguments(*vcpu, *memory, *uuid)...)
	emulator.Stdout, emulator.Stderr = os.Stdout, os.Stderr
	// The signal for the pod is not one for the guest: it is told through its power button.
	emulator.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := emulator.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- emulator.Wait() }()
	go forward(":22", guestPort)
	select {
	case err := <-ended:
		return outcome(err)
	case <-ctx.Done():
	}
	log.Print("the pod ends: pressing the guest's power button")
	for {
		if err := powerdown(qmp); err != nil {
			log.Printf("power button: %v", err)
		}
		select {
		case err := <-ended:
			return outcome(err)
		// A guest that was just starting has not heard it.
		case <-time.After(5 * time.Second):
		}
	}
}

// outcome: a guest that shut itself down is no failure.
func outcome(err error) error {
	if err == nil {
		log.Print("the guest is off")
		return nil
	}
	return fmt.Errorf("the emulator ended: %w", err)
}

// growDisk makes the disk as large as its volume; the guest sees it at this start.
func growDisk(capacity int64) error {
	info, err := os.Stat(disk)
	if err != nil {
		return err
	}
	if capacity > info.Size() {
		return os.Truncate(disk, capacity)
	}
	return nil
}

// writeSeed writes the files that QEMU shows the guest as a disk with the label of NoCloud.
func writeSeed(instance, host string) error {
	if err := os.MkdirAll(seed, 0o700); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(secret, "userdata"))
	if errors.Is(err, os.ErrNotExist) {
		data, err = os.ReadFile(filepath.Join(secret, "userData"))
	}
	if err != nil {
		return err
	}
	meta := fmt.Sprintf("instance-id: %s\nlocal-hostname: %s\n", instance, host)
	return errors.Join(os.WriteFile(filepath.Join(seed, "user-data"), data, 0o600),
		os.WriteFile(filepath.Join(seed, "meta-data"), []byte(meta), 0o600))
}

func arguments(vcpu, memory int, uuid string) []string {
	list := []string{
		"-machine", "q35", "-accel", "tcg,tb-size=64", "-m", fmt.Sprint(memory), "-smp", fmt.Sprint(vcpu),
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
		"-blockdev", "driver=file,node-name=rootfile,filename=" + disk, "-blockdev", "driver=raw,node-name=root,file=rootfile",
		"-device", "virtio-blk-pci,drive=root,bootindex=1",
		"-blockdev", "driver=vvfat,node-name=seed,dir=" + seed + ",label=CIDATA,read-only=on",
		"-device", "virtio-blk-pci,drive=seed",
		"-netdev", "user,id=net,hostfwd=tcp:" + guestPort + "-:22", "-device", "virtio-net-pci,netdev=net,romfile=",
		"-qmp", "unix:" + qmp + ",server=on,wait=off",
	}
	if uuid != "" {
		list = append(list, "-uuid", uuid)
	}
	return list
}
