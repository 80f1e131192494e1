# The marketplace of `make run` with its demonstration data. Sourced by one-machine.sh.

start_marketplace() {
  # shellcheck disable=SC2154 # the passwords come from the file of the database
  export WOLKENAMT_OWNER_DATABASE_URL=$owner_url/wolkenamt \
    WOLKENAMT_DATABASE_URL=postgres://wolkenamt_app:$app@127.0.0.1:$postgres_port/wolkenamt \
    WOLKENAMT_SYSTEM_DATABASE_URL=postgres://wolkenamt_system:$system@127.0.0.1:$postgres_port/wolkenamt \
    WOLKENAMT_LISTEN=127.0.0.1:$port WOLKENAMT_PUBLIC_URL=http://127.0.0.1:$port \
    WOLKENAMT_METRICS_LISTEN=127.0.0.1:$metrics_port WOLKENAMT_WEB=$PWD/web \
    WOLKENAMT_SMTP_URL=${WOLKENAMT_SMTP_URL:-keep} WOLKENAMT_DEMO=yes
  "$marketplace" migrate >"$home/logs/migrate.log" 2>&1 || fail "migration failed: $home/logs/migrate.log"
  owner_psql wolkenamt -q <<<"alter role wolkenamt_app password '$app'; alter role wolkenamt_system password '$system'"
  "$marketplace" demo >"$home/logs/demo.log" 2>&1 || fail "demonstration data failed: $home/logs/demo.log"
  start marketplace "$marketplace" serve
  within 30 "the marketplace" "$last" curl -sf "http://127.0.0.1:$metrics_port/readyz"
}

# One booking of the demonstration runs. In somebody else's cluster nothing is booked that nobody asked for.
order_running() {
  [ -z "${WOLKENAMT_KUBECONFIG:-}" ] || return 0
  within 60 "the booking that runs" "$last" order_once
}
order_once() { "$marketplace" demo --running >>"$home/logs/demo.log" 2>&1; }

# The demo sign-ins as the program knows them: address, password, organisation, roles, separated by tabs.
accounts() { "$marketplace" admin accounts; }

sign_ins() {
  accounts | awk -F'\t' 'NR == 1 { print "Demo sign-ins (invented people), password " $2 ":" }
    { printf "  %-38s %-32s %s\n", $1, $3, $4 }'
}

write_run_json() {
  local clusters=() name
  (umask 077; : >"$home/run.json.new")
  for name in "${locations[@]}"; do clusters+=("$name=$(kubeconfig_of "$name")"); done
  accounts | database=$owner_url/wolkenamt jq -Rn --arg url "http://127.0.0.1:$port" --arg metrics "http://127.0.0.1:$metrics_port" \
    --arg nodes "$nodes" --arg logs "$home/logs" '
    {url: $url, metrics: $metrics, database: env.database, nodes: $nodes, logs: $logs,
     sign_ins: [inputs | split("\t") | {email: .[0], password: .[1], organisation: .[2], roles: (.[3] | split(" "))}],
     kubeconfigs: ($ARGS.positional | map(split("=") | {(.[0]): .[1]}) | add)}' --args "${clusters[@]}" >"$home/run.json.new"
  mv "$home/run.json.new" "$home/run.json"
}
