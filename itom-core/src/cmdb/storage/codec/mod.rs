//! Blocks of transactions in columns: the format of the log's blocks from version 2 on.
//!
//! A block holds any number of transactions: one where it is appended, thousands where the log was
//! compacted. Names stand in it once; attributes are columns, in as few bits as they need. It can
//! be read without any other block. `FORMAT.md` has every byte.
//!
//! Writing costs a look-up a name and a value; reading gives columns, and changes in words from them.

mod bytes;
mod numbers;
mod part;
mod text;
mod value;

use super::super::history::{Entry, History, Logged, NONE};
use super::super::{Change, MinUpType, PutRelation, RemoveRelation, Transaction};
use crate::{Result, Timestamp};
pub(in crate::cmdb) use bytes::{Reader, put_varint};
use numbers::indices;
pub(in crate::cmdb) use numbers::{numbers, put_numbers};
use part::{Part, PartWriter};
use text::{Names, Texts};

/// The first byte of a block in columns; one of the first version begins with a map in CBOR.
pub(super) const VERSION: u8 = 2;
/// Transactions of one block.
pub(super) const MOST_TRANSACTIONS: usize = 1 << 16;
/// Texts a transaction may carry, in the order in which they are kept.
const FIELDS: usize = 4;

fn fields(transaction: &Transaction) -> [Option<&str>; FIELDS] {
    let Transaction { actor, reason, change, source, .. } = transaction;
    [actor.as_deref(), reason.as_deref(), change.as_deref(), source.as_deref()]
}

/// Writes the transaction of a history as one block.
pub(in crate::cmdb) fn encode(history: &History, logged: &Logged) -> Vec<u8> {
    let mut out = vec![VERSION];
    put_transactions(&mut out, &[(&logged.transaction, logged.entries.len())]);
    put_changes(&mut out, logged.entries.iter(), |part, entry| put_entry(part, history, entry));
    out
}

/// Writes transactions, of which there may be [`MOST_TRANSACTIONS`], as one block.
pub(in crate::cmdb) fn encode_changes(transactions: &[(Transaction, Vec<Change>)]) -> Vec<u8> {
    let mut out = vec![VERSION];
    let sizes = transactions.iter().map(|(transaction, changes)| (transaction, changes.len()));
    put_transactions(&mut out, &sizes.collect::<Vec<_>>());
    put_changes(&mut out, transactions.iter().flat_map(|(_, changes)| changes), put_change);
    out
}

fn put_changes<'a, T>(
    out: &mut Vec<u8>,
    changes: impl Iterator<Item = T>,
    mut put: impl FnMut(&mut PartWriter<'a>, T),
) {
    let mut part = PartWriter::default();
    for change in changes {
        put(&mut part, change);
        if part.is_full() {
            std::mem::take(&mut part).finish(out);
        }
    }
    if !part.is_empty() {
        part.finish(out);
    }
}

/// Each with the number of its changes.
pub(in crate::cmdb) fn put_transactions(out: &mut Vec<u8>, all: &[(&Transaction, usize)]) {
    put_varint(out, all.len() as u64);
    let at = all.iter().map(|(transaction, _)| transaction.at.as_nanos());
    put_numbers(out, &at.collect::<Vec<i64>>());
    let known = all.iter().map(|(transaction, _)| transaction.known.as_nanos());
    put_numbers(out, &known.collect::<Vec<i64>>());
    put_numbers(out, &all.iter().map(|(_, size)| *size as i64).collect::<Vec<i64>>());
    put_varint(out, FIELDS as u64);
    for field in 0..FIELDS {
        let mut names = Names::default();
        let texts = all.iter().map(|(transaction, _)| fields(transaction)[field]);
        let column: Vec<i64> =
            texts.map(|text| text.map_or(0, |text| i64::from(names.number(text)) + 1)).collect();
        names.texts.put(out);
        put_numbers(out, &column);
    }
}

fn put_entry<'a>(part: &mut PartWriter<'a>, history: &'a History, entry: &'a Entry) {
    let id = |row: u32| history.ids.text(row);
    let word = |word: u32| history.words.text(word);
    let ends = |relation: u32| {
        let row = history.relations[relation as usize];
        let group = (row.group != NONE).then(|| word(history.groups[row.group as usize].name));
        ((id(row.source), word(row.kind), id(row.target)), group)
    };
    match entry {
        Entry::PutItem { item, class, attributes } => {
            part.put_coded_item(history, (*item, *class), attributes);
        }
        Entry::RemoveItem { item } => part.remove_item(id(*item)),
        Entry::PutRelation { relation, code } => {
            let terms = history.terms(*code);
            if !terms.is_plain() {
                let put = history.describe(*relation, *code).into();
                return part.other(&Change::PutRelation(put));
            }
            let (ends, group) = ends(*relation);
            part.put_relation(ends, group.map(|group| (group, terms.min_up)));
        }
        Entry::RemoveRelation { relation } => {
            let (ends, group) = ends(*relation);
            part.remove_relation(ends, group);
        }
        Entry::Control(change) => part.other(change),
        Entry::Confirm(rows) => part.confirm(rows.iter().map(id)),
    }
}

