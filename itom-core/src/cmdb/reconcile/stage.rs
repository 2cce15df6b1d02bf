//! Changes of rules, locks and merges: the vocabulary, and what becomes of it in a transaction.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::Change;
use super::super::history::{Entry, History, Moment, NONE};
use super::super::model::ClassModel;
use super::claims::Standing;
use super::rows::RowSet;
use crate::{Error, ErrorKind, Result, Timestamp};

/// An attribute of an item that is locked, or let go of.
///
/// ```
/// let lock: itom_core::cmdb::AttributeLock =
///     serde_json::from_str(r#"{"id": "web-1", "attribute": "owner"}"#)?;
/// assert_eq!(lock.attribute, "owner");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributeLock {
    /// The item.
    pub id: String,
    /// The attribute.
    pub attribute: String,
}

/// Makes several items one: what was and will be said of the others counts for the one kept, their
/// relations are its, and their ids lead to it.
///
/// ```
/// let merge: itom_core::cmdb::MergeItems =
///     serde_json::from_str(r#"{"keep": "web-1", "others": ["web-1.example.org"]}"#)?;
/// assert_eq!(merge.others.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MergeItems {
    /// The item that is kept.
    pub keep: String,
    /// The items that become part of it.
    pub others: Vec<String>,
}

/// Makes items that were merged items of their own again, with all that was said of each since.
///
/// ```
/// let apart: itom_core::cmdb::UnmergeItems = serde_json::from_str(r#"{"ids": ["web-2"]}"#)?;
/// assert_eq!(apart.ids, ["web-2"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnmergeItems {
    /// The items that were merged into another.
    pub ids: Vec<String>,
}

/// Items that a source saw again, as it had said they are.
///
/// ```
/// let seen: itom_core::cmdb::ConfirmItems = serde_json::from_str(r#"{"ids": ["web-1"]}"#)?;
/// assert_eq!(seen.ids, ["web-1"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfirmItems {
    /// The items.
    pub ids: Vec<String>,
}

/// Stages a change of the kinds above.
pub(in crate::cmdb) fn stage(
    history: &mut History,
    model: &ClassModel,
    change: &Change,
) -> Result<()> {
    let by = history.transactions();
    let at = history.open().transaction.at;
    match change {
        Change::SetRules(rules) => {
            rules.check(model)?;
            history.control.set_rules(by, Arc::new(rules.clone()));
        }
        Change::Lock(lock) => {
            let (item, word) = locked(history, lock)?;
            let standing = Standing::new(history, item, history.now(at));
            let by_hand = standing.claims_of(word).iter().any(|claim| claim.source == NONE);
            if !by_hand {
                let expected = "put by hand, so that the lock has a value to keep";
                let value =
                    format!("{:?} of {:?}, of which sources alone speak", lock.attribute, lock.id);
                return Err(Error::invalid("attribute", value, expected));
            }
            history.control.lock((item, word), at, by, true);
        }
        Change::Release(lock) => {
            let (item, word) = locked(history, lock)?;
            if !history.control.is_locked(item, word, history.now(at)) {
                let value = format!("{:?} of {:?}", lock.attribute, lock.id);
                return Err(Error::not_found("release", "lock of", value));
            }
            history.control.lock((item, word), at, by, false);
        }
        Change::Merge(merge) => stage_merge(history, merge, at)?,
        Change::Unmerge(UnmergeItems { ids }) => {
            for id in ids {
                let row = history.ids.find(id);
                let now = history.now(at);
                let row = row.filter(|row| history.control.merged_into(*row, now).is_some());
                let Some(row) = row else {
                    return Err(Error::not_found("ids", "merged item", format!("{id:?}")));
                };
                history.control.merge(row, at, by, NONE);
            }
        }
        Change::Confirm(ConfirmItems { ids }) => return stage_confirm(history, ids),
        _ => unreachable!("the other changes are staged by the database"),
    }
    history.push(Entry::Control(Arc::new(change.clone())))
}

/// The item and the attribute's word of a lock.
fn locked(history: &mut History, lock: &AttributeLock) -> Result<(u32, u32)> {
    let item = present(history, "id", &lock.id)?;
    if lock.attribute.is_empty() {
        return Err(Error::invalid("attribute", "\"\"", "a name"));
    }
    Ok((item, history.words.intern(&lock.attribute)?))
}

