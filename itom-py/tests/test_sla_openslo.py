"""OpenSLO from Python."""

import datetime as dt
from fractions import Fraction

import itom
import pytest

read_openslo = itom.sla.read_openslo


def built_with_openslo():
    try:
        read_openslo("")
    except itom.ItomError as error:
        return "feature openslo" not in str(error)
    return True


pytestmark = pytest.mark.skipif(not built_with_openslo(), reason="built without openslo")

TEXT = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout
spec:
  service: shop
  indicator:
    metadata: {name: seconds}
    spec:
      thresholdMetric:
        metricSource: {type: Any, spec: {query: 'q', step: 60}}
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}
  budgetingMethod: Timeslices
  objectives:
    - op: lt
      value: 0.5
      target: 0.95
      timeSliceTarget: 0.9
      timeSliceWindow: 5m
"""


def test_an_objective_is_read_and_counts():
    document = read_openslo(TEXT)
    (one,) = document.objectives
    assert (one.slo, one.service, one.indicator.threshold.spec["step"]) == ("checkout", "shop", 60)
    assert one.definition.target == Fraction(95)
    objective = itom.sla.Objective(one.definition)
    at = dt.datetime(2026, 3, 15, tzinfo=dt.timezone.utc)
    objective.record_values([at, at], [0.4, 0.5])
    status = objective.status(at)
    assert (status.good, status.total) == (0, 1)
    # March in Berlin is an hour short of 31 days.
    assert status.budget == Fraction((31 * 24 - 1) * 12, 20)


def test_faults_have_a_place():
    for old, new, said in [
        ("target: 0.95", "target: 95", "line 19, column 15: target must be above 0 and below 1"),
        ("service:", "servce:", "line 6, column 3: service must be given"),
        ("kind: SLO", "kind: [", "line "),
    ]:
        with pytest.raises(itom.ItomError, match=said):
            read_openslo(TEXT.replace(old, new, 1))
    with pytest.raises(itom.ItomError, match="text"):
        read_openslo(7)
