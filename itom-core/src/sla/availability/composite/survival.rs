//! How likely is it that no cut set fails?
//!
//! Component after component is taken out: with `v` up or down,
//! `P(G) = P(G - v) · (p + q · r)`, where `r` is the chance that what is left of the sets of `v`
//! does not fail while the others do not either. `r` is a product of conditional chances, each
//! again of this kind one failure deeper: the tree of self-avoiding walks by which Weitz counts
//! independent sets ("Counting independent sets up to the tree threshold", 2006), here for sets
//! of any size. A branch is as likely as its failures are together; where that is little it ends
//! in bounds that hold by themselves: a failure is at most as likely as without any condition, as
//! all conditions are that something does *not* fail (Harris 1960), and at least as likely as
//! with what it would take down taken off.
//!
//! The most shared components go first, then what is left falls apart. The work is counted; when
//! it is done all branches end at once, and the bounds are wider but hold.

use super::cuts::Cut;
use super::formula::Formulas;
use super::probability::Probability;

/// Branches end at this many failures.
const MOST_DEPTH: u32 = 48;
const OPEN: u8 = 0;
const DOWN: u8 = 1;
const UP: u8 = 2;

#[derive(Clone, Copy, Debug)]
pub(super) struct Survival {
    pub(super) lower: Probability,
    pub(super) upper: Probability,
    pub(super) work: u64,
}

/// Bounds of the chance that none of the sets fails as a whole.
pub(super) fn survival(formulas: &Formulas, cuts: &[Cut], tolerance: f64, work: u64) -> Survival {
    let mut sets = Sets::new(formulas, cuts);
    let mut best: Option<Survival> = None;
    let mut least = 1e-8;
    loop {
        let (low, high) = sets.all(least, work);
        // Rounding: far less than a thousand times the last bit of each term.
        let low = low * (1.0 + 1e-12);
        let high = high * (1.0 - 1e-12);
        let of = |log: f64| Probability { up: libm::exp(log), down: -libm::expm1(log) };
        let mut found = Survival { lower: of(low), upper: of(high), work: sets.done };
        if let Some(before) = best {
            found.lower = found.lower.greater(before.lower);
            found.upper = found.upper.lesser(before.upper);
        }
        best = Some(found);
        if found.lower.down - found.upper.down <= tolerance || sets.done >= work || least < 1e-20 {
            return found;
        }
        // As far as the width asks for, in steps that can be afforded.
        let width = found.lower.down - found.upper.down;
        least *= (tolerance / width).clamp(1.0 / 64.0, 0.25);
    }
}

struct Sets {
    /// The components of set after set, and where each begins.
    members: Vec<u32>,
    starts: Vec<u32>,
    /// Of each component its sets of more than two, and its pairs with the other component.
    of: Vec<Vec<u32>>,
    pairs: Vec<Vec<(u32, u32, f64)>>,
    chances: Vec<Probability>,
    order: Vec<u32>,
    state: Vec<u8>,
    off: Vec<bool>,
    /// The single components that take all down, as the logarithm of being up.
    single: f64,
    least: f64,
    done: u64,
    work: u64,
}

