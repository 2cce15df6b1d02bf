"""Changepoints."""

from __future__ import annotations

import math

import numpy as np
import pytest

import itom
from itom import anomaly


def steps() -> np.ndarray:
    return np.random.default_rng(5).normal(size=400) + np.where(np.arange(400) < 150, 0.0, 6.0)


def test_indices_of_what_changed():
    found = anomaly.changepoints(steps())
    assert found.dtype == np.int64 and found.tolist() == [150]
    assert anomaly.changepoints(steps().tolist(), kind="mean").tolist() == [150]
    assert anomaly.changepoints(steps(), penalty=3 * math.log(400), periods=[]).tolist() == [150]
    assert anomaly.changepoints(steps(), penalty=1e9).tolist() == []
    assert anomaly.changepoints([]).shape == (0,)
    assert anomaly.changepoints([None, math.nan]).tolist() == []


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"kind": "shape"}, "kind"),
        ({"kind": 3}, "kind"),
        ({"penalty": 0}, "penalty"),
        ({"penalty": "much"}, "penalty"),
        ({"least": 0}, "least"),
        ({"least": -1}, "least"),
        ({"periods": [1]}, "periods"),
    ],
)
def test_what_makes_no_sense_is_refused(options, argument):
    with pytest.raises(itom.ItomError, match=argument):
        anomaly.changepoints(steps(), **options)


def test_text_and_two_dimensions_are_refused():
    for values in (np.array(["a", "b"]), np.zeros((2, 2)), "abc", 3):
        with pytest.raises(itom.ItomError, match="values"):
            anomaly.changepoints(values)