/// The row of an item that is there as of the transaction, or of what it was merged into.
fn present(history: &History, argument: &str, id: &str) -> Result<u32> {
    let now = history.now(history.open().transaction.at);
    let row = history.ids.find(id).map(|row| history.control.representative(row, now));
    let row = row.filter(|row| history.item_state(*row, now).class != NONE);
    row.ok_or_else(|| Error::not_found(argument, "item", format!("{id:?}")))
}

fn stage_merge(history: &mut History, merge: &MergeItems, at: Timestamp) -> Result<()> {
    let by = history.transactions();
    let keep = present(history, "keep", &merge.keep)?;
    if merge.others.is_empty() {
        return Err(Error::invalid("others", "none", "at least one item"));
    }
    for id in &merge.others {
        let other = present(history, "others", id)?;
        if other == keep {
            let message = format!("others must be other items than the one kept, got {id:?}");
            return Err(Error::new(ErrorKind::Conflict, message).about("others"));
        }
        if circle_later(history, keep, other, at) {
            let message = format!("at a later time {:?} is merged into {id:?}", merge.keep);
            return Err(Error::new(ErrorKind::Conflict, message).about("others"));
        }
        history.control.merge(other, at, by, keep);
        rewire_all(history, other)?;
    }
    Ok(())
}

/// Whether what is kept is ever part of the other.
fn circle_later(history: &History, keep: u32, other: u32, at: Timestamp) -> bool {
    let mut met = vec![keep];
    let mut next = 0;
    while let Some(&one) = met.get(next) {
        let later = history.control.ever_merged_into(one, at);
        met.extend(later.into_iter().filter(|row| !met.contains(row)).collect::<Vec<_>>());
        next += 1;
    }
    met.contains(&other)
}

/// Makes the rows of relations that stand for those of an item that is merged into another.
fn rewire_all(history: &mut History, item: u32) -> Result<()> {
    let mut n = 0;
    // Those made on the way may have to be rewired themselves.
    while n < history.relations.len() {
        let row = history.relations[n];
        if row.source == item || row.target == item {
            rewire(history, n as u32)?;
        }
        n += 1;
    }
    Ok(())
}

/// Makes the rows of relations that stand for one whose ends are, or were once, merged.
pub(in crate::cmdb) fn rewire(history: &mut History, relation: u32) -> Result<()> {
    if !history.control.has_merges() {
        return Ok(());
    }
    let mut todo = vec![relation];
    let mut met = vec![relation];
    while let Some(original) = todo.pop() {
        let row = history.relations[original as usize];
        let name = if row.group == NONE { NONE } else { history.groups[row.group as usize].name };
        let always = Timestamp::MIN;
        let sources = history.control.ever_merged_into(row.source, always);
        let targets = history.control.ever_merged_into(row.target, always);
        let moved = sources.into_iter().map(|source| (source, row.target));
        let moved = moved.chain(targets.into_iter().map(|target| (row.source, target)));
        for (source, target) in moved.collect::<Vec<_>>() {
            if source == target {
                continue;
            }
            let owner = if history.is_of_target(&row) { target } else { source };
            let standing = history.relation_row((source, row.kind, target), (name, owner))?;
            history.control.add_standing(standing, original);
            if !met.contains(&standing) {
                met.push(standing);
                todo.push(standing);
            }
        }
    }
    Ok(())
}

fn stage_confirm(history: &mut History, ids: &[String]) -> Result<()> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = history.ids.find(id);
        rows.push(row.ok_or_else(|| Error::not_found("ids", "item", format!("{id:?}")))?);
    }
    confirm(history, RowSet::new(rows))
}

/// Stages that the source of the transaction saw items again.
pub(in crate::cmdb) fn confirm(history: &mut History, rows: RowSet) -> Result<()> {
    let Some(source) = history.open_source() else {
        return Err(Error::invalid("source", "none", "given: a source confirms, a hand puts"));
    };
    let (by, at) = (history.transactions(), history.open().transaction.at);
    let rows = Arc::new(rows);
    history.control.confirm(source, at, by, Arc::clone(&rows));
    history.push(Entry::Confirm(rows))
}

/// The relation that stands for one whose ends are merged as of a moment.
pub(in crate::cmdb) fn standing_row(
    history: &History,
    relation: u32,
    moment: Moment,
) -> Option<u32> {
    let row = history.relations[relation as usize];
    let end = |item| history.control.representative(item, moment);
    let ends = (end(row.source), row.kind, end(row.target));
    let group = match row.group {
        NONE => NONE,
        group => {
            let owner = if history.is_of_target(&row) { ends.2 } else { ends.0 };
            history.find_group(owner, history.groups[group as usize].name)?
        }
    };
    history.find_relation(ends, group)
}
