# The private PostgreSQL of `make run`. Sourced by one-machine.sh.
# It owns the data folder, the accounts and their passwords; it never touches a PostgreSQL of the machine.

# run_as_postgres COMMAND…: PostgreSQL refuses to run as root.
run_as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    setpriv "--reuid=$postgres_user" "--regid=$(id -g "$postgres_user")" --clear-groups "$@"
  else
    "$@"
  fi
}

start_database() {
  local folder bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
  # A home folder of mode 0700 is no place for an unprivileged user, so root keeps the data beside the system's.
  folder=$home/postgres
  if [ "$(id -u)" = 0 ] && ! run_as_postgres test -x "$home"; then
    folder=/var/lib/wolkenamt/$(sha256sum <<<"$home" | cut -c1-12)
  fi
  mkdir -p "$folder"
  echo "$folder" >"$home/postgres.folder"
  if [ ! -e "$home/secrets" ]; then
    (umask 077; for account in owner app system; do echo "$account=$(openssl rand -hex 24)"; done >"$home/secrets")
  fi
  . "$home/secrets"
  if [ ! -s "$folder/data/PG_VERSION" ]; then
    rm -rf "$folder/data"
    chown "$postgres_user" "$folder"
    chmod 700 "$folder"
    # shellcheck disable=SC2154 # the passwords come from the file above
    (umask 077; echo "$owner" >"$folder/password")
    chown "$postgres_user" "$folder/password"
    run_as_postgres "$bin/initdb" -D "$folder/data" -U wolkenamt_owner --auth=scram-sha-256 --pwfile="$folder/password" \
      -E UTF8 --locale=C.UTF-8 >"$home/logs/initdb.log" 2>&1 || fail "initdb failed: $home/logs/initdb.log"
    rm -f "$folder/password"
  fi
  touch "$home/logs/postgres.log"
  if [ "$(id -u)" = 0 ]; then
    start postgres setpriv "--reuid=$postgres_user" "--regid=$(id -g "$postgres_user")" --clear-groups \
      setpriv --pdeathsig QUIT "$bin/postgres" -D "$folder/data" -p "$postgres_port" -k "$folder" -c listen_addresses=127.0.0.1
  else
    start postgres "$bin/postgres" -D "$folder/data" -p "$postgres_port" -k "$folder" -c listen_addresses=127.0.0.1
  fi
  within 30 "PostgreSQL" "$last" "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port"
  owner_url=postgres://wolkenamt_owner:$owner@127.0.0.1:$postgres_port
  owner_psql postgres -Atqc "select 1 from pg_database where datname = 'wolkenamt'" | grep -q 1 ||
    owner_psql postgres -qc 'create database wolkenamt'
}

# owner_psql DATABASE ARGUMENTS…: the password stays out of the list of processes.
owner_psql() {
  local database=$1
  shift
  PGPASSWORD=$owner psql -h 127.0.0.1 -p "$postgres_port" -U wolkenamt_owner -d "$database" "$@"
}
