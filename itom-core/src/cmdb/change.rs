//! The vocabulary: items, relations, and the changes that make them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audit::Baseline;
use super::reconcile::{
    AttributeLock, ConfirmItems, MergeItems, ReconciliationRules, UnmergeItems,
};
use super::{MinUpType, ModelDefinition, Value};
use crate::Timestamp;

/// One change of a transaction, in JSON `{"put_item": {...}}` and so on.
///
/// ```
/// use itom_core::cmdb::{Change, RemoveItem};
///
/// let change: Change = serde_json::from_str(r#"{"remove_item": {"id": "web-1"}}"#)?;
/// assert_eq!(change, Change::RemoveItem(RemoveItem { id: "web-1".to_owned() }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Change {
    /// Creates an item or changes it.
    PutItem(PutItem),
    /// Removes an item, and with it every relation of it.
    RemoveItem(RemoveItem),
    /// Creates a relation or changes what it says.
    PutRelation(PutRelation),
    /// Removes a relation.
    RemoveRelation(RemoveRelation),
    /// Puts another class model in place of the one that holds, for what the transaction says and
    /// all that comes after it; at most one a transaction. See `Cmdb::set_model`.
    SetModel(Box<ModelDefinition>),
    /// Puts the rules by which values of several sources become one in place of those before.
    SetRules(ReconciliationRules),
    /// Locks an attribute: what is said by hand wins, whatever the rules say.
    Lock(AttributeLock),
    /// Lets go of a lock.
    Release(AttributeLock),
    /// Makes several items one.
    Merge(MergeItems),
    /// Makes an item that was merged one of its own again.
    Unmerge(UnmergeItems),
    /// The transaction's source saw these items again, as it had said they are.
    Confirm(ConfirmItems),
    /// Gives the moment a name.
    Baseline(Baseline),
}

/// Creates an item or changes it: attributes named are set, `null` clears one, the others stay.
///
/// ```
/// use itom_core::cmdb::{PutItem, Value};
///
/// let put = PutItem::new("web-1", "application").with("port", 443);
/// assert_eq!(put.attributes["port"], Value::Int(443));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PutItem {
    /// The item's id: any text but the empty one.
    pub id: String,
    /// The item's class; may be left out where the item exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The attributes to set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// Clears the attributes that the item has and the class does not know; without it an item
    /// with such attributes is not put into another class.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop_unknown: bool,
}

impl PutItem {
    /// An item of a class, without attributes.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::PutItem::new("web-1", "application").id, "web-1");
    /// ```
    pub fn new(id: &str, class: &str) -> Self {
        PutItem { id: id.to_owned(), class: Some(class.to_owned()), ..PutItem::default() }
    }

    /// The same with one attribute more.
    ///
    /// ```
    /// let put = itom_core::cmdb::PutItem::new("web-1", "application").with("zone", "eu-1");
    /// assert_eq!(put.attributes.len(), 1);
    /// ```
    #[must_use]
    pub fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(attribute.to_owned(), value.into());
        self
    }
}

/// Removes an item, and with it every relation of it.
///
/// By hand it is gone for everyone. A source withdraws what it says of the item itself, no more: the
/// item stays as long as another says that it is there. A source that said nothing of it, or of what
/// is gone already, withdraws nothing, and that is no error as long as there ever was such an item —
/// it may know of the removal before it is heard to have put it.
///
/// ```
/// let gone: itom_core::cmdb::RemoveItem = serde_json::from_str(r#"{"id": "web-1"}"#)?;
/// assert_eq!(gone.id, "web-1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RemoveItem {
    /// The item.
    pub id: String,
}

/// Creates a relation, or changes what one says: `source` depends on `target`.
///
/// Relations of one source and one `group` are redundant: `min_up` of their targets have to be up.
/// Without a group it is a plain dependency, a group of one that needs one. `min_up` is a number of
/// members, a share of them, or of their weights ([`MinUpType`]). Of a kind whose impact
/// goes from source to target ([`ImpactDirection`](super::ImpactDirection)) the target depends, and
/// the relations of one target and one group belong together.
///
/// ```
/// use itom_core::cmdb::PutRelation;
///
/// let plain = PutRelation::new("web-1", "runs_on", "host-1");
/// let pooled = PutRelation::new("shop", "depends_on", "web-1").in_group("web", 1);
/// assert_eq!((plain.group, pooled.min_up), (None, Some(1)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PutRelation {
    /// What depends.
    pub source: String,
    /// The kind of relation, such as `depends_on`.
    pub kind: String,
    /// What it depends on.
    pub target: String,
    /// The redundancy group within the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How much of the group has to be up; the same for every member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_up: Option<u32>,
    /// By what measure; the same for every member.
    #[serde(default, skip_serializing_if = "MinUpType::is_count")]
    pub min_up_type: MinUpType,
    /// How much of the source the target carries where that is weighed, from 1 to 1,000,000; left
    /// out as its kind says, which usually is 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

impl PutRelation {
    /// A plain dependency.
    ///
    /// ```
    /// use itom_core::cmdb::PutRelation;
    /// assert_eq!(PutRelation::new("web-1", "runs_on", "host-1").kind, "runs_on");
    /// ```
    pub fn new(source: &str, kind: &str, target: &str) -> Self {
        let [source, kind, target] = [source, kind, target].map(str::to_owned);
        PutRelation { source, kind, target, ..PutRelation::default() }
    }

