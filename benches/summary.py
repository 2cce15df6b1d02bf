"""Keeps what criterion measured, and writes the tables of README.md from the newest result files.

    python benches/summary.py criterion [DOMAIN]   reads target/criterion, writes results/criterion-DATE.json
    python benches/summary.py readme               writes the tables between the markers of README.md

With a domain, what was run is kept as results/criterion-DOMAIN-DATE.json, beside the file of all.

No figure in README.md is typed by hand. Only the standard library is used.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

import machine

README = machine.ROOT / "benches" / "README.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
DOMAINS = ["sla", "cmdb", "anomaly", "event", "operations"]
# Results of benchmarks that were renamed or removed stay in target/criterion.
STALE_S = 3 * 3600


def criterion(domain: str = "") -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", machine.ROOT / "target"))
    files = sorted(target.glob("criterion/**/new/estimates.json"))
    if not files:
        sys.exit(f"nothing under {target / 'criterion'}: run `cargo bench -p itom-benches` first")
    newest = max(file.stat().st_mtime for file in files)
    fresh = [file for file in files if newest - file.stat().st_mtime < STALE_S]
    document = machine.header("-".join(["criterion", domain]).rstrip("-"))
    document["versions"] = {
        "rustc": machine.said(["rustc", "--version"]).split()[1],
        "criterion": locked("criterion"),
        "itom-core": locked("itom-core"),
    }
    document["timing"] = "wall time, median with its 95 % confidence interval"
    document["rows"] = [benchmark(file) for file in fresh]
    return machine.keep(document)


def locked(package: str) -> str:
    lines = (machine.ROOT / "Cargo.lock").read_text(encoding="utf-8").splitlines()
    at = lines.index(f'name = "{package}"')
    return lines[at + 1].split('"')[1]


def benchmark(file: Path) -> dict:
    median = json.loads(file.read_text(encoding="utf-8"))["median"]
    about = json.loads((file.parent / "benchmark.json").read_text(encoding="utf-8"))
    throughput = about["throughput"] or {}
    interval = median["confidence_interval"]
    return {
        "benchmark": about["full_id"],
        "median_ns": median["point_estimate"],
        "lower_ns": interval["lower_bound"],
        "upper_ns": interval["upper_bound"],
        "elements": throughput.get("Elements"),
    }


# ---- tables -------------------------------------------------------------------------------------


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown; the first column is text, the others are figures."""
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


def figure(x: float) -> str:
    """Three digits that say something."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def duration(ns: float) -> str:
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{figure(ns / size)} {unit}"
    return f"{figure(ns)} ns"


def criterion_table(document: dict) -> str:
    rows = []
    for row in document["rows"]:
        count = row["elements"]
        each = duration(row["median_ns"] / count) if count and count > 1 else ""
        spread = f"{duration(row['lower_ns'])} – {duration(row['upper_ns'])}"
        name = row["benchmark"].replace("|", "\\|")
        rows.append([name, duration(row["median_ns"]), spread, f"{count:,}" if each else "", each])
    head = ["benchmark", "median", "95 % interval", "elements", "each element"]
    return origin(document) + "\n\n" + table(head, rows)


def peers_tables(document: dict) -> str:
    rows = []
    for row in document["rows"]:
        same = {True: "yes", False: "NO"}.get(row["same_answer"], "no single answer")
        ratio = f"{figure(row['ratio'])} ({figure(row['ratio_least'])} – {figure(row['ratio_most'])})"
        ours, peer = (duration(1e3 * row[f"{who}_us_per_unit"]) for who in ("ours", "peer"))
        work = row["work"] + (f" ({row['note']})" if row["note"] else "")
        rows.append([escaped(work), escaped(row["peer"]), ours, peer, ratio, same])
    head = ["work", "peer", "itom, each", "peer, each", "times as fast (least – most)", "same answer"]
    parts = [origin(document), table(head, rows)]
    if document["nab"]:
        head = ["detector, NAB standard profile", "score", "windows hit", "false positives", "points/s"]
        parts.append(table(head, [nab_row(row) for row in document["nab"]]))
    parts += [f"Skipped: {entry['peer']}: {entry['why']}." for entry in document["skipped"]]
    return "\n\n".join(parts)


def figures_tables(document: dict) -> str:
    calls = [
        [row["work"], duration(statistics.median(row["each_ns"])), duration(min(row["each_ns"])),
         duration(max(row["each_ns"]))]
        for row in document["calls"]
    ]
    memory = [
        [row["what"], f"{row['bytes']:,}", f"{row['units']:,}", figure(row["bytes"] / row["units"])]
        for row in document["memory"]
    ]
    return "\n\n".join([
        origin(document),
        table(["call from C", "median", "least", "most"], calls),
        table(["in memory", "bytes", "how many", "bytes each"], memory),
    ])


def nab_row(row: dict) -> list[str]:
    speed = row["points_per_second"]
    hit = f"{row['windows_hit']} of {row['windows']}"
    false = f"{row['false_positive_points']:,}"
    score = f"{row['nab_standard']:.1f}"
    return [escaped(row["detector"]), score, hit, false, figure(speed) if speed else ""]


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


def origin(document: dict) -> str:
    at, commit = document["machine"], document["commit"]
    state = "" if commit["clean"] else " with changes"
    versions = ", ".join(f"{name} {value}" for name, value in document["versions"].items())
    return (
        f"{document['date'][:10]}, commit {commit['hash'][:10]}{state}; {at['cpu']}, {at['cores']} cores, "
        f"{at['memory_gib']} GiB, {at['os']}, load {at['load_average'][0]}; {versions}; "
        f"{document['timing']}."
    )


def newest(kind: str) -> dict | None:
    files = sorted(machine.RESULTS.glob(f"{kind}-[0-9]*.json"))
    return json.loads(files[-1].read_text(encoding="utf-8")) if files else None


def readme() -> Path:
    parts = [machine.NOTE]
    for title, kind, render in (
        ("Peers", "peers", peers_tables),
        ("Calls from C, and memory", "figures", figures_tables),
        *((f"Criterion, {domain}", f"criterion-{domain}", criterion_table) for domain in DOMAINS),
        ("Criterion", "criterion", criterion_table),
    ):
        document = newest(kind)
        if document:
            parts += [f"### {title}", render(document)]
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    body = "\n\n".join(parts)
    README.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}", encoding="utf-8")
    return README


def main() -> int:
    steps = {"criterion": criterion, "readme": readme}
    step, domain = sys.argv[1:2], sys.argv[2:]
    domains = [[], *([own] for own in DOMAINS)] if step == ["criterion"] else [[]]
    if not step or step[0] not in steps or domain not in domains:
        sys.exit(__doc__.strip())
    print(f"wrote {steps[step[0]](*domain).relative_to(machine.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
