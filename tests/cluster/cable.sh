#!/usr/bin/env bash
# Pulls the cable between the operator of a location and the marketplace that `make run` started, or plugs it in again:
# cable.sh NAME pull|plug
# The cluster itself stays reachable: kubectl, stand-ins and customers go on.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
check_name "${1:-}"
case ${2:-} in
  pull) signal=USR1 ;;
  plug) signal=USR2 ;;
  *) fail "usage: cable.sh NAME pull|plug" ;;
esac
cable=$(cat "$(data_of "$1")/cable" 2>/dev/null) && [ "$(readlink "/proc/$cable/exe")" = "$bin_cable/cable" ] ||
  fail "make run does not run, or has no location $1"
kill "-$signal" "$cable"
