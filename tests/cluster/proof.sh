# shellcheck shell=bash
# For a script that proves something on a cluster of its own. Before: settings.sh, and $location, the cluster's name.
# Gives $home, a folder that is kept if the proof fails, $data, and the words below; ends what $up and $played name.
"$cluster_dir/setup.sh"
"$cluster_dir/build.sh"
WOLKENAMT_HOME=$(mktemp -d)
export WOLKENAMT_HOME
home=$WOLKENAMT_HOME
data=$(data_of "$location")
up= played=
finish() {
  status=$?
  [ -z "$played" ] || kill "$played" 2>/dev/null || true
  [ -z "$up" ] || kill -9 "$up" 2>/dev/null || true
  wait 2>/dev/null || true
  if [ $status = 0 ]; then rm -rf "$home"; else say "NOT OK: logs are kept in $data/logs and $home"; fi
}
trap finish EXIT

now() { echo $((${EPOCHREALTIME/./} / 1000)); }
since() { local ms=$(($(now) - $1)); printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)); }
ok() { printf 'ok  %-66s %s\n' "$1" "${2:-}"; }
# within SECONDS WHAT COMMAND…
within() {
  local end=$(($(now) + $1 * 1000)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(now)" -lt $end ] || fail "not within the time: $what"
    sleep 0.2
  done
}
