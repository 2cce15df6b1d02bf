//! What differs between two moments: items, their attributes, relations.
//!
//! Only what was said between the moments is looked at, so the cost is that of the changes and a
//! glance at each page of items. Where rules, locks or merges are at work values may differ without
//! anything said of the item, and every item is compared.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::history::{History, Moment, NONE};
use super::{
    Change, Item, MinUpType, PutItem, PutRelation, Relation, RemoveItem, RemoveRelation, Value,
    View,
};
use crate::{Error, ErrorKind, Result};

/// What differs between an earlier view and a later one, each list sorted.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::*;
///
/// let mut db = Cmdb::default();
/// let put = |zone: &str| [Change::PutItem(PutItem::new("web-1", "host").with("zone", zone))];
/// db.apply(&put("a"), Transaction::at(Timestamp::from_secs(1)))?;
/// let before = db.at(None, None);
/// db.apply(&put("b"), Transaction::at(Timestamp::from_secs(2)))?;
/// let difference: Difference = before.diff(&db.at(None, None))?;
/// assert_eq!(difference.changed[0].attributes[0].after, "b".into());
/// assert!(difference.added.is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// Items that are only in the later view.
    pub added: Vec<Item>,
    /// Items that are only in the earlier view.
    pub removed: Vec<Item>,
    /// Items in both whose class or attributes differ.
    pub changed: Vec<ChangedItem>,
    /// Relations that are only in the later view.
    pub relations_added: Vec<Relation>,
    /// Relations that are only in the earlier view.
    pub relations_removed: Vec<Relation>,
    /// Relations in both whose `min_up` differs.
    pub relations_changed: Vec<ChangedRelation>,
}

/// An item that was changed.
///
/// ```
/// let text = r#"{"id":"web-1","class":"host","class_before":"server","attributes":[]}"#;
/// let changed: itom_core::cmdb::ChangedItem = serde_json::from_str(text)?;
/// assert_eq!(changed.class_before, "server");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedItem {
    /// The item.
    pub id: String,
    /// Its class in the later view.
    pub class: String,
    /// Its class in the earlier view.
    pub class_before: String,
    /// The attributes that differ, by name.
    pub attributes: Vec<ChangedAttribute>,
}

/// An attribute that was changed; null where there is none.
///
/// ```
/// let text = r#"{"attribute":"zone","before":null,"after":"b"}"#;
/// let changed: itom_core::cmdb::ChangedAttribute = serde_json::from_str(text)?;
/// assert_eq!(changed.after, "b".into());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedAttribute {
    /// The attribute.
    pub attribute: String,
    /// Its value in the earlier view.
    pub before: Value,
    /// Its value in the later view.
    pub after: Value,
}

/// A relation whose group needs another number of members.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::*;
///
/// let mut db = Cmdb::default();
/// let mut put: Vec<Change> = ["shop", "web-1", "web-2"]
///     .map(|id| Change::PutItem(PutItem::new(id, "host")))
///     .into();
/// let pool = |min_up| {
///     ["web-1", "web-2"].map(|web| {
///         Change::PutRelation(PutRelation::new("shop", "uses", web).in_group("web", min_up))
///     })
/// };
/// put.extend(pool(1));
/// db.apply(&put, Transaction::at(Timestamp::from_secs(1)))?;
/// let before = db.at(None, None);
/// db.apply(&pool(2), Transaction::at(Timestamp::from_secs(2)))?;
/// let difference = before.diff(&db.at(None, None))?;
/// let changed: &ChangedRelation = &difference.relations_changed[0];
/// assert_eq!((changed.min_up_before, changed.relation.min_up), (Some(1), Some(2)));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedRelation {
    /// The relation in the later view.
    pub relation: Relation,
    /// How much of its group had to be up in the earlier view.
    pub min_up_before: Option<u32>,
    /// By what measure, there.
    #[serde(default)]
    pub min_up_type_before: Option<MinUpType>,
    /// Its own weight there.
    #[serde(default)]
    pub weight_before: Option<u32>,
}

impl View {
    /// What differs from this view to a later one of the same database, or of a branch of it as far
    /// as the two have their history in common.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.diff(&view)?.is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The views are of databases that have nothing to do with each other.
    pub fn diff(&self, later: &View) -> Result<Difference> {
        self.difference(later, None)
    }

    /// [`diff`](View::diff) of a part: of these items and the relations between them. Ids that are
    /// in neither view are left out.
    ///
    /// ```
    /// let view = itom_core::cmdb::Cmdb::default().at(None, None);
    /// assert!(view.diff_of(&view, &["web-1"])?.is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`diff`](View::diff).
    pub fn diff_of<S: AsRef<str>>(&self, later: &View, ids: &[S]) -> Result<Difference> {
        let longer = longer(self, later)?;
        let rows = ids.iter().filter_map(|id| longer.ids.find(id.as_ref()));
        self.difference(later, Some(rows.collect()))
    }

    fn difference(&self, later: &View, within: Option<HashSet<u32>>) -> Result<Difference> {
        let comparison = Comparison {
            history: longer(self, later)?,
            moments: [self.moment(), later.moment()],
            views: [self, later],
        };
        let is_wanted = |row| within.as_ref().is_none_or(|rows| rows.contains(&row));
        let mut difference = Difference::default();
        let touched = comparison.history.touched(comparison.moments);
        for item in touched.into_iter().filter(|item| is_wanted(*item)) {
            comparison.compare_item(item, &mut difference);
        }
        for relation in 0..comparison.history.relations.len() as u32 {
            let row = &comparison.history.relations[relation as usize];
            if is_wanted(row.source) && is_wanted(row.target) {
                comparison.compare_relation(relation, &mut difference);
            }
        }
        difference.sort();
        Ok(difference)
    }
}

