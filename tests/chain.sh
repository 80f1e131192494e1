#!/usr/bin/env bash
# The whole chain on what `make run` starts, in a home of its own: clicked in Chromium, provisioned in a real cluster, used
# with psql from another network, ended and proven; then the journey by the API alone; then everything is killed and started
# again, and the data are still there.
#
# WOLKENAMT_PICTURES=FOLDER keeps the pictures of every page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
work=$(mktemp -d /var/tmp/wolkenamt-chain.XXXXXX)
chmod 755 "$work"
export WOLKENAMT_HOME=$work/home WOLKENAMT_WORK=$work KUBECTL=$kubectl WOLKENAMT_PICTURES=${WOLKENAMT_PICTURES:-$work/pictures}
export WOLKENAMT_PORT=$((21000 + RANDOM % 5000)) WOLKENAMT_RUN_JSON=$work/home/run.json
run=
passed=0
finish() {
  status=$?
  [ -z "$run" ] || { kill -TERM "$run" 2>/dev/null; wait "$run" 2>/dev/null || true; }
  if [ $status = 0 ]; then rm -rf "$work"; else echo "logs and pictures: $work"; tail -n 15 "$work"/run.log "$work"/home/logs/*.log 2>/dev/null | cut -c1-400; fi
}
trap finish EXIT

browser_packages() {
  local key
  key=$(sha256sum tests/browser/package-lock.json | cut -c1-12)
  export WOLKENAMT_NODE_MODULES=$cache/browser/$key
  [ -e "$WOLKENAMT_NODE_MODULES/done" ] && return
  mkdir -p "$WOLKENAMT_NODE_MODULES"
  cp tests/browser/package.json tests/browser/package-lock.json "$WOLKENAMT_NODE_MODULES"
  (cd "$WOLKENAMT_NODE_MODULES" && npm ci --no-audit --no-fund && touch done)
}

start_everything() {
  local began=$SECONDS
  rm -f "$WOLKENAMT_RUN_JSON"
  tests/one-machine.sh >"$work/run.log" 2>&1 &
  run=$!
  until [ -e "$WOLKENAMT_RUN_JSON" ]; do
    kill -0 "$run" 2>/dev/null || { cat "$work/run.log"; exit 1; }
    [ $((SECONDS - began)) -lt 600 ] || exit 1
    sleep 0.5
  done
  passed=$((passed + 1))
  echo "ok  $1 is ready after $((SECONDS - began)) s"
}

browser_packages
start_everything "make run"
node tests/browser/chain.mjs
node tests/journey.mjs

kill -9 "$run"
wait "$run" 2>/dev/null || true
sleep 2
! pgrep -f "$work/home" >/dev/null || { echo "processes outlived their parent"; pgrep -af "$work/home"; exit 1; }
passed=$((passed + 1))
echo "ok  kill -9 of the parent ends every child"
start_everything "make run after kill -9"
WOLKENAMT_AFTER=restart node tests/browser/after.mjs
echo "$passed passed, 0 failed"