impl Sets {
    fn new(formulas: &Formulas, cuts: &[Cut]) -> Sets {
        let mut alone: Vec<u32> = cuts
            .iter()
            .filter(|cut| cut.components().len() == 1)
            .map(|cut| cut.components()[0])
            .collect();
        alone.sort_unstable();
        alone.dedup();
        let up = |component: u32| libm::log1p(-formulas.probability(component).down);
        let empty = cuts.iter().any(|cut| cut.components().is_empty());
        let single =
            if empty { f64::NEG_INFINITY } else { alone.iter().map(|&part| up(part)).sum() };
        let is_alone = |part: &u32| alone.binary_search(part).is_ok();
        let rest = cuts.iter().filter(|cut| !cut.components().iter().any(is_alone));
        let rest: Vec<&Cut> = rest.collect();
        let mut numbers: Vec<u32> =
            rest.iter().flat_map(|cut| cut.components().iter().copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut sets = Sets {
            members: Vec::new(),
            starts: vec![0],
            of: vec![Vec::new(); numbers.len()],
            pairs: vec![Vec::new(); numbers.len()],
            chances: numbers.iter().map(|&part| formulas.probability(part)).collect(),
            order: (0..numbers.len() as u32).collect(),
            state: vec![OPEN; numbers.len()],
            off: vec![false; rest.len()],
            single,
            least: 0.0,
            done: 0,
            work: 0,
        };
        let mut load = vec![0.0; numbers.len()];
        for (index, cut) in rest.iter().enumerate() {
            let number = |part: &u32| numbers.partition_point(|number| number < part) as u32;
            let parts: Vec<u32> = cut.components().iter().map(number).collect();
            for &part in &parts {
                load[part as usize] += cut.chance / sets.chances[part as usize].down;
            }
            match parts.as_slice() {
                &[a, b] => {
                    let down = |part: u32| sets.chances[part as usize].down;
                    let (to_a, to_b) = ((index as u32, b, down(b)), (index as u32, a, down(a)));
                    sets.pairs[a as usize].push(to_a);
                    sets.pairs[b as usize].push(to_b);
                }
                more => more.iter().for_each(|&part| sets.of[part as usize].push(index as u32)),
            }
            sets.members.extend(parts);
            sets.starts.push(sets.members.len() as u32);
        }
        sets.order.sort_by(|&a, &b| load[b as usize].total_cmp(&load[a as usize]).then(a.cmp(&b)));
        sets
    }

    /// Bounds of the logarithm of surviving.
    fn all(&mut self, least: f64, work: u64) -> (f64, f64) {
        (self.least, self.work) = (least, work);
        let (mut low, mut high) = (self.single, self.single);
        for index in 0..self.order.len() {
            let part = self.order[index];
            let down = self.chances[part as usize].down;
            self.state[part as usize] = DOWN;
            let (worst, best) = self.none(part, down, 0);
            low += libm::log1p(-down * (1.0 - worst));
            high += libm::log1p(-down * (1.0 - best));
            self.state[part as usize] = UP;
        }
        self.state.fill(OPEN);
        (low, high)
    }

    /// The sets of a component that is down which can still fail, and how likely what is open of
    /// them does.
    fn residuals(&mut self, part: u32, mut visit: impl FnMut(u32, f64)) {
        for &(set, other, down) in &self.pairs[part as usize] {
            if !self.off[set as usize] {
                match self.state[other as usize] {
                    OPEN => visit(set, down),
                    DOWN => visit(set, 1.0),
                    _ => {}
                }
            }
        }
        'sets: for &set in &self.of[part as usize] {
            if self.off[set as usize] {
                continue;
            }
            let mut chance = 1.0;
            for &part in self.parts(set) {
                match self.state[part as usize] {
                    OPEN => chance *= self.chances[part as usize].down,
                    DOWN => {}
                    _ => continue 'sets,
                }
            }
            visit(set, chance);
        }
        self.done += (self.pairs[part as usize].len() / 2 + self.of[part as usize].len()) as u64;
    }

    fn parts(&self, set: u32) -> &[u32] {
        let set = set as usize;
        &self.members[self.starts[set] as usize..self.starts[set + 1] as usize]
    }

    /// Bounds of the chance that nothing of what is left of the sets of a component that is down
    /// fails, as none of the other sets does.
    fn none(&mut self, part: u32, weight: f64, depth: u32) -> (f64, f64) {
        let mut live: Vec<u32> = Vec::new();
        self.residuals(part, |set, _| live.push(set));
        live.iter().for_each(|&set| self.off[set as usize] = true);
        let (mut worst, mut best) = (1.0, 1.0);
        let mut lifted: Vec<u32> = Vec::new();
        for &set in &live {
            let is_open = |part: &u32| self.state[*part as usize] != DOWN;
            let open: Vec<u32> = self.parts(set).iter().copied().filter(is_open).collect();
            // With a component that is up already there is nothing to ask.
            if open.iter().all(|&part| self.state[part as usize] == OPEN) {
                let (low, high) = self.all_down(&open, weight, depth);
                worst *= 1.0 - high;
                best *= 1.0 - low;
                if let [only] = open.as_slice() {
                    self.state[*only as usize] = UP;
                    lifted.push(*only);
                }
                if best == 0.0 {
                    break;
                }
            }
            self.off[set as usize] = false;
        }
        lifted.iter().for_each(|&part| self.state[part as usize] = OPEN);
        live.iter().for_each(|&set| self.off[set as usize] = false);
        (worst, best)
    }

    /// Bounds of the chance that all of these fail.
    fn all_down(&mut self, open: &[u32], weight: f64, depth: u32) -> (f64, f64) {
        let (mut low, mut high) = (1.0, 1.0);
        for &part in open {
            let (worst, best) = self.fails(part, weight * high, depth);
            low *= worst;
            high *= best;
            self.state[part as usize] = DOWN;
        }
        open.iter().for_each(|&part| self.state[part as usize] = OPEN);
        (low, high)
    }

    /// Bounds of the chance that a component fails, as no set does.
    fn fails(&mut self, part: u32, weight: f64, depth: u32) -> (f64, f64) {
        let Probability { up, down } = self.chances[part as usize];
        let weight = weight * down;
        if weight < self.least / 64.0 || depth >= MOST_DEPTH || self.done >= self.work {
            return (0.0, down);
        }
        self.state[part as usize] = DOWN;
        let mut load = 0.0;
        self.residuals(part, |_, chance| load += chance);
        let (worst, best) = if weight * load < self.least {
            ((1.0 - load).max(0.0), 1.0)
        } else {
            self.none(part, weight, depth + 1)
        };
        self.state[part as usize] = OPEN;
        let of = |none: f64| if none > 0.0 { down * none / (up + down * none) } else { 0.0 };
        (of(worst), of(best))
    }
}
