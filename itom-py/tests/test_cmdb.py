"""The configuration management database from Python: conversion, errors, durability, sets."""

import datetime as dt
import os
import random
import threading

import numpy as np
import pytest

import itom

UTC = dt.timezone.utc


def day(n: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, tzinfo=UTC) + dt.timedelta(days=n)


def small() -> itom.cmdb.Cmdb:
    db = itom.cmdb.Cmdb()
    db.load(
        items={"id": ["shop", "web-1", "web-2", "host"], "class": ["service", "app", "app", "host"]},
        relations={
            "source": ["shop", "shop", "web-1"],
            "kind": ["depends_on", "depends_on", "runs_on"],
            "target": ["web-1", "web-2", "host"],
            "group": ["web", "web", None],
            "min_up": [1, 1, None],
        },
        at=day(0),
        known=day(0),
    )
    return db


def test_the_three_sets_are_sets_of_ids():
    impact = small().at().impact(["host"])
    assert impact.down == {"host", "web-1"}
    assert impact.degraded == impact.at_risk == {"shop"}
    assert impact.failed == {"host"}
    assert impact.down is impact.down
    assert small().at().impact([]).down == frozenset()


def test_why_is_a_record():
    why = small().at().impact(["host", "web-2"]).why("shop")
    assert why.state == "down"
    assert why.path[-1] == "shop" and why.path[0] in ("host", "web-2")
    [group] = why.lost
    assert (group.group, group.min_up, group.members, group.down) == ("web", 1, 2, True)
    assert group.lost == ["web-1", "web-2"]
    assert isinstance(why, itom.types.Why) and isinstance(group, itom.types.LostGroup)


def sweeps(groups, failed):
    down = set(failed)
    while True:
        more = {s for s, need, of in groups if s not in down and sum(t not in down for t in of) < need}
        if not more:
            return down
        down |= more


@pytest.mark.parametrize("seed", range(5))
def test_impact_is_the_definition(seed):
    r = random.Random(seed)
    ids = [f"i{n}" for n in range(60)]
    groups = []
    for s in ids:
        for _ in range(r.randint(0, 3)):
            of = r.sample(ids, r.randint(1, 4))
            groups.append((s, r.randint(1, len(of)), of))
    rows = [(s, f"g{n}", need, t) for n, (s, need, of) in enumerate(groups) for t in of]
    db = itom.cmdb.Cmdb()
    db.load(
        items=itom.Table({"id": ids, "class": ["x"] * len(ids)}),
        relations={
            "source": [x[0] for x in rows],
            "kind": ["uses"] * len(rows),
            "target": [x[3] for x in rows],
            "group": [x[1] for x in rows],
            "min_up": np.array([x[2] for x in rows]),
        },
        at=day(0),
    )
    view = db.at()
    for _ in range(20):
        failed = r.sample(ids, r.randint(1, 4))
        assert view.impact(failed).down == sweeps(groups, failed)


def test_items_come_out_as_they_went_in():
    db = itom.cmdb.Cmdb()
    since = np.array(["2026-01-01T00:00:00", "NaT"], dtype="datetime64[ns]")
    db.load(
        items={"id": ["a", "b"], "class": ["x", "y"], "n": [1, None], "load": [0.5, float("nan")],
               "ok": [True, None], "since": since, "name": ["A", None]},
        at=np.datetime64("2026-01-01T00:00:00", "ns"),
    )
    view = db.at()
    a = view.item("a")
    assert isinstance(a, itom.types.Item)
    assert (a.id, a["class"], a.class_) == ("a", "x", "x")
    assert a.attributes == {"n": 1, "load": 0.5, "ok": True, "since": day(0), "name": "A"}
    assert view.item("b").attributes == {}
    assert view.item("c") is None
    assert [item.id for item in view.items()] == ["a", "b"]
    assert [item.id for item in view.items("y")] == ["b"]
    assert "a" in view and "c" not in view and len(view) == 2


