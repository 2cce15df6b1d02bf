//! What-if: a database that shares the past of another and goes its own way.
//!
//! A branch costs nothing to make, and what is written to it costs what it would anywhere. Merging
//! is three-way: against what the two had in common, what only the branch changed is taken over,
//! what both changed to different values is a conflict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::Moment;
use super::terms::Terms;
use super::{ChangedRelation, Cmdb, Difference, MinUpType, Relation, Transaction, Value, View};
use crate::{Error, ErrorKind, Result, Timestamp};

/// What becomes of conflicts when a branch is merged.
///
/// ```
/// use itom_core::cmdb::Favour;
/// assert_eq!(serde_json::to_string(&Favour::Theirs)?, "\"theirs\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Favour {
    /// Nothing is merged while there is one.
    #[default]
    Neither,
    /// What the database says stays.
    Ours,
    /// What the branch says is taken over.
    Theirs,
}

/// Something a database and its branch changed differently.
///
/// ```
/// let text = r#"{"what":"web-1","attribute":"zone","before":"a","ours":"b","theirs":"c"}"#;
/// let conflict: itom_core::cmdb::BranchConflict = serde_json::from_str(text)?;
/// assert_eq!(conflict.attribute.as_deref(), Some("zone"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BranchConflict {
    /// The item's id; of a relation its source, kind, target and group in words.
    pub what: String,
    /// The attribute; `None` where one side removed what the other changed, or the class or the
    /// relation itself is in conflict.
    pub attribute: Option<String>,
    /// What it was when the branch was made; null for nothing.
    pub before: Value,
    /// What it is in the database.
    pub ours: Value,
    /// What it is in the branch.
    pub theirs: Value,
}

/// What merging a branch did.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{BranchMerge, Cmdb, Favour, Transaction};
///
/// let mut db = Cmdb::default();
/// let branch = db.branch();
/// let transaction = Transaction::at(Timestamp::from_secs(0));
/// let merge: BranchMerge = db.merge_branch(&branch, Favour::Neither, transaction)?;
/// assert!(merge.merged && merge.conflicts.is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BranchMerge {
    /// Whether the branch was merged: not if there are conflicts and neither side is favoured.
    pub merged: bool,
    /// What both changed, to different values.
    pub conflicts: Vec<BranchConflict>,
    /// What was, or would be, changed in the database.
    pub difference: Difference,
}

impl Cmdb {
    /// A branch in memory: a database with the same past, to try changes in. Neither sees what
    /// happens to the other. Costs the same however large the database is.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let db = Cmdb::default();
    /// let mut what_if = db.branch();
    /// let put = Change::PutItem(PutItem::new("web-1", "host"));
    /// what_if.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!((db.at(None, None).len(), what_if.at(None, None).len()), (0, 1));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    #[must_use]
    pub fn branch(&self) -> Cmdb {
        self.sharing()
    }

    /// Merges a branch as one transaction, at the transaction's valid time: the differences of the
    /// branch's latest state from what the two had in common.
    ///
    /// With conflicts and [`Favour::Neither`] nothing is changed, and the conflicts are listed.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let put = |zone: &str| [Change::PutItem(PutItem::new("web-1", "host").with("zone", zone))];
    /// let at = |second| Transaction::at(Timestamp::from_secs(second));
    /// let mut db = Cmdb::default();
    /// db.apply(&put("a"), at(1))?;
    /// let mut what_if = db.branch();
    /// what_if.apply(&put("b"), at(2))?;
    /// db.apply(&put("c"), at(3))?;
    /// let merge = db.merge_branch(&what_if, Favour::Neither, at(4))?;
    /// assert_eq!((merge.merged, merge.conflicts[0].theirs.clone()), (false, "b".into()));
    /// assert!(db.merge_branch(&what_if, Favour::Theirs, at(4))?.merged);
    /// assert_eq!(db.at(None, None).item("web-1").unwrap().attributes["zone"], "b".into());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The two have nothing in common, or the changes break the model as
    /// [`apply`](Cmdb::apply) says; then nothing is changed.
    pub fn merge_branch(
        &mut self,
        branch: &Cmdb,
        favour: Favour,
        transaction: Transaction,
    ) -> Result<BranchMerge> {
        let common = self.history().common(branch.history());
        if common == 0 && self.history().transactions().min(branch.history().transactions()) > 0 {
            let message = "branch must be one of this database, it has no transaction in common";
            return Err(Error::new(ErrorKind::Conflict, message).about("branch"));
        }
        let forked = Moment { valid: Timestamp::MAX, transactions: common };
        let ours = self.as_of(forked).diff(&self.at(None, None))?;
        let mut theirs = branch.as_of(forked).diff(&branch.at(None, None))?;
        let conflicts = conflicts(&ours, &theirs);
        if favour == Favour::Ours {
            theirs = without(theirs, &conflicts);
        }
        let theirs = without_agreed(theirs, &self.at(None, None));
        let merged = conflicts.is_empty() || favour != Favour::Neither;
        if merged && !theirs.is_empty() {
            self.apply(&theirs.changes(), transaction)?;
        }
        Ok(BranchMerge { merged, conflicts, difference: theirs })
    }
}

/// What each side made of a thing: by what it is and, of items, which attribute; null is nothing.
type Sides = BTreeMap<(String, Option<String>), (Value, Value)>;

