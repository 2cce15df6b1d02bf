//! Which sets of failures take items down: minimal cut sets, exactly.
//!
//! Only what the items in question depend on matters, so it is copied into small lists first. Sets
//! grow by one failure at a time. A set that leaves one of the items up is shown a *support*: items
//! that keep it up as long as all of them are up — the item itself, and of each group of a
//! supporting item as many supporting members as the group needs. Whatever takes the item down has
//! to hit the support, so only members of it need to be added (hitting sets by conflicts: Reiter, "A
//! theory of diagnosis from first principles", 1987; the support is Reiter's conflict set). Supports
//! lean on themselves where there are circles, which is the same least fixpoint as everywhere here.
//!
//! Time is at most the support's size to the power of the sets' size, times what depends on it; a
//! number of trials bounds it, and the answer says when the bound was reached.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::super::View;

/// A group of an item, by places in the problem.
#[derive(Debug)]
struct Pool {
    source: u32,
    /// The units that have to be up, and those of all members.
    need: u64,
    all: u64,
    /// With the units of each.
    members: Vec<(u32, u64)>,
}

/// What some items depend on, and how.
#[derive(Debug)]
pub(super) struct Problem {
    /// Per place the row of its item.
    rows: Vec<u32>,
    /// Places of the items in question.
    tops: Vec<u32>,
    pools: Vec<Pool>,
    /// Per place the pools it is the source of, and those it is a member of with its units there.
    own: Vec<Vec<u32>>,
    member_of: Vec<Vec<(u32, u64)>>,
    /// Places with a pool that needs more members than it has.
    short: Vec<u32>,
}

/// The minimal sets that were found, by rows, and whether these are all.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sets: Vec<Vec<u32>>,
    pub(super) complete: bool,
}

/// Bounds of a search.
pub(super) struct Bounds<'a> {
    pub(super) max_size: usize,
    pub(super) max_trials: u64,
    pub(super) max_sets: usize,
    /// Whether a row may fail.
    pub(super) may_fail: &'a dyn Fn(u32) -> bool,
}

impl Problem {
    /// What these rows depend on, at any distance.
    pub(super) fn new(view: &View, tops: &[u32]) -> Self {
        let mut rows: Vec<u32> = Vec::new();
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut place = |row: u32, rows: &mut Vec<u32>| {
            *places.entry(row).or_insert_with(|| {
                rows.push(row);
                rows.len() as u32 - 1
            })
        };
        let tops: Vec<u32> = tops.iter().map(|&row| place(row, &mut rows)).collect();
        let mut pools: Vec<Pool> = Vec::new();
        let mut own: Vec<Vec<u32>> = Vec::new();
        while own.len() < rows.len() {
            let source = own.len() as u32;
            let groups = view.pools_of(rows[source as usize]);
            own.push((0..groups.len() as u32).map(|n| pools.len() as u32 + n).collect());
            for group in groups {
                let members = group.members.iter();
                let members = members.map(|&(row, units)| (place(row, &mut rows), units)).collect();
                pools.push(Pool { source, need: group.need, all: group.all(), members });
            }
        }
        let mut member_of = vec![Vec::new(); rows.len()];
        for (n, pool) in (0..).zip(&pools) {
            for &(member, units) in &pool.members {
                member_of[member as usize].push((n, units));
            }
        }
        let lacks = |pool: &&Pool| pool.all < pool.need;
        let short = pools.iter().filter(lacks).map(|pool| pool.source).collect();
        Problem { rows, tops, pools, own, member_of, short }
    }

    /// What is down if these places fail.
    fn fall(&self, failed: &[u32], state: &mut State) {
        state.clear(self);
        for &place in failed {
            state.mark(place);
        }
        for &place in &self.short {
            state.mark(place);
        }
        let mut next = 0;
        while let Some(&place) = state.order.get(next) {
            next += 1;
            for &(number, units) in &self.member_of[place as usize] {
                let pool = &self.pools[number as usize];
                let lost = &mut state.lost[number as usize];
                *lost += units;
                if *lost + pool.need > pool.all {
                    state.mark(pool.source);
                }
            }
        }
    }

