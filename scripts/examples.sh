#!/bin/sh
# The main job in Rust, Python and C, and whether the three agree to the last byte. Python's runs if
# `make test-python` has installed the package into the virtual environment.
set -eu
cd "$(dirname "$0")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
target=$(absolute "${CARGO_TARGET_DIR:-target}")
venv=$(absolute "${VENV:-.venv}")
work=$target/examples-run
rm -rf "$work"
mkdir -p "$work"

# Runs an example twice: for the record, and for the page and the text.
run() {
    name=$1
    shift
    "$@" --json >"$work/$name.json"
    "$@" --html "$work/$name.html" | sed 's/[a-z]*\.html/page.html/' >"$work/$name.txt"
    if [ "$name" = rust ]; then
        echo "rust: $(wc -c <"$work/rust.json") bytes of record, $(wc -c <"$work/rust.html") of page"
        return
    fi
    for kind in json html txt; do
        cmp "$work/rust.$kind" "$work/$name.$kind"
    done
    echo "$name: the same bytes"
}

cargo build --quiet -p itom-examples --examples
run rust "$target/debug/examples/incident_room"

PROFILE=dev scripts/install-c.sh "$work/prefix" >/dev/null
${CC:-cc} -std=c11 -Wall -Wextra -Werror -pedantic -O1 examples/c/*.c -o "$work/incident_room" \
    -I"$work/prefix/include" -L"$work/prefix/lib" -litom -lm -Wl,-rpath,"$work/prefix/lib"
run c "$work/incident_room"

if "$venv/bin/python" -c 'import itom' 2>/dev/null; then
    run python "$venv/bin/python" examples/python/incident_room.py
else
    echo "skipped: the Python example, itom is not installed in $venv"
fi
