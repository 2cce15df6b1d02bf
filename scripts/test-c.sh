#!/bin/sh
# Builds libitom and runs every C test against the shared and the static library, plain and, where
# valgrind is installed, under it. FEATURES limits the build to some domains: FEATURES=sla,cmdb.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
lib=$target/debug
work=$target/c-tests
cc=${CC:-cc}
flags="-std=c11 -Wall -Wextra -Werror -pedantic -g -Iitom-ffi/include"

if [ -n "${FEATURES:-}" ]; then
    cargo build -q -p itom-ffi --no-default-features --features "$FEATURES"
else
    cargo build -q -p itom-ffi
fi
mkdir -p "$work"
ln -sf libitom.so "$lib/libitom.so.0"

# What the library exports is what abi/symbols.txt locks (the header is compared in tests/header.rs).
if [ -z "${FEATURES:-}" ] && command -v nm >/dev/null; then
    nm -D --defined-only "$lib/libitom.so" | awk '{print $3}' | sort >"$work/exported.txt"
    grep -o 'itom_[a-z0-9_]*(' itom-ffi/abi/symbols.txt | tr -d '(' | sort >"$work/locked.txt"
    diff "$work/locked.txt" "$work/exported.txt" || { echo "exported symbols differ from the lock"; exit 1; }
fi

run() {
    if command -v valgrind >/dev/null; then
        valgrind -q --error-exitcode=9 --leak-check=full "$1"
    else
        "$1"
    fi
}

for source in itom-ffi/tests/c/test_*.c; do
    name=$(basename "$source" .c)
    domain=${name#test_}
    case ",${FEATURES:-$domain}," in
        *",$domain,"*) ;;
        *) [ "$domain" = basics ] || continue ;;
    esac
    $cc $flags "$source" -o "$work/$name-shared" -L"$lib" -litom -lm -Wl,-rpath,"$(cd "$lib" && pwd)"
    $cc $flags "$source" -o "$work/$name-static" "$lib/libitom.a" -lpthread -ldl -lm
    "$work/$name-static"
    run "$work/$name-shared"
done
command -v valgrind >/dev/null || echo "skipped: valgrind is not installed, the C tests ran without it"
