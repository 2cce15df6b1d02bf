"""Impact and the questions about the graph."""

import collections.abc
import copy
import datetime as dt
import pickle

import itom
import pytest

DAY = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


@pytest.fixture
def view():
    """A shop on one of three web servers and a database, on two hosts."""
    db = itom.cmdb.Cmdb()
    db.load(
        items={
            "id": ["shop", "web-1", "web-2", "web-3", "db", "host-1", "host-2"],
            "class": ["service", "app", "app", "app", "database", "host", "host"],
        },
        relations={
            "source": ["shop"] * 4 + ["web-1", "web-2", "web-3", "db"],
            "kind": ["uses"] * 3 + ["stores_in"] + ["runs_on"] * 4,
            "target": ["web-1", "web-2", "web-3", "db", "host-1", "host-1", "host-2", "host-2"],
            "group": ["web"] * 3 + [None] * 5,
            "min_up": [1] * 3 + [None] * 5,
        },
        at=DAY,
    )
    return db.at()


def test_a_set_is_a_set_before_and_after_it_is_made(view):
    down = view.impact(["host-1"]).down
    assert isinstance(down, collections.abc.Set) and isinstance(down, itom.cmdb.ItemSet)
    assert len(down) == 3 and "web-1" in down and "shop" not in down
    assert "nobody" not in down and 7 not in down
    want = {"host-1", "web-1", "web-2"}
    assert set(down) == want and frozenset(down) == want and sorted(down) == sorted(want)
    assert down == want and want == down and frozenset(want) == down and down != {"host-1"}
    assert down == view.impact(["host-1"]).down and hash(down) == hash(frozenset(want))
    assert down & {"web-1"} == {"web-1"} and {"web-1", "x"} & down == {"web-1"}
    assert down | {"x"} == want | {"x"} and {"x"} | down == want | {"x"}
    assert down - {"web-1"} == want - {"web-1"} and {"x", "web-1"} - down == {"x"}
    assert down ^ {"x"} == want ^ {"x"} and {"x"} ^ down == want ^ {"x"}
    assert down & view.impact(["web-1"]).down == {"web-1"}
    assert down <= want and down < want | {"x"} and down >= {"web-1"} and not down > want
    assert down.isdisjoint(["x"]) and down.issubset(want) and down.issuperset(["web-1"])
    assert down.union(["x"]) == want | {"x"} and down.intersection(["web-1"]) == {"web-1"}
    assert down.difference(["web-1"]) | {"web-1"} == want == down.symmetric_difference([])
    assert pickle.loads(pickle.dumps(down)) == copy.copy(down) == want
    assert repr(down) == "ItemSet(['host-1', 'web-1', 'web-2'])"
    assert {down: 1}[frozenset(want)] == 1
    with pytest.raises(TypeError):
        down & ["web-1"]


def test_groups_say_what_is_left(view):
    (group,) = view.impact(["host-1"]).groups()
    assert (group.id, group.group, group.up, group.slack) == ("shop", "web", 1, 0)


def test_causes(view):
    found = view.causes(["web-1", "web-2"])
    assert [(cause.failed, cause.unseen) for cause in found.causes] == [(["host-1"], 0)]
    assert found.complete and isinstance(found, itom.types.FailureCauses)
    assert len(view.causes(["web-1", "web-2"], max_size=2).causes) == 2
    assert view.causes(["shop"], classes=["database"]).causes[0].failed == ["db"]
    assert [x.level for x in view.dependencies("web-1")] == [1]
    with pytest.raises(itom.ItomError, match="max_size"):
        view.causes(["shop"], max_size=4)


def test_cut_sets_and_maintenance(view):
    cuts = view.cut_sets("shop", classes=["host", "app"])
    assert cuts.sets == [["host-2"], ["host-1", "web-3"], ["web-1", "web-2", "web-3"]]
    assert cuts.complete
    assert cuts.single_points == ["host-2"]
    assert not view.cut_sets("shop", max_trials=2).complete
    plan = view.maintenance(["host-1"], classes=["service"])
    assert plan.safe and plan.without_spare == ["shop"] and plan.groups[0].slack == 0
    assert view.maintenance(["host-2"]).lost == ["db", "shop", "web-3"]
    with pytest.raises(itom.NotFound, match="nobody"):
        view.maintenance(["nobody"])


def test_maps_and_paths(view):
    drawn = view.service_map("shop")
    assert [node.layer for node in drawn.nodes if node.class_ == "host"] == [2, 2]
    assert len(drawn.relations) == 8 and not drawn.truncated
    near = view.neighbourhood("host-1", "consumers", kinds=["runs_on"], depth=1)
    assert [node.id for node in near.nodes] == ["host-1", "web-1", "web-2"]
    assert view.neighbourhood("host-1", limit=2).truncated
    paths = view.shortest_paths("shop", "host-1").paths
    assert paths == [["shop", "web-1", "host-1"], ["shop", "web-2", "host-1"]]
    assert view.shortest_paths("shop", "host-1", classes=["database"]).paths == []
    assert view.cycles() == []


def test_statuses(view):
    by_id = lambda rules, **seen: {x.id: x.status for x in view.statuses(seen, rules)}
    seen = {"web-1": "minor", "web-2": "critical"}
    rules = {"by_class": {"service": {"reduce": {"cluster": {"percent": 50}}}}}
    assert {x.id: x.status for x in view.statuses(seen, rules)} == seen
    (shop, *_) = [x for x in view.statuses(seen, "opennms") if x.id == "shop"]
    assert shop.status == "critical" and shop.path == ["web-2", "shop"] and shop.observed is None
    assert by_id("up_or_down", db="down") == {"db": "down", "shop": "down"}
    assert by_id("bmc", db="info") == {"db": "info", "shop": "info"}
    with pytest.raises(itom.ItomError, match="scale|one of"):
        view.statuses({"db": "purple"})
    with pytest.raises(itom.ItomError, match="rules"):
        view.statuses({}, {"edges": [{"map": "invert"}]})


def test_a_past_view_answers_too():
    db = itom.cmdb.Cmdb()
    db.load(items={"id": ["a", "b"], "class": ["x", "x"]},
            relations={"source": ["a"], "kind": ["uses"], "target": ["b"]}, at=DAY)
    later = DAY + dt.timedelta(days=9)
    db.apply([{"remove_relation": {"source": "a", "kind": "uses", "target": "b"}}], at=later)
    assert db.at().cut_sets("a").sets == [] and db.at(valid=DAY).cut_sets("a").sets == [["b"]]
    assert db.at(valid=DAY).impact(["b"]).down == {"a", "b"} and db.at().impact(["b"]).down == {"b"}
