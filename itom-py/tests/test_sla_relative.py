"""Relative targets, business days, nominal durations and calendar windows: the shared cases, numpy."""

import datetime as dt
import json
import pathlib
import pickle

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
CASES = pathlib.Path(__file__).parents[2] / "testdata" / "sla" / "sla_cases.json"
FILE = json.loads(CASES.read_text())
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def of(op):
    cases = [case for case in FILE["cases"] if case["op"] == op]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def instant(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


@of("relative")
def test_relative(case):
    document = dict(case["input"])
    at = instant(document.pop("from"))
    if "seconds" in document:
        document["duration"] = f"PT{document.pop('seconds')}S"
    target = itom.sla.RelativeTarget(document)
    calendar = itom.sla.Calendar(FILE["calendars"][case["calendar"]])
    expected = instant(case["expected"]["at"])
    assert target.resolve(calendar, at) == expected
    many = target.resolve(calendar, np.array([at.replace(tzinfo=None)] * 3, "datetime64[ns]"))
    assert (many == np.datetime64(expected.replace(tzinfo=None))).all()
    assert pickle.loads(pickle.dumps(target)) == target


@of("parse_duration")
def test_parse_duration(case):
    kind, seconds = case["expected"]["kind"], case["expected"]["exact_seconds"]
    if kind.startswith("reject"):
        with pytest.raises(itom.ItomError, match="duration"):
            itom.sla.NominalDuration(case["input"]["text"])
        return
    duration = itom.sla.NominalDuration(case["input"]["text"])
    exact = None if seconds is None else dt.timedelta(seconds=seconds)
    assert duration.as_exact == exact
    assert kind.startswith("nominal") == (exact is None)
    assert itom.sla.NominalDuration(str(duration)) == duration


@of("calendar_window")
def test_calendar_window(case):
    months = itom.sla.CalendarWindow("1M", case["input"]["tz"])
    month = months.containing(instant(case["input"]["month"] + "-15T12:00:00Z"))
    assert month.end - month.start == dt.timedelta(seconds=case["expected"]["seconds"])


@of("anchored_windows")
def test_anchored_windows(case):
    given = case["input"]
    windows = itom.sla.CalendarWindow(given["duration"], given["tz"], start=given["start"])
    starts = [windows.nth(n).start for n in range(given["n"])]
    assert starts == [instant(text) for text in case["expected"]["starts"]]
    anchor = dt.datetime.fromisoformat(given["start"])
    again = itom.sla.CalendarWindow(given["duration"], given["tz"], start=anchor)
    assert again.nth(1) == windows.nth(1)
    assert windows.index(starts[-1]) == given["n"] - 1
    assert [period.start for period in windows.between(starts[0], starts[-1])] == starts[:-1]


def test_business_days_are_counted_as_numpy_counts_them():
    holidays = ["2026-01-01", "2026-04-03", "2026-12-25"]
    calendar = itom.sla.Calendar({"tz": "UTC", "weekly": WEEK, "holidays": holidays})
    random = np.random.default_rng(3)
    begin = np.datetime64("2026-01-01") + random.integers(0, 365, 2000)
    end = begin + random.integers(0, 365, 2000)
    expected = np.busday_count(begin, end, holidays=holidays)
    noon = np.timedelta64(12, "h")
    starts, ends = [day.astype("datetime64[ns]") + noon for day in (begin, end)]
    assert (calendar.business_day_count(starts, ends) == expected).all()
    for day, length in [("2026-04-02", 1), ("2026-12-24", 5), ("2026-06-19", -3)]:
        found = calendar.business_day(instant(day + "T12:00:00Z"), length)
        assert found.date == np.busday_offset(day, length, holidays=holidays).item()
        assert found.opens.hour == 9 and found.closes.hour == 17
    assert calendar.business_day(instant("2026-12-25T12:00:00Z"), 0) is None


def test_a_relative_target_becomes_business_time():
    calendar = itom.sla.Calendar({"tz": "UTC", "weekly": WEEK})
    target = itom.sla.RelativeTarget({"rule": "business_day_at", "days": 1, "time": "16:00"})
    start = instant("2026-06-19T10:00:00Z")
    clock = itom.sla.Clock(
        target=target.business_target(calendar, start), calendar=calendar, start=start
    )
    assert clock.status(start).breach_at == instant("2026-06-22T16:00:00Z")
    never = itom.sla.Calendar({"tz": "UTC"})
    assert target.resolve(never, start) is None
    assert np.isnat(target.resolve(never, np.array(["2026-06-19"], "datetime64[ns]"))).all()
    with pytest.raises(itom.ItomError, match="never reached"):
        target.business_target(never, start)


@pytest.mark.parametrize(
    "document",
    [{"rule": "someday"}, {"rule": "business_day_at"}, {"rule": "exact", "duration": "P1D"}, {}, 7],
)
def test_what_is_no_target_is_refused(document):
    with pytest.raises(itom.ItomError):
        itom.sla.RelativeTarget(document)
