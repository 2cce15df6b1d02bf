"""How good scores, alarms, changepoints, forecasts and intervals are."""

from __future__ import annotations

from .record import Record


class RangeScore(Record):
    """Precision and recall of alarms as ranges, with the counts that belong beside them."""

    __slots__ = ()

    precision: float
    recall: float
    f1: float
    ranges: int
    ranges_hit: int
    alarms: int
    false_alarms: int


class DelayScore(Record):
    """F1 of alarms in time, with the counts that belong beside it; `threshold` is None for silence."""

    __slots__ = ()

    f1: float
    precision: float
    recall: float
    threshold: float | None
    delay: int
    segments: int
    segments_hit: int
    false_positive_points: int


class ChangepointScore(Record):
    """F1 with a margin and covering of predicted changepoints."""

    __slots__ = ()

    f1: float
    precision: float
    recall: float
    covering: float


class ForecastScore(Record):
    """sMAPE, MASE and their overall weighted average beside naive2: less is better, 1 is naive2."""

    __slots__ = ()

    owa: float
    smape: float
    mase: float
    smape_naive2: float
    mase_naive2: float
    series: int
    season: int


class IntervalScore(Record):
    """How often intervals held, how wide they were, and Winkler's score of both."""

    __slots__ = ()

    level: float
    coverage: float
    width: float
    score: float
    points: int
    below: int
    above: int
