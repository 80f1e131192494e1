#!/usr/bin/env bash
# `make journey`: see journey.mjs.
set -euo pipefail
exec node "$(dirname "${BASH_SOURCE[0]}")/journey.mjs"
