//! The append-only, bitemporal history: what was said, when it holds, when it was known.
//!
//! Every change of an item or relation is a version with a key (valid time, transaction, place in
//! the transaction). What is so at a [`Moment`] follows from the versions known by then: of those
//! that hold from the moment's valid time or before, the one with the greatest key rules. So a
//! change holds until the next one *in valid time*, and a late correction of the past gives what it
//! would have given in time. Reading costs as many steps as the item has versions.
//!
//! Rows are plain memory in a few vectors, versions of one thing are linked from the newest key to
//! the oldest: copying a history for a reader is a handful of copies, and a refused transaction is
//! taken back by cutting the vectors ([`History::roll_back`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashTable;

use super::model::ClassModel;
use super::reconcile::{Control, RowSet, Statement, claims};
use super::symbols::Symbols;
use super::{Change, Relation, Transaction, Value};
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result, Timestamp};

/// No row, no symbol.
pub(super) const NONE: u32 = u32::MAX;

/// A point in the two times: valid, and how many transactions were known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) valid: Timestamp,
    pub(super) transactions: u32,
}

/// The order of versions: what has the greater key rules.
pub(super) type Key = (Timestamp, u32, u32);

/// One change as it is kept, names interned.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// `class` is [`NONE`] where it was not given.
    PutItem {
        item: u32,
        class: u32,
        attributes: Box<[(u32, Value)]>,
    },
    RemoveItem {
        item: u32,
    },
    /// `min_up` is 0 for a plain relation.
    PutRelation {
        relation: u32,
        min_up: u32,
    },
    RemoveRelation {
        relation: u32,
    },
    /// Rules, locks and merges: what it says is in [`Control`].
    Control(Arc<Change>),
    /// The transaction's source saw these items again, as it had said they are.
    Confirm(Arc<RowSet>),
}

/// A transaction as it is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Logged {
    pub(super) transaction: Transaction,
    pub(super) entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    at: Timestamp,
    transaction: u32,
    entry: u32,
    older: u32,
}

/// What a relation is: its identity, and the list of its versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelationRow {
    pub(super) source: u32,
    pub(super) kind: u32,
    pub(super) target: u32,
    /// The row of its group, [`NONE`] for a plain relation.
    pub(super) group: u32,
    newest: u32,
    next_in_group: u32,
}

/// A redundancy group of a source, and the list of the relations ever in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRow {
    pub(super) source: u32,
    pub(super) name: u32,
    first: u32,
}

/// Where a link was changed, to be able to change it back.
#[derive(Clone, Copy, Debug)]
enum Link {
    Item(u32),
    Relation(u32),
    Version(u32),
    Group(u32),
}

/// How the history was before a transaction began.
#[derive(Debug)]
pub(super) struct Mark {
    ids: usize,
    words: usize,
    versions: usize,
    relations: usize,
    groups: usize,
}

/// What an item is at a moment: its class, [`NONE`] where it is not there, and its last removal.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemState {
    pub(super) class: u32,
    pub(super) removed: Option<Key>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Items by id; an item's number is its row.
    pub(super) ids: Symbols,
    /// Names of classes, kinds, groups and attributes.
    pub(super) words: Symbols,
    log: Vec<Arc<Logged>>,
    /// The transaction under way.
    open: Logged,
    /// Per item its newest version.
    items: Vec<u32>,
    /// Per item whether it was ever removed; where not, its state is known from one version.
    ever_removed: Vec<bool>,
    pub(super) relations: Vec<RelationRow>,
    relation_table: HashTable<u32>,
    pub(super) groups: Vec<GroupRow>,
    group_table: HashTable<u32>,
    versions: Vec<Version>,
    undo: Vec<(Link, u32)>,
    /// Per transaction, the one under way included, the word of its source or [`NONE`].
    sources: Vec<u32>,
    /// Per transaction, the one under way included, the greatest valid time so far.
    latest: Vec<Timestamp>,
    pub(super) control: Control,
}

impl History {
    /// Transactions committed.
    pub(super) fn transactions(&self) -> u32 {
        self.log.len() as u32
    }

    pub(super) fn log(&self) -> &[Arc<Logged>] {
        &self.log
    }

    /// The transaction under way.
    pub(super) fn open(&self) -> &Logged {
        &self.open
    }

    /// How many transactions were known at an instant.
    pub(super) fn known_at(&self, known: Timestamp) -> u32 {
        self.log.partition_point(|logged| logged.transaction.known <= known) as u32
    }

    /// The moment just behind the transaction under way.
    pub(super) fn now(&self, valid: Timestamp) -> Moment {
        Moment { valid, transactions: NONE }
    }

