"""Where and on what a result was measured, and where it is kept."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benches" / "results"
NOTE = (
    "Measured on a shared virtual machine while other programs ran: figures of one file can be "
    "compared with each other, hardly with those of another file. Ratios matter."
)


def machine() -> dict:
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "os": platform.platform(),
        "load_average": [round(x, 2) for x in os.getloadavg()],
    }


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def commit() -> dict:
    """The commit, and whether files that are compiled differed from it."""
    compiled = ["Cargo.toml", "Cargo.lock", "itom-core", "itom-arrow", "itom-py", "benches/benches"]
    changed = said(["git", "status", "--porcelain", "--", *compiled])
    return {"hash": said(["git", "rev-parse", "HEAD"]), "clean": changed == ""}


def said(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def header(kind: str) -> dict:
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    return {
        "kind": kind,
        "date": now.isoformat(),
        "commit": commit(),
        "machine": machine(),
        "note": NOTE,
    }


def keep(document: dict) -> Path:
    """Writes results/KIND-DATE.json; a second result of a day replaces the first."""
    path = RESULTS / f"{document['kind']}-{document['date'][:10]}.json"
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
