"""What criterion does not measure: calls from C, and memory. Keeps results/figures-DATE.json.

    python benches/figures.py

Builds the library as it is released, and needs a C compiler. Only the standard library is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import machine

HERE = machine.ROOT / "benches"


def lines(command: list[str | Path]) -> list[dict]:
    """What a program printed, a document a line."""
    said = subprocess.run(command, cwd=machine.ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]


def calls() -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        prefix, program = Path(folder) / "prefix", Path(folder) / "calls"
        subprocess.run([machine.ROOT / "scripts/install-c.sh", prefix], check=True, stdout=sys.stderr)
        library = prefix / "lib"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-std=c11", "-O2", HERE / "calls.c", "-o", program]
            + [f"-I{prefix / 'include'}", f"-L{library}", "-litom", f"-Wl,-rpath,{library}"],
            check=True,
        )
        return lines([program])


def main() -> int:
    document = machine.header("figures")
    document["versions"] = {"rustc": machine.said(["rustc", "--version"]).split()[1]}
    document["timing"] = "processor time"
    document["calls"] = calls()
    document["memory"] = lines(["cargo", "bench", "-q", "-p", "itom-benches", "--bench", "memory"])
    print(f"kept {machine.keep(document).relative_to(machine.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
