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
    """A relation: `source` depends on `target`. Without a group it is a plain dependency.

    `min_up_type` says by what measure `min_up` is: count, percent, weight or weight_percent; `weight` is the relation's own."""

    __slots__ = ()
    source: str
    kind: str
    target: str
    group: str | None
    min_up: int | None
    min_up_type: str | None
    weight: int | None


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
    weight: int | None
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
    """A relation that says something else of its group, or of its weight."""

    __slots__ = ()
    relation: Relation
    min_up_before: int | None
    min_up_type_before: str | None
    weight_before: int | None


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


class Identified(Record):
    """How the item of a record was found: by which entry, with what values, what came before."""

    __slots__ = ()
    matched: str | None
    kind: str | None
    by: dict[str, Any]
    candidates: list[str]
    skipped: dict[str, list[str]]
    unmatched: list[str]


class LostValue(Record):
    """A value that a source claims and another claim wins over."""

    __slots__ = ()
    attribute: str
    value: Any
    to: Any
    to_source: str | None
    why: str


class RecordResult(Record):
    """What became of a record: `outcome`, the item's `id`, what changed, and how it was found."""

    __slots__ = ()
    outcome: str
    id: str | None
    attributes: list[str]
    claimed: list[str]
    lost: list[LostValue]
    class_before: str | None
    identified: Identified
    why: str | None


class RelationResult(Record):
    """What became of a relation of a batch."""

    __slots__ = ()
    outcome: str
    source: str | None
    target: str | None
    why: str | None


class OutcomeCounts(Record):
    """How many records of each outcome there are."""

    __slots__ = ()
    inserted: int
    updated: int
    unchanged: int
    ambiguous: int
    reclassified: int
    rejected: int


class ReconciliationReport(Record):
    """What became of a batch: a result per record and per relation, and the counts."""

    __slots__ = ()
    records: list[RecordResult]
    relations: list[RelationResult]
    counts: OutcomeCounts


class ReconciliationRule(Record):
    """Which of the values that sources claim for an attribute is the item's."""

    __slots__ = ()
    attributes: list[str]
    choose: str
    sources: list[str | None]


class ReconciliationRules(Record):
    """How values of several sources become one, how classes may change, which states there are."""

    __slots__ = ()
    rules: list[ReconciliationRule]


class AttributeClaim(Record):
    """What a source says of an attribute, and what became of it; a source of None is by hand."""

    __slots__ = ()
    attribute: str
    source: str | None
    value: Any
    at: datetime
    known: datetime
    seen: datetime
    verdict: str


class WhyValue(Record):
    """Why an attribute has its value: who said it, by which rule it won, what else was said."""

    __slots__ = ()
    id: str
    attribute: str
    value: Any
    source: str | None
    rule: ReconciliationRule | None
    rule_number: int | None
    locked: bool
    claims: list[AttributeClaim]


class DuplicateItems(Record):
    """Items that one identifier entry cannot tell apart."""

    __slots__ = ()
    entry: str
    by: dict[str, Any]
    ids: list[str]


class SweepReport(Record):
    """What a sweep found and did, or would do."""

    __slots__ = ()
    in_scope: int
    stale: int
    share: float
    allowed: bool
    removed: list[str]
    marked: list[str]
    withdrawn: list[str]


class GroupSlack(Record):
    """A redundancy group that lost a member: `slack` more it can lose; below 0 it is down.

    `min_up`, `up` and `slack` are members, or weight where `weight`, that of all members, is given."""

    __slots__ = ()
    id: str
    group: str
    min_up: int
    members: int
    up: int
    slack: int
    weight: int | None


class Dependency(Record):
    """An item that another depends on; `level` 1 is direct."""

    __slots__ = ()
    id: str
    level: int

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class FailureCause(Record):
    """Failures that explain what is down; `unseen` is what else they would take down."""

    __slots__ = ()
    failed: list[str]
    down: int
    unseen: int


class FailureCauses(Record):
    """The causes that were found, the likeliest first; `complete` unless a bound was reached."""

    __slots__ = ()
    causes: list[FailureCause]
    complete: bool


class CutSets(Record):
    """The minimal sets of failures that take a service down, the smallest first."""

    __slots__ = ()
    id: str
    sets: list[list[str]]
    complete: bool

    @property
    def single_points(self) -> list[str]:
        """The items whose failure alone takes the service down."""
        return [one[0] for one in self.sets if len(one) == 1]


class Maintenance(Record):
    """What taking items down on purpose would do; `safe` if nothing else is lost."""

    __slots__ = ()
    safe: bool
    lost: list[str]
    degraded: list[str]
    without_spare: list[str]
    groups: list[GroupSlack]


class ItemStatus(Record):
    """The status of an item that is not at the best, and where it came from."""

    __slots__ = ()
    id: str
    status: str
    observed: str | None
    path: list[str]

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class SubgraphItem(Record):
    """An item of a subgraph; `layer` is a distance, or where to draw it."""

    __slots__ = ()
    id: str
    layer: int

    @property
    def class_(self) -> str:
        """The item's class."""
        own: str = self["class"]
        return own


class Subgraph(Record):
    """Items and the relations between them, ready to draw."""

    __slots__ = ()
    nodes: list[SubgraphItem]
    relations: list[Relation]
    truncated: bool


class Paths(Record):
    """All shortest ways between two items; `truncated` if the limit left some out."""

    __slots__ = ()
    paths: list[list[str]]
    truncated: bool
