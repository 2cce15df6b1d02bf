//! Blocks of the log as bytes: the class model, and transactions of the first version.
//!
//! A block carries the names it uses once and refers to them by number, so it can be read without
//! any other state. Block 0 is the class model, in CBOR. Transactions are written in columns
//! ([`Columns`]); those of the first version, one a block in CBOR, are read here, and are what a
//! snapshot holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::history::{Entry, History, Logged, NONE};
use super::super::{
    Change, ConfirmItems, ModelDefinition, PutItem, PutRelation, RemoveItem, RemoveRelation,
};
use super::super::{Cidr, Mac, Transaction, Value};
use super::codec::{Columns, VERSION};
use crate::{Duration, Error, Result, Timestamp};

/// A block of the log.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cmdb) enum Block<'a> {
    Model(Cow<'a, ModelDefinition>),
    Transaction(TransactionBlock<'a>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cmdb) struct TransactionBlock<'a> {
    transaction: Cow<'a, Transaction>,
    names: Vec<Cow<'a, str>>,
    records: Vec<Record>,
}

/// A change; numbers refer to the names of the block.
#[derive(Debug, Serialize, Deserialize)]
enum Record {
    #[serde(rename = "I")]
    PutItem(u32, Option<u32>, Vec<(u32, StoredValue)>),
    #[serde(rename = "i")]
    RemoveItem(u32),
    #[serde(rename = "R")]
    PutRelation(u32, u32, u32, Option<(u32, u32)>),
    #[serde(rename = "r")]
    RemoveRelation(u32, u32, u32, Option<u32>),
    #[serde(rename = "C")]
    Control(Box<Change>),
    #[serde(rename = "S")]
    Confirm(Vec<u32>),
}

/// A value with its type, so that an instant comes back as one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum StoredValue {
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "b")]
    Bool(bool),
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "f")]
    Float(f64),
    #[serde(rename = "s")]
    Text(String),
    #[serde(rename = "t")]
    Time(Timestamp),
    #[serde(rename = "d")]
    Duration(Duration),
    #[serde(rename = "a")]
    Ip(IpAddr),
    #[serde(rename = "c")]
    Cidr(IpAddr, u8),
    #[serde(rename = "m")]
    Mac([u8; 6]),
    #[serde(rename = "v")]
    Version(String),
    #[serde(rename = "l")]
    List(Vec<StoredValue>),
    #[serde(rename = "o")]
    Map(BTreeMap<String, StoredValue>),
}

impl Block<'_> {
    pub(in crate::cmdb) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).expect("a block can be written as CBOR");
        bytes
    }
}

/// A block that was read.
#[derive(Debug)]
pub(in crate::cmdb) enum Content {
    Model(Box<ModelDefinition>),
    Transactions(Vec<(Transaction, Vec<Change>)>),
}

impl Content {
    /// Whether bytes are a block, and of how many transactions: what [`from_bytes`](Self::from_bytes)
    /// would say, without putting changes into words.
    pub(in crate::cmdb) fn check(bytes: &[u8]) -> Result<u64> {
        if bytes.first() == Some(&VERSION) {
            return Ok(Columns::read(bytes)?.len() as u64);
        }
        Ok(match Content::from_bytes(bytes)? {
            Content::Model(_) => 0,
            Content::Transactions(all) => all.len() as u64,
        })
    }

    /// Reads a block of any version.
    pub(in crate::cmdb) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.first() == Some(&VERSION) {
            let columns = Columns::read(bytes)?;
            let whole = columns.transactions().map(|(one, changes)| (one.clone(), changes));
            return Ok(Content::Transactions(whole.collect()));
        }
        let block: Block<'static> =
            ciborium::from_reader(bytes).map_err(|why| Error::corrupt("block of the log", why))?;
        Ok(match block {
            Block::Model(model) => Content::Model(Box::new(model.into_owned())),
            Block::Transaction(block) => {
                let changes = block.changes().collect::<Result<_>>()?;
                Content::Transactions(vec![(block.transaction.into_owned(), changes)])
            }
        })
    }
}

/// Numbers the names of a block as they come up.
struct Names<'a> {
    history: &'a History,
    names: Vec<Cow<'a, str>>,
    items: HashMap<u32, u32>,
    words: HashMap<u32, u32>,
}

impl<'a> Names<'a> {
    fn item(&mut self, item: u32) -> u32 {
        *self.items.entry(item).or_insert_with(|| {
            self.names.push(Cow::Borrowed(self.history.ids.text(item)));
            self.names.len() as u32 - 1
        })
    }

    fn word(&mut self, word: u32) -> u32 {
        *self.words.entry(word).or_insert_with(|| {
            self.names.push(Cow::Borrowed(self.history.words.text(word)));
            self.names.len() as u32 - 1
        })
    }

    fn record(&mut self, entry: &Entry) -> Record {
        match entry {
            Entry::PutItem { item, class, attributes } => {
                let class = (*class != NONE).then(|| self.word(*class));
                let stored = |word, code| StoredValue::from(&self.history.value(word, code));
                let values: Vec<(u32, StoredValue)> =
                    attributes.iter().map(|&(word, code)| (word, stored(word, code))).collect();
                let attributes =
                    values.into_iter().map(|(word, value)| (self.word(word), value)).collect();
                Record::PutItem(self.item(*item), class, attributes)
            }
            Entry::RemoveItem { item } => Record::RemoveItem(self.item(*item)),
            Entry::PutRelation { relation, code } => {
                let terms = self.history.terms(*code);
                if !terms.is_plain() {
                    let put = self.history.describe(*relation, *code).into();
                    return Record::Control(Box::new(Change::PutRelation(put)));
                }
                let (source, kind, target, group) = self.relation(*relation);
                Record::PutRelation(source, kind, target, group.map(|group| (group, terms.min_up)))
            }
            Entry::RemoveRelation { relation } => {
                let (source, kind, target, group) = self.relation(*relation);
                Record::RemoveRelation(source, kind, target, group)
            }
            Entry::Control(change) => Record::Control(Box::new(Change::clone(change))),
            Entry::Confirm(rows) => {
                Record::Confirm(rows.iter().map(|row| self.item(row)).collect())
            }
        }
    }

