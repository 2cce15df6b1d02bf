"""`itom.anomaly`: the contract's promises, and what comes in and goes out."""

import copy
import datetime as dt
import pickle

import numpy as np
import pytest

import itom
from itom.anomaly import Detector, nab_score

START = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)


def series(n=600, spike=None):
    times = np.datetime64("2026-06-15", "ns") + np.arange(n) * np.timedelta64(300, "s")
    values = 50.0 + np.random.default_rng(7).normal(size=n)
    if spike is not None:
        values[spike] += 40.0
    return times, values


def test_a_spike_is_found_and_explained():
    times, values = series(spike=500)
    verdicts = Detector().verdicts(times, values)
    assert isinstance(verdicts, itom.types.Verdicts)
    assert verdicts.anomalous[500] and verdicts.alert[500] >= 0.5
    assert verdicts.anomalous[:500].sum() <= 10
    assert verdicts.lower[500] < 50 < verdicts.upper[500] < values[500]
    assert "above" in verdicts.reason[500] or "rose" in verdicts.reason[500]
    assert verdicts.time.dtype == np.dtype("datetime64[ns]") and (verdicts.time == times).all()


def test_a_budget_is_kept_and_survives_a_snapshot():
    weeks = 6
    times, values = series(weeks * 2016)
    detector = itom.anomaly.Detector(alarms_per_week=1.0)
    alerts = detector.alerts(times, values)
    assert np.count_nonzero(alerts >= 0.5) <= 2 * weeks
    assert itom.anomaly.Detector.from_bytes(detector.to_bytes()).alarms_per_week == 1.0
    assert itom.anomaly.Detector().alarms_per_week is None
    for budget in (0.0, -1.0, float("nan"), 1e9):
        with pytest.raises(itom.InvalidArgument, match="alarms_per_week"):
            itom.anomaly.Detector(alarms_per_week=budget)


def test_prefix_updates_and_snapshot_are_the_same_to_the_last_bit():
    times, values = series(spike=300)
    values[[5, 100]] = np.nan
    scores, alerts = Detector().score(times, values), Detector().alerts(times, values)
    assert scores.dtype == np.float64 and scores.shape == values.shape
    for k in (0, 1, 17, 400):
        assert Detector().score(times[:k], values[:k]).tobytes() == scores[:k].tobytes()
        assert Detector().alerts(times[:k], values[:k]).tobytes() == alerts[:k].tobytes()
    detector = Detector()
    first = [detector.update(t, v) for t, v in zip(times[:310], values[:310])]
    assert np.array([v.score for v in first]).tobytes() == scores[:310].tobytes()
    assert np.array([v.alert for v in first]).tobytes() == alerts[:310].tobytes()
    blob = detector.to_bytes()
    restored = Detector.from_bytes(blob)
    assert isinstance(blob, bytes) and restored.to_bytes() == blob
    assert restored.score(times[310:], values[310:]).tobytes() == scores[310:].tobytes()


def test_a_verdict_has_its_fields():
    detector = Detector()
    first = detector.update(START, 1)
    assert isinstance(first, itom.types.Verdict)
    assert (first.score, first.alert, first.p_value, first.expected) == (0.0, 0.0, 1.0, None)
    assert first.time == START and first.value == 1.0
    assert str(first.reason) == first.reason.text == "too few points yet to judge by"
    zone = dt.timezone(dt.timedelta(hours=5))
    second = detector.update((START + dt.timedelta(minutes=1)).astimezone(zone), np.float32(1.0))
    assert second.expected == 1.0 and second.time.utcoffset() == dt.timedelta(0)
    missing = detector.update(START + dt.timedelta(minutes=2), None)
    assert (missing.value, missing.score, missing.reason.evidence) == (None, 0.0, "missing")
    late = detector.update(START, 1.0)
    assert late.reason.evidence == "late"
    assert (detector.points, detector.missing, detector.late) == (2, 1, 1)
    assert "2 points up to 2026-06-15T00:02:00Z" in repr(detector)


