"""The types of results: dicts with a fixed set of keys, read as attributes.

Every result of the library is a `Record`: `status.breached` and `status["breached"]` are the same.
It is a dict, so that it prints, compares, pickles and becomes a row of a table without further ado.
The named classes here say which fields a result has.
"""

from __future__ import annotations

from datetime import date as _date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "AgreementChanges",
    "AgreementCrossing",
    "AgreementEvent",
    "AgreementSegment",
    "AgreementSlack",
    "AgreementStatus",
    "Alert",
    "AlertTimes",
    "Attainment",
    "Attribution",
    "Availability",
    "AvailabilityExplanation",
    "AvailabilityPoint",
    "BudgetPolicy",
    "BurnAlert",
    "BurnStatus",
    "BusinessDay",
    "Cause",
    "CauseShare",
    "ChainLink",
    "ClockStatus",
    "ClockVerdict",
    "ComponentImportance",
    "CompositeAvailability",
    "ConfidenceInterval",
    "Contribution",
    "Credit",
    "Crossing",
    "Cycle",
    "DeliveryReport",
    "Distribution",
    "Dora",
    "ErrorBudget",
    "Evaluation",
    "Event",
    "Evidence",
    "ExpectedAttainment",
    "ExplainedIncident",
    "Flip",
    "Forecast",
    "Funnel",
    "Incident",
    "IncidentClock",
    "IncidentImpact",
    "IncidentObjective",
    "IncidentSymptom",
    "Item",
    "LedgerDifference",
    "LedgerDifferences",
    "LedgerMemory",
    "Link",
    "LostGroup",
    "MetricSample",
    "MovedBreach",
    "NabScore",
    "Neighbour",
    "NextBreach",
    "ObjectiveStatus",
    "OffsetChange",
    "OffsetSpan",
    "OpenSlo",
    "OpenSloAlertPolicy",
    "OpenSloIndicator",
    "OpenSloMetric",
    "OpenSloObject",
    "OpenSloObjective",
    "OutageAccount",
    "OutageSegment",
    "PauseTotal",
    "PausedBy",
    "Period",
    "Reason",
    "Record",
    "RefusedEvent",
    "Rejection",
    "Relation",
    "Reliability",
    "ReliabilityBin",
    "ReliabilityCurve",
    "ReplicaGain",
    "Ruling",
    "Segment",
    "ServiceHit",
    "Simulation",
    "Statistics",
    "Step",
    "SupportingTarget",
    "TimeShare",
    "Transaction",
    "Update",
    "Verdict",
    "VerdictCounts",
    "Verdicts",
    "WhatIf",
    "Why",
    "WindowDifference",
    "WindowStatus",
    "ZoneDifference",
]


class Record(dict[str, Any]):
    """A result: a dict whose keys are attributes as well.

    >>> point = Record(x=1, y=None)
    >>> point.x, point["y"]
    (1, None)
    >>> point
    Record(x=1, y=None)
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            own = ", ".join(map(str, self)) or "none"
            message = f"{type(self).__name__} has no field {name!r}, its fields are: {own}"
            raise AttributeError(message, name=name, obj=self) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __repr__(self) -> str:
        if all(isinstance(key, str) and key.isidentifier() for key in self):
            return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.items())})"
        return f"{type(self).__name__}({super().__repr__()})"


# ---- event


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

# ---- cmdb


class Item(Record):
    """An item as it was at the view's moment; its class is `item["class"]` or `item.class_`."""

    __slots__ = ()
    id: str
    attributes: dict[str, Any]

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class Relation(Record):
    """A relation: `source` depends on `target`. Without a group it is a plain dependency."""

    __slots__ = ()
    source: str
    kind: str
    target: str
    group: str | None
    min_up: int | None


class Neighbour(Record):
    """An item next to another; `name` is the relation's kind or, seen from its target, the inverse."""

    __slots__ = ()
    id: str
    kind: str
    name: str
    direction: str


class Why(Record):
    """Why an item is affected: what its groups lost, and a chain from a failure to it."""

    __slots__ = ()
    id: str
    state: str
    lost: list[LostGroup]
    path: list[str]


