#!/usr/bin/env bash
# Makes the images that a node gets, without a registry: a root folder becomes an archive that `ctr images import` takes.
# Archives lie in the cache, keyed by what they are made of; nothing is made twice. Called by build.sh.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# archive KEY ROOT CONFIG_JSON NAME…: one layer, and one image per name. A name may carry own environment: NAME=VARIABLE=VALUE.
archive() {
  local key=$1 root=$2 config=$3 folder=$work/archive manifest='[]' layer name image
  shift 3
  rm -rf "$folder" && mkdir "$folder"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$folder/layer.tar" .
  layer=$(sha256sum <"$folder/layer.tar" | cut -d' ' -f1)
  mv "$folder/layer.tar" "$folder/$layer.tar"
  for name in "$@"; do
    image=$folder/image.json
    jq -n --argjson config "$config" --arg layer "sha256:$layer" --arg extra "${name#"${name%%=*}"}" \
      '{architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z",
        config: ($config | if $extra == "" then . else .Env += [$extra[1:]] end),
        rootfs: {type: "layers", diff_ids: [$layer]}}' >"$image"
    local digest
    digest=$(sha256sum <"$image" | cut -d' ' -f1)
    mv "$image" "$folder/$digest.json"
    manifest=$(jq -c --arg config "$digest.json" --arg layer "$layer.tar" --arg name "localhost/wolkenamt/${name%%=*}" \
      '. + [{Config: $config, RepoTags: [$name], Layers: [$layer]}]' <<<"$manifest")
  done
  printf '%s' "$manifest" >"$folder/manifest.json"
  tar -C "$folder" -cf "$cache/images/$key.tar.new" .
  mv "$cache/images/$key.tar.new" "$cache/images/$key.tar"
}

missing() { [ ! -s "$cache/images/$1.tar" ] && say "  making image archive $1 …"; }

accounts() {
  mkdir -p "$1/etc" "$1/tmp"
  printf 'root:x:0:0::/:/none\npostgres:x:26:26::/var/lib/postgresql:/bin/sh\napp:x:1000:1000::/:/none\n' >"$1/etc/passwd"
  printf 'root:x:0:\npostgres:x:26:\napp:x:1000:\n' >"$1/etc/group"
  chmod 1777 "$1/tmp"
}

applications() {
  local key=${bin_apps##*/} root=$work/apps
  missing "$key" || return 0
  accounts "$root"
  mkdir -p "$root/data"
  chmod 1777 "$root/data"
  cp "$bin_apps/application" "$root/application"
  archive "$key" "$root" '{"User": "1000", "Entrypoint": ["/application"], "Env": [], "ExposedPorts": {"8080/tcp": {}}}' \
    datenaustausch:1=APP=datenaustausch chatbot:1=APP=chatbot strassenlicht:1=APP=strassenlicht
}

pause() {
  local key=pause-${bin_apps##*-} root=$work/pause
  missing "$key" || return 0
  mkdir -p "$root"
  cp "$bin_apps/pause" "$root/pause"
  archive "$key" "$root" '{"User": "65535", "Entrypoint": ["/pause"]}' pause:1
}

instance() {
  local key=cnpg-instance-${bin_stand_ins##*-} root=$work/instance
  missing "$key" || return 0
  accounts "$root"
  cp "$bin_stand_ins/cnpg-instance" "$root/manager"
  archive "$key" "$root" '{"User": "26", "Entrypoint": ["/manager"]}' cnpg-instance:1
}

# Debian's files of PostgreSQL 15 without the parts that a server does not need (JIT, headers, documents), the libraries
# that they name, a shell (initdb calls one), time zones and the C.UTF-8 locale.
postgresql() {
  local key root=$work/postgresql from=/usr/lib/postgresql/15 file
  key=$(postgresql_key)
  missing "$key" || return 0
  accounts "$root"
  mkdir -p "$root"/{bin,usr/bin,usr/share,usr/lib/locale,var/lib/postgresql,var/run/postgresql} "$root$from/bin" "$root$from/lib"
  for file in postgres initdb pg_ctl psql pg_isready pg_controldata pg_basebackup pg_dump pg_restore; do cp "$from/bin/$file" "$root$from/bin/"; done
  find "$from/lib" -maxdepth 1 -name '*.so' ! -name 'llvmjit*' -exec cp {} "$root$from/lib/" \;
  mkdir -p "$root/usr/share/postgresql"
  cp -rL /usr/share/postgresql/15 "$root/usr/share/postgresql/15"
  rm -rf "$root/usr/share/postgresql/15/man"
  cp -r /usr/share/zoneinfo "$root/usr/share/"
  rm -rf "$root"/usr/share/zoneinfo/{right,posix}
  cp -r /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
  cp -L /bin/sh "$root/bin/sh"
  libraries "$root" "$root$from"/bin/* "$root$from"/lib/*.so "$root/bin/sh"
  chmod 1777 "$root/var/lib/postgresql" "$root/var/run/postgresql"
  archive "$key" "$root" '{"User": "26", "WorkingDir": "/var/lib/postgresql",
    "Env": ["PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin", "LANG=C.UTF-8", "PG_MAJOR=15"], "Cmd": ["postgres"]}' postgresql:15
}

# libraries ROOT FILE…: copies what the dynamic loader would open. A module whose own libraries are not on this machine is
# left out, as PostgreSQL would refuse to load it anyway.
libraries() {
  local root=$1 file library
  shift
  for file in "$@"; do ldd "$file" 2>/dev/null || true; done | grep -oE '/[^ ]+' | sort -u | while read -r library; do
    case $library in "$root"*) continue ;; esac
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
}

# QEMU for one architecture with its firmware and the libraries that it names, and the program that plays virt-launcher.
launcher() {
  local key root=$work/launcher file
  key=$(launcher_key)
  missing "$key" || return 0
  accounts "$root"
  mkdir -p "$root"/{usr/bin,usr/share/qemu,usr/share/seabios,run,disks,start}
  cp "$bin_stand_ins/launcher" "$root/launcher"
  cp -L /usr/bin/qemu-system-x86_64 "$root/usr/bin/"
  for file in /usr/share/qemu/{kvmvapic.bin,linuxboot_dma.bin,linuxboot.bin,multiboot_dma.bin} /usr/share/seabios/bios-256k.bin; do
    [ ! -e "$file" ] || cp -L "$file" "$root${file%/*}/"
  done
  # What emulates the processor is a module of its own.
  mkdir -p "$root/usr/lib/x86_64-linux-gnu/qemu"
  cp -L /usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so "$root/usr/lib/x86_64-linux-gnu/qemu/"
  libraries "$root" "$root/usr/bin/qemu-system-x86_64" "$root"/usr/lib/x86_64-linux-gnu/qemu/*.so
  archive "$key" "$root" '{"User": "107", "Entrypoint": ["/launcher"], "Env": ["PATH=/usr/bin"]}' virt-launcher:1
}

pause
applications
instance
postgresql
launcher
