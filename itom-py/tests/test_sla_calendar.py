"""Calendars in Python: the case file with every alternative, set operations, arrays, bad input."""

import datetime as dt
import json
import pathlib
import pickle

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CASES = json.loads(
    (pathlib.Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text("utf-8")
)
OPS = ("elapsed", "deadline", "deadline_back")


def instant(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def under(name, definition):
    """What a definition becomes under an alternative of the case file, by its name there."""
    options = {
        "membership": {"local_time": "membership"},
        "isdst": {"local_time": "isdst"},
        "last occurrence": {"local_time": "last_occurrence"},
        "naive RFC 5545 endpoint mapping": {"skipped_date": "endpoint_mapping"},
        "clip at midnight": {"holidays": "clip_at_midnight"},
        "next-open": {"deadline": "next_opening"},
        "next open": {"deadline": "next_opening"},
        "GLPI perpetual holiday": {"yearly_range": "text_compare"},
    }
    (conventions,) = [option for prefix, option in options.items() if name.startswith(prefix)]
    changed = {**definition, "conventions": conventions}
    if "yearly_range" in conventions:
        assert definition["note"].startswith("closed 24 Dec to 2 Jan every year")
        changed["holidays"] = ["--12-24/--01-02"]
    return changed


def answer(calendar, op, given):
    start = instant(given["from"])
    if op == "elapsed":
        return calendar.elapsed(start, instant(given["to"])) // dt.timedelta(seconds=1)
    if op == "deadline":
        found = calendar.deadline(start, dt.timedelta(seconds=given["add_seconds"]))
    else:
        found = calendar.deadline_back(start, dt.timedelta(seconds=given["subtract_seconds"]))
    return found and found.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_case_and_every_alternative_holds():
    cases = [case for case in CASES["cases"] if case["op"] in OPS]
    assert len(cases) >= 61
    alternatives = 0
    for case in cases:
        definition = CASES["calendars"][case["calendar"]]
        (expected,) = case["expected"].values()
        assert answer(itom.sla.Calendar(definition), case["op"], case["input"]) == expected, case
        for name, expected in case.get("alternatives", {}).items():
            other = itom.sla.Calendar(under(name, definition))
            assert answer(other, case["op"], case["input"]) == expected, (case["id"], name)
            alternatives += 1
    assert alternatives >= 12


def test_arrays_say_what_single_calls_say():
    calendar = itom.sla.Calendar({"tz": "America/New_York", "weekly": WEEK})
    start = np.datetime64("1995-03-30T10:00:00.000000001", "ns")
    times = start + np.arange(0, 40 * 365 * 24, 997) * np.timedelta64(3_600_000_000_007, "ns")
    ends = times + np.timedelta64(100, "D")
    elapsed = calendar.elapsed(times, ends)
    hours = np.full(len(times), np.timedelta64(37, "h"))
    due, back = calendar.deadline(times, hours), calendar.deadline_back(times, hours)
    names = ("next_opening", "next_closing", "previous_opening", "previous_closing")
    around = {name: getattr(calendar, name)(times) for name in names}
    is_open = calendar.is_open(times)
    for index in range(0, len(times), 13):
        # A single call keeps microseconds.
        one = np.timedelta64(calendar.elapsed(times[index], ends[index]), "us")
        assert one == elapsed[index].astype("timedelta64[us]")
        one = calendar.deadline(times[index], hours[index])
        assert np.datetime64(one.replace(tzinfo=None), "us") == due[index].astype("datetime64[us]")
        one = calendar.deadline_back(times[index], hours[index])
        assert np.datetime64(one.replace(tzinfo=None), "us") == back[index].astype("datetime64[us]")
        assert calendar.is_open(times[index]) == is_open[index]
        for name in names:
            one = getattr(calendar, name)(times[index])
            assert np.datetime64(one.replace(tzinfo=None), "ns") == around[name][index]
    assert (calendar.elapsed(times, due) == hours).all()
    assert (calendar.elapsed(back, times) == hours).all()
    assert (around["previous_opening"] <= times)[is_open].all()
    never = itom.sla.Calendar({"tz": "UTC"})
    assert np.isnat(never.next_opening(times)).all()
    assert never.next_closing(times[0]) is None


def test_arrays_of_any_make_are_read():
    calendar = itom.sla.Calendar({"tz": "Europe/Berlin", "weekly": WEEK})
    times = np.datetime64("2026-06-15T00:00:00", "ns") + np.arange(1000) * np.timedelta64(5, "h")
    ends = times + np.timedelta64(9, "D")
    expected = calendar.elapsed(times, ends)
    for unit in ("s", "ms", "us"):
        assert (calendar.elapsed(times.astype(f"datetime64[{unit}]"), ends) == expected).all()
    swapped = times.astype(times.dtype.newbyteorder(">"))
    assert (calendar.elapsed(swapped, ends) == expected).all()
    assert (calendar.elapsed(times[::3], ends[::3]) == expected[::3]).all()
    frozen = times.copy()
    frozen.flags.writeable = False
    assert (calendar.elapsed(frozen, ends) == expected).all()
    assert (frozen == times).all()


def test_set_operations():
    desk = {"weekly": WEEK}
    zones = ("Asia/Tokyo", "Europe/London", "America/Denver")
    tokyo, london, denver = (itom.sla.Calendar({"tz": tz, **desk}) for tz in zones)
    sun = tokyo | london | denver
    times = np.datetime64("2026-03-01T00:00:00", "ns") + np.arange(9000) * np.timedelta64(31, "m")
    a, b, c = tokyo.is_open(times), london.is_open(times), denver.is_open(times)
    assert (sun.is_open(times) == (a | b | c)).all()
    assert ((london & denver).is_open(times) == (b & c)).all()
    assert ((sun - london).is_open(times) == ((a | b | c) & ~b)).all()
    assert itom.sla.Calendar.union(tokyo, london, {"tz": zones[2], **desk}).definition == {
        **sun.definition,
        "union": [calendar.definition for calendar in (tokyo, london, denver)],
    }
    read = pickle.loads(pickle.dumps(sun))
    assert read == sun and read != tokyo
    assert repr(sun) == "<itom.sla.Calendar, union of 2>"
    assert itom.sla.Calendar(sun.definition) == sun
    assert sun.in_zone("UTC").definition["union"][1]["tz"] == "UTC"
    assert 0 < sun.size < 1 << 20
    with pytest.raises(TypeError):
        tokyo | 3
    with pytest.raises(itom.ItomError) as caught:
        itom.sla.Calendar.union()
    assert caught.value.argument == "calendars"


def test_a_clock_counts_by_a_calendar_put_together():
    desk = {"weekly": WEEK}
    both = itom.sla.Calendar.intersection(
        {"tz": "Europe/Berlin", **desk}, {"tz": "America/New_York", **desk}
    )
    start = dt.datetime(2026, 6, 15, 0, tzinfo=UTC)
    clock = itom.sla.Clock(target=dt.timedelta(hours=3), calendar=both, start=start)
    # Berlin and New York share 13:00 to 15:00 UTC.
    read = itom.sla.Clock.from_bytes(clock.to_bytes())
    assert read.status(start).breach_at == dt.datetime(2026, 6, 16, 14, tzinfo=UTC)


def test_definitions_say_periods_yearly_holidays_and_breaks():
    calendar = itom.sla.Calendar(
        {
            "tz": "UTC",
            "weekly": WEEK,
            "holidays": ["--12-25 Christmas Day", "2026-05-04/2026-05-08 move"],
            "periods": [
                {"name": "summer", "from": "--07-01", "until": "--09-01",
                 "weekly": {"wed": [["08:00", "12:00"]]}},
                {"name": "freeze", "from": "2026-07-14", "until": "2026-07-21"},
            ],
            "breaks": {"mon": [["12:00", "13:00"]], "2026-06-16": [["10:00", "11:00"]]},
            "overrides": {"2026-06-22": [["12:00", "14:00"]]},
        }
    )

    def hours(date):
        start = dt.datetime.fromisoformat(date + "T00:00:00+00:00")
        return calendar.elapsed(start, start + dt.timedelta(days=1)) / dt.timedelta(hours=1)

    assert hours("2026-06-15") == 7  # a Monday with its break
    assert hours("2026-06-16") == 7  # a break of one date
    assert hours("2026-06-22") == 2  # an override has no weekly break
    assert hours("2026-05-06") == 0 and hours("2026-05-11") == 7
    assert hours("2026-12-25") == hours("2031-12-25") == 0
    assert hours("2026-07-08") == 4 and hours("2026-07-09") == 0
    assert hours("2026-07-15") == 0 and hours("2026-07-22") == 4
    always = itom.sla.Calendar({"tz": "UTC", "always": True})
    assert always.next_opening(dt.datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert always.window_at(dt.datetime(2026, 1, 1, tzinfo=UTC))[0].year == 1677


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        ({"tz": "Mars/Olympus_Mons"}, "Mars/Olympus_Mons"),
        ({}, "tz must be"),
        ({"tz": "UTC", "always": True, "weekly": WEEK}, "open always"),
        ({"tz": "UTC", "weekly": {"mon": [["17:00", "09:00"]]}}, "17:00-09:00"),
        ({"tz": "UTC", "weekly": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "overlap"),
        ({"tz": "UTC", "holidays": ["2026-12-31/2026-12-24"]}, "2026-12-31/2026-12-24"),
        ({"tz": "UTC", "holidays": ["--02-30"]}, "--02-30"),
        ({"tz": "UTC", "holidays": ["--12-24/2027-01-01"]}, "two full dates"),
        ({"tz": "UTC", "periods": [{"from": "2026-02-01", "until": "2026-01-01"}]}, "from before"),
        ({"tz": "UTC", "periods": [{"from": "--02-01", "until": "--02-01"}]}, "another date"),
        ({"tz": "UTC", "breaks": {"someday": []}}, "someday"),
        ({"tz": "UTC", "conventions": {"local_time": "mine"}}, "mine"),
        ({"tz": "UTC", "union": [{"tz": "UTC"}]}, "union"),
        ({"union": [{"tz": "UTC"}], "difference": [{"tz": "UTC"}]}, "union"),
        ({"tz": "UTC", "weeky": {}}, "weeky"),
    ],
)
def test_each_mistake_is_named(definition, text):
    with pytest.raises(itom.ItomError) as caught:
        itom.sla.Calendar(definition)
    assert text in str(caught.value)


def test_naive_and_impossible_instants_are_refused():
    calendar = itom.sla.Calendar({"tz": "UTC", "weekly": WEEK})
    for value in (dt.datetime(2026, 1, 1), "2026-01-01", 5, None, np.datetime64("NaT")):
        with pytest.raises((itom.ItomError, TypeError)):
            calendar.next_opening(value)
    with pytest.raises(itom.ItomError):
        calendar.elapsed(dt.datetime(1500, 1, 1, tzinfo=UTC), dt.datetime(2026, 1, 1, tzinfo=UTC))


def test_big_arrays_are_worked_on_in_portions_and_say_the_same():
    calendar = itom.sla.Calendar({"tz": "America/New_York", "weekly": WEEK})
    count = 3 * (1 << 14) + 5
    times = np.datetime64("2010-01-01", "ns") + np.arange(count) * np.timedelta64(7, "h")
    ends = times + np.timedelta64(90, "D")
    whole = calendar.elapsed(times, ends)
    pieces = [calendar.elapsed(times[i : i + 999], ends[i : i + 999]) for i in range(0, count, 999)]
    assert (whole == np.concatenate(pieces)).all()
    assert (calendar.elapsed(times, ends[-1])[7::9999] == calendar.elapsed(times[7::9999], ends[-1])).all()
    assert (calendar.deadline(times, whole)[::50] == calendar.deadline(times[::50], whole[::50])).all()
    assert len(calendar.elapsed(times[:0], ends[:0])) == 0
    missing = times.copy()
    missing[40_000] = np.datetime64("NaT")
    with pytest.raises(itom.ItomError, match="NaT at index 40000"):
        calendar.elapsed(missing, ends)
    with pytest.raises(itom.ItomError, match="values long"):
        calendar.elapsed(times, ends[1:])
    with pytest.raises(itom.ItomError):
        calendar.deadline(times, whole - np.timedelta64(9999, "D"))
    with pytest.raises(itom.ItomError):
        calendar.elapsed(times.reshape(1, -1), ends)
