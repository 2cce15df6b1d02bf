"""Objectives, budgets and OpenSLO documents."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from .record import Record


class BurnStatus(Record):
    """One burn-rate alert of an objective."""

    __slots__ = ()

    name: str
    long: timedelta
    short: timedelta
    #: The burn rate it fires above.
    factor: Fraction
    long_rate: float | None
    short_rate: float | None
    #: Whether both exceed the factor, but not for long enough yet.
    pending: bool
    firing: bool


class ObjectiveStatus(Record):
    """Where a service level objective stands: `Objective.status`."""

    __slots__ = ()

    at: datetime
    #: Where the window begins and ends: of a calendar its period.
    window_start: datetime
    window_end: datetime
    #: Whether counting began when the window did, or before.
    covers_window: bool
    #: "no_data", "ok", "burning" or "exhausted".
    state: str
    good: int
    total: int
    #: Good over total, exactly; None without data.
    sli: Fraction | None
    sli_ratio: float | None
    #: How many may be bad, exactly.
    budget: Fraction
    #: How many are bad.
    consumed: Fraction
    #: Budget less consumed, exactly.
    remaining: Fraction
    remaining_ratio: float | None
    burn_rate: float | None
    time_to_exhaustion: timedelta | None
    #: With a calendar: the share of the budget left at the end of the period at that rate.
    forecast_ratio: float | None
    alerts: list[BurnStatus]
    #: What was agreed for as much budget as is left.
    policy: BudgetPolicy | None
    #: Records that came too late to count.
    late: int


class BurnAlert(Record):
    """A burn-rate alert as it is defined: `burn_alerts`."""

    __slots__ = ()

    name: str
    #: The share of the whole budget, in percent, that is spent in the long window; or `factor`.
    budget: Fraction | None
    #: The burn rate itself.
    factor: Fraction | None
    long: timedelta
    short: timedelta
    #: How long the burning has to last before it fires.
    pending: timedelta
    #: Whether a burn rate equal to the factor counts as well.
    inclusive: bool


class BudgetPolicy(Record):
    """What is agreed to be done while the budget that is left lies in a band."""

    __slots__ = ()

    name: str
    action: str


class ErrorBudget(Record):
    """The error budget of an objective, exactly: `Objective.budget`."""

    __slots__ = ()

    share: Fraction
    seconds: Fraction
    slices: Fraction
    events: Fraction


class AlertTimes(Record):
    """How soon an alert tells of an outage, and of its end: `Objective.alert_times`."""

    __slots__ = ()

    factor: Fraction
    detection_seconds: Fraction | None
    reset_seconds: Fraction | None


class Evaluation(Record):
    """The verdict and the alerts that fire, as bits: `Objective.evaluate`."""

    __slots__ = ()

    #: "no_data", "ok", "burning" or "exhausted".
    state: str
    #: Bit n is the n-th of the status's alerts.
    firing: int
    #: Those that exceed their factor, but not for long enough yet.
    pending: int


class WindowStatus(Record):
    """What the budget of one window came to: `Objective.windows`."""

    __slots__ = ()

    start: datetime
    end: datetime
    good: int
    total: int
    sli: Fraction | None
    budget: Fraction
    consumed: Fraction
    remaining: Fraction
    #: Whether no more than the budget is spent; None without data.
    met: bool | None


class OpenSloObject(Record):
    """An object of OpenSLO that is kept as it is."""

    __slots__ = ()

    name: str
    display_name: str
    labels: dict[str, list[str]]
    annotations: dict[str, str]
    spec: Any


class OpenSloMetric(Record):
    """A query of OpenSLO, as it is written."""

    __slots__ = ()

    source: str | None
    kind: str | None
    spec: Any


class OpenSloIndicator(Record):
    """Where the counts or values of an OpenSLO objective come from."""

    __slots__ = ()

    name: str
    counter: bool
    good: OpenSloMetric | None
    bad: OpenSloMetric | None
    total: OpenSloMetric | None
    raw: OpenSloMetric | None
    raw_type: str | None
    threshold: OpenSloMetric | None


class OpenSloAlertPolicy(Record):
    """An alert policy of OpenSLO with its one condition."""

    __slots__ = ()

    name: str
    condition: str
    severity: str
    when_breaching: bool
    when_resolved: bool
    when_no_data: bool
    targets: list[str]
    alert: BurnAlert


class OpenSloObjective(Record):
    """One objective of an SLO in OpenSLO."""

    __slots__ = ()

    slo: str
    slo_display_name: str
    number: int
    display_name: str
    description: str
    service: str
    labels: dict[str, list[str]]
    annotations: dict[str, str]
    indicator: OpenSloIndicator
    #: For `Objective`.
    definition: Record
    weight: Fraction | None
    alert_policies: list[OpenSloAlertPolicy]


class OpenSlo(Record):
    """The objects of an OpenSLO text: `read_openslo`."""

    __slots__ = ()

    services: list[OpenSloObject]
    data_sources: list[OpenSloObject]
    notification_targets: list[OpenSloObject]
    objectives: list[OpenSloObjective]
    #: What was read and has no effect, with its place.
    notes: list[str]