def test_changes_and_both_times():
    db = small()
    # Said by hand it is taken back by hand: a source speaks for itself alone.
    gone = {"remove_relation": {"source": "web-1", "kind": "runs_on", "target": "host"}}
    db.apply([gone], at=day(3), known=day(9))
    db.apply(
        [{"put_item": {"id": "web-1", "attributes": {"zone": "b", "moved": {"time": day(3)}}}}],
        at=day(3), known=day(9), actor="ops", reason="a move", change="CHG1", source="scan",
    )
    assert db.at().impact(["host"]).down == {"host"}
    assert db.at(valid=day(2)).impact(["host"]).down == {"host", "web-1"}
    assert db.at(known=day(8)).impact(["host"]).down == {"host", "web-1"}
    assert db.at().item("web-1").attributes == {"zone": "b", "moved": day(3)}
    last = db.transactions()[-1]
    assert (last.at, last.known, last.actor, last.reason) == (day(3), day(9), "ops", "a move")
    assert (last.change, last.source) == ("CHG1", "scan")


def test_known_is_the_clock_and_does_not_go_back():
    db = itom.cmdb.Cmdb()
    before = dt.datetime.now(UTC)
    db.apply([], at=day(0))
    assert before - dt.timedelta(seconds=1) < db.transactions()[0].known < before + dt.timedelta(minutes=5)
    far = dt.datetime(2200, 1, 1, tzinfo=UTC)
    db.apply([], at=day(0), known=far)
    db.apply([], at=day(0))
    assert db.transactions()[-1].known == far
    with pytest.raises(itom.Conflict, match="known"):
        db.apply([], at=day(0), known=day(0))


def test_neighbours_and_paths():
    db = itom.cmdb.Cmdb(model="operations")
    db.apply(
        [{"put_item": {"id": "web", "class": "application"}},
         {"put_item": {"id": "box", "class": "virtual_machine"}},
         {"put_relation": {"source": "web", "kind": "runs_on", "target": "box"}}],
        at=day(0),
    )
    view = db.at()
    [up] = view.neighbours("box", "consumers")
    assert (up.id, up.kind, up.name, up.direction) == ("web", "runs_on", "runs", "consumers")
    assert view.neighbours("box", direction="providers") == []
    assert view.path("web", "box") == ["web", "box"] and view.path("box", "web") is None
    assert view.relations("box") == view.relations() != []
    assert [item.id for item in view.items("host")] == ["box"]
    assert db.model["classes"]["virtual_machine"]["extends"] == "host"


