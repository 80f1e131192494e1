#!/usr/bin/env bash
# The operator with many bookings on a real API server, with nodes that kwok plays: tests/benches/operator.sh [BOOKINGS]
# What is measured stands in operator/main.rs beside this file. Default 10,000 bookings; needs root and about 4 GB of disk.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/target}"
. tests/cluster/settings.sh
bookings=${1:-${WOLKENAMT_BENCH_BOOKINGS:-10000}}
work=$(mktemp -d /tmp/wolkenamt-bench.XXXXXX)
export WOLKENAMT_HOME="$work" WOLKENAMT_NODES=simulated WOLKENAMT_BENCH_LOGS="$work" WOLKENAMT_BENCH_BOOKINGS=$bookings
# Engines are played by the bench itself; of the controllers only what pods need before they are let in. No node is given up: a
# busy machine makes their heartbeats late, and kwok never calls a pod ready again that was once called unready.
export WOLKENAMT_CONTROLLERS=serviceaccount-controller,resourcequota-controller,node-lifecycle-controller WOLKENAMT_NODE_GRACE=2h
export WOLKENAMT_API_QPS=1000 WOLKENAMT_NETWORK=none
cluster=
stop() { [ -z "$cluster" ] || { kill -TERM "$cluster" 2>/dev/null || true; wait "$cluster" 2>/dev/null || true; }; cluster=; }
finish() {
    status=$?
    stop
    if [ $status = 0 ]; then rm -rf "$work"; else echo "logs: $work"; tail -n 20 "$work/operator.log" 2>/dev/null || true; fi
}
trap finish EXIT

start() {
    tests/cluster/up.sh "$1" >"$work/up-$1.log" 2>&1 &
    cluster=$!
    for _ in $(seq 1200); do
        grep -q 'ready in' "$work/up-$1.log" && break
        kill -0 $cluster 2>/dev/null || { cat "$work/up-$1.log" >&2; exit 1; }
        sleep 0.5
    done
    export WOLKENAMT_BENCH_KUBECONFIG="$work/clusters/$1/kubeconfig"
    k() { "$kubectl" --kubeconfig "$WOLKENAMT_BENCH_KUBECONFIG" "$@"; }
    k apply --server-side -f charts/operator/crds -f tests/cluster/stand_ins/cnpg/manifests/crd.yaml \
        -f tests/cluster/stand_ins/kubevirt/manifests/crd.yaml >"$work/crds-$1.log"
    k wait --for condition=established --all crd --timeout 60s >/dev/null
}

# Another profile is for trying the bench itself; its figures mean nothing, and it says so.
profile=${WOLKENAMT_BENCH_PROFILE:-bench}
[ "$profile" = bench ] || echo "profile $profile: NOT the program that is delivered"
bench() { WOLKENAMT_BENCH_PART=$1 cargo bench --quiet --workspace --profile "$profile" --bench operator; }

tests/cluster/build.sh kwok
cargo bench --quiet --workspace --profile "$profile" --bench operator --no-run
model=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)
echo "machine: $(nproc) × $model, load $(cut -d' ' -f1 /proc/loadavg); API server $KUBERNETES_VERSION, etcd $ETCD_VERSION, nodes SIMULATED by kwok"
echo "operator, $bookings bookings of mixed kinds"
start limit
bench limit
stop
start operator
bench operator
