//! How available exactly, where the graph is long but narrow?
//!
//! Formulas are taken in the order in which they are built, what they need before they. Of all
//! that was taken only what something later still asks for matters: the *frontier*. The chances
//! of its states are one array, indexed by which of them are down; a formula with one use is
//! folded into what uses it, what the root needs in any case is up in every state that counts.
//! So a chain of ten thousand nodes with links a dozen wide costs ten thousand times 2^12, and
//! the result is exact (dynamic programming over a path decomposition: Arnborg and Proskurowski,
//! "Linear time algorithms for NP-hard problems restricted to partial k-trees", 1989).
//!
//! The cost is known beforehand, from the widths alone; where it is too much nothing is done.

use hashbrown::{HashMap, HashSet};

use super::cuts::order;
use super::formula::{Formula, Formulas, Id};
use super::probability::{Probability, threshold};

/// No wider frontier is held: 2^18 numbers.
const MOST_WIDTH: usize = 18;
/// A formula that asks for more of the frontier is not taken.
const MOST_ASKED: usize = 10;
/// So many steps are compared for the next.
const MOST_READY: usize = 64;
/// Formulas are folded to this depth.
const MOST_DEPTH: u32 = 32;
/// What asks for more is not folded.
const FOLDED_ASKS: u32 = 5;

/// A formula that is taken: what it asks for, and what leaves the frontier after it.
struct Step {
    id: Id,
    asks: Vec<Id>,
    leaves: Vec<Id>,
    required: bool,
    /// The members of it and of what is folded into it.
    size: u64,
}

/// What becomes of a formula.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Up in all states that count, once it was taken.
    Required,
    /// Held in the frontier while something asks for it.
    Held,
    /// Folded into the only one that asks for it: how deep it is, and what it asks for.
    Folded(u32, u32),
}

/// The probability that a formula is up, none if that takes more than so much work.
pub(super) fn exact(formulas: &Formulas, root: Id, work: u64) -> Option<Probability> {
    let order = order(formulas, root);
    let parts = parts(formulas, root, &order);
    let steps = steps(formulas, &order, &parts)?;
    let cost = cost(formulas, &steps)?;
    (cost <= work).then(|| run(formulas, &parts, &steps))
}

fn parts(formulas: &Formulas, root: Id, order: &[(Id, u32)]) -> HashMap<Id, Part> {
    let mut uses: HashMap<Id, u32> = HashMap::new();
    let mut parts: HashMap<Id, Part> = HashMap::new();
    parts.insert(root, Part::Required);
    for &(id, _) in order.iter().rev() {
        let passes_on = parts.contains_key(&id) && formulas.needs_all(id);
        for &(member, _) in formulas.members(id) {
            if passes_on {
                parts.insert(member, Part::Required);
            } else {
                *uses.entry(member).or_insert(0) += 1;
            }
        }
    }
    for &(id, _) in order {
        if parts.contains_key(&id) {
            continue;
        }
        let (mut depth, mut asks) = (0, 0);
        for (member, _) in formulas.members(id) {
            let (deep, many) = match parts[member] {
                Part::Required => (0, 0),
                Part::Held => (0, 1),
                Part::Folded(deep, many) => (deep, many),
            };
            (depth, asks) = (depth.max(deep + 1), asks + many);
        }
        let held = uses[&id] > 1 || depth > MOST_DEPTH || asks > FOLDED_ASKS;
        parts.insert(id, if held { Part::Held } else { Part::Folded(depth, asks) });
    }
    parts
}

