//! What a source says of items and relations, before it is known which items those are.
//!
//! A [`Change`] names an item by its id. A source often does not know the id: it knows a serial
//! number, a name on a cluster, an address. An [`ItemRecord`] says what the source knows; its id may be
//! left out, and the ends of a [`RelationRecord`] are records of the same batch, ids, or identifying
//! attributes. Every import of a foreign format gives an [`Import`]; reconciliation takes records as
//! they are, and [`Import::changes`] turns those that have ids into changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::{Change, MinUpType, PutItem, PutRelation, Value};
use crate::{Error, Result};

/// What a source says of one item.
///
/// ```
/// use itom_core::cmdb::ItemRecord;
///
/// let record: ItemRecord = serde_json::from_str(
///     r#"{"class": "host", "attributes": {"host.name": "web-1", "serial_number": "J7X"}}"#,
/// )?;
/// assert_eq!(record, ItemRecord::new("host").with("host.name", "web-1").with("serial_number", "J7X"));
/// assert_eq!(record.id, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemRecord {
    /// The item's class.
    pub class: String,
    /// The item's id, where the source knows it.
    #[serde(default)]
    pub id: Option<String>,
    /// The attributes, those that identify it among them.
    #[serde(default, serialize_with = "with_instants")]
    pub attributes: BTreeMap<String, Value>,
}

impl ItemRecord {
    /// A record of a class that says nothing yet.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::ItemRecord::new("host").class, "host");
    /// ```
    pub fn new(class: &str) -> Self {
        ItemRecord { class: class.to_owned(), ..ItemRecord::default() }
    }

    /// The same with an id.
    ///
    /// ```
    /// let record = itom_core::cmdb::ItemRecord::new("host").of_id("web-1");
    /// assert_eq!(record.id.as_deref(), Some("web-1"));
    /// ```
    #[must_use]
    pub fn of_id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// The same with one attribute more.
    ///
    /// ```
    /// let record = itom_core::cmdb::ItemRecord::new("host").with("cores", 8);
    /// assert_eq!(record.attributes.len(), 1);
    /// ```
    #[must_use]
    pub fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(attribute.to_owned(), value.into());
        self
    }
}

/// An end of a relation: a number is the index of a record in the same batch, text is the id of an
/// item, an object is a class and attributes that identify one.
///
/// ```
/// use itom_core::cmdb::{ItemRecord, RecordEnd};
///
/// let ends: Vec<RecordEnd> = serde_json::from_str(
///     r#"[0, "web-1", {"class": "host", "attributes": {"host.name": "web-1"}}]"#,
/// )?;
/// let host = ItemRecord::new("host").with("host.name", "web-1");
/// assert_eq!(ends, [RecordEnd::Index(0), RecordEnd::Id("web-1".to_owned()), RecordEnd::Like(host)]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RecordEnd {
    /// The record of that index in the same batch.
    Index(u32),
    /// The item of that id.
    Id(String),
    /// The item that this record identifies, by its id or its attributes. Nothing is written to it.
    Like(ItemRecord),
}

/// What a source says of one relation: `source` depends on `target`.
///
/// ```
/// use itom_core::cmdb::{RecordEnd, RelationRecord};
///
/// let plain = RelationRecord::new(RecordEnd::Index(0), "runs_on", RecordEnd::Index(1));
/// let text = r#"{"source": 0, "kind": "runs_on", "target": 1}"#;
/// assert_eq!(serde_json::from_str::<RelationRecord>(text)?, plain);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelationRecord {
    /// What depends.
    pub source: RecordEnd,
    /// The kind of relation.
    pub kind: String,
    /// What it depends on.
    pub target: RecordEnd,
    /// The redundancy group within the source.
    #[serde(default)]
    pub group: Option<String>,
    /// How much of the group has to be up; the same for every member.
    #[serde(default)]
    pub min_up: Option<u32>,
    /// By what measure; the same for every member.
    #[serde(default, skip_serializing_if = "MinUpType::is_count")]
    pub min_up_type: MinUpType,
    /// How much of the source the target carries where that is weighed; left out as its kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

impl RelationRecord {
    /// A plain dependency.
    ///
    /// ```
    /// use itom_core::cmdb::{RecordEnd, RelationRecord};
    /// let end = RecordEnd::Id("host-1".to_owned());
    /// assert_eq!(RelationRecord::new(RecordEnd::Index(0), "runs_on", end).group, None);
    /// ```
    pub fn new(source: RecordEnd, kind: &str, target: RecordEnd) -> Self {
        RelationRecord {
            source,
            kind: kind.to_owned(),
            target,
            group: None,
            min_up: None,
            min_up_type: MinUpType::Count,
            weight: None,
        }
    }

    /// The same as a member of a group of the source that needs `min_up` members.
    ///
    /// ```
    /// use itom_core::cmdb::{RecordEnd, RelationRecord};
    /// let pooled = RelationRecord::new(RecordEnd::Index(0), "depends_on", RecordEnd::Index(1));
    /// assert_eq!(pooled.in_group("web", 1).min_up, Some(1));
    /// ```
    #[must_use]
    pub fn in_group(mut self, group: &str, min_up: u32) -> Self {
        self.group = Some(group.to_owned());
        self.min_up = Some(min_up);
        self
    }
}

