"""Differences, branches, baselines and audit."""

import datetime as dt

import itom
import pytest


def day(n):
    return dt.datetime(2026, 1, n, tzinfo=dt.timezone.utc)


def put(id, zone):
    return {"put_item": {"id": id, "class": "host", "attributes": {"zone": zone}}}


def small():
    db = itom.cmdb.Cmdb()
    db.apply([put("web-1", "a"), put("web-2", "a")], at=day(1), known=day(1), actor="ada", change="CHG1")
    return db


def test_a_difference_of_two_times():
    db = small()
    db.apply([put("web-1", "b"), {"remove_item": {"id": "web-2"}}, put("web-3", "b")], at=day(3), known=day(3))
    difference = db.diff(db.at(valid=day(2)), db.at())
    assert [item.id for item in difference.added] == ["web-3"]
    assert [item.id for item in difference.removed] == ["web-2"]
    assert difference.changed == [
        {"id": "web-1", "class": "host", "class_before": "host",
         "attributes": [{"attribute": "zone", "before": "a", "after": "b"}]}
    ]
    part = db.diff(db.at(valid=day(2)), db.at(), ids=["web-3"])
    assert len(part.added) == 1 and part.changed == [] and part.removed == []
    with pytest.raises(itom.ItomError, match="before"):
        db.diff("yesterday", db.at())
    with pytest.raises(itom.ItomError, match="two databases"):
        db.diff(db.at(), small().at())


def test_a_branch_is_tried_and_merged():
    db = small()
    what_if = db.branch()
    what_if.apply([put("web-1", "b"), put("web-3", "b")], at=day(2), known=day(2))
    assert len(db.at()) == 2 and len(what_if.at()) == 3
    db.apply([put("web-1", "c")], at=day(3), known=day(3))
    refused = db.merge_branch(what_if, at=day(4), known=day(4))
    assert not refused.merged
    assert refused.conflicts == [
        {"what": "web-1", "attribute": "zone", "before": "a", "ours": "c", "theirs": "b"}
    ]
    merged = db.merge_branch(what_if, "ours", at=day(4), known=day(4), reason="tried")
    assert merged.merged and [item.id for item in merged.difference.added] == ["web-3"]
    assert db.at().item("web-1").attributes == {"zone": "c"}
    assert db.transactions()[-1].reason == "tried"
    with pytest.raises(itom.ItomError, match="favour"):
        db.merge_branch(what_if, "mine", at=day(5))
    with pytest.raises(itom.ItomError, match="branch"):
        db.merge_branch("what_if", at=day(5))
    with pytest.raises(itom.ItomError, match="branch"):
        db.merge_branch(small(), at=day(5))


def test_a_baseline_costs_a_name_and_a_statement_has_an_author():
    db = small()
    db.set_baseline("release 1", at=day(2), known=day(2))
    db.apply([put("web-1", "b")], at=day(3), known=day(3), source="scan")
    assert db.baseline("release 1").item("web-1").attributes == {"zone": "a"}
    assert [(each.name, each.transaction.at) for each in db.baselines()] == [("release 1", day(2))]
    first, second = db.item_history("web-1")
    assert (first.transaction.actor, first.transaction.change) == ("ada", "CHG1")
    assert (second.transaction.source, second["class"], second.attributes) == ("scan", "host", {"zone": "b"})
    with pytest.raises(KeyError, match="release 2"):
        db.baseline("release 2")
    with pytest.raises(KeyError, match="web-9"):
        db.item_history("web-9")