    pub(super) fn items(&self) -> u32 {
        self.items.len() as u32
    }

    // ---------------------------------------------------------------- transactions

    /// Begins a transaction. What follows is kept by [`commit`](Self::commit) or taken back by
    /// [`roll_back`](Self::roll_back).
    pub(super) fn begin(&mut self, transaction: Transaction) -> Result<Mark> {
        if let Some(last) = self.log.last() {
            let (known, before) = (transaction.known, last.transaction.known);
            if known < before {
                let message = format!(
                    "known must not be before {before}, the known time of the transaction before, got {known}"
                );
                return Err(Error::new(ErrorKind::Conflict, message).about("known"));
            }
        }
        if self.log.len() >= (NONE - 1) as usize {
            return Err(Error::new(ErrorKind::LimitExceeded, "more than 4 billion transactions"));
        }
        let mark = Mark {
            ids: self.items.len(),
            words: self.words.len(),
            versions: self.versions.len(),
            relations: self.relations.len(),
            groups: self.groups.len(),
        };
        let source = transaction.source.as_ref();
        let source = source.map_or(Ok(NONE), |source| self.words.intern(source))?;
        self.control.active |= source != NONE;
        self.sources.push(source);
        let before = self.latest.last().copied().unwrap_or(Timestamp::MIN);
        self.latest.push(before.max(transaction.at));
        self.open = Logged { transaction, entries: Vec::new() };
        self.undo.clear();
        Ok(mark)
    }

    pub(super) fn commit(&mut self) {
        self.undo.clear();
        self.log.push(Arc::new(std::mem::take(&mut self.open)));
    }

    /// Takes back everything since `mark`.
    pub(super) fn roll_back(&mut self, mark: &Mark) {
        for (link, before) in std::mem::take(&mut self.undo).into_iter().rev() {
            *self.link(link) = before;
        }
        for n in mark.relations..self.relations.len() {
            let hash = relation_hash(&self.relations[n]);
            if let Ok(entry) = self.relation_table.find_entry(hash, |&other| other as usize == n) {
                entry.remove();
            }
        }
        for n in mark.groups..self.groups.len() {
            let hash = group_hash(self.groups[n].source, self.groups[n].name);
            if let Ok(entry) = self.group_table.find_entry(hash, |&other| other as usize == n) {
                entry.remove();
            }
        }
        self.control.roll_back(self.transactions(), mark.relations);
        self.sources.truncate(self.log.len());
        self.latest.truncate(self.log.len());
        self.ids.truncate(mark.ids);
        self.items.truncate(mark.ids);
        self.ever_removed.truncate(mark.ids);
        self.words.truncate(mark.words);
        self.versions.truncate(mark.versions);
        self.relations.truncate(mark.relations);
        self.groups.truncate(mark.groups);
        self.open = Logged::default();
    }

    /// The row of an item, made if there is none.
    pub(super) fn item_row(&mut self, id: &str) -> Result<u32> {
        let row = self.ids.intern(id)?;
        if row as usize == self.items.len() {
            self.items.push(NONE);
            self.ever_removed.push(false);
        }
        Ok(row)
    }

    /// The row of a relation, made if there is none. `group` is a word or [`NONE`].
    pub(super) fn relation_row(
        &mut self,
        (source, kind, target): (u32, u32, u32),
        group: u32,
    ) -> Result<u32> {
        let group = if group == NONE { NONE } else { self.group_row(source, group)? };
        if let Some(row) = self.find_relation((source, kind, target), group) {
            return Ok(row);
        }
        let row = fits(self.relations.len())?;
        let next_in_group = if group == NONE { NONE } else { self.groups[group as usize].first };
        let relation = RelationRow { source, kind, target, group, newest: NONE, next_in_group };
        self.relations.push(relation);
        if group != NONE {
            self.relink(Link::Group(group), row);
        }
        let relations = &self.relations;
        let rehash = |&n: &u32| relation_hash(&relations[n as usize]);
        self.relation_table.insert_unique(relation_hash(&relation), row, rehash);
        Ok(row)
    }

    fn group_row(&mut self, source: u32, name: u32) -> Result<u32> {
        if let Some(row) = self.find_group(source, name) {
            return Ok(row);
        }
        let row = fits(self.groups.len())?;
        self.groups.push(GroupRow { source, name, first: NONE });
        let groups = &self.groups;
        let rehash = |&n: &u32| group_hash(groups[n as usize].source, groups[n as usize].name);
        self.group_table.insert_unique(group_hash(source, name), row, rehash);
        Ok(row)
    }

    pub(super) fn find_group(&self, source: u32, name: u32) -> Option<u32> {
        let same = |&n: &u32| {
            let group = &self.groups[n as usize];
            (group.source, group.name) == (source, name)
        };
        self.group_table.find(group_hash(source, name), same).copied()
    }

