"""What looks wrong, what changed and what comes next, for any metric, and how to measure it.

A `Detector` takes one series and needs to be told nothing; `update` judges one point, `score`,
`alerts` and `verdicts` judge arrays. `nab_score` judges a detector by the rules of the Numenta
Anomaly Benchmark, `vus_pr`, `delay_f1` and their like by those of other benchmarks.

Looking back on a whole series, `changepoints` tells when it changed for good and `decompose` what
repeats in it; `forecast` says what comes next, and `time_to_threshold` when a disk is full.

>>> import numpy as np
>>> times = np.datetime64("2026-06-15", "ns") + np.arange(600) * np.timedelta64(300, "s")
>>> values = 40.0 + np.arange(600) * 37 % 11
>>> values[500] = 95.0
>>> verdicts = itom.anomaly.Detector().verdicts(times, values)
>>> bool(verdicts.anomalous[500]), verdicts.reason[500]
(True, '17 times the usual distance above the long-term level')
"""

from __future__ import annotations

from ._itom import (
    Detector,
    ThresholdForecast,
    changepoint_score,
    changepoints,
    decompose,
    delay_f1,
    dominant_period,
    forecast,
    forecast_score,
    interval_score,
    nab_score,
    range_precision_recall,
    seasonal_periods,
    time_to_threshold,
    vus_pr,
    vus_roc,
)
from .types import (
    ChangepointScore,
    Decomposition,
    DelayScore,
    ForecastInterval,
    ForecastScore,
    IntervalScore,
    NabScore,
    RangeScore,
    Reason,
    Season,
    SeriesForecast,
    Verdict,
    Verdicts,
)

__all__ = [
    "ChangepointScore",
    "Decomposition",
    "DelayScore",
    "Detector",
    "ForecastInterval",
    "ForecastScore",
    "IntervalScore",
    "NabScore",
    "RangeScore",
    "Reason",
    "Season",
    "SeriesForecast",
    "ThresholdForecast",
    "Verdict",
    "Verdicts",
    "changepoint_score",
    "changepoints",
    "decompose",
    "delay_f1",
    "dominant_period",
    "forecast",
    "forecast_score",
    "interval_score",
    "nab_score",
    "range_precision_recall",
    "seasonal_periods",
    "time_to_threshold",
    "vus_pr",
    "vus_roc",
]
