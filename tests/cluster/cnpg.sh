#!/usr/bin/env bash
# Runs the stand-in that plays CloudNativePG for a cluster of up.sh, in the foreground: cnpg.sh NAME [flags of cnpg-stand-in]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
check_name "${1:-}"
data=$(data_of "$1")
shift
[ "$(cat "$data/nodes" 2>/dev/null)" != simulated ] || set -- --simulated "$@"
exec setpriv --pdeathsig KILL "$bin_stand_ins/cnpg-stand-in" --kubeconfig "$data/kubeconfig-cnpg" --object-storage "$data/backups.yaml" "$@"
