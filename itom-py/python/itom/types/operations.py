"""Explained incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .event import Cause
from .record import Record
from .sla_clock import ClockStatus
from .sla_objective import ObjectiveStatus


class Funnel(Record):
    """From observations to incidents, in numbers: `Operations.funnel`."""

    __slots__ = ()

    observations: int
    #: Samples a detector called anomalous, on the side that is worse.
    anomalies: int
    events: int
    alerts: int
    incidents: int


class MetricSample(Record):
    """A sample of a metric, as an update hands it back."""

    __slots__ = ()

    time: datetime
    item: str
    metric: str
    value: float | None


class Rejection(Record):
    """An observation that was set aside, and why."""

    __slots__ = ()

    observation: dict[str, Any]
    reason: str


class IncidentSymptom(Record):
    """Where the harm of an incident shows."""

    __slots__ = ()

    item: str
    metric: str | None
    #: Such as "latency high".
    condition: str


class IncidentImpact(Record):
    """What the topology says of the cause's failure; ids of items."""

    __slots__ = ()

    failed: list[str]
    down: list[str]
    degraded: list[str]
    at_risk: list[str]


class ServiceHit(Record):
    """A service that an incident hits."""

    __slots__ = ()

    item: str
    #: Its class; read it as `hit["class"]`.
    #: "down", "degraded", or empty for one that alerts though the topology does not say why.
    impact: str
    #: Whether an alert of the incident shows it.
    observed: bool


class IncidentObjective(Record):
    """A service level objective of an item that is hit."""

    __slots__ = ()

    name: str
    item: str
    #: None as of an instant whose counts are forgotten.
    status: ObjectiveStatus | None


class IncidentClock(Record):
    """The clock of an agreement that applies."""

    __slots__ = ()

    agreement: str
    status: ClockStatus


class ExplainedIncident(Record):
    """An incident with what it means: `Operations.incidents`."""

    __slots__ = ()

    id: str
    #: "open", "resolved" or "merged".
    state: str
    severity: int
    started_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    #: The items with an alert, sorted.
    affected: list[str]
    #: Fingerprints, in the order in which the alerts joined.
    alerts: list[str]
    symptom: IncidentSymptom | None
    #: Best first; empty if nothing explains the symptom.
    causes: list[Cause]
    impact: IncidentImpact
    services: list[ServiceHit]
    objectives: list[IncidentObjective]
    clocks: list[IncidentClock]
