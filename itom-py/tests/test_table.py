"""Tables in and out, through Arrow and without it."""

import datetime as dt
import sys

import numpy as np
import pytest

import itom

UTC = dt.timezone.utc


def test_dict_round_trip():
    at = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
    table = itom.Table({
        "id": ["a", None, "ç"],
        "n": [1, None, -3],
        "x": np.array([0.5, np.nan, 2.0], dtype="f4"),
        "ok": [True, None, False],
        "at": [at, None, at],
        "mixed": [1, 2.5, None],
        "nothing": [None, None, None],
    })
    again = itom.Table(table)
    for one in (table, again, itom.Table(Stream(table))):
        assert one.columns == ["id", "n", "x", "ok", "at", "mixed"]
        assert one["id"] == ["a", None, "ç"] and one["n"] == [1, None, -3]
        assert np.array_equal(one["x"], [0.5, np.nan, 2.0], equal_nan=True)
        assert one["ok"] == [True, None, False]
        assert one["at"].dtype == np.dtype("datetime64[ns]")
        assert np.isnat(one["at"]).tolist() == [False, True, False]
        assert one["at"][0] == np.datetime64("2026-06-15T10")
        assert len(one) == 3
    table["x"][0] = 7.0
    assert table["x"][0] == 0.5


class Stream:
    """Hides everything of a table but its Arrow stream."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_frame_without_arrow(monkeypatch):
    pd = pytest.importorskip("pandas")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pd.DataFrame({
        "id": pd.Series(["a", None, "ç"], dtype=object),
        "n": [1, 2, -3],
        "x": [0.5, None, 2.0],
        "ok": pd.array([True, None, False], dtype="boolean"),
        "at": pd.to_datetime(["2026-06-15T10:00Z", None, "2026-06-15T11:00Z"]),
        "nothing": [None, None, None],
    })
    table = itom.Table(frame)
    assert table.columns == ["id", "n", "x", "ok", "at"]
    assert table["id"] == ["a", None, "ç"]
    assert table["n"] == [1, 2, -3]
    assert np.array_equal(table["x"], [0.5, np.nan, 2.0], equal_nan=True)
    assert table["ok"] == [True, None, False]
    assert np.isnat(table["at"]).tolist() == [False, True, False]
    with pytest.raises(itom.InvalidArgument, match="column name"):
        itom.Table(frame.rename(columns={"id": 7}))


def test_what_pandas_says_is_missing():
    pd = pytest.importorskip("pandas")
    at = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
    gaps = [None, float("nan"), pd.NA, pd.NaT]
    table = itom.Table({"id": ["a", *gaps], "ok": [*gaps, True], "at": [at, *gaps], "x": [1.5, *gaps]})
    assert table["id"] == ["a", None, None, None, None]
    assert table["ok"] == [None, None, None, None, True]
    assert np.isnat(table["at"]).tolist() == [False, True, True, True, True]
    assert np.array_equal(table["x"], [1.5] + [np.nan] * 4, equal_nan=True)
    assert np.isnan(itom.Table({"x": [float("nan"), None]})["x"]).all()


def test_empty():
    assert len(itom.Table({})) == 0
    assert len(itom.Table(Stream(itom.Table({"id": []})))) == 0


@pytest.mark.parametrize("data, says", [
    (42, "42"),
    (None, "None"),
    ("id", "'id'"),
    ({"id": "abc"}, "'abc'"),
    ({"id": ["a"], "n": [1, 2]}, "column n"),
    ({1: ["a"]}, "column name"),
    ({"id": ["a", 3]}, "3"),
    ({"n": [1, 2**70]}, str(2**70)),
    ({"at": [dt.datetime(2026, 1, 1)]}, "naive"),
    ({"at": [dt.date(2026, 1, 1)]}, "datetime.date"),
    ({"x": np.zeros((2, 2))}, "2 dimensions"),
    ({"at": np.array(["9999-01-01"], dtype="M8[D]")}, "1677"),
    ({"id": ["\ud800"]}, "surrogate"),
])
def test_refused(data, says):
    with pytest.raises(itom.ItomError) as caught:
        itom.Table(data)
    assert says in str(caught.value)


def test_pyarrow():
    pa = pytest.importorskip("pyarrow")
    zone = pa.timestamp("us", tz="Europe/Berlin")
    at = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
    source = pa.table({
        "s": pa.array(["a", None, "long enough for a view", ""]),
        "large": pa.array(["a", None, "b", ""], pa.large_string()),
        "view": pa.array(["a", None, "long enough for a view", ""], pa.string_view()),
        "dict": pa.array(["a", None, "a", "b"]).dictionary_encode(),
        "at": pa.array([at, None, at, at], zone),
        "seconds": pa.array([0, 1, None, 2], pa.timestamp("s")),
        "null": pa.nulls(4),
        "b": pa.array([True, None, False, True]),
        **{str(t): pa.array([0, None, 100, 7], t)
           for t in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64())},
        "f4": pa.array([0.5, None, 2, 3], pa.float32()),
    })
    for offset, length in ((0, 4), (1, 3), (2, 1), (4, 0)):
        part = source.slice(offset, length)
        for form in (part, pa.concat_tables([part, part]).slice(0, length)):
            table = itom.Table(form)
            for name in table.columns:
                got, want = table[name], part[name].to_pylist()
                if name == "f4":
                    assert np.array_equal(got, [np.nan if x is None else x for x in want], equal_nan=True)
                elif name in ("at", "seconds"):
                    assert np.isnat(got).tolist() == [x is None for x in want]
                    assert [g for g in got.astype("M8[us]").tolist() if g] == \
                        [x.astimezone(UTC).replace(tzinfo=None) if x.tzinfo else x for x in want if x]
                else:
                    assert got == want, name
    assert "null" not in table.columns
    batch = source.slice(1, 2).to_batches()[0]
    assert itom.Table(batch)["s"] == [None, "long enough for a view"]
    assert itom.Table(OnlyArray(batch))["dict"] == [None, "a"]
    back = pa.table(itom.Table(source))
    assert back["s"].to_pylist() == source["s"].to_pylist()
    assert back["at"].type == pa.timestamp("ns", tz="UTC") and back["at"][0].as_py() == at
    with pytest.raises(itom.ItomError, match="column l"):
        itom.Table(pa.table({"l": [[1, 2]]}))
    with pytest.raises(itom.ItomError, match=str(2**63)):
        itom.Table(pa.table({"u": pa.array([2**63], pa.uint64())}))
    with pytest.raises(itom.ItomError, match="column far in row 1"):
        itom.Table(pa.table({"far": pa.array([0, 2**40], pa.timestamp("s"))}))
    with pytest.raises(itom.ItomError):
        itom.Table(pa.array([1, 2, 3]))


class OnlyArray:
    def __init__(self, batch):
        self.batch = batch

    def __arrow_c_array__(self, requested_schema=None):
        return self.batch.__arrow_c_array__(requested_schema)


def test_polars_and_pandas():
    pl, pd = pytest.importorskip("polars"), pytest.importorskip("pandas")
    data = {"id": ["a", "b"], "n": [1, None], "x": [0.5, 1.5]}
    assert itom.Table(pl.DataFrame(data))["n"] == [1, None]
    assert itom.Table(pd.DataFrame(data))["id"] == ["a", "b"]
    assert pl.DataFrame(itom.Table(data))["id"].to_list() == ["a", "b"]


def test_definitions_become_json():
    at = dt.datetime(2026, 6, 15, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    definition = {"at": at, "for": dt.timedelta(minutes=90), "n": np.int64(3), "x": np.float64(0.5), "t": np.datetime64("2026-06-15")}
    assert itom.to_json(definition) == \
        '{"at": "2026-06-15T08:30:00Z", "for": "PT1H30M", "n": 3, "x": 0.5, "t": "2026-06-15T00:00:00Z"}'
    assert itom.to_json('{"already": 1}') == '{"already": 1}'
    loop = {}
    loop["self"] = loop
    for wrong in (42, None, {"at": dt.datetime(2026, 1, 1)}, {"x": float("nan")}, {"s": {1, 2}}, {(1, 2): 3}, loop, {"o": object()}):
        with pytest.raises(itom.ItomError):
            itom.to_json(wrong)
