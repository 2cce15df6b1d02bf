#!/bin/sh
# The main job in Rust, Python and C on every bundled issue, and whether the three agree to the last
# byte. Python's runs if `make test-python` has installed the package into the virtual environment.
set -eu
cd "$(dirname "$0")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
target=$(absolute "${CARGO_TARGET_DIR:-target}")
venv=$(absolute "${VENV:-.venv}")
work=$target/examples-run
rm -rf "$work"
mkdir -p "$work"

# Runs the job on $issue twice: for the record, and for the page and the text.
run() {
    name=$1
    shift
    "$@" --issue "$issue" --json >"$work/$name.json"
    "$@" --issue "$issue" --html "$work/$name.html" | sed 's/[a-z]*\.html/page.html/' >"$work/$name.txt"
    for kind in json html txt; do
        cmp "$work/rust.$kind" "$work/$name.$kind"
    done
}

cargo build --quiet -p itom-examples --examples
PROFILE=dev scripts/install-c.sh "$work/prefix" >/dev/null
${CC:-cc} -std=c11 -Wall -Wextra -Werror -pedantic -O1 examples/c/*.c -o "$work/incident_room" \
    -I"$work/prefix/include" -L"$work/prefix/lib" -litom -lm -Wl,-rpath,"$work/prefix/lib"
python=
if "$venv/bin/python" -c 'import itom' 2>/dev/null; then
    python=$venv/bin/python
else
    echo "skipped: the Python example, itom is not installed in $venv"
fi

for folder in examples/data/petshop/high_traffic/train/issue_*; do
    issue=${folder##*_}
    run rust "$target/debug/examples/incident_room"
    run c "$work/incident_room"
    [ -z "$python" ] || run python "$python" examples/python/incident_room.py
    known=$(sed 's/.*"root_cause": {"node": "\([^"]*\)".*/\1/' "$folder/target.json")
    echo "issue $issue: $(sed -n 2,3p "$work/rust.txt" | tr '\n' ' ')(known: $known)"
done
echo "the same bytes in Rust, C${python:+ and Python}"
