"""Learned dependencies: the answer in Python, the columns it takes, and real alarms with known causes."""

import csv
import datetime as dt
import gzip
import os
import pathlib

import numpy as np
import pytest

import itom
from itom.event import DependencyLearner, LearnedDependency, learn_dependencies

T = np.datetime64("2026-06-15T10:00", "ns")
DATA = os.environ.get("ITOM_DATA")


def history(n=30):
    """Every seven hours the router loses power, and the host is unreachable 70 s later."""
    at = T + np.arange(n) * np.timedelta64(7, "h")
    types = ["power"] * n + ["unreachable"] * n
    items = ["router"] * n + ["host"] * n
    return types, items, np.concatenate([at, at + np.timedelta64(70, "s")])


LINKS = [("host", "router"), ("host", "host")]


def test_a_dependency_says_what_speaks_for_it():
    (pair,) = learn_dependencies(*history(), LINKS)
    assert isinstance(pair, LearnedDependency)
    assert (pair.cause, pair.effect, pair.support) == ("power", "unreachable", 30)
    assert pair.lag == dt.timedelta(seconds=70)
    assert 0.25 <= pair.strength < 1 and pair.expected < 2 and pair.p_value < 1e-9
    assert pair.share == pytest.approx(sum(pair.by_distance)) and pair.by_distance[1] > 0.9 * pair.share
    assert learn_dependencies(*history()) == []
    assert learn_dependencies([], [], np.array([], "datetime64[ns]")) == []


def test_columns_may_be_any_sequences_and_any_order():
    types, items, times = history()
    expected = learn_dependencies(types, items, times, LINKS)
    order = np.random.default_rng(1).permutation(len(types))
    shuffled = np.array(types)[order], np.array(items)[order], times[order]
    assert learn_dependencies(*shuffled, [list(link) for link in reversed(LINKS)]) == expected
    aware = [dt.datetime.fromtimestamp(t / 1e9, dt.timezone.utc) for t in times.astype("int64").tolist()]
    assert learn_dependencies(iter(types), tuple(items), aware, LINKS) == expected


def test_a_definition_sets_lag_reach_and_fence():
    far = LINKS[:0] + [("host", "switch"), ("switch", "router")]
    assert learn_dependencies(*history(), far, definition={"hops": 1}) == []
    (pair,) = learn_dependencies(*history(), far, definition='{"hops": 2}')
    assert pair.by_distance[2] > 0.9 * pair.share
    assert learn_dependencies(*history(), LINKS, definition={"min_strength": 1.0}) == []
    assert learn_dependencies(*history(), LINKS, definition={"lag": dt.timedelta(seconds=10)}) == []
    assert set(itom.schema("dependency_definition")["properties"]) >= {"lag", "quiet", "half_life"}


def test_a_learner_goes_on_and_says_the_same():
    types, items, times = history()
    learner = DependencyLearner({"max_runs": 1000})
    for n in range(len(types) - 1, -1, -1):
        learner.add(types[n : n + 1], items[n : n + 1], times[n : n + 1])
    again = DependencyLearner.from_bytes(learner.to_bytes())
    assert again.learned(LINKS) == learn_dependencies(types, items, times, LINKS)
    assert (again.runs, again.forgotten) == (60, 0)
    assert again.forget(times[3] + np.timedelta64(1, "s")) == 7
    assert (again.runs, again.forgotten) == (53, 7)
    bounded = DependencyLearner({"max_runs": 16})
    bounded.add(types, items, times)
    assert bounded.runs <= 16 and bounded.runs + bounded.forgotten == 60


def test_mistakes_are_named():
    types, items, times = history(3)
    missing = times.copy()
    missing[2] = np.datetime64("NaT")
    naive = [dt.datetime(2026, 6, 15)] * 6
    for arguments, options, said in [
        ((types, items[1:], times), {}, "items"),
        ((types, items, times[1:]), {}, "times"),
        ((types, items, missing), {}, "times.*NaT at index 2"),
        ((types, items, naive), {}, "times"),
        (("power", items, times), {}, "types"),
        (([1] * 6, items, times), {}, "types"),
        ((types, items, times, "ab"), {}, "links"),
        ((types, items, times, [("a", "b", "c")]), {}, "links must be a list of pairs of items"),
        ((types, items, times), {"definition": {"quiet": "1s"}}, "quiet must be at least the lag"),
        ((types, items, times), {"definition": {"window": 1}}, "window"),
    ]:
        with pytest.raises(itom.ItomError, match=said):
            learn_dependencies(*arguments, **options)
    with pytest.raises(itom.ItomError, match="items"):
        DependencyLearner().add(types, [], times)
    with pytest.raises(itom.ItomError, match="event.dependency_learner"):
        DependencyLearner.from_bytes(b"ITOM")


def real(network):
    folder = pathlib.Path(DATA, "telecom_alarms", network)

    def rows(name):
        opened = gzip.open(folder / name, "rt") if name.endswith(".gz") else open(folder / name)
        with opened as file:
            return [tuple(map(int, row)) for row in list(csv.reader(file))[1:]]

    links = rows("links.csv") if (folder / "links.csv").exists() else []
    return np.array(rows("alarms.csv.gz")), set(rows("causes.csv")), links


@pytest.mark.skipif(not DATA, reason="set ITOM_DATA to the folder that holds telecom_alarms")
@pytest.mark.parametrize(("network", "least"), [("18V_55N_Wireless", 0.62), ("24V_439N_Microwave", 0.45)])
def test_causes_that_experts_know_are_found_in_real_alarms(network, least):
    alarms, truth, links = real(network)
    types, items = [str(n) for n in alarms[:, 0]], [str(n) for n in alarms[:, 1]]
    times = (alarms[:, 2] * 1_000_000_000).astype("datetime64[ns]")
    links = [(str(a), str(b)) for a, b in links]
    found = learn_dependencies(types, items, times, links)
    hits = sum((int(pair.cause), int(pair.effect)) in truth for pair in found)
    assert 2 * hits / (len(found) + len(truth)) >= least
    # All pairs answered would do half as well: a pair found is right twice as often as one at random.
    kinds = len(set(types))
    assert hits / len(found) > 1.7 * len(truth) / (kinds * (kinds - 1))
