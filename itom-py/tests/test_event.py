"""Events to alerts to incidents, and root causes."""

import datetime as dt
import random

import numpy as np
import pytest

import itom
from itom.event import Correlator, rank_causes

UTC = dt.timezone.utc
T = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
EDGES = [("shop", "cart"), ("cart", "db"), ("shop", "search")]


def at(seconds):
    return T + dt.timedelta(seconds=seconds)


def event(id, seconds, item, name="down", **more):
    return {"id": str(id), "time": at(seconds), "item": item, "name": name, **more}


def storm():
    items = ["shop", "cart", "db", "search", "printer"]
    rng = random.Random(7)
    events, now = [], 0
    for n in range(300):
        now += rng.randrange(20)
        kind = rng.choice(["alert", "alert", "recovery", "security"])
        events.append(event(f"{n:03}", now, rng.choice(items), kind=kind))
    return events


def test_one_incident_over_the_topology_with_its_reasons():
    c = Correlator(topology=EDGES)
    c.push([event(1, 0, "db", severity=21, labels={"disk": "sda"}), event(2, 30, "shop"), event(3, 40, "printer")])
    assert c.waiting == 3
    kinds = [u.kind for u in c.advance(at(60))]
    assert kinds == ["alert_fired", "incident_opened", "alert_fired", "alert_joined", "alert_fired", "incident_opened"]
    big, small = c.incidents()
    assert isinstance(big, itom.event.Incident)
    assert big.affected == ["db", "shop"] and big.severity == 21 and big.state == "open"
    because = big.steps[1].because
    assert (because.item, because.distance, because.gap) == ("db", 2, dt.timedelta(seconds=30))
    assert c.alerts()[0].first_seen == T and c.alerts()[0].first_seen.tzinfo is not None
    assert c.incident(big.id) == big and c.incident("none") is None
    assert c.alert(big.alerts[0]).state == "firing"
    assert c.watermark == at(60) + dt.timedelta(0)


def test_recovery_resolves_after_a_while():
    c = Correlator({"resolve_after": dt.timedelta(minutes=2)})
    c.push([event(1, 0, "db"), event(2, 60, "db"), event(3, 90, "db", kind="recovery")])
    c.advance(at(600))
    (incident,) = c.incidents()
    assert incident.state == "resolved" and incident.resolved_at == at(90)
    (alert,) = c.alerts()
    assert (alert.count, alert.state, alert.episodes) == (2, "resolved", 1)


def test_order_batches_and_restarts_leave_no_trace():
    events = storm()
    whole = Correlator(topology=EDGES)
    expected = whole.push(events) + whole.advance(at(10**5))
    rng = random.Random(3)
    arriving = sorted(events, key=lambda e: e["time"] + dt.timedelta(seconds=rng.randrange(60)))
    assert arriving != events
    c, got = Correlator(topology=EDGES), []
    while arriving:
        n = rng.randrange(20)
        batch, arriving = arriving[:n], arriving[n:]
        got += c.push(batch)
        c = Correlator.from_bytes(c.to_bytes(), topology=EDGES)
    got += c.advance(at(10**5))
    assert got == expected
    assert c.to_bytes() == whole.to_bytes()
    assert c.statistics().processed == 300


def test_late_and_repeated_events_are_handed_back():
    c = Correlator()
    c.push([event(1, 1000, "db"), event(1, 1000, "db")])
    late = c.push([event(0, 0, "db")])
    assert late[0].kind == "late" and late[0].event.id == "0" and late[0].watermark == at(940)
    counts = c.statistics()
    assert (counts.received, counts.late, counts.duplicates) == (3, 1, 1)


def test_a_table_is_taken_as_well():
    c, d = Correlator(topology=EDGES), Correlator(topology=EDGES)
    columns = {
        "id": ["1", "2"],
        "time": np.array(["2026-06-15T10:00", "2026-06-15T10:01"], dtype="datetime64[ns]"),
        "item": ["db", "cart"],
        "name": ["down", "down"],
        "severity": [17, 9],
        "label.site": ["fra", None],
    }
    rows = [event(1, 0, "db", severity=17, labels={"site": "fra"}), event(2, 60, "cart", severity=9)]
    for one, events in ((c, columns), (d, rows)):
        one.push(events)
        one.advance(at(100))
    assert c.to_bytes() == d.to_bytes()
    with pytest.raises(itom.InvalidArgument, match="label"):
        c.push({**columns, "site": ["a", "b"]})


