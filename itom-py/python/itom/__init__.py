"""The IT-operations core that other tools embed.

`itom.sla` says what was promised, `itom.cmdb` what is there, `itom.anomaly` what looks wrong,
`itom.event` what happened, and `itom.Operations` joins them.

Instants are aware `datetime`s in any zone (results are in UTC) or numpy `datetime64`; durations are
`timedelta` or `timedelta64`. Wherever one value is taken, an array is taken too, and an array comes
back. Tables are anything with the Arrow PyCapsule interface. Every error is an `itom.ItomError`.
"""

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
from . import anomaly, cmdb, event, sla, types
from ._itom import Operations, Report, Table, __version__, schema, schema_names, to_json
from .types import Record

__all__ = [
    "Conflict",
    "Corrupt",
    "Internal",
    "InvalidArgument",
    "Io",
    "ItomError",
    "LimitExceeded",
    "NotFound",
    "Operations",
    "Record",
    "Report",
    "Table",
    "Unsupported",
    "WrongType",
    "__version__",
    "anomaly",
    "cmdb",
    "event",
    "schema",
    "schema_names",
    "sla",
    "to_json",
    "types",
]
