#!/usr/bin/env bash
# The whole chain on what `make run` starts, in a home of its own: clicked in Chromium, provisioned in three real clusters of two
# providers, used from another network (databases, applications, a virtual machine, an EfA service), changed, restored, moved,
# stopped, started, ended, taken back, proven and billed, one cluster cut off in between; its XRechnungen go through an
# independent validator; the journey by the API alone; every page in every width; then everything is killed and started again,
# and the data are still there.
#
# WOLKENAMT_PICTURES=FOLDER keeps the pictures of every page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh
. tests/browser/packages.sh
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
  if [ $status = 0 ]; then
    rm -rf "$work"
  else
    echo "logs and pictures: $work"
    tail -n 15 "$work"/run.log "$work"/home/logs/*.log 2>/dev/null | cut -c1-400
    # Last, where it is looked for first: which story failed, and at what.
    for story in "$work"/*.story; do
      tail -n 1 "$story" | grep -q ' 0 failed$' || { echo "==> $(basename "$story")"; tail -n 25 "$story" | cut -c1-400; }
    done
  fi
}
trap finish EXIT

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

declare -A stories
# begin NAME…: runs these stories in the background.
begin() {
  local name folder
  for name in "$@"; do
    [ "$name" = journey ] && folder=tests || folder=tests/browser
    node "$folder/$name.mjs" >"$work/$name.story" 2>&1 &
    stories[$name]=$!
  done
}

# end NAME…: waits for them, shows what each said, and fails if one failed.
end() {
  local name failed=0
  for name in "$@"; do wait "${stories[$name]}" || failed=1; cat "$work/$name.story"; done
  [ $failed = 0 ] || exit 1
}

browser_packages
start_everything "make run"
# At the same time, as different people do; they wait for their clusters, not for each other, and never more of them than two
# processors can serve. The machine takes longest. A restore needs room for a second database, so it comes before the database of
# the demonstration grows; while that one changes, nobody compares it. Where a provider decides by hand, and where its broker is
# closed, nobody else orders.
begin machine application life service
end application life service
begin chain manual journey word
end chain manual journey word
begin pages federation change
end pages federation change machine
invoices=("$work"/invoices/*.xml)
[ ${#invoices[@]} = 2 ] || { echo "two invoices were downloaded, not ${#invoices[@]}"; exit 1; }
tests/validate/validate.sh "${invoices[@]}"
passed=$((passed + 1))
echo "ok  the downloaded XRechnungen are valid"

kill -9 "$run"
wait "$run" 2>/dev/null || true
for _ in $(seq 50); do pgrep -f "$work/home" >/dev/null || break; sleep 0.1; done
! pgrep -f "$work/home" >/dev/null || { echo "processes outlived their parent"; pgrep -af "$work/home"; exit 1; }
passed=$((passed + 1))
echo "ok  kill -9 of the parent ends every child"
start_everything "make run after kill -9"
node tests/browser/after.mjs

# What was shown to customers is nowhere outside the clusters and the broker that made it: not in the database's files and its
# log, in any program's log, a mail, an invoice, or what the stories wrote down.
[ "$(wc -l <"$work/secrets")" -ge 8 ] || { echo "too few secrets were shown"; exit 1; }
# Judged by what it prints: a database at work takes files away while they are read.
kept() {
  grep -srlaF "$@" "$work" --exclude-dir=clusters --exclude-dir=broker --exclude=secrets || true
}
[[ "$(kept -e Baumkataster)" == *"$WOLKENAMT_HOME/"* ]] || { echo "the search finds nothing at all"; exit 1; }
found=$(kept -f "$work/secrets")
[ -z "$found" ] || { echo "access data are kept in these files: $found"; exit 1; }
passed=$((passed + 1))
echo "ok  $(sort -u "$work/secrets" | wc -l) spellings of access data are nowhere in databases, logs, mails, invoices"
echo "$passed passed, 0 failed"
