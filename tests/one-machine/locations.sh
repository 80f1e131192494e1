# The two locations of `make run`: a cluster, the stand-ins that play CloudNativePG and KubeVirt, an operator as host process.
# Sourced by one-machine.sh.

kubeconfig_of() { echo "${WOLKENAMT_KUBECONFIG:-$(data_of "$1")/kubeconfig}"; }

start_locations() {
  local name number=0 kubeconfig pids=()
  if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
    for name in "${locations[@]}"; do
      rm -f "$(data_of "$name")/ready" # may be left over from a start that was killed
      start "cluster-$name" tests/cluster/up.sh "$name"
      pids+=("$last")
    done
  fi
  for name in "${locations[@]}"; do
    number=$((number + 1))
    kubeconfig=$(kubeconfig_of "$name")
    if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
      within 120 "cluster $name" "${pids[number - 1]}" test -e "$(data_of "$name")/ready"
      start "cnpg-$name" tests/cluster/cnpg.sh "$name"
      start "kubevirt-$name" tests/cluster/kubevirt.sh "$name"
    fi
    start_operator "$name" "$number" "$kubeconfig"
  done
}

start_operator() {
  local name=$1 number=$2 kubeconfig=$3 data key status=$((port + 1010 + $2))
  data=$(data_of "$name")
  mkdir -p "$data"
  key=$data/operator.key
  "$operator" crd | "$kubectl" --kubeconfig "$kubeconfig" apply --server-side --force-conflicts -f - >/dev/null
  local code=
  [ -s "$key" ] || code=$("$marketplace" admin enrolment-code "${platform[$name]}" "$name" 2>>"$home/logs/operator-$name.log")
  # What is true of our own clusters. A foreign one is described by whoever brings it, in the same variables.
  local ours=()
  if [ -z "${WOLKENAMT_KUBECONFIG:-}" ]; then
    ours=(WOLKENAMT_OPERATOR_POSTGRESQL_IMAGES="15=localhost/wolkenamt/postgresql:15"
      WOLKENAMT_OPERATOR_VM_IMAGES="linux-klein=$guest_image"
      WOLKENAMT_OPERATOR_VM_STORAGE_CLASS=virtual-disks
      WOLKENAMT_OPERATOR_DOMAIN="$name.wolkenamt.test"
      WOLKENAMT_OPERATOR_INGRESS_CLASS=wolkenamt
      WOLKENAMT_OPERATOR_INGRESS_TLS=true
      WOLKENAMT_OPERATOR_INGRESS_ALLOW_ANNOTATION="$allow_annotation"
      WOLKENAMT_OPERATOR_INGRESS_CA_FILE="$data/location-ca.crt")
  fi
  start "operator-$name" env "${ours[@]}" \
    WOLKENAMT_OPERATOR_MARKETPLACE_URL="http://127.0.0.1:$port" \
    WOLKENAMT_OPERATOR_KUBECONFIG="$kubeconfig" \
    WOLKENAMT_OPERATOR_KEY_FILE="$key" \
    WOLKENAMT_OPERATOR_ENROLMENT_CODE="$code" \
    WOLKENAMT_OPERATOR_STATUS_LISTEN="127.0.0.1:$status" \
    WOLKENAMT_OPERATOR_COUNTER_SECONDS=10 \
    "$operator" run
  within 60 "the operator of $name" "$last" curl -sf "http://127.0.0.1:$status/readyz"
}
