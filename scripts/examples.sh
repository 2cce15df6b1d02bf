#!/bin/sh
# The main job in Rust, Python and C on every bundled issue: do the three print the same bytes?
# PROFILE=release (the default) or dev. Python comes from VENV, where `make test` has put the wheel.
set -eu
cd "$(dirname "$0")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
profile=${PROFILE:-release}
target=$(absolute "${CARGO_TARGET_DIR:-target}")
[ "$profile" = dev ] && built=$target/debug || built=$target/$profile
python=${VENV:-.venv}/bin/python
out=$target/examples-out
rm -rf "$out"
mkdir -p "$out"

cargo build --quiet --profile "$profile" --example incident_room
scripts/install-c.sh "$out/prefix" >/dev/null
cc=${CC:-cc}
$cc -std=c11 -Wall -Wextra -Werror -pedantic -I"$out/prefix/include" examples/c/*.c -o "$out/incident_room_c" \
    -L"$out/prefix/lib" -litom -lm -Wl,-rpath,"$out/prefix/lib"
python_runs=no
if "$python" -c 'import itom' 2>/dev/null; then python_runs=yes; else
    echo "skipped: itom is not installed in $python, run make test-python first"
fi

same() { cmp "$out/$1" "$out/$2" || { echo "issue $issue: $1 and $2 differ"; exit 1; }; }
run() { # run NAME COMMAND...: JSON, text and HTML of one issue
    name=$1
    shift
    "$@" --issue "$issue" --json >"$out/$name.json"
    (cd "$out" && "$@" --issue "$issue" --html page.html --data "$data" \
        --definition "$data/definition.json") >"$out/$name.txt"
    mv "$out/page.html" "$out/$name.html"
}

data=$PWD/examples/data/petshop
python=$(absolute "$python")
for folder in examples/data/petshop/high_traffic/train/issue_*; do
    issue=${folder##*_}
    run rust "$built/examples/incident_room"
    run c "$out/incident_room_c"
    [ "$python_runs" = no ] || run python "$python" "$PWD/examples/python/incident_room.py"
    for kind in json txt html; do
        same rust.$kind c.$kind
        [ "$python_runs" = no ] || same rust.$kind python.$kind
    done
    echo "issue $issue: $(sed -n 2,3p "$out/rust.txt" | tr '\n' ' ')"
done
echo "the incident room prints the same bytes in Rust, C$([ "$python_runs" = no ] || echo " and Python")"
