#!/usr/bin/env bash
# Renders both charts with Helm and sends them as server-side dry run to a real API server, in a namespace that enforces the
# restricted Pod Security level. Also: the generated definitions are current, and half a configuration is refused.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh
work=$(mktemp -d)
export WOLKENAMT_HOME=$work/home
up=
finish() { [ -z "$up" ] || { kill -TERM "$up" 2>/dev/null; wait "$up" 2>/dev/null || true; }; rm -rf "$work"; }
trap finish EXIT
passed=0
ok() { passed=$((passed + 1)); echo "ok  $1"; }

# The cluster starts while the programs are looked for and the charts are rendered.
WOLKENAMT_NODES=simulated tests/cluster/build.sh
tests/cluster/build.sh helm
WOLKENAMT_NODES=simulated tests/cluster/up.sh charts >"$work/up.log" 2>&1 &
up=$!
helm=$bin_helm/helm
. tests/programs.sh

# render CHART: linted, rendered, and refused without its required values.
render() {
  local chart=$1
  local -n values=$1_values
  "$helm" lint "charts/$chart" "${values[@]}" >"$work/$chart.lint" 2>&1 || { cat "$work/$chart.lint"; return 1; }
  "$helm" template wolkenamt "charts/$chart" --namespace wolkenamt --include-crds "${values[@]}" >"$work/$chart.yaml"
  ! "$helm" template wolkenamt "charts/$chart" >/dev/null 2>&1 || { echo "$chart renders without its required values"; return 1; }
}
marketplace_values=(--set publicUrl=https://markt.example.org --set database.existingSecret=db --set mail.existingSecret=mail
  --set mail.from=markt@example.org --set ingress.class=x --set ingress.host=markt.example.org --set ingress.tlsSecret=tls)
operator_values=(--set marketplace.url=https://markt.example.org --set enrolment.code=abc --set location.domain=nord.example.org
  --set 'postgresql.images.15=registry.example/postgresql:15.14'
  --set 'machines.images.debian-12=docker://registry.example/debian:12' --set 'machines.networks={198.51.100.0/24}'
  --set brokers.existingSecret=brokers --set ingress.class=x --set ingress.issuer=behoerden
  --set 'location.exposures={provider-network,internet}' --set location.networks.internet.domain=offen.example.org
  --set 'postgresql.extensions={pgcrypto,postgis}' --set backups.existingSecret=backups)
for chart in marketplace operator; do
  render $chart
  ok "$chart is rendered"
  ok "$chart refuses half a configuration"
done

! "$helm" template wolkenamt charts/operator "${operator_values[@]}" --set ingress.tls=true >/dev/null 2>&1 ||
  { echo "operator renders with two certificates for one host"; exit 1; }
ok "operator refuses two certificates for one host"

diff -u <(cat charts/operator/crds/*.yaml) <("$operator" crd) || { echo "charts/operator/crds is not current"; exit 1; }
ok "the definitions of the chart are the generated ones"

while IFS='=' read -r name _; do
  grep -rq "$name" charts/marketplace/templates || [[ " WOLKENAMT_DEMO WOLKENAMT_LOG_FORMAT " == *" $name "* ]] ||
    { echo "charts/marketplace does not know $name"; exit 1; }
done < <("$marketplace" print-config)
ok "the chart knows every setting of the marketplace"

for _ in $(seq 600); do [ -e "$WOLKENAMT_HOME/clusters/charts/ready" ] && break; kill -0 $up || { cat "$work/up.log"; exit 1; }; sleep 0.1; done
k() { "$kubectl" --kubeconfig "$WOLKENAMT_HOME/clusters/charts/kubeconfig" "$@"; }
k create namespace wolkenamt >/dev/null
k label namespace wolkenamt pod-security.kubernetes.io/enforce=restricted >/dev/null
for chart in marketplace operator; do
  # Warnings of the API server (Pod Security among them) count as findings.
  k apply --server-side --dry-run=server -f "$work/$chart.yaml" >"$work/out" 2>"$work/warnings" || { cat "$work/warnings"; exit 1; }
  ! grep -i warning "$work/warnings" || { echo "$chart draws warnings"; exit 1; }
  ok "the API server takes $chart ($(wc -l <"$work/out") objects)"
done
echo "$passed passed, 0 failed"