    /// The row of a relation; `group` is the row of a group or [`NONE`].
    pub(super) fn find_relation(&self, ends: (u32, u32, u32), group: u32) -> Option<u32> {
        let (source, kind, target) = ends;
        let sought = RelationRow { source, kind, target, group, newest: NONE, next_in_group: NONE };
        let same = |&n: &u32| {
            let row = &self.relations[n as usize];
            (row.source, row.kind, row.target, row.group) == (source, kind, target, group)
        };
        self.relation_table.find(relation_hash(&sought), same).copied()
    }

    /// Adds a change to the transaction under way.
    pub(super) fn push(&mut self, entry: Entry) -> Result<()> {
        let head = match entry {
            Entry::PutItem { item, .. } => Link::Item(item),
            Entry::RemoveItem { item } => {
                // Stays set if the transaction is taken back: then it only costs a longer look.
                self.ever_removed[item as usize] = true;
                Link::Item(item)
            }
            Entry::PutRelation { relation, .. } | Entry::RemoveRelation { relation } => {
                Link::Relation(relation)
            }
            Entry::Control(_) | Entry::Confirm(_) => {
                self.open.entries.push(entry);
                return Ok(());
            }
        };
        let new = fits(self.versions.len())?;
        let at = self.open.transaction.at;
        // The transaction under way is the newest, so only later valid times go before it.
        let mut place = head;
        let mut older = *self.link(place);
        while older != NONE && self.versions[older as usize].at > at {
            place = Link::Version(older);
            older = self.versions[older as usize].older;
        }
        let transaction = self.transactions();
        let number = fits(self.open.entries.len())?;
        self.versions.push(Version { at, transaction, entry: number, older });
        self.relink(place, new);
        self.open.entries.push(entry);
        Ok(())
    }

    fn relink(&mut self, link: Link, to: u32) {
        let before = std::mem::replace(self.link(link), to);
        self.undo.push((link, before));
    }

    fn link(&mut self, link: Link) -> &mut u32 {
        match link {
            Link::Item(n) => &mut self.items[n as usize],
            Link::Relation(n) => &mut self.relations[n as usize].newest,
            Link::Version(n) => &mut self.versions[n as usize].older,
            Link::Group(n) => &mut self.groups[n as usize].first,
        }
    }

    // ---------------------------------------------------------------- reading

    fn entry(&self, version: &Version) -> &Entry {
        let logged = self.log.get(version.transaction as usize).map_or(&self.open, |logged| logged);
        &logged.entries[version.entry as usize]
    }

    /// The versions that hold at a moment, greatest key first.
    fn visible(&self, newest: u32, moment: Moment) -> impl Iterator<Item = &Version> {
        let next = |n: u32| (n != NONE).then(|| &self.versions[n as usize]);
        std::iter::successors(next(newest), move |version| next(version.older)).filter(
            move |version| version.at <= moment.valid && version.transaction < moment.transactions,
        )
    }

