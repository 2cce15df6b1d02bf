#!/bin/sh
# Builds libitom and runs every C test against the shared and the static library, plain and, where
# valgrind is installed, under it; then installs it and builds against what pkg-config says.
# FEATURES limits the build to some domains: FEATURES=sla,cmdb. SLA_CASES names more case files of
# the form of testdata/sla/sla_cases.json; the ones in ITOM_DATA/sla are run where that is set.
set -eu
cd "$(dirname "$0")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
target=$(absolute "${CARGO_TARGET_DIR:-target}")
lib=$target/debug
work=$target/c-tests
cc=${CC:-cc}
flags="-std=c11 -Wall -Wextra -Werror -pedantic -g -Iitom-ffi/include"
has() { command -v "$1" >/dev/null; }

features=
[ -z "${FEATURES:-}" ] || features="--no-default-features --features $FEATURES"
# shellcheck disable=SC2086 # the features are several words
cargo build --quiet -p itom-ffi $features
mkdir -p "$work"
ln -sf libitom.so "$lib/libitom.so.0"

# What the library exports is what abi/symbols.txt locks; tests/header.rs compares it with the header.
if [ -z "${FEATURES:-}" ] && has nm; then
    nm -D --defined-only "$lib/libitom.so" | awk '{print $3}' | LC_ALL=C sort >"$work/exported.txt"
    grep -o 'itom_[a-z0-9_]*(' itom-ffi/abi/symbols.txt | tr -d '(' | LC_ALL=C sort >"$work/locked.txt"
    diff "$work/locked.txt" "$work/exported.txt" || { echo "exported symbols differ from the lock"; exit 1; }
fi

# The foreign formats are features of their own inside the domain sla.
case ",${FEATURES:-ical}," in *",ical,"*) flags="$flags -DITOM_HAS_ICAL" ;; esac
case ",${FEATURES:-opening_hours}," in *",opening_hours,"*) flags="$flags -DITOM_HAS_OPENING_HOURS" ;; esac

# The programs in the header are whole ones, and work.
awk -v folder="$work" '/^ \*     #include/ && !on { on = 1; file = folder "/header_" ++count ".c"; printf "" >file }
    on { sub(/^ \*     /, "") || sub(/^ \*/, ""); print >file }
    on && /^}/ { on = 0; close(file) }' itom-ffi/include/itom.h
for source in "$work"/header_*.c; do
    # shellcheck disable=SC2086
    $cc $flags "$source" -o "$work/header_program" -L"$lib" -litom -Wl,-rpath,"$lib"
    "$work/header_program"
done

# The shared SLA cases as lines that C reads: of the file here, and of others of its form.
python=${VENV:-.venv}/bin/python
[ -x "$python" ] || python=$(command -v python3 || true)
lines=
case_lines() {
    lines=
    for file in testdata/sla/sla_cases.json "${ITOM_DATA:-/nowhere}"/sla/*.json ${SLA_CASES:-}; do
        [ -e "$file" ] || continue
        [ -z "$lines" ] || ! cmp -s "$file" testdata/sla/sla_cases.json || continue
        "$python" itom-ffi/tests/sla_case_lines.py "$file" >"$work/$(basename "$file" .json).tsv"
        lines="$lines $work/$(basename "$file" .json).tsv"
    done
}

sources=
for source in itom-ffi/tests/c/test_*.c; do
    name=$(basename "$source" .c)
    # test_sla.c and test_sla_ledger.c are both of the domain sla.
    domain=${name#test_}
    domain=${domain%%_*}
    case ",${FEATURES:-$domain},basics," in
        *",$domain,"*) ;;
        *) continue ;;
    esac
    if [ "$name" = test_sla_cases ]; then
        [ -n "$python" ] || { echo "skipped: python is not installed, the shared SLA cases did not run in C"; continue; }
        [ -n "${ITOM_DATA:-}" ] || echo "skipped: set ITOM_DATA to the folder with sla/sla_random_cases.json to run those in C"
        case_lines
    fi
    sources="$sources $source"
done
# The slowest first, as many at a time as there are processors: valgrind takes most of the time.
export cc flags lib work lines
# shellcheck disable=SC2086 # the sources are several words
ls -S $sources | xargs -P "$(nproc 2>/dev/null || echo 1)" -n 1 scripts/test-c-one.sh

# Every function of sla with arguments that it should not get: HOSTILE_CALLS=100000 HOSTILE_SEED=7.
case ",${FEATURES:-sla}," in *",sla,"*)
    if [ -n "$python" ] && has nm; then
        nm -D --defined-only "$lib/libitom.so" | awk '{print $3}' |
            "$python" itom-ffi/tests/hostile/calls.py >"$work/hostile_calls.c"
        # shellcheck disable=SC2086
        $cc $flags -Iitom-ffi/tests/hostile "$work/hostile_calls.c" -o "$work/hostile_calls" \
            -L"$lib" -litom -lm -Wl,-rpath,"$lib"
        "$work/hostile_calls" "${HOSTILE_CALLS:-5000}" "${HOSTILE_SEED:-1}"
        ! has valgrind || valgrind -q --error-exitcode=9 --leak-check=full "$work/hostile_calls" 200 2
    else
        echo "skipped: python or nm is not installed, no hostile calls were made"
    fi ;;
esac
has valgrind || echo "skipped: valgrind is not installed, the C tests ran without it"

if [ -n "${FEATURES:-}" ]; then
    :
elif has pkg-config; then
    PROFILE=dev scripts/install-c.sh "$work/prefix"
    export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"
    # shellcheck disable=SC2046
    $cc itom-ffi/tests/c/test_basics.c -o "$work/installed" $(pkg-config --cflags --libs itom)
    LD_LIBRARY_PATH="$work/prefix/lib" "$work/installed"
else
    echo "skipped: pkg-config is not installed, itom.pc was not tried"
fi
