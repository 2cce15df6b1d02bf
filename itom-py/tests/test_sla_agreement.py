"""Agreements in Python: the shared cases, the stream, the log, replays, credits, priorities."""

import datetime as dt
import decimal
import json
import pickle
from fractions import Fraction
from pathlib import Path

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
HOUR = dt.timedelta(hours=1)
TEN = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
CASES = json.loads((Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text())["cases"]
GOLD = {
    "calendars": {"office": {"tz": "UTC", "weekly": {"mon": [["08:00", "17:00"]], "tue": [["08:00", "17:00"]]}}},
    "agreements": [
        {
            "name": "Gold",
            "metrics": [
                {
                    "name": "resolution",
                    "stop": "state = 'Closed'",
                    "pause": [{"reason": "user", "when": {"field": "state", "equals": "Awaiting"}}],
                    "targets": [
                        {"when": "priority = 1", "target": dt.timedelta(hours=4), "calendar": "office"},
                        {"target": "8h", "calendar": "office"},
                    ],
                }
            ],
        },
        {
            "name": "Network",
            "kind": "ola",
            "supports": "Gold",
            "applies": "team = 'network'",
            "metrics": [{"name": "resolution", "targets": [{"target": "9h"}]}],
        },
    ],
}


def cases(op):
    own = [case for case in CASES if case["op"] == op]
    assert own
    return own


def update(at, record="INC1", **fields):
    return {"record": record, "at": at, "fields": fields}


@pytest.mark.parametrize("case", cases("credit"), ids=lambda case: case["id"])
def test_credit_cases(case):
    policy = itom.sla.CreditPolicy(case["input"]["tiers"])
    credit = policy.credit(case["input"]["uptime_pct"])
    assert credit.percent == case["expected"]["credit_pct"]


@pytest.mark.parametrize("case", cases("attainment"), ids=lambda case: case["id"])
def test_attainment_cases(case):
    counts = case["input"]
    assert itom.sla.attainment(counts) == Fraction(case["expected"]["attainment"])
    for name, expected in case.get("alternatives", {}).items():
        assert itom.sla.attainment(counts, rule=name.replace(" ", "_")) == Fraction(expected)
    assert itom.sla.attainment({}) is None
    with pytest.raises(itom.ItomError, match="rule"):
        itom.sla.attainment(counts, rule="all")


def test_updates_drive_clocks_and_late_ones_change_the_past():
    agreements = itom.sla.Agreements(GOLD)
    changes = agreements.update([update(TEN, state="New", priority=3), update(TEN + 3 * HOUR, priority=1)])
    assert [event.what for event in changes.happened] == ["attached", "retargeted"]
    (status,) = agreements.status("INC1", TEN + 3.5 * HOUR)
    assert (status.target, status.business, status.calendar) == (4 * HOUR, 3.5 * HOUR, "office")
    assert status.breach_at == TEN + 4 * HOUR
    late = agreements.update([update(TEN + HOUR, state="Awaiting"), update(TEN + 2 * HOUR, state="Active")])
    assert [event.what for event in late.happened] == ["paused", "resumed"]
    assert late.happened[0].reasons == ["user"]
    assert agreements.status("INC1", TEN + 3.5 * HOUR)[0].paused == HOUR
    crossed = agreements.advance(TEN + 6 * HOUR)
    assert [(one.share, one.at) for one in crossed][-1] == (1.0, TEN + 5 * HOUR)
    assert agreements.advance(TEN + 6 * HOUR) == []
    segments = agreements.explain("INC1", TEN + 4 * HOUR)
    assert sum((s.end - s.start for s in segments if s.counted), dt.timedelta()) == 3 * HOUR
    again = pickle.loads(pickle.dumps(agreements))
    assert again.statuses(TEN + 9 * HOUR) == agreements.statuses(TEN + 9 * HOUR)
    assert again.definition["agreements"][0]["name"] == "Gold"
    assert [event.what for event in again.events("INC1")] == ["attached", "paused", "resumed", "retargeted"]


def test_chains_and_accounting():
    (link,) = [link for link in itom.sla.chain(GOLD) if link.when == "true"]
    assert (link.sum, link.slack, link.covered, link.same_calendar) == (9 * HOUR, -HOUR, False, False)
    agreements = itom.sla.Agreements(GOLD)
    agreements.update([update(TEN, team="desk"), update(TEN + HOUR, team="network")])
    (slack,) = agreements.slack("INC1", TEN + 2 * HOUR)
    assert (slack.remaining, slack.needed, slack.slack) == (6 * HOUR, 8 * HOUR, -2 * HOUR)
    shares = agreements.accounting("INC1", "team", TEN + 4 * HOUR)
    gold = [(own.value, own.business, own.share) for own in shares if own.agreement == "Gold"]
    assert gold == [("desk", HOUR, Fraction(1, 4)), ("network", 3 * HOUR, Fraction(3, 4))]
    assert [breach.record for breach in agreements.next_breaches(5)] == ["INC1", "INC1"]


def test_a_table_is_a_log():
    log = itom.sla.RecordLog()
    hours = np.array([10, 12, 10, 15], dtype="timedelta64[h]")
    log.extend_table(
        {
            "number": ["a", "a", "b", "b"],
            "updated": np.datetime64("2026-06-15", "ns") + hours,
            "state": ["New", "Closed", "New", "Closed"],
            "team": ["x", "y", "x", None],
            "priority": [1, 1, 1, 1],
        },
        record="number",
        at="updated",
    )
    assert (len(log), log.records) == (4, 2)
    replay = itom.sla.replay(GOLD, log)
    assert replay.at == TEN + 5 * HOUR
    assert (replay.counts().met, replay.counts().breached, len(replay)) == (1, 1, 2)
    rows = replay.attainment(metric="resolution", group="team", period={"duration": "1M", "tz": "UTC"})
    assert [(row.group, row.attainment) for row in rows] == [(None, 0), ("y", 1)]
    table = replay.table(["team"])
    assert table["team"] == ["y", None]
    assert list(table["business_s"]) == [7200.0, 18000.0]
    assert replay.accounting("team")[0].business == 7 * HOUR
    assert replay.pauses() == []
    after = json.loads(itom.to_json(GOLD))
    after["agreements"][0]["metrics"][0]["targets"][0]["target"] = "6h"
    answer = itom.sla.what_if(log, GOLD, after)
    assert [(flip.record, flip.causes) for flip in answer.flips] == [("b", ["target"])]
    agreements = itom.sla.Agreements(GOLD, log)
    assert agreements.what_if(after, TEN + 5 * HOUR) == answer
    assert agreements.replay(TEN + 5 * HOUR).counts() == replay.counts()
    loaded = itom.sla.Agreements(GOLD)
    loaded.load({"r": ["a"], "t": [TEN], "state": ["New"]}, record="r", at="t")
    assert len(loaded.running(TEN)) == 1


def test_credits_are_exact_for_every_kind_of_number():
    policy = itom.sla.CreditPolicy({"tiers": [{"below": 99.9, "credit": 10}], "bound": "inclusive", "cap": 5})
    for achieved in ["99.9", 99.9, Fraction(999, 10), decimal.Decimal("99.9")]:
        credit = policy.credit(achieved, fee=decimal.Decimal("10.10"))
        assert (credit.percent, credit.capped, credit.amount) == (5, True, Fraction("0.505"))
    assert policy.credit_of(Fraction(1)).percent == 0
    assert policy.definition["bound"] == "inclusive"
    for bad in ["nan", None, float("nan"), 101, -1, True, "1e5"]:
        with pytest.raises(itom.ItomError, match="achieved"):
            policy.credit(bad)
    with pytest.raises(itom.ItomError, match="nobody"):
        itom.sla.CreditPolicy("nobody")


def test_priorities():
    matrix = itom.sla.PriorityMatrix("servicenow")
    assert [[matrix.priority(i, u) for u in (1, 2, 3)] for i in (1, 2, 3)] == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    with pytest.raises(itom.ItomError, match="urgency"):
        matrix.priority(1, 4)
    with pytest.raises(itom.ItomError, match="none for impact"):
        itom.sla.PriorityMatrix({"a": {"b": 1, "c": 2}, "d": {"b": 1}})
    assert itom.sla.PriorityMatrix(matrix.rows).rows == matrix.rows


def test_conditions_have_two_forms():
    tree = itom.sla.condition("priority in (1, 2) and not state starts with \"Aw\"")
    assert tree == {
        "all": [{"field": "priority", "in": [1, 2]}, {"not": {"field": "state", "prefix": "Aw"}}]
    }
    assert itom.sla.condition(tree) == tree
    with pytest.raises(itom.ItomError, match="at character 4"):
        itom.sla.condition("a = ")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: itom.sla.Agreements({"agreements": [{"name": "a"}]}), "metrics"),
        (lambda: itom.sla.Agreements(3), "definition"),
        (lambda: itom.sla.Agreements(GOLD).update({"record": "", "at": TEN}), "record"),
        (lambda: itom.sla.Agreements(GOLD).update({"record": "a", "at": dt.datetime(2026, 1, 1)}), "offset|naive|zone"),
        (lambda: itom.sla.Agreements(GOLD).status("nobody", TEN), "nobody"),
        (lambda: itom.sla.Agreements.from_bytes(b"x"), "bytes"),
        (lambda: itom.sla.RecordLog().extend_table({"a": [1]}, record="a", at="b"), "column"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(itom.ItomError, match=message):
        call()


SIMPLE = {"agreements": [{"name": "Gold", "metrics": [
    {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}


def simple_log():
    log = itom.sla.RecordLog()
    log.extend([
        {"record": "A", "at": TEN, "fields": {"state": "New", "team": "desk", "hops": 0}},
        {"record": "A", "at": TEN + HOUR, "fields": {"team": "net", "hops": 2, "vip": True}},
        {"record": "A", "at": TEN + 3 * HOUR, "fields": {"state": "Closed"}},
        {"record": "B", "at": TEN, "fields": {"state": "Closed", "team": "desk"}},
        {"record": "C", "at": TEN + HOUR, "fields": {"state": "New", "team": "desk", "hops": 1}},
    ])
    return log


def test_a_misspelt_field_is_named_with_the_fields_there_are():
    log = simple_log()
    assert log.field_names == ["hops", "state", "team", "vip"]
    replay = itom.sla.replay(SIMPLE, log)
    agreements = itom.sla.Agreements(SIMPLE, log)
    calls = {
        "group": [lambda: replay.attainment(group="taem")],
        "fields": [lambda: replay.table(["taem"]), lambda: replay.history(["taem"]), lambda: replay.running(["taem"])],
        "field": [lambda: replay.accounting("taem"), lambda: agreements.accounting("A", "taem", TEN)],
    }
    for argument, asked in calls.items():
        for call in asked:
            with pytest.raises(itom.InvalidArgument) as caught:
                call()
            assert caught.value.argument == argument
            assert "hops, state, team, vip, got \"taem\"" in str(caught.value)
    assert replay.unknown_fields == []
    misspelt = json.loads(json.dumps(SIMPLE).replace("state =", "sate ="))
    replay = itom.sla.replay(misspelt, log)
    assert replay.unknown_fields == ["sate"] and "no record has the fields sate" in repr(replay)


def test_what_was_stopped_when_first_seen_is_counted():
    replay = itom.sla.replay(SIMPLE, simple_log())
    counts = replay.counts()
    assert (counts.met, counts.running, counts.already_stopped) == (1, 1, 1)
    rows = {row.group: (row.met, row.already_stopped) for row in replay.attainment(group="team")}
    assert rows == {"desk": (0, 1), "net": (1, 0)}
    assert "1 already stopped when first seen" in repr(replay)


def test_numbers_beside_verdicts_stay_numbers():
    table = itom.sla.replay(SIMPLE, simple_log()).table(["hops", "team", "vip"])
    assert (table["hops"], table["team"], table["vip"]) == ([2, 1], ["net", "desk"], [True, None])


def test_a_forecast_takes_the_history_of_a_replay():
    replay = itom.sla.replay(SIMPLE, simple_log(), TEN + 4 * HOUR)
    history = replay.history(["team", "hops"], metric="resolution")
    assert history["case"] == ["A", "A", "C"]
    assert history["since_s"].tolist() == [0, 3600, 0] and history["used_s"].tolist() == [10800, 10800, 10800]
    assert history["ended"] == [True, True, False] and history["breached"] == [False, False, None]
    forecast = itom.sla.BreachForecast({"groups": ["team"], "numbers": ["hops"]}, history, replay.at)
    clocks = replay.running(["team", "hops"])
    assert clocks["record"] == ["C"] and 0 < forecast.probabilities(clocks)[0] < 1
    columns = {"target_s": [1.0], "used_s": [0.0], "hops": [1]}
    for missing in (columns, {**columns, "taem": ["desk"]}):
        with pytest.raises(itom.InvalidArgument, match="clocks must be a table with the field \"team\""):
            forecast.probabilities(missing)
    assert len(forecast.probabilities({**columns, "team": [None]})) == 1
    with pytest.raises(itom.ItomError, match="history must be a table with the field \"owner\""):
        itom.sla.BreachForecast({"groups": ["owner"]}, history, replay.at)


def test_a_ratio_is_no_percentage():
    policy = itom.sla.CreditPolicy("aws_compute_region")
    for ratio in (0.995, 1, Fraction(1, 1000), decimal.Decimal("0.5")):
        with pytest.raises(itom.InvalidArgument, match="99.5 where a ratio would be 0.995"):
            policy.credit(ratio)
        assert policy.credit_of(ratio).achieved == 100 * Fraction(str(ratio))
    assert policy.credit(0).percent == 100
    with pytest.raises(itom.InvalidArgument, match="share"):
        policy.credit_of(99.5)