class LostGroup(Record):
    """A group that lost members or never had enough; `down` says whether it takes the item down."""

    __slots__ = ()
    group: str | None
    min_up: int
    members: int
    lost: list[str]
    down: bool


class Transaction(Record):
    """A transaction: from when it holds, when it became known, who made it and why."""

    __slots__ = ()
    at: datetime
    known: datetime
    actor: str | None
    reason: str | None


# ---- anomaly


class Reason(Record):
    """Why a point got its score: the strongest evidence, to which side, and how large.

    >>> str(Reason(evidence="usual", direction="none", times_usual=0.0, text="as usual"))
    'as usual'
    """

    __slots__ = ()

    evidence: str
    direction: str
    times_usual: float
    text: str

    def __str__(self) -> str:
        return self.text


class Verdict(Record):
    """What a detector says about one point; `None` is what is not known yet."""

    __slots__ = ()

    time: datetime
    value: float | None
    score: float
    alert: float
    p_value: float
    expected: float | None
    lower: float | None
    upper: float | None
    anomalous: bool
    direction: str
    reason: Reason


class Verdicts(Record):
    """Verdicts as columns of equal length; NaN is what is not known yet."""

    __slots__ = ()

    time: npt.NDArray[np.datetime64]
    value: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]
    alert: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    anomalous: npt.NDArray[np.bool_]
    reason: list[str]


class NabScore(Record):
    """A NAB score with the counts that belong beside it."""

    __slots__ = ()

    profile: str
    score: float
    threshold: float
    windows: int
    windows_hit: int
    false_positive_points: int


# ---- sla


# ---- sla: zones


class OffsetChange(Record):
    """A moment at which a zone's wall clock is set forward or back: `Zone.changes`."""

    __slots__ = ()

    at: datetime
    #: East of UTC until then, and from then on.
    before: timedelta
    after: timedelta


class OffsetSpan(Record):
    """A time during which two releases give a zone different offsets."""

    __slots__ = ()

    start: datetime
    end: datetime
    #: East of UTC under this release, and under the other.
    before: timedelta
    after: timedelta


class ZoneDifference(Record):
    """A zone that two releases do not agree on: `ZoneDatabase.differences`."""

    __slots__ = ()

    zone: str
    #: "moved", "added" or "removed".
    change: str
    spans: list[OffsetSpan]


class WindowDifference(Record):
    """A time that is open under one of two calendars only: `Calendar.differences`."""

    __slots__ = ()

    start: datetime
    end: datetime
    #: Whether it is the other calendar that is open.
    open: bool


class MovedBreach(Record):
    """A clock whose breach other zone rules move: `moved_breaches`."""

    __slots__ = ()

    #: Its place in the list.
    clock: int
    before: datetime | None
    after: datetime | None


class Period(Record):
    """Time from `start` up to but not including `end`: `CalendarWindow`."""

    __slots__ = ()

    start: datetime
    end: datetime


class BusinessDay(Record):
    """A date on which a calendar opens: `Calendar.business_day`."""

    __slots__ = ()

    date: _date
    #: When its first window opens.
    opens: datetime
    #: When the last window that starts on it closes.
    closes: datetime


class ClockStatus(Record):
    """Where an SLA clock stands: `Clock.status`."""

    __slots__ = ()

    at: datetime
    #: "pending", "running", "paused", "stopped" or "cancelled".
    state: str
    target: timedelta
    #: Calendar time while running.
    business: timedelta
    #: Wall time while running.
    actual: timedelta
    #: Calendar time while paused.
    paused: timedelta
    #: Target less business; negative after the breach.
    remaining: timedelta
    #: When the target was or will be used up; None if that is not known.
    breach_at: datetime | None
    breached: bool
    #: Business over target.
    ratio: float
    #: Share of the target -> when it was or will be used up.
    thresholds: dict[float, datetime | None]
    #: Completed cycles, oldest first.
    cycles: list[Cycle]
    #: Events that changed nothing.
    ignored: int
    #: The last instant at which the work can still stop in time.
    effective_until: datetime | None
    #: For a paused clock: when its target would be used up if it went on now.
    breach_if_resumed: datetime | None
    #: Calendar time paused by each reason; reasons overlap.
    paused_by: list[PausedBy]
    #: The release of the zone database of its calendar.
    tz_version: str


