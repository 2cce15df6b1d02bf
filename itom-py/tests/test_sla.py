"""itom.sla: the shared case file, arrays, errors, snapshots."""

import datetime as dt
import json
import pathlib
import pickle
from fractions import Fraction

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
FILE = json.loads(
    (pathlib.Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text(encoding="utf-8")
)
T = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
H = dt.timedelta(hours=1)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def berlin(**more):
    return itom.sla.Calendar({"tz": "Europe/Berlin", "weekly": WEEK, **more})


def clock(**more):
    return itom.sla.Clock(**{"target": 4 * H, "calendar": berlin(), "start": T, **more})


def instant(text):
    return None if text is None else dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def seconds(value):
    return dt.timedelta(seconds=value)


@pytest.fixture(scope="module")
def calendars():
    return {name: itom.sla.Calendar(calendar) for name, calendar in FILE["calendars"].items()}


def cases(*ops):
    found = [case for case in FILE["cases"] if case["op"] in ops]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


@cases("elapsed", "deadline", "deadline_back")
def test_calendar_case(case, calendars):
    calendar, given, expected = calendars[case["calendar"]], case["input"], case["expected"]
    start = instant(given["from"])
    match case["op"]:
        case "elapsed":
            got = calendar.elapsed(start, instant(given["to"]))
            assert got == seconds(expected["business_seconds"])
        case "deadline":
            got = calendar.deadline(start, seconds(given["add_seconds"]))
            assert got == instant(expected["at"])
        case "deadline_back":
            got = calendar.deadline_back(start, seconds(given["subtract_seconds"]))
            assert got == instant(expected["at"])


@cases("clock")
def test_clock_case(case, calendars):
    given, expected = case["input"], case["expected"]
    pauses = [(instant(a), instant(b)) for a, b in given.get("retroactive_pauses", [])]
    clock = itom.sla.Clock(
        target=seconds(given["target_s"]),
        calendar=calendars[case["calendar"]],
        start=instant(given["start"]),
        retroactive_start=instant(given.get("retroactive_start")),
        retroactive_pauses=pauses,
    )
    for event in given["events"]:
        event = dict(event)
        event["at"] = instant(event["at"])
        if "calendar" in event:
            event["calendar"] = calendars[event["calendar"]]
        clock.apply(event)
    at = instant(given["eval_at"])
    status = clock.status(at)
    names = {
        "business_s": "business",
        "actual_s": "actual",
        "paused_business_s": "paused",
        "remaining_s": "remaining",
    }
    for key, name in names.items():
        if key in expected:
            assert status[name] == seconds(expected[key]), key
    assert status.breach_at == instant(expected["breach_at"])
    assert status.breached is expected["breached"]
    assert round(status.ratio * 1e6) == expected["pct_ppm"]
    cycles = [
        {"business_s": cycle.business.total_seconds(), "breached": cycle.breached}
        for cycle in status.cycles
    ]
    assert cycles == expected.get("completed_cycles", [])
    segments = clock.explain(at)
    current = [segment for segment in segments if segment.cycle == len(cycles)]
    counted = [segment.end - segment.start for segment in current if segment.counted]
    assert sum(counted, dt.timedelta()) == status.business
    restored = itom.sla.Clock.from_bytes(clock.to_bytes())
    assert restored.status(at) == status == pickle.loads(pickle.dumps(clock)).status(at)


def test_arrays_are_single_calls():
    calendar = berlin(holidays=["2026-06-17"])
    starts = np.array(["2026-06-15T10", "2026-06-15T20", "2026-06-19T14"], "datetime64[ns]")
    ends = starts + np.timedelta64(30, "h")
    elapsed = calendar.elapsed(starts, ends)
    assert elapsed.dtype == "timedelta64[ns]"
    one = [calendar.elapsed(a, b) for a, b in zip(starts, ends)]
    assert [value.item() // 1000 for value in elapsed] == [value // H * 3600 * 10**6 for value in one]
    due = calendar.deadline(starts, 3 * H)
    assert due.dtype == "datetime64[ns]"
    assert [calendar.deadline(a, 3 * H).replace(tzinfo=None) for a in starts] == list(
        due.astype("datetime64[us]").tolist()
    )
    assert (calendar.elapsed(calendar.deadline_back(ends, 2 * H), ends) == np.timedelta64(2, "h")).all()
    assert calendar.is_open(starts).tolist() == [calendar.is_open(a) for a in starts]
    empty = starts[:0]
    assert calendar.elapsed(empty, empty).shape == (0,)
    never = itom.sla.Calendar({"tz": "UTC"})
    assert np.isnat(never.deadline(starts, H)).all() and never.deadline(T, H) is None


def test_windows_and_definition():
    calendar = berlin()
    windows = calendar.windows(T, T + 48 * H)
    assert windows[0] == (T, T.replace(hour=15))
    assert windows[1] == (T.replace(day=16, hour=7), T.replace(day=16, hour=15))
    assert calendar.windows(T + H, T) == []
    assert calendar.definition["tz"] == "Europe/Berlin"
    assert calendar == berlin() == pickle.loads(pickle.dumps(calendar))
    assert calendar != berlin(holidays=["2026-06-17"])
    assert calendar.tz_version >= "2026"


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: berlin(tz="Mars/Olympus_Mons"), "Mars/Olympus_Mons"),
        (lambda: berlin(weekly={"mon": [["17:00", "09:00"]]}), "17:00"),
        (lambda: berlin(weekly={"mon": [["9 o'clock", "17:00"]]}), "9 o'clock"),
        (lambda: berlin(weekly={"funday": []}), "funday"),
        (lambda: berlin(holidays=["2026-02-30"]), "2026-02-30"),
        (lambda: itom.sla.Calendar(42), "42"),
        (lambda: itom.sla.Calendar({"weekly": {}}), "tz"),
        (lambda: berlin().elapsed("yesterday", T), "yesterday"),
        (lambda: berlin().elapsed(T.replace(tzinfo=None), T), "naive"),
        (lambda: berlin().deadline(T, -H), "duration"),
        (lambda: berlin().deadline(np.datetime64("NaT", "ns"), H), "NaT"),
        (lambda: clock(target=-H), "target"),
        (lambda: clock(target=float("nan")), "target"),
        (lambda: clock(target=np.timedelta64("NaT")), "target"),
        (lambda: clock(calendar=7), "calendar"),
        (lambda: clock(retroactive_pauses=[(T, T, T)]), "retroactive_pauses"),
        (lambda: clock(retroactive_pauses=7), "retroactive_pauses"),
        (lambda: clock(thresholds=[float("nan")]), "thresholds"),
        (lambda: clock().apply({"at": T, "do": "explode"}), "explode"),
        (lambda: clock().apply({"do": "pause"}), "at"),
        (lambda: clock().apply({"at": T.replace(tzinfo=None), "do": "pause"}), "naive"),
        (lambda: clock().apply({"at": T, "do": "set_target", "target_s": float("nan")}), ""),
        (lambda: clock().apply({"at": T, "do": "stop", "calendar": berlin()}), "calendar"),
        (lambda: clock().apply(7), "event"),
        (lambda: itom.sla.Clock.from_bytes(b"\xff no clock"), "sla.clock"),
        (lambda: itom.sla.Objective(target="101", window=H), "target"),
        (lambda: itom.sla.Objective(target="99"), "window"),
        (lambda: itom.sla.Objective({"target": "99", "window": "1h"}, target="99"), "definition"),
        (lambda: itom.sla.Objective(target="99", window=H).record(T, 2, 1), "good"),
        (lambda: itom.sla.Objective(target="99", window=H).record(T, -1, 1), "-1"),
        (lambda: itom.sla.Objective(target="99", window=H).record([T], [1], [1, 2]), "total"),
        (lambda: itom.sla.availability((T, T - H), []), "period"),
        (lambda: itom.sla.availability((T, T + H), [T]), "outages"),
    ],
)
def test_refused_by_name(call, named):
    with pytest.raises(itom.ItomError) as caught:
        call()
    assert named in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_nothing_half_applied():
    running = clock()
    before = running.to_bytes()
    with pytest.raises(itom.ItomError):
        running.apply([{"at": T, "do": "pause"}, {"at": T, "do": "set_target", "target_s": -1}])
    assert running.to_bytes() == before
    objective = itom.sla.Objective(target="99", window=H)
    before = objective.to_bytes()
    with pytest.raises(itom.ItomError):
        objective.record([T, T], [1, 2], [1, 1])
    assert objective.to_bytes() == before


