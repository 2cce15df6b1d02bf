#!/bin/sh
# One C test against the shared and the static library, for test-c.sh, which says where they are.
set -eu
source=$1
name=$(basename "$source" .c)
# Only the shared SLA cases read lines.
[ "$name" = test_sla_cases ] || lines=

# shellcheck disable=SC2154,SC2086 # test-c.sh sets them, and flags and lines are several words
{
    $cc $flags "$source" -o "$work/$name-shared" -L"$lib" -litom -lm -Wl,-rpath,"$lib"
    $cc $flags "$source" -o "$work/$name-static" "$lib/libitom.a" -lpthread -ldl -lm
    "$work/$name-static" $lines
    # Each holds the whole library.
    rm "$work/$name-static"
    if command -v valgrind >/dev/null; then
        valgrind -q --error-exitcode=9 --leak-check=full "$work/$name-shared" $lines
    else
        "$work/$name-shared" $lines
    fi
}
