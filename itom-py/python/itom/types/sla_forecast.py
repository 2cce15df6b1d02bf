"""Breach forecasts."""

from __future__ import annotations

from datetime import timedelta

from .record import Record


class Contribution(Record):
    """What one field adds to a forecast: log-odds of breach, above 0 a risk."""

    __slots__ = ()

    field: str
    value: str | None
    log_odds: float
    #: Cases of the history with this value, or with a number in the same bin.
    cases: int


class Forecast(Record):
    """What is expected of one clock, and why: `BreachForecast.forecast`."""

    __slots__ = ()

    probability: float
    #: Whether the verdict has fallen.
    decided: bool
    used_share: float
    #: `base` plus all contributions.
    log_odds: float
    base: float
    contributions: list[Contribution]
    #: Business time until half of the work like it has ended.
    remaining_p50: timedelta | None
    remaining_p10: timedelta | None
    remaining_p90: timedelta | None
    #: The fewest cases of the history behind any of its values.
    cases: int


class ExpectedAttainment(Record):
    """The attainment to expect of many clocks: `BreachForecast.expected_attainment`."""

    __slots__ = ()

    cases: int
    decided: int
    met: int
    expected_breaches: float
    expected: float
    low: float
    high: float
    confidence: float


class ReliabilityBin(Record):
    """The forecasts in [low, high) and what came of them."""

    __slots__ = ()

    low: float
    high: float
    cases: int
    forecast: float | None
    observed: float | None


class ReliabilityCurve(Record):
    """How forecasts compare with what happened: `reliability_curve`."""

    __slots__ = ()

    cases: int
    calibration_error: float
    largest_error: float
    brier: float
    auc: float | None
    bins: list[ReliabilityBin]
