//! The relations of a view as compressed adjacency, both directions.
//!
//! Nodes are the rows of items, absent ones without edges. A group whose members are all needed —
//! a plain dependency is one — is kept as plain edges from provider to consumer; only groups with
//! something to spare have counters. Building costs one pass over the history's rows; a node's
//! neighbours are a slice.

use super::history::{History, Moment, NONE};
use super::model::ClassModel;

/// Lists of numbers by row, in two vectors.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Lists {
    /// From (row, value); the values of a row keep their order.
    fn new(rows: usize, pairs: &[(u32, u32)]) -> Self {
        let mut starts = vec![0; rows + 1];
        for (row, _) in pairs {
            starts[*row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut values = vec![0; pairs.len()];
        for (row, value) in pairs {
            let place = &mut next[*row as usize];
            values[*place as usize] = *value;
            *place += 1;
        }
        Lists { starts, values }
    }

    pub(super) fn of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.values[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// A redundancy group with members to spare, or with too few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Whose group it is.
    pub(super) source: u32,
    /// How many members may be down.
    pub(super) spare: u32,
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Per item its class's word, [`NONE`] where it is not there.
    pub(super) classes: Vec<u32>,
    /// Per item the relations it is the source of.
    pub(super) outgoing: Lists,
    /// Per item the relations it is the target of.
    pub(super) incoming: Lists,
    /// Per item two lists, next to each other in memory: in row 2i those that are down as soon as
    /// item i is, in row 2i + 1 the groups with something to spare that it is a member of.
    bearing: Lists,
    /// How many memberships of groups with something to spare there are.
    pub(super) membership_count: usize,
    pub(super) groups: Vec<Group>,
    /// Items with a group that needs more members than it has: down whatever happens.
    pub(super) short: Vec<u32>,
    pub(super) relations: u32,
}

impl Graph {
    pub(super) fn new(history: &History, model: &ClassModel, moment: Moment) -> Self {
        let count = history.items() as usize;
        let mut removed = hashbrown::HashMap::new();
        let mut classes = Vec::with_capacity(count);
        for item in 0..history.items() {
            let state = history.item_state(item, moment);
            classes.push(state.class);
            if let Some(key) = state.removed {
                removed.insert(item, key);
            }
        }
        let impact = kinds_with_impact(history, model);
        let mut links = Links::default();
        let mut members: Vec<(u32, u32, u32)> = Vec::new();
        for (relation, row) in (0..).zip(history.relations.iter()) {
            let Some((min_up, put)) = history.relation_state(relation, moment) else { continue };
            let is_there = |item: u32| {
                let since = removed.is_empty() || removed.get(&item).is_none_or(|key| *key < put);
                classes[item as usize] != NONE && since
            };
            if !is_there(row.source) || !is_there(row.target) {
                continue;
            }
            links.outgoing.push((row.source, relation));
            links.incoming.push((row.target, relation));
            if !impact[row.kind as usize] {
                continue;
            }
            if row.group == NONE {
                links.dependants.push((row.target, row.source));
            } else {
                members.push((row.group, row.target, min_up));
            }
        }
        links.add_groups(history, members);
        links.build(classes)
    }
}

impl Graph {
    /// Those that are down as soon as an item is.
    pub(super) fn dependants(&self, item: u32) -> &[u32] {
        self.bearing.of(2 * item)
    }

    /// The groups with something to spare that an item is a member of.
    pub(super) fn memberships(&self, item: u32) -> &[u32] {
        self.bearing.of(2 * item + 1)
    }
}

/// Per word whether, as a kind of relation, it carries impact.
fn kinds_with_impact(history: &History, model: &ClassModel) -> Vec<bool> {
    let words = 0..history.words.len() as u32;
    words.map(|word| model.carries_impact(history.words.text(word))).collect()
}

/// Pairs of (row, value) on the way to [`Lists`].
#[derive(Default)]
struct Links {
    outgoing: Vec<(u32, u32)>,
    incoming: Vec<(u32, u32)>,
    dependants: Vec<(u32, u32)>,
    memberships: Vec<(u32, u32)>,
    groups: Vec<Group>,
    short: Vec<u32>,
}

impl Links {
    /// Sorts (group, target, min_up) into groups and counts their members.
    fn add_groups(&mut self, history: &History, mut members: Vec<(u32, u32, u32)>) {
        members.sort_unstable();
        members.dedup_by_key(|&mut (group, target, _)| (group, target));
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            let (row, _, min_up) = group[0];
            let source = history.groups[row as usize].source;
            let targets = group.iter().map(|&(_, target, _)| target);
            match (group.len() as u32).checked_sub(min_up) {
                None => self.short.push(source),
                Some(0) => self.dependants.extend(targets.map(|target| (target, source))),
                Some(spare) => {
                    let number = self.groups.len() as u32;
                    self.groups.push(Group { source, spare });
                    self.memberships.extend(targets.map(|target| (target, number)));
                }
            }
        }
    }

    fn build(mut self, classes: Vec<u32>) -> Graph {
        let rows = classes.len();
        self.short.sort_unstable();
        self.short.dedup();
        let direct = self.dependants.iter().map(|&(item, source)| (2 * item, source));
        let pooled = self.memberships.iter().map(|&(item, group)| (2 * item + 1, group));
        let bearing: Vec<(u32, u32)> = direct.chain(pooled).collect();
        Graph {
            classes,
            relations: self.outgoing.len() as u32,
            outgoing: Lists::new(rows, &self.outgoing),
            incoming: Lists::new(rows, &self.incoming),
            membership_count: self.memberships.len(),
            bearing: Lists::new(2 * rows, &bearing),
            groups: self.groups,
            short: self.short,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_order_and_leave_rows_empty() {
        let lists = Lists::new(3, &[(2, 7), (0, 1), (2, 5)]);
        assert_eq!([lists.of(0), lists.of(1), lists.of(2)], [&[1][..], &[], &[7, 5]]);
    }
}
