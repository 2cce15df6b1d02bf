//! The least set that is down, on nodes.
//!
//! A few items are taken by work list: every node that goes down is taken up once, and reports to
//! each group it is a member of, which goes down with its source when it has lost more than it can
//! spare (the counters of Dowling and Gallier, "Linear-time algorithms for testing the
//! satisfiability of propositional Horn formulae", 1984: the rules are Horn clauses). Time is
//! proportional to the relations of what goes down.
//!
//! Once many are down it goes on in sweeps over the bits of all nodes: nodes are numbered so that
//! what depends on a node mostly comes after it ([`Bearing`]), so a sweep reads memory in order,
//! and takes neighbouring nodes that are down in one go. A sweep that finds little to do hands back
//! to the work list, so no circle, however it is laid, makes sweeping cost more than the list would.

use super::super::graph::{Bearing, Graph, Group};

/// Working memory of one computation, kept between computations and left as it was found: what a
/// computation marks it unmarks again, so the cost does not depend on the size of the database.
#[derive(Debug, Default)]
pub(in super::super) struct Scratch {
    /// One bit per node: whether it is down. Small enough to stay in a near cache.
    pub(super) down: Vec<u64>,
    /// One bit per node: whether it has reported, while sweeping.
    done: Vec<u64>,
    /// Per group how many more members, or how much weight, it can lose; below zero it goes round.
    pub(super) groups: Vec<Group>,
    /// The nodes that are down, in the order in which they went down, with a place to spare.
    order: Vec<u32>,
    /// The groups that lost a member, once per member.
    losses: Vec<u32>,
}

/// What a computation has left in its [`Scratch`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Fallen {
    /// Whether there was a sweep: then only the bits say what is down.
    swept: bool,
    /// Otherwise how many nodes are down, and how many members groups have lost.
    count: usize,
    losses: usize,
}

impl Scratch {
    pub(in super::super) fn new(_: &Graph) -> Self {
        Scratch::default()
    }

    fn fit(&mut self, bearing: &Bearing) {
        let nodes = bearing.row_of.len();
        if self.order.len() != nodes + 1 {
            *self = Scratch {
                down: vec![0; nodes.div_ceil(64)],
                done: vec![0; nodes.div_ceil(64)],
                groups: bearing.groups.clone(),
                order: vec![0; nodes + 1],
                losses: vec![0; bearing.memberships.len() + 1],
            };
        }
    }

    /// Takes the failed nodes to the least fixpoint.
    pub(super) fn fall(&mut self, bearing: &Bearing, failed: impl Iterator<Item = u32>) -> Fallen {
        self.fall_within(bearing, failed, (bearing.row_of.len() / 512).max(256))
    }

    /// The same by work list alone: [`in_order`](Self::in_order) then says which went down first.
    pub(super) fn fall_in_order(
        &mut self,
        bearing: &Bearing,
        failed: impl Iterator<Item = u32>,
    ) -> Fallen {
        self.fall_within(bearing, failed, usize::MAX)
    }

    fn fall_within(
        &mut self,
        bearing: &Bearing,
        failed: impl Iterator<Item = u32>,
        most: usize,
    ) -> Fallen {
        self.fit(bearing);
        let mut list = List::default();
        for node in failed.chain(bearing.short.iter().copied()) {
            self.order[list.count] = node;
            list.count += mark(&mut self.down, node, true);
        }
        let weighed = !bearing.units.is_empty();
        let swept = match weighed {
            true => !self.list::<true>(bearing, &mut list, most),
            false => !self.list::<false>(bearing, &mut list, most),
        };
        if swept {
            for &node in &self.order[..list.next] {
                self.done[node as usize / 64] |= 1 << (node % 64);
            }
            match weighed {
                true => self.sweep::<true>(bearing, list),
                false => self.sweep::<false>(bearing, list),
            }
        }
        Fallen { swept, count: list.count, losses: list.losses }
    }

    /// By work list, until nothing is left or more than so many are down; whether nothing is left.
    ///
    /// Whether an item goes down is as good as random to a processor that predicts branches, so
    /// there is none: each candidate is written behind the last one down, and counts if it is new.
    fn list<const WEIGHED: bool>(
        &mut self,
        bearing: &Bearing,
        list: &mut List,
        most: usize,
    ) -> bool {
        let Scratch { down, groups, order, losses, .. } = self;
        while list.next < list.count {
            if list.count > most {
                return false;
            }
            let node = order[list.next];
            list.next += 1;
            for &source in bearing.dependants.of(node) {
                order[list.count] = source;
                list.count += mark(down, source, true);
            }
            let units = if WEIGHED { bearing.units(node, node + 1) } else { &[] };
            for (n, &number) in bearing.memberships.of(node).iter().enumerate() {
                losses[list.losses] = number;
                list.losses += 1;
                let units = if WEIGHED { units[n] } else { 1 };
                let (source, falls) = lose(&mut groups[number as usize], units);
                order[list.count] = source;
                list.count += mark(down, source, falls);
            }
        }
        true
    }

