"""Clocks and ledgers of clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

from .record import Record


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


class RefusedEvent(Record):
    """An event that a ledger did not take: `Ledger.apply_columns_lenient`."""

    __slots__ = ()

    #: Its place in the batch, from 0.
    row: int
    #: Which of its values was refused.
    argument: str
    reason: str
