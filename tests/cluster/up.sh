#!/usr/bin/env bash
# Runs one small Kubernetes cluster in the foreground: up.sh NAME
# This half lives in the machine's own namespaces. It builds, chooses addresses, makes certificates, starts inside.sh in
# network, PID and mount namespaces of their own, joins them to the machine by a veth pair, and waits. Whatever ends this
# process (its parent's death included) ends everything inside, because the kernel ends a PID namespace with its first process.
set -euo pipefail

# The kernel sends the signal when the parent's thread ends. Between fork and this line the parent may already be gone.
if [ "${WOLKENAMT_TIED:-}" != $$ ]; then
  WOLKENAMT_TIED=$$ exec setpriv --pdeathsig KILL "$BASH" "${BASH_SOURCE[0]}" "$@"
fi
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
started=${EPOCHREALTIME/./}
name=${1:-}
check_name "$name"
[ "$(id -u)" = 0 ] || fail "a cluster in namespaces of its own needs root"
[ "$nodes" = real ] || [ "$nodes" = simulated ] || fail "WOLKENAMT_NODES must be real or simulated, not '$nodes'"
"$cluster_dir/build.sh"

data=$(data_of "$name")
mkdir -p "$data/logs"
chmod 700 "$data"
exec 9>"$data/lock"
flock -n 9 || fail "cluster $name already runs (process $(cat "$data/pid" 2>/dev/null || echo '?'))"
echo $$ >"$data/pid"

# Addresses are unique on the machine as long as this process holds the lock of their index. The same data folder asks
# for the same index again; a taken one moves it, and the certificates follow.
choose_index() {
  local locks=/run/lock/wolkenamt first try
  mkdir -p "$locks"
  first=$(cat "$data/index" 2>/dev/null || echo $((0x$(sha256sum <<<"$data" | cut -c1-6) % 200 + 1)))
  for try in $(seq 0 199); do
    index=$(((first - 1 + try) % 200 + 1))
    exec 8>"$locks/$net.$index"
    flock -n 8 || continue
    # A veth that outlived its namespaces for a moment, or for ever after a crash of the machine's tools, is ours to remove.
    ip link delete "wa$index" 2>/dev/null || true
    [ -n "$(ip -4 route show to match "$net.$index.2" | grep -v '^default')" ] && continue
    echo "$index" >"$data/index"
    return
  done
  fail "none of the 200 address ranges $net.1.0/24 … $net.200.0/24 is free"
}

join_network() {
  ip link add "wa$index" type veth peer name outside netns "$1"
  ip address add "$net.$index.1/30" dev "wa$index"
  ip link set "wa$index" up
  ip route add "$net.$index.0/24" via "$net.$index.2"
}

# The first process inside, seen from here, once it is in a network of its own.
first_inside() {
  local child
  while kill -0 "$1" 2>/dev/null; do
    child=$(cat "/proc/$1/task/$1/children" 2>/dev/null) || true
    child=${child%% *}
    if [ -n "$child" ] && [ "$(readlink "/proc/$child/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then
      echo "$child"
      return
    fi
    sleep 0.02
  done
  fail "the namespaces of cluster $name could not be made"
}

# A function is read as a whole before it runs: a changed file (an update of the checkout) cannot confuse a running cluster.
main() {
  choose_index
  "$cluster_dir/certificates.sh" "$data" "$net.$index.2" "$name"
  rm -f "$data/ready"
  echo "$nodes" >"$data/nodes"
  export WOLKENAMT_CLUSTER=$name WOLKENAMT_INDEX=$index WOLKENAMT_DATA=$data WOLKENAMT_NET=$net WOLKENAMT_NODES=$nodes WOLKENAMT_ENGINES=$engines
  # A session of its own: Ctrl-C reaches this process only, which then ends the others in order.
  setpriv --pdeathsig KILL setsid unshare --mount --pid --net --fork --mount-proc --kill-child \
    "$BASH" "$cluster_dir/inside.sh" 9>&- 8>&- &
  outer=$!
  # A clean stop: the programs inside get the chance to end by themselves; the wait below then returns.
  inside=
  trap 'kill -TERM ${inside:-$outer} 2>/dev/null' TERM INT HUP
  inside=$(first_inside "$outer")
  echo "$inside" >"$data/pid-inside"
  join_network "$inside"

  while [ ! -e "$data/ready" ] && kill -0 "$outer" 2>/dev/null; do sleep 0.1; done
  if [ -e "$data/ready" ]; then
    [ "$nodes" = real ] || echo "cluster $name: workloads are SIMULATED (WOLKENAMT_NODES=simulated): nothing that is booked runs"
    seconds=$(((${EPOCHREALTIME/./} - started) / 100000))
    echo "cluster $name ready in $((seconds / 10)).$((seconds % 10)) s"
  fi
  # A trapped signal interrupts wait: wait again until the process is really gone.
  status=0
  while kill -0 "$outer" 2>/dev/null; do status=0; wait "$outer" || status=$?; done
  rm -f "$data/pid" "$data/pid-inside" "$data/ready"
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -d "$hierarchy/wolkenamt-$index" ] || find "$hierarchy/wolkenamt-$index" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  [ "$status" = 0 ] || say "cluster $name ended with status $status; logs are in $data/logs"
  exit "$status"
}
main
