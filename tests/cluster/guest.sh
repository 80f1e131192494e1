#!/usr/bin/env bash
# Makes the disk image that virtual machines of the one-machine cluster start from: Debian's cloud kernel, BusyBox, Dropbear.
# A real disk: boot record, FAT partition with the kernel, ext4 partition that grows with the disk. Nothing is mounted.
# Keyed by the versions of what it is made of; called by build.sh.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
disk=$(guest_disk)
[ ! -s "$disk" ] || exit 0
say "  making the guest's disk ${disk##*/} …"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
initramfs=$work/initramfs

newest_kernel() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'; }

# The kernel is only unpacked, never installed: this machine starts from its own.
kernel() {
  local package
  package=$(newest_kernel)
  if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then apt-get update -q >/dev/null && package=$(newest_kernel); fi
  [ -n "$package" ] || fail "no list of Debian's packages is here: apt-get update"
  (cd "$work" && apt-get download -q "$package" >/dev/null 2>&1) || fail "Debian's package $package cannot be fetched (apt-get update may help)"
  dpkg-deb -x "$work"/linux-image-*.deb "$work/kernel"
  modules=$(echo "$work"/kernel/lib/modules/*/kernel)
}

# module FILE…: into the initramfs, in the order in which they need each other.
module() {
  mkdir -p "$initramfs/modules"
  local name
  for name in "$@"; do
    cp "$modules/$name.ko" "$initramfs/modules/"
    echo "${name##*/}.ko" >>"$initramfs/modules/order"
  done
}

# programs ROOT FOLDER FILE…: programs with the libraries that they name.
programs() {
  local target=$1 folder=$2 library file
  shift 2
  mkdir -p "$target$folder"
  for file in "$@"; do
    cp -L "$file" "$target$folder/"
    { ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' || true; } | while read -r library; do
      mkdir -p "$target${library%/*}"
      cp -L "$library" "$target$library"
    done
  done
}

make_initramfs() {
  programs "$initramfs" /bin /bin/busybox "$bin_stand_ins/guest"
  cp "$cluster_dir/guest/initramfs-init" "$initramfs/init"
  chmod 755 "$initramfs/init"
  module drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci_modern_dev \
    drivers/virtio/virtio_pci drivers/block/virtio_blk net/core/failover drivers/net/net_failover drivers/net/virtio_net \
    drivers/acpi/button drivers/input/evdev fs/fat/fat fs/fat/vfat fs/nls/nls_cp437 fs/nls/nls_ascii fs/nls/nls_utf8
  (cd "$initramfs" && find . | LC_ALL=C sort | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"
}

make_root() {
  mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc/dropbear,etc/acpi/PWRF,proc,sys,dev,run,mnt,tmp,home,root,var/lib,var/log,var/run}
  programs "$root" /bin /bin/busybox
  local applet
  for applet in $(busybox --list); do [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"; done
  for applet in init acpid poweroff reboot ip; do ln -s ../bin/busybox "$root/sbin/$applet"; done
  programs "$root" /usr/sbin /usr/sbin/dropbear /sbin/resize2fs "$bin_stand_ins/guest"
  programs "$root" /usr/bin "$(command -v dropbearkey)" "$(command -v dropbearconvert)"
  cp "$cluster_dir/guest/inittab" "$cluster_dir/guest/motd" "$root/etc/"
  install -m 755 "$cluster_dir/guest/rc" "$cluster_dir/guest/udhcpc.script" "$root/etc/"
  printf '#!/bin/sh\nexec /sbin/poweroff\n' >"$root/etc/acpi/PWRF/00000080"
  chmod 755 "$root/etc/acpi/PWRF/00000080"
  printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  printf 'root:*:19000:0:99999:7:::\n' >"$root/etc/shadow"
  printf '/bin/sh\n' >"$root/etc/shells"
  echo gast >"$root/etc/hostname"
  chmod 600 "$root/etc/shadow"
  chmod 1777 "$root/tmp"
}

make_disk() {
  local image=$work/disk boot=$((2048 * 512)) boot_mib=32 root_mib=96 start
  start=$((boot + boot_mib * 1048576))
  truncate -s $((start + root_mib * 1048576)) "$image"
  printf 'label: dos\nstart=2048, size=%sMiB, type=e, bootable\nstart=%s, type=83\n' "$boot_mib" $((start / 512)) | sfdisk -q "$image"
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$image" bs=440 count=1 conv=notrunc status=none
  mkfs.vfat --offset 2048 -F 16 -n BOOT "$image" $((boot_mib * 1024)) >/dev/null 2>&1
  cp "$work"/kernel/boot/vmlinuz-* "$work/linux"
  printf 'DEFAULT linux\nLABEL linux\nLINUX /linux\nINITRD /initrd\nAPPEND console=ttyS0 quiet loglevel=3 mitigations=off no_timer_check\n' >"$work/syslinux.cfg"
  MTOOLS_SKIP_CHECK=1 mcopy -i "$image@@$boot" "$work/linux" "$work/initrd" "$work/syslinux.cfg" ::/
  syslinux --install --offset $boot "$image"
  mke2fs -q -t ext4 -L root -m 0 -E "offset=$start,root_owner=0:0" -d "$root" "$image" $((root_mib * 1024))
  mkdir -p "${disk%/*}"
  cp --sparse=always "$image" "$disk.new"
  mv "$disk.new" "$disk"
}

kernel
make_initramfs
make_root
make_disk
