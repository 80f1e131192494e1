#!/usr/bin/env bash
# `make journey`: see journey.mjs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/cluster/settings.sh
. tests/browser/packages.sh
browser_packages
exec node tests/journey.mjs