fn sides(difference: &Difference) -> Sides {
    let mut sides = Sides::new();
    let text = |text: &str| Value::Text(text.to_owned());
    for item in &difference.added {
        sides.insert((item.id.clone(), None), (Value::Null, text(&item.class)));
        for (attribute, value) in &item.attributes {
            let place = (item.id.clone(), Some(attribute.clone()));
            sides.insert(place, (Value::Null, value.clone()));
        }
    }
    for item in &difference.removed {
        sides.insert((item.id.clone(), None), (text(&item.class), Value::Null));
    }
    for item in &difference.changed {
        if item.class != item.class_before {
            let classes = (text(&item.class_before), text(&item.class));
            sides.insert((item.id.clone(), None), classes);
        }
        for value in &item.attributes {
            let place = (item.id.clone(), Some(value.attribute.clone()));
            sides.insert(place, (value.before.clone(), value.after.clone()));
        }
    }
    let terms = |min_up: Option<u32>, by: Option<MinUpType>, weight: Option<u32>| {
        let (min_up, min_up_type) = (min_up.unwrap_or(1), by.unwrap_or_default());
        Terms { min_up, min_up_type, weight }.value()
    };
    let said = |one: &Relation| terms(one.min_up, one.min_up_type, one.weight);
    for relation in &difference.relations_added {
        sides.insert((name(relation), None), (Value::Null, said(relation)));
    }
    for relation in &difference.relations_removed {
        sides.insert((name(relation), None), (said(relation), Value::Null));
    }
    for changed in &difference.relations_changed {
        let ChangedRelation { relation, min_up_before, min_up_type_before, weight_before } =
            changed;
        let before = terms(*min_up_before, *min_up_type_before, *weight_before);
        sides.insert((name(relation), None), (before, said(relation)));
    }
    sides
}

fn name(relation: &Relation) -> String {
    let group = relation.group.as_ref().map_or(String::new(), |group| format!(" in {group}"));
    format!("{} {} {}{group}", relation.source, relation.kind, relation.target)
}

fn conflicts(ours: &Difference, theirs: &Difference) -> Vec<BranchConflict> {
    let (our_sides, their_sides) = (sides(ours), sides(theirs));
    let mut conflicts = Vec::new();
    for ((what, attribute), (before, their)) in &their_sides {
        if let Some((_, our)) = our_sides.get(&(what.clone(), attribute.clone()))
            && our != their
        {
            conflicts.push(BranchConflict {
                what: what.clone(),
                attribute: attribute.clone(),
                before: before.clone(),
                ours: our.clone(),
                theirs: their.clone(),
            });
        }
    }
    // One side removed an item whose attributes the other changed.
    let touched = |sides: &Sides| -> BTreeSet<String> {
        sides
            .keys()
            .filter(|(_, attribute)| attribute.is_some())
            .map(|(id, _)| id.clone())
            .collect()
    };
    let (ours_touched, theirs_touched) = (touched(&our_sides), touched(&their_sides));
    for (removed, touched, is_ours) in
        [(&ours.removed, theirs_touched, true), (&theirs.removed, ours_touched, false)]
    {
        for item in removed.iter().filter(|item| touched.contains(&item.id)) {
            let class = Value::Text(item.class.clone());
            let (ours, theirs) =
                if is_ours { (Value::Null, class.clone()) } else { (class.clone(), Value::Null) };
            let what = item.id.clone();
            conflicts.push(BranchConflict { what, attribute: None, before: class, ours, theirs });
        }
    }
    conflicts.sort_by(|a, b| (&a.what, &a.attribute).cmp(&(&b.what, &b.attribute)));
    conflicts.dedup();
    conflicts
}

/// The difference without what is in conflict.
fn without(mut difference: Difference, conflicts: &[BranchConflict]) -> Difference {
    let places: BTreeSet<(&str, Option<&str>)> = conflicts
        .iter()
        .map(|conflict| (conflict.what.as_str(), conflict.attribute.as_deref()))
        .collect();
    let whole = |what: &str| places.contains(&(what, None));
    difference.added.retain(|item| !whole(&item.id));
    difference.removed.retain(|item| !whole(&item.id));
    difference.changed.retain(|item| !whole(&item.id));
    for item in &mut difference.added {
        let id = item.id.clone();
        item.attributes.retain(|attribute, _| !places.contains(&(&id, Some(attribute))));
    }
    for item in &mut difference.changed {
        let id = item.id.clone();
        item.attributes.retain(|value| !places.contains(&(&id, Some(&value.attribute))));
    }
    difference
        .changed
        .retain(|item| !item.attributes.is_empty() || item.class != item.class_before);
    difference.relations_added.retain(|relation| !whole(&name(relation)));
    difference.relations_removed.retain(|relation| !whole(&name(relation)));
    difference.relations_changed.retain(|changed| !whole(&name(&changed.relation)));
    difference
}

/// The difference without what the database did as well.
fn without_agreed(mut difference: Difference, now: &View) -> Difference {
    let relations: BTreeSet<super::Relation> =
        [&difference.relations_added, &difference.relations_removed]
            .into_iter()
            .flatten()
            .filter(|relation| {
                let of = now.relations(Some(&relation.source)).unwrap_or_default();
                of.contains(relation)
            })
            .cloned()
            .collect();
    difference.removed.retain(|item| now.contains(&item.id));
    difference.added.retain(|item| now.item(&item.id).as_ref() != Some(item));
    difference.relations_added.retain(|relation| !relations.contains(relation));
    difference.relations_removed.retain(|relation| relations.contains(relation));
    difference
}

impl Cmdb {
    fn as_of(&self, moment: Moment) -> View {
        View::new(Arc::clone(self.shared_history()), Arc::clone(self.shared_model()), moment)
    }
}