def test_arrays_of_every_kind_are_taken():
    times, values = series(40)
    expected = Detector().score(times, values).tobytes()
    aware = [START + dt.timedelta(minutes=5 * i) for i in range(40)]
    assert Detector().score(aware, values.tolist()).tobytes() == expected
    assert Detector().score(times.astype("datetime64[s]"), values).tobytes() == expected
    table = itom.Table({"t": times, "v": values})
    assert Detector().score(table["t"], table["v"]).tobytes() == expected
    doubled_times, doubled = np.repeat(times, 2)[::2], np.repeat(values, 2)[::2]
    assert Detector().score(doubled_times, doubled).tobytes() == expected
    assert Detector().score(times, np.arange(40)).shape == (40,)
    empty = Detector().score(times[:0], values[:0])
    assert empty.shape == (0,) and empty.dtype == np.float64


def test_arrow_columns_are_taken():
    pa = pytest.importorskip("pyarrow")
    times, values = series(40)
    column = pa.array(times, pa.timestamp("ns", "UTC"))
    values_with_hole = [None, *values[1:]]
    values[0] = np.nan
    expected = Detector().score(times, values)
    assert Detector().score(column, pa.array(values_with_hole)).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "values",
    [
        [1e308, -1e308, 1e308, 5e-324, 0.0, 1e308],
        [1.0, np.inf, -np.inf, 1.0, np.inf, 0.0],
        [np.nan] * 6,
        [0.0] * 6,
    ],
)
def test_extremes_give_finite_scores(values):
    times, _ = series(6)
    for given in (times, times[::-1], np.repeat(times[:1], 6)):
        scores = Detector().score(given, np.array(values))
        assert np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()


def test_pickle_and_copy_go_on():
    times, values = series(spike=500)
    detector = Detector()
    detector.score(times[:450], values[:450])
    for twin in (pickle.loads(pickle.dumps(detector)), copy.deepcopy(detector)):
        assert isinstance(twin, Detector) and twin.to_bytes() == detector.to_bytes()
    verdict = detector.update(times[450], values[450])
    assert pickle.loads(pickle.dumps(verdict)) == verdict


def test_refused_arrays_change_nothing():
    times, values = series(30)
    detector = Detector()
    detector.score(times[:20], values[:20])
    before = detector.to_bytes()
    with pytest.raises(itom.InvalidArgument, match="values must be as long as timestamps"):
        detector.score(times[20:], values[21:])
    hole = times[20:].copy()
    hole[3] = np.datetime64("NaT")
    for bad_times, bad_values in [
        (hole, values[20:]),
        (["x"] * 10, values[20:]),
        (times[20:], ["a"] * 10),
        (times[20:], values[20:].reshape(2, 5)),
        ([dt.datetime(2026, 6, 16)] * 10, values[20:]),
    ]:
        for method in (detector.score, detector.alerts, detector.verdicts):
            with pytest.raises(itom.ItomError):
                method(bad_times, bad_values)
    with pytest.raises(itom.ItomError):
        detector.update(dt.datetime(2026, 6, 16), 1.0)
    with pytest.raises(itom.ItomError):
        detector.update(START, "1")
    assert detector.to_bytes() == before


def test_damaged_bytes_are_refused():
    blob = Detector().to_bytes()
    for bad in (b"", b"\xff not a detector", blob[:-1], blob[:40] + b"\x00" + blob[41:]):
        with pytest.raises(itom.Corrupt):
            Detector.from_bytes(bad)
    with pytest.raises(itom.ItomError):
        Detector.from_bytes("text")


def test_nab_score():
    scores = np.zeros(100)
    scores[[30, 60]] = 0.7, 0.9
    series = [(scores, [(60, 69)]), (np.zeros(50), [])]
    result = nab_score(series)
    assert isinstance(result, itom.types.NabScore)
    assert (result.score, result.threshold) == (100.0, 0.9)
    fence = nab_score(series, threshold=0.5, profile="reward_low_FP_rate")
    assert (fence.windows_hit, fence.false_positive_points) == (1, 1)
    assert fence.score == pytest.approx(100 * (2 - 0.22) / 2)
    with pytest.raises(itom.ItomError, match="windows"):
        nab_score([(scores, [(70, 60)])])
    with pytest.raises(itom.ItomError, match="friendly"):
        nab_score(series, profile="friendly")
    with pytest.raises(itom.ItomError, match="series"):
        nab_score([scores])
    with pytest.raises(itom.ItomError, match="windows"):
        nab_score([(scores, [(0.5, 1)])])
