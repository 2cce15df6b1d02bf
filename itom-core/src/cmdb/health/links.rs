//! Relations as health sees them: which are there, which double another, which lack an end.

use hashbrown::HashMap;

use super::super::Direction;
use super::super::graph::Lists;
use super::super::history::{History, NONE, RelationRow};

/// The relation is there.
pub(super) const LIVE: u8 = 1;
/// Someone says that it is there, and its target, or its source, is not.
pub(super) const TARGETLESS: u8 = 2;
pub(super) const SOURCELESS: u8 = 4;
/// Another of its kind between the same items comes before it.
pub(super) const DOUBLE: u8 = 8;
/// An end of it is stale.
pub(super) const STALE: u8 = 16;

/// Per item the relations that it is or was an end of; grows as relations are made.
#[derive(Debug, Default)]
pub(super) struct Ends {
    base: Lists,
    base_rows: u32,
    later: HashMap<u32, Vec<u32>>,
    /// How many relations were read.
    pub(super) read: usize,
}

impl Ends {
    pub(super) fn new(history: &History) -> Self {
        let pairs = || {
            (0..).zip(history.relations.iter()).flat_map(|(n, row)| {
                let target = (row.target != row.source).then_some((row.target, n));
                [Some((row.source, n)), target].into_iter().flatten()
            })
        };
        Ends {
            base: Lists::new(history.items() as usize, pairs),
            base_rows: history.items(),
            later: HashMap::new(),
            read: history.relations.len(),
        }
    }

    /// Reads one relation more.
    pub(super) fn push(&mut self, history: &History) -> u32 {
        let relation = self.read as u32;
        let row = &history.relations[self.read];
        self.later.entry(row.source).or_default().push(relation);
        if row.target != row.source {
            self.later.entry(row.target).or_default().push(relation);
        }
        self.read += 1;
        relation
    }

    pub(super) fn of(&self, row: u32) -> impl Iterator<Item = u32> {
        let [base, later] = self.parts(row);
        base.iter().chain(later).copied()
    }

    pub(super) fn count(&self, row: u32) -> usize {
        self.parts(row).iter().map(|part| part.len()).sum()
    }

    fn parts(&self, row: u32) -> [&[u32]; 2] {
        let base = if row < self.base_rows { self.base.of(row) } else { &[] };
        [base, self.later.get(&row).map_or(&[], Vec::as_slice)]
    }
}

/// The item that a relation with these flags counts for, if any.
pub(super) fn owner(flags: u8, relation: &RelationRow) -> Option<u32> {
    match flags {
        _ if flags & (LIVE | TARGETLESS) != 0 => Some(relation.source),
        _ if flags & SOURCELESS != 0 => Some(relation.target),
        _ => None,
    }
}

/// The other end of a relation, if it is seen in a direction from an item; not of one to itself.
pub(super) fn other(relation: &RelationRow, row: u32, direction: Direction) -> Option<u32> {
    let out = relation.source == row;
    let other = if out { relation.target } else { relation.source };
    let seen = match direction {
        Direction::Providers => out,
        Direction::Consumers => !out,
        Direction::Both => true,
    };
    (seen && other != row).then_some(other)
}

/// The name of a relation's group, before all others where it has none.
pub(super) fn group<'a>(history: &'a History, relation: &RelationRow) -> &'a str {
    if relation.group == NONE { "" } else { history.group_name(relation.group) }
}
