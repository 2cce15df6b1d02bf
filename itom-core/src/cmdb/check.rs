//! What a transaction must leave behind to be accepted.
//!
//! Items are checked against the class model, relations for their ends, and groups for one
//! `min_up` of which there are enough members — all at the transaction's own valid time. A group
//! may not come to have two `min_up` at any later valid time either. What a *removal* leaves is not
//! refused: a group that lost a member to one may need more than it has, and its source is then
//! down until someone says otherwise.

use super::history::{Entry, History, NONE};
use super::model::{AttributeType, ClassModel};
use super::{Value, lifecycle};
use crate::{Error, ErrorKind, Result, Timestamp};

/// Checks the transaction under way.
pub(super) fn check(history: &History, model: &ClassModel) -> Result<()> {
    let at = history.open().transaction.at;
    lifecycle::check(history, model, at)?;
    let mut groups = Vec::new();
    for entry in &history.open().entries {
        match *entry {
            Entry::PutItem { item, .. } => check_item(history, model, item, at)?,
            Entry::PutRelation { relation, .. } => {
                check_ends(history, relation, at)?;
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
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        check_group(history, group, at)?;
    }
    Ok(())
}

/// Required attributes are there, and every attribute belongs to the class the item ended up with.
pub(super) fn check_item(
    history: &History,
    model: &ClassModel,
    item: u32,
    at: Timestamp,
) -> Result<()> {
    if model.any_class() {
        return Ok(());
    }
    let moment = history.now(at);
    let state = history.item_state(item, moment);
    if state.class == NONE {
        return Ok(());
    }
    let class = history.words.text(state.class);
    let id = history.ids.text(item);
    let of = || format!("item {id:?} of class {class}");
    let attributes = history.attributes(model, item, moment);
    for (&word, value) in &attributes {
        let name = history.words.text(word);
        let conform = model.conform(class, name, value.clone());
        conform.map_err(|error| error.within(of()))?;
    }
    for (name, definition) in model.attributes(class) {
        let word = history.words.find(name);
        let value = word.and_then(|word| attributes.get(&word));
        if definition.required && value.is_none() {
            return Err(Error::invalid(name, "no value", "given").within(of()));
        }
        let (Some(Value::Text(other)), AttributeType::Reference) =
            (value, definition.attribute_type)
        else {
            continue;
        };
        let target = history.ids.find(other).map(|target| history.item_state(target, moment).class);
        let Some(target) = target.filter(|&class| class != NONE) else {
            return Err(Error::not_found(name, "item", format!("{other:?}")).within(of()));
        };
        let (target, wanted) = (history.words.text(target), definition.class.as_deref());
        if wanted.is_some_and(|wanted| !model.is_a(target, wanted)) {
            let expected = format!("an item of class {}", wanted.unwrap_or_default());
            let value = format!("{other:?} of class {target}");
            return Err(Error::invalid(name, value, expected).within(of()));
        }
    }
    Ok(())
}

/// Both ends of a relation that was put are there.
fn check_ends(history: &History, relation: u32, at: Timestamp) -> Result<()> {
    let moment = history.now(at);
    let Some((_, put)) = history.relation_state(relation, moment) else { return Ok(()) };
    let row = history.relations[relation as usize];
    for (end, item) in [("source", row.source), ("target", row.target)] {
        let state = history.item_state(item, moment);
        if state.class == NONE || state.removed.is_some_and(|removed| removed > put) {
            let id = format!("{:?}", history.ids.text(item));
            let place = format!(
                "relation {:?} {} {:?}",
                history.ids.text(row.source),
                history.words.text(row.kind),
                history.ids.text(row.target)
            );
            return Err(Error::not_found(end, "item", id).within(place));
        }
    }
    Ok(())
}

fn check_group(history: &History, group: u32, at: Timestamp) -> Result<()> {
    let (min_up, members) = group_at(history, group, at)?;
    if members > 0 && min_up > members {
        let expected = format!("at most {members}, the number of members");
        return Err(Error::invalid("min_up", min_up, expected).within(place(history, group)));
    }
    for later in history.group_changes_after(group, at) {
        group_at(history, group, later)?;
    }
    Ok(())
}

/// `min_up` and number of members of a group at a valid time.
fn group_at(history: &History, group: u32, valid: Timestamp) -> Result<(u32, u32)> {
    let moment = history.now(valid);
    let mut needed: Option<u32> = None;
    let mut members = Vec::new();
    for relation in history.group_relations(group) {
        let Some(min_up) = history.live_relation(relation, moment) else { continue };
        if let Some(other) = needed.filter(|&other| other != min_up) {
            let (low, high) = (min_up.min(other), min_up.max(other));
            let message = format!(
                "{}: min_up must be the same for every member, got {low} and {high} as of {valid}",
                place(history, group)
            );
            return Err(Error::new(ErrorKind::Conflict, message).about("min_up"));
        }
        needed = Some(min_up);
        members.push(history.relations[relation as usize].target);
    }
    members.sort_unstable();
    members.dedup();
    Ok((needed.unwrap_or(0), members.len() as u32))
}

fn place(history: &History, group: u32) -> String {
    let source = history.ids.text(history.groups[group as usize].source);
    format!("group {:?} of {source:?}", history.group_name(group))
}