class PausedBy(Record):
    """How long one reason paused a clock."""

    __slots__ = ()

    #: Empty for a pause without a reason.
    reason: str
    paused: timedelta


class Crossing(Record):
    """A clock of a ledger passed a mark, or turned out not to have: `Ledger.advance`."""

    __slots__ = ()

    clock: int
    #: "warning" or "breach".
    kind: str
    #: Of the target; 1.0 for the breach.
    share: float
    #: When that share was used up.
    at: datetime
    #: From when on it could be said; crossings come in this order.
    announced_at: datetime
    cycle: int
    #: Whether an earlier announcement is taken back.
    withdrawn: bool
    #: Whether it comes after its time.
    late: bool


class NextBreach(Record):
    """A clock that will break if it runs on: `Ledger.next_breaches`."""

    __slots__ = ()

    clock: int
    at: datetime


class ClockVerdict(Record):
    """What a clock comes to in its current cycle."""

    __slots__ = ()

    business: timedelta
    remaining: timedelta
    breached: bool
    breach_at: datetime | None


class LedgerDifference(Record):
    """A clock that would stand otherwise under another agreement."""

    __slots__ = ()

    clock: int
    key: str
    before: ClockVerdict
    after: ClockVerdict


class LedgerDifferences(Record):
    """What another agreement would change: `Ledger.what_if`."""

    __slots__ = ()

    clocks: int
    breached_before: int
    breached_after: int
    rows: list[LedgerDifference]


class RefusedEvent(Record):
    """An event that a ledger did not take: `Ledger.apply_columns_lenient`."""

    __slots__ = ()

    #: Its place in the batch, from 0.
    row: int
    #: Which of its values was refused.
    argument: str
    reason: str


class LedgerMemory(Record):
    """What a ledger holds, in bytes: `Ledger.memory`."""

    __slots__ = ()

    #: The columns that events and refreshes work on: 48 a clock.
    hot: int
    openings: int
    breach_instants: int
    queues: int
    #: The keys under which clocks were opened.
    names: int
    #: 8 an event that follows one of its clock, 16 another.
    history: int
    calendars: int


class Cycle(Record):
    """A completed cycle of a clock that was opened anew from zero."""

    __slots__ = ()

    start: datetime
    end: datetime
    target: timedelta
    business: timedelta
    actual: timedelta
    paused: timedelta
    breached: bool
    breach_at: datetime | None


class Segment(Record):
    """A stretch of a clock's life with one reason to count or not: `Clock.explain`."""

    __slots__ = ()

    start: datetime
    end: datetime
    state: str
    #: Whether the calendar was open.
    open: bool
    #: Whether it is business time.
    counted: bool
    reason: str
    cycle: int


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
    long: timedelta
    short: timedelta


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


class Availability(Record):
    """How much of a period a service was up: `availability`."""

    __slots__ = ()

    agreed: timedelta
    downtime: timedelta
    #: Exactly; None when no time was agreed.
    availability: Fraction | None
    ratio: float | None
    failures: int


class AvailabilityPoint(Record):
    """How much of one of several periods a service was up: `availability_series`."""

    __slots__ = ()

    start: datetime
    end: datetime
    availability: Availability


class OutageSegment(Record):
    """A stretch of downtime with the reason why it counted or not."""

    __slots__ = ()

    start: datetime
    end: datetime
    #: The number of the outage it belongs to.
    outage: int
    weight: Fraction
    #: counted, excluded, outside_hours, outside_period or too_short.
    reason: str


class OutageAccount(Record):
    """What became of one outage; the parts add up to its length and the gaps joined to it."""

    __slots__ = ()

    length: timedelta
    counted: timedelta
    excluded: timedelta
    outside_hours: timedelta
    outside_period: timedelta
    too_short: timedelta
    #: How long another outage counted in its stead.
    overlapped: timedelta
    joined: timedelta


