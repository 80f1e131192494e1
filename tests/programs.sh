# The two programs, as the Rust floor of `make test` builds them. Sourced; sets $marketplace and $operator.
# The same packages and targets as there give the same features, so that after that floor nothing is compiled again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/target}
cargo build --quiet --workspace --lib --bins --tests
marketplace=$CARGO_TARGET_DIR/debug/wolkenamt
operator=$CARGO_TARGET_DIR/debug/wolkenamt-operator
