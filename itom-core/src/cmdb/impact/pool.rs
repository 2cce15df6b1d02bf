//! The groups of an item as they were declared, with what each needs of its members.
//!
//! A group is measured in *units*: members, one unit each, or where it is weighed their weights. A
//! plain dependency is a group of one that needs it.

use super::super::View;
use super::super::history::NONE;
use super::super::terms::Terms;

/// A group of an item.
#[derive(Debug)]
pub(in super::super) struct Pool {
    /// Its row in the history, or [`NONE`].
    pub(in super::super) group: u32,
    /// The units that have to be up.
    pub(in super::super) need: u64,
    /// Whether members count by their weights.
    pub(in super::super) weighed: bool,
    /// Rows of items with their units, sorted, each once.
    pub(in super::super) members: Vec<(u32, u64)>,
}

impl Pool {
    /// The units of all members.
    pub(super) fn all(&self) -> u64 {
        self.members.iter().map(|(_, units)| units).sum()
    }

    /// The units of the members that are up.
    pub(super) fn up(&self, is_down: impl Fn(u32) -> bool) -> u64 {
        self.members.iter().filter(|(row, _)| !is_down(*row)).map(|(_, units)| units).sum()
    }

    /// The weight of all members, where they count by it.
    pub(super) fn weight(&self) -> Option<u64> {
        self.weighed.then(|| self.all())
    }

    /// Whether the loss of one more member takes its item down.
    pub(super) fn is_last(&self, is_down: impl Fn(u32) -> bool) -> bool {
        let up = self.up(&is_down);
        let mut left = self.members.iter().filter(|(row, _)| !is_down(*row));
        left.any(|(_, units)| up - units < self.need)
    }
}

/// A relation of a group: the group, the member, what the relation says and how much it weighs.
pub(in super::super) type Member = (u32, u32, Terms, u32);

/// The members of a group, each once: one that is in it by several relations weighs what the
/// heaviest says. `relations` is sorted by member.
pub(in super::super) fn members(relations: &[Member], members: &mut Vec<(u32, u32)>) {
    members.clear();
    for &(_, member, _, weight) in relations {
        match members.last_mut().filter(|last| last.0 == member) {
            Some(last) => last.1 = last.1.max(weight),
            None => members.push((member, weight)),
        }
    }
}

impl View {
    /// The groups of an item, by relations that carry impact.
    pub(in super::super) fn pools_of(&self, item: u32) -> Vec<Pool> {
        let (history, moment, graph) = (self.history(), self.moment(), self.graph());
        let (mut plain, mut grouped): (Vec<u32>, Vec<Member>) = Default::default();
        for (relation, provider) in graph.providers(history, item) {
            let group = history.group_for(relation, item);
            if group == NONE {
                plain.push(provider);
            } else if let Some((code, _)) = history.relation_state(relation, moment) {
                let terms = history.terms(code);
                let weight = graph.weight(self.relation_row(relation), &terms);
                grouped.push((group, provider, terms, weight));
            }
        }
        grouped.sort_unstable_by_key(|(group, member, ..)| (*group, *member));
        let pooled = grouped.chunk_by(|a, b| a.0 == b.0).map(|relations| {
            let mut found = Vec::new();
            members(relations, &mut found);
            let terms = relations[0].2;
            let weighed = terms.min_up_type.is_weighed();
            let units = |weight: u32| if weighed { u64::from(weight) } else { 1 };
            let members: Vec<(u32, u64)> =
                found.into_iter().map(|(row, weight)| (row, units(weight))).collect();
            let all = members.iter().map(|(_, units)| units).sum();
            let need = terms.need(members.len() as u64, all);
            Pool { group: relations[0].0, need, weighed, members }
        });
        plain.sort_unstable();
        plain.dedup();
        let alone = |row| Pool { group: NONE, need: 1, weighed: false, members: vec![(row, 1)] };
        pooled.chain(plain.into_iter().map(alone)).collect()
    }
}
