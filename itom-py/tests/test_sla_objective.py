"""Objectives from Python: the shared cases, arrays, and every call."""

import datetime as dt
import json
import pathlib
import pickle
from fractions import Fraction

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
T = dt.datetime(2027, 1, 15, 8, tzinfo=UTC)
MINUTE = dt.timedelta(minutes=1)
CASES = pathlib.Path(__file__).parents[2] / "testdata" / "sla" / "sla_cases.json"


def cases(op):
    found = [case for case in json.loads(CASES.read_text())["cases"] if case["op"] == op]
    assert found and not any(case.get("alternatives") for case in found)
    return [pytest.param(case["input"], case["expected"], id=case["id"]) for case in found]


def objective(target="99.9", window="30d", **fields):
    return itom.sla.Objective(target=target, window=window, **fields)


def percent(share):
    return 100 * Fraction(share)


def alert(factor, long_min=60, short_min=5):
    return {"name": "page", "factor": factor, "long": 60 * long_min, "short": 60 * short_min}


@pytest.mark.parametrize(("given", "expected"), cases("error_budget"))
def test_error_budget(given, expected):
    one = objective(given["target_pct"], given["window_s"], alerts=[], resolution="1h")
    assert one.budget().seconds == Fraction(expected["budget_s"])


@pytest.mark.parametrize(("given", "expected"), cases("burn_factor"))
def test_burn_factor(given, expected):
    long = given["long_window_s"]
    page = {"name": "page", "budget": given["budget_pct"], "long": long, "short": long}
    one = objective(window=given["slo_window_s"], alerts=[page])
    assert one.status(T).alerts[0].factor == Fraction(expected["factor"])
    assert one.alert_times(page, 1).factor == Fraction(expected["factor"])


@pytest.mark.parametrize(("given", "expected"), cases("time_to_exhaustion"))
def test_time_to_exhaustion(given, expected):
    one = objective(window=given["slo_window_s"], alerts=[])
    assert one.exhaustion_seconds(given["burn_rate"]) == Fraction(expected["seconds"])


@pytest.mark.parametrize(("given", "expected"), cases("detection_time"))
def test_detection_time(given, expected):
    long = given["long_window_s"] // 60
    times = objective(given["target_pct"]).alert_times(
        alert(given["factor"], long, long), given["error_ratio"]
    )
    assert times.detection_seconds == Fraction(expected["seconds"])


@pytest.mark.parametrize(("given", "expected"), cases("mwmb"))
def test_alert_over_time(given, expected):
    page = alert(given["factor"], given["long_min"], given["short_min"])
    one = objective(given["target_pct"], alerts=[page])
    bad = np.zeros(given["minutes"], dtype=np.int64)
    for minutes, errors in given["error_minutes"].items():
        first, _, last = minutes.partition("..")
        bad[int(first) : int(last or first) + 1] = errors
    firing = []
    for minute, errors in enumerate(bad):
        one.record_bad(T + minute * MINUTE, int(errors), given["per_minute_total"])
        if one.evaluate(T + minute * MINUTE).firing:
            firing.append(minute + 1)
    assert firing[0] == expected["first_firing_after_minute"]
    assert firing[-1] == expected["last_firing_after_minute"]


@pytest.mark.parametrize(("given", "expected"), cases("mwmb_point"))
def test_alert_at_a_point(given, expected):
    one = objective(given["target_pct"], alerts=[alert(given["factor"])])
    long, short = given["long"], given["short"]
    one.record_bad(T, short["errors"], short["total"])
    before = long["errors"] - short["errors"], long["total"] - short["total"]
    one.record_bad(T - 30 * MINUTE, *before)
    assert one.status(T).alerts[0].firing == expected["fires"]
    assert bool(one.evaluate(T).firing) == expected["fires"]
    assert one.status(T).state == expected.get("state", one.status(T).state)


@pytest.mark.parametrize(("given", "expected"), cases("pyrra_windows"))
def test_pyrra(given, expected):
    alerts = itom.sla.burn_alerts("pyrra", dt.timedelta(seconds=given["slo_window_s"]))
    seconds = [
        [a.pending.total_seconds(), a.long.total_seconds(), a.short.total_seconds(), a.factor]
        for a in alerts
    ]
    assert seconds == expected["rows"]
    assert len(objective(window=given["slo_window_s"], alerts=alerts).status(T).alerts) == 4


@pytest.mark.parametrize(("given", "expected"), cases("budgeting"))
def test_budgeting(given, expected):
    slices = given["slices"]
    method = {
        "Occurrences": {},
        "Timeslices": {
            "budgeting": "timeslices",
            "slice_target": percent(given.get("time_slice_target", 1)),
        },
        "RatioTimeslices": {"budgeting": "ratio_timeslices"},
    }[given["method"]]
    one = objective("95", 60 * len(slices), alerts=[], **method)
    times = [T + n * MINUTE for n in range(len(slices))]
    one.record(times, [good for good, _ in slices], [total for _, total in slices])
    assert one.status(times[-1]).sli == Fraction(expected["sli"])


