#!/bin/sh
# Builds the wheel, installs it into a virtual environment and runs the Python tests and the stub
# check. VENV names the environment (default .venv), FEATURES limits the build to some domains
# (FEATURES=sla,cmdb, then the stub check is left out), arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
venv=$(absolute "${VENV:-.venv}")
target=$(absolute "${CARGO_TARGET_DIR:-target}")
export VENV="$venv" CARGO_TARGET_DIR="$target" PYO3_PYTHON="$venv/bin/python" VIRTUAL_ENV="$venv"
scripts/venv.sh

wheels=$target/wheels-${FEATURES:-all}
rm -rf "$wheels"
features=
[ -z "${FEATURES:-}" ] || features="--no-default-features --features $FEATURES"
# shellcheck disable=SC2086 # the features are several words
"$venv/bin/maturin" build --quiet --profile dev -m itom-py/Cargo.toml -o "$wheels" $features
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl

cd itom-py
"$venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$@"
if [ -z "${FEATURES:-}" ]; then
    "$venv/bin/python" -m mypy.stubtest itom --allowlist stubtest-allow.txt
fi
