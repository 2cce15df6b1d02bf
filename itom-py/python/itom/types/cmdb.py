"""Configuration items, relations and impact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .record import Record


class Item(Record):
    """An item as it was at the view's moment; its class is `item["class"]` or `item.class_`."""

    __slots__ = ()
    id: str
    attributes: dict[str, Any]

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class Relation(Record):
    """A relation: `source` depends on `target`. Without a group it is a plain dependency."""

    __slots__ = ()
    source: str
    kind: str
    target: str
    group: str | None
    min_up: int | None


class Verification(Record):
    """What is whole in a file and what is damaged; a torn tail is no damage."""

    __slots__ = ()
    bytes: int
    blocks: int
    lost_blocks: int
    checkpoints: int
    transactions: int
    torn_bytes: int
    damage: list[Damage]


class Damage(Record):
    """A stretch of a file, in bytes, that is not as it was written."""

    __slots__ = ()
    start: int
    end: int
    what: str


class Salvage(Record):
    """What was saved of a damaged file and what is lost."""

    __slots__ = ()
    transactions: int
    lost_blocks: int
    lost_bytes: int
    lost_model: bool
    refused_transactions: int
    refused: list[RefusedTransaction]


class RefusedTransaction(Record):
    """A transaction that does not hold without others that are lost."""

    __slots__ = ()
    transaction: Transaction
    why: str


class Compaction(Record):
    """What compaction did: bytes and blocks of the log, before and after."""

    __slots__ = ()
    bytes_before: int
    bytes_after: int
    blocks_before: int
    blocks_after: int


class Neighbour(Record):
    """An item next to another; `name` is the relation's kind or, seen from its target, the inverse."""

    __slots__ = ()
    id: str
    kind: str
    name: str
    direction: str


class Why(Record):
    """Why an item is affected: what its groups lost, and a chain from a failure to it."""

    __slots__ = ()
    id: str
    state: str
    lost: list[LostGroup]
    path: list[str]


class LostGroup(Record):
    """A group that lost members or never had enough; `down` says whether it takes the item down."""

    __slots__ = ()
    group: str | None
    min_up: int
    members: int
    lost: list[str]
    down: bool


class Transaction(Record):
    """A transaction: from when it holds, when it became known, who made it, why, under which change, and which source says so."""

    __slots__ = ()
    at: datetime
    known: datetime
    actor: str | None
    reason: str | None
    change: str | None
    source: str | None


class Difference(Record):
    """What differs between an earlier view and a later one, each list sorted."""

    __slots__ = ()
    added: list[Item]
    removed: list[Item]
    changed: list[ChangedItem]
    relations_added: list[Relation]
    relations_removed: list[Relation]
    relations_changed: list[ChangedRelation]


class ChangedItem(Record):
    """An item whose class or attributes differ."""

    __slots__ = ()
    id: str
    class_before: str
    attributes: list[ChangedAttribute]


class ChangedAttribute(Record):
    """An attribute that differs; None where there is none."""

    __slots__ = ()
    attribute: str
    before: Any
    after: Any


class ChangedRelation(Record):
    """A relation whose group needs another number of members."""

    __slots__ = ()
    relation: Relation
    min_up_before: int | None


class BranchMerge(Record):
    """Whether a branch was merged, what both sides changed differently, and what was taken over."""

    __slots__ = ()
    merged: bool
    conflicts: list[BranchConflict]
    difference: Difference


class BranchConflict(Record):
    """Something a database and its branch changed differently; None is nothing."""

    __slots__ = ()
    what: str
    attribute: str | None
    before: Any
    ours: Any
    theirs: Any


class ItemStatement(Record):
    """One statement about an item; `class` is None where it was said not to be there."""

    __slots__ = ()
    transaction: Transaction
    attributes: dict[str, Any]


class NamedTransaction(Record):
    """A baseline that was set, with the transaction that set it."""

    __slots__ = ()
    name: str
    transaction: Transaction
