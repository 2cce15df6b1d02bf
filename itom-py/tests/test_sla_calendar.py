"""Calendars in Python: the case file with every alternative, set operations, arrays, bad input."""

import datetime as dt
import json
import os
import pathlib
import pickle
from zoneinfo import ZoneInfo

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


@pytest.mark.skipif(
    "ITOM_DATA" not in os.environ,
    reason="set ITOM_DATA to the folder with sla/sla_random_cases.json",
)
def test_every_random_case_holds():
    path = pathlib.Path(os.environ["ITOM_DATA"], "sla", "sla_random_cases.json")
    file = json.loads(path.read_text("utf-8"))
    calendars = {name: itom.sla.Calendar(own) for name, own in file["calendars"].items()}
    assert len(file["cases"]) > 3000
    for case in file["cases"]:
        (expected,) = case["expected"].values()
        assert answer(calendars[case["calendar"]], case["op"], case["input"]) == expected, case


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
    elapsed = calendar.elapsed(missing, ends)
    assert np.isnat(elapsed).nonzero()[0].tolist() == [40_000]
    assert (np.delete(elapsed, 40_000) == np.delete(whole, 40_000)).all()
    with pytest.raises(itom.ItomError, match="NaT at index 40000"):
        calendar.is_open(missing)
    with pytest.raises(itom.ItomError, match="values long"):
        calendar.elapsed(times, ends[1:])
    with pytest.raises(itom.ItomError):
        calendar.deadline(times, whole - np.timedelta64(9999, "D"))
    with pytest.raises(itom.ItomError):
        calendar.elapsed(times.reshape(1, -1), ends)


NAT = np.datetime64("NaT", "ns")
LATE = {"tz": "Europe/Berlin", "weekly": WEEK}


def calls(calendar, column):
    """Every answer of a calendar to a column, that is an instant or a duration."""
    hour = np.timedelta64(1, "h")
    return [
        calendar.elapsed(column, np.datetime64("2026-06-20")),
        calendar.elapsed(np.datetime64("2026-06-10"), column),
        calendar.deadline(column, hour),
        calendar.deadline_back(column, hour),
        calendar.next_opening(column),
        calendar.next_closing(column),
        calendar.previous_opening(column),
        calendar.previous_closing(column),
        itom.sla.RelativeTarget({"rule": "end_of_business_day", "days": 1}).resolve(calendar, column),
    ]


def test_what_is_missing_has_a_missing_answer():
    pa, pl, pd = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    calendar = itom.sla.Calendar(LATE)
    whole = np.array(["2026-06-15T10:00", "2026-06-16T22:00"], "M8[ns]")
    holes = np.array([whole[0], NAT, whole[1]], "M8[ns]")
    aware = [value.astype("M8[us]").item().replace(tzinfo=UTC) for value in whole]
    forms = [
        holes, holes.astype("M8[m]"), list(holes), [aware[0], None, aware[1]], [aware[0], pd.NaT, aware[1]],
        np.array([aware[0], None, aware[1]], object), pd.Series(holes), pd.DatetimeIndex(holes),
        pd.Series(holes, dtype="datetime64[ns, UTC]"), pd.DatetimeIndex(holes, tz="UTC"),
        pl.Series(holes), pl.Series([aware[0], None, aware[1]]), pa.array(holes),
        pa.array([aware[0], None, aware[1]], pa.timestamp("us", tz="UTC")),
        pa.chunked_array([pa.array(holes[:1]), pa.array(holes[1:])]),
    ]
    expected = calls(calendar, whole)
    for form in forms:
        for answer, known in zip(calls(calendar, form), expected, strict=True):
            if not isinstance(answer, np.ndarray):
                answer = pd.Series(answer if isinstance(answer, pd.Index) else list(answer.to_pandas())
                                   if hasattr(answer, "to_pandas") else answer)
                if getattr(answer.dtype, "tz", None) is not None:
                    answer = answer.dt.tz_convert(None)
                answer = answer.to_numpy().astype(known.dtype)
            assert np.isnat(answer).tolist() == [False, True, False], form
            assert (answer[[0, 2]] == known).all(), form
        with pytest.raises(itom.InvalidArgument, match="at must be an array without a missing one, got NaT at index 1"):
            calendar.is_open(form)
        with pytest.raises(itom.ItomError, match="start.* NaT at index 1"):
            calendar.business_day_count(form, aware[0])
    durations = [
        np.array([3_600, "NaT"], "m8[s]"), [dt.timedelta(hours=1), None], ["1h", None],
        pd.Series([pd.Timedelta(hours=1), pd.NaT]), pl.Series([dt.timedelta(hours=1), None]),
        pa.array([dt.timedelta(hours=1), None], pa.duration("us")),
    ]
    for duration in durations:
        assert np.isnat(np.asarray(calendar.deadline(whole, duration))).tolist() == [False, True], duration
    with pytest.raises(itom.ItomError):
        calendar.deadline([aware[0], np.timedelta64("NaT")], "1h")
    with pytest.raises(itom.ItomError):
        calendar.deadline(whole, np.array([-3600, "NaT"], "m8[s]"))


