"""What looks wrong: streaming anomaly detection for any metric, and how to measure it.

A `Detector` takes one series and needs to be told nothing; `update` judges one point, `score`,
`alerts` and `verdicts` judge arrays. `nab_score` judges a detector by the rules of the Numenta
Anomaly Benchmark.

>>> import numpy as np
>>> times = np.datetime64("2026-06-15", "ns") + np.arange(600) * np.timedelta64(300, "s")
>>> values = 40.0 + np.arange(600) * 37 % 11
>>> values[500] = 95.0
>>> verdicts = itom.anomaly.Detector().verdicts(times, values)
>>> bool(verdicts.anomalous[500]), verdicts.reason[500]
(True, 'rose by 9.8 times the usual change from the point before')
"""

from __future__ import annotations

from ._itom import Detector, nab_score
from .types import NabScore, Reason, Verdict, Verdicts

__all__ = ["Detector", "NabScore", "Reason", "Verdict", "Verdicts", "nab_score"]
