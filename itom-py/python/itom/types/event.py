"""Events, alerts, incidents and their causes."""

from __future__ import annotations

from datetime import datetime, timedelta

from .record import Record


class Event(Record):
    """What happened to an item at a time; absent fields are left out."""

    __slots__ = ()
    id: str
    time: datetime
    source: str
    kind: str
    severity: int
    item: str
    name: str
    labels: dict[str, str]
    text: str
    value: float
    fingerprint: str


class Alert(Record):
    """What the events of one fingerprint come down to."""

    __slots__ = ()
    fingerprint: str
    item: str
    name: str
    labels: dict[str, str]
    source: str
    text: str
    value: float | None
    state: str
    severity: int
    severity_max: int
    count: int
    episodes: int
    first_seen: datetime
    last_seen: datetime
    fired_at: datetime
    resolved_at: datetime | None
    flapping: bool
    change_ratio: float
    incident: str | None
    history: int


class Link(Record):
    """Why two alerts were taken to belong together."""

    __slots__ = ()
    alert: str
    item: str
    distance: int
    gap: timedelta


class Step(Record):
    """One alert's way into an incident."""

    __slots__ = ()
    time: datetime
    alert: str
    item: str
    because: Link | None
    merged: str | None


class Incident(Record):
    """Alerts that are one trouble."""

    __slots__ = ()
    id: str
    state: str
    started_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    severity: int
    alerts: list[str]
    affected: list[str]
    steps: list[Step]
    merged_into: str | None
    unsettled: int
    settled_at: datetime | None


class Update(Record):
    """One change of state; which other fields it has depends on its kind.

    The kinds are alert_fired, alert_repeated, alert_resolved, flapping_started, flapping_stopped,
    incident_opened, alert_joined, incidents_merged, incident_resolved, late, duplicate,
    alert_forgotten and incident_forgotten.
    """

    __slots__ = ()
    kind: str
    time: datetime
    alert: str
    item: str
    name: str
    severity: int
    reopened: bool
    flapping: bool
    count: int
    reason: str
    change_ratio: float
    incident: str
    because: Link
    merged: str
    resolved_at: datetime
    event: Event
    watermark: datetime
    source: str
    id: str


class LearnedDependency(Record):
    """That alarms of one type cause those of another, and what speaks for it."""

    __slots__ = ()
    cause: str
    effect: str
    strength: float
    support: int
    expected: float
    lag: timedelta
    share: float
    by_distance: list[float]
    p_value: float


class Statistics(Record):
    """Counts of everything that came in and of what became of it."""

    __slots__ = ()
    received: int
    processed: int
    late: int
    duplicates: int
    unrelated: int
    idle_recoveries: int
    hurried: int
    searches_cut: int
    alerts_forgotten: int
    incidents_forgotten: int


class Evidence(Record):
    """One piece of evidence about a cause; which other fields it has depends on its kind.

    The kinds are deviation, agreement, alert, onset, explained_by, change and is_symptom.
    """

    __slots__ = ()
    kind: str
    metric: str
    time: datetime
    value: float
    expected: float
    z: float
    p_value: float
    correlation: float
    points: int
    severity: int
    lead: timedelta
    ci: str
    share: float
    before: timedelta


class Cause(Record):
    """A candidate cause: how likely, why, and on which way to the symptom."""

    __slots__ = ()
    ci: str
    score: float
    evidence: list[Evidence]
    path: list[str]
