//! The append-only, bitemporal history: what was said, when it holds, when it was known.
//!
//! Every statement about an item or relation is a version with a key (valid time, transaction,
//! place in the transaction). What is so at a [`Moment`] follows from the versions known by then: of
//! those that hold from the moment's valid time or before, the one with the greatest key rules. So a
//! change holds until the next one *in valid time*, and a late correction of the past gives what it
//! would have given in time.
//!
//! What an item is now lies in columns ([`column`]): its class, and per attribute the code of its
//! value in that attribute's own dictionary, as narrow as a page of rows allows. An item that was
//! said once has nothing else: the transaction that made it is one more column. From the second
//! statement on it has rows ([`rows`]) of 16 bytes, linked from the greatest key to the least, and
//! what was said first is copied there when it is overruled. Reading the present is a look into
//! columns; reading a past moment walks the item's rows.
//!
//! Everything lies in pages and chunks that copies share, so a copy costs next to nothing
//! and later writes copy only the pages they meet. A refused transaction is taken back by a list
//! of what stood where ([`History::roll_back`]). All of it can be written as bytes that are opened
//! without reading them ([`checkpoint`]).

mod between;
mod cell;
mod checkpoint;
mod column;
mod columns;
mod entries;
mod index;
mod items;
mod lazy;
mod numbers;
mod paged;
mod pages;
mod relations;
mod rows;
mod shapes;
mod sheet;
mod statements;
mod symbols;

use std::sync::{Arc, OnceLock};

pub(super) use items::ItemState;
pub(super) use relations::RelationRow;
pub(super) use statements::{Said, Statement};

use self::columns::Columns;
use self::index::Index;
use self::numbers::Numbers;
use self::paged::Paged;
use self::relations::GroupRow;
use self::rows::Row;
use self::shapes::Shapes;
use self::symbols::Symbols;
use super::model::ClassModel;
use super::reconcile::{Control, RowSet};
use super::{Change, Transaction};
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

/// One change as it is staged, names and values interned.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// The attributes by word, each with the code of its value, 0 for null.
    PutItem {
        item: u32,
        class: u32,
        attributes: Box<[(u32, u32)]>,
    },
    RemoveItem {
        item: u32,
    },
    /// With the code of what it says, which is 0 for a plain relation.
    PutRelation {
        relation: u32,
        code: u32,
    },
    RemoveRelation {
        relation: u32,
    },
    /// Rules, locks and merges: what it says is in [`Control`].
    Control(Arc<Change>),
    /// The transaction's source saw these items again, as it had said they are.
    Confirm(Arc<RowSet>),
}

/// A transaction with its changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Logged {
    pub(super) transaction: Transaction,
    pub(super) entries: Vec<Entry>,
}

/// A number that is kept for some item, relation or row and may be changed.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// The row of the item's greatest key.
    Head(u32),
    /// The item's class, [`NONE`] where it is not there.
    Class(u32),
    /// The transaction that made an item whose columns still say what it was made with.
    Created(u32),
    Shape(u32),
    /// The code of an attribute (first) of an item.
    Code(u32, u32),
    /// The row of the next smaller key.
    Older(u32),
    /// The row of a relation's greatest key.
    Newest(u32),
    /// The relation a group's list begins with.
    First(u32),
}

/// How the history was before a transaction began.
#[derive(Clone, Debug, Default)]
struct Mark {
    items: u32,
    words: usize,
    rows: usize,
    relations: usize,
    groups: usize,
    controls: usize,
    shapes: usize,
    /// What stood where, of things that were there before.
    slots: Vec<(Slot, u32)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Items by id; an item's number is its row.
    pub(super) ids: Symbols<String>,
    /// Names of classes, kinds, groups and attributes.
    pub(super) words: Symbols<String>,
    transactions: Paged<Arc<Transaction>>,
    /// The valid time of each transaction.
    instants: Paged<Timestamp>,
    /// Per transaction, the one under way included, the word of its source or [`NONE`].
    sources: Paged<u32>,
    /// Per transaction, the one under way included, the greatest valid time so far.
    latest: Paged<Timestamp>,
    /// The transaction under way.
    open: Logged,
    mark: Mark,
    items: u32,
    heads: Numbers,
    classes: Numbers,
    created: Numbers,
    shape_of: Numbers,
    shapes: Shapes,
    columns: Columns,
    rows: Paged<Row>,
    pub(super) relations: Paged<RelationRow>,
    /// Made by the first who looks for one in what came from a checkpoint; so the groups'.
    relation_index: OnceLock<Index>,
    pub(super) groups: Paged<GroupRow>,
    group_index: OnceLock<Index>,
    pub(super) control: Control,
    /// What was said beside items and relations, with the transaction that said it.
    controls: Paged<(u32, Entry)>,
    /// The models that were set later than the first, with the transaction that set each.
    models: Vec<(u32, Arc<ClassModel>)>,
}

