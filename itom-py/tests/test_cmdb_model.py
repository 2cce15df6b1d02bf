"""The class model from Python: ready-made models, a model that changes, messages."""

import datetime as dt

import pytest

import itom

UTC = dt.timezone.utc


def day(n: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, tzinfo=UTC) + dt.timedelta(days=n)


def test_ready_made_models_go_by_name_alone_and_together():
    assert itom.cmdb.Cmdb.packs() == sorted(itom.cmdb.Cmdb.packs())
    for name in itom.cmdb.Cmdb.packs():
        assert "host" in itom.cmdb.Cmdb(model=name).model.classes
    joined = itom.cmdb.Cmdb(model="otel+csdm").model
    assert joined == itom.cmdb.Cmdb(model=["otel", "csdm"]).model
    assert joined == itom.cmdb.Cmdb(model=("otel", "csdm")).model
    assert joined.classes["k8s.pod"].identification[0].attributes == ["k8s.pod.uid"]
    assert joined.aliases["technical_service"] == "technology_management_service"
    with pytest.raises(itom.InvalidArgument, match="pack must be one of aws, azure.*'?sap") as error:
        itom.cmdb.Cmdb(model="otel+sap")
    assert error.value.argument == "model"


def test_a_definition_comes_back_as_it_was_given():
    model = {
        "classes": {
            "host": {
                "mixins": ["hardware"],
                "attributes": {"uptime": {"type": "duration", "max": dt.timedelta(hours=2)}},
            }
        },
        "mixins": {"hardware": {"attributes": {"serial": {"type": "string", "unique": True}}}},
        "relations": {"uses": {"impact": "both"}, "owned_by": {"impact": False}},
    }
    db = itom.cmdb.Cmdb(model=model)
    assert db.model.classes["host"]["attributes"]["uptime"]["max"] == "PT2H"
    assert db.model.relations["uses"]["impact"] == "both"
    assert db.model.relations["owned_by"]["impact"] is False
    assert itom.cmdb.Cmdb(model=dict(db.model)).model == db.model


def test_values_are_brought_into_form_or_named():
    db = itom.cmdb.Cmdb(model="network")
    put = {"id": "e0", "class": "interface", "attributes": {"mac_address": "001B.638E.2F0A", "mtu": 1500}}
    db.apply([{"put_item": put}], at=day(0))
    assert db.at().item("e0").attributes == {"mac_address": "00:1b:63:8e:2f:0a", "mtu": 1500}
    put["attributes"] = {"mtu": 9}
    with pytest.raises(itom.InvalidArgument, match="mtu must be at least 64 B, got 9"):
        db.apply([{"put_item": put}], at=day(1))


def test_a_duration_is_a_timedelta():
    db = itom.cmdb.Cmdb(model={"classes": {"a": {"attributes": {"d": {"type": "duration"}}}}})
    db.apply([{"put_item": {"id": "x", "class": "a", "attributes": {"d": dt.timedelta(minutes=90)}}}], at=day(0))
    assert db.at().item("x").attributes["d"] == dt.timedelta(minutes=90)


def test_a_model_holds_from_when_it_became_known():
    db = itom.cmdb.Cmdb(model={"classes": {"host": {"attributes": {"ip": {"type": "string"}}}}})
    db.apply([{"put_item": {"id": "a", "class": "host", "attributes": {"ip": "::1"}}}], at=day(0), known=day(0))
    new = {"classes": {"host": {"attributes": {"ip": {"type": "ip"}, "zone": {"type": "string", "default": "eu"}}}}}
    db.set_model(new, at=day(1), known=day(1), reason="CHG1")
    assert db.at().item("a").attributes == {"ip": "::1", "zone": "eu"}
    assert db.at(known=day(0)).item("a").attributes == {"ip": "::1"}
    assert db.transactions()[-1].reason == "CHG1"
    again = itom.cmdb.Cmdb.from_bytes(db.to_bytes())
    assert again.model == db.model and again.at(known=day(0)).item("a") == db.at(known=day(0)).item("a")
    with pytest.raises(itom.Conflict, match='item "a" of class host.*ip') as error:
        db.set_model({"classes": {"host": {}}}, at=day(2))
    assert error.value.argument == "model"
    with pytest.raises(itom.InvalidArgument, match="class host: attribute x"):
        db.set_model({"classes": {"host": {"attributes": {"x": {"type": "int", "min": 2, "max": 1}}}}}, at=day(2))


def test_an_item_changes_its_class_with_what_the_class_knows():
    db = itom.cmdb.Cmdb(
        model={"classes": {"host": {}, "linux": {"extends": "host", "attributes": {"kernel": {"type": "version"}}}}}
    )
    db.apply([{"put_item": {"id": "a", "class": "linux", "attributes": {"kernel": "6.1"}}}], at=day(0))
    with pytest.raises(itom.NotFound, match="attribute of class host"):
        db.apply([{"put_item": {"id": "a", "class": "host"}}], at=day(1))
    db.apply([{"put_item": {"id": "a", "class": "host", "drop_unknown": True}}], at=day(1))
    assert db.at().item("a").attributes == {}
