# The packages of package-lock.json, installed once beside other caches. Sourced; needs `cache` of tests/cluster/settings.sh.
# Exports WOLKENAMT_NODE_MODULES, the folder that contains node_modules.

browser_packages() {
  local here key
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  key=$(sha256sum "$here/package-lock.json" | cut -c1-12)
  export WOLKENAMT_NODE_MODULES=$cache/browser/$key
  [ -e "$WOLKENAMT_NODE_MODULES/done" ] && return
  mkdir -p "$WOLKENAMT_NODE_MODULES"
  cp "$here/package.json" "$here/package-lock.json" "$WOLKENAMT_NODE_MODULES"
  (cd "$WOLKENAMT_NODE_MODULES" && npm ci --no-audit --no-fund && touch done) >&2
}
