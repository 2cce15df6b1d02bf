"""The parts of a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .record import Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Season(Record):
    """What repeats with one period, and how much of the rest it explains, from 0 to 1."""

    __slots__ = ()

    period: int
    strength: float
    part: npt.NDArray[np.float64]


class Decomposition(Record):
    """A series in parts, which add up to it: trend, seasons (the shortest period first), remainder."""

    __slots__ = ()

    trend: npt.NDArray[np.float64]
    seasons: list[Season]
    remainder: npt.NDArray[np.float64]