class AvailabilityExplanation(Record):
    """An availability with its reasons: `availability_explained`."""

    __slots__ = ()

    availability: Availability
    segments: list[OutageSegment]
    outages: list[OutageAccount]


class Reliability(Record):
    """Failure measures: `reliability`."""

    __slots__ = ()

    failures: int
    uptime: timedelta
    downtime: timedelta
    mtbf: timedelta | None
    mtrs: timedelta | None
    mtbsi: timedelta | None
    mtta: timedelta | None
    acknowledged: int
    availability: Fraction | None
    ratio: float | None
    confidence: float
    mtbf_lower: timedelta | None
    availability_lower: float | None
    availability_upper: float | None


class CauseShare(Record):
    """What is laid to one cause of downtime."""

    __slots__ = ()

    cause: str
    downtime: timedelta
    exclusive: timedelta
    first_cause: timedelta
    equal_split: timedelta


class Attribution(Record):
    """Downtime shared out among its causes: `attribution`."""

    __slots__ = ()

    total: timedelta
    shared: timedelta
    causes: list[CauseShare]


class ConfidenceInterval(Record):
    """Bounds of a share: `wilson`, `clopper_pearson`."""

    __slots__ = ()

    lower: float
    upper: float


class CompositeAvailability(Record):
    """The availability of what is composed of parts: `DependencyGraph.availability`."""

    __slots__ = ()

    #: Exactly, where it was found exactly and fits in 128 bits.
    availability: Fraction | None
    ratio: float
    unavailability: float
    lower: float
    upper: float
    #: exact or bounds.
    method: str
    downtime_per_year: timedelta
    confidence_lower: float | None
    confidence_upper: float | None
    components: int


class Simulation(Record):
    """An availability that was simulated: `DependencyGraph.simulate`."""

    __slots__ = ()

    ratio: float
    unavailability: float
    lower: float
    upper: float
    confidence: float
    method: str
    downtime_per_year: timedelta
    samples: int
    failures: int
    #: The chance of what was sampled.
    sampled: float
    seed: int


class ComponentImportance(Record):
    """What one component means to a service: `DependencyGraph.importance`."""

    __slots__ = ()

    name: str
    birnbaum: float
    criticality: float | None
    downtime_per_year: timedelta
    replica_saves: timedelta
    single_point_of_failure: bool


class ReplicaGain(Record):
    """What one more member of a redundant gate brings: `DependencyGraph.replicas`."""

    __slots__ = ()

    gate: str
    member: str
    members: int
    ratio: float
    gain: float
    saves_per_year: timedelta


# ---- sla: agreement


class AgreementStatus(Record):
    """Where one clock of an agreement stands: `Agreements.status`."""

    __slots__ = ()

    record: str
    agreement: str
    metric: str
    #: Which clock of this metric for this record, from 0.
    cycle: int
    #: pending, running, paused, stopped or cancelled.
    state: str
    attached: datetime
    start: datetime
    end: datetime | None
    target: timedelta
    calendar: str | None
    business: timedelta
    actual: timedelta
    paused: timedelta
    #: Negative after the breach.
    remaining: timedelta
    breached: bool
    breach_at: datetime | None
    ratio: float
    #: Of `share` and `at`.
    thresholds: list[Record]


class AgreementEvent(Record):
    """Something that happened to a clock: `Agreements.events`."""

    __slots__ = ()

    at: datetime
    record: str
    agreement: str
    metric: str
    cycle: int
    #: attached, reopened, retargeted, paused, resumed, stopped or cancelled.
    what: str
    reasons: list[str]
    target: timedelta | None


class AgreementChanges(Record):
    """What updates changed: `Agreements.update`."""

    __slots__ = ()

    happened: list[AgreementEvent]
    #: What was thought to have happened and did not.
    withdrawn: list[AgreementEvent]


class AgreementCrossing(Record):
    """A share of a target that was used up: `Agreements.advance`."""

    __slots__ = ()

    at: datetime
    record: str
    agreement: str
    metric: str
    cycle: int
    share: float
    breach: bool


