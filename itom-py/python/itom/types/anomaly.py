"""Verdicts on points, and the score of a benchmark."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .record import Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Reason(Record):
    """Why a point got its score: the strongest evidence, to which side, and how large.

    >>> str(Reason(evidence="usual", direction="none", times_usual=0.0, text="as usual"))
    'as usual'
    """

    __slots__ = ()

    evidence: str
    direction: str
    times_usual: float
    text: str

    def __str__(self) -> str:
        return self.text


class Verdict(Record):
    """What a detector says about one point; `None` is what is not known yet."""

    __slots__ = ()

    time: datetime
    value: float | None
    score: float
    alert: float
    p_value: float
    expected: float | None
    lower: float | None
    upper: float | None
    anomalous: bool
    direction: str
    reason: Reason


class Verdicts(Record):
    """Verdicts as columns of equal length; NaN is what is not known yet."""

    __slots__ = ()

    time: npt.NDArray[np.datetime64]
    value: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]
    alert: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    anomalous: npt.NDArray[np.bool_]
    reason: list[str]


class NabScore(Record):
    """A NAB score with the counts that belong beside it."""

    __slots__ = ()

    profile: str
    score: float
    threshold: float
    windows: int
    windows_hit: int
    false_positive_points: int
