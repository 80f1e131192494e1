#!/usr/bin/env bash
# Everything on this machine: `make run`. A private PostgreSQL, the marketplace with demonstration data, three clusters of two
# providers with their operators, a service broker; Ctrl-C ends all of it, the data stay. `one-machine.sh reset` forgets the data.
#
# WOLKENAMT_PORT (8080), WOLKENAMT_HOME (data and logs), WOLKENAMT_NODES=simulated (no containers), WOLKENAMT_BUILD=no (start
# what was built before), and WOLKENAMT_KUBECONFIG=FILE: use that cluster instead, after a confirmation, without any stand-in;
# WOLKENAMT_OPERATOR_DOMAIN, …_POSTGRESQL_IMAGES, …_INGRESS_CLASS and so on then describe it (wolkenamt-operator print-config).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh

port=${WOLKENAMT_PORT:-8080}
export WOLKENAMT_HOME=$home
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
# Nordhafen is small: it has no engine for databases and machines, but applications and a service broker.
locations=(beispielhausen nordhafen musterregion)
broker_location=nordhafen
declare -A platform=([beispielhausen]=paul.seidel@it-verbund.example [nordhafen]=paul.seidel@it-verbund.example
  [musterregion]=deniz.koch@datenzentrale.example)
declare -A engines_of=([beispielhausen]="cnpg kubevirt" [nordhafen]="" [musterregion]="cnpg kubevirt")
postgres_port=$((port + 1000))
broker_port=$((port + 1040))
metrics_port=$((port + 1001))
began=$SECONDS

step() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

if [ "${1:-}" = reset ]; then
  mkdir -p "$home"
  exec 9>"$home/lock"
  flock -n 9 || fail "it is running: end it first"
  for name in "${locations[@]}"; do tests/cluster/reset.sh "$name" 2>/dev/null || true; done
  [ ! -e "$home/foreign-cluster" ] || echo "what was booked in the cluster of WOLKENAMT_KUBECONFIG stays there: kubectl get bookings"
  rm -rf "$home"
  echo "forgotten: $home"
  exit 0
fi

# Which cluster is used is said by WOLKENAMT_KUBECONFIG or by nobody.
unset KUBECONFIG
. tests/one-machine/foreign.sh
if [ -n "${WOLKENAMT_KUBECONFIG:-}" ]; then
  confirm_foreign
  locations=(beispielhausen)
  broker_location=
else
  refuse_mixture
fi

mkdir -p "$home/logs"
exec 9>"$home/lock"
flock -n 9 || fail "it is running already (process $(cat "$home/pid" 2>/dev/null || echo '?')); WOLKENAMT_HOME moves a second one"
echo $$ >"$home/pid"

children=()
# start NAME COMMAND…: in the background, tied to this process, with a log of its own.
start() {
  local name=$1
  shift
  setpriv --pdeathsig TERM "$@" >>"$home/logs/$name.log" 2>&1 9>&- &
  children+=($!)
  last=$!
}
finish() {
  trap - EXIT INT TERM HUP
  step "ending"
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do kill -TERM "${children[i]}" 2>/dev/null || true; done
  # PostgreSQL is the first child: it ends last, because the others still write.
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -f "$home/pid" "$home/run.json"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# within SECONDS WHAT PID COMMAND…: waits, and gives up when the process is gone.
within() {
  local end=$((SECONDS + $1)) what=$2 pid=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || fail "$what ended early; see $home/logs"
    [ $SECONDS -lt $end ] || fail "$what was not ready in time; see $home/logs"
    sleep 0.2
  done
}

step "packages"
tests/cluster/setup.sh
. tests/one-machine/broker.sh
prepare_broker
step "marketplace and operator"
[ "${WOLKENAMT_BUILD:-yes}" = no ] || cargo build --quiet --workspace --bin wolkenamt --bin wolkenamt-operator
marketplace=$CARGO_TARGET_DIR/debug/wolkenamt
operator=$CARGO_TARGET_DIR/debug/wolkenamt-operator
if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
  step "cluster programs and images"
  tests/cluster/build.sh
fi

step "database"
. tests/one-machine/database.sh
start_database

step "marketplace"
. tests/one-machine/marketplace.sh
start_marketplace

echo "The first page is there after $((SECONDS - began)) s: http://127.0.0.1:$port (the locations follow)"
step "locations: ${locations[*]}"
. tests/one-machine/locations.sh
start_locations
order_running

write_run_json
cat <<TEXT

Wolkenamt is ready after $((SECONDS - began)) s:  http://127.0.0.1:$port

$(sign_ins)
Logs and data: $home$([ -z "$broker_location" ] || echo "
Service broker of $broker_location: tail -f $home/logs/broker.log")
$(for name in "${locations[@]}"; do echo "Cluster of $name: kubectl --kubeconfig $(kubeconfig_of "$name") get bookings"; done)
$( [ -n "${WOLKENAMT_KUBECONFIG:-}" ] || [ "$nodes" = real ] || echo "Workloads are SIMULATED: nothing that is booked runs." )
Ctrl-C ends everything; the data stay. make reset forgets them.
TEXT

# Until the first child ends, or a signal comes. A location that ends early does not end the others.
wait "${children[1]}" || true
fail "the marketplace ended; see $home/logs/marketplace.log"
