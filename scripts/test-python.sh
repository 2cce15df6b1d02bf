#!/bin/sh
# Builds the wheel, installs it into a virtual environment and runs the Python tests and the stub
# check. VENV names the environment (default .venv), FEATURES limits the build to some domains
# (FEATURES=sla,cmdb, then the stub check is left out), arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
venv=$(realpath -m "${VENV:-.venv}")
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR="$target" VIRTUAL_ENV="$venv" PYO3_PYTHON="$venv/bin/python"

if [ ! -x "$venv/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
fi
requirements=itom-py/requirements-test.txt
if ! cmp -s "$requirements" "$venv/installed.txt"; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/installed.txt"
fi

wheels=$target/wheels-${FEATURES:-all}
rm -rf "$wheels"
if [ -n "${FEATURES:-}" ]; then features="--no-default-features --features $FEATURES"; else features=; fi
# shellcheck disable=SC2086 # the features are several words
"$venv/bin/maturin" build --quiet --profile dev -m itom-py/Cargo.toml -o "$wheels" $features
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl

cd itom-py
"$venv/bin/python" -m pytest -q -rs "$@"
if [ -z "${FEATURES:-}" ]; then
    "$venv/bin/python" -m mypy.stubtest itom --allowlist stubtest-allow.txt
fi