/// The history of two views that goes further.
fn longer<'a>(a: &'a View, b: &'a View) -> Result<&'a History> {
    let (one, other) = (a.history(), b.history());
    let common = one.common(other);
    let needed = |view: &View| view.moment().transactions.min(view.history().transactions());
    if common == one.transactions() || needed(a) <= common && needed(b) > common {
        return Ok(other);
    }
    if common == other.transactions() || needed(b) <= common {
        return Ok(one);
    }
    let message = "the views are of two databases, or of branches that have gone different ways";
    Err(Error::new(ErrorKind::Conflict, message).about("later"))
}

struct Comparison<'a> {
    history: &'a History,
    moments: [Moment; 2],
    views: [&'a View; 2],
}

impl Comparison<'_> {
    fn compare_item(&self, item: u32, difference: &mut Difference) {
        let classes = self.moments.map(|moment| self.history.item_state(item, moment).class);
        match classes {
            [NONE, NONE] => {}
            [NONE, class] => difference.added.push(self.item(1, item, class)),
            [class, NONE] => difference.removed.push(self.item(0, item, class)),
            [before, after] => {
                let [old, mut new] = [0, 1].map(|n| self.attributes(n, item));
                let word = |word: u32| self.history.words.text(word).to_owned();
                let mut attributes = Vec::new();
                for (attribute, before) in old {
                    let after = new.remove(&attribute).unwrap_or_default();
                    if before != after {
                        attributes.push(ChangedAttribute {
                            attribute: word(attribute),
                            before,
                            after,
                        });
                    }
                }
                for (attribute, after) in new {
                    let before = Value::Null;
                    attributes.push(ChangedAttribute { attribute: word(attribute), before, after });
                }
                if before != after || !attributes.is_empty() {
                    attributes.sort_by(|a, b| a.attribute.cmp(&b.attribute));
                    difference.changed.push(ChangedItem {
                        id: self.history.ids.text(item).to_owned(),
                        class: word(after),
                        class_before: word(before),
                        attributes,
                    });
                }
            }
        }
    }

    fn attributes(&self, which: usize, item: u32) -> std::collections::BTreeMap<u32, Value> {
        self.history.attributes(self.views[which].class_model(), item, self.moments[which])
    }

    fn item(&self, which: usize, item: u32, class: u32) -> Item {
        let word = |word: u32| self.history.words.text(word).to_owned();
        let attributes = self.attributes(which, item).into_iter();
        Item {
            id: self.history.ids.text(item).to_owned(),
            class: word(class),
            attributes: attributes.map(|(attribute, value)| (word(attribute), value)).collect(),
        }
    }

    fn compare_relation(&self, relation: u32, difference: &mut Difference) {
        let [before, after] =
            self.moments.map(|moment| self.history.live_relation(relation, moment));
        let describe = |min_up| self.history.describe(relation, min_up);
        match (before, after) {
            (None, Some(min_up)) => difference.relations_added.push(describe(min_up)),
            (Some(min_up), None) => difference.relations_removed.push(describe(min_up)),
            (Some(before), Some(after)) if before != after => {
                let before = describe(before);
                difference.relations_changed.push(ChangedRelation {
                    relation: describe(after),
                    min_up_before: before.min_up,
                    min_up_type_before: before.min_up_type,
                    weight_before: before.weight,
                });
            }
            _ => {}
        }
    }
}

impl Difference {
    /// Whether nothing differs.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Difference::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }

    fn sort(&mut self) {
        self.added.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        self.removed.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        self.changed.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        self.relations_added.sort_unstable();
        self.relations_removed.sort_unstable();
        self.relations_changed.sort_unstable();
    }

    /// The changes that make the later view of the earlier one.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let empty = db.at(None, None);
    /// let put = [Change::PutItem(PutItem::new("web-1", "host"))];
    /// db.apply(&put, Transaction::at(Timestamp::from_secs(1)))?;
    /// assert_eq!(empty.diff(&db.at(None, None))?.changes(), put);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.added.iter().map(|item| {
            let (class, attributes) = (Some(item.class.clone()), item.attributes.clone());
            Change::PutItem(PutItem {
                id: item.id.clone(),
                class,
                attributes,
                ..PutItem::default()
            })
        }));
        changes.extend(self.changed.iter().map(|item| {
            let values = item.attributes.iter();
            let attributes =
                values.map(|value| (value.attribute.clone(), value.after.clone())).collect();
            let class = Some(item.class.clone());
            let drop_unknown = item.class != item.class_before;
            Change::PutItem(PutItem { id: item.id.clone(), class, attributes, drop_unknown })
        }));
        let later = self.relations_changed.iter().map(|changed| &changed.relation);
        changes.extend(
            self.relations_added
                .iter()
                .chain(later)
                .map(|relation| Change::PutRelation(PutRelation::from(relation.clone()))),
        );
        let gone: HashSet<&str> = self.removed.iter().map(|item| item.id.as_str()).collect();
        // The relations of an item go with it.
        let stay = self.relations_removed.iter().filter(|relation| {
            !gone.contains(relation.source.as_str()) && !gone.contains(relation.target.as_str())
        });
        changes.extend(stay.map(|relation| {
            let Relation { source, kind, target, group, .. } = relation.clone();
            Change::RemoveRelation(RemoveRelation { source, kind, target, group })
        }));
        changes.extend(
            self.removed.iter().map(|item| Change::RemoveItem(RemoveItem { id: item.id.clone() })),
        );
        changes
    }
}
