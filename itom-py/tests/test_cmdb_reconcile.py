"""Several sources, one truth, in Python: reconcile, rules, locks, merges, sweeps."""

import datetime as dt

import pytest

import itom

MODEL = {
    "classes": {
        "host": {
            "attributes": {"serial": {"type": "string"}, "os": {"type": "string"}},
            "identification": [{"attributes": ["serial"]}],
        },
        "interface": {
            "attributes": {"name": {"type": "string"}},
            "identification": [
                {"kind": "dependent", "attributes": ["name"], "relation": "part_of", "class": "host"}
            ],
        },
    },
    "relations": {"part_of": {}},
}


def day(n):
    return dt.datetime(2026, 1, n, tzinfo=dt.timezone.utc)


def host(serial, **attributes):
    return {"class": "host", "attributes": {"serial": serial, **attributes}}


@pytest.fixture
def db():
    return itom.cmdb.Cmdb(MODEL)


def test_reconcile_tells_what_became_of_each_record_and_why(db):
    first = db.reconcile("scan", [host("A", os="debian"), {"class": "hsot"}], at=day(1), known=day(1))
    assert [r.outcome for r in first.records] == ["inserted", "rejected"]
    assert "hsot" in first.records[1].why
    assert isinstance(first.records[0], itom.types.RecordResult)
    again = db.reconcile("scan", [host("A", os="debian")], at=day(2), known=day(2))
    assert again.counts == {
        "inserted": 0, "updated": 0, "unchanged": 1, "ambiguous": 0, "reclassified": 0, "rejected": 0
    }
    dry = db.reconcile("import", [host("A", os="ubuntu")], at=day(3), known=day(3), dry_run=True)
    assert dry.records[0].attributes == ["os"]
    assert len(db.transactions()) == 2
    assert db.transactions()[0].source == "scan"
    with pytest.raises(itom.ItomError, match="records"):
        db.reconcile("scan", [{"klass": "host"}], at=day(3))


def test_relations_of_a_batch_and_an_import_as_a_whole(db):
    records = [host("A"), {"class": "interface", "attributes": {"name": "eth0"}}]
    relations = [{"source": 1, "kind": "part_of", "target": 0}]
    one = db.reconcile("scan", records, relations, at=day(1))
    assert [r.outcome for r in one.relations] == ["inserted"]
    two = db.reconcile("arp", {"records": records, "relations": relations}, at=day(2))
    assert [r.id for r in two.records] == ["host-000001", "interface-000001"]
    assert two.relations[0].outcome == "unchanged"


def test_a_table_gives_a_table(db):
    table = {"serial": ["A", "B"], "os": ["debian", None]}
    first = db.reconcile_table("scan", table, "host", at=day(1))
    assert isinstance(first, itom.Table)
    assert len(db.at()) == 2
    assert "os" not in db.at().item("host-000002").attributes
    with pytest.raises(itom.ItomError, match="class"):
        db.reconcile_table("scan", table, at=day(2))


def test_rules_read_the_past_again(db):
    db.reconcile("scan", [host("A", os="debian")], at=day(1), known=day(1))
    db.reconcile("import", [host("A", os="ubuntu")], at=day(2), known=day(2))
    rules = {"rules": [{"attributes": ["os"], "sources": ["scan", None], "refresh_after": dt.timedelta(days=30)}]}
    db.set_rules(rules, at=day(3), known=day(3))
    assert db.rules.rules[0].sources == ["scan", None]
    assert db.at().item("host-000001").attributes["os"] == "debian"
    assert db.at(known=day(2)).item("host-000001").attributes["os"] == "ubuntu"
    why = db.at().why_value("host-000001", "os")
    assert (why.source, why.rule_number, [c.verdict for c in why.claims]) == (
        "scan", 0, ["lower_precedence", "wins"]
    )
    assert {c.source for c in db.at().claims("host-000001")} == {"scan", "import"}
    with pytest.raises(itom.ItomError, match="rules"):
        db.set_rules({"rules": [{"class": "hsot"}]}, at=day(3))


def test_locks_merges_and_sweeps(db):
    db.reconcile("scan", [host("A", os="debian"), host("B")], at=day(1), known=day(1))
    db.lock("host-000001", "os", at=day(2), known=day(2))
    db.lock("host-000002", "os", "plan9", at=day(2), known=day(2))
    db.reconcile("scan", [host("A", os="ubuntu")], at=day(9), known=day(9))
    assert db.at().item("host-000001").attributes["os"] == "debian"
    db.release("host-000001", "os", at=day(10), known=day(10))
    db.merge("host-000001", ["host-000002"], at=day(11), known=day(11))
    assert len(db.at()) == 1
    db.unmerge(["host-000002"], at=day(12), known=day(12))
    sweep = {"source": "scan", "seen_before": day(5)}
    assert db.sweep(sweep, at=day(13), known=day(13), dry_run=True).allowed is False
    with pytest.raises(itom.ItomError, match="1 of 2"):
        db.sweep(sweep, at=day(13), known=day(13))
    # A hand spoke of it, too: it stays.
    done = db.sweep({**sweep, "guard": 1.0}, at=day(13), known=day(13))
    assert (done.withdrawn, len(db.at())) == (["host-000002"], 2)


def test_duplicates_are_listed(db):
    db.load(items={"id": ["a", "b"], "class": ["host"] * 2, "serial": ["X", "X"]}, at=day(1))
    assert db.reconcile("scan", [host("X")], at=day(2)).records[0].outcome == "ambiguous"
    assert [(d.entry, d.by, d.ids) for d in db.at().duplicates()] == [
        ("serial", {"serial": "X"}, ["a", "b"])
    ]
