"""Breach forecasts: columns in, numpy and records out."""

import datetime as dt
import math
import pickle

import numpy as np
import pytest

import itom
from itom.sla import BreachForecast, auc, brier, reliability_curve

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
N = 400
AT = START + dt.timedelta(hours=N)


def history():
    """Team a breaches in one of four cases, team b in three."""
    return {
        "case": [f"c{i}" for i in range(N)],
        "opened": [START + dt.timedelta(hours=i) for i in range(N)],
        "target_s": np.full(N, 7200.0),
        "used_s": np.where((np.arange(N) // 2 % 4 == 0) == (np.arange(N) % 2 == 0), 9000.0, 3000.0),
        "ended": [True] * N,
        "team": ["ab"[i % 2] for i in range(N)],
        "load": np.arange(N, dtype=float) % 7,
    }


def clocks(teams=("a", "b"), used=0.0):
    rows = len(teams)
    return {"target_s": [7200.0] * rows, "used_s": [used] * rows, "team": list(teams), "load": [None] * rows}


@pytest.fixture(scope="module")
def forecast():
    return BreachForecast({"groups": ["team"], "numbers": ["load"]}, history(), AT)


def test_probabilities_are_an_array(forecast):
    p = forecast.probabilities(clocks())
    assert p.dtype == np.float64
    assert p == pytest.approx([0.25, 0.75], abs=0.06)
    assert forecast.probabilities(clocks(used=8000.0)).tolist() == [1.0, 1.0]


def test_a_forecast_says_why(forecast):
    first, unknown = forecast.forecast(clocks(["a", "z"]))
    assert type(first) is itom.types.Forecast
    assert [term.field for term in first.contributions] == ["team", "load", "idle"]
    total = first.base + sum(term.log_odds for term in first.contributions)
    assert total == pytest.approx(first.log_odds)
    assert 1 / (1 + math.exp(-first.log_odds)) == pytest.approx(first.probability)
    assert first.contributions[0].log_odds < 0
    assert first.contributions[0].cases == N // 2
    assert unknown.contributions[0].log_odds == 0 and unknown.cases == 0
    assert isinstance(first.remaining_p50, dt.timedelta)


def test_expected_attainment(forecast):
    expected = forecast.expected_attainment(clocks(["a"] * 50 + ["b"] * 50), confidence=0.9)
    assert type(expected) is itom.types.ExpectedAttainment
    assert expected.cases == 100 and expected.decided == 0
    assert expected.expected == pytest.approx(0.5, abs=0.06)
    assert expected.low < expected.expected < expected.high


def test_what_it_was_fitted_with(forecast):
    assert forecast.cases == N
    assert 0 < forecast.effective_cases < N
    assert forecast.fitted_at == AT
    assert forecast.definition.groups == ["team"]
    assert forecast.definition.half_life == dt.timedelta(days=14)


def test_bytes_and_pickle_forecast_the_same(forecast):
    pickled = pickle.loads(pickle.dumps(forecast))
    for again in (BreachForecast.from_bytes(forecast.to_bytes()), pickled):
        assert (again.probabilities(clocks()) == forecast.probabilities(clocks())).all()
    with pytest.raises(itom.ItomError, match="sla.forecast"):
        BreachForecast.from_bytes(forecast.to_bytes()[:-1])


def test_what_is_wrong_is_named():
    with pytest.raises(itom.ItomError, match="tema"):
        BreachForecast({"groups": ["tema"]}, history(), AT)
    with pytest.raises(itom.ItomError, match="opened"):
        BreachForecast({"groups": ["team"]}, history(), START)
    with pytest.raises(itom.ItomError, match="used_s"):
        BreachForecast({}, history() | {"used_s": np.full(N, np.nan)}, AT)
    with pytest.raises(itom.ItomError, match="landmarks"):
        BreachForecast({"landmarks": [0.5]}, history(), AT)
    with pytest.raises(itom.ItomError):
        BreachForecast({"group": []}, history(), AT)


def test_scores():
    p, hits = np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False])
    assert auc(p, hits) == 0.875
    assert auc(p[:2], hits[:2]) is None
    assert brier(p, hits.astype(int)) == pytest.approx(0.135)
    curve = reliability_curve(p, hits, bins=2)
    assert type(curve) is itom.types.ReliabilityCurve
    assert [bin.cases for bin in curve.bins] == [3, 1]
    assert curve.calibration_error == pytest.approx((0.1 + 0.1) / 4)
    assert len(reliability_curve(p, hits).bins) == 10
    for wrong in ([1.1], [-0.1], [math.nan]):
        with pytest.raises(itom.ItomError, match="probabilities"):
            brier(wrong, [True])
    with pytest.raises(itom.ItomError, match="outcomes"):
        brier([0.5], [2])