    /// Places that keep `top`, which is up, up: small where shared members can be taken.
    fn support(&self, top: u32, state: &State) -> Vec<u32> {
        let mut support = vec![top];
        let mut is_in = vec![false; self.rows.len()];
        is_in[top as usize] = true;
        let mut next = 0;
        while let Some(&place) = support.get(next) {
            next += 1;
            for &number in &self.own[place as usize] {
                let pool = &self.pools[number as usize];
                let have = pool.members.iter().filter(|(member, _)| is_in[*member as usize]);
                let mut have: u64 = have.map(|(_, units)| units).sum();
                for &(member, units) in &pool.members {
                    let is_new = !state.down[member as usize] && !is_in[member as usize];
                    if is_new && have < pool.need {
                        have += units;
                        is_in[member as usize] = true;
                        support.push(member);
                    }
                }
            }
        }
        support
    }

    /// The minimal sets of failures that take every item in question down, the smallest first.
    pub(super) fn minimal_sets(&self, bounds: &Bounds<'_>) -> Found {
        let mut found = Found { sets: Vec::new(), complete: true };
        let mut state = State::new(self);
        let mut open: BTreeSet<Vec<u32>> = [Vec::new()].into_iter().collect();
        let mut trials = 0;
        for size in 0..=bounds.max_size {
            let mut larger: BTreeSet<Vec<u32>> = BTreeSet::new();
            for set in &open {
                if trials >= bounds.max_trials || found.sets.len() >= bounds.max_sets {
                    found.complete = false;
                    return self.in_rows(found);
                }
                // Sets of one size are not parts of each other, so smaller ones alone matter.
                if found.sets.iter().any(|smaller| is_part(smaller, set)) {
                    continue;
                }
                trials += 1;
                self.fall(set, &mut state);
                let Some(&top) = self.tops.iter().find(|top| !state.down[**top as usize]) else {
                    found.sets.push(set.clone());
                    continue;
                };
                if size == bounds.max_size {
                    continue;
                }
                for place in self.support(top, &state) {
                    if (bounds.may_fail)(self.rows[place as usize]) {
                        let mut set = set.clone();
                        set.insert(set.partition_point(|other| *other < place), place);
                        larger.insert(set);
                    }
                }
                if larger.len() as u64 > bounds.max_trials {
                    found.complete = false;
                    break;
                }
            }
            open = larger;
        }
        self.in_rows(found)
    }

    fn in_rows(&self, mut found: Found) -> Found {
        for place in found.sets.iter_mut().flatten() {
            *place = self.rows[*place as usize];
        }
        found
    }
}

/// Working memory of a trial.
struct State {
    down: Vec<bool>,
    order: Vec<u32>,
    lost: Vec<u64>,
}

impl State {
    fn new(problem: &Problem) -> Self {
        State {
            down: vec![false; problem.rows.len()],
            order: Vec::new(),
            lost: vec![0; problem.pools.len()],
        }
    }

    fn clear(&mut self, problem: &Problem) {
        for &place in &self.order {
            self.down[place as usize] = false;
            for &(number, _) in &problem.member_of[place as usize] {
                self.lost[number as usize] = 0;
            }
        }
        self.order.clear();
    }

    fn mark(&mut self, place: u32) {
        if !std::mem::replace(&mut self.down[place as usize], true) {
            self.order.push(place);
        }
    }
}

/// Whether every number of `part` is in `whole`; both sorted.
fn is_part(part: &[u32], whole: &[u32]) -> bool {
    part.iter().all(|n| whole.binary_search(n).is_ok())
}

impl View {
    /// What a row depends on at any distance, itself first, with how far away it is at least.
    pub(super) fn upstream(&self, row: u32) -> Vec<(u32, u32)> {
        let graph = self.graph();
        let mut levels: HashMap<u32, u32> = [(row, 0)].into_iter().collect();
        let mut order = vec![(row, 0)];
        let mut next = 0;
        while let Some(&(row, level)) = order.get(next) {
            next += 1;
            for (_, provider) in graph.providers(self.history(), row) {
                levels.entry(provider).or_insert_with(|| {
                    order.push((provider, level + 1));
                    level + 1
                });
            }
        }
        order
    }
}
