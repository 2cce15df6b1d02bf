"""Health of a configuration database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .record import Record


class HealthCount(Record):
    """How many items, or relations, were looked at by a metric, how many failed, and the share that did not."""

    __slots__ = ()
    checked: int
    failed: int
    score: float | None


class HealthScores(Record):
    """Counts and scores of some items, from 0 to 1; None where nothing was looked at."""

    __slots__ = ()
    item_count: int
    score: float | None
    completeness: float | None
    correctness: float | None
    compliance: float | None
    relationship: float | None
    metrics: dict[str, HealthCount]


class HealthGroup(Record):
    """The scores of a class, a service, an owner or a source."""

    __slots__ = ()
    name: str | None
    scores: HealthScores


class HealthFailure(Record):
    """What an item fails, and why."""

    __slots__ = ()
    metric: str
    reason: str


class HealthItem(Record):
    """An item that fails something."""

    __slots__ = ()
    id: str
    score: float | None
    failures: list[HealthFailure]

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class HealthReport(Record):
    """How healthy a database is; `failing` items in all, the worst of them in `worst`."""

    __slots__ = ()
    now: datetime
    all: HealthScores
    classes: list[HealthGroup]
    services: list[HealthGroup]
    owners: list[HealthGroup]
    sources: list[HealthGroup]
    failing: int
    worst: list[HealthItem]


class HealthRelation(Record):
    """A relation that an item must have."""

    __slots__ = ()
    kinds: list[str]
    direction: str


class HealthRule(Record):
    """What items must be like."""

    __slots__ = ()
    name: str
    condition: Any


class HealthClass(Record):
    """What health means for items of a class, where it is different; what is not said is left out."""

    __slots__ = ()


class HealthDefinition(Record):
    """What health means; what is not said is left out."""

    __slots__ = ()
    stale_after: timedelta
    related: list[HealthRelation]
    owner: str
    limit: int
