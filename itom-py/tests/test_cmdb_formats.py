"""The CMDB's formats and queries from Python; the SQLite file is read by SQLite itself."""

import datetime as dt
import pathlib
import sqlite3
import xml.etree.ElementTree as ElementTree

import pytest

import itom

UTC = dt.timezone.utc
NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=UTC)
DATA = pathlib.Path(__file__).parents[2] / "testdata" / "cmdb"


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def loaded(found) -> itom.cmdb.View:
    db = itom.cmdb.Cmdb()
    db.apply(itom.cmdb.import_changes(found), at=NEW_YEAR)
    return db.at()


@pytest.fixture(scope="module")
def cluster() -> itom.cmdb.View:
    return loaded(itom.cmdb.read_kubernetes(text("kubernetes.json")))


@pytest.mark.parametrize(
    ("reader", "name", "records"),
    [
        (itom.cmdb.read_kubernetes, "kubernetes.json", 17),
        (itom.cmdb.read_backstage, "backstage.yaml", 7),
        (itom.cmdb.read_netbox, "netbox.json", 17),
        (itom.cmdb.read_aws_config, "aws_config.json", 5),
        (itom.cmdb.read_traces, "jaeger.json", 4),
        (itom.cmdb.read_traces, "otlp.jsonl", 5),
        (itom.cmdb.read_resources, "otlp.jsonl", 4),
    ],
)
def test_text_and_bytes_are_read_alike(reader, name, records):
    found = reader(text(name))
    assert len(found.records) == records
    assert reader(text(name).encode()) == found
    assert type(found).__name__ in ("Import", "TraceImport")
    with pytest.raises(itom.InvalidArgument, match="UTF-8 after byte 1"):
        reader(b"{\xff}")
    with pytest.raises(itom.ItomError):
        reader(7)


def test_a_budget_is_a_group(cluster):
    (service,) = (item for item in cluster.items("k8s.service") if item.attributes["name"] == "kube-dns")
    pods = [one for one in cluster.relations(service.id) if one.source == service.id]
    assert [pod.min_up for pod in pods] == [1, 1]
    assert service.id in cluster.impact([pods[0].target]).at_risk


def test_csv_takes_types_from_a_model():
    model = {"classes": {"host": {"attributes": {"cores": {"type": "int"}, "os": {"type": "string"}}}}}
    found = itom.cmdb.read_csv("id,cores,os\nweb-1,8,Debian\n", class_="host", model=model)
    assert found.records[0].attributes == {"cores": 8, "os": "Debian"}
    assert found.records[0].class_ == "host"
    with pytest.raises(itom.InvalidArgument, match="line 2: cores must be a whole number"):
        itom.cmdb.read_csv("id,cores\nweb-1,eight\n", class_="host", model=model)
    with pytest.raises(itom.InvalidArgument, match="delimiter"):
        itom.cmdb.read_csv("a", delimiter=";;")


def test_an_instant_survives_the_way_through_python():
    found = itom.cmdb.read_records(
        '[{"class": "x", "id": "a", "attributes": {"since": {"time": "2026-01-01T00:00:00Z"}}}]'
    )
    assert loaded(found).item("a").attributes["since"] == NEW_YEAR


