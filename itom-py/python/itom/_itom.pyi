"""The compiled half of `itom`; import from `itom` instead."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, final

import numpy as np
import numpy.typing as npt

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> object: ...

# ---- shared ----------------------------------------------------------------------------------

__version__: str

def to_json(definition: str | Mapping[str, Any] | Sequence[Any]) -> str: ...
@final
class Table:
    def __new__(cls, data: _ArrowStream | _ArrowArray | Mapping[str, Any]) -> Table: ...
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
