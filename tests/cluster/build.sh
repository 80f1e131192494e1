#!/usr/bin/env bash
# Builds what the cluster runs and is not there yet: programs from the Go modules beside this file, then images.
# Everything goes to the cache outside the checkout, keyed by version, so a second call does nothing.
#   build.sh            all that up.sh needs with a real node
#   build.sh kubectl|helm|kwok  one part only
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

export CGO_ENABLED=0 GOFLAGS=${GOFLAGS:-}
mkdir -p "$cache/bin" "$cache/images"

# compile MODULE TARGET_FOLDER PROGRAM PACKAGE [more arguments of go build]
compile() {
  local module=$1 target=$2/$3 package=$4 started=$SECONDS
  shift 4
  [ -x "$target" ] && return
  command -v go >/dev/null || fail "the Go toolchain is missing: $target cannot be built"
  mkdir -p "${target%/*}"
  say "  building ${target##*/} …"
  # Written beside and renamed: an interrupted build never leaves half a program behind.
  (cd "$cluster_dir/$module" && nice -n 5 go build -trimpath -o "$target.new" "$@" "$package") || fail "building ${target##*/} failed"
  mv "$target.new" "$target"
  say "  built ${target##*/} in $((SECONDS - started)) s"
}

kubernetes() {
  # Without these the server reports a version that some clients cannot parse.
  local version=k8s.io/component-base/version minor=${KUBERNETES_VERSION#v1.}
  local flags="-s -w -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}"
  flags+=" -X $version.gitTreeState=clean -X $version.gitCommit=unknown -X $version.buildDate=1970-01-01T00:00:00Z"
  local program
  for program in "$@"; do
    compile go/kubernetes "$bin_kubernetes" "$program" "k8s.io/kubernetes/cmd/$program" -ldflags "$flags"
  done
}

containerd() {
  local program
  for program in containerd containerd-shim-runc-v2 ctr; do
    compile go/containerd "$bin_containerd" "$program" "github.com/containerd/containerd/v2/cmd/$program" \
      -ldflags "-s -w" -tags no_btrfs,no_devmapper,no_zfs
  done
}

own_programs() {
  compile go/pause "$bin_apps" pause . -ldflags "-s -w"
  compile go/cable "$bin_cable" cable . -ldflags "-s -w"
  compile apps "$bin_apps" application . -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" network-stand-in ./network -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" cnpg-stand-in ./cnpg -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" cnpg-instance ./cnpg/instance -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" kubevirt-stand-in ./kubevirt -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" launcher ./kubevirt/launcher -ldflags "-s -w"
  compile stand_ins "$bin_stand_ins" guest ./kubevirt/guest -ldflags "-s -w"
}

build() {
  case ${1:-all} in
    helm) compile go/helm "$bin_helm" helm helm.sh/helm/v4/cmd/helm -ldflags "-s -w" ;;
    kubectl) kubernetes kubectl ;;
    kwok) compile go/kwok "$bin_kwok" kwok sigs.k8s.io/kwok/cmd/kwok -ldflags "-s -w" ;;
    all)
      kubernetes kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl
      compile go/etcd "$bin_etcd" etcd go.etcd.io/etcd/server/v3 -ldflags "-s -w"
      containerd
      own_programs
      [ "$nodes" = simulated ] && build kwok
      "$cluster_dir/images.sh"
      "$cluster_dir/guest.sh"
      ;;
    *) fail "build.sh knows: all, kubectl, helm, kwok" ;;
  esac
}

# Two callers at once would compile the same thing twice on the same two cores.
exec 9>"$cache/build.lock"
flock -w 1 9 || { say "  waiting for another build to finish …"; flock 9; }
build "${1:-all}"
