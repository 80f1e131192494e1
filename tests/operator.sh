#!/usr/bin/env bash
# The operator's program against a small real cluster of its own and a fake marketplace: tests/operator.sh
# What it goes through stands in operator/controller/tests/real_cluster/main.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/target}"
# With the whole workspace selected, features and so all artefacts are those of the Rust floor.
story=(cargo test --quiet --workspace --test real_cluster)

. tests/cluster/settings.sh
# shellcheck disable=SC2154 # from the settings
export WOLKENAMT_TEST_ALLOW_ANNOTATION=$allow_annotation WOLKENAMT_TEST_GUEST=$guest_image
work=$(mktemp -d /tmp/wolkenamt-operator.XXXXXX)
export WOLKENAMT_HOME="$work" WOLKENAMT_TEST_LOGS="$work" WOLKENAMT_TEST_CLUSTER=probe
export WOLKENAMT_TEST_KUBECONFIG="$work/clusters/probe/kubeconfig" WOLKENAMT_TEST_BACKUPS="$work/clusters/probe/backups.yaml"
started=()
finish() {
    status=$?
    for process in "${started[@]}"; do kill -TERM "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    if [ $status = 0 ]; then rm -rf "$work"; else echo "logs: $work"; tail -n 20 "$work"/operator-?.log 2>/dev/null || true; fi
}
trap finish EXIT

# says FILE WORDS PROCESS: waits until the file contains the words.
says() {
    for _ in $(seq 240); do
        grep -q "$2" "$1" 2>/dev/null && return
        kill -0 "$3" 2>/dev/null || break
        sleep 0.5
    done
    cat "$1" >&2
    return 1
}

tests/cluster/build.sh helm
tests/cluster/up.sh probe >"$work/up.log" 2>&1 &
started+=($!)
"${story[@]}" --no-run
says "$work/up.log" 'ready in' "${started[0]}"
tests/cluster/cnpg.sh probe >"$work/cnpg.log" 2>&1 &
started+=($!)
cnpg=$!
tests/cluster/kubevirt.sh probe >"$work/kubevirt.log" 2>&1 &
started+=($!)
says "$work/kubevirt.log" ready $!
says "$work/cnpg.log" ready $cnpg
# The operators run with the rights of the chart and nothing else, as two pods of it would: a token names its pod.
k() { "$kubectl" --kubeconfig "$WOLKENAMT_TEST_KUBECONFIG" "$@"; }
export WOLKENAMT_TEST_NAMESPACE=wolkenamt-system WOLKENAMT_TEST_ACCOUNT=wolkenamt
k create namespace "$WOLKENAMT_TEST_NAMESPACE" >/dev/null
"$bin_helm/helm" template "$WOLKENAMT_TEST_ACCOUNT" charts/operator --namespace "$WOLKENAMT_TEST_NAMESPACE" --include-crds \
    --set marketplace.url=https://markt.example.org >"$work/chart.yaml"
awk 'BEGIN { RS = "---\n" } !/\nkind: Deployment\n/ { print "---\n" $0 }' "$work/chart.yaml" | k apply --server-side -f - >/dev/null
for pod in a b; do
    k apply -f - >/dev/null <<END
apiVersion: v1
kind: Pod
metadata: {name: operator-$pod, namespace: $WOLKENAMT_TEST_NAMESPACE}
spec:
  serviceAccountName: $WOLKENAMT_TEST_ACCOUNT
  nodeSelector: {nowhere: "true"}
  containers: [{name: operator, image: "localhost/wolkenamt/pause:1"}]
END
    cp "$WOLKENAMT_TEST_KUBECONFIG" "$work/operator-$pod.kubeconfig"
    token=$(k -n "$WOLKENAMT_TEST_NAMESPACE" create token "$WOLKENAMT_TEST_ACCOUNT" --duration 3h \
        --bound-object-kind Pod --bound-object-name "operator-$pod")
    "$kubectl" --kubeconfig "$work/operator-$pod.kubeconfig" config set-credentials operator --token "$token" >/dev/null
    "$kubectl" --kubeconfig "$work/operator-$pod.kubeconfig" config set-context --current --user operator >/dev/null
done
"${story[@]}" -- --nocapture
