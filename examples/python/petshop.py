"""Reads the PetShop data: its call graph as a CMDB, its metrics as observations."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import itom

BUNDLED = Path(__file__).resolve().parent.parent / "data" / "petshop"
STATISTICS = {("latency", "Average"), ("availability", "Average"), ("requests", "Sum")}
STEP = dt.timedelta(minutes=5)


class Metrics:
    """The columns of a metrics file that are used, and its rows."""

    def __init__(self, path: Path) -> None:
        with open(path, newline="", encoding="utf-8") as file:
            items, metrics, statistics, *rows = list(csv.reader(file))
        used = [c for c in range(1, len(items)) if (metrics[c], statistics[c]) in STATISTICS]
        self.items = [items[c] for c in used]
        self.metrics = [metrics[c] for c in used]
        self.rows = sorted(
            (
                (
                    dt.datetime.fromtimestamp(int(float(row[0])), dt.timezone.utc),
                    [float(row[c]) if c < len(row) and row[c] else float("nan") for c in used],
                )
                for row in rows
                if row and row[0].replace(".", "", 1).isdigit()
            ),
            key=lambda row: row[0],
        )

    def shift_to_end_at(self, end: dt.datetime) -> None:
        shift = end - self.rows[-1][0]
        self.rows = [(time + shift, values) for time, values in self.rows]

    def observations(self) -> Iterator[dict]:
        """A table of metric samples for each row: columns time, item, metric, value."""
        for time, values in self.rows:
            yield {
                "time": [time] * len(values),
                "item": self.items,
                "metric": self.metrics,
                "value": np.array(values),
            }


class PetShop:
    """One issue of the data set, with the normal operation before it."""

    def __init__(self, data: Path, scenario: str, split: str, issue: str) -> None:
        folder = data / scenario
        self.normal = Metrics(folder / "noissue" / "metrics.csv")
        odd = folder / split / f"issue_{issue}" / "metrics.csv"
        if not odd.exists():
            raise SystemExit(f"incident_room: there is no issue {issue}: {odd} is missing")
        self.odd = Metrics(odd)
        self.issue_start, self.end = self.odd.rows[0][0], self.odd.rows[-1][0]
        self.normal.shift_to_end_at(self.issue_start - STEP)
        self.edges = read_edges(folder / "graph.csv")
        classes = data / "classes.csv"
        with open(classes if classes.exists() else BUNDLED / "classes.csv", newline="") as file:
            self.classes = list(csv.reader(file))[1:]

    def cmdb(self) -> itom.cmdb.Cmdb:
        """The topology: every component an item, every call a dependency."""
        named = {item for edge in self.edges for item in edge}
        ids = sorted(named | set(self.normal.items) | set(self.odd.items))
        at = self.normal.rows[0][0]
        db = itom.cmdb.Cmdb(model="operations")
        db.load(
            items={"id": ids, "class": [self.class_of(item) for item in ids]},
            relations={
                "source": [consumer for consumer, _ in self.edges],
                "kind": ["depends_on"] * len(self.edges),
                "target": [provider for _, provider in self.edges],
            },
            at=at,
            known=at,
        )
        return db

    def class_of(self, item: str) -> str:
        """The class of the first pattern that the item's name contains."""
        return next((name for pattern, name in self.classes if pattern in item), "service")


def read_edges(path: Path) -> list[tuple[str, str]]:
    """The adjacency matrix: a row depends on the columns it calls."""
    with open(path, newline="", encoding="utf-8") as file:
        (_, *names), *rows = list(csv.reader(file))
    return [
        (consumer, provider)
        for consumer, *cells in rows
        for provider, cell in zip(names, cells)
        if cell not in ("", "0", "0.0")
    ]
