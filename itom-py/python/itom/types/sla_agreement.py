"""Agreements over a log of records."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from .record import Record


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
    #: Records without a clock, because they were stopped when first seen; in no share.
    already_stopped: int


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
    #: Records without a clock, because they were stopped when first seen; in no share.
    already_stopped: int
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