impl History {
    /// Transactions committed.
    pub(super) fn transactions(&self) -> u32 {
        self.transactions.len() as u32
    }

    pub(super) fn log(&self) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.transactions.iter().map(Arc::as_ref)
    }

    /// A transaction by its number, the one under way included.
    pub(super) fn transaction(&self, number: u32) -> &Transaction {
        match self.transactions.len() {
            open if number as usize >= open => &self.open.transaction,
            _ => &self.transactions[number as usize],
        }
    }

    /// The names given to moments, in order, each with its transaction.
    pub(super) fn baselines(&self) -> impl Iterator<Item = (&str, u32)> {
        self.controls.iter().filter_map(|(transaction, entry)| match entry {
            Entry::Control(change) => match &**change {
                Change::Baseline(baseline) => Some((baseline.name.as_str(), *transaction)),
                _ => None,
            },
            _ => None,
        })
    }

    /// The transaction under way.
    pub(super) fn open(&self) -> &Logged {
        &self.open
    }

    /// The word of the source of a transaction, [`NONE`] for what was said by hand.
    fn source_of(&self, transaction: u32) -> u32 {
        self.sources[transaction as usize]
    }

    /// The word of the source of the transaction under way.
    pub(super) fn open_source(&self) -> Option<u32> {
        self.sources.iter().next_back().copied().filter(|source| *source != NONE)
    }

    /// The valid time that is now, seen from a moment: the latest of which anything was said, if
    /// the moment asks for the latest.
    pub(super) fn now_of(&self, moment: Moment) -> Timestamp {
        let known = (moment.transactions as usize).min(self.latest.len());
        let latest = known.checked_sub(1).map_or(Timestamp::MIN, |n| self.latest[n]);
        if moment.valid == Timestamp::MAX { latest } else { moment.valid }
    }

    /// How many transactions were known at an instant.
    pub(super) fn known_at(&self, known: Timestamp) -> u32 {
        let (mut low, mut high) = (0, self.transactions.len());
        while low < high {
            let middle = (low + high) / 2;
            match self.transactions[middle].known <= known {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low as u32
    }

    /// The moment just behind the transaction under way.
    pub(super) fn now(&self, valid: Timestamp) -> Moment {
        Moment { valid, transactions: NONE }
    }

    pub(super) fn items(&self) -> u32 {
        self.items
    }

    /// Begins a transaction. What follows is kept by [`commit`](Self::commit) or taken back by
    /// [`roll_back`](Self::roll_back).
    pub(super) fn begin(&mut self, transaction: Transaction) -> Result<()> {
        if let Some(last) = self.log().next_back() {
            let (known, before) = (transaction.known, last.known);
            if known < before {
                let message = format!(
                    "known must not be before {before}, the known time of the transaction before, got {known}"
                );
                return Err(Error::new(ErrorKind::Conflict, message).about("known"));
            }
        }
        if self.transactions.len() >= rows::MOST_TRANSACTIONS {
            return Err(Error::new(ErrorKind::LimitExceeded, "more than 2 billion transactions"));
        }
        let mark = Mark {
            items: self.items,
            words: self.words.len(),
            rows: self.rows.len(),
            relations: self.relations.len(),
            groups: self.groups.len(),
            controls: self.controls.len(),
            shapes: self.shapes.len(),
            ..Mark::default()
        };
        self.control.begin();
        let source = transaction.source.as_ref();
        let source = source.map_or(Ok(NONE), |source| self.words.intern(source))?;
        if source != NONE {
            self.control.hear(source, transaction.at);
        }
        self.sources.push(source);
        let before = self.latest.iter().next_back().copied().unwrap_or(Timestamp::MIN);
        self.latest.push(before.max(transaction.at));
        self.open = Logged { transaction, ..Logged::default() };
        self.columns.begin(self.items);
        for numbers in self.numbers() {
            numbers.begin(mark.items);
        }
        self.mark = mark;
        Ok(())
    }

    pub(super) fn commit(&mut self) {
        self.columns.commit();
        self.numbers().into_iter().for_each(Numbers::settle);
        self.mark = Mark::default();
        let transaction = std::mem::take(&mut self.open).transaction;
        self.instants.push(transaction.at);
        self.transactions.push(Arc::new(transaction));
    }

    /// The transaction under way sets the model.
    pub(super) fn set_model(&mut self, model: Arc<ClassModel>) {
        self.models.push((self.transactions(), model));
    }

    /// The model that was set last among so many transactions, if any was.
    pub(super) fn model_at(&self, transactions: u32) -> Option<&Arc<ClassModel>> {
        let known = self.models.iter().rev().find(|(by, _)| *by < transactions);
        known.map(|(_, model)| model)
    }

    /// Takes back everything since [`begin`](Self::begin).
    pub(super) fn roll_back(&mut self) {
        let mark = std::mem::take(&mut self.mark);
        for &(slot, before) in mark.slots.iter().rev() {
            self.write(slot, before);
        }
        self.control.roll_back(self.transactions(), mark.relations);
        self.controls.truncate(mark.controls);
        let committed = self.transactions();
        self.models.retain(|(by, _)| *by < committed);
        self.sources.truncate(self.transactions.len());
        self.latest.truncate(self.transactions.len());
        self.forget_relations(mark.relations, mark.groups);
        self.numbers().into_iter().for_each(|numbers| numbers.truncate(mark.items));
        self.columns.roll_back(mark.words);
        self.shapes.truncate(mark.shapes);
        self.rows.truncate(mark.rows);
        self.ids.truncate(mark.items as usize);
        self.items = mark.items;
        self.words.truncate(mark.words);
        self.open = Logged::default();
    }

    /// What is kept of every item beside its attributes.
    fn numbers(&mut self) -> [&mut Numbers; 4] {
        [&mut self.heads, &mut self.classes, &mut self.created, &mut self.shape_of]
    }

    /// The row of an item, made if there is none.
    pub(super) fn item_row(&mut self, id: &str) -> Result<u32> {
        let row = self.ids.intern(id)?;
        self.items = self.items.max(row + 1);
        Ok(row)
    }

    /// Adds a change to the transaction under way.
    pub(super) fn push(&mut self, entry: Entry) -> Result<()> {
        match &entry {
            Entry::PutItem { item, class, attributes } => self.say(*item, *class, attributes)?,
            Entry::RemoveItem { item } => self.say_removed(*item)?,
            Entry::PutRelation { relation, code } => {
                self.say_relation(*relation, rows::RELATION, *code)?;
            }
            Entry::RemoveRelation { relation } => {
                self.say_relation(*relation, rows::RELATION_REMOVED, 0)?;
            }
            Entry::Control(_) | Entry::Confirm(_) => {
                self.controls.push((self.transactions(), entry.clone()));
            }
        }
        self.open.entries.push(entry);
        Ok(())
    }

    fn read(&self, slot: Slot) -> u32 {
        match slot {
            Slot::Head(item) => self.heads.get(item).wrapping_sub(1),
            Slot::Class(item) => self.classes.get(item).wrapping_sub(1),
            Slot::Created(item) => self.created.get(item).wrapping_sub(1),
            Slot::Shape(item) => self.shape_of.get(item),
            Slot::Code(word, item) => self.code_now(item, word),
            Slot::Older(row) => self.rows[row as usize].older,
            Slot::Newest(relation) => self.relations[relation as usize].newest,
            Slot::First(group) => self.groups[group as usize].first,
        }
    }

    fn write(&mut self, slot: Slot, number: u32) {
        match slot {
            Slot::Head(item) => self.heads.set(item, number.wrapping_add(1)),
            Slot::Class(item) => self.classes.set(item, number.wrapping_add(1)),
            Slot::Created(item) => self.created.set(item, number.wrapping_add(1)),
            Slot::Shape(item) => self.shape_of.set(item, number),
            Slot::Code(word, item) => self.columns.get_mut(word).codes.set(item, number),
            Slot::Older(row) => self.rows.get_mut(row as usize).older = number,
            Slot::Newest(relation) => self.relations.get_mut(relation as usize).newest = number,
            Slot::First(group) => self.groups.get_mut(group as usize).first = number,
        }
    }

    /// Changes a number, and notes what it was if it was there before the transaction.
    fn put(&mut self, slot: Slot, number: u32) {
        let mark = &self.mark;
        let is_new = match slot {
            Slot::Head(item) | Slot::Class(item) | Slot::Created(item) | Slot::Shape(item) => {
                item >= mark.items
            }
            Slot::Code(_, item) => item >= mark.items,
            Slot::Older(row) => row as usize >= mark.rows,
            Slot::Newest(relation) => relation as usize >= mark.relations,
            Slot::First(group) => group as usize >= mark.groups,
        };
        if !is_new {
            let before = self.read(slot);
            self.mark.slots.push((slot, before));
        }
        self.write(slot, number);
    }
}

/// A count as the number of the next thing.
fn fits(length: usize) -> Result<u32> {
    let number = u32::try_from(length).ok().filter(|&n| n < NONE - 1);
    number.ok_or_else(|| Error::new(ErrorKind::LimitExceeded, "more than 4 billion changes"))
}