    /// The same as a member of a group of the source that needs `min_up` members.
    ///
    /// ```
    /// use itom_core::cmdb::PutRelation;
    /// let member = PutRelation::new("shop", "depends_on", "web-1").in_group("web", 2);
    /// assert_eq!(member.group.as_deref(), Some("web"));
    /// ```
    #[must_use]
    pub fn in_group(mut self, group: &str, min_up: u32) -> Self {
        self.group = Some(group.to_owned());
        self.min_up = Some(min_up);
        self
    }

    /// The same with `min_up` by another measure than the number of members.
    ///
    /// ```
    /// use itom_core::cmdb::{MinUpType, PutRelation};
    /// let member = PutRelation::new("shop", "uses", "web-1").in_group("web", 50);
    /// assert_eq!(member.by(MinUpType::Percent).min_up_type, MinUpType::Percent);
    /// ```
    #[must_use]
    pub fn by(mut self, min_up_type: MinUpType) -> Self {
        self.min_up_type = min_up_type;
        self
    }

    /// The same with a weight of its own.
    ///
    /// ```
    /// use itom_core::cmdb::PutRelation;
    /// assert_eq!(PutRelation::new("shop", "uses", "web-1").weighing(300).weight, Some(300));
    /// ```
    #[must_use]
    pub fn weighing(mut self, weight: u32) -> Self {
        self.weight = Some(weight);
        self
    }
}

/// Removes a relation.
///
/// ```
/// let gone: itom_core::cmdb::RemoveRelation =
///     serde_json::from_str(r#"{"source": "web-1", "kind": "runs_on", "target": "host-1"}"#)?;
/// assert_eq!(gone.group, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RemoveRelation {
    /// What depends.
    pub source: String,
    /// The kind of relation.
    pub kind: String,
    /// What it depends on.
    pub target: String,
    /// The redundancy group it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// When a transaction holds, when it became known, who made it and why.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::Transaction;
///
/// let transaction = Transaction::at(Timestamp::from_secs(60));
/// assert_eq!(transaction.known, transaction.at);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transaction {
    /// Valid time: from when on it is so.
    pub at: Timestamp,
    /// Transaction time: when it became known. Never smaller than that of the transaction before.
    pub known: Timestamp,
    /// Who made the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of the change (ITIL's request for change, a commit, a ticket).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The source that says so, such as a discovery tool; its values are kept beside those of the
    /// others. `None` is said by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Transaction {
    /// A transaction that became known when it began to hold.
    ///
    /// ```
    /// use itom_core::{Timestamp, cmdb::Transaction};
    /// assert_eq!(Transaction::at(Timestamp::from_secs(1)).actor, None);
    /// ```
    pub fn at(at: Timestamp) -> Self {
        Transaction { at, known: at, ..Transaction::default() }
    }

    /// The same, known at another time.
    ///
    /// ```
    /// use itom_core::{Timestamp, cmdb::Transaction};
    /// let late = Transaction::at(Timestamp::from_secs(1)).known(Timestamp::from_secs(9));
    /// assert_eq!(late.known, Timestamp::from_secs(9));
    /// ```
    #[must_use]
    pub fn known(mut self, known: Timestamp) -> Self {
        self.known = known;
        self
    }

    /// The same, said by a source.
    ///
    /// ```
    /// use itom_core::{Timestamp, cmdb::Transaction};
    /// let scan = Transaction::at(Timestamp::from_secs(1)).source("discovery");
    /// assert_eq!(scan.source.as_deref(), Some("discovery"));
    /// ```
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.source = Some(source.to_owned());
        self
    }
}

/// An item as it was at the view's moment.
///
/// ```
/// use itom_core::{Timestamp, cmdb::*};
///
/// let mut db = Cmdb::default();
/// let put = Change::PutItem(PutItem::new("web-1", "application").with("port", 443));
/// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
/// let item: Item = db.at(None, None).item("web-1").expect("it is there");
/// assert_eq!((item.class.as_str(), &item.attributes["port"]), ("application", &Value::Int(443)));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// The item's id.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, Value>,
}

/// A relation as it was at the view's moment: `source` depends on `target`.
///
/// ```
/// use itom_core::cmdb::Relation;
///
/// let text = r#"{"source":"a","kind":"depends_on","target":"b","group":null,"min_up":null}"#;
/// let relation: Relation = serde_json::from_str(text)?;
/// assert_eq!((relation.group, relation.weight), (None, None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Relation {
    /// What depends.
    pub source: String,
    /// The kind of relation.
    pub kind: String,
    /// What it depends on.
    pub target: String,
    /// The redundancy group within the source; `None` is a plain dependency.
    pub group: Option<String>,
    /// How much of the group has to be up; `None` without a group.
    pub min_up: Option<u32>,
    /// By what measure; `None` without a group.
    #[serde(default)]
    pub min_up_type: Option<MinUpType>,
    /// Its own weight; `None` if it has that of its kind.
    #[serde(default)]
    pub weight: Option<u32>,
}

impl From<Relation> for PutRelation {
    fn from(relation: Relation) -> Self {
        // Taken apart whole, so that a field that is added is not forgotten here.
        let Relation { source, kind, target, group, min_up, min_up_type, weight } = relation;
        let min_up_type = min_up_type.unwrap_or_default();
        PutRelation { source, kind, target, group, min_up, min_up_type, weight }
    }
}