@pytest.mark.parametrize("bad, said", [
    ([{"id": "1", "time": T, "item": "a"}], "name"),
    ([event("", 0, "a")], "id"),
    ([event(1, 0, "a", severity=25)], "25"),
    ([event(1, 0, "a", sevrity=5)], "sevrity"),
    ([{**event(1, 0, "a"), "time": T.replace(tzinfo=None)}], "aware|naive|offset"),
    (42, "events"),
])
def test_bad_events_are_refused_whole(bad, said):
    c = Correlator()
    before = c.to_bytes()
    with pytest.raises(itom.ItomError, match=said):
        c.push([event(0, 0, "a"), *bad] if isinstance(bad, list) else bad)
    assert c.to_bytes() == before


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="max_alerts"):
        Correlator({"max_alerts": 0})
    with pytest.raises(ValueError, match="windw"):
        Correlator({"windw": 3})
    for topology in (42, "ab", [("a",)], [("a", 3)]):
        with pytest.raises(itom.ItomError, match="topology"):
            Correlator(topology=topology)
    with pytest.raises(itom.Corrupt):
        Correlator.from_bytes(b"ITOM")


def test_a_view_of_the_cmdb_is_a_topology():
    try:
        db = itom.cmdb.Cmdb()
    except ImportError:
        pytest.skip("built without the feature cmdb")
    names = ["shop", "cart", "db", "search"]
    db.load(
        items={"id": names, "class": ["service"] * 4},
        relations={
            "source": [a for a, _ in EDGES],
            "kind": ["depends_on"] * 3,
            "target": [b for _, b in EDGES],
        },
        at=T,
    )
    c = Correlator(topology=db.at())
    c.push([event(1, 0, "db"), event(2, 30, "shop"), event(3, 40, "unknown")])
    c.advance(at(60))
    assert [i.affected for i in c.incidents()] == [["db", "shop"], ["unknown"]]


def series(jump, start=57, n=60):
    times = np.datetime64("2026-06-15T00:00", "ns") + np.arange(n) * np.timedelta64(1, "m")
    return times, 10 + np.arange(n) % 7 / 7 + jump * (np.arange(n) >= start)


def test_the_deepest_anomalous_item_is_the_cause():
    times, _ = series(0)
    known = {("shop", "latency"): series(20), ("cart", "latency"): series(20), ("db", "latency"): series(20),
             ("search", "latency"): series(0)}
    causes = rank_causes(EDGES, known, ("shop", "latency"), times[57])
    assert causes[0].ci == "db" and 0 < causes[0].score <= 1
    assert causes[0].path == ["db", "cart", "shop"]
    deviation = causes[0].evidence[0]
    assert deviation.kind == "deviation" and deviation.metric == "latency" and deviation.p_value < 0.01
    assert deviation.time == dt.datetime(2026, 6, 15, 0, tzinfo=UTC) + dt.timedelta(minutes=deviation.time.minute)
    again = rank_causes(EDGES[::-1], dict(reversed(known.items())), ("shop", "latency"), times[57])
    assert again == causes


def test_alerts_and_changes_are_enough():
    alerts = [{"ci": ci, "time": T, "severity": 17} for ci in ("shop", "cart", "search")]
    names = [c.ci for c in rank_causes(EDGES, {}, "shop", T, alerts=alerts)]
    assert names == ["cart", "search", "shop"]
    changes = [{"ci": "search", "time": at(-60)}]
    assert rank_causes(EDGES, {}, "shop", T, alerts=alerts, changes=changes)[0].ci == "search"


def test_missing_values_are_allowed_and_mistakes_are_named():
    times, values = series(20)
    values = list(values)
    values[3] = None
    values[4] = float("nan")
    assert rank_causes([], {("a", "m"): (times, values)}, ("a", "m"), times[57])[0].ci == "a"
    for arguments, said in [
        (([("a", "b")], {("b", "m"): series(0)}, ("a", "m"), T), '"m"'),
        (([], {("b", "m"): series(0)}, ("b", "m"), T.replace(tzinfo=None)), "at"),
        (([], {("b", "m"): (times, values[1:])}, ("b", "m"), T), "59"),
        (([], {"b": series(0)}, ("b", "m"), T), "series"),
        (([], [1], ("b", "m"), T), "series"),
        (([("a", "b", "c")], {("b", "m"): series(0)}, ("b", "m"), T), "edges"),
        (([], {("b", "m"): series(0)}, 3, T), "symptom"),
    ]:
        with pytest.raises(itom.ItomError, match=said):
            rank_causes(*arguments)
