#!/usr/bin/env bash
# Proves what the stand-in for CloudNativePG plays beyond one plain instance, with the manifests that the operator writes: a
# standby that streams, extensions, the limit of connections, base backups with the log after them, and a restore to a moment
# before a table was dropped. Ends with 1 at the first thing that is wrong.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
location=databases
. "$cluster_dir/proof.sh"

k() { "$kubectl" --kubeconfig "$data/kubeconfig" -n databases "$@"; }
# sql POD STATEMENT: as superuser, inside the pod.
sql() { k exec "$1" -c postgres -- psql -XAtq -h /controller/run -U postgres -d fach -c "$2"; }
# customer NAME STATEMENT: as the owner, by network, from the customer's side.
customer() {
  k get secret "$1-ca" -o 'jsonpath={.data.ca\.crt}' | base64 -d >"$home/$1.crt"
  PGPASSWORD=$(k get secret "$1-app" -o 'jsonpath={.data.password}' | base64 -d) "$cluster_dir/client.sh" $location -- psql -XAtq \
    "host=$1.$location.wolkenamt.test dbname=fach user=fach sslmode=verify-full sslrootcert=$home/$1.crt connect_timeout=3" -c "$2"
}
is() { [ "$("${@:2}")" = "$1" ]; }

# cluster NAME INSTANCES BOOTSTRAP: everything else as the operator writes it.
cluster() {
  k apply --server-side -f - >/dev/null <<END
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: $1, namespace: databases}
spec:
  instances: $2
  imageName: localhost/wolkenamt/postgresql:15
  enablePDB: false
  smartShutdownTimeout: 5
  stopDelay: 60
  storage: {size: 1Gi, storageClass: standard}
  resources: {requests: {cpu: 50m, memory: 256Mi}, limits: {cpu: "1", memory: 256Mi}}
  bootstrap: $3
  certificates: {serverAltDNSNames: [$1.$location.wolkenamt.test]}
  plugins:
  - {name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: store, serverName: $1}}
  externalClusters:
  - {name: before, plugin: {name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: store, serverName: pg}}}
  postgresql:
    parameters: {shared_buffers: 64MB, max_connections: "100"}
    pg_hba: ["hostnossl all all all reject"]
    synchronous: {method: any, number: 1, dataDurability: preferred}
  managed:
    services:
      disabledDefaultServices: [r, ro]
      additional:
      - selectorType: rw
        serviceTemplate:
          metadata: {name: $1-public, annotations: {external-dns.alpha.kubernetes.io/hostname: $1.$location.wolkenamt.test}}
          spec: {type: LoadBalancer, externalTrafficPolicy: Local}
END
}

"$cluster_dir/up.sh" $location >"$home/up.log" 2>&1 &
up=$!
within 120 "the cluster is ready" grep -q ready "$home/up.log"
"$cluster_dir/cnpg.sh" $location >"$home/cnpg.log" 2>&1 &
played=$!
within 20 "the CloudNativePG stand-in is ready" grep -q ready "$home/cnpg.log"
"$kubectl" --kubeconfig "$data/kubeconfig" create namespace databases >/dev/null
"$kubectl" --kubeconfig "$data/kubeconfig" label namespace databases pod-security.kubernetes.io/enforce=restricted >/dev/null
key() { sed -n "s/^$1: //p" "$data/backups.yaml"; }
k apply --server-side -f - >/dev/null <<END
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: databases}
stringData: {ACCESS_KEY_ID: $(key accessKeyId), ACCESS_SECRET_KEY: $(key secretAccessKey)}
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: store, namespace: databases}
spec:
  retentionPolicy: 7d
  configuration:
    destinationPath: $(key destination)
    endpointURL: $(key endpoint)
    s3Credentials: {accessKeyId: {name: key, key: ACCESS_KEY_ID}, secretAccessKey: {name: key, key: ACCESS_SECRET_KEY}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Database
metadata: {name: inside, namespace: databases}
spec:
  cluster: {name: pg}
  name: fach
  owner: fach
  connectionLimit: 3
  extensions: [{name: pgcrypto}, {name: pg_trgm}]
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: nightly, namespace: databases}
spec:
  cluster: {name: pg}
  schedule: 0 15 2 * * *
  immediate: true
  backupOwnerReference: self
  method: plugin
  pluginConfiguration: {name: barman-cloud.cloudnative-pg.io}