def test_thresholds_are_instants():
    status = clock(thresholds=[0.25, 1]).status(T)
    assert status.thresholds == {0.25: T + H, 1.0: T + 4 * H}
    assert isinstance(status, itom.types.ClockStatus)


def test_objective_burns_exactly():
    objective = itom.sla.Objective(target=99.9, window=dt.timedelta(days=30))
    assert objective.status(T).state == "no_data"
    times = np.datetime64("2026-06-15T09:00", "ns") + np.arange(60) * np.timedelta64(60, "s")
    objective.record(times, np.full(60, 9856), np.full(60, 10_000))
    at = times[-1]
    status = objective.status(at)
    assert objective.burn_rate(at, H) == Fraction(72, 5)
    assert status.alerts[0].factor == Fraction(72, 5)
    assert status.alerts[0].firing is False and status.state == "exhausted"
    objective.record(at, 0, 1)
    status = objective.status(at)
    assert status.alerts[0].firing is True
    assert status.budget - status.consumed == status.remaining
    assert itom.sla.Objective.from_bytes(objective.to_bytes()).status(at) == status


def test_availability_cases():
    for case in (case for case in FILE["cases"] if case["op"] == "availability"):
        given = case["input"]
        report = itom.sla.availability(
            tuple(map(instant, given["period"])),
            [tuple(map(instant, outage)) for outage in given["outages"]],
            excluded=[tuple(map(instant, span)) for span in given.get("excluded", [])],
            at=instant(given.get("eval_at")),
        )
        assert report.downtime == seconds(case["expected"]["downtime_s"])
        assert report.availability == Fraction(case["expected"]["availability"])