def test_sqlite_finds_the_file_whole(cluster, tmp_path):
    db = itom.cmdb.Cmdb()
    long = "ä" * 70_000
    count = 4000
    db.load(
        items={
            "id": [f"it\"em {n}" for n in range(count)],
            "class": ["host" if n % 2 else "Host" for n in range(count)],
            "n": [n * 7919**3 - 10**15 for n in range(count)],
            "load": [n / 3 for n in range(count)],
            "text": [long if n == 17 else None for n in range(count)],
        },
        relations={
            "source": [f"it\"em {n}" for n in range(1, count)],
            "kind": ["runs_on"] * (count - 1),
            "target": [f"it\"em {n // 2}" for n in range(1, count)],
        },
        at=NEW_YEAR,
    )
    view = db.at()
    path = tmp_path / "estate.sqlite"
    path.write_bytes(view.to_sqlite())
    with sqlite3.connect(path) as sql:
        assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert sql.execute("SELECT count(*) FROM item").fetchone() == (count,)
        found = sql.execute("SELECT value FROM attribute WHERE name = 'text'").fetchone()
        assert found == (long,)
        numbers = [row[0] for row in sql.execute("SELECT value FROM attribute WHERE name = 'n'")]
        assert sorted(numbers) == [n * 7919**3 - 10**15 for n in range(count)]
        above = sql.execute(
            "WITH RECURSIVE up(id) AS (VALUES ('it\"em 100') UNION "
            "SELECT r.target FROM relation r JOIN up ON r.source = up.id) SELECT count(*) FROM up"
        ).fetchone()
        assert above == (8,)
        wide = sql.execute('SELECT id, n FROM "class Host" WHERE load < 1').fetchall()
        assert [row[0] for row in wide] in (['it"em 0', 'it"em 2'], ['it"em 1'])
        sql.execute("CREATE INDEX by_source ON relation(source)")
        sql.execute("DELETE FROM item WHERE row % 3 = 0")
    with sqlite3.connect(path) as sql:
        assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert cluster.to_sqlite(["svc-1"]) == cluster.to_sqlite(["svc-1"])


def test_sqlite_of_nothing_and_of_edges_of_pages(tmp_path):
    path = tmp_path / "empty.sqlite"
    path.write_bytes(itom.cmdb.Cmdb().at().to_sqlite())
    with sqlite3.connect(path) as sql:
        assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert sql.execute("SELECT count(*) FROM attribute").fetchone() == (0,)
    # Around the sizes at which a row no longer fits its page, and its rest a page of its own.
    for size in [*range(3900, 4110, 3), *range(8100, 8200, 3)]:
        db = itom.cmdb.Cmdb()
        db.load(items={"id": ["a", "b"], "class": ["x"] * 2, "t": ["y" * size, "z"]}, at=NEW_YEAR)
        path = tmp_path / f"{size}.sqlite"
        path.write_bytes(db.at().to_sqlite())
        with sqlite3.connect(path) as sql:
            assert sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)], size
            values = sql.execute("SELECT value FROM attribute ORDER BY item").fetchall()
            assert values == [("y" * size,), ("z",)]


def test_drawings_are_what_their_readers_read(cluster):
    graph = ElementTree.fromstring(cluster.to_graphml())
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert len(graph.findall(f"{space}graph/{space}node")) == len(cluster)
    assert cluster.to_dot(["svc-1", "pod-0"]).count("->") == 1
    assert cluster.to_mermaid(["svc-1", "pod-0"]).startswith("flowchart TD\n    n0[")
    with pytest.raises(itom.NotFound, match="ids"):
        cluster.to_dot(["nobody"])
    with pytest.raises(itom.ItomError):
        cluster.to_dot("svc-1")


def test_tables_go_out_and_in(cluster):
    items, relations = cluster.tables()
    again = itom.cmdb.Cmdb()
    again.load(items=items.to_dict(), relations=relations.to_dict(), at=NEW_YEAR)
    assert again.at().relations() == cluster.relations()


def test_queries_answer_with_tables(cluster):
    table = cluster.query('k8s.service where name = "kube-dns" -depends_on-> k8s.pod -runs_on-> k8s.node')
    assert table.columns == ["k8s.service", "k8s.pod", "k8s.node"]
    assert table["k8s.node"] == ["node-d", "node-e"]
    built = {
        "patterns": [{"class": "k8s.pod", "condition": {"compare": {
            "attribute": "phase", "comparison": "equal", "value": "Running"}}}],
        "limit": 2,
    }
    assert len(cluster.query(built)) == 2
    with pytest.raises(itom.InvalidArgument, match="column 10"):
        cluster.query("k8s.pod -> -> x")
    with pytest.raises(itom.InvalidArgument, match="one moment"):
        cluster.query("k8s.pod as of 2026-01-01")
    db = itom.cmdb.Cmdb()
    db.apply([{"put_item": {"id": "a", "class": "x"}}], at=NEW_YEAR)
    db.apply([{"remove_item": {"id": "a"}}], at=NEW_YEAR + dt.timedelta(days=9))
    assert len(db.query("x")) == 0
    assert len(db.query("x as of 2026-01-05")) == 1
