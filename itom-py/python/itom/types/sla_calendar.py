"""Zones, periods and business days."""

from __future__ import annotations

from datetime import date as _date, datetime, timedelta

from .record import Record


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
