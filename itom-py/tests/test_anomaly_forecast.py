"""Forecasts and the time to a threshold."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import itom
from itom import anomaly

START = np.datetime64("2026-06-15", "ns")


def hours(n: int) -> np.ndarray:
    return START + np.arange(n) * np.timedelta64(1, "h")


def series(n: int = 600) -> np.ndarray:
    hour = np.arange(n)
    return 20 + 5 * np.sin(hour / 24 * 2 * np.pi) + np.random.default_rng(2).normal(0, 0.5, n)


def test_a_day_goes_on():
    times, values = hours(600), series()
    ahead = anomaly.forecast(times, values, 48)
    assert isinstance(ahead, itom.types.SeriesForecast)
    assert ahead.periods == [24]
    assert ahead.time[0] == START + np.timedelta64(600, "h") and ahead.time.dtype == "datetime64[ns]"
    truth = 20 + 5 * np.sin(np.arange(600, 648) / 24 * 2 * np.pi)
    assert np.abs(ahead.expected - truth).mean() < 0.6
    narrow, wide = ahead.intervals
    assert (narrow.level, wide.level) == (0.8, 0.95)
    assert (wide.lower <= narrow.lower).all() and (narrow.upper <= wide.upper).all()
    assert anomaly.forecast(times, values, 0).expected.shape == (0,)
    assert anomaly.forecast(times, values, 3, levels=[]).intervals == []


def test_order_and_holes_do_not_matter():
    times, values = hours(600), series()
    order = np.random.default_rng(3).permutation(600)
    expected = anomaly.forecast(times, values, 5, (0.5,))
    shuffled = anomaly.forecast(times[order], values[order].tolist(), 5, (0.5,))
    np.testing.assert_array_equal(expected.expected, shuffled.expected)
    values[100:110] = np.nan
    assert np.isfinite(anomaly.forecast(times, values, 5).expected).all()


def test_time_to_threshold():
    times = hours(200)
    values = 50 + 0.1 * np.arange(200) + np.random.default_rng(4).normal(0, 0.3, 200)
    full = anomaly.time_to_threshold(times, values, 90.0)
    assert abs(full.eta - dt.datetime(2026, 7, 1, 16, tzinfo=dt.timezone.utc)) < dt.timedelta(days=1)
    assert full.earliest <= full.eta <= full.latest
    assert full.now == dt.datetime(2026, 6, 23, 7, tzinfo=dt.timezone.utc)
    assert full.probability(dt.timedelta(0)) == 0.0
    assert full.probability(dt.timedelta(days=1)) < 0.01
    assert full.probability(np.timedelta64(30, "D").astype("timedelta64[ns]")) > 0.99
    assert (full.threshold, full.sawtooth, full.saturates_at) == (90.0, False, None)
    assert "90" in repr(full)
    never = anomaly.time_to_threshold(times, np.full(200, 5.0), 90.0)
    assert (never.eta, never.earliest, never.latest) == (None, None, None)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: anomaly.forecast(hours(5), series(5), -1), "horizon"),
        (lambda: anomaly.forecast(hours(5), series(5), 10**9), "horizon"),
        (lambda: anomaly.forecast(hours(5), series(5), 3, levels=(1.5,)), "levels"),
        (lambda: anomaly.forecast(hours(5), series(4), 3), "values"),
        (lambda: anomaly.forecast([], [], 3), "values"),
        (lambda: anomaly.forecast(["x"], [1.0], 3), "timestamps"),
        (lambda: anomaly.time_to_threshold(hours(5), series(5), float("nan")), "threshold"),
        (lambda: anomaly.time_to_threshold(hours(5), series(5), "full"), "threshold"),
        (lambda: anomaly.time_to_threshold(hours(5), series(5), 90).probability("soon"), "within"),
    ],
)
def test_what_makes_no_sense_is_refused(call, argument):
    with pytest.raises(itom.ItomError, match=argument):
        call()