@pytest.mark.parametrize(
    "call, error, part",
    [
        (lambda db: db.load(items=42, at=day(1)), itom.WrongType, "items"),
        (lambda db: db.load(items={"class": ["x"]}, at=day(1)), itom.InvalidArgument, "id"),
        (lambda db: db.load(items={"id": ["a", "a"], "class": ["x"] * 2}, at=day(1)), ValueError, "row 1"),
        (lambda db: db.load(items={"id": ["a", None], "class": ["x"] * 2}, at=day(1)), ValueError, "row 1"),
        (lambda db: db.load(relations={"source": ["web-1"], "kind": ["uses"]}, at=day(1)), ValueError, "target"),
        (lambda db: db.load(relations={"source": ["web-1"], "kind": ["uses"], "target": ["nobody"]}, at=day(1)),
         itom.NotFound, "nobody"),
        (lambda db: db.load(items={"id": ["a"], "class": ["x"]}, at=dt.datetime(2026, 1, 1)), itom.ItomError, "at"),
        (lambda db: db.apply([{"put_thing": {}}], at=day(1)), itom.InvalidArgument, "put_thing"),
        (lambda db: db.apply([{"put_item": {"id": "a", "klass": "x"}}], at=day(1)), itom.InvalidArgument, "klass"),
        (lambda db: db.apply(42, at=day(1)), itom.ItomError, "changes"),
        (lambda db: db.apply([{"put_item": {"id": "x", "class": "y", "attributes": {"a": [[1]]}}}], at=day(1)),
         itom.InvalidArgument, "list"),
        (lambda db: db.at(valid=dt.datetime(2026, 1, 1)), itom.ItomError, "valid"),
        (lambda db: db.at().impact(["nobody"]), itom.NotFound, "nobody"),
        (lambda db: db.at().impact("shop"), itom.WrongType, "failed"),
        (lambda db: db.at().impact([3.5]), itom.WrongType, "3.5"),
        (lambda db: db.at().path("shop", "nobody"), KeyError, "nobody"),
        (lambda db: db.at().neighbours("shop", "sideways"), ValueError, "sideways"),
        (lambda db: db.at().item(7), itom.WrongType, "7"),
        (lambda db: itom.cmdb.Cmdb(model=42), itom.ItomError, "model"),
        (lambda db: itom.cmdb.Cmdb(model={"classes": {"a": {"extends": "b"}}}), itom.NotFound, "b"),
        (lambda db: itom.cmdb.Cmdb.open(42), itom.WrongType, "path"),
        (lambda db: itom.cmdb.Cmdb.from_bytes(b"junk"), itom.Corrupt, "snapshot"),
        (lambda db: itom.cmdb.Cmdb.from_bytes("text"), itom.WrongType, "data"),
    ],
)
def test_errors_name_what_is_wrong_and_change_nothing(call, error, part):
    db = small()
    before = db.to_bytes()
    with pytest.raises(error, match=part) as caught:
        call(db)
    assert isinstance(caught.value, itom.ItomError)
    assert db.to_bytes() == before


def test_a_file_keeps_what_was_acknowledged(tmp_path):
    path = tmp_path / "cmdb.redb"
    with itom.cmdb.Cmdb.open(path, model="operations") as db:
        db.apply([{"put_item": {"id": "web", "class": "application"}}], at=day(0))
        with pytest.raises(itom.Conflict):
            itom.cmdb.Cmdb.open(path)
        view = db.at()
    assert "web" in view
    with pytest.raises(itom.ItomError, match="closed"):
        db.at()
    with itom.cmdb.Cmdb.open(str(path)) as db:
        assert db.at().item("web").class_ == "application"
        whole = db.to_bytes()
    assert itom.cmdb.Cmdb.from_bytes(whole).to_bytes() == whole
    data = bytearray(path.read_bytes())
    place = bytes(data).find(b"web")
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(itom.Corrupt):
        itom.cmdb.Cmdb.open(path)


def test_a_view_is_shared_by_threads():
    view = small().at()
    wrong = []

    def ask():
        for _ in range(300):
            if view.impact(["host"]).down != {"host", "web-1"}:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_tables_of_arrow():
    pa = pytest.importorskip("pyarrow")
    db = itom.cmdb.Cmdb()
    items = pa.table({"id": ["a", "b"], "class": pa.array(["x", "x"]).dictionary_encode()})
    relations = pa.table({"source": ["a"], "kind": ["uses"], "target": ["b"],
                          "group": pa.nulls(1), "min_up": pa.nulls(1, pa.int32())})
    db.load(items=items, relations=relations, at=day(0))
    assert db.at().impact(["b"]).down == {"a", "b"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_cannot_write_to_its_parents_file(tmp_path):
    path = tmp_path / "cmdb"
    db = itom.cmdb.Cmdb.open(path)
    db.apply([{"put_item": {"id": "a", "class": "host"}}], at=day(0), known=day(0))
    child = os.fork()
    if child == 0:
        try:
            db.apply([{"put_item": {"id": "child", "class": "host"}}], at=day(0), known=day(0))
            os._exit(1)
        except itom.Conflict:
            os._exit(0)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    db.apply([{"put_item": {"id": "b", "class": "host"}}], at=day(0), known=day(0))
    db.close()
    with itom.cmdb.Cmdb.open(path) as again:
        assert "a" in again.at() and "b" in again.at() and "child" not in again.at()
