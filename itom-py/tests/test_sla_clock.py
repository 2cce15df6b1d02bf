"""itom.sla.Clock: corrections, zones, scopes and conventions; every alternative of the shared cases."""

import datetime as dt
import json
import pathlib

import itom
import pytest

UTC = dt.timezone.utc
H = dt.timedelta(hours=1)
T = dt.datetime(2026, 6, 15, 9, tzinfo=UTC)
FILE = json.loads(
    (pathlib.Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text(encoding="utf-8")
)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def clock(**more):
    options = {"target": 4 * H, "calendar": {"tz": "UTC", "weekly": WEEK}, "start": T, **more}
    return itom.sla.Clock(**options)


def instant(text):
    return None if text is None else dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def alternatives():
    for case in FILE["cases"]:
        if case["op"] == "clock":
            for name, expected in case.get("alternatives", {}).items():
                yield pytest.param(case, name, expected, id=f"{case['id']} {name}")


@pytest.mark.parametrize("case, name, expected", list(alternatives()))
def test_alternative(case, name, expected):
    option = {"due-date comparison": {"breach": "due_date"}}[name]
    given = case["input"]
    one = itom.sla.Clock(
        target=dt.timedelta(seconds=given["target_s"]),
        calendar=FILE["calendars"][case["calendar"]],
        start=instant(given["start"]),
        **option,
    )
    one.apply([{**event, "at": instant(event["at"])} for event in given["events"]])
    assert one.status(instant(given["eval_at"])).breached is (expected == "breached")


def test_corrections_and_what_was_known():
    one = clock()
    noon, two = T + 3 * H, T + 5 * H
    one.apply({"at": noon, "do": "stop", "id": "s", "recorded_at": noon})
    one.apply({"at": T + 2 * H, "do": "stop", "id": "s", "recorded_at": two})
    assert one.status(T + 8 * H).business == 2 * H
    assert one.status(T + 8 * H, known=noon).business == 3 * H
    assert one.explain(T + 8 * H, known=noon)[-1].state == "stopped"
    one.apply({"do": "retract", "id": "s", "recorded_at": two + H})
    assert one.status(T + 8 * H).state == "running"


def test_zone_and_scope():
    one, whole = clock(), clock()
    event = {"at": T + 3 * H, "do": "set_zone", "tz": "America/New_York"}
    one.apply(event)
    whole.apply({**event, "scope": "whole"})
    assert one.status(T + 5 * H).business == 4 * H
    assert whole.status(T + 5 * H).business == 1 * H
    with pytest.raises(itom.ItomError, match="Mars"):
        one.apply({**event, "tz": "Mars"})


def test_status_says_what_would_be():
    one = clock(thresholds=[0.5])
    one.apply({"at": T + H, "do": "pause", "reason": "user"})
    status = one.status(T + 3 * H)
    assert status.breach_at is None
    assert status.breach_if_resumed == T + 6 * H
    assert status.paused_by == [{"reason": "user", "paused": 2 * H}]
    assert status.tz_version
    whole_day = clock(target=8 * H).status(T)
    assert whole_day.effective_until == whole_day.breach_at + 16 * H


def test_options_are_checked():
    for bad in ({"breach": "maybe"}, {"at_equality": 3}, {"treshold": [0.5]}):
        with pytest.raises(itom.ItomError):
            clock(**bad)
    equal = clock(at_equality="breached")
    equal.apply({"at": T + 4 * H, "do": "stop"})
    assert equal.status(T + 5 * H).breached