    /// By sweeps over the bits.
    fn sweep<const WEIGHED: bool>(&mut self, bearing: &Bearing, mut list: List) {
        loop {
            let reported = self.sweep_once::<WEIGHED>(bearing);
            let words = self.down.iter().zip(&self.done);
            let pending: u32 = words.map(|(down, done)| (down & !done).count_ones()).sum();
            if pending == 0 {
                return;
            }
            if reported < self.down.len() / 16 {
                list.count = 0;
                list.next = 0;
                for (word, (down, done)) in (0..).zip(self.down.iter().zip(&self.done)) {
                    for node in bits(word, down & !done) {
                        self.order[list.count] = node;
                        list.count += 1;
                    }
                }
                self.list::<WEIGHED>(bearing, &mut list, usize::MAX);
                return;
            }
        }
    }

    /// Lets what is down report, in the order of nodes; returns how many did.
    fn sweep_once<const WEIGHED: bool>(&mut self, bearing: &Bearing) -> usize {
        let Scratch { down, done, groups, .. } = self;
        let mut reported = 0;
        for word in 0..down.len() {
            loop {
                let pending = down[word] & !done[word];
                if pending == 0 {
                    break;
                }
                // The lowest run of ones: their lists lie in one piece.
                let first = pending.trailing_zeros();
                let length = (pending >> first).trailing_ones();
                done[word] |= (u64::MAX >> (64 - length)) << first;
                reported += length as usize;
                let first = word as u32 * 64 + first;
                for &source in bearing.dependants.range(first, first + length) {
                    down[source as usize / 64] |= 1 << (source % 64);
                }
                let units = if WEIGHED { bearing.units(first, first + length) } else { &[] };
                let pooled = bearing.memberships.range(first, first + length);
                for (n, &number) in pooled.iter().enumerate() {
                    let units = if WEIGHED { units[n] } else { 1 };
                    let (source, falls) = lose(&mut groups[number as usize], units);
                    down[source as usize / 64] |= u64::from(falls) << (source % 64);
                }
            }
        }
        reported
    }

    /// The nodes that are down: as they went down if there was no sweep, otherwise by number.
    pub(super) fn nodes<T>(&self, fallen: Fallen, of: impl Fn(u32) -> T) -> Vec<T> {
        if !fallen.swept {
            return self.order[..fallen.count].iter().map(|&node| of(node)).collect();
        }
        let count: u32 = self.down.iter().map(|word| word.count_ones()).sum();
        let mut nodes = Vec::with_capacity(count as usize);
        for (word, &down) in (0..).zip(&self.down) {
            nodes.extend(bits(word, down).map(&of));
        }
        nodes
    }

    /// Takes back the marks of a computation.
    pub(super) fn clear(&mut self, bearing: &Bearing, fallen: Fallen) {
        if fallen.swept {
            self.down.fill(0);
            self.done.fill(0);
            self.groups.copy_from_slice(&bearing.groups);
            return;
        }
        for &node in &self.order[..fallen.count] {
            self.down[node as usize / 64] = 0;
        }
        for &group in &self.losses[..fallen.losses] {
            self.groups[group as usize].spare = bearing.groups[group as usize].spare;
        }
    }
}

/// Where the work list is.
#[derive(Clone, Copy, Default)]
struct List {
    count: usize,
    next: usize,
    losses: usize,
}

/// Marks a node as down if it `falls`; 1 if it was not down before.
fn mark(down: &mut [u64], node: u32, falls: bool) -> usize {
    let word = &mut down[node as usize / 64];
    let bit = u64::from(falls) << (node % 64);
    let is_new = bit & !*word != 0;
    *word |= bit;
    usize::from(is_new)
}

/// Takes the units of a member from a group; its source, and whether that falls by it.
fn lose(group: &mut Group, units: u32) -> (u32, bool) {
    let falls = group.spare < units;
    // Below zero it goes round, and its source is down already.
    group.spare = group.spare.wrapping_sub(units);
    (group.source, falls)
}

/// The numbers of the bits that are set.
fn bits(word: u32, mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let lowest = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(word * 64 + lowest)
    })
}