fn steps(formulas: &Formulas, order: &[(Id, u32)], parts: &HashMap<Id, Part>) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for &(id, _) in order {
        let is_gate = matches!(formulas.formula(id), Formula::Gate { .. });
        let required = parts[&id] == Part::Required;
        let taken = match parts[&id] {
            // What a required conjunction needs was taken by itself.
            Part::Required => !(is_gate && formulas.needs_all(id)),
            Part::Held => is_gate,
            Part::Folded(..) => false,
        };
        if !taken {
            continue;
        }
        let (mut asks, mut stack, mut size) = (Vec::new(), vec![id], 0);
        while let Some(id) = stack.pop() {
            for &(member, _) in formulas.members(id) {
                size += 1;
                match parts[&member] {
                    Part::Required => {}
                    Part::Held => asks.push(member),
                    Part::Folded(..) => stack.push(member),
                }
            }
        }
        asks.sort_unstable();
        asks.dedup();
        if asks.len() > MOST_ASKED {
            return None;
        }
        steps.push(Step { id, asks, leaves: Vec::new(), required, size });
    }
    let mut steps = scheduled(steps)?;
    let mut last: HashMap<Id, usize> = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        last.extend(step.asks.iter().map(|&asked| (asked, index)));
    }
    let mut leaving: Vec<(usize, Id)> = last.into_iter().map(|(id, step)| (step, id)).collect();
    leaving.sort_unstable();
    leaving.into_iter().for_each(|(step, id)| steps[step].leaves.push(id));
    Some(steps)
}

/// The steps in an order that keeps the frontier narrow: of those that have what they ask for the
/// one that adds least. None if even that gets too wide.
fn scheduled(steps: Vec<Step>) -> Option<Vec<Step>> {
    let at: HashMap<Id, usize> =
        steps.iter().enumerate().map(|(index, step)| (step.id, index)).collect();
    let mut waits: Vec<usize> = Vec::with_capacity(steps.len());
    let mut wanted: HashMap<Id, u32> = HashMap::new();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (index, step) in steps.iter().enumerate() {
        let held: Vec<usize> =
            step.asks.iter().filter_map(|asked| at.get(asked).copied()).collect();
        waits.push(held.len());
        held.into_iter().for_each(|other| needed_by[other].push(index));
        step.asks.iter().for_each(|&asked| *wanted.entry(asked).or_insert(0) += 1);
    }
    let mut ready: Vec<usize> = (0..steps.len()).filter(|&index| waits[index] == 0).collect();
    let mut inside: HashSet<Id> = HashSet::new();
    let mut order = Vec::with_capacity(steps.len());
    while !ready.is_empty() {
        let adds = |index: usize| {
            let asks = steps[index].asks.iter();
            let change = asks
                .map(|asked| i32::from(!inside.contains(asked)) - i32::from(wanted[asked] == 1));
            change.sum::<i32>() + i32::from(!steps[index].required)
        };
        // The latest first: they lean on what is in the frontier.
        let latest = ready.len().saturating_sub(MOST_READY);
        let best = (latest..ready.len()).rev().min_by_key(|&place| adds(ready[place]))?;
        let index = ready.remove(best);
        for &asked in &steps[index].asks {
            inside.insert(asked);
            let left = wanted.entry(asked).or_insert(1);
            *left -= 1;
            if *left == 0 {
                inside.remove(&asked);
            }
        }
        if !steps[index].required {
            inside.insert(steps[index].id);
        }
        if inside.len() > MOST_WIDTH {
            return None;
        }
        for &other in &needed_by[index] {
            waits[other] -= 1;
            if waits[other] == 0 {
                ready.push(other);
            }
        }
        order.push(index);
    }
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    Some(order.into_iter().filter_map(|index| steps[index].take()).collect())
}

/// How many states are gone through, none if the frontier becomes too wide.
fn cost(formulas: &Formulas, steps: &[Step]) -> Option<u64> {
    let mut cost = 0u64;
    let mut frontier: Vec<Id> = Vec::new();
    for step in steps {
        enter(formulas, step, &mut frontier);
        let width = frontier.len() + usize::from(!step.required);
        if width > MOST_WIDTH {
            return None;
        }
        cost += (1 << width) + (step.size << step.asks.len());
        if !step.required {
            frontier.push(step.id);
        }
        frontier.retain(|id| !step.leaves.contains(id));
    }
    Some(cost)
}

/// Adds the components that a step is the first to ask for; says how many.
fn enter(formulas: &Formulas, step: &Step, frontier: &mut Vec<Id>) -> usize {
    let before = frontier.len();
    for &asked in &step.asks {
        let is_component = matches!(formulas.formula(asked), Formula::Component(_));
        if is_component && !frontier.contains(&asked) {
            frontier.push(asked);
        }
    }
    frontier.len() - before
}