@pytest.mark.parametrize(("given", "expected"), cases("budget_slices"))
def test_budget_of_slices(given, expected):
    one = objective(
        percent(given["target"]),
        given["window_s"],
        resolution=given["slice_s"],
        budgeting="timeslices",
        slice_target="99",
        alerts=[],
    )
    assert one.status(T).budget == one.budget().slices == expected["bad_slices_allowed"]
    assert one.budget().seconds == expected["seconds"]


@pytest.mark.parametrize(("given", "expected"), cases("budget_ratio_slices"))
def test_budget_of_ratios(given, expected):
    one = objective(
        percent(given["target"]),
        given["window_s"],
        resolution=given["slice_s"],
        budgeting="ratio_timeslices",
        alerts=[],
    )
    slices = one.outage_slices(1 - Fraction(given["attack"]), 1 - Fraction(given["baseline"]))
    assert slices * given["slice_s"] / 60 == Fraction(expected["attack_minutes"])


@pytest.mark.parametrize(("given", "expected"), cases("budget_occurrences"))
def test_budget_of_events(given, expected):
    one = objective(percent(given["target"]), "14d", alerts=[])
    requests = given["requests"]
    assert one.budget(requests).events == expected["failures_allowed"]
    one.record(T, int(Fraction(given["baseline"]) * requests), requests)
    assert one.status(T).remaining == expected["left_after_baseline"]


@pytest.mark.parametrize(("given", "expected"), cases("calendar_window"))
def test_calendar_window(given, expected):
    one = objective(window="1M", calendar={"tz": given["tz"]})
    status = one.status(dt.datetime.fromisoformat(given["month"] + "-15T12:00:00+00:00"))
    length = status.window_end - status.window_start
    assert length.total_seconds() == expected["seconds"]


@pytest.mark.parametrize(("given", "expected"), cases("anchored_windows"))
def test_anchored_windows(given, expected):
    calendar = {"tz": given["tz"], "start": given["start"]}
    one = objective(window=given["duration"], calendar=calendar, resolution="1h", alerts=[])
    starts = [dt.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in expected["starts"]]
    windows = one.windows(starts[0], starts[-1] + MINUTE)
    assert [window.start for window in windows] == starts


def test_values_corrections_and_exclusions():
    fast = {"threshold": {"op": "lte", "value": 0.3}}
    one = objective("90", "1d", indicator=fast, alerts=[])
    times = np.datetime64("2027-01-15T08:00", "ns") + np.arange(5) * np.timedelta64(1, "m")
    one.record_values(times, np.array([0.1, 0.3, 0.31, np.nan, 9.0]))
    one.record_values(T + 5 * MINUTE, 0.2)
    at = T + 5 * MINUTE
    status = one.status(at)
    assert (status.good, status.total) == (3, 5)
    one.adjust(T + 2 * MINUTE, 1, 0)
    assert one.status(at).good == 4
    one.exclude(T + 4 * MINUTE, T + 5 * MINUTE)
    assert (one.status(at).good, one.status(at).total) == (4, 4)
    assert one.exclusions() == [(T + 4 * MINUTE, T + 5 * MINUTE)]
    again = pickle.loads(pickle.dumps(one))
    one.include(T, T + dt.timedelta(days=1))
    assert one.status(at).total == 5 and again.status(at).total == 4
    assert one.covers_window(at) is False


def test_arrays_of_instants_are_evaluated_at_once():
    one = objective()
    times = [T + n * MINUTE for n in range(90)]
    one.record(times, [900] * 30 + [1000] * 60, [1000] * 90)
    states, firing = one.evaluate(times)
    assert states.dtype == firing.dtype == np.int64
    names = ["no_data", "ok", "burning", "exhausted"]
    for index in range(0, 90, 7):
        single = one.evaluate(times[index])
        assert (names[states[index]], firing[index]) == (single.state, single.firing)
    assert one.evaluate([])[0].size == 0


def test_policies_and_definition_round_trip():
    policies = [
        {"name": "ship", "action": "release at will", "above": 50},
        {"name": "freeze", "action": "fixes only", "up_to": Fraction(50)},
    ]
    one = objective("99", policies=policies)
    one.record(T, 996, 1000)
    assert one.status(T).policy.name == "ship"
    one.record(T, 0, 3)
    assert one.status(T).policy.action == "fixes only"
    same = itom.sla.Objective(one.definition())
    assert same.definition() == one.definition()
    policies[1]["up_to"] = 51
    with pytest.raises(itom.ItomError, match="bands that do not overlap"):
        objective("99", policies=policies)


def test_refusals_name_the_argument():
    for call, said in [
        (lambda: objective().record_values(T, 1.0), "indicator"),
        (lambda: objective().adjust(T, 1, 1), "at"),
        (lambda: objective().exclude(T, T), "until"),
        (lambda: objective().record_bad([T], [2], [1]), "bad"),
        (lambda: objective().alert_times(alert("14.4"), "much"), "error_ratio"),
        (lambda: objective().alert_times(alert("14.4"), 2), "error_ratio"),
        (lambda: objective(calendar={"tz": "Mars/One"}), "tz"),
        (lambda: objective(window="fortnight"), "window"),
        (lambda: itom.sla.burn_alerts("nagios", dt.timedelta(days=30)), "preset"),
        (lambda: itom.sla.burn_alerts("sloth_28d", dt.timedelta(days=30)), "window"),
    ]:
        with pytest.raises(itom.ItomError, match=said):
            call()
