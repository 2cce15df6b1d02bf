"""itom and its peers on the same work, in the same process, by turns.

    python benches/peers.py [--repeats N] [--only DOMAIN] [--no-file]

A row is one piece of work. Its timings are processor time, taken in pairs (ours, peer, ours, peer
...); the ratio is the median of the pairs' ratios. Where the work has one answer, both answers are
compared, and the script fails if they differ. With ITOM_DATA naming the data folder, the anomaly
detectors are also scored on the Numenta Anomaly Benchmark and a log of incidents is replayed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path

import numpy as np

import itom
import machine
from peers_anomaly import anomaly, looking_back, nab_scores
from peers_cmdb import cmdb
from peers_race import Race
from peers_sla import sla

PEERS = ["businesstimedelta", "business_duration", "pandas", "networkx", "rustworkx", "river", "ruptures", "statsmodels"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=["sla", "cmdb", "anomaly"], help="one domain; keeps no file")
    parser.add_argument("--no-file", action="store_true", help="print only, keep nothing")
    options = parser.parse_args()
    data = os.environ.get("ITOM_DATA")
    nab = Path(data) / "nab" if data else None
    race, document = Race(options.repeats), machine.header("peers")
    chosen = lambda domain: options.only in (None, domain)
    if chosen("sla"):
        sla(race, Path(data) / "incidents/incident_event_log.csv.gz" if data else None)
    if chosen("cmdb"):
        cmdb(race)
    scores = []
    if chosen("anomaly"):
        anomaly(race, nab)
        looking_back(race, nab)
        if nab:
            scores = nab_scores(race, nab, race.peer("river"))
        else:
            race.skipped.append({"peer": "NAB scores", "why": "ITOM_DATA is not set"})
    race.skipped.append({
        "peer": "event", "why": "no correlator of events was found among the Python packages"})
    document["versions"] = {
        "itom": itom.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    } | {name: importlib.metadata.version(name) for name in PEERS if importlib.util.find_spec(name)}
    document["machine"]["load_average_after"] = [round(x, 2) for x in os.getloadavg()]
    document |= {"timing": "processor time", "rows": race.rows, "nab": scores, "skipped": race.skipped}
    if not options.no_file and not options.only:
        print(f"kept {machine.keep(document).relative_to(machine.ROOT)}")
    from summary import peers_tables

    print(peers_tables(document))
    wrong = [row["work"] for row in race.rows if row["same_answer"] is False]
    for work in wrong:
        print(f"the answers differ: {work}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
