"""Business time beside calendars in Python, and a whole incident log beside pandas."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import random
from pathlib import Path

import numpy as np

import itom
from peers_race import Race, version

UTC = dt.timezone.utc
DAYS = ["mon", "tue", "wed", "thu", "fri"]
HOLIDAYS = [dt.date(year, month, 15) for year in range(2020, 2032) for month in range(1, 12)]


def spans(count: int, days: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """Spans of up to twice `days` from any second of 2022 to 2026."""
    r = random.Random(days)
    first = dt.datetime(2022, 1, 1, tzinfo=UTC)
    starts = [first + dt.timedelta(seconds=r.randrange(5 * 365 * 86400)) for _ in range(count)]
    return [(s, s + dt.timedelta(seconds=r.randrange(2 * days * 86400))) for s in starts]


def sla(race: Race, incidents: Path | None) -> None:
    office = itom.sla.Calendar({
        "tz": "America/New_York",
        "weekly": {day: [["09:00", "17:00"]] for day in DAYS},
        "holidays": [day.isoformat() for day in HOLIDAYS],
    })
    if race.peer("businesstimedelta"):
        sla_elapsed(race, office)
    if pandas := race.peer("pandas"):
        sla_deadline(race, office, pandas)
    if race.peer("business_duration"):
        sla_seconds(race, office)
    sla_working_days(race)
    if incidents:
        sla_log(race, incidents)
    else:
        race.skipped.append({"peer": "pandas on a log", "why": "ITOM_DATA is not set"})


def sla_elapsed(race: Race, office) -> None:
    import businesstimedelta
    import pytz

    new_york = pytz.timezone("America/New_York")
    hours = businesstimedelta.WorkDayRule(dt.time(9), dt.time(17), [0, 1, 2, 3, 4], tz=new_york)
    rules = businesstimedelta.Rules([hours, businesstimedelta.HolidayRule(set(HOLIDAYS), tz=new_york)])
    for label, days, count in (("days", 3, 300), ("months", 90, 30), ("years", 700, 6)):
        cases = spans(count, days)
        race.run(
            f"sla: open time of a span of {label}, one call each",
            version("businesstimedelta"),
            lambda: [office.elapsed(a, b) for a, b in cases],
            lambda: [rules.difference(a, b).timedelta for a, b in cases],
            units=count,
            same=lambda ours, peer: ours == peer,
        )


def sla_deadline(race: Race, office, pandas) -> None:
    """37 hours from any second: never exactly at closing time, where conventions part."""
    offset = pandas.offsets.CustomBusinessHour(37, start="09:00", end="17:00", holidays=HOLIDAYS)
    starts = [a for a, _ in spans(300, 1)]
    local = [pandas.Timestamp(a).tz_convert("America/New_York") for a in starts]
    target = dt.timedelta(hours=37)
    race.run(
        "sla: instant 37 open hours ahead, one call each",
        version("pandas") + " CustomBusinessHour",
        lambda: [office.deadline(a, target) for a in starts],
        lambda: [a + offset for a in local],
        units=len(starts),
        same=lambda ours, peer: all(a == b for a, b in zip(ours, peer, strict=True)),
    )


def sla_working_days(race: Race) -> None:
    """What numpy can do: whole days, no time zone. itom answers with a calendar of whole days."""
    whole = itom.sla.Calendar({
        "tz": "Etc/UTC",
        "weekly": {day: [["00:00", "24:00"]] for day in DAYS},
        "holidays": [day.isoformat() for day in HOLIDAYS],
    })
    r = np.random.default_rng(1)
    first = np.datetime64("2022-01-01") + r.integers(0, 1800, 100_000)
    last = first + r.integers(0, 1000, 100_000)
    starts, ends = first.astype("datetime64[ns]"), last.astype("datetime64[ns]")
    holidays = np.array(HOLIDAYS, dtype="datetime64[D]")
    race.run(
        "sla: working days between days, arrays of 100,000",
        version("numpy") + " busday_count",
        lambda: whole.elapsed(starts, ends),
        lambda: np.busday_count(first, last, holidays=holidays),
        units=len(first),
        same=lambda ours, peer: np.array_equal(ours // np.timedelta64(1, "D"), peer),
        note="numpy knows whole days only, without hours and time zones",
    )


def sla_seconds(race: Race, office) -> None:
    """Open seconds of whole arrays. business-duration is local time of one zone, so ours is UTC."""
    from business_duration import businessDuration

    local = itom.sla.Calendar(office.definition | {"tz": "Etc/UTC"})
    cases = [(a.replace(tzinfo=None), b.replace(tzinfo=None)) for a, b in spans(1000, 30)]
    starts, ends = (np.array(side, dtype="datetime64[ns]") for side in zip(*cases, strict=True))
    often = 100
    many = [np.tile(side, often) for side in (starts, ends)]
    holidays = {day: "holiday" for day in HOLIDAYS}
    race.run(
        "sla: open seconds of a span of a month, one call each, ours 100 times in one array",
        version("business-duration"),
        lambda: local.elapsed(*many),
        lambda: [
            businessDuration(a, b, dt.time(9), dt.time(17), holidaylist=holidays, unit="sec")
            for a, b in cases
        ],
        units=(often * len(cases), len(cases)),
        same=lambda ours, peer: [round(s) for s in peer]
        == (ours[: len(cases)] // np.timedelta64(1, "s")).tolist(),
    )


# ---- a whole log of incidents: how many were closed within 62 open hours?

DESK_HOURS = {day: [["08:00", "17:00"]] for day in DAYS}
RULES = {
    "calendars": {"desk": {"tz": "Etc/GMT+6", "weekly": DESK_HOURS}},
    "agreements": [
        {
            "name": "Incident",
            "metrics": [
                {
                    "name": "resolution",
                    "stop": "closed = true",
                    "retroactive_start": "opened_at",
                    "targets": [{"target": "62h", "calendar": "desk"}],
                }
            ],
        }
    ],
}
COLUMNS = ["number", "ident_state", "opened_at", "sys_updated_at", "closed_at", "sys_mod_count"]


def sla_log(race: Race, path: Path) -> None:
    text = gzip.decompress(path.read_bytes())
    race.run(
        "sla: a log of 141,712 updates read and replayed",
        version("pandas") + ", hours by numpy's busday_count",
        lambda: met_ours(text),
        lambda: met_pandas(text),
        units=1,
        same=lambda ours, peer: ours == peer,
        note="both read the CSV with pandas",
    )


def read_log(text: bytes):
    import pandas

    rows = pandas.read_csv(io.BytesIO(text), usecols=COLUMNS, dtype={"number": str})
    for name in ["opened_at", "sys_updated_at", "closed_at"]:
        rows[name] = pandas.to_datetime(rows[name], format="%d/%m/%Y %H:%M")
    return rows


def met_ours(text: bytes) -> int:
    rows = read_log(text)
    closed = (rows["ident_state"] == "Closed") & (rows["sys_updated_at"] >= rows["closed_at"])
    log = itom.sla.RecordLog()
    log.extend_table(
        {
            "number": rows["number"].to_list(),
            "at": rows["sys_updated_at"].to_numpy("datetime64[ns]"),
            "opened_at": rows["opened_at"].to_numpy("datetime64[ns]"),
            "order": rows["sys_mod_count"].to_numpy(),
            "closed": closed.to_list(),
        },
        record="number",
        at="at",
        sequence="order",
    )
    return itom.sla.replay(RULES, log).counts().met


def met_pandas(text: bytes) -> int:
    """pandas has no business time: whole days by numpy, the ends by hand."""
    last = read_log(text).groupby("number", sort=False).last()
    opened, closed = (last[name] - dt.timedelta(hours=6) for name in ("opened_at", "closed_at"))

    def hours(at) -> np.ndarray:
        """Open hours since 2016 began."""
        midnight = at.dt.normalize()
        day = midnight.to_numpy("datetime64[D]")
        clock = (at - midnight).dt.total_seconds().to_numpy() / 3600
        whole = np.busday_count(np.datetime64("2016-01-01"), day) * 9
        return whole + np.where(np.is_busday(day), np.clip(clock - 8, 0, 9), 0)

    return int((hours(closed) - hours(opened) <= 62 + 1e-9).sum())
