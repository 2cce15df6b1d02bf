"""Points a second beside river, and how good the scores are by the Numenta Anomaly Benchmark."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import time
from pathlib import Path

import numpy as np

import itom
from peers_race import Race, version

UTC = dt.timezone.utc


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


def looking_back(race: Race, nab: Path | None) -> None:
    """Changepoints beside ruptures, decomposition beside statsmodels."""
    name, values = "synthetic", synthetic()[1][:10_320]
    if nab:
        name, values = "nyc_taxi", nab_series(nab / "data/realKnownCause/nyc_taxi.csv")[1]
    n = len(values)
    if race.peer("ruptures"):
        import ruptures

        z = ((values - values.mean()) / values.std()).reshape(-1, 1)
        penalty = 3 * np.log(n)
        least = max(2, n // 50)
        race.run(
            f"anomaly: changes of level of {name} at a penalty of 3 ln n",
            f"{version('ruptures')} KernelCPD(linear)",
            lambda: itom.anomaly.changepoints(values, kind="mean", penalty=penalty, periods=[]),
            lambda: ruptures.KernelCPD("linear", min_size=least).fit(z).predict(pen=penalty),
            units=n,
            note="ours on a grid of 400 places, then moved to the best point",
        )
        race.run(
            f"anomaly: changes of {name} without a penalty to choose",
            f"{version('ruptures')} KernelCPD(linear)",
            lambda: itom.anomaly.changepoints(values, periods=[]),
            lambda: ruptures.KernelCPD("linear", min_size=least).fit(z).predict(pen=penalty),
            units=n,
            note="ours looks for level, slope and spread",
        )
    if race.peer("statsmodels"):
        from statsmodels.tsa.seasonal import MSTL

        race.run(
            f"anomaly: MSTL of {name} with periods 48 and 336",
            f"{version('statsmodels')} MSTL",
            lambda: itom.anomaly.decompose(values, periods=[48, 336]),
            lambda: MSTL(values, periods=(48, 336)).fit(),
            units=n,
            same=lambda ours, peer: float(np.std(ours.trend - peer.trend)) < 0.01 * float(np.std(values)),
            note="same: trends differ by less than a hundredth of the spread; the peer smooths at every point",
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