    fn relation(&mut self, relation: u32) -> (u32, u32, u32, Option<u32>) {
        let row = self.history.relations[relation as usize];
        let group =
            (row.group != NONE).then(|| self.word(self.history.groups[row.group as usize].name));
        (self.item(row.source), self.word(row.kind), self.item(row.target), group)
    }
}

impl<'a> TransactionBlock<'a> {
    pub(in crate::cmdb) fn new(history: &'a History, logged: &'a Logged) -> Self {
        let (items, words) = (HashMap::new(), HashMap::new());
        let mut names = Names { history, names: Vec::new(), items, words };
        let records = logged.entries.iter().map(|entry| names.record(entry)).collect();
        let transaction = Cow::Borrowed(&logged.transaction);
        TransactionBlock { transaction, names: names.names, records }
    }

    pub(in crate::cmdb) fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The changes in words.
    pub(in crate::cmdb) fn changes(&self) -> impl Iterator<Item = Result<Change>> {
        self.records.iter().map(|record| self.change(record))
    }

    fn change(&self, record: &Record) -> Result<Change> {
        let name = |n: u32| {
            let name = self.names.get(n as usize).map(|name| name.clone().into_owned());
            name.ok_or_else(|| Error::corrupt("block of the log", format!("it has no name {n}")))
        };
        Ok(match record {
            Record::PutItem(id, class, stored) => {
                let mut attributes = std::collections::BTreeMap::new();
                for (word, value) in stored {
                    attributes.insert(name(*word)?, value.try_into()?);
                }
                let class = class.map(name).transpose()?;
                Change::PutItem(PutItem { id: name(*id)?, class, attributes, ..PutItem::default() })
            }
            Record::RemoveItem(id) => Change::RemoveItem(RemoveItem { id: name(*id)? }),
            Record::PutRelation(source, kind, target, group) => Change::PutRelation(PutRelation {
                source: name(*source)?,
                kind: name(*kind)?,
                target: name(*target)?,
                group: group.map(|(group, _)| name(group)).transpose()?,
                min_up: group.map(|(_, min_up)| min_up),
                ..PutRelation::default()
            }),
            Record::Control(change) => Change::clone(change),
            Record::Confirm(ids) => {
                let ids = ids.iter().map(|id| name(*id)).collect::<Result<_>>()?;
                Change::Confirm(ConfirmItems { ids })
            }
            Record::RemoveRelation(source, kind, target, group) => {
                Change::RemoveRelation(RemoveRelation {
                    source: name(*source)?,
                    kind: name(*kind)?,
                    target: name(*target)?,
                    group: group.map(name).transpose()?,
                })
            }
        })
    }
}

impl From<&Value> for StoredValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => StoredValue::Null,
            Value::Bool(truth) => StoredValue::Bool(*truth),
            Value::Int(number) => StoredValue::Int(*number),
            Value::Float(number) => StoredValue::Float(*number),
            Value::Text(text) => StoredValue::Text(text.clone()),
            Value::Time(instant) => StoredValue::Time(*instant),
            Value::Duration(length) => StoredValue::Duration(*length),
            Value::Ip(address) => StoredValue::Ip(*address),
            Value::Cidr(block) => StoredValue::Cidr(block.address(), block.prefix()),
            Value::Mac(address) => StoredValue::Mac(address.0),
            Value::Version(version) => StoredValue::Version(version.as_str().to_owned()),
            Value::List(values) => StoredValue::List(values.iter().map(Into::into).collect()),
            Value::Map(values) => {
                let values = values.iter().map(|(name, value)| (name.clone(), value.into()));
                StoredValue::Map(values.collect())
            }
        }
    }
}

impl TryFrom<&StoredValue> for Value {
    type Error = Error;

    fn try_from(value: &StoredValue) -> Result<Self> {
        let damaged = |why: Error| Error::corrupt("block of the log", why);
        Ok(match value {
            StoredValue::Null => Value::Null,
            StoredValue::Bool(truth) => Value::Bool(*truth),
            StoredValue::Int(number) => Value::Int(*number),
            StoredValue::Float(number) => Value::Float(*number),
            StoredValue::Text(text) => Value::Text(text.clone()),
            StoredValue::Time(instant) => Value::Time(*instant),
            StoredValue::Duration(length) => Value::Duration(*length),
            StoredValue::Ip(address) => Value::Ip(*address),
            StoredValue::Cidr(address, prefix) => {
                Value::Cidr(Cidr::new(*address, *prefix).map_err(damaged)?)
            }
            StoredValue::Mac(bytes) => Value::Mac(Mac(*bytes)),
            StoredValue::Version(text) => Value::Version(text.parse().map_err(damaged)?),
            StoredValue::List(values) => {
                Value::List(values.iter().map(Value::try_from).collect::<Result<_>>()?)
            }
            StoredValue::Map(values) => {
                let pair =
                    |(name, value): (&String, _)| Ok((name.clone(), Value::try_from(value)?));
                Value::Map(values.iter().map(pair).collect::<Result<_>>()?)
            }
        })
    }
}