END
began=$(now)
cluster pg 2 '{initdb: {database: fach, owner: fach, dataChecksums: true}}'
within 120 "both instances are up" is 2 k get cluster pg -o 'jsonpath={.status.readyInstances}'
within 20 "the cluster is healthy" is "Cluster in healthy state" k get cluster pg -o 'jsonpath={.status.phase}'
ok "a database with a standby" "$(since "$began")"
customer pg "create table akte (name text); insert into akte values ('Baugenehmigung 17')"
within 10 "the standby has the row" is "Baugenehmigung 17" sql pg-2 "select name from akte"
within 20 "the standby is waited for" is "pg-2 quorum" sql pg-1 "select application_name || ' ' || sync_state from pg_stat_replication"
[ "$(sql pg-2 'select pg_is_in_recovery()')" = t ] || fail "the standby is no standby"
ok "it streams, and the primary waits for it"
within 20 "the inside of the database is as wanted" is true k get database inside -o 'jsonpath={.status.applied}'
[ "$(customer pg "select count(*) from pg_extension where extname in ('pgcrypto', 'pg_trgm')")" = 2 ] || fail "extensions are missing"
! customer pg "create extension file_fdw" 2>/dev/null || fail "the owner makes an untrusted extension"
ok "extensions are there; others the owner cannot make"
sleepers=()
for _ in 1 2 3; do customer pg "select pg_sleep(8)" >/dev/null & sleepers+=($!); done
within 6 "three connections are open" is 3 sql pg-1 "select count(*) from pg_stat_activity where usename = 'fach'"
! customer pg "select 1" 2>"$home/fourth" || fail "a fourth connection is let in"
grep -q "too many connections for database" "$home/fourth" || fail "$(cat "$home/fourth")"
wait "${sleepers[@]}"
ok "the fourth connection of three is refused"
k patch database inside --type merge -p '{"spec": {"extensions": [{"name": "pgcrypto"}, {"name": "gibt_es_nicht"}]}}' >/dev/null
within 20 "a missing extension is said" is false k get database inside -o 'jsonpath={.status.applied}'
k get database inside -o 'jsonpath={.status.message}' | grep -q gibt_es_nicht || fail "the message does not name it"
ok "what cannot be made is said in the words of PostgreSQL"

completed() { k get backup -o 'jsonpath={.items[*].status.phase}' | grep -qw completed; }
within 60 "a base backup is complete" completed
within 20 "the window is known" k get objectstore store -o 'jsonpath={.status.serverRecoveryWindow.pg.firstRecoverabilityPoint}'
ok "a base backup, and since when one can go back: $(k get objectstore store -o 'jsonpath={.status.serverRecoveryWindow.pg.firstRecoverabilityPoint}')"
sleep 1
customer pg "insert into akte values ('Wohngeld 4711')"
moment=$(sql pg-1 "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
sleep 1
customer pg "drop table akte"
customer pg "create table spaeter (name text)"
archived() { [ "$(sql pg-1 "select last_archived_wal >= pg_walfile_name('$1') from pg_stat_archiver")" = t ]; }
reached=$(sql pg-1 "select pg_switch_wal()")
within 30 "the log is archived" archived "$reached"

began=$(now)
cluster pg-r2 1 "{recovery: {source: before, database: fach, owner: fach, recoveryTarget: {targetTime: \"$moment\"}}}"
within 120 "the restored database answers" customer pg-r2 "select 1"
[ "$(customer pg-r2 "select string_agg(name, ', ' order by name) from akte")" = "Baugenehmigung 17, Wohngeld 4711" ] || fail "a row is missing"
[ -z "$(customer pg-r2 "select to_regclass('spaeter')")" ] || fail "what came later is there, too"
ok "restored to the moment before the table was dropped" "$(since "$began")"
[ "$(customer pg "select to_regclass('spaeter')")" = spaeter ] || fail "the running database was touched"
ok "the running database was left alone"
cluster pg-r3 1 "{recovery: {source: before, database: fach, owner: fach, recoveryTarget: {targetTime: \"2020-01-01T00:00:00Z\"}}}"
failing() { k logs job/pg-r3-1-full-recovery -c full-recovery 2>/dev/null | grep -q "no base backup was complete"; }
within 60 "a moment before every backup is refused" failing
[ "$(k get cluster pg-r3 -o 'jsonpath={.status.phase}')" = "Setting up primary" ] || fail "a failing restore looks like something else"
ok "a moment before every backup cannot be restored"
kill -TERM "$up"
wait "$up" || fail "the clean stop answered $?"
up=
echo "databases with standbys, extensions, limits, backups and restores work"
