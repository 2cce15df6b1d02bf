#!/bin/sh
# Rust tests and doctests of everything but the Python crate, which is tested from Python. With
# WITHOUT_DOCTESTS=1 only the tests.
set -eu
cd "$(dirname "$0")/.."
# The same random cases every time, so that what fails is what changed; `make laws` draws others.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-1}"
packages="--workspace --exclude itom-py --exclude itom-benches --all-features"

# shellcheck disable=SC2086 # the packages are several words
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --cargo-quiet --status-level fail --no-fail-fast --no-tests pass $packages
else
    cargo test --quiet --tests --lib $packages
fi
# shellcheck disable=SC2086
[ -n "${WITHOUT_DOCTESTS:-}" ] || cargo test --quiet --doc $packages
[ -n "${ITOM_DATA:-}" ] || echo "skipped: tests on the public data sets, set ITOM_DATA to their folder"
