# A cluster of somebody else under `make run`: WOLKENAMT_KUBECONFIG. Sourced by one-machine.sh.
# It owns the confirmation, and that a home and a cluster belong together; it starts nothing and plays nothing.

foreign_kubectl() { "$kubectl" --kubeconfig "$WOLKENAMT_KUBECONFIG" --request-timeout 10s "$@"; }

# Which cluster it is, however it is reached: the namespace kube-system lives as long as its cluster.
foreign_identity() { foreign_kubectl get namespace kube-system -o 'jsonpath={.metadata.uid}'; }

# Says what will happen to which cluster, and goes on only if a person at a terminal types yes.
confirm_foreign() {
  local answer= identity server nodes_seen
  [ -r "$WOLKENAMT_KUBECONFIG" ] || fail "WOLKENAMT_KUBECONFIG: cannot read $WOLKENAMT_KUBECONFIG"
  WOLKENAMT_KUBECONFIG=$(realpath "$WOLKENAMT_KUBECONFIG")
  [ -x "$kubectl" ] || kubectl=$(command -v kubectl) || { "$cluster_dir/build.sh" kubectl; }
  server=$(foreign_kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}') && [ -n "$server" ] ||
    fail "WOLKENAMT_KUBECONFIG: $WOLKENAMT_KUBECONFIG names no cluster"
  identity=$(foreign_identity) && [ -n "$identity" ] || fail "WOLKENAMT_KUBECONFIG: the cluster at $server does not answer"
  nodes_seen=$(foreign_kubectl get nodes -o name | wc -l)
  cat >&2 <<TEXT
The operator will work in the cluster at $server ($nodes_seen nodes, kubeconfig $WOLKENAMT_KUBECONFIG):
it installs the definition of Booking and creates namespaces that begin with wa-, databases, applications and volumes.
Nothing is played there. What was booked stays in it when this ends.
TEXT
  [ -t 0 ] || fail "nothing was done: a confirmation has to be typed at a terminal"
  read -r -p "Go on? Type yes: " answer || true
  [ "$answer" = yes ] || fail "nothing was done"
  if [ -e "$home/foreign-cluster" ]; then
    [ "$(cat "$home/foreign-cluster")" = "$identity" ] ||
      fail "nothing was done: the bookings in $home belong to another cluster; WOLKENAMT_HOME moves, make reset forgets them"
  elif compgen -G "$home/clusters/*/etcd" >/dev/null; then
    fail "nothing was done: the bookings in $home belong to clusters of this machine; WOLKENAMT_HOME moves, make reset forgets them"
  fi
  mkdir -p "$home"
  echo "$identity" >"$home/foreign-cluster"
}

# The other way round: bookings of a foreign cluster are not provisioned a second time on this machine.
refuse_mixture() {
  [ ! -e "$home/foreign-cluster" ] ||
    fail "the bookings in $home belong to a cluster of WOLKENAMT_KUBECONFIG; WOLKENAMT_HOME moves, make reset forgets them"
}
