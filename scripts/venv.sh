#!/bin/sh
# Makes the virtual environment with the tools of the Python tests, unless it is there already.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}
requirements=itom-py/requirements-test.txt

if [ ! -x "$venv/bin/python" ]; then
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "$python is $("$python" --version 2>&1); itom needs 3.11 or later: set PYTHON"
        exit 1
    }
    "$python" -m venv "$venv"
fi
if ! cmp -s "$requirements" "$venv/installed.txt"; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/installed.txt"
fi