fn put_change<'a>(part: &mut PartWriter<'a>, change: &'a Change) {
    match change {
        Change::PutItem(put) => {
            let attributes = put.attributes.iter();
            let attributes = attributes.map(|(name, value)| (name.as_str(), value));
            part.put_item(&put.id, put.class.as_deref(), attributes);
        }
        Change::RemoveItem(remove) => part.remove_item(&remove.id),
        // Taken apart whole, so that a field that is added is not forgotten here.
        Change::PutRelation(PutRelation {
            source,
            kind,
            target,
            group,
            min_up,
            min_up_type: MinUpType::Count,
            weight: None,
        }) if group.is_some() == min_up.is_some() => {
            part.put_relation((source, kind, target), group.as_deref().zip(*min_up));
        }
        Change::RemoveRelation(RemoveRelation { source, kind, target, group }) => {
            part.remove_relation((source, kind, target), group.as_deref());
        }
        Change::Confirm(confirm) => part.confirm(confirm.ids.iter().map(String::as_str)),
        other => part.other(other),
    }
}

/// A block that was read: transactions, and their changes in columns.
#[derive(Debug)]
pub(in crate::cmdb) struct Columns {
    transactions: Vec<Transaction>,
    /// Changes of each transaction.
    sizes: Vec<usize>,
    parts: Vec<Part>,
}

impl Columns {
    /// Reads a block.
    pub(in crate::cmdb) fn read(bytes: &[u8]) -> Result<Self> {
        let reader = &mut Reader::new(bytes);
        if reader.byte()? != VERSION {
            return Err(reader.wrong("it is of an unknown version"));
        }
        let (transactions, sizes) = transactions(reader)?;
        let (mut parts, mut changes) = (Vec::new(), 0);
        while !reader.is_empty() {
            let mut inner = reader.inner()?;
            let part = Part::read(&mut inner)?;
            reader.settle(&inner);
            changes += part.len();
            parts.push(part);
        }
        let expected = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
        if expected != Some(changes) {
            return Err(reader.wrong("its transactions have other changes than it holds"));
        }
        Ok(Columns { transactions, sizes, parts })
    }

    /// How many transactions there are.
    pub(in crate::cmdb) fn len(&self) -> usize {
        self.transactions.len()
    }

    /// The transactions, each with its changes in words.
    pub(in crate::cmdb) fn transactions(
        &self,
    ) -> impl Iterator<Item = (&Transaction, Vec<Change>)> {
        let mut changes = self.parts.iter().flat_map(Part::changes);
        let of = move |(transaction, size): (_, &usize)| {
            (transaction, changes.by_ref().take(*size).collect())
        };
        self.transactions.iter().zip(&self.sizes).map(of)
    }
}

pub(in crate::cmdb) fn transactions(
    reader: &mut Reader<'_>,
) -> Result<(Vec<Transaction>, Vec<usize>)> {
    let count = reader.varint()?;
    let count = usize::try_from(count).ok().filter(|count| *count <= MOST_TRANSACTIONS);
    let count = count.ok_or_else(|| reader.wrong("more transactions than a block may have"))?;
    let at = numbers(reader, count)?;
    let known = numbers(reader, count)?;
    let sizes = indices(reader, count, u32::MAX as usize)?;
    let sizes = sizes.into_iter().map(|size| size as usize).collect();
    if reader.varint()? != FIELDS as u64 {
        return Err(reader.wrong("its transactions have fields that are not known"));
    }
    let pairs = at.into_iter().zip(known);
    let mut transactions: Vec<Transaction> = pairs
        .map(|(at, known)| {
            Transaction::at(Timestamp::from_nanos(at)).known(Timestamp::from_nanos(known))
        })
        .collect();
    for field in 0..FIELDS {
        let texts = Texts::read(reader, count)?;
        let column = indices(reader, count, texts.len() + 1)?;
        for (transaction, n) in transactions.iter_mut().zip(column) {
            let text = n.checked_sub(1).map(|n| texts.get(n as usize).to_owned());
            match field {
                0 => transaction.actor = text,
                1 => transaction.reason = text,
                2 => transaction.change = text,
                _ => transaction.source = text,
            }
        }
    }
    Ok((transactions, sizes))
}
