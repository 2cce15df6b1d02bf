#!/bin/sh
# All tests, step by step; at the end a summary of what ran and what was skipped and why.
set -u
cd "$(dirname "$0")/.."
logs=${CARGO_TARGET_DIR:-target}/test-logs
rm -rf "$logs"
mkdir -p "$logs"
failed=

echo "The first run compiles everything, which takes some minutes for each step."
for step in rust python c; do
    echo "== $step"
    { scripts/test-$step.sh 2>&1 || echo "$step" >"$logs/$step.failed"; } | tee "$logs/$step.log"
    [ ! -e "$logs/$step.failed" ] || failed="$failed $step"
done

echo
echo "== summary"
for step in rust python c; do
    [ -e "$logs/$step.failed" ] && how=FAILED || how=passed
    echo "$step: $how"
    grep -hE '^ *Summary|^test result:|^[0-9]+ passed|^.* [0-9]+ passed|: [0-9]+ checks|^Success: no issues' "$logs/$step.log" |
        sort | uniq -c | sed 's/^ *\([0-9]*\) /    \1x /; s/    1x */    /'
    grep -hiE '^skipped|^SKIPPED' "$logs/$step.log" | sort -u | sed 's/^/    /'
done
[ -n "$failed" ] || exit 0

# Last, where whoever is shown only the end finds it.
for step in $failed; do
    echo
    echo "== the end of the log of $step"
    tail -n 15 "$logs/$step.log"
done
echo "failed:$failed"
exit 1