def test_a_column_comes_back_as_its_like_in_its_zone():
    pa, pl, pd = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    calendar, paris = itom.sla.Calendar(LATE), ZoneInfo("Europe/Paris")
    local = [dt.datetime(2026, 6, 19, 16, tzinfo=paris), None, dt.datetime(2026, 6, 19, 9, tzinfo=paris)]
    due = ["2026-06-22T11:00:00+02:00", None, "2026-06-19T12:00:00+02:00"]
    plain = calendar.deadline(local, "3h")
    assert plain.dtype == "M8[ns]" and plain[0] == np.datetime64("2026-06-22T09:00")

    def shown(column):
        return [None if value is None or value is pd.NaT else value.isoformat() for value in column]

    series = pd.Series(local, index=[7, 8, 9], name="opened", dtype="datetime64[us, Europe/Paris]")
    answer = calendar.deadline(series, "3h")
    assert isinstance(answer, pd.Series) and answer.name == "opened" and list(answer.index) == [7, 8, 9]
    assert str(answer.dt.tz) == "Europe/Paris" and shown(answer) == due
    frame = pd.DataFrame({"opened": series}).assign(due=answer, used=calendar.elapsed(series, answer))
    assert frame.used.tolist() == [pd.Timedelta(hours=3), pd.NaT, pd.Timedelta(hours=3)]
    index = calendar.deadline(pd.DatetimeIndex(series), "3h")
    assert isinstance(index, pd.DatetimeIndex) and index.name == "opened" and shown(index) == due
    assert str(calendar.next_opening(series).dt.tz) == "Europe/Paris"
    assert shown(calendar.deadline(series.astype(object), "3h").dt.tz_convert(paris)) == due
    naive = calendar.deadline(series.dt.tz_convert(None), "3h")
    assert isinstance(naive, pd.Series) and naive.dt.tz is None and naive.iloc[0] == plain[0]
    by_row = pd.Series([pd.Timedelta(hours=3)] * 3, index=[1, 2, 3])
    assert list(calendar.deadline(series, by_row).index) == [7, 8, 9]
    from_one = calendar.deadline(local[0], by_row)
    assert list(from_one.index) == [1, 2, 3] and str(from_one.dt.tz) == "UTC"

    column = pl.Series("opened", local, dtype=pl.Datetime("us", "Europe/Paris"))
    answer = calendar.deadline(column, "3h")
    assert answer.dtype == pl.Datetime("ns", "Europe/Paris") and answer.name == "opened"
    assert shown(answer) == due and answer.null_count() == 1
    used = calendar.elapsed(column, answer)
    assert used.to_list() == [dt.timedelta(hours=3), None, dt.timedelta(hours=3)]
    assert calendar.is_open(column.drop_nulls()).to_list() == [True, True]
    assert calendar.deadline(column.dt.replace_time_zone(None), "3h").dtype == pl.Datetime("ns")

    array = pa.array(local, pa.timestamp("ms", tz="Europe/Paris"))
    answer = calendar.deadline(array, "3h")
    assert answer.type == pa.timestamp("ns", tz="Europe/Paris") and answer.null_count == 1
    assert shown(answer.cast(pa.timestamp("us", tz="Europe/Paris")).to_pylist()) == due
    chunks = calendar.deadline(pa.chunked_array([array[:1], array[1:]]), "3h")
    assert isinstance(chunks, pa.ChunkedArray) and chunks.type == answer.type
    assert calendar.elapsed(array, answer).type == pa.duration("ns")
