#!/usr/bin/env bash
# Certificates and kubeconfig files of one cluster: certificates.sh DATA_FOLDER NODE_ADDRESS NODE_NAME
# Makes only what is missing, names another address, or ends within 30 days. Elliptic keys: all of it takes half a second.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
data=$1 address=$2 node=$3
umask 077
mkdir -p "$data/pki"
cd "$data/pki"

new_key() { [ -s "$1.key" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
lives() { openssl x509 -in "$1" -noout -checkend $((30 * 86400)) >/dev/null 2>&1; }

# authority FILE COMMON_NAME
authority() {
  [ -s "$1.crt" ] && lives "$1.crt" && return
  rm -f -- *.crt.of-"$1" "$1.key"
  new_key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 3650 -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# certificate FILE SUBJECT USAGE [ALTERNATIVE_NAMES]: signed by the cluster's CA. What was asked for is remembered, so that
# another address makes a new one.
certificate() {
  local wanted="$2|$3|${4:-}|$(sha256sum <ca.crt)"
  [ -s "$1.crt" ] && lives "$1.crt" && [ "$(cat "$1.asked" 2>/dev/null)" = "$wanted" ] && return
  new_key "$1"
  { echo "basicConstraints=critical,CA:FALSE"; echo "keyUsage=critical,digitalSignature"; echo "extendedKeyUsage=$3"
    [ -z "${4:-}" ] || echo "subjectAltName=$4"; } >"$1.extensions"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.request"
  openssl x509 -req -in "$1.request" -CA ca.crt -CAkey ca.key -CAcreateserial -days 1825 -extfile "$1.extensions" -out "$1.crt" 2>/dev/null
  rm -f "$1.request" "$1.extensions"
  printf '%s' "$wanted" >"$1.asked"
}

# kubeconfig TARGET CERTIFICATE: everything inside one file, so that it can be copied away.
kubeconfig() {
  cat >"$1.new" <<END
apiVersion: v1
kind: Config
current-context: $node
clusters:
- name: $node
  cluster: {server: "https://$address:6443", certificate-authority-data: $(base64 -w0 ca.crt)}
users:
- name: $2
  user: {client-certificate-data: $(base64 -w0 "$2.crt"), client-key-data: $(base64 -w0 "$2.key")}
contexts:
- name: $node
  context: {cluster: $node, user: $2}
END
  mv "$1.new" "$1"
}

authority ca "wolkenamt one-machine cluster $node"
authority location "Demonstration CA of location $node"
new_key service-accounts
[ -s service-accounts.pub ] || openssl ec -in service-accounts.key -pubout -out service-accounts.pub 2>/dev/null
names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost
certificate apiserver /CN=kube-apiserver serverAuth "$names,IP:$address,IP:127.0.0.1,IP:${service_cidr%.*/*}.1"
certificate kubelet-server "/CN=$node" serverAuth "DNS:$node,IP:$address"
certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
certificate admin /O=system:masters/CN=administrator clientAuth
certificate controller-manager /CN=system:kube-controller-manager clientAuth
certificate scheduler /CN=system:kube-scheduler clientAuth
certificate proxy /CN=system:kube-proxy clientAuth
certificate node "/O=system:nodes/CN=system:node:$node" clientAuth
certificate network-stand-in /O=system:masters/CN=wolkenamt-stand-in-network clientAuth
certificate cnpg-stand-in /O=system:masters/CN=wolkenamt-stand-in-cnpg clientAuth
certificate kubevirt-stand-in /O=system:masters/CN=wolkenamt-stand-in-kubevirt clientAuth

for user in controller-manager scheduler proxy node network-stand-in; do kubeconfig "$user.kubeconfig" "$user"; done
kubeconfig "$data/kubeconfig" admin
kubeconfig "$data/kubeconfig-cnpg" cnpg-stand-in
kubeconfig "$data/kubeconfig-kubevirt" kubevirt-stand-in
cp location.crt "$data/location-ca.crt"

# What the operator of the location is told about the object storage that the stand-in for CloudNativePG plays; here and in
# the cluster lies the only copy of its key.
[ -s "$data/backups.yaml" ] || {
  printf 'destination: s3://sicherungen/datenbanken\nendpoint: http://10.96.10.10:9000\naccessKeyId: standort\nsecretAccessKey: %s\n' \
    "$(head -c 24 /dev/urandom | base64 | tr -d '/+=')" >"$data/backups.yaml.new"
  mv "$data/backups.yaml.new" "$data/backups.yaml"
}
