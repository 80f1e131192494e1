#!/usr/bin/env bash
# `make run` with WOLKENAMT_KUBECONFIG: a cluster that `make run` did not start plays the one of somebody else. It is touched
# only after a typed confirmation, nothing is played in it, and a booking goes through all of its life there.
#
# Its nodes are simulated here: which cluster is used is the question, not what containers do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh
work=$(mktemp -d /var/tmp/wolkenamt-foreign.XXXXXX)
chmod 755 "$work"
up= run=
finish() {
  status=$?
  # `script` holds the terminal and tells nobody that it ends; what it started has its own id.
  [ ! -s "$work/home/pid" ] || kill -TERM "$(cat "$work/home/pid")" 2>/dev/null || true
  [ -z "$run" ] || { kill -TERM "$run" 2>/dev/null; wait "$run" 2>/dev/null || true; }
  [ -z "$up" ] || { kill -TERM "$up" 2>/dev/null; wait "$up" 2>/dev/null || true; }
  if [ $status = 0 ]; then rm -rf "$work"; else echo "logs: $work"; tail -n 15 "$work"/*.out "$work"/home/logs/operator-*.log 2>/dev/null | cut -c1-400; fi
}
trap finish EXIT
passed=0
ok() { passed=$((passed + 1)); echo "ok  $1"; }
wrong() { echo "WRONG: $1"; exit 1; }

WOLKENAMT_NODES=simulated tests/cluster/build.sh
WOLKENAMT_HOME=$work/theirs WOLKENAMT_NODES=simulated tests/cluster/up.sh theirs >"$work/up.out" 2>&1 &
up=$!
. tests/programs.sh
kubeconfig=$work/theirs/clusters/theirs/kubeconfig
for _ in $(seq 900); do [ -e "${kubeconfig%/*}/ready" ] && break; kill -0 $up || { cat "$work/up.out"; exit 1; }; sleep 0.1; done
k() { "$kubectl" --kubeconfig "$kubeconfig" "$@"; }
# Everything that the cluster holds, to see that nothing was added.
holdings() { k get namespaces,crd,clusterroles,validatingadmissionpolicies -o name; k api-resources -o name | sort; }
holdings >"$work/before"
untouched() { holdings | diff "$work/before" - || wrong "the cluster was touched"; }

export WOLKENAMT_HOME=$work/home WOLKENAMT_PORT=$((26000 + RANDOM % 4000)) WOLKENAMT_BUILD=no
# typed ANSWER: make run at a terminal where somebody types.
typed() { script -qefc 'exec tests/one-machine.sh' /dev/null <<<"$1"; }
# refused WHAT WORDS COMMAND…: fails, says why, and leaves the cluster as it is.
refused() {
  local what=$1 words=$2
  shift 2
  ! "$@" >"$work/refused.out" 2>&1 || wrong "$what: it went on"
  grep -q "$words" "$work/refused.out" || { cat "$work/refused.out"; wrong "$what: not said"; }
  untouched
  [ ! -e "$WOLKENAMT_HOME/postgres" ] && [ ! -e "$WOLKENAMT_HOME/foreign-cluster" ] || wrong "$what: something was started"
  ok "$what: refused, nothing is touched"
}
export WOLKENAMT_KUBECONFIG=$kubeconfig
refused "no terminal" 'typed at a terminal' tests/one-machine.sh </dev/null
refused "yes through a pipe" 'typed at a terminal' tests/one-machine.sh <<<yes
refused "another answer than yes" 'nothing was done' typed no
WOLKENAMT_KUBECONFIG=$work/absent refused "a file that is not there" 'cannot read' tests/one-machine.sh </dev/null
sed 's/:6443/:6444/' "$kubeconfig" >"$work/elsewhere"
WOLKENAMT_KUBECONFIG=$work/elsewhere refused "a cluster that does not answer" 'does not answer' tests/one-machine.sh </dev/null

# started OUTPUT: waits until everything runs.
started() {
  local end=$((SECONDS + 180))
  until [ -e "$WOLKENAMT_HOME/run.json" ]; do
    kill -0 "$run" 2>/dev/null && [ $SECONDS -lt $end ] || { cat "$1"; wrong "it did not start"; }
    sleep 0.3
  done
}
ended() {
  kill -TERM "$(cat "$WOLKENAMT_HOME/pid")"
  wait "$run" 2>/dev/null || true
  run=
}
typed yes >"$work/run.out" 2>&1 &
run=$!
started "$work/run.out"
ok "yes at a terminal: it runs"
[ "$(jq -r '.kubeconfigs.beispielhausen' "$WOLKENAMT_HOME/run.json")" = "$kubeconfig" ] || wrong "run.json names another cluster"
# up.sh and cnpg.sh would be children in this home.
[ ! -e "$WOLKENAMT_HOME/clusters/beispielhausen/pid" ] || wrong "a cluster of our own was started"
! k get crd clusters.postgresql.cnpg.io >/dev/null 2>&1 || wrong "a stand-in for the database engine was installed"
! pgrep -f "cnpg-stand-in.*$work" >/dev/null || wrong "a stand-in runs"
ok "no cluster of our own, no stand-in"
WOLKENAMT_RUN_JSON=$WOLKENAMT_HOME/run.json WOLKENAMT_JOURNEY=Chatbot tests/journey.sh >"$work/journey.out" 2>&1 || { cat "$work/journey.out"; exit 1; }
grep ^ok "$work/journey.out"
passed=$((passed + $(grep -c ^ok "$work/journey.out")))
k get namespaces -o name | grep -q '^namespace/wa-' || wrong "the booking was somewhere else"
ok "the booking lived in that cluster"
ended

# What is booked here belongs to that cluster; neither our own nor a third one takes its place.
! (unset WOLKENAMT_KUBECONFIG; tests/one-machine.sh) >"$work/own.out" 2>&1 </dev/null || wrong "our own clusters took its place"
grep -q 'belong to a cluster of WOLKENAMT_KUBECONFIG' "$work/own.out" || { cat "$work/own.out"; wrong "not said"; }
echo another >"$WOLKENAMT_HOME/foreign-cluster"
! typed yes >"$work/third.out" 2>&1 || wrong "a third cluster took its place"
grep -q 'belong to another cluster' "$work/third.out" || { cat "$work/third.out"; wrong "not said"; }
ok "a home and its cluster stay together"
echo "$passed passed, 0 failed"