class AgreementSegment(Record):
    """A stretch of a clock's life and why it counted or not: `Agreements.explain`."""

    __slots__ = ()

    agreement: str
    metric: str
    cycle: int
    start: datetime
    end: datetime
    state: str
    open: bool
    counted: bool
    reason: str


class AgreementSlack(Record):
    """A running promise against the clocks that back it: `Agreements.slack`."""

    __slots__ = ()

    agreement: str
    metric: str
    cycle: int
    remaining: timedelta
    needed: timedelta
    slack: timedelta
    used: timedelta
    supporting: list[AgreementStatus]


class TimeShare(Record):
    """A part of a clock's time, while a field had one value: `accounting`."""

    __slots__ = ()

    agreement: str
    metric: str
    cycle: int
    value: str | None
    business: timedelta
    actual: timedelta
    paused: timedelta
    share: Fraction | None


class SupportingTarget(Record):
    """A target within another."""

    __slots__ = ()

    agreement: str
    kind: str
    target: timedelta
    calendar: str | None


class ChainLink(Record):
    """Whether a target is covered by those that support it: `chain`."""

    __slots__ = ()

    agreement: str
    metric: str
    when: str
    target: timedelta
    calendar: str | None
    supporting: list[SupportingTarget]
    sum: timedelta
    slack: timedelta
    covered: bool
    same_calendar: bool


class PauseTotal(Record):
    """How long clocks of a metric were paused for a reason: `Replay.pauses`."""

    __slots__ = ()

    agreement: str
    metric: str
    reason: str
    count: int
    paused: timedelta


class VerdictCounts(Record):
    """How many clocks came to which verdict: `Replay.counts`."""

    __slots__ = ()

    met: int
    breached: int
    cancelled: int
    running: int
    running_breached: int


class Attainment(Record):
    """Which share of promises was kept, in a period, of a group: `Replay.attainment`."""

    __slots__ = ()

    agreement: str
    metric: str
    group: str | None
    start: datetime | None
    end: datetime | None
    met: int
    breached: int
    cancelled: int
    running: int
    running_breached: int
    attainment: Fraction | None
    ratio: float | None


class Ruling(Record):
    """The verdict on a clock under one of two definitions."""

    __slots__ = ()

    state: str
    breached: bool
    target: timedelta
    business: timedelta
    start: datetime
    end: datetime | None


class Flip(Record):
    """A clock with another verdict under another definition."""

    __slots__ = ()

    record: str
    agreement: str
    metric: str
    cycle: int
    before: Ruling | None
    after: Ruling | None
    #: attached, start, end, target, calendar, pauses.
    causes: list[str]


class WhatIf(Record):
    """What another definition would change: `what_if`."""

    __slots__ = ()

    at: datetime
    before: VerdictCounts
    after: VerdictCounts
    moved: int
    unchanged: int
    flips: list[Flip]


class Credit(Record):
    """What is owed: `CreditPolicy.credit`."""

    __slots__ = ()

    achieved: Fraction
    tier: Fraction | None
    percent: Fraction
    amount: Fraction | None
    capped: bool


# ---- sla: forecast


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


# ---- sla: delivery


class Distribution(Record):
    """A summary of lengths of time: `distribution`."""

    __slots__ = ()

    count: int
    mean: timedelta | None
    least: timedelta | None
    median: timedelta | None
    p90: timedelta | None
    p95: timedelta | None
    most: timedelta | None


class Dora(Record):
    """The DORA keys: `dora`."""

    __slots__ = ()

    window: timedelta
    deployments: int
    deploys_per_day: Fraction
    lead_time: Distribution
    change_fail_rate: Fraction | None
    recovery_time: Distribution
    rework_rate: Fraction | None


class DeliveryReport(Record):
    """Delivery in a period, of a group: `delivery`."""

    __slots__ = ()

    group: str | None
    start: datetime
    end: datetime
    dora: Dora
    incidents: int
    acknowledge: Distribution
    resolve: Distribution
    recover: Distribution


# ---- operations


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
