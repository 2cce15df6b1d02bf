//! Who bears on whom: what impact is computed on.
//!
//! A group whose members are all needed — a plain dependency is one — is kept as plain edges from
//! provider to consumer; only groups with something to spare have counters.
//!
//! Items are renumbered for it: *nodes* are rows in the reverse postorder of a depth-first search
//! from what depends on nothing up to what nothing depends on. Without circles every node then
//! comes after all that it depends on, so an impact is swept up in one pass over memory in order
//! (Kam and Ullman, "Global data flow analysis and iterative algorithms", 1976, use the same order
//! for the same reason); with circles it takes another pass for each way back. Building costs one
//! pass over the relations and one search.

use super::super::history::{History, Moment, NONE};
use super::{Graph, Lists};

/// A redundancy group with members to spare.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Group {
    /// The node whose group it is.
    pub(in super::super) source: u32,
    /// How many members may be down.
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
    short: Vec<u32>,
}

impl Rough {
    fn new(graph: &Graph, history: &History, moment: Moment) -> Self {
        let mut rough = Rough::default();
        rough.pairs.reserve(graph.relations as usize);
        let mut members: Vec<(u32, u32, u32)> = Vec::new();
        for source in 0..graph.classes.len() as u32 {
            for (relation, provider) in graph.providers(history, source) {
                let group = history.group_for(relation, source);
                if group == NONE {
                    rough.pairs.push((provider, source));
                } else if let Some((min_up, _)) = history.relation_state(relation, moment) {
                    members.push((group, provider, min_up));
                }
            }
            rough.add_groups(source, &mut members);
        }
        rough
    }

    /// Takes the (group, target, min_up) of one source.
    fn add_groups(&mut self, source: u32, members: &mut Vec<(u32, u32, u32)>) {
        members.sort_unstable();
        members.dedup_by_key(|&mut (group, target, _)| (group, target));
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            let min_up = group[0].2;
            let targets = group.iter().map(|&(_, target, _)| target);
            match (group.len() as u32).checked_sub(min_up) {
                None => self.short.push(source),
                Some(0) => self.pairs.extend(targets.map(|target| (target, source))),
                Some(spare) => {
                    let number = self.groups.len() as u32 | IN_GROUP;
                    self.groups.push((source, spare));
                    self.pairs.extend(targets.map(|target| (target, number)));
                }
            }
        }
        members.clear();
    }

    /// The consumer a value of a list stands for.
    fn consumer(&self, value: u32) -> u32 {
        if value & IN_GROUP == 0 { value } else { self.groups[(value & !IN_GROUP) as usize].0 }
    }
}

impl Bearing {
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
        for &row in &row_of {
            let (plain, pooled) = (lists.of(row).iter(), lists.of(row).iter());
            let plain = plain.filter(|value| **value & IN_GROUP == 0);
            dependants.push_row(plain.map(|value| node_of[*value as usize]));
            let pooled = pooled.filter(|value| **value & IN_GROUP != 0);
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
        Bearing { node_of, row_of, dependants, memberships, groups, short }
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
