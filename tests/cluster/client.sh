#!/usr/bin/env bash
# Runs a command in the customer's network of a cluster: client.sh NAME -- COMMAND…
# WOLKENAMT_CUSTOMER=HOST asks for 192.168.213.HOST, or the next one that is free.
# A network namespace of its own, joined to the cluster by a veth pair, from which exactly the published addresses can be
# reached; the published names stand in /etc/hosts. CURL_CA_BUNDLE and SSL_CERT_FILE name the location's CA.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# Second half, already in the new namespaces: wait for the cable, set it up, become the command.
if [ "${1:-}" = --inside ]; then
  address=$2 data=$3
  shift 3
  until ip link show uplink >/dev/null 2>&1; do sleep 0.02; done
  ip link set lo up
  ip address add "$address/24" dev uplink
  ip link set uplink up
  ip route add "$net.$(cat "$data/index").0/24" via 192.168.213.1
  mount --bind "$data/hosts" /etc/hosts
  [ ! -e /etc/resolv.conf ] || mount --bind /dev/null /etc/resolv.conf
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  export CURL_CA_BUNDLE=$data/location-ca.crt SSL_CERT_FILE=$data/location-ca.crt
  exec "$@"
fi

# A function is read as a whole before it runs: a changed file cannot confuse a long command.
main() {
  name=${1:-}
  check_name "$name"
  [ "${2:-}" = -- ] && [ $# -ge 3 ] || fail "usage: client.sh NAME -- COMMAND…"
  shift 2
  data=$(data_of "$name")
  inside=$(cat "$data/pid-inside" 2>/dev/null) && [ -d "/proc/$inside" ] || fail "cluster $name does not run"

  # Several customers at once: each holds the lock of its address.
  mkdir -p "$data/customers"
  for host in $(seq "${WOLKENAMT_CUSTOMER:-2}" 254); do
    exec 7>"$data/customers/$host"
    flock -n 7 && break
    [ "$host" != 254 ] || fail "no address is left in the customers' network"
  done
  nsenter --target "$inside" --net ip link delete "customer$host" 2>/dev/null || true

  unshare --net --mount --fork --kill-child "$BASH" "${BASH_SOURCE[0]}" --inside "192.168.213.$host" "$data" "$@" <&0 &
  outer=$!
  trap 'kill -TERM $(cat /proc/$outer/task/$outer/children) 2>/dev/null' TERM INT
  until client=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null) && [ -n "$client" ] &&
    [ "$(readlink "/proc/${client%% *}/ns/net" 2>/dev/null)" != "$(readlink /proc/self/ns/net)" ]; do
    kill -0 "$outer" 2>/dev/null || fail "the customer's namespaces could not be made"
    sleep 0.01
  done
  nsenter --target "$inside" --net sh -c "ip link add customer$host type veth peer name uplink netns ${client%% *} &&
    ip link set customer$host master customers up"
  status=0
  while kill -0 "$outer" 2>/dev/null; do status=0; wait "$outer" || status=$?; done
  exit "$status"
}
main "$@"
