//! Who bears on whom: what impact is computed on.
//!
//! A group whose members are all needed — a plain dependency is one — is kept as plain edges from
//! provider to consumer; only groups with something to spare have counters: of members, or of their
//! weight where they are weighed.
//!
//! Items are renumbered for it: *nodes* are rows in the reverse postorder of a depth-first search
//! from what depends on nothing up to what nothing depends on. Without circles every node then
//! comes after all that it depends on, so an impact is swept up in one pass over memory in order
//! (Kam and Ullman, "Global data flow analysis and iterative algorithms", 1976, use the same order
//! for the same reason); with circles it takes another pass for each way back. Building costs one
//! pass over the relations and one search.

use hashbrown::HashMap;

use super::super::history::{History, Moment, NONE};
use super::super::impact::{Member, members};
use super::{Graph, Lists};

/// A redundancy group with members to spare.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Group {
    /// The node whose group it is.
    pub(in super::super) source: u32,
    /// How many members, or how much weight, may be down.
    pub(in super::super) spare: u32,
}

#[derive(Debug)]
pub(in super::super) struct Bearing {
    /// Per row of an item its node.
    pub(in super::super) node_of: Vec<u32>,
    /// Per node the row of its item.
    pub(in super::super) row_of: Vec<u32>,
    /// Per node those that are down as soon as it is.
    pub(in super::super) dependants: Lists,
    /// Per node the groups with something to spare that it is a member of.
    pub(in super::super) memberships: Lists,
    /// Beside `memberships` what the loss of the member costs the group; empty where it is one
    /// everywhere, for no group is weighed.
    pub(in super::super) units: Vec<u32>,
    pub(in super::super) groups: Vec<Group>,
    /// Nodes with a group that needs more members than it has: down whatever happens.
    pub(in super::super) short: Vec<u32>,
}

/// Marks a value in a list as the number of a group; other values are rows of items.
const IN_GROUP: u32 = 1 << 31;

/// What bears on what, by rows, before it is renumbered.
#[derive(Default)]
struct Rough {
    /// (provider, consumer, or group with [`IN_GROUP`] set)
    pairs: Vec<(u32, u32)>,
    /// Source's row, spare.
    groups: Vec<(u32, u32)>,
    /// Of the weighed ones by member and group what a member weighs.
    weights: HashMap<(u32, u32), u32>,
    short: Vec<u32>,
    /// Working memory: the members of a group.
    members: Vec<(u32, u32)>,
}

impl Rough {
    fn new(graph: &Graph, history: &History, moment: Moment) -> Self {
        let mut rough = Rough::default();
        rough.pairs.reserve(graph.relations as usize);
        let mut members: Vec<Member> = Vec::new();
        for source in 0..graph.classes.len() as u32 {
            for (relation, provider) in graph.providers(history, source) {
                let group = history.group_for(relation, source);
                if group == NONE {
                    rough.pairs.push((provider, source));
                } else if let Some((code, _)) = history.relation_state(relation, moment) {
                    let terms = history.terms(code);
                    let weight = graph.weight(&history.relations[relation as usize], &terms);
                    members.push((group, provider, terms, weight));
                }
            }
            rough.add_groups(source, &mut members);
        }
        rough
    }

    /// Takes the members of the groups of one source.
    fn add_groups(&mut self, source: u32, relations: &mut Vec<Member>) {
        relations.sort_unstable_by_key(|(group, member, ..)| (*group, *member));
        for group in relations.chunk_by(|a, b| a.0 == b.0) {
            members(group, &mut self.members);
            let (terms, members) = (group[0].2, &self.members);
            let weighed = terms.min_up_type.is_weighed();
            let weight: u64 = members.iter().map(|(_, weight)| u64::from(*weight)).sum();
            let need = terms.need(members.len() as u64, weight);
            let all = if weighed { weight } else { members.len() as u64 };
            let lightest = members.iter().map(|(_, weight)| *weight).min().filter(|_| weighed);
            let targets = members.iter().map(|&(target, _)| target);
            match all.checked_sub(need) {
                None => self.short.push(source),
                // Nothing that could be lost is to spare.
                Some(spare) if spare < u64::from(lightest.unwrap_or(1)) => {
                    self.pairs.extend(targets.map(|target| (target, source)));
                }
                Some(spare) => {
                    let number = self.groups.len() as u32 | IN_GROUP;
                    self.groups.push((source, spare.min(u64::from(u32::MAX)) as u32));
                    self.pairs.extend(targets.map(|target| (target, number)));
                    let weights = members.iter().filter(|_| weighed);
                    let weights = weights.map(|&(target, weight)| ((target, number), weight));
                    self.weights.extend(weights);
                }
            }
        }
        relations.clear();
    }

