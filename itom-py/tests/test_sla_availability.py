"""Availability, measured and modelled: the shared cases, conversions, refusals."""

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path

import itom
import numpy as np
import pytest

CASES = json.loads(
    (Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text(encoding="utf-8")
)["cases"]
UTC = dt.timezone.utc
T = dt.datetime(2026, 6, 10, tzinfo=UTC)
H = dt.timedelta(hours=1)


def instant(text):
    return None if text is None else dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def spans(pairs):
    return [tuple(map(instant, pair)) for pair in pairs]


def seconds(duration):
    return None if duration is None else duration / dt.timedelta(seconds=1)


def availability(case, **options):
    data = case["input"]
    report = itom.sla.availability(
        tuple(map(instant, data["period"])),
        spans(data["outages"]),
        excluded=spans(data.get("excluded", [])),
        at=instant(data.get("eval_at")),
        **options,
    )
    return {"downtime_s": seconds(report.downtime), "availability": report.availability}


def mtbf(case):
    lengths = [dt.timedelta(seconds=s) for s in case["input"]["outages_s"]]
    result = itom.sla.reliability(dt.timedelta(seconds=case["input"]["period_s"]), lengths)
    return {
        "mtrs_s": seconds(result.mtrs),
        "mtbf_s": seconds(result.mtbf),
        "mtbsi_s": seconds(result.mtbsi),
        "availability": result.availability,
    }


def interval(function):
    def run(case):
        data = case["input"]
        result = function(
            data["good"],
            data["total"],
            confidence=float(data["confidence"]),
            sided=data.get("sided", "two"),
        )
        return {"lower": result.lower, "upper": result.upper}

    return run


def attribution(case):
    causes = {name: spans(pairs) for name, pairs in case["input"]["causes"].items()}
    shares = itom.sla.attribution(causes)
    by = lambda part: {share.cause: seconds(share[part]) for share in shares.causes}
    return {
        "total_s": seconds(shares.total),
        "shared_s": seconds(shares.shared),
        **{part: by(part) for part in ("exclusive", "first_cause", "equal_split")},
    }


RUN = {
    "availability": availability,
    "mtbf": mtbf,
    "rbd": lambda case: itom.sla.rbd(case["input"]),
    "dependency_graph": lambda case: itom.sla.DependencyGraph(case["input"]).availability(),
    "two_terminal": lambda case: itom.sla.two_terminal(
        {"source": "s", "target": "t", **case["input"]}
    ),
    "wilson": interval(itom.sla.wilson),
    "clopper_pearson": interval(itom.sla.clopper_pearson),
    "attribution": attribution,
}


@pytest.mark.parametrize("case", [c for c in CASES if c["op"] in RUN], ids=lambda c: c["id"])
def test_cases(case):
    got = RUN[case["op"]](case)
    for key, expected in case["expected"].items():
        if isinstance(expected, str):
            assert got[key] == Fraction(expected), key
        elif isinstance(expected, float):
            assert got[key] == pytest.approx(expected, abs=1e-8), key
        else:
            assert got[key] == expected, key


def test_alternatives():
    by_id = {case["id"]: case for case in CASES}
    kept = availability(by_id["A02"], excluded_is_agreed=True)
    assert kept["availability"] == Fraction(
        by_id["A02"]["alternatives"]["denominator kept at 720 h"]
    )
    # Branches are independent only if the database is drawn twice.
    case = json.loads(json.dumps(by_id["A13"]))
    case["input"]["nodes"]["db-again"] = case["input"]["nodes"]["db"]
    case["input"]["service"]["any_of"][1]["all_of"][1] = "db-again"
    naive = RUN["dependency_graph"](case)
    assert naive.availability == Fraction(
        case["alternatives"]["naive independent branches"]
    )


def test_outages_in_every_form():
    day = (T, T + 24 * H)
    expected = itom.sla.availability(day, [(T, T + H), (T + 3 * H, T + 4 * H)])
    starts = np.array(["2026-06-10T00", "2026-06-10T03"], "datetime64[ns]")
    columns = np.stack([starts, starts + np.timedelta64(1, "h")], axis=1)
    records = [{"from": T, "until": T + H}, (T + 3 * H, T + 4 * H)]
    assert itom.sla.availability(day, columns) == expected
    assert itom.sla.availability(day, records) == expected
    assert expected.availability == Fraction(11, 12)


def test_options():
    day = (T, T + 24 * H)
    office = {"tz": "UTC", "weekly": {"wed": [["08:00", "18:00"]]}}
    report = itom.sla.availability(day, [(T + 7 * H, T + 9 * H)], service_hours=office)
    assert (report.agreed, report.downtime) == (10 * H, H)
    slow = [
        {"from": T, "until": T + 2 * H, "weight": Fraction(1, 4)},
        {"from": T + H, "until": T + 2 * H, "weight": "0.5"},
    ]
    assert itom.sla.availability(day, slow).downtime == 0.75 * H
    assert itom.sla.availability(day, slow, overlap="sum").downtime == H
    minute = dt.timedelta(minutes=1)
    flapping = [(T, T + minute), (T + 2 * minute, T + 3 * minute)]
    assert itom.sla.availability(day, flapping, minimum=2 * minute).failures == 0
    joined = itom.sla.availability(day, flapping, minimum=2 * minute, merge_gap=minute)
    assert (joined.failures, joined.downtime) == (1, 3 * minute)


def test_explanations_add_up():
    day = (T, T + 24 * H)
    outages = [(T - H, T + 2 * H), (T + H, T + 3 * H), (T + 20 * H, None)]
    explained = itom.sla.availability_explained(day, outages, excluded=[(T, T + H)])
    counted = [s for s in explained.segments if s.reason == "counted"]
    assert sum((s.end - s.start for s in counted), dt.timedelta()) == explained.availability.downtime
    for account in explained.outages:
        parts = [v for k, v in account.items() if k not in ("length", "joined")]
        assert sum(parts, dt.timedelta()) == account.length + account.joined
    assert explained.outages[1].overlapped == H


def test_series_and_reliability():
    days = [T + n * 24 * H for n in range(4)]
    outages = [(T + 23 * H, T + 25 * H), (T + 50 * H, T + 51 * H)]
    series = itom.sla.availability_series(zip(days, days[1:]), outages)
    assert [point.availability.downtime for point in series] == [H, H, H]
    taken = {"from": outages[1][0], "until": outages[1][1], "acknowledged": T + 50.5 * H}
    result = itom.sla.reliability((T, days[-1]), [outages[0], taken])
    assert (result.failures, result.mtbsi, result.mtta) == (2, 36 * H, H / 2)
    assert result.mtbf + result.mtrs == result.mtbsi
    assert result.availability_lower < result.ratio < result.availability_upper


def test_intervals_of_arrays():
    lower, upper = itom.sla.wilson(np.array([9990, 1]), 10_000)
    assert lower.shape == upper.shape == (2,)
    assert lower[0] == itom.sla.wilson(9990, 10_000).lower


def test_graphs():
    measured = itom.sla.reliability(720 * H, [H, 2 * H])
    graph = itom.sla.DependencyGraph(
        {
            "nodes": {
                "shop": {"requires": {"all_of": ["db", {"any_of": ["web1", "web2"]}]}},
                "db": {
                    "availability": measured.availability,
                    "lower": measured.availability_lower,
                    "upper": measured.availability_upper,
                },
                "web1": {"mtbf": 99 * H, "mtrs": H},
                "web2": 0.99,
            },
            "service": "shop",
        }
    )
    shop = graph.availability()
    assert shop.method == "exact"
    assert shop.availability == measured.availability * Fraction(9999, 10000)
    assert shop.confidence_lower < shop.ratio < shop.confidence_upper
    assert graph.single_points_of_failure() == ["db"]
    assert graph.importance()[0].name == "db"
    (gain,) = graph.replicas()
    assert gain.gate == "nodes.shop.requires.all_of[1]" and gain.gain > 0
    assert graph.with_service("web2").availability().availability == Fraction(99, 100)
    simulated = graph.simulate(samples=20_000, seed=7)
    assert simulated.lower <= shop.ratio <= simulated.upper
    assert simulated == graph.simulate(samples=20_000, seed=7)


def test_circles_stay_up_until_something_takes_them_down():
    circle = {"a": {"availability": "0.9", "requires": "b"}, "b": {"requires": "a"}}
    circle = json.loads(json.dumps(circle))
    graph = itom.sla.DependencyGraph({"nodes": circle, "service": "b"})
    assert graph.availability().availability == Fraction(9, 10)


@pytest.mark.parametrize(
    "call, argument",
    [
        (lambda: itom.sla.availability((T, T - H), []), "period"),
        (lambda: itom.sla.availability((T, T + H), {}), "outages"),
        (lambda: itom.sla.availability((T, T + H), [{"from": T, "until": None, "weight": 2}]), "weight"),
        (lambda: itom.sla.availability((T, T + H), [], minimum=-H), "minimum"),
        (lambda: itom.sla.availability((T, T + H), [], overlap="most"), "overlap"),
        (lambda: itom.sla.reliability(H, [2 * H]), "outages"),
        (lambda: itom.sla.reliability(H, [], confidence=float("nan")), "confidence"),
        (lambda: itom.sla.attribution({"db": [(T, None)]}), "period"),
        (lambda: itom.sla.wilson(2, 1), "good"),
        (lambda: itom.sla.wilson(1, 2, sided="both"), "sided"),
        (lambda: itom.sla.clopper_pearson(1, 10**18), "total"),
        (lambda: itom.sla.rbd({"series": ["1.5"]}), "expression"),
        (lambda: itom.sla.rbd({"k_of_n": {"k": 3, "of": ["0.5"]}}), "k"),
        (lambda: itom.sla.DependencyGraph({"nodes": {}, "service": "x"}), "service"),
        (lambda: itom.sla.two_terminal({"source": "s", "target": "t", "edges": []}), "source"),
    ],
)
def test_refusals_name_the_argument(call, argument):
    with pytest.raises(itom.ItomError) as caught:
        call()
    if argument != "expression":
        assert caught.value.argument == argument
    with pytest.raises(TypeError):
        itom.sla.availability((T, T + H), [], until=T)


def test_a_table_is_no_list_of_outages():
    class Frame:
        """As pandas' DataFrame: two dimensions, and no `reshape`."""

        ndim, shape = 2, (1, 2)

    with pytest.raises(itom.ItomError, match="outages must be"):
        itom.sla.availability((T, T + H), Frame())
    with pytest.raises(itom.ItomError, match=r"outages\[0\]"):
        itom.sla.availability((T, T + 5 * H), [(T + 2 * H, T + H)])


def test_durations_are_text_too():
    office = itom.sla.Calendar({"tz": "UTC", "weekly": {"wed": [["00:00", "24:00"]]}})
    assert office.deadline(T, "4h") == T + 4 * H
    with pytest.raises(itom.ItomError, match="duration must be a duration such as 4h30m"):
        office.deadline(T, "4 moons")
