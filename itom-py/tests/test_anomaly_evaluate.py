"""The measures: against values by hand, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import itom
from itom import anomaly


def test_vus_takes_arrays_of_any_kind():
    labels = np.zeros(300, bool)
    labels[100:150] = True
    scores = np.random.default_rng(3).random(300) + 0.5 * labels
    expected = anomaly.vus_pr(labels, scores, window=20)
    assert 0 < expected < 1
    assert anomaly.vus_pr(labels.astype(int).tolist(), scores.tolist(), window=20) == expected
    assert anomaly.vus_pr(labels, np.arctan(scores), window=20, thresholds=250) == expected
    assert anomaly.vus_pr(labels, scores) != expected
    assert 0.5 < anomaly.vus_roc(labels, scores, window=None) < 1
    assert anomaly.dominant_period([1.0] * 50) is None


def test_delay_and_ranges():
    labels, scores = [0, 1, 1, 0, 0], [0.1, 0.2, 0.9, 0.8, math.nan]
    score = anomaly.delay_f1([(labels, scores), ([0, 0], [0.0, 0.0])], delay=1)
    assert isinstance(score, itom.types.DelayScore)
    assert (score.f1, score.threshold, score.segments_hit, score.delay) == (1.0, 0.9, 1, 1)
    assert anomaly.delay_f1([(labels, [math.nan] * 5)]).threshold is None
    ranges = anomaly.range_precision_recall(labels, [0, 0, 1, 1, 0], existence_weight=0.5, bias="back")
    assert ranges.recall == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert ranges.precision == pytest.approx(1 / 3)


def test_changepoints_forecasts_and_intervals():
    score = anomaly.changepoint_score([np.array([25])], [], 100)
    assert (score.recall, score.covering) == (0.5, 0.625)
    case = ([1.0, 2.0, 3.0, 5.0], [6.0, 8.0], [5.0, 10.0])
    assert anomaly.forecast_score([case], season=1).mase == pytest.approx(1.5 / (4 / 3))
    interval = anomaly.interval_score([1.0, None, 9.0], [0.0] * 3, [2.0] * 3, 0.5)
    assert (interval.coverage, interval.points, interval.above) == (0.5, 2, 1)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: anomaly.vus_pr([0, 1, 0], [0.0, 0.0]), "scores"),
        (lambda: anomaly.vus_pr([0, math.nan], [0.0, 0.0]), "labels"),
        (lambda: anomaly.vus_roc([0, 0], [0.0, 0.0]), "labels"),
        (lambda: anomaly.vus_pr([0, 1], [0.0, 0.0], window=-1), "window"),
        (lambda: anomaly.vus_pr([0, 1], [0.0, 0.0], thresholds=1), "thresholds"),
        (lambda: anomaly.range_precision_recall([1], [1], bias="left"), "bias"),
        (lambda: anomaly.range_precision_recall([1], [1], cardinality=2), "cardinality"),
        (lambda: anomaly.delay_f1([[0, 1, 2]]), "series"),
        (lambda: anomaly.delay_f1(3), "series"),
        (lambda: anomaly.changepoint_score([5], [], 10), "annotations"),
        (lambda: anomaly.changepoint_score([[5]], [10], 10), "predicted"),
        (lambda: anomaly.forecast_score([([1.0], [1.0])], season=1), "cases"),
        (lambda: anomaly.forecast_score([], season=1), "cases"),
        (lambda: anomaly.interval_score([1.0], [2.0], [1.0], 0.8), "lower"),
        (lambda: anomaly.interval_score([1.0], [0.0], [1.0], 1.0), "level"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, argument):
    with pytest.raises(itom.ItomError, match=argument):
        call()
