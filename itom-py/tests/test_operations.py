"""The join: observations in, a few explained incidents out."""

import datetime as dt
import pickle
import random

import numpy as np
import pytest

import itom

UTC = dt.timezone.utc
T = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFINITION = {
    "name": "shop",
    "metrics": [{"metric": "latency", "unit": "s", "worse": "higher"}],
    "objectives": [
        {
            "name": "fast", "item": "shop", "metric": "latency", "at_most": 0.5,
            "objective": {"target": "99%", "window": dt.timedelta(hours=24)},
        }
    ],
    "calendars": {"always": {"tz": "Etc/UTC", "weekly": {d: [["00:00", "24:00"]] for d in DAYS}}},
    "agreements": [{"name": "restore", "calendar": "always", "target": "4h"}],
}


def minute(n):
    return T + dt.timedelta(minutes=n)


def shop():
    db = itom.cmdb.Cmdb(model="operations")
    db.load(
        items={"id": ["shop", "cart", "db"], "class": ["service", "service", "database"]},
        relations={
            "source": ["shop", "cart"], "kind": ["depends_on"] * 2, "target": ["cart", "db"],
        },
        at=T, known=T,
    )
    return db


def outage():
    """Three hundred calm minutes, then the database slows down and everything above it."""
    rng = random.Random(3)
    rows = []
    for n in range(320):
        slow = 0.9 if n >= 300 else 0.0
        for item, usual in (("db", 0.01), ("cart", 0.05), ("shop", 0.2)):
            rows.append((minute(n), item, "latency", usual + 0.01 * rng.random() + slow))
    return rows


def table(rows):
    time, item, metric, value = zip(*rows)
    return {"time": list(time), "item": list(item), "metric": list(metric), "value": np.array(value)}


@pytest.fixture
def operations():
    operations = itom.Operations(DEFINITION, cmdb=shop())
    operations.ingest(table(outage()))
    operations.advance(minute(320))
    return operations


def test_an_outage_is_one_explained_incident(operations):
    incident = operations.explain_incident(operations.worst_incident(minute(300)), minute(320))
    assert isinstance(incident, itom.types.ExplainedIncident)
    assert incident.affected == ["cart", "db", "shop"]
    assert incident.symptom.item == "shop"
    assert incident.causes[0].ci == "db" and incident.causes[0].path == ["db", "cart", "shop"]
    assert set(incident.impact.down) == {"cart", "db", "shop"}
    clock = incident.clocks[0].status
    assert clock.breach_at == incident.started_at + dt.timedelta(hours=4)
    assert incident.objectives[0].name == "fast"


def test_rows_tables_and_lists_are_the_same(operations):
    rows = outage()
    other = itom.Operations(DEFINITION, cmdb=shop())
    for start in range(0, len(rows), 7):
        part = rows[start:start + 7]
        if start % 2:
            other.ingest(table(part))
        else:
            names = ("time", "item", "metric", "value")
            other.ingest([{"metric": dict(zip(names, row))} for row in part])
    other.advance(minute(320))
    assert other.to_bytes() == operations.to_bytes()


def test_a_snapshot_continues(operations):
    for other in (
        itom.Operations.from_bytes(operations.to_bytes()),
        pickle.loads(pickle.dumps(operations)),
    ):
        assert other.to_bytes() == operations.to_bytes()
        more = table([(minute(321), "db", "latency", 0.012)])
        assert other.ingest(more) == itom.Operations.from_bytes(operations.to_bytes()).ingest(more)


def test_late_samples_and_refused_changes_come_back(operations):
    [late] = operations.ingest(table([(minute(5), "db", "latency", 1.0)]))
    assert late["late_sample"].item == "db" and operations.late_samples == 1
    lost = {"put_relation": {"source": "db", "kind": "depends_on", "target": "nowhere"}}
    [update] = operations.ingest([{"topology": {"at": minute(400), "changes": [lost]}}])
    assert "nowhere" in update["rejected"].reason and operations.rejected == 1


def test_nothing_is_half_applied(operations):
    before = operations.to_bytes()
    good = {"time": minute(400), "item": "db", "metric": "latency", "value": 1.0}
    for bad in ({**good, "item": ""}, {**good, "time": "yesterday"}, {**good, "valeu": 1}):
        with pytest.raises(itom.ItomError):
            operations.ingest([{"metric": good}, {"metric": bad}])
    with pytest.raises(itom.ItomError, match="value"):
        operations.ingest({"time": [T], "item": ["db"], "metric": ["latency"]})
    assert operations.to_bytes() == before


def test_the_report_is_drawn(operations):
    report = operations.report(operations.worst_incident(minute(300)), minute(320))
    text, page = report.to_text(), report.to_html()
    assert "db" in text and "\x1b[" not in text and "\x1b[" in report.to_text(colour=True)
    assert page.startswith("<!doctype html>") and "<script" not in page
    assert report.to_dict().incident == operations.worst_incident(minute(300))
    assert report.to_dict().at == minute(320)
    assert report._repr_mimebundle_()["text/html"].startswith("<iframe")


def test_what_is_not_there_is_named(operations):
    with pytest.raises(itom.NotFound, match="nobody"):
        operations.report("nobody", minute(320))
    with pytest.raises(itom.ItomError, match="42"):
        itom.Operations(42)
    with pytest.raises(itom.ItomError, match="cmdb"):
        itom.Operations(DEFINITION, cmdb="shop")
    with pytest.raises(itom.ItomError, match="objectives \"fast\""):
        itom.Operations({**DEFINITION, "objectives": [{
            **DEFINITION["objectives"][0], "objective": {"target": "101%", "window": "24h"},
        }]})
    with pytest.raises(itom.Corrupt):
        itom.Operations.from_bytes(b"\0\1")