    /// The consumer a value of a list stands for.
    fn consumer(&self, value: u32) -> u32 {
        if value & IN_GROUP == 0 { value } else { self.groups[(value & !IN_GROUP) as usize].0 }
    }
}

impl Bearing {
    /// What the losses cost that `memberships` has for these nodes.
    #[inline]
    pub(in super::super) fn units(&self, first: u32, end: u32) -> &[u32] {
        &self.units[self.memberships.span(first, end)]
    }

    pub(super) fn new(graph: &Graph, history: &History, moment: Moment) -> Self {
        let rough = Rough::new(graph, history, moment);
        let rows = graph.classes.len();
        let lists = Lists::new(rows, || rough.pairs.iter().copied());
        let row_of = reverse_postorder(rows, &lists, &rough);
        let mut node_of = vec![0; rows];
        for (node, &row) in (0..).zip(&row_of) {
            node_of[row as usize] = node;
        }
        let pooled = rough.pairs.iter().filter(|(_, value)| value & IN_GROUP != 0).count();
        let mut dependants = Lists::with_capacity(rows, rough.pairs.len() - pooled);
        let mut memberships = Lists::with_capacity(rows, pooled);
        // Groups are numbered in the order in which their first members come.
        let mut numbers = vec![NONE; rough.groups.len()];
        let mut groups = Vec::with_capacity(rough.groups.len());
        let mut units = Vec::new();
        for &row in &row_of {
            let (plain, pooled) = (lists.of(row).iter(), lists.of(row).iter());
            let plain = plain.filter(|value| **value & IN_GROUP == 0);
            dependants.push_row(plain.map(|value| node_of[*value as usize]));
            let pooled = pooled.filter(|value| **value & IN_GROUP != 0);
            if !rough.weights.is_empty() {
                let weight = |group: &u32| rough.weights.get(&(row, *group)).copied().unwrap_or(1);
                units.extend(pooled.clone().map(weight));
            }
            memberships.push_row(pooled.map(|value| {
                let old = (value & !IN_GROUP) as usize;
                if numbers[old] == NONE {
                    numbers[old] = groups.len() as u32;
                    let (source, spare) = rough.groups[old];
                    groups.push(Group { source: node_of[source as usize], spare });
                }
                numbers[old]
            }));
        }
        let mut short: Vec<u32> = rough.short.iter().map(|&row| node_of[row as usize]).collect();
        short.sort_unstable();
        short.dedup();
        Bearing { node_of, row_of, dependants, memberships, units, groups, short }
    }
}

/// The rows, each after what it depends on as far as circles allow.
fn reverse_postorder(rows: usize, lists: &Lists, rough: &Rough) -> Vec<u32> {
    let mut is_root = vec![true; rows];
    for &(_, value) in &rough.pairs {
        is_root[rough.consumer(value) as usize] = false;
    }
    let mut seen = vec![false; rows];
    let mut order = Vec::with_capacity(rows);
    // Each entry: a row, and how many of its consumers were looked at.
    let mut stack: Vec<(u32, u32)> = Vec::new();
    let all = 0..rows as u32;
    let roots = all.clone().filter(|row| is_root[*row as usize]);
    // What no root leads to is on a circle, or behind one.
    for root in roots.chain(all) {
        if std::mem::replace(&mut seen[root as usize], true) {
            continue;
        }
        stack.push((root, 0));
        while let Some((row, next)) = stack.last_mut() {
            let Some(&value) = lists.of(*row).get(*next as usize) else {
                order.push(*row);
                stack.pop();
                continue;
            };
            *next += 1;
            let consumer = rough.consumer(value);
            if !std::mem::replace(&mut seen[consumer as usize], true) {
                stack.push((consumer, 0));
            }
        }
    }
    order.reverse();
    order
}
