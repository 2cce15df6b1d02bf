"""The exceptions of itom: one base class, one subclass for each kind of failure.

Each also is the builtin that a Python programmer would expect, so that `except ValueError` works.
"""

__all__ = [
    "ItomError",
    "InvalidArgument",
    "WrongType",
    "NotFound",
    "Conflict",
    "LimitExceeded",
    "Corrupt",
    "Unsupported",
    "Io",
    "Internal",
]


class ItomError(Exception):
    """Base of every error of this library: `str(error)` names argument, value and expectation.

    >>> import itom
    >>> try:
    ...     itom.Table(42)
    ... except itom.ItomError as error:
    ...     error.kind, error.argument, isinstance(error, TypeError)
    ('invalid_argument', 'data', True)
    """

    #: The kind of failure, the same word in Rust, Python and C.
    kind: str = "error"
    #: The argument it is about, where there is one.
    argument: str | None

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return str(self.args[0])


class InvalidArgument(ItomError, ValueError):
    """An argument is outside what the function accepts."""

    kind = "invalid_argument"


class WrongType(InvalidArgument, TypeError):
    """An argument is of a type that the function does not take."""


class NotFound(ItomError, KeyError):
    """Something that was named does not exist."""

    kind = "not_found"


class Conflict(ItomError, ValueError):
    """The request contradicts what is already there."""

    kind = "conflict"


class LimitExceeded(ItomError, ValueError):
    """A stated bound was reached; nothing was forgotten silently."""

    kind = "limit_exceeded"


class Corrupt(ItomError, ValueError):
    """Bytes that should be a snapshot or a database are not, or are damaged."""

    kind = "corrupt"


class Unsupported(ItomError, ValueError):
    """Well-formed, but of a version or with a feature that this build does not know."""

    kind = "unsupported"


class Io(ItomError, OSError):
    """The operating system refused: disk full, no permission."""

    kind = "io"


class Internal(ItomError, RuntimeError):
    """A broken invariant inside the library: a bug, never the fault of input."""

    kind = "internal"


# They are public as `itom.ItomError`: that is the name a traceback and a pickle should show.
for _name in __all__:
    globals()[_name].__module__ = "itom"
