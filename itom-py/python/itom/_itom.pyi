"""The compiled half of `itom`; import from `itom` instead."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias, final, overload

import numpy as np
import numpy.typing as npt

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> object: ...

_Instant: TypeAlias = datetime | np.datetime64
_Duration: TypeAlias = timedelta | np.timedelta64
_Times: TypeAlias = npt.NDArray[np.datetime64]
_Durations: TypeAlias = npt.NDArray[np.timedelta64]
_Floats: TypeAlias = npt.NDArray[np.float64]
_Bools: TypeAlias = npt.NDArray[np.bool_]
# What is taken where an array of instants, durations or numbers stands.
_InstantArray: TypeAlias = Sequence[_Instant] | _Times | _ArrowArray | _ArrowStream
_DurationArray: TypeAlias = Sequence[_Duration] | _Durations
_FloatArray: TypeAlias = Sequence[float] | npt.NDArray[Any] | _ArrowArray | _ArrowStream
_Table: TypeAlias = Table | _ArrowStream | _ArrowArray | Mapping[str, Any]
_Definition: TypeAlias = str | Mapping[str, Any] | Sequence[Any]

# ---- shared ----------------------------------------------------------------------------------

__version__: str

def to_json(definition: _Definition) -> str: ...
@final
class Table:
    def __new__(cls, data: _Table) -> Table: ...
    @property
    def columns(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, name: str, /) -> npt.NDArray[np.generic] | list[Any]: ...
    def to_dict(self) -> dict[str, npt.NDArray[np.generic] | list[Any]]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

# ---- sla -------------------------------------------------------------------------------------

# ---- cmdb ------------------------------------------------------------------------------------

# ---- anomaly ---------------------------------------------------------------------------------

# ---- event -----------------------------------------------------------------------------------

# ---- operations ------------------------------------------------------------------------------
