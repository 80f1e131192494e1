#!/usr/bin/env bash
# Runs the stand-in that plays KubeVirt for a cluster of up.sh, in the foreground: kubevirt.sh NAME
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
check_name "${1:-}"
data=$(data_of "$1")
exec setpriv --pdeathsig KILL "$bin_stand_ins/kubevirt-stand-in" --kubeconfig "$data/kubeconfig-kubevirt" \
  --volumes "$data/volumes" --images "$guest_image=$(guest_disk)"