def test_an_error_names_the_place_in_what_was_given():
    at = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    clock = itom.sla.Clock(target="4h", calendar={"tz": "UTC", "always": True}, start=at)
    for call, text in [
        (lambda: itom.sla.Calendar({"tz": "UTC", "weekly": {"mon": ["09:00", "17:00"]}}),
         'definition.weekly.mon[0] must be an array of length 2, got "09:00"'),
        (lambda: itom.sla.Calendar({"tz": "UTC", "weekly": ["mon"]}),
         "definition.weekly must be an object, got an array"),
        (lambda: itom.sla.Calendar({"tz": "UTC", "conventions": 5}),
         "definition.conventions must be an object, got 5"),
        (lambda: itom.sla.Calendar({"union": [{"tz": "UTC"}, {"tz": "UTC", "weekly": {"mon": [["x", "17:00"]]}}]}),
         'union[1]: weekly.mon must be times of day such as 09:00, 17:30:15 or 30:00 for 6 in the next morning, got "x"'),
        (lambda: itom.sla.Objective(target="99", window="30d", history=-1),
         "definition.history must be a whole number from 0 to 4294967295, got -1"),
        (lambda: itom.sla.Objective(target="99", window="30d", calendar="UTC"),
         'definition.calendar must be an object, got "UTC"'),
        (lambda: itom.sla.Objective(target="99", window="30d", budgeting="x"),
         "definition.budgeting must be one of `occurrences`, `timeslices`, `ratio_timeslices`, got `x`"),
        (lambda: clock.apply([{"at": at, "do": "stop"}, {"at": at, "do": "pause", "reason": 5}]),
         "event[1].reason must be text, got 5"),
        (lambda: itom.sla.Calendar('{\n "tz": 5}'), "definition.tz must be text, got 5 at line 2 column 8"),
    ]:
        with pytest.raises(itom.InvalidArgument) as caught:
            call()
        assert str(caught.value) == text


