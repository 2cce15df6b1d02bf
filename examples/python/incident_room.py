"""The incident room: an incident of the PetShop data from raw metrics to one explained report.

    python examples/python/incident_room.py [--issue N] [--scenario NAME] [--split NAME]
        [--data DIR] [--definition FILE] [--html FILE] [--json]

The same job as `cargo run --release --example incident_room`, with the same bytes as result.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import itom
from petshop import BUNDLED, PetShop


def investigate(definition: str, petshop: PetShop) -> itom.Report | None:
    """Topology and observations in, the report of the issue's incident out."""
    operations = itom.Operations(definition, cmdb=petshop.cmdb())
    for metrics in (petshop.normal, petshop.odd):
        for row in metrics.observations():
            operations.ingest(row)
    operations.advance(petshop.end)
    incident = operations.worst_incident(petshop.issue_start)
    return None if incident is None else operations.report(incident, petshop.end)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=BUNDLED, help="folder of the data set")
    parser.add_argument("--scenario", default="high_traffic")
    parser.add_argument("--split", default="train")
    parser.add_argument("--issue", default="0")
    parser.add_argument("--definition", type=Path, default=BUNDLED / "definition.json")
    parser.add_argument("--html", type=Path, default=Path("incident.html"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    petshop = PetShop(options.data, options.scenario, options.split, options.issue)
    report = investigate(options.definition.read_text(encoding="utf-8"), petshop)
    if report is None:
        print("incident_room: no incident was found in the rows of the issue", file=sys.stderr)
        return 1
    if options.json:
        print(report.to_json())
        return 0
    options.html.write_text(report.to_html(), encoding="utf-8")
    print(report.to_text(colour=sys.stdout.isatty()), end="")
    print(f"\nThe same with pictures: {options.html}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
