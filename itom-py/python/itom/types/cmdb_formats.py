"""Results of the CMDB's readers of foreign formats."""

from __future__ import annotations

from typing import Any

from .record import Record


class ItemRecord(Record):
    """What a source says of one item; its class is `record["class"]` or `record.class_`."""

    __slots__ = ()
    id: str | None
    attributes: dict[str, Any]

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class RelationRecord(Record):
    """What a source says of one relation; an end is an index into the records, an id or a record."""

    __slots__ = ()
    source: int | str | ItemRecord
    kind: str
    target: int | str | ItemRecord
    group: str | None
    min_up: int | None


class Import(Record):
    """What a foreign document says: records, relations, and what of it was left out."""

    __slots__ = ()
    records: list[ItemRecord]
    relations: list[RelationRecord]
    warnings: list[str]


class ServiceCall(Record):
    """How often one item called another in the traces that were read."""

    __slots__ = ()
    source: str
    target: str
    calls: int
    errors: int


class TraceImport(Record):
    """The service map of traces, and how often who called whom."""

    __slots__ = ()
    records: list[ItemRecord]
    relations: list[RelationRecord]
    warnings: list[str]
    calls: list[ServiceCall]
