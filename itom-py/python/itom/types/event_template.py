"""Log lines and their templates."""

from __future__ import annotations

from .record import Record


class Template(Record):
    """Lines that differ only in their parameters; `<*>` in the text stands for what varies."""

    __slots__ = ()
    id: int
    text: str
    count: int
    first_line: int
    last_line: int


class TemplateParameter(Record):
    """One value of a line; start and end are bytes of the line in UTF-8.

    The kinds are number, quantity, hex, ip, mac, uuid, path, url, timestamp, word, list, empty, text,
    mask and rest.
    """

    __slots__ = ()
    kind: str
    value: str
    start: int
    end: int
    mask: str | None


class TemplateMatch(Record):
    """What a line is: its template, and its values from left to right."""

    __slots__ = ()
    id: int
    text: str
    parameters: list[TemplateParameter]
    new: bool
    count: int


class TemplateUpdate(Record):
    """One change of a miner's templates; which other fields it has depends on its kind.

    The kinds are template_new, template_evicted and rate_changed; rates are lines a second, the score
    is in standard deviations.
    """

    __slots__ = ()
    kind: str
    template: int
    text: str
    line: int
    count: int
    direction: str
    before: float
    after: float
    score: float


class TemplateStatistics(Record):
    """Counts of everything that came in and of what became of it."""

    __slots__ = ()
    lines: int
    bytes: int
    lines_cut: int
    templates: int
    templates_new: int
    templates_evicted: int
    lines_evicted: int
    updates_dropped: int
