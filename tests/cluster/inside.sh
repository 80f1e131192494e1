#!/usr/bin/env bash
# The first process inside a cluster's own network, PID and mount namespaces; started by up.sh, never by hand.
# It mounts, configures, starts each program and waits. When it ends, the kernel ends everything else in here.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
address=$net.$WOLKENAMT_INDEX.2
node=$WOLKENAMT_CLUSTER
cgroup=/wolkenamt-$WOLKENAMT_INDEX
W=/run/w # the data folder: a short path, because UNIX sockets have at most 107 characters

# /run and /tmp are private and empty after each start, like after a reboot; what must last is bound in from the data folder.
mounts() {
  mount -n -t tmpfs -o mode=755 tmpfs /mnt
  mkdir /mnt/w /mnt/bin /mnt/images /mnt/here
  mount -n --bind "$WOLKENAMT_DATA" /mnt/w
  mount -n --bind "$cache/bin" /mnt/bin
  mount -n --bind "$cache/images" /mnt/images
  mount -n --bind "$cluster_dir" /mnt/here
  mount -n --move /mnt /run
  cluster_dir=/run/here # the checkout may lie below /tmp, which is about to be hidden
  mkdir -p $W/{volumes,kubelet,cni-cache,containerd,logs/{pods,containers}}
  mount -n -t tmpfs -o mode=1777 tmpfs /tmp
  mkdir /tmp/hostpath_pv
  mount -n --bind $W/volumes /tmp/hostpath_pv
  # kubelet, containerd and CNI have these paths built in.
  mount -n --bind $W/logs /var/log
  mkdir -p /var/lib/cni
  mount -n -t tmpfs tmpfs /var/lib/cni
  : >/run/resolv.conf # no name server: names that pods do not know fail at once
  mount -n --make-rshared /
}

network() {
  ip link set lo up
  until ip link show outside >/dev/null 2>&1; do sleep 0.02; done
  ip address add "$address/30" dev outside
  ip link set outside up
  ip route add default via "$net.$WOLKENAMT_INDEX.1"
  # The Ingress has an address of its own; the rest of the range exists only in kube-proxy's rules. An address that nobody
  # publishes is refused at once instead of travelling in circles.
  ip address add "$net.$WOLKENAMT_INDEX.10/32" dev lo
  ip route add unreachable "$net.$WOLKENAMT_INDEX.0/24"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
  echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
  customer_network
}

# The customer's network (client.sh) reaches what is published and nothing else: no API server, no node, no pod by itself.
customer_network() {
  ip link add customers type bridge
  ip address add 192.168.213.1/24 dev customers
  ip link set customers up
  nft -f - <<END
table ip wolkenamt {
  chain input {
    type filter hook input priority 0;
    iifname "customers" ip daddr $net.$WOLKENAMT_INDEX.10 tcp dport { 80, 443 } accept
    iifname "customers" ct state established,related accept
    iifname "customers" ip protocol icmp accept
    iifname "customers" reject
  }
  chain forward {
    type filter hook forward priority 0;
    iifname "customers" ct status dnat accept
    iifname "customers" reject
  }
}
END
}

# launch NAME COMMAND…: in the background, with a log of its own that never grows without end.
launch() {
  local log=$W/logs/$1.log
  shift
  [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -lt 20000000 ] || mv "$log" "$log.old"
  echo "--- $(date -u +%FT%TZ) start" >>"$log"
  "$@" >>"$log" 2>&1 &
}

wait_for() {
  local what=$1
  shift
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "$what did not come up within a minute; see its log in $WOLKENAMT_DATA/logs"
}

