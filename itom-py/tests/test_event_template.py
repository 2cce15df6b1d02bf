"""Log templates."""

import csv
import datetime as dt
import os
import pathlib

import numpy as np
import pytest

import itom
from itom.event import TemplateMiner

T = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
LINES = ["job 1 done in 12 ms", "ready", "job 2 done in 3 s", "", "login failed for user ada"]


def test_a_line_has_a_template_with_its_values():
    m = TemplateMiner()
    t = m.add("job 1 done in 12 ms")
    assert (t.text, t.new, t.count) == ("job <*> done in <*> ms", True, 1)
    assert [(p.kind, p.value, p.start, p.end, p.mask) for p in t.parameters] == [
        ("number", "1", 4, 5, None),
        ("quantity", "12 ms", 14, 19, None),
    ]
    assert type(t) is itom.types.TemplateMatch and type(t.parameters[0]) is itom.types.TemplateParameter
    again = m.add(b"job 7 done in 1 ms")
    assert (again.id, again.new, again.count) == (t.id, False, 2)
    (template,) = m.templates()
    assert template == m.template(t.id)
    assert (template.count, template.first_line, template.last_line) == (2, 1, 2)
    assert m.template(-1) is None and m.template(1) is None


def test_many_lines_at_once_are_the_same():
    one = TemplateMiner()
    ids = [one.add(line).id for line in LINES]
    for lines in (LINES, tuple(LINES), [line.encode() for line in LINES], np.array(LINES)):
        many = TemplateMiner()
        got = many.add_many(lines)
        assert got.dtype == np.int64 and got.tolist() == ids
        assert many.to_bytes() == one.to_bytes()
    assert TemplateMiner().add_many([]).tolist() == []


def test_arrow_columns_are_taken():
    pa = pytest.importorskip("pyarrow")
    ids = TemplateMiner().add_many(LINES).tolist()
    assert TemplateMiner().add_many(pa.array(LINES)).tolist() == ids
    assert TemplateMiner().add_many(pa.chunked_array([LINES[:2], LINES[2:]])).tolist() == ids
    empty = TemplateMiner().add("").id
    assert TemplateMiner().add_many(pa.array(["ready", None])).tolist() == [ids[1], empty]


def test_changes_are_told():
    m = TemplateMiner({"rate_sigma": 4})
    for minute in range(6):
        m.add_many([f"request {n}" for n in range(10 if minute < 5 else 500)])
        updates = m.advance(T + dt.timedelta(minutes=minute))
        if minute == 0:
            assert [(u.kind, u.text, u.line) for u in updates] == [("template_new", "request <*>", 1)]
        elif minute < 5:
            assert updates == []
    (change,) = updates
    assert (change.kind, change.direction, change.text) == ("rate_changed", "up", "request <*>")
    assert change.after == pytest.approx(500 / 60)


def test_state_goes_on_and_miners_merge():
    a, b = TemplateMiner(), TemplateMiner()
    a.add_many(LINES)
    b.add("job 9 done in 9 ms")
    again = TemplateMiner.from_bytes(a.to_bytes())
    assert again.to_bytes() == a.to_bytes()
    a.merge(b)
    assert a.templates()[0].count == 3
    a.merge(a)
    assert a.templates()[0].count == 6
    assert a.statistics().lines == 12
    with pytest.raises(itom.ItomError):
        a.merge(TemplateMiner({"max_words": 3}))
    with pytest.raises(itom.ItomError):
        TemplateMiner.from_bytes(a.to_bytes()[:-1])


def test_masks_and_bounds():
    m = TemplateMiner({"masks": [{"name": "colour", "pattern": "red|green"}], "max_templates": 2, "max_words": 0})
    assert m.add("the red light").id == m.add("the green light").id
    parameter = m.add("the red light").parameters[0]
    assert (parameter.kind, parameter.mask) == ("mask", "colour")
    for word in ("one", "two", "three"):
        m.add(word)
    assert m.statistics().templates == 2 and m.statistics().templates_evicted == 2
    long = m.add("x " * (1 << 19))
    assert long.parameters[-1].kind == "rest" and m.statistics().lines_cut == 1


@pytest.mark.parametrize("wrong", [1, None, 2.5, ["a"], "\ud800"])
def test_what_is_no_line_is_refused(wrong):
    with pytest.raises((TypeError, ValueError)):
        TemplateMiner().add(wrong)
    with pytest.raises((TypeError, ValueError)):
        TemplateMiner().add_many([wrong])


def test_what_is_no_definition_is_refused():
    with pytest.raises(itom.ItomError, match="max_templates"):
        TemplateMiner({"max_templates": 0})
    with pytest.raises(itom.ItomError, match=r"masks\[0\]"):
        TemplateMiner({"masks": [{"name": "a", "pattern": "("}]})


def test_a_real_log_is_grouped_right():
    path = pathlib.Path(os.environ.get("ITOM_DATA", "")) / "loghub" / "HDFS" / "HDFS_2k.log_structured.csv"
    if not path.exists():
        pytest.skip("set ITOM_DATA to the folder with loghub/")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ids = TemplateMiner().add_many([row["Content"] for row in rows])
    pairs = {(row["EventId"], id) for row, id in zip(rows, ids.tolist(), strict=True)}
    assert len(pairs) == len({event for event, _ in pairs}) == len({id for _, id in pairs})
