"""What every result is."""

from __future__ import annotations

from typing import Any


class Record(dict[str, Any]):
    """A result: a dict whose keys are attributes as well.

    >>> point = Record(x=1, y=None)
    >>> point.x, point["y"]
    (1, None)
    >>> point
    Record(x=1, y=None)
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            own = ", ".join(map(str, self)) or "none"
            message = f"{type(self).__name__} has no field {name!r}, its fields are: {own}"
            raise AttributeError(message, name=name, obj=self) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __repr__(self) -> str:
        if all(isinstance(key, str) and key.isidentifier() for key in self):
            return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.items())})"
        return f"{type(self).__name__}({super().__repr__()})"
