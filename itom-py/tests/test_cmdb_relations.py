"""What relations say: which way impact goes, what a group needs, what a member weighs."""

import datetime as dt

import itom
import pytest

DAY = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
NEXT = DAY + dt.timedelta(days=1)
MODEL = {
    "classes": {"x": {}},
    "relations": {
        "uses": {"weight": 150},
        "powers": {"impact": "source_to_target", "inverse": "powered_by"},
        "paired_with": {"impact": "both"},
    },
}


def put(source, kind, target, **more):
    return {"put_relation": {"source": source, "kind": kind, "target": target, **more}}


@pytest.fixture
def db():
    """A shop on a large and a small machine, which two feeds power; a and b need each other."""
    db = itom.cmdb.Cmdb(MODEL)
    half = {"group": "machines", "min_up": 51, "min_up_type": "weight_percent"}
    feeds = {"group": "feeds", "min_up": 1}
    ids = ["shop", "large", "small", "feed-a", "feed-b", "a", "b"]
    db.apply(
        [{"put_item": {"id": id, "class": "x"}} for id in ids]
        + [
            put("shop", "uses", "large", weight=300, **half),
            put("shop", "uses", "small", **half),
            put("feed-a", "powers", "large"),
            put("feed-a", "powers", "small", **feeds),
            put("feed-b", "powers", "small", **feeds),
            put("a", "paired_with", "b"),
        ],
        at=DAY,
    )
    return db


def test_impact_goes_the_way_that_the_kind_says(db):
    view = db.at()
    impact = view.impact(["feed-a"])
    assert impact.down == {"feed-a", "large", "shop"}
    assert impact.degraded == {"small"} == impact.at_risk
    assert view.impact(["a"]).down == {"a", "b"} == view.impact(["b"]).down
    assert view.providers("small") == ["feed-a", "feed-b"]
    assert view.consumers("feed-b") == ["small"]
    assert view.path("shop", "feed-b") == ["shop", "small", "feed-b"]
    next_to = view.neighbours("small", direction="providers")
    assert [(one.id, one.name) for one in next_to] == [
        ("feed-a", "powered_by"),
        ("feed-b", "powered_by"),
    ]
    layers = {node.id: node.layer for node in view.service_map("shop").nodes}
    assert layers == {"shop": 0, "large": 1, "small": 1, "feed-a": 2, "feed-b": 2}


def test_members_weigh_what_relations_or_their_kinds_say(db):
    view = db.at()
    small = view.impact(["small"])
    assert small.down == {"small"} and small.at_risk == {"shop"}
    slack = small.groups()[0]
    assert (slack.min_up, slack.up, slack.slack, slack.weight) == (230, 300, 70, 450)
    assert view.impact(["large"]).down == {"large", "shop"}
    said = [one for one in view.relations("shop")]
    assert [(one.min_up, one.min_up_type, one.weight) for one in said] == [
        (51, "weight_percent", 300),
        (51, "weight_percent", None),
    ]
    assert view.relations("a")[0].min_up_type is None


def test_branches_and_the_past_have_their_own_weights(db):
    lighter = put(
        "shop", "uses", "large",
        group="machines", min_up=51, min_up_type="weight_percent", weight=100,
    )
    branch = db.branch()
    branch.apply([lighter], at=NEXT)

    def answers(view):
        return (
            view.impact(["large"]).down >= {"shop"},
            view.cut_sets("shop", max_size=1).sets,
            [cause.failed for cause in view.causes(["shop"], max_size=1).causes],
        )

    before = (True, [["feed-a"], ["large"]], [["large"], ["shop"], ["feed-a"]])
    after = (False, [["small"]], [["small"], ["shop"]])

    def sort(answer):
        return (answer[0], sorted(answer[1]), sorted(answer[2]))

    assert sort(answers(db.at())) == sort(before)
    assert sort(answers(branch.at())) == sort(after)
    assert sort(answers(branch.at(valid=DAY))) == sort(before)
    changed = db.diff(db.at(), branch.at()).relations_changed[0]
    assert (changed.weight_before, changed.relation.weight) == (300, 100)
    db.merge_branch(branch, at=NEXT)
    assert sort(answers(db.at())) == sort(after)
    assert sort(answers(db.at(valid=DAY))) == sort(before)
    copy = itom.cmdb.Cmdb.from_bytes(db.to_bytes())
    assert sort(answers(copy.at())) == sort(after)


def test_tables_have_the_measures_and_load_again(db):
    items, relations = db.at().tables()
    other = itom.cmdb.Cmdb(MODEL)
    other.load(items=items, relations=relations, at=DAY)
    assert other.at().relations() == db.at().relations()
    percent = itom.cmdb.Cmdb()
    percent.load(
        items={"id": ["s", "1", "2", "3"], "class": ["x"] * 4},
        relations={
            "source": ["s"] * 3,
            "kind": ["uses"] * 3,
            "target": ["1", "2", "3"],
            "group": ["g"] * 3,
            "min_up": [50] * 3,
            "min_up_type": ["percent"] * 3,
        },
        at=DAY,
    )
    # Half of three is two.
    assert percent.at().impact(["1"]).at_risk == {"s"}
    assert percent.at().impact(["1", "2"]).down == {"1", "2", "s"}


def test_what_means_nothing_is_refused(db):
    for change, told in [
        (put("shop", "uses", "a", group="g", min_up=101, min_up_type="percent"), "from 1 to 100"),
        (put("shop", "uses", "a", group="g", min_up=151, min_up_type="weight"), "at most 150"),
        (put("shop", "uses", "a", min_up_type="percent"), "where there is no group"),
        (put("shop", "uses", "a", weight=0), "weight must be from 1 to 1,000,000"),
        (put("shop", "uses", "a", group="g", min_up=1, min_up_type="half"), "half"),
    ]:
        with pytest.raises(itom.ItomError, match=told):
            db.apply([change], at=NEXT)
    with pytest.raises(itom.ItomError, match="a share from 1 to 100|one of count"):
        db.load(
            relations={
                "source": ["shop"], "kind": ["uses"], "target": ["a"],
                "group": ["g"], "min_up": [1], "min_up_type": ["half"],
            },
            at=NEXT,
        )


def test_queries_know_regular_expressions(db):
    def found(text):
        return db.query(text).to_dict()["id"]

    assert found(r"x where id matches /^feed-[a-z]$/") == ["feed-a", "feed-b"]
    assert found('x where id =~ "^(large|small)$"') == ["large", "small"]
    assert found(r"x where id not matches /-|l/ select id") == ["a", "b", "shop"]
    with pytest.raises(itom.InvalidArgument, match=r"column 20: expected a regular expression \(unclosed group"):
        db.query("x where id matches /a(b/")
    condition = {"compare": {"attribute": "id", "comparison": "matches", "value": "^feed"}}
    assert len(db.query({"patterns": [{"class": "x", "condition": condition}]})) == 2