control_plane() {
  launch etcd "/run/bin/${bin_etcd##*/}/etcd" --name default --data-dir $W/etcd --log-level warn --auto-compaction-retention 1 \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster default=http://127.0.0.1:2380 ${WOLKENAMT_ETCD_NO_FSYNC:+--unsafe-no-fsync}
  wait_for etcd curl -sf http://127.0.0.1:2379/readyz
  launch kube-apiserver "$bin/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
    --bind-address "$address" --advertise-address "$address" --secure-port 6443 \
    --tls-cert-file $W/pki/apiserver.crt --tls-private-key-file $W/pki/apiserver.key --client-ca-file $W/pki/ca.crt \
    --kubelet-client-certificate $W/pki/apiserver-kubelet-client.crt --kubelet-client-key $W/pki/apiserver-kubelet-client.key \
    --kubelet-certificate-authority $W/pki/ca.crt --kubelet-preferred-address-types InternalIP \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file $W/pki/service-accounts.pub \
    --service-account-signing-key-file $W/pki/service-accounts.key --service-cluster-ip-range "$service_cidr" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged=true \
    --profiling=false --audit-log-path=
  wait_for kube-apiserver curl -sf --cacert $W/pki/ca.crt "https://$address:6443/readyz"
  launch kube-controller-manager "$bin/kube-controller-manager" --kubeconfig $W/pki/controller-manager.kubeconfig \
    --use-service-account-credentials=true --leader-elect=false --bind-address 127.0.0.1 \
    --service-account-private-key-file $W/pki/service-accounts.key --root-ca-file $W/pki/ca.crt \
    --cluster-signing-cert-file $W/pki/ca.crt --cluster-signing-key-file $W/pki/ca.key \
    --enable-hostpath-provisioner=true --pvclaimbinder-sync-period 2s --node-monitor-period 1s --profiling=false \
    ${WOLKENAMT_CONTROLLERS:+--controllers="$WOLKENAMT_CONTROLLERS"} \
    ${WOLKENAMT_NODE_GRACE:+--node-monitor-grace-period="$WOLKENAMT_NODE_GRACE"} \
    ${WOLKENAMT_API_QPS:+--kube-api-qps="$WOLKENAMT_API_QPS" --kube-api-burst="$WOLKENAMT_API_QPS"}
  launch kube-scheduler "$bin/kube-scheduler" --kubeconfig $W/pki/scheduler.kubeconfig --leader-elect=false \
    --bind-address 127.0.0.1 --profiling=false
}

# An image is imported once per data folder; a recipe that changed has another key.
import_images() {
  local key marker=$W/containerd/wolkenamt-images keys=("pause-${bin_apps##*-}" "${bin_apps##*/}")
  mkdir -p "$marker"
  [[ $engines != *cnpg* ]] || keys+=("cnpg-instance-${bin_stand_ins##*-}" "$(postgresql_key)")
  [[ $engines != *kubevirt* ]] || keys+=("$(launcher_key)")
  for key in "${keys[@]}"; do
    [ -e "$marker/$key" ] && continue
    "$containerd/ctr" -n k8s.io images import --snapshotter overlayfs "/run/images/$key.tar" >>$W/logs/images.log 2>&1 || fail "image $key was not imported"
    touch "$marker/$key"
  done
}

container_runtime() {
  wait_for containerd "$containerd/ctr" version
  import_images
}

write_node_configuration() {
  mkdir -p /run/cni
  cat >/run/containerd.toml <<END
version = 3
root = "$W/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.blockfile", "io.containerd.nri.v1.nri"]
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "localhost/wolkenamt/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
  # Where the machine lacks CAP_SYS_RESOURCE every pod would fail otherwise.
  restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["/usr/lib/cni"]
  conf_dir = "/run/cni"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = false
END
  # Addresses are handed out anew after each start: no pod of before is alive.
  cat >/run/cni/10-bridge.conflist <<END
{"cniVersion": "1.0.0", "name": "wolkenamt", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "/run/cni-addresses", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
  cat >/run/kubelet.yaml <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $W/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $W/pki/kubelet-server.crt
tlsPrivateKeyFile: $W/pki/kubelet-server.key
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: $cgroup
enforceNodeAllocatable: [none]
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
localStorageCapacityIsolation: false
failSwapOn: false
makeIPTablesUtilChains: false
serializeImagePulls: false
# No registry could bring an image back.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: "1%"}
podLogsDir: /var/log/pods
maxPods: 250
resolvConf: /run/resolv.conf
# A changed Secret or ConfigMap reaches a mounted file within this time.
syncFrequency: 10s
END
  cat >/run/kube-proxy.yaml <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
bindAddress: $address
clientConnection: {kubeconfig: $W/pki/proxy.kubeconfig}
clusterCIDR: $pod_cidr
hostnameOverride: $node
conntrack: {maxPerCore: 0}
nftables: {minSyncPeriod: 100ms, syncPeriod: 30s}
END
}

