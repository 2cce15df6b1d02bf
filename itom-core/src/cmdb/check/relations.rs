//! Relations against the class model: their ends, how many there are, and that none leads back.

use hashbrown::{HashMap, HashSet};

use super::constraints::{Constraints, End};
use crate::cmdb::RelationEnds;
use crate::cmdb::history::{History, Moment, NONE, RelationRow};
use crate::cmdb::model::ClassModel;
use crate::{Error, ErrorKind, Result, Timestamp};

/// Both ends of a relation that was put are there, and of classes that may be related.
pub(super) fn check_ends(
    history: &History,
    model: &ClassModel,
    relation: u32,
    at: Timestamp,
) -> Result<()> {
    let moment = history.now(at);
    let Some((_, put)) = history.relation_state(relation, moment) else { return Ok(()) };
    let row = history.relations[relation as usize];
    for (end, item) in [("source", row.source), ("target", row.target)] {
        let state = history.item_state(item, moment);
        if state.class == NONE || state.removed.is_some_and(|removed| removed > put) {
            let id = format!("{:?}", history.ids.text(item));
            return Err(Error::not_found(end, "item", id).within(place(history, &row)));
        }
    }
    check_classes(history, model, &row, moment)
}

/// A relation is of a kind that the model has, between classes that it allows.
pub(super) fn check_classes(
    history: &History,
    model: &ClassModel,
    row: &RelationRow,
    moment: Moment,
) -> Result<()> {
    let name = history.words.text(row.kind);
    model.check_kind(name).map_err(|error| error.within(place(history, row)))?;
    let Some(kind) = model.relation(name).filter(|kind| !kind.ends.is_empty()) else {
        return Ok(());
    };
    let class = |item| history.words.text(history.item_state(item, moment).class);
    let (source, target) = (class(row.source), class(row.target));
    let is_a = |class: &str, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| model.is_a(model.canonical(class), wanted))
    };
    let fits = |ends: &RelationEnds| {
        let straight = is_a(source, &ends.source) && is_a(target, &ends.target);
        straight || kind.symmetric && is_a(target, &ends.source) && is_a(source, &ends.target)
    };
    if kind.ends.iter().any(fits) {
        return Ok(());
    }
    let any = |class: &Option<String>| class.clone().unwrap_or_else(|| "any".to_owned());
    let allowed =
        kind.ends.iter().map(|ends| format!("{} to {}", any(&ends.source), any(&ends.target)));
    let expected = format!("from {}", allowed.collect::<Vec<_>>().join(", or from "));
    let value = format!("from {source} to {target}");
    Err(Error::invalid(name, value, expected).within(place(history, row)))
}

/// A group is that of the end which depends: a kind may not turn round under groups that stand.
pub(super) fn check_owner(history: &History, model: &ClassModel, row: &RelationRow) -> Result<()> {
    let kind = history.words.text(row.kind);
    let turned = row.group != NONE && history.is_of_target(row) != model.depends_target(kind);
    if !turned || row.source == row.target {
        return Ok(());
    }
    let owner = history.ids.text(history.groups[row.group as usize].owner);
    let group = history.group_name(row.group);
    let expected = format!("as it was while group {group:?} of {owner:?} has it as a member");
    let error = Error::invalid("impact", "another direction", expected);
    Err(error.within(place(history, row)))
}

/// The relations of an item that is of another class now still may have it as an end.
pub(super) fn check_around(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    item: u32,
    at: Timestamp,
) -> Result<()> {
    let moment = history.now(at);
    for (name, kind) in &model.definition().relations {
        let Some(word) = history.words.find(name).filter(|_| !kind.ends.is_empty()) else {
            continue;
        };
        for end in [End::Source, End::Target] {
            for relation in constraints.relations(history, word, end, item) {
                if history.live_relation(relation, moment).is_some() {
                    let row = &history.relations[relation as usize];
                    check_classes(history, model, row, moment)?;
                }
            }
        }
    }
    Ok(())
}

/// No end has more of them than there may be. Time is proportional to the relations of these kinds
/// at the ends of those that were put.
pub(super) fn check_counts(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    put: &[u32],
    at: Timestamp,
) -> Result<()> {
    let moment = history.now(at);
    let mut seen = HashSet::new();
    for &relation in put {
        let row = history.relations[relation as usize];
        let Some(kind) = model.relation(history.words.text(row.kind)) else { continue };
        let counted = [
            (End::Source, row.source, kind.targets_per_source.max, "targets"),
            (End::Target, row.target, kind.sources_per_target.max, "sources"),
        ];
        for (end, item, max, others) in counted {
            let Some(max) = max else { continue };
            if !seen.insert((row.kind, end == End::Source, item)) {
                continue;
            }
            let candidates = constraints.relations(history, row.kind, end, item);
            let live = candidates
                .into_iter()
                .filter(|&relation| history.live_relation(relation, moment).is_some());
            let mut items: Vec<u32> = live
                .map(|relation| {
                    let row = &history.relations[relation as usize];
                    if end == End::Source { row.target } else { row.source }
                })
                .collect();
            items.sort_unstable();
            items.dedup();
            if items.len() as u64 > u64::from(max) {
                let message = format!(
                    "{} must have at most {max} {others} of {:?}, got {}",
                    history.words.text(row.kind),
                    history.ids.text(item),
                    items.len()
                );
                let error = Error::new(ErrorKind::Conflict, message).about("kind");
                return Err(error.within(place(history, &row)));
            }
        }
    }
    Ok(())
}

/// Relations of a kind that must not lead back do not, from any source of those that were put.
/// Time is proportional to what those sources reach by relations of the kind.
pub(super) fn check_circles(
    history: &History,
    model: &ClassModel,
    constraints: &Constraints,
    put: &[u32],
    at: Timestamp,
) -> Result<()> {
    let moment = history.now(at);
    // Per kind and item whether all behind it was looked at.
    let mut done: HashMap<(u32, u32), bool> = HashMap::new();
    for &relation in put {
        let row = history.relations[relation as usize];
        let kind = model.relation(history.words.text(row.kind));
        if !kind.is_some_and(|kind| kind.acyclic) {
            continue;
        }
        let next = |item: u32| -> Vec<u32> {
            let candidates = constraints.relations(history, row.kind, End::Source, item);
            let live = candidates
                .into_iter()
                .filter(|&relation| history.live_relation(relation, moment).is_some());
            live.map(|relation| history.relations[relation as usize].target).collect()
        };
        let mut under_way: Vec<(u32, Vec<u32>)> = Vec::new();
        if done.insert((row.kind, row.source), false).is_none() {
            under_way.push((row.source, next(row.source)));
        }
        while let Some((item, behind)) = under_way.last_mut() {
            let item = *item;
            let Some(target) = behind.pop() else {
                done.insert((row.kind, item), true);
                under_way.pop();
                continue;
            };
            match done.get(&(row.kind, target)) {
                Some(true) => {}
                Some(false) => {
                    let value = format!("a circle through {:?}", history.ids.text(target));
                    let name = history.words.text(row.kind);
                    let error = Error::invalid(name, value, "without circles");
                    return Err(error.within(place(history, &row)));
                }
                None => {
                    done.insert((row.kind, target), false);
                    under_way.push((target, next(target)));
                }
            }
        }
    }
    Ok(())
}

fn place(history: &History, row: &RelationRow) -> String {
    format!(
        "relation {:?} {} {:?}",
        history.ids.text(row.source),
        history.words.text(row.kind),
        history.ids.text(row.target)
    )
}
