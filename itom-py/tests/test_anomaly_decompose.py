"""Periods and decomposition."""

from __future__ import annotations

import numpy as np
import pytest

import itom
from itom import anomaly


def series() -> np.ndarray:
    hour = np.arange(24 * 7 * 5)
    day = np.sin(hour / 24 * 2 * np.pi) + np.random.default_rng(1).normal(0, 0.1, len(hour))
    return 20 + 0.01 * hour + 3 * day * np.where(hour // 24 % 7 < 5, 1.0, 0.3)


def test_parts_add_up():
    values = series()
    assert anomaly.seasonal_periods(values) == [24, 168]
    parts = anomaly.decompose(values)
    assert isinstance(parts, itom.types.Decomposition)
    assert [season.period for season in parts.seasons] == [24, 168]
    assert all(0 <= season.strength <= 1 for season in parts.seasons)
    total = parts.trend + parts.remainder + sum(season.part for season in parts.seasons)
    np.testing.assert_allclose(total, values, atol=1e-9)
    assert np.std(parts.remainder) < 0.5 * np.std(values)


def test_missing_values_and_given_periods():
    values = series()
    values[100:110] = np.nan
    parts = anomaly.decompose(values.tolist(), periods=np.array([24]), robust=True)
    assert [season.period for season in parts.seasons] == [24]
    assert np.isnan(parts.remainder[100:110]).all() and np.isfinite(parts.trend).all()
    assert anomaly.decompose([], periods=[]).trend.shape == (0,)
    assert anomaly.seasonal_periods([]) == []


@pytest.mark.parametrize("periods", [[1], [-2], ["x"], 7, list(range(2, 11))])
def test_bad_periods_are_refused(periods):
    with pytest.raises(itom.ItomError, match="periods"):
        anomaly.decompose([1.0] * 50, periods=periods)
