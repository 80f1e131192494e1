#!/usr/bin/env bash
# The kind shared-service against a broker that is written with somebody else's library: tests/broker.sh
# What it goes through stands in operator/controller/tests/broker/main.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/target}"
WOLKENAMT_TEST_BROKER_PYTHON=$(tests/brokers/environment.sh)
export WOLKENAMT_TEST_BROKER_PYTHON
# With the whole workspace selected, features and so all artefacts are those of the Rust floor.
cargo test --quiet --workspace --test broker
