# The locations of `make run`: a cluster, the stand-ins that play CloudNativePG and KubeVirt, an operator as host process with a
# cable to the marketplace that can be pulled (tests/cluster/cable.sh). Sourced by one-machine.sh.

kubeconfig_of() { echo "${WOLKENAMT_KUBECONFIG:-$(data_of "$1")/kubeconfig}"; }

start_locations() {
  local name number=0
  declare -A cluster operator_of
  # All clusters come up at the same time; whatever does not need them as well.
  if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
    for name in "${locations[@]}"; do
      rm -f "$(data_of "$name")/ready" # may be left over from a start that was killed
      start "cluster-$name" env WOLKENAMT_ENGINES="${engines_of[$name]}" tests/cluster/up.sh "$name"
      cluster[$name]=$last
    done
  fi
  start_broker
  for name in "${locations[@]}"; do
    number=$((number + 1))
    [ -n "${WOLKENAMT_KUBECONFIG:-}" ] || start_engines "$name" "${cluster[$name]}"
    start_operator "$name" "$number"
    operator_of[$name]=$last
  done
  number=0
  for name in "${locations[@]}"; do
    number=$((number + 1))
    within 60 "the operator of $name" "${operator_of[$name]}" curl -sf "http://127.0.0.1:$((port + 1010 + number))/readyz"
  done
}

# start_engines NAME PROCESS: once the cluster of that process is ready.
start_engines() {
  within 240 "cluster $1" "$2" test -e "$(data_of "$1")/ready"
  local engine
  for engine in ${engines_of[$1]}; do start "$engine-$1" "tests/cluster/$engine.sh" "$1"; done
}

# start_cable NAME NUMBER
start_cable() {
  start "cable-$1" "$bin_cable/cable" "$((port + 1030 + $2))" "127.0.0.1:$port"
  echo "$last" >"$(data_of "$1")/cable"
  marketplace_url=http://127.0.0.1:$((port + 1030 + $2))
}

start_operator() {
  local name=$1 number=$2 kubeconfig data key status=$((port + 1010 + $2)) marketplace_url=http://127.0.0.1:$port
  kubeconfig=$(kubeconfig_of "$name")
  data=$(data_of "$name")
  mkdir -p "$data"
  key=$data/operator.key
  "$operator" crd | "$kubectl" --kubeconfig "$kubeconfig" apply --server-side --force-conflicts -f - >/dev/null
  local code=
  [ -s "$key" ] || code=$("$marketplace" admin enrolment-code "${platform[$name]}" "$name" 2>>"$home/logs/operator-$name.log")
  # What is true of our own clusters. A foreign one is described by whoever brings it, in the same variables.
  local ours=()
  if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
    start_cable "$name" "$number"
    ours=(WOLKENAMT_OPERATOR_DOMAIN="$name.wolkenamt.test"
      WOLKENAMT_OPERATOR_INGRESS_CLASS=wolkenamt
      WOLKENAMT_OPERATOR_INGRESS_TLS=true
      WOLKENAMT_OPERATOR_INGRESS_ALLOW_ANNOTATION="$allow_annotation"
      WOLKENAMT_OPERATOR_INGRESS_CA_FILE="$data/location-ca.crt")
    [[ ${engines_of[$name]} != *cnpg* ]] || ours+=(WOLKENAMT_OPERATOR_POSTGRESQL_IMAGES="15=localhost/wolkenamt/postgresql:15"
      WOLKENAMT_OPERATOR_POSTGRESQL_EXTENSIONS="btree_gist,citext,hstore,ltree,pg_trgm,pgcrypto,tablefunc,unaccent")
    [[ ${engines_of[$name]} != *kubevirt* ]] || ours+=(WOLKENAMT_OPERATOR_VM_IMAGES="linux-klein=$guest_image"
      WOLKENAMT_OPERATOR_VM_STORAGE_CLASS=virtual-disks)
    [ "$name" != "$broker_location" ] || ours+=(WOLKENAMT_OPERATOR_BROKERS_FILE="$home/broker/brokers.yaml")
  fi
  # Only the first location publishes to the internet, under names of their own.
  [ "$number" != 1 ] || [ -n "${WOLKENAMT_KUBECONFIG:-}" ] || ours+=(WOLKENAMT_OPERATOR_EXPOSURES=provider-network,internet
    WOLKENAMT_OPERATOR_NETWORKS="{\"internet\": {\"domain\": \"offen.$name.wolkenamt.test\"}}")
  # Only the first location has object storage, so that its plans with backups say why they cannot be ordered there.
  [ "$number" != 1 ] || [ ! -s "$data/backups.yaml" ] || ours+=(WOLKENAMT_OPERATOR_BACKUPS_FILE="$data/backups.yaml")
  start "operator-$name" env "${ours[@]}" \
    WOLKENAMT_OPERATOR_MARKETPLACE_URL="$marketplace_url" \
    WOLKENAMT_OPERATOR_KUBECONFIG="$kubeconfig" \
    WOLKENAMT_OPERATOR_KEY_FILE="$key" \
    WOLKENAMT_OPERATOR_ENROLMENT_CODE="$code" \
    WOLKENAMT_OPERATOR_STATUS_LISTEN="127.0.0.1:$status" \
    WOLKENAMT_OPERATOR_COUNTER_SECONDS=10 \
    "$operator" run
}