# A cgroup of its own keeps several kubelets on one machine from cleaning up after each other.
cgroups() {
  local hierarchy
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$hierarchy/cgroup.procs" ] || continue
    [ -d "$hierarchy$cgroup" ] && find "$hierarchy$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    mkdir -p "$hierarchy$cgroup"
    # cgroup v1: an empty cpuset takes no process.
    if [ -e "$hierarchy/cpuset.cpus" ] && [ ! -e "$hierarchy/cgroup.controllers" ]; then
      cat "$hierarchy/cpuset.cpus" >"$hierarchy$cgroup/cpuset.cpus"
      cat "$hierarchy/cpuset.mems" >"$hierarchy$cgroup/cpuset.mems"
    fi
    # Otherwise all pods together would weigh as much as one busy thread of the machine, a compiler's for example.
    [ ! -e "$hierarchy$cgroup/cpu.shares" ] || echo 8192 >"$hierarchy$cgroup/cpu.shares"
    [ ! -e "$hierarchy$cgroup/cpu.weight" ] || echo 800 >"$hierarchy$cgroup/cpu.weight"
  done
}

real_node() {
  launch kube-proxy "$bin/kube-proxy" --config /run/kube-proxy.yaml
  launch kubelet "$bin/kubelet" --config /run/kubelet.yaml --kubeconfig $W/pki/node.kubeconfig --root-dir $W/kubelet \
    --hostname-override "$node" --node-ip "$address"
}

simulated_node() {
  "${kubectl[@]}" apply -f - >>$W/logs/base.log <<END
apiVersion: v1
kind: Node
metadata: {name: $node, annotations: {kwok.x-k8s.io/node: fake}, labels: {kubernetes.io/hostname: $node, kubernetes.io/os: linux, kubernetes.io/arch: amd64}}
status: {capacity: {cpu: "8", memory: 32Gi, pods: "250"}, allocatable: {cpu: "8", memory: 32Gi, pods: "250"}}
END
  launch kwok "/run/bin/${bin_kwok##*/}/kwok" --kubeconfig $W/kubeconfig --manage-all-nodes=true --node-ip "$address"
}

# Ready and without the taint that keeps pods away from a node that was not.
node_ready() {
  [ "$("${kubectl[@]}" get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}{.spec.taints}')" = True ]
}

# The Node object of the last run says Ready until the kubelet writes anew: readiness counts from this start on.
forget_old_readiness() {
  "${kubectl[@]}" patch node "$node" --subresource status --type strategic \
    -p '{"status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"Restarted"}]}}' >/dev/null 2>&1 || true
}

stop() {
  trap '' TERM
  # Everything gets a signal at once; databases end by their own rules or recover from their log, so nobody waits for long.
  kill -TERM -1 2>/dev/null || true
  for _ in $(seq 30); do
    [ "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" -le 3 ] && break
    sleep 0.1
  done
  exit 0
}

# A function is read as a whole before it runs: a changed file cannot confuse a running cluster.
main() {
  # A proxy of the machine knows nothing of the addresses in here.
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  trap stop TERM
  mounts
  bin=/run/bin/${bin_kubernetes##*/}
  containerd=/run/bin/${bin_containerd##*/}
  kubectl=("$bin/kubectl" --kubeconfig $W/kubeconfig)
  network
  runtime=
  if [ "$nodes" = real ]; then
    cgroups
    write_node_configuration
    PATH=$containerd:$PATH launch containerd "$containerd/containerd" --config /run/containerd.toml --log-level warn
    container_runtime &
    runtime=$!
  fi
  control_plane
  forget_old_readiness
  "${kubectl[@]}" apply --server-side --force-conflicts -f "$cluster_dir/base.yaml" >>$W/logs/base.log 2>&1 || fail "base.yaml was not applied"
  # A bench that plays addresses itself must not pay for a program that looks at all Services with every change.
  [ "${WOLKENAMT_NETWORK:-}" = none ] || launch network-stand-in "/run/bin/${bin_stand_ins##*/}/network-stand-in" --kubeconfig $W/pki/network-stand-in.kubeconfig \
    --addresses "$net.$WOLKENAMT_INDEX.11-$net.$WOLKENAMT_INDEX.250" --ingress-address "$net.$WOLKENAMT_INDEX.10" \
    --ca-certificate $W/pki/location.crt --ca-key $W/pki/location.key --hosts-file $W/hosts --volumes /tmp/hostpath_pv
  if [ "$nodes" = real ]; then
    wait "$runtime" || fail "the container runtime did not come up"
    real_node
  else
    simulated_node
  fi
  wait_for "node $node" node_ready
  touch $W/ready
  # One program that ends is a broken cluster: better to end as a whole, visibly.
  wait -n || true
  fail "a program of cluster $node ended unexpectedly; see $WOLKENAMT_DATA/logs"
}
main
