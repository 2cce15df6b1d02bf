#!/bin/sh
# Form: rustfmt, clippy and rustdoc without a warning, and each domain of the core alone.
set -eu
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets --all-features -- -D warnings
for domain in sla cmdb anomaly event store; do
    cargo check --quiet -p itom-core --no-default-features --features "$domain"
done
cargo check --quiet -p itom-core --no-default-features
RUSTDOCFLAGS="-D warnings" cargo doc --quiet -p itom-core --all-features --no-deps
echo "lint: clean"
