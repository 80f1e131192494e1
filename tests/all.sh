#!/usr/bin/env bash
# `make test`: every floor in turn, none left out silently. The last line says how many tests ran.
#
# Switches, each of which the last lines name: WOLKENAMT_NODES=simulated (kwok plays the nodes),
# WOLKENAMT_SKIP="cluster browser ..." (leaves floors out; for quick work at the desk, never in CI).
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/target}"
export CARGO_TERM_COLOR=never

logs=$(mktemp -d /tmp/wolkenamt-test.XXXXXX)
export WOLKENAMT_TEST_OUTPUT="$logs/invoices"
mkdir -p "$WOLKENAMT_TEST_OUTPUT"
passed=0
failed=0
left_out=()

# floor NAME COMMAND...: runs it, counts its tests (or itself as one), shows the end of its output if it fails.
floor() {
    local name=$1 started=$SECONDS log="$logs/$1.log" status=0 ok bad
    shift
    if [[ " ${WOLKENAMT_SKIP:-} " == *" $name "* ]]; then
        left_out+=("$name")
        return
    fi
    printf '%-10s ' "$name"
    "$@" >"$log" 2>&1 || status=$?
    # cargo: "test result: ok. 5 passed; 0 failed"; our own: "5 passed, 0 failed". Other lines have numbers before "failed", too.
    read -r ok bad < <(grep -Eo '[0-9]+ passed[;,] [0-9]+ failed' "$log" | awk '{ok += $1; bad += $3} END {print ok + 0, bad + 0}')
    if [ "$ok" = 0 ] && [ "$bad" = 0 ]; then
        if [ $status = 0 ]; then ok=1; else bad=1; fi
    elif [ $status != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    printf '%4d passed, %d failed, %4d s\n' "$ok" "$bad" "$((SECONDS - started))"
    if [ "$bad" != 0 ]; then tail -n 80 "$log"; fi
}

echo "logs: $logs"
floor setup tests/cluster/setup.sh
floor format cargo fmt --all --check
floor clippy cargo clippy --workspace --all-targets --quiet -- -D warnings
floor rust tests/postgres.sh cargo test --workspace --quiet
floor tools tests/cluster/build.sh
floor charts tests/charts.sh
floor foreign tests/foreign.sh
floor cluster tests/cluster/smoke.sh
floor databases tests/cluster/databases.sh
floor broker tests/broker.sh
floor operator tests/operator.sh
floor chain tests/chain.sh
floor validator tests/validate/prove.sh
floor invoices tests/validate/validate.sh "$WOLKENAMT_TEST_OUTPUT"

[ "${WOLKENAMT_NODES:-real}" = real ] || echo "nodes were SIMULATED by kwok (WOLKENAMT_NODES=$WOLKENAMT_NODES): no container ran"
[ ${#left_out[@]} = 0 ] || echo "LEFT OUT by WOLKENAMT_SKIP: ${left_out[*]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && { rm -rf "$logs"; exit 0; }
exit 1
