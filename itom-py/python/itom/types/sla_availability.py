"""Availability, measured and composed."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from .record import Record


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
    #: How far the bounds are apart: zero if exact.
    width: float
    #: Nodes of the decision diagram that was drawn.
    diagram_nodes: int
    #: Cut sets that the bounds come from, where the diagram did not close.
    cut_sets: int


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