def test_alerts_may_be_named():
    named = itom.sla.Objective(target="99", window="28d", alerts="sloth")
    assert named.definition().alerts == itom.sla.Objective(target="99", window="28d").definition().alerts
    with pytest.raises(itom.ItomError, match="sre_workbook and sloth.*burn_alerts"):
        itom.sla.Objective(target="99", window="28d", alerts="pyrra")
    for alert in itom.sla.burn_alerts("pyrra", "672h") + itom.sla.burn_alerts("sloth", "672h"):
        assert set(alert) == {"name", "budget", "factor", "long", "short", "pending", "inclusive"}


def test_a_calendar_that_never_opens_has_documented_answers():
    at = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    never, hour = itom.sla.Calendar({"tz": "UTC"}), dt.timedelta(hours=1)
    assert never.elapsed(at, at + hour) == dt.timedelta(0)
    assert never.deadline(at, dt.timedelta(0)) == at and never.deadline(at, hour) is None
    assert never.deadline_back(at, hour) is None and not never.is_open(at)
    assert never.next_opening(at) is None and never.previous_closing(at) is None
    assert np.isnat(never.deadline([at, at], hour)).all() and never.windows(at, at + hour) == []
    assert repr(never) == "<itom.sla.Calendar in UTC, never open>"
    status = itom.sla.Clock(target=hour, calendar=never, start=at).status(at + 1000 * hour)
    assert status.breach_at is None and not status.breached
    always = itom.sla.Calendar({"tz": "UTC", "always": True})
    assert repr(always) == "<itom.sla.Calendar in UTC, always>"


def test_every_engine_has_a_short_repr():
    for name in itom.sla.__all__:
        thing = getattr(itom.sla, name)
        if isinstance(thing, type):
            assert thing.__repr__ is not object.__repr__, name


@pytest.mark.parametrize(("thing", "name"), [
    ("Calendar", "calendar_definition"),
    ("Agreements", "agreements_definition"),
    ("Objective", "objective_definition"),
    ("CreditPolicy", "credit_policy"),
    ("BreachForecast", "breach_forecast_definition"),
    ("DependencyGraph", "dependency_graph_definition"),
])
def test_help_names_the_keys_of_a_definition(thing, name):
    text = getattr(itom.sla, thing).__doc__
    missing = [key for key in itom.schema(name)["properties"] if key not in text]
    assert missing == [] and ">>>" in text


def test_a_missing_instant_is_refused_by_name_and_index():
    at = dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc)
    hour, nat = dt.timedelta(hours=1), np.datetime64("NaT")
    span, always = (at, at + 9 * hour), {"tz": "UTC", "always": True}
    ledger = itom.sla.Ledger()
    ledger.open("a", target=hour, calendar=always, start=at)
    objective = itom.sla.Objective(target="99", window="1d")
    for call, text in [
        (lambda: itom.sla.availability(span, [(at, at + hour), (nat, at)]), "outages[1] must be"),
        (lambda: itom.sla.availability(span, [(at, None), {"from": "NaT"}]), "outages[1]"),
        (lambda: itom.sla.availability(span, np.array([[at.replace(tzinfo=None), nat]], "M8[ns]")), "outages must be an array without a missing one, got NaT at index 1"),
        (lambda: itom.sla.availability(span, [], excluded=[(at, nat)]), "excluded[0] must be"),
        (lambda: itom.sla.Clock(target=hour, calendar=always, start=at, retroactive_pauses=[(nat, at)]), "retroactive_pauses[0] must be"),
        (lambda: ledger.apply_columns([0, 0], [at, None], ["stop", "stop"]), "got NaT at index 1"),
        (lambda: objective.record([at, nat], [1, 1], [1, 1]), "at must be an array without a missing one, got NaT at index 1"),
    ]:
        with pytest.raises(itom.ItomError) as caught:
            call()
        assert text in str(caught.value)
