//! Redundancy groups: one `min_up`, and enough members for it.

use crate::cmdb::history::History;
use crate::{Error, ErrorKind, Result, Timestamp};

pub(super) fn check_group(history: &History, group: u32, at: Timestamp) -> Result<()> {
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
        let row = &history.relations[relation as usize];
        members.push(if history.is_of_target(row) { row.source } else { row.target });
    }
    members.sort_unstable();
    members.dedup();
    Ok((needed.unwrap_or(0), members.len() as u32))
}

fn place(history: &History, group: u32) -> String {
    let owner = history.ids.text(history.groups[group as usize].owner);
    format!("group {:?} of {owner:?}", history.group_name(group))
}
