"""What comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .record import Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class ForecastInterval(Record):
    """The bounds between which values are expected with a probability."""

    __slots__ = ()

    level: float
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]


class SeriesForecast(Record):
    """What is expected at each step, with an interval for each level asked for."""

    __slots__ = ()

    time: npt.NDArray[np.datetime64]
    expected: npt.NDArray[np.float64]
    intervals: list[ForecastInterval]
    periods: list[int]
