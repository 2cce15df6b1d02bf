//! What a transaction must leave behind to be accepted.
//!
//! Items are checked against the class model, relations for their ends and how many there are, and
//! groups for one `min_up` of which there are enough members — all at the transaction's own valid
//! time. A group may not come to have two `min_up` at any later valid time either. What a *removal*
//! leaves is not refused: a group that lost a member to one may need more than it has, and its
//! source is then down until someone says otherwise.
//!
//! Unique values and counted relations are found through [`Constraints`], an index of candidates
//! that only grows with what constrained attributes and kinds say; the cost of a check is that of
//! what the transaction touches. [`audit`] checks all there is, where the model changes.

mod audit;
mod constraints;
mod groups;
mod items;
mod relations;

use super::history::{Entry, History, NONE};
use super::lifecycle;
use super::model::ClassModel;
use crate::Result;

pub(super) use audit::audit;
pub(super) use constraints::Constraints;
pub(super) use items::check_change as check_item;

/// Checks the transaction under way.
pub(super) fn check(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
) -> Result<()> {
    let at = history.open().transaction.at;
    lifecycle::check(history, model, at)?;
    let mut groups = Vec::new();
    let mut put = Vec::new();
    // What is known of the class of the item before, which most often is the next one's too.
    let mut last = (NONE, false);
    let is_open = model.any_class() && !model.has_constrained_kinds();
    for entry in &history.open().entries {
        match *entry {
            Entry::PutItem { .. } if is_open => {}
            Entry::PutItem { item, class, .. } => {
                if last.0 != class {
                    last = (class, items::needs_nothing(model, history.words.text(class)));
                }
                if last.1 && items::is_as_staged(history, (item, class), at) {
                    continue;
                }
                items::check_change(history, model, constraints, item, at)?;
                if model.has_constrained_kinds() && items::is_reclassified(history, item, at) {
                    relations::check_around(history, model, constraints, item, at)?;
                }
            }
            Entry::PutRelation { relation, .. } => {
                relations::check_ends(history, model, relation, at)?;
                put.push(relation);
                let group = history.relations[relation as usize].group;
                if group != NONE {
                    groups.push(group);
                }
            }
            Entry::RemoveItem { .. }
            | Entry::RemoveRelation { .. }
            | Entry::Control(_)
            | Entry::Confirm(_) => {}
        }
    }
    relations::check_counts(history, model, constraints, &put, at)?;
    relations::check_circles(history, model, constraints, &put, at)?;
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        groups::check_group(history, model, group, at)?;
    }
    Ok(())
}
