#!/usr/bin/env bash
# Runs a command with a private PostgreSQL that lives as long as the command: tests/postgres.sh COMMAND...
# The command finds its address in WOLKENAMT_TEST_DATABASE. Nothing is written to disk safely (fsync is off), because tests
# only look at it; WOLKENAMT_DURABLE=yes makes it as safe as in production, because a bench measures that too.
set -euo pipefail

bin=$(pg_config --bindir 2>/dev/null || true)
[ -x "$bin/initdb" ] || bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || { echo "PostgreSQL is missing: make setup" >&2; exit 1; }

data=$(mktemp -d /tmp/wolkenamt-test-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    user=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$user" "$data"
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi
"${as[@]}" "$bin/initdb" -D "$data/data" -U wolkenamt_owner --auth=trust -E UTF8 --locale=C.UTF-8 >"$data/initdb.log"

# An authority and a certificate of its own, so that the encrypted way is tried as it is in production.
"${as[@]}" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=test authority" \
    -keyout "$data/ca.key" -out "$data/ca.crt" 2>/dev/null
"${as[@]}" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=localhost" \
    -CA "$data/ca.crt" -CAkey "$data/ca.key" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
    -addext "basicConstraints=critical,CA:FALSE" -keyout "$data/server.key" -out "$data/server.crt" 2>/dev/null
export WOLKENAMT_TEST_DATABASE_CA="$data/ca.crt"

safety=(-c fsync=off -c full_page_writes=off -c synchronous_commit=off)
[ "${WOLKENAMT_DURABLE:-no}" = no ] || safety=(-c max_wal_size=4GB)

port=$(( 20000 + (RANDOM * 32768 + RANDOM) % 10000 ))
# pdeathsig: when this script dies, however, the server ends at once.
"${as[@]}" setpriv --pdeathsig QUIT "$bin/postgres" -D "$data/data" -p "$port" -k "$data" -c listen_addresses=127.0.0.1 \
    "${safety[@]}" -c ssl=on -c ssl_cert_file="$data/server.crt" -c ssl_key_file="$data/server.key" -c max_connections=300 -c shared_buffers=256MB -c log_min_messages=error \
    -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.max=50000 >"$data/log" 2>&1 &
server=$!
finish() {
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT
for _ in $(seq 100); do
    "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" && break
    kill -0 "$server" 2>/dev/null || { cat "$data/log" >&2; exit 1; }
    sleep 0.1
done
export WOLKENAMT_TEST_DATABASE="postgres://wolkenamt_owner@127.0.0.1:$port"
"$@"
