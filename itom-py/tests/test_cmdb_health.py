"""Health from Python: reports of any moment, a monitor, messages."""

import datetime as dt

import pytest

import itom

UTC = dt.timezone.utc


def day(n: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, tzinfo=UTC) + dt.timedelta(days=n)


MODEL = {
    "classes": {
        "host": {
            "attributes": {
                "serial": {"type": "string"},
                "owner": {"type": "string", "recommended": True},
                "os": {"type": "string"},
            },
            "identification": [{"attributes": ["serial"]}],
        },
        "service": {"attributes": {"owner": {"type": "string"}}},
    },
    "relations": {"runs_on": {"targets_per_source": {"min": 2}, "ends": [{"source": "service"}]}},
}


def small() -> itom.cmdb.Cmdb:
    db = itom.cmdb.Cmdb(MODEL)
    changes = [
        {"put_item": {"id": "shop", "class": "service", "attributes": {"owner": "ada"}}},
        {"put_item": {"id": "a", "class": "host", "attributes": {"serial": "J7X", "os": "Debian 12"}}},
        {"put_item": {"id": "b", "class": "host", "attributes": {"serial": "J7X", "owner": "bob"}}},
        {"put_relation": {"source": "shop", "kind": "runs_on", "target": "a"}},
    ]
    db.apply(changes, at=day(0), known=day(0))
    return db


def reasons(report: itom.types.HealthReport) -> dict[str, list[tuple[str, str]]]:
    return {item.id: [(f.metric, f.reason) for f in item.failures] for item in report.worst}


def test_a_report_tells_what_fails_by_whom_and_why():
    report = small().at().health()
    assert isinstance(report, itom.types.HealthReport)
    assert reasons(report) == {
        "a": [
            ("completeness.recommended", "owner is recommended and missing"),
            ("correctness.duplicate", 'the same as b by serial: serial "J7X"'),
        ],
        "b": [
            ("correctness.orphan", "no relation to another item"),
            ("correctness.duplicate", 'the same as a by serial: serial "J7X"'),
        ],
        "shop": [("relationship.minimum", "1 targets by runs_on, at least 2 expected")],
    }
    assert [item.id for item in report.worst] == ["a", "b", "shop"]
    assert [round(item.score or 0, 3) for item in report.worst] == [0.333, 0.667, 0.875]
    assert report.worst[0].class_ == "host"
    assert report.failing == 3 and report.now == day(0)
    assert [(group.name, group.scores.item_count) for group in report.owners] == [
        (None, 1),
        ("ada", 1),
        ("bob", 1),
    ]
    assert [group.name for group in report.classes] == ["host", "service"]
    assert [(group.name, group.scores.item_count) for group in report.services] == [("shop", 2)]
    orphans = report.all.metrics["correctness.orphan"]
    assert (orphans.checked, orphans.failed, orphans.score) == (3, 1, 1 - 1 / 3)
    assert report.all.compliance is None


def test_a_definition_takes_dicts_text_and_durations():
    db = small()
    definition = {
        "stale_after": dt.timedelta(days=7),
        "classes": {"service": {"exempt": ["correctness.stale"]}},
        "rules": [
            {"name": "supported", "class": "host", "when": "os exists", "condition": 'os ~ "Ubuntu*"'},
            {"name": "owned", "condition": {"exists": "owner"}},
        ],
    }
    fresh = db.at().health(definition, now=day(7))
    assert fresh.all.metrics["correctness.stale"].failed == 0
    stale = db.at().health(definition, now=day(8))
    assert stale.all.metrics["correctness.stale"] == {"checked": 2, "failed": 2, "score": 0.0}
    assert ("compliance", 'not supported: os ~ "Ubuntu*"') in reasons(stale)["a"]
    assert ("compliance", "not owned: owner exists") in reasons(stale)["a"]


def test_a_report_is_of_the_views_moment():
    db = small()
    db.merge("a", ["b"], at=day(5), known=day(5))
    failed = {
        n: db.at(valid=day(n)).health().all.metrics["correctness.duplicate"].failed for n in (4, 5)
    }
    assert failed == {4: 2, 5: 0}
    assert db.at(known=day(4)).health().all.metrics["correctness.duplicate"].failed == 2


def test_a_monitor_keeps_up():
    db = small()
    monitor = itom.cmdb.HealthMonitor(db, {"limit": 5})
    assert monitor.definition.limit == 5
    for n in range(6):
        put = {"put_item": {"id": f"h{n}", "class": "host", "attributes": {"serial": f"S{n % 4}"}}}
        db.apply([put], at=day(n + 1))
        monitor.update()
    assert monitor.report() == db.at().health({"limit": 5})
    assert monitor.report(now=day(90)) == db.at().health({"limit": 5}, now=day(90))
    assert monitor.report().all.metrics["correctness.duplicate"].failed == 6
    db.close()
    with pytest.raises(itom.Conflict, match="closed"):
        monitor.report()


def test_mistakes_are_named():
    view = small().at()
    with pytest.raises(itom.NotFound, match='"hst"') as error:
        view.health({"classes": {"hst": {}}})
    assert error.value.argument == "definition"
    with pytest.raises(itom.InvalidArgument, match="column 4"):
        view.health({"rules": [{"name": "a", "condition": "os exits"}]})
    with pytest.raises(itom.InvalidArgument, match="now"):
        view.health(now=dt.datetime(2026, 1, 1))
    with pytest.raises(itom.InvalidArgument, match="db"):
        itom.cmdb.HealthMonitor("db")
