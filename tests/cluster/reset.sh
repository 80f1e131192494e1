#!/usr/bin/env bash
# Forgets the data of a cluster that is not running: reset.sh NAME
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
check_name "${1:-}"
data=$(data_of "$1")
[ -d "$data" ] || exit 0
exec 9>"$data/lock"
flock -n 9 || fail "cluster $1 is running (process $(cat "$data/pid" 2>/dev/null || echo '?')): stop it first"
rm -rf --one-file-system "$data"