    /// What was said of an item, the newest first.
    pub(super) fn item_statements(
        &self,
        item: u32,
        moment: Moment,
    ) -> impl Iterator<Item = Statement<'_>> {
        self.statements(item, self.items[item as usize], moment)
    }

    /// What was said of a relation, the newest first.
    pub(super) fn relation_statements(
        &self,
        relation: u32,
        moment: Moment,
    ) -> impl Iterator<Item = Statement<'_>> {
        self.statements(relation, self.relations[relation as usize].newest, moment)
    }

    fn statements(
        &self,
        row: u32,
        newest: u32,
        moment: Moment,
    ) -> impl Iterator<Item = Statement<'_>> {
        self.visible(newest, moment).map(move |version| Statement {
            row,
            key: (version.at, version.transaction, version.entry),
            source: self.sources[version.transaction as usize],
            entry: self.entry(version),
        })
    }

    /// The word of the source of the transaction under way.
    pub(super) fn open_source(&self) -> Option<u32> {
        self.sources.last().copied().filter(|source| *source != NONE)
    }

    pub(super) fn was_ever_removed(&self, item: u32) -> bool {
        self.ever_removed[item as usize]
    }

    /// The valid time that is now, seen from a moment: the latest of which anything was said, if
    /// the moment asks for the latest.
    pub(super) fn now_of(&self, moment: Moment) -> Timestamp {
        let known = (moment.transactions as usize).min(self.latest.len());
        let latest = known.checked_sub(1).map_or(Timestamp::MIN, |n| self.latest[n]);
        if moment.valid == Timestamp::MAX { latest } else { moment.valid }
    }

    pub(super) fn item_state(&self, item: u32, moment: Moment) -> ItemState {
        if self.control.active {
            return claims::item_state(self, item, moment);
        }
        let mut state = ItemState { class: NONE, removed: None };
        for version in self.visible(self.items[item as usize], moment) {
            match self.entry(version) {
                Entry::PutItem { class, .. } if state.class == NONE => {
                    state.class = *class;
                    if *class != NONE && !self.ever_removed[item as usize] {
                        break;
                    }
                }
                Entry::RemoveItem { .. } => {
                    state.removed = Some((version.at, version.transaction, version.entry));
                    break;
                }
                _ => {}
            }
        }
        state
    }

    /// The attributes of an item by word: for each the newest value since the item was made, or
    /// where sources claim values what the rules choose.
    pub(super) fn attributes(
        &self,
        model: &ClassModel,
        item: u32,
        moment: Moment,
    ) -> BTreeMap<u32, Cow<'_, Value>> {
        if self.control.active {
            return claims::attributes(self, model, item, moment);
        }
        let mut attributes = BTreeMap::new();
        for version in self.visible(self.items[item as usize], moment) {
            let Entry::PutItem { attributes: put, .. } = self.entry(version) else { break };
            for (word, value) in put {
                attributes.entry(*word).or_insert(Cow::Borrowed(value));
            }
        }
        attributes.retain(|_, value| **value != Value::Null);
        attributes
    }

    /// The `min_up` of a relation that was put and not removed, and the key of that version;
    /// whether its ends are there is not looked at.
    pub(super) fn relation_state(&self, relation: u32, moment: Moment) -> Option<(u32, Key)> {
        if self.control.active {
            return claims::relation_state(self, relation, moment);
        }
        let version = self.visible(self.relations[relation as usize].newest, moment).next()?;
        match self.entry(version) {
            Entry::PutRelation { min_up, .. } => {
                Some((*min_up, (version.at, version.transaction, version.entry)))
            }
            _ => None,
        }
    }

    /// The `min_up` of a relation that is there: put after its ends were, and both ends there.
    pub(super) fn live_relation(&self, relation: u32, moment: Moment) -> Option<u32> {
        let (min_up, key) = self.relation_state(relation, moment)?;
        let row = &self.relations[relation as usize];
        let holds = |item| {
            let end = self.item_state(item, moment);
            end.class != NONE && end.removed.is_none_or(|removed| removed < key)
        };
        (holds(row.source) && holds(row.target)).then_some(min_up)
    }

    /// Every relation that ever was in a group.
    pub(super) fn group_relations(&self, group: u32) -> impl Iterator<Item = u32> {
        let some = |n: u32| (n != NONE).then_some(n);
        std::iter::successors(some(self.groups[group as usize].first), move |&n| {
            some(self.relations[n as usize].next_in_group)
        })
    }

    /// The valid times after `at` at which some relation of the group changes.
    pub(super) fn group_changes_after(&self, group: u32, at: Timestamp) -> Vec<Timestamp> {
        let next = |n: u32| (n != NONE).then(|| &self.versions[n as usize]);
        let mut times = Vec::new();
        for relation in self.group_relations(group) {
            let newest = next(self.relations[relation as usize].newest);
            let versions = std::iter::successors(newest, |version| next(version.older));
            times.extend(versions.map(|version| version.at).take_while(|time| *time > at));
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// The relation in words.
    pub(super) fn describe(&self, relation: u32, min_up: u32) -> Relation {
        let row = &self.relations[relation as usize];
        let grouped = row.group != NONE;
        Relation {
            source: self.ids.text(row.source).to_owned(),
            kind: self.words.text(row.kind).to_owned(),
            target: self.ids.text(row.target).to_owned(),
            group: grouped.then(|| self.group_name(row.group).to_owned()),
            min_up: grouped.then_some(min_up),
        }
    }

    pub(super) fn group_name(&self, group: u32) -> &str {
        self.words.text(self.groups[group as usize].name)
    }
}

fn fits(length: usize) -> Result<u32> {
    let number = u32::try_from(length).ok().filter(|&n| n < NONE - 1);
    number.ok_or_else(|| Error::new(ErrorKind::LimitExceeded, "more than 4 billion changes"))
}

fn relation_hash(row: &RelationRow) -> u64 {
    let mut bytes = [0; 16];
    for (part, n) in bytes.chunks_exact_mut(4).zip([row.source, row.kind, row.target, row.group]) {
        part.copy_from_slice(&n.to_le_bytes());
    }
    stable_hash(&bytes)
}

fn group_hash(source: u32, name: u32) -> u64 {
    stable_hash(&(u64::from(source) << 32 | u64::from(name)).to_le_bytes())
}
