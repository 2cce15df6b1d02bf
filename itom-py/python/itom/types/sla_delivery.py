"""Delivery measures."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from .record import Record


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
