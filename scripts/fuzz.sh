#!/bin/sh
# Fuzzes what parses text or restores bytes, each target for a while, from seeds made of the golden snapshots and the case file.
# SECONDS_EACH (default 10) is for how long, arguments name targets (default all); PROFILE=slice builds
# faster and runs slower than release. What it learns is kept in fuzz/corpus, what breaks in
# fuzz/artifacts.
set -eu
cd "$(dirname "$0")/../fuzz"
command -v "${CXX:-c++}" >/dev/null || { echo "skipped: fuzzing, there is no C++ compiler for libFuzzer"; exit 0; }
target=${CARGO_TARGET_DIR:-$PWD/../target}/fuzz
# Coverage as libFuzzer reads it; these flags work on the stable compiler.
export CARGO_TARGET_DIR="$target"
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"

[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml | grep -vx itom-fuzz)
profile=${PROFILE:-release}
cargo build --quiet --profile "$profile" --target "$host" --bins
python3 seeds.py
for name in "$@"; do
    mkdir -p "corpus/$name" "artifacts/$name" "seeds/$name"
    golden=
    [ "$name" != snapshot ] || golden=../itom-core/tests/golden
    log=$target/$name.log
    # shellcheck disable=SC2086 # golden is empty or a folder
    "$target/$host/$profile/$name" "corpus/$name" "seeds/$name" $golden -max_total_time="${SECONDS_EACH:-10}" \
        -timeout=10 -rss_limit_mb=2048 -artifact_prefix="artifacts/$name/" -print_final_stats=1 >"$log" 2>&1 ||
        { tail -40 "$log"; echo "fuzz: $name failed, see fuzz/artifacts/$name"; exit 1; }
    echo "fuzz: $name $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, no finding"
done
