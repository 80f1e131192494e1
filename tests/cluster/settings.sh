# Names, versions and folders that the scripts beside this file share. Sourced, never run.
# It owns no action: it sets variables and defines how a cluster's name becomes its folder.
cluster_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

KUBERNETES_VERSION=v1.36.3
ETCD_VERSION=v3.6.13
CONTAINERD_VERSION=v2.2.9
HELM_VERSION=v4.3.1
KWOK_VERSION=v0.7.0

cache=${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt
home=${WOLKENAMT_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/wolkenamt}
net=${WOLKENAMT_NET:-10.213}
nodes=${WOLKENAMT_NODES:-real}
# What a cluster is prepared for; only the images of that are imported.
engines=${WOLKENAMT_ENGINES-cnpg kubevirt}
# What the stand-in for an Ingress controller takes an allow-list from: the annotation of ingress-nginx.
allow_annotation=nginx.ingress.kubernetes.io/whitelist-source-range
pod_cidr=10.244.0.0/16
service_cidr=10.96.0.0/16

# One hash over the sources of our own programs, so that a changed source gives a new folder and nothing stale runs.
hash_of() {
  (cd "$cluster_dir" && find "$@" -type f \( -name '*.go' -o -name 'go.*' -o -name '*.html' -o -name '*.css' -o -name '*.yaml' -o -name '*.sh' -o -path 'guest/*' \) -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
}

bin_kubernetes=$cache/bin/kubernetes-$KUBERNETES_VERSION
bin_etcd=$cache/bin/etcd-$ETCD_VERSION
bin_containerd=$cache/bin/containerd-$CONTAINERD_VERSION
bin_helm=$cache/bin/helm-$HELM_VERSION
bin_kwok=$cache/bin/kwok-$KWOK_VERSION
bin_stand_ins=$cache/bin/stand-ins-$(hash_of stand_ins)
bin_apps=$cache/bin/apps-$(hash_of apps go/pause)
bin_cable=$cache/bin/cable-$(hash_of go/cable)
kubectl=$bin_kubernetes/kubectl

# The version of Debian's packages belongs into the key: a security update must give a new image.
postgresql_key() { echo "postgresql-15-$(dpkg-query -W -f '${Version}' postgresql-15 2>/dev/null || echo none)-$(hash_of images.sh)"; }

launcher_key() { echo "virt-launcher-$(dpkg-query -W -f '${Version}' qemu-system-x86 2>/dev/null | tr ':+~' '---' || echo none)-${bin_stand_ins##*-}-$(hash_of images.sh)"; }

# The address under which the operator asks for it; the stand-in for CDI knows no other.
guest_image=docker://localhost/wolkenamt/linux-klein:1

# The disk that virtual machines start from, keyed by what it is made of; the kernel is the newest when it is made.
guest_disk() {
  local versions
  versions=$(dpkg-query -W -f '${Version}\n' busybox-static dropbear-bin syslinux e2fsprogs 2>/dev/null || true)
  echo "$cache/disks/debian-busybox-$(sha256sum <<<"$versions$(hash_of guest guest.sh stand_ins/kubevirt/guest)" | cut -c1-12).img"
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# A cluster's name becomes a node name, a part of host names and a folder: a DNS label.
check_name() { [[ ${1:-} =~ ^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "'${1:-}' is no cluster name: small letters, digits, hyphens, at most 32"; }
data_of() { echo "$home/clusters/$1"; }