fn run(formulas: &Formulas, parts: &HashMap<Id, Part>, steps: &[Step]) -> Probability {
    let mut states = vec![1.0];
    let mut frontier: Vec<Id> = Vec::new();
    let mut down = 0.0;
    for step in steps {
        let entered = enter(formulas, step, &mut frontier);
        for &id in &frontier[frontier.len() - entered..] {
            let own = formulas.bounds(id).0;
            states = fork(&states, |_| own);
        }
        let places: Vec<usize> = step
            .asks
            .iter()
            .filter_map(|asked| frontier.iter().position(|id| id == asked))
            .collect();
        let table: Vec<Probability> = (0..1usize << places.len())
            .map(|bits| {
                let held = |id: Id| {
                    let place = step.asks.iter().position(|&asked| asked == id);
                    place.is_some_and(|place| bits >> place & 1 == 0)
                };
                value(formulas, parts, step.id, &held)
            })
            .collect();
        let chance = |state: usize| {
            let bits = places.iter().enumerate();
            table[bits.fold(0, |bits, (to, place)| bits | (state >> place & 1) << to)]
        };
        if step.required {
            for (state, mass) in states.iter_mut().enumerate() {
                let chance = chance(state);
                down += *mass * chance.down;
                *mass *= chance.up;
            }
        } else {
            states = fork(&states, chance);
            frontier.push(step.id);
        }
        for leaving in &step.leaves {
            if let Some(place) = frontier.iter().position(|id| id == leaving) {
                frontier.remove(place);
                states = without(&states, place);
            }
        }
    }
    Probability { up: states.iter().sum(), down }
}

/// The states with one more, up or down by its chance in each.
fn fork(states: &[f64], chance: impl Fn(usize) -> Probability) -> Vec<f64> {
    let mut next = vec![0.0; states.len() * 2];
    let (up, down) = next.split_at_mut(states.len());
    for (state, &mass) in states.iter().enumerate() {
        let chance = chance(state);
        up[state] = mass * chance.up;
        down[state] = mass * chance.down;
    }
    next
}

/// The states without one of the frontier.
fn without(states: &[f64], place: usize) -> Vec<f64> {
    let low = (1 << place) - 1;
    let from = |state: usize| (state & !low) << 1 | state & low;
    (0..states.len() / 2)
        .map(|state| states[from(state)] + states[from(state) | 1 << place])
        .collect()
}

/// The chance that a formula is up, as what it asks for is held up or down.
fn value(
    formulas: &Formulas,
    parts: &HashMap<Id, Part>,
    id: Id,
    held: &impl Fn(Id) -> bool,
) -> Probability {
    let Formula::Gate { need, .. } = formulas.formula(id) else { return formulas.bounds(id).0 };
    let members: Vec<(Probability, u32)> = formulas
        .members(id)
        .iter()
        .map(|&(member, weight)| {
            let own = match parts[&member] {
                Part::Required => Probability::UP,
                Part::Held if held(member) => Probability::UP,
                Part::Held => Probability::DOWN,
                Part::Folded(..) => value(formulas, parts, member, held),
            };
            (own, weight)
        })
        .collect();
    threshold(need, members.into_iter())
}

#[cfg(test)]
mod tests {
    use super::super::trial::trial;
    use super::*;

    #[test]
    fn narrow_formulas_are_exact() {
        let mut found = 0;
        for seed in 0..2000 {
            let most = [0.9, 0.3, 0.05, 0.001][seed as usize % 4];
            let trial = trial(seed, 4 + seed as usize % 8, 3 + seed as usize % 12, most);
            assert_eq!(exact(&trial.formulas, trial.root, 0), None);
            let Some(chance) = exact(&trial.formulas, trial.root, 1_000_000) else { continue };
            found += 1;
            let Probability { up, down } = chance;
            assert!((up - trial.up).abs() < 1e-13, "{seed}: {up} for {}", trial.up);
            assert!((down - (1.0 - trial.up)).abs() < 1e-13, "{seed}: {down} for {}", trial.up);
        }
        assert!(found > 1800, "{found} were narrow");
    }
}
