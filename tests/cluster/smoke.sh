#!/usr/bin/env bash
# Proves the one-machine cluster: start, a database and three applications used from the customer's network, nothing else
# reachable from there, kill -9, recovery with all data, clean stop. Prints times; ends with 1 at the first thing that is wrong.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
location=smoke
. "$cluster_dir/proof.sh"

k() { "$kubectl" --kubeconfig "$data/kubeconfig" "$@"; }
client() { "$cluster_dir/client.sh" $location -- "$@"; }

start_cluster() {
  local began
  began=$(now)
  "$cluster_dir/up.sh" $location >"$home/up.log" 2>&1 &
  up=$!
  within 90 "the cluster is ready" grep -q ready "$home/up.log"
  ok "$1" "$(since "$began")"
}

sql() {
  PGPASSWORD=$(k -n smoke get secret pg-app -o 'jsonpath={.data.password}' | base64 -d) client psql -XAtq \
    "host=pg.$location.wolkenamt.test dbname=fach user=fach sslmode=${mode:-verify-full} sslrootcert=$home/pg-ca.crt connect_timeout=3" -c "$1"
}
database_answers() {
  k -n smoke get secret pg-ca -o 'jsonpath={.data.ca\.crt}' | base64 -d >"$home/pg-ca.crt" && sql 'select 1'
}
app() { local name=$1 path=$2; shift 2; client curl -sf --max-time 5 "$@" "https://$name.$location.wolkenamt.test$path"; }
figure() { app "$1" /metrics | awk -v name="$2" '$1 == name { print $2 }'; }
refused() { ! client curl -sk --max-time 2 "$1" >/dev/null 2>&1 || fail "the customer's network reaches $1"; }

start_cluster "cluster ready from nothing (images imported)"
[ "$(k get node $location -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ] || fail "the node is not Ready"
ok "node Ready, $(k version -o json | jq -r .serverVersion.gitVersion)"

"$cluster_dir/cnpg.sh" $location >"$home/cnpg.log" 2>&1 &
played=$!
within 20 "the CloudNativePG stand-in is ready" grep -q ready "$home/cnpg.log"
manifests() {
  awk 'BEGIN { RS = "---\n" } !/APPLICATION/ { print "---\n" $0 }' "$cluster_dir/smoke.yaml"
  local name
  for name in datenaustausch chatbot strassenlicht; do
    awk 'BEGIN { RS = "---\n" } /APPLICATION/ { print "---\n" $0 }' "$cluster_dir/smoke.yaml" | sed "s/APPLICATION/$name/g"
  done
}
began=$(now)
manifests | sed "s/LOCATION/$location/g" | k apply --server-side -f - >/dev/null
within 60 "psql connects" database_answers
ok "Cluster applied -> psql verify-full from the customer's network" "$(since "$began")"
sql "create table proof(text text); insert into proof values ('bleibt')"
mode=disable && ! sql 'select 1' >/dev/null 2>&1 || fail "the database takes plain text"
mode=verify-full
ok "plain text is refused"
address=$(k -n smoke get service pg-public -o 'jsonpath={.status.loadBalancer.ingress[0].ip}')
! psql -XAtq "host=$address dbname=fach user=fach connect_timeout=2" -c 'select 1' 2>&1 | grep -v timeout | grep -q . ||
  fail "the allow-list of the Service lets the host in"
ok "allow-list: another network than the customer's is not let in"
within 20 "Cluster is healthy" sh -c "$kubectl --kubeconfig $data/kubeconfig -n smoke get cluster pg -o 'jsonpath={.status.phase}' | grep -qx 'Cluster in healthy state'"

for name in datenaustausch chatbot strassenlicht; do within 60 "$name answers" app $name /healthz; done
ok "three applications by https from the customer's network" "$(since "$began")"
echo "ein Bescheid" >"$home/bescheid.txt"
file=$(app datenaustausch "/api/files?name=bescheid.txt" -u admin:erfunden-und-lang --data-binary @"$home/bescheid.txt" | jq -r .id)
link=$(app datenaustausch "/api/files/$file/links" -u admin:erfunden-und-lang -X POST | jq -r .path)
[ "$(app datenaustausch "$link")" = "ein Bescheid" ] || fail "the shared file is another one"
[ "$(figure datenaustausch wolkenamt_users)" = 1 ] || fail "wolkenamt_users"
ok "file exchange: uploaded, shared, downloaded by link"
app chatbot /api/conversations -d '{"text": "Wie bekomme ich einen Ausweis?"}' | grep -q Bürgerbüro || fail "the assistant does not answer"
[ "$(figure chatbot wolkenamt_conversations_total)" = 1 ] || fail "wolkenamt_conversations_total"
ok "assistant: answered, one conversation counted"
app strassenlicht /api/lamps/3/switch -X POST | jq -e .on >/dev/null || fail "the lamp stays dark"
[ "$(figure strassenlicht wolkenamt_lamps)" = 12 ] || fail "wolkenamt_lamps"
epoch=$(figure chatbot wolkenamt_epoch)
ok "street lamps: one switched, twelve counted"

address=$net.$(cat "$data/index")
for target in "https://$address.2:6443/" "https://$address.2:10250/" "http://10.96.0.1:443/" \
  "http://$(k -n smoke get pod -l app=chatbot -o 'jsonpath={.items[0].status.podIP}'):8080/" "http://$address.1:22/"; do refused "$target"; done
ok "no API server, node, Service, pod or host from the customer's network"

kill -9 "$up"
{ wait "$up" || true; } 2>/dev/null
within 5 "nothing is left of the cluster" sh -c "! ip link show wa${address##*.} && ! pgrep -f 'hostname-override[ ]$location '"
ok "kill -9 of up.sh ended everything inside"
start_cluster "cluster ready again after kill -9"
began=$(now)
within 60 "psql connects" database_answers
[ "$(sql 'select text from proof')" = bleibt ] || fail "the customer's row is gone"
ok "the customer's database is back with its data" "$(since "$began")"
for name in datenaustausch chatbot strassenlicht; do within 60 "$name answers" app $name /healthz; done
[ "$(app datenaustausch "$link")" = "ein Bescheid" ] || fail "the shared file is gone"
[ "$(figure chatbot wolkenamt_conversations_total) $(figure chatbot wolkenamt_epoch)" = "1 $epoch" ] || fail "the counter began anew"
app strassenlicht /api/lamps | jq -e '.[2].on' >/dev/null || fail "the lamp forgot its state"
ok "the applications are back with files, counters and state" "$(since "$began")"

began=$(now)
k -n smoke delete cluster pg --wait=true >/dev/null
within 60 "volume of the deleted Cluster is gone" sh -c "! $kubectl --kubeconfig $data/kubeconfig get pv -o name -o 'jsonpath={.items[*].spec.claimRef.name}' | grep -qw pg-1"
ok "deleted Cluster: pod, claim and volume are gone" "$(since "$began")"

began=$(now)
kill -TERM "$up"
wait "$up" || fail "the clean stop answered $?"
up=
ok "clean stop" "$(since "$began")"
echo "the one-machine cluster works"
