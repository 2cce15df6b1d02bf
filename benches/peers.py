"""itom and its peers on the same work, in the same process, by turns.

    python benches/peers.py [--repeats N] [--only DOMAIN] [--no-file]

A row is one piece of work. Its timings are processor time, taken in pairs (ours, peer, ours, peer
...); the ratio is the median of the pairs' ratios. Where the work has one answer, both answers are
compared, and the script fails if they differ. With ITOM_DATA naming the data folder, the anomaly
detectors are also scored on the Numenta Anomaly Benchmark.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import itom
import machine

UTC = dt.timezone.utc
PEERS = ["businesstimedelta", "pandas", "networkx", "rustworkx", "river"]
NO_ANSWER = "no single answer"


class Race:
    """Collects the rows, and what could not be run."""

    def __init__(self, repeats: int) -> None:
        self.repeats, self.rows, self.skipped = repeats, [], []

    def peer(self, name: str):
        """The module, or None and a line under `skipped`."""
        try:
            return importlib.import_module(name)
        except ImportError as error:
            self.skipped.append({"peer": name, "why": str(error)})
            return None

    def run(self, work, peer, ours, theirs, *, units, same=None, note=""):
        """Times both by turns; `same` compares the two answers, without it there is no single one."""
        ours(), theirs()  # what is made once is made before
        times, ratios = {"ours": [], "peer": []}, []
        for _ in range(self.repeats):
            ours_s, our_answer = timed(ours)
            peer_s, peer_answer = timed(theirs)
            times["ours"].append(ours_s)
            times["peer"].append(peer_s)
            ratios.append(peer_s / ours_s)
        row = {
            "domain": work.split(":")[0],
            "work": work,
            "peer": peer,
            "units": units,
            "ours_us_per_unit": 1e6 * statistics.median(times["ours"]) / units,
            "peer_us_per_unit": 1e6 * statistics.median(times["peer"]) / units,
            "ratio": statistics.median(ratios),
            "ratio_least": min(ratios),
            "ratio_most": max(ratios),
            "repeats": self.repeats,
            "same_answer": NO_ANSWER if same is None else bool(same(our_answer, peer_answer)),
            "note": note,
        }
        self.rows.append(row)
        print(f"{work}; {peer}: {row['ratio']:.3g}x, same answer: {row['same_answer']}", flush=True)


def timed(work):
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


# ---- sla: business time -------------------------------------------------------------------------

DAYS = ["mon", "tue", "wed", "thu", "fri"]
HOLIDAYS = [dt.date(year, month, 15) for year in range(2020, 2032) for month in range(1, 12)]


def spans(count: int, days: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """Spans of up to twice `days` from any second of 2022 to 2026."""
    r = random.Random(days)
    first = dt.datetime(2022, 1, 1, tzinfo=UTC)
    starts = [first + dt.timedelta(seconds=r.randrange(5 * 365 * 86400)) for _ in range(count)]
    return [(s, s + dt.timedelta(seconds=r.randrange(2 * days * 86400))) for s in starts]


def sla(race: Race) -> None:
    office = itom.sla.Calendar({
        "tz": "America/New_York",
        "weekly": {day: [["09:00", "17:00"]] for day in DAYS},
        "holidays": [day.isoformat() for day in HOLIDAYS],
    })
    if race.peer("businesstimedelta"):
        sla_elapsed(race, office)
    if pandas := race.peer("pandas"):
        sla_deadline(race, office, pandas)
    sla_working_days(race)


def sla_elapsed(race: Race, office) -> None:
    import businesstimedelta
    import pytz

    new_york = pytz.timezone("America/New_York")
    hours = businesstimedelta.WorkDayRule(dt.time(9), dt.time(17), [0, 1, 2, 3, 4], tz=new_york)
    rules = businesstimedelta.Rules([hours, businesstimedelta.HolidayRule(set(HOLIDAYS), tz=new_york)])
    for label, days, count in (("days", 3, 300), ("months", 90, 30), ("years", 700, 6)):
        cases = spans(count, days)
        race.run(
            f"sla: open time of a span of {label}, one call each",
            version("businesstimedelta"),
            lambda: [office.elapsed(a, b) for a, b in cases],
            lambda: [rules.difference(a, b).timedelta for a, b in cases],
            units=count,
            same=lambda ours, peer: ours == peer,
        )


def sla_deadline(race: Race, office, pandas) -> None:
    """37 hours from any second: never exactly at closing time, where conventions part."""
    offset = pandas.offsets.CustomBusinessHour(37, start="09:00", end="17:00", holidays=HOLIDAYS)
    starts = [a for a, _ in spans(300, 1)]
    local = [pandas.Timestamp(a).tz_convert("America/New_York") for a in starts]
    target = dt.timedelta(hours=37)
    race.run(
        "sla: instant 37 open hours ahead, one call each",
        version("pandas") + " CustomBusinessHour",
        lambda: [office.deadline(a, target) for a in starts],
        lambda: [a + offset for a in local],
        units=len(starts),
        same=lambda ours, peer: all(a == b for a, b in zip(ours, peer, strict=True)),
    )


def sla_working_days(race: Race) -> None:
    """What numpy can do: whole days, no time zone. itom answers with a calendar of whole days."""
    whole = itom.sla.Calendar({
        "tz": "Etc/UTC",
        "weekly": {day: [["00:00", "24:00"]] for day in DAYS},
        "holidays": [day.isoformat() for day in HOLIDAYS],
    })
    r = np.random.default_rng(1)
    first = np.datetime64("2022-01-01") + r.integers(0, 1800, 100_000)
    last = first + r.integers(0, 1000, 100_000)
    starts, ends = first.astype("datetime64[ns]"), last.astype("datetime64[ns]")
    holidays = np.array(HOLIDAYS, dtype="datetime64[D]")
    race.run(
        "sla: working days between days, arrays of 100,000",
        version("numpy") + " busday_count",
        lambda: whole.elapsed(starts, ends),
        lambda: np.busday_count(first, last, holidays=holidays),
        units=len(first),
        same=lambda ours, peer: np.array_equal(ours // np.timedelta64(1, "D"), peer),
        note="numpy knows whole days only, without hours and time zones",
    )


# ---- cmdb: who suffers --------------------------------------------------------------------------

LAYERS = [("business_service", 35), ("application_service", 70), ("application", 140),
          ("instance", 360), ("vm", 330), ("host", 60), ("infrastructure", 5)]


class Graph:
    """A layered service graph: every item needs a few of the layer below, mostly neighbours."""

    def __init__(self, items: int, pools: bool) -> None:
        r = random.Random(items)
        layers = [[f"{name}-{n}" for n in range(items * share // 1000)] for name, share in LAYERS]
        self.ids = [item for layer in layers for item in layer]
        self.edges: list[tuple[str, str]] = []
        self.groups: list[tuple[str, int, list[str]]] = []
        for layer, below in zip(layers, layers[1:]):
            for n, source in enumerate(layer):
                centre = n * len(below) // len(layer)
                picks = {self.pick(r, len(below), centre) for _ in range(r.randint(1, 5))}
                members = [below[m] for m in sorted(picks)]
                self.edges += [(source, member) for member in members]
                if pools and len(members) > 1 and r.random() < 0.5:
                    self.groups.append((source, r.randint(1, len(members)), members))
                else:
                    self.groups += [(source, 1, [member]) for member in members]
        low = layers[-1] + layers[-2]
        self.failures = [r.choice(low if n % 4 == 0 else self.ids) for n in range(120)]
        self.worst = r.sample(layers[-1], min(20, len(layers[-1])))

    @staticmethod
    def pick(r: random.Random, size: int, centre: int) -> int:
        near = (centre + r.randint(-2, 2)) % size
        return near if r.random() < 0.9 else int(size * r.random() ** 3)

    def load(self):
        """The graph in itom."""
        rows = [(s, m, k if len(ms) > 1 else None) for s, k, ms in self.groups for m in ms]
        sources, members, needed = (list(column) for column in zip(*rows))
        db = itom.cmdb.Cmdb()
        db.load(
            items={"id": self.ids, "class": [item.rsplit("-", 1)[0] for item in self.ids]},
            relations={"source": sources, "kind": ["depends_on"] * len(rows), "target": members,
                       "group": [None if k is None else "pool" for k in needed], "min_up": needed},
            at=dt.datetime(2026, 1, 1, tzinfo=UTC),
        )
        return db.at()

    def oracle(self):
        """The least set that is down with k-of-n groups, by a work list in plain Python."""
        groups_of: dict[str, list[int]] = {}
        spare = []
        for number, (_, needed, members) in enumerate(self.groups):
            spare.append(len(members) - needed)
            for member in members:
                groups_of.setdefault(member, []).append(number)

        def down(failed: str) -> set[str]:
            lost: dict[int, int] = {}
            found, todo = {failed}, [failed]
            while todo:
                for number in groups_of.get(todo.pop(), ()):
                    lost[number] = lost.get(number, 0) + 1
                    source = self.groups[number][0]
                    if lost[number] > spare[number] and source not in found:
                        found.add(source)
                        todo.append(source)
            return found

        return down


def cmdb(race: Race) -> None:
    networkx, rustworkx = race.peer("networkx"), race.peer("rustworkx")
    for items in (10_000, 100_000):
        plain, pooled = Graph(items, pools=False), Graph(items, pools=True)
        view, pooled_view = plain.load(), pooled.load()
        for what, failures in (("any", plain.failures), ("an infrastructure", plain.worst)):
            sizes = [len(view.impact([x]).down) for x in failures]
            work = f"cmdb: impact of {what} item of {items:,}, {statistics.mean(sizes):,.0f} down on average"
            if networkx:
                impact_networkx(race, networkx, plain, view, failures, work)
            if rustworkx:
                impact_rustworkx(race, rustworkx, plain, view, failures, work)
        impact_pooled(race, pooled, pooled_view, items)


def impact_networkx(race: Race, networkx, plain: Graph, view, failures, work: str) -> None:
    graph = networkx.DiGraph((provider, consumer) for consumer, provider in plain.edges)
    graph.add_nodes_from(plain.ids)
    race.run(
        work,
        version("networkx") + " descendants",
        lambda: [view.impact([x]).down for x in failures],
        lambda: [networkx.descendants(graph, x) for x in failures],
        units=len(failures),
        same=lambda ours, peer: ours == [d | {x} for d, x in zip(peer, failures)],
    )


def impact_rustworkx(race: Race, rustworkx, plain: Graph, view, failures, work: str) -> None:
    ids = plain.ids
    number = {item: n for n, item in enumerate(ids)}
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from_no_data([(number[p], number[c]) for c, p in plain.edges])
    ours = lambda: [view.impact([x]).down for x in failures]
    numbers = lambda: [rustworkx.descendants(graph, number[x]) for x in failures]
    names = lambda: [{ids[n] for n in found} for found in numbers()]
    equal = lambda ours, peer: ours == [d | {x} for d, x in zip(peer, failures)]
    package = version("rustworkx")
    race.run(work, f"{package} descendants, as names", ours, names, units=len(failures), same=equal)
    race.run(
        work,
        f"{package} descendants, as numbers",
        ours,
        numbers,
        units=len(failures),
        same=lambda ours, peer: equal(ours, [{ids[n] for n in found} for found in peer]),
        note="the peer answers with node numbers, itom with names",
    )


def impact_pooled(race: Race, pooled: Graph, view, items: int) -> None:
    oracle = pooled.oracle()
    for what, failures in (("any", pooled.failures), ("an infrastructure", pooled.worst)):
        sizes = [len(oracle(x)) for x in failures]
        race.run(
            f"cmdb: impact of {what} item of {items:,}, k-of-n groups, "
            f"{statistics.mean(sizes):,.0f} down on average",
            f"work list in Python {platform.python_version()}",
            lambda: [view.impact([x]).down for x in failures],
            lambda: [oracle(x) for x in failures],
            units=len(failures),
            same=lambda ours, peer: ours == peer,
            note="written for this comparison: no package was found that has such groups",
        )


# ---- anomaly: points a second, and how good the scores are --------------------------------------


def nab_series(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    times = np.array([row[0] for row in rows], dtype="datetime64[ns]")
    return times, np.array([float(row[1]) for row in rows])


def synthetic() -> tuple[np.ndarray, np.ndarray]:
    """Seventy days of five-minute values: a daily wave, noise, a spike now and then."""
    r = np.random.default_rng(7)
    n = np.arange(20_160)
    values = 50 + 20 * np.sin(2 * np.pi * n / 288) + r.normal(0, 2, len(n))
    values[r.random(len(n)) < 0.001] += 60
    return np.datetime64("2026-01-01", "ns") + n * np.timedelta64(300, "s"), values


def gaussian(window: int | None = None):
    from river import anomaly

    model = anomaly.GaussianScorer(window_size=window)

    def step(value: float) -> float:
        score = model.score_one(None, value)
        model.learn_one(None, value)
        return score

    return step


def half_space_trees():
    """Its features have to lie in [0, 1]: scaled as in its documentation."""
    from river import anomaly, compose, preprocessing

    scaler = preprocessing.MinMaxScaler()
    model = compose.Pipeline(scaler, anomaly.HalfSpaceTrees(seed=42))

    def step(value: float) -> float:
        x = {"value": value}
        score = model.score_one(x)
        model.learn_one(x)
        return score

    return step


RIVER = {
    "GaussianScorer": gaussian,
    "GaussianScorer(window_size=250)": lambda: gaussian(250),
    "MinMaxScaler | HalfSpaceTrees": half_space_trees,
}


def anomaly(race: Race, nab: Path | None) -> None:
    name, (times, values) = "synthetic", synthetic()
    if nab:
        name = "machine_temperature_system_failure"
        times, values = nab_series(nab / "data" / "realKnownCause" / f"{name}.csv")
    instants = [t.replace(tzinfo=UTC) for t in times.astype("datetime64[us]").tolist()]
    points = values.tolist()

    def one_by_one():
        detector = itom.anomaly.Detector()
        return [detector.update(t, v).alert for t, v in zip(instants, points)]

    at_once = lambda: itom.anomaly.Detector().alerts(times, values)
    if not race.peer("river"):
        return
    for label, make in RIVER.items():
        def peer(make=make):
            step = make()
            return [step(v) for v in points]

        for how, ours in (("point by point", one_by_one), ("ours as one array", at_once)):
            race.run(
                f"anomaly: score and learn {name}, {how}",
                f"{version('river')} {label}",
                ours,
                peer,
                units=len(points),
                note="different methods: for how good they are see the NAB scores",
            )


def nab_scores(race: Race, nab: Path, river) -> list[dict]:
    """NAB's standard profile for us, for river's detectors, and for published score files."""
    spans = json.loads((nab / "combined_windows.json").read_text(encoding="utf-8"))
    series, windows = {}, {}
    for path in sorted(spans):
        times, values = series[path] = nab_series(nab / "data" / path)
        row = lambda text: int(np.searchsorted(times, np.datetime64(text)))
        windows[path] = sorted((row(a), row(b)) for a, b in spans[path])
    detectors = {f"itom {itom.__version__} Detector": (
        lambda times, values: itom.anomaly.Detector().alerts(times, values))}
    for label, make in RIVER.items() if river else ():
        detectors[f"{version('river')} {label}"] = (
            lambda times, values, make=make: np.array(list(map(make(), values.tolist())), float))
    rows = []
    for label, run in detectors.items():
        start = time.process_time()
        try:
            scores = {path: run(*series[path]) for path in series}
        except (ArithmeticError, TypeError, ValueError) as error:
            why = f"it failed with {type(error).__name__}: {error}"
            race.skipped.append({"peer": f"NAB score of {label}", "why": why})
            continue
        seconds = time.process_time() - start
        rows.append(nab_row(label, scores, windows, seconds))
    for label in ("windowedGaussian", "contextOSE"):
        if (file := nab / "golden" / f"{label}.csv.gz").exists():
            rows.append(nab_row(f"{label}, scores published with NAB", published(file), windows, None))
    return rows


def nab_row(label: str, scores: dict, windows: dict, seconds: float | None) -> dict:
    result = itom.anomaly.nab_score([(scores[path], windows[path]) for path in windows])
    points = sum(len(scores[path]) for path in windows)
    row = {
        "detector": label,
        "nab_standard": result.score,
        "windows_hit": result.windows_hit,
        "windows": result.windows,
        "false_positive_points": result.false_positive_points,
        "points_per_second": seconds and points / seconds,
    }
    print(f"NAB {label}: {result.score:.2f}", flush=True)
    return row


def published(path: Path) -> dict[str, np.ndarray]:
    scores: dict[str, list[float]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            name, score = line.rstrip("\n").rsplit(",", 1)
            scores.setdefault(name, []).append(float(score))
    return {name: np.array(values) for name, values in scores.items()}


# ---- all of it ----------------------------------------------------------------------------------


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
        sla(race)
    if chosen("cmdb"):
        cmdb(race)
    scores = []
    if chosen("anomaly"):
        anomaly(race, nab)
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
