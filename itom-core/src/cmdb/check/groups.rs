//! Redundancy groups: one `min_up` by one measure, and enough members for it.

use crate::cmdb::MinUpType;
use crate::cmdb::history::History;
use crate::cmdb::model::ClassModel;
use crate::cmdb::terms::Terms;
use crate::{Error, ErrorKind, Result, Timestamp};

pub(super) fn check_group(
    history: &History,
    model: &ClassModel,
    group: u32,
    at: Timestamp,
) -> Result<()> {
    let (terms, members) = group_at(history, model, group, at)?;
    let weight: u64 = members.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let (min_up, count) = (u64::from(terms.min_up), members.len() as u64);
    let (most, what) = match terms.min_up_type {
        MinUpType::Count => (count, "the number of members"),
        MinUpType::Weight => (weight, "the weight of all members"),
        MinUpType::Percent | MinUpType::WeightPercent => (100, "everything"),
    };
    if count > 0 && min_up > most {
        let error = Error::invalid("min_up", min_up, format!("at most {most}, {what}"));
        return Err(error.within(place(history, group)));
    }
    if terms.min_up_type.is_weighed() && weight > u64::from(u32::MAX) {
        let message = format!(
            "{}: members must weigh {} at most, got {weight}",
            place(history, group),
            u32::MAX
        );
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("weight"));
    }
    for later in history.group_changes_after(group, at) {
        group_at(history, model, group, later)?;
    }
    Ok(())
}

/// What a group says at a valid time, and its members with their weights.
fn group_at(
    history: &History,
    model: &ClassModel,
    group: u32,
    valid: Timestamp,
) -> Result<(Terms, Vec<(u32, u32)>)> {
    let moment = history.now(valid);
    let mut said: Option<Terms> = None;
    let mut members = Vec::new();
    for relation in history.group_relations(group) {
        let Some(code) = history.live_relation(relation, moment) else { continue };
        let terms = history.terms(code);
        let same = |one: &Terms| (one.min_up, one.min_up_type) == (terms.min_up, terms.min_up_type);
        if let Some(other) = said.filter(|other| !same(other)) {
            let mut both = [told(&terms), told(&other)];
            both.sort_by_key(|text| (text.len(), text.clone()));
            let message = format!(
                "{}: min_up must be the same for every member, got {} and {} as of {valid}",
                place(history, group),
                both[0],
                both[1]
            );
            return Err(Error::new(ErrorKind::Conflict, message).about("min_up"));
        }
        said = Some(terms);
        let row = &history.relations[relation as usize];
        let member = if history.is_of_target(row) { row.source } else { row.target };
        let weight = terms.weight.unwrap_or_else(|| model.weight(history.words.text(row.kind)));
        members.push((member, weight));
    }
    // One that is in it by several relations weighs what the heaviest says.
    members.sort_unstable_by_key(|&(member, weight)| (member, std::cmp::Reverse(weight)));
    members.dedup_by_key(|(member, _)| *member);
    Ok((said.unwrap_or_default(), members))
}

fn told(terms: &Terms) -> String {
    match terms.min_up_type {
        MinUpType::Count => terms.min_up.to_string(),
        by => format!("{} by {}", terms.min_up, by.name()),
    }
}

fn place(history: &History, group: u32) -> String {
    let owner = history.ids.text(history.groups[group as usize].owner);
    format!("group {:?} of {owner:?}", history.group_name(group))
}