/// What a foreign document says: records, relations between them, and what of it was left out.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, Import, ItemRecord, RecordEnd, RelationRecord, Transaction};
///
/// let import = Import {
///     records: vec![
///         ItemRecord::new("container").of_id("web-1"),
///         ItemRecord::new("host").of_id("node-1"),
///     ],
///     relations: vec![RelationRecord::new(RecordEnd::Index(0), "runs_on", RecordEnd::Index(1))],
///     warnings: vec![],
/// };
/// let mut db = Cmdb::default();
/// db.apply(&import.changes()?, Transaction::at(Timestamp::from_secs(0)))?;
/// assert_eq!(db.at(None, None).providers("web-1")?, ["node-1"]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Import {
    /// The items.
    pub records: Vec<ItemRecord>,
    /// The relations.
    pub relations: Vec<RelationRecord>,
    /// What was read and is not in the records, each with its place.
    pub warnings: Vec<String>,
}

impl Import {
    /// The changes that put every record and every relation.
    ///
    /// ```
    /// use itom_core::cmdb::{Import, ItemRecord};
    ///
    /// let nameless = Import { records: vec![ItemRecord::new("host")], ..Import::default() };
    /// let error = nameless.changes().unwrap_err();
    /// assert_eq!(error.to_string(), "records[0]: id must be given, or found by reconciliation, got none");
    /// ```
    ///
    /// # Errors
    /// A record without an id, an end that is not in the batch, an end that only attributes identify:
    /// these want reconciliation.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let mut changes = Vec::with_capacity(self.records.len() + self.relations.len());
        for (index, record) in self.records.iter().enumerate() {
            changes.push(Change::PutItem(PutItem {
                id: id_of(record).map_err(|e| e.within(format!("records[{index}]")))?.to_owned(),
                class: Some(record.class.clone()),
                attributes: record.attributes.clone(),
                ..PutItem::default()
            }));
        }
        for (index, relation) in self.relations.iter().enumerate() {
            let place = |error: Error| error.within(format!("relations[{index}]"));
            changes.push(Change::PutRelation(PutRelation {
                source: self.end("source", &relation.source).map_err(place)?.to_owned(),
                kind: relation.kind.clone(),
                target: self.end("target", &relation.target).map_err(place)?.to_owned(),
                group: relation.group.clone(),
                min_up: relation.min_up,
                min_up_type: relation.min_up_type,
                weight: relation.weight,
            }));
        }
        Ok(changes)
    }

    /// [`changes`](Self::changes) as the JSON in which a put is written, an instant as `{"time": ...}`, so
    /// that it is one again where there is no class model.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Import, ItemRecord};
    ///
    /// let record = ItemRecord::new("host").of_id("web-1").with("since", Timestamp::from_secs(0));
    /// let import = Import { records: vec![record], ..Import::default() };
    /// let changes: Vec<Change> = serde_json::from_str(&import.changes_json()?)?;
    /// assert_eq!(changes, import.changes()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`changes`](Self::changes).
    pub fn changes_json(&self) -> Result<String> {
        let changes = self.changes()?;
        let tagged: Vec<serde_json::Value> = changes
            .iter()
            .map(|change| match change {
                Change::PutItem(put) => {
                    let record = ItemRecord {
                        class: put.class.clone().unwrap_or_default(),
                        id: Some(put.id.clone()),
                        attributes: put.attributes.clone(),
                    };
                    Ok(serde_json::json!({"put_item": serde_json::to_value(record)?}))
                }
                other => serde_json::to_value(other),
            })
            .collect::<serde_json::Result<_>>()?;
        Ok(serde_json::to_string(&tagged)?)
    }

    fn end<'a>(&'a self, argument: &str, end: &'a RecordEnd) -> Result<&'a str> {
        let record = match end {
            RecordEnd::Id(id) => return Ok(id),
            RecordEnd::Like(record) => record,
            RecordEnd::Index(index) => {
                let expected = format!("below {}, the number of records", self.records.len());
                let record = self.records.get(*index as usize);
                record.ok_or_else(|| Error::invalid(argument, index, expected))?
            }
        };
        id_of(record).map_err(|error| error.within(argument))
    }
}

/// Attributes as a put has them: text is never guessed to be an instant, so an instant says it is one.
fn with_instants<S: Serializer>(
    attributes: &BTreeMap<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(attributes.iter().map(|(name, value)| (name, Tagged(value))))
}

struct Tagged<'a>(&'a Value);

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Time(instant) => serializer.collect_map([("time", instant)]),
            Value::List(parts) => serializer.collect_seq(parts.iter().map(Tagged)),
            other => other.serialize(serializer),
        }
    }
}

fn id_of(record: &ItemRecord) -> Result<&str> {
    let id = record.id.as_deref();
    id.ok_or_else(|| Error::invalid("id", "none", "given, or found by reconciliation"))
}
