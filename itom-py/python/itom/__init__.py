"""The IT-operations core that other tools embed.

`itom.sla` says what was promised, `itom.cmdb` what is there, `itom.anomaly` what looks wrong,
`itom.event` what happened, and `itom.Operations` joins them.

Instants are aware `datetime`s in any zone (results are in UTC) or numpy `datetime64`; durations are
`timedelta` or `timedelta64`. Wherever one value is taken, an array is taken too, and an array comes
back. Tables are anything with the Arrow PyCapsule interface. Every error is an `itom.ItomError`.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

# The compiled half looks the exceptions up by name, so they come first.
from . import _errors as _errors
from ._errors import (
    Conflict,
    Corrupt,
    Internal,
    InvalidArgument,
    Io,
    ItomError,
    LimitExceeded,
    NotFound,
    Unsupported,
    WrongType,
)
from . import types
from ._itom import Table, __version__, to_json
from .types import Record

if TYPE_CHECKING:
    pass

_DOMAINS = ("anomaly", "cmdb", "event", "sla")

__all__ = [
    "Conflict",
    "Corrupt",
    "Internal",
    "InvalidArgument",
    "Io",
    "ItomError",
    "LimitExceeded",
    "NotFound",
    "Record",
    "Table",
    "Unsupported",
    "WrongType",
    "__version__",
    "to_json",
    "types",
]


def __getattr__(name: str) -> object:
    """A domain is imported when it is first named."""
    if name in _DOMAINS:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'itom' has no attribute {name!r}")
