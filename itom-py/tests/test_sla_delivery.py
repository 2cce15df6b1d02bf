"""DORA keys and distributions in Python."""

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
HOUR = dt.timedelta(hours=1)
CASES = json.loads((Path(__file__).parents[2] / "testdata/sla/sla_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", [c for c in CASES if c["op"] == "dora"], ids=lambda case: case["id"])
def test_dora_cases(case):
    given, expected = case["input"], case["expected"]
    keys = itom.sla.dora(
        {
            "window": dt.timedelta(days=given["window_days"]),
            "deployments": given["deployments"],
            "failed_deployments": given["failed_deployments"],
            "lead_times": given["lead_times_s"],
            "recovery_times": given["recovery_s"],
        }
    )
    assert keys.deploys_per_day == Fraction(expected["deploys_per_day"])
    assert keys.change_fail_rate == Fraction(expected["change_failure_rate"])
    assert keys.lead_time.median == dt.timedelta(seconds=expected["lead_time_median_s"])
    assert keys.recovery_time.median == dt.timedelta(seconds=expected["recovery_median_s"])


def test_delivery_by_month_and_group():
    start, end = dt.datetime(2026, 5, 1, tzinfo=UTC), dt.datetime(2026, 7, 1, tzinfo=UTC)
    june = dt.datetime(2026, 6, 10, tzinfo=UTC)
    events = {
        "deployments": [
            {"at": june, "group": "shop", "changes": [june - HOUR, june - 3 * HOUR]},
            {"at": june, "group": "shop", "failed": True, "recovered_at": june + HOUR, "rework": True},
        ],
        "incidents": [{"opened_at": june, "resolved_at": june + 2 * HOUR, "group": "pay"}],
    }
    rows = itom.sla.delivery(
        events, start=start, end=end, period={"duration": "1M", "tz": "UTC"}, by_group=True
    )
    assert [(row.start.month, row.group) for row in rows] == [(5, "pay"), (5, "shop"), (6, "pay"), (6, "shop")]
    shop = rows[3].dora
    assert (shop.deploys_per_day, shop.change_fail_rate) == (Fraction(2, 30), Fraction(1, 2))
    assert (shop.lead_time.median, shop.recovery_time.most, shop.rework_rate) == (2 * HOUR, HOUR, Fraction(1, 2))
    assert (rows[2].resolve.mean, rows[2].acknowledge.count, rows[2].recover.mean) == (2 * HOUR, 0, None)
    assert rows[0].dora.change_fail_rate is None


def test_distributions():
    lengths = np.array([1, 2, 3, 24], dtype="timedelta64[h]")
    summary = itom.sla.distribution(lengths)
    assert (summary.count, summary.median, summary.p90) == (4, 2.5 * HOUR, 24 * HOUR)
    assert itom.sla.distribution([]).mean is None
    assert itom.sla.histogram(lengths, [HOUR, 3 * HOUR]).tolist() == [0, 2, 2]
    assert itom.sla.ecdf(lengths, [HOUR / 2, 2 * HOUR]) == [0, Fraction(1, 2)]
    assert itom.sla.ecdf([], [HOUR]) == [None]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: itom.sla.dora({"window": 0, "deployments": 1, "failed_deployments": 0}), "window"),
        (lambda: itom.sla.dora({"window": 1, "deployments": 1, "failed_deployments": 2}), "failed_deployments"),
        (lambda: itom.sla.histogram([HOUR], [HOUR, HOUR]), "edges"),
        (
            lambda: itom.sla.delivery(
                {"incidents": [{"opened_at": "2026-06-02T00:00:00Z", "resolved_at": "2026-06-01T00:00:00Z"}]},
                start=dt.datetime(2026, 1, 1, tzinfo=UTC),
                end=dt.datetime(2027, 1, 1, tzinfo=UTC),
            ),
            r"incidents\[0\].resolved_at",
        ),
        (lambda: itom.sla.delivery({}, start=dt.datetime(2026, 1, 1, tzinfo=UTC), end=dt.datetime(2026, 1, 1, tzinfo=UTC)), "end"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(itom.ItomError, match=message):
        call()
