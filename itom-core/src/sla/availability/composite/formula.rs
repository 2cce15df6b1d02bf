//! When is the service up? Monotone formulas over the components, each stored once.
//!
//! A formula is a constant, a component, or a gate that needs some of the weight of its members;
//! equal formulas have one number (hash consing), so a shared part is a shared number. A gate
//! carries bounds of its probability of being down that cost nothing to keep: exact where its
//! members share no component, else what positive association gives (monotone functions of
//! independent components are associated: Esary, Proschan and Walkup, "Association of random
//! variables, with applications", 1967). [`Formulas::restrict`] sets components up or down and
//! touches only what contains them.

use super::probability::{Probability, threshold};
use super::structure::{Requirement, Structure};
use crate::{Error, ErrorKind, Result};

/// A number of a formula; members of a gate have lower numbers than the gate.
pub(super) type Id = u32;

pub(super) const DOWN: Id = 0;
pub(super) const UP: Id = 1;

/// The members of all gates together; some 400 MB with what hangs on them.
const MOST_MEMBERS: usize = 1 << 24;
/// The components of a gate are listed up to this many; of larger gates they are looked up.
const LISTED: usize = 48;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Formula {
    Constant(bool),
    Component(u32),
    Gate { need: u32, start: u32, len: u32 },
}

#[derive(Debug)]
pub(super) struct Formulas {
    formulas: Vec<Formula>,
    members: Vec<(Id, u32)>,
    /// Of each formula: its components as bits by number modulo 64.
    masks: Vec<u64>,
    /// Of each formula: where its components are listed; the length is `u32::MAX` if they are not.
    supports: Vec<(u32, u32)>,
    support: Vec<u32>,
    bounds: Vec<(Probability, Probability)>,
    table: Vec<Id>,
    probabilities: Vec<Probability>,
    components: Vec<Id>,
    memo: Vec<(u32, Id)>,
    epoch: u32,
    touched: u64,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    stack: Vec<Id>,
    seen: Vec<u32>,
    epoch: u32,
}

impl Formulas {
    /// No formula yet but the constants and the components, which are up with these probabilities.
    pub(super) fn new(probabilities: Vec<Probability>) -> Formulas {
        let mut formulas = Formulas {
            formulas: Vec::new(),
            members: Vec::new(),
            masks: Vec::new(),
            supports: Vec::new(),
            support: Vec::new(),
            bounds: Vec::new(),
            table: vec![u32::MAX; 1024],
            components: Vec::new(),
            memo: Vec::new(),
            epoch: 0,
            touched: 0,
            scratch: Scratch::default(),
            probabilities,
        };
        let (down, up) = (Probability::DOWN, Probability::UP);
        formulas.push(Formula::Constant(false), 0, Some(&[]), (down, down));
        formulas.push(Formula::Constant(true), 0, Some(&[]), (up, up));
        for component in 0..formulas.probabilities.len() as u32 {
            let own = formulas.probabilities[component as usize];
            let bit = 1 << (component % 64);
            let id =
                formulas.push(Formula::Component(component), bit, Some(&[component]), (own, own));
            formulas.components.push(id);
        }
        formulas
    }

    /// The formula of the service of a structure.
    ///
    /// Elements are taken in the order of Tarjan's algorithm (1972), members before what needs
    /// them. Of a circle, what cannot be up without each other is one; the rest is gone through
    /// until nothing changes, from "all up" downwards, which is at most as often as it has parts.
    ///
    /// # Errors
    /// When the formula has more members than fit, which a large circle through redundant gates
    /// may need.
    pub(super) fn service(&mut self, structure: &Structure) -> Result<Id> {
        let mut of = vec![UP; structure.elements.len()];
        let mut circle_of = vec![0u32; structure.elements.len()];
        let all = |element: u32| targets(structure, element, |_| true);
        for (number, circle) in (1..).zip(circles(of.len(), &[structure.service], all)) {
            circle.iter().for_each(|&element| circle_of[element as usize] = number);
            let within = |&target: &u32| circle_of[target as usize] == number;
            let needed = |element: u32| {
                let mut needed = targets(structure, element, Requirement::needs_all);
                needed.retain(within);
                needed
            };
            let groups = match circle.as_slice() {
                [_] => vec![circle],
                _ => circles(of.len(), &circle, needed),
            };
            for _ in 0..=groups.len() {
                let mut changed = false;
                for group in &groups {
                    // Up together or not at all: for each other they are up.
                    let before = of[group[0] as usize];
                    group.iter().for_each(|&element| of[element as usize] = UP);
                    let parts = group.iter().map(|&element| self.element(structure, element, &of));
                    let parts = parts.map(|part| Ok((part?, 1))).collect::<Result<_>>()?;
                    let formula = self.all(parts);
                    group.iter().for_each(|&element| of[element as usize] = formula);
                    changed |= before != formula;
                }
                if !changed || groups.len() == 1 {
                    break;
                }
            }
        }
        Ok(of[structure.service as usize])
    }

    fn element(&mut self, structure: &Structure, element: u32, of: &[Id]) -> Result<Id> {
        let element = &structure.elements[element as usize];
        let mut parts: Vec<(Id, u32)> = Vec::new();
        parts.extend(element.component.map(|component| (self.components[component as usize], 1)));
        for requirement in &element.requirements {
            let members = requirement.members.iter();
            let members = members.map(|&(member, weight)| (of[member as usize], weight as u32));
            let gate = self.gate(requirement.need as u32, members.collect());
            parts.push((gate, 1));
        }
        let formula = self.all(parts);
        if self.is_full() {
            let message = "definition grows into too many gates to be evaluated exactly";
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("definition"));
        }
        Ok(formula)
    }

    /// All of them.
    pub(super) fn all(&mut self, mut parts: Vec<(Id, u32)>) -> Id {
        parts.sort_unstable();
        parts.dedup();
        parts.retain(|part| part.0 != UP);
        let need = parts.len() as u32;
        self.gate(need, parts)
    }

    /// A gate that needs `need` of the weight of its members, in its simplest form.
    pub(super) fn gate(&mut self, need: u32, mut members: Vec<(Id, u32)>) -> Id {
        members.sort_unstable();
        let mut up = 0;
        members.retain(|&(id, weight)| {
            up += if id == UP { weight } else { 0 };
            id > UP && weight > 0
        });
        members.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            kept.1 += if same { later.1 } else { 0 };
            same
        });
        if need <= up {
            return UP;
        }
        let mut need = need - up;
        members.iter_mut().for_each(|member| member.1 = member.1.min(need));
        let total: u32 = members.iter().map(|member| member.1).sum();
        if total < need {
            return DOWN;
        }
        if members.iter().all(|member| total - member.1 < need) {
            need = members.len() as u32;
            members.iter_mut().for_each(|member| member.1 = 1);
        } else if members.iter().all(|member| member.1 == need) {
            need = 1;
            members.iter_mut().for_each(|member| member.1 = 1);
        }
        match members.as_slice() {
            [(only, _)] => *only,
            _ => self.intern(need, &members),
        }
    }

    pub(super) fn formula(&self, id: Id) -> Formula {
        self.formulas[id as usize]
    }

    pub(super) fn component_count(&self) -> usize {
        self.probabilities.len()
    }

    /// Members of gates looked at by restrictions so far.
    pub(super) fn touched(&self) -> u64 {
        self.touched
    }

    /// Whether it is known to be over at most so many components.
    pub(super) fn is_over_few(&self, id: Id, most: usize) -> bool {
        (self.supports[id as usize].1 as usize) <= most
    }

    pub(super) fn probability(&self, component: u32) -> Probability {
        self.probabilities[component as usize]
    }

    pub(super) fn members(&self, id: Id) -> &[(Id, u32)] {
        match self.formulas[id as usize] {
            Formula::Gate { start, len, .. } => &self.members[start as usize..][..len as usize],
            _ => &[],
        }
    }

    /// Whether all members of the gate have to be up.
    pub(super) fn needs_all(&self, id: Id) -> bool {
        matches!(self.formulas[id as usize], Formula::Gate { need, len, .. } if need == len
            && self.members(id).iter().all(|member| member.1 == 1))
    }

    /// Bounds of the probability that it is up.
    pub(super) fn bounds(&self, id: Id) -> (Probability, Probability) {
        self.bounds[id as usize]
    }

    /// Whether no more formulas should be made.
    pub(super) fn is_full(&self) -> bool {
        self.members.len() > MOST_MEMBERS
    }

    /// Appends the components of a formula, each once.
    pub(super) fn support(&mut self, id: Id, out: &mut Vec<u32>) {
        let (start, len) = self.supports[id as usize];
        if len != u32::MAX {
            out.extend_from_slice(&self.support[start as usize..][..len as usize]);
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.seen.resize(self.formulas.len(), 0);
        scratch.epoch += 1;
        scratch.stack.push(id);
        while let Some(id) = scratch.stack.pop() {
            if std::mem::replace(&mut scratch.seen[id as usize], scratch.epoch) == scratch.epoch {
                continue;
            }
            match self.formulas[id as usize] {
                Formula::Component(component) => out.push(component),
                _ => scratch.stack.extend(self.members(id).iter().map(|member| member.0)),
            }
        }
        self.scratch = scratch;
    }

    /// Begins a restriction: what was remembered of the last one is forgotten.
    pub(super) fn begin(&mut self) {
        self.epoch += 1;
    }

    /// The formula with components set: `value` says of each whether it is up (2), down (1) or
    /// open (0), `mask` which bits are set at all. Results are remembered until [`Self::begin`].
    pub(super) fn restrict(&mut self, id: Id, value: &[u8], mask: u64) -> Id {
        let mut stack = std::mem::take(&mut self.scratch.stack);
        self.memo.resize(self.formulas.len(), (0, 0));
        stack.push(id);
        while let Some(&id) = stack.last() {
            if self.remembered(id, mask).is_some() {
                stack.pop();
                continue;
            }
            let result = match self.formulas[id as usize] {
                Formula::Constant(_) => id,
                Formula::Component(component) => match value[component as usize] {
                    0 => id,
                    up => Id::from(up) - 1,
                },
                Formula::Gate { need, start, len } => {
                    let before = stack.len();
                    self.touched += u64::from(len);
                    for index in start..start + len {
                        let member = self.members[index as usize].0;
                        if self.remembered(member, mask).is_none() {
                            stack.push(member);
                        }
                    }
                    if stack.len() > before {
                        continue;
                    }
                    let members = self.members[start as usize..][..len as usize].iter();
                    let members = members.map(|&(member, weight)| {
                        (self.remembered(member, mask).unwrap_or(member), weight)
                    });
                    let members: Vec<_> = members.collect();
                    if members == self.members(id) { id } else { self.gate(need, members) }
                }
            };
            stack.pop();
            self.memo.resize(self.formulas.len(), (0, 0));
            self.memo[id as usize] = (self.epoch, result);
        }
        self.scratch.stack = stack;
        self.remembered(id, mask).unwrap_or(id)
    }

    fn remembered(&self, id: Id, mask: u64) -> Option<Id> {
        if self.masks[id as usize] & mask == 0 {
            return Some(id);
        }
        let (epoch, result) = self.memo[id as usize];
        (epoch == self.epoch).then_some(result)
    }

    /// The number of a gate, an old one if there is one like it.
    fn intern(&mut self, need: u32, members: &[(Id, u32)]) -> Id {
        let slots = self.table.len() - 1;
        let mut slot = hash(need, members) as usize & slots;
        while self.table[slot] != u32::MAX {
            let id = self.table[slot];
            let same =
                matches!(self.formulas[id as usize], Formula::Gate { need: n, .. } if n == need);
            if same && self.members(id) == members {
                return id;
            }
            slot = (slot + 1) & slots;
        }
        let (start, len) = (self.members.len() as u32, members.len() as u32);
        self.members.extend_from_slice(members);
        let mask = members.iter().fold(0, |mask, member| mask | self.masks[member.0 as usize]);
        let (support, independent) = self.listed(members);
        let bounds = self.bound(need, members, independent);
        self.touched += 16 + support.as_ref().map_or(96, Vec::len) as u64;
        let id = self.push(Formula::Gate { need, start, len }, mask, support.as_deref(), bounds);
        self.table[slot] = id;
        if self.formulas.len() * 2 > self.table.len() {
            self.grow();
        }
        id
    }

    fn push(
        &mut self,
        formula: Formula,
        mask: u64,
        support: Option<&[u32]>,
        bounds: (Probability, Probability),
    ) -> Id {
        let start = self.support.len() as u32;
        let len = support.map_or(u32::MAX, |support| support.len() as u32);
        self.support.extend_from_slice(support.unwrap_or(&[]));
        self.supports.push((start, len));
        self.formulas.push(formula);
        self.masks.push(mask);
        self.bounds.push(bounds);
        self.formulas.len() as Id - 1
    }

    fn grow(&mut self) {
        let slots = self.table.len() * 4;
        self.table = vec![u32::MAX; slots];
        for id in 0..self.formulas.len() as Id {
            if let Formula::Gate { need, .. } = self.formulas[id as usize] {
                let mut slot = hash(need, self.members(id)) as usize & (slots - 1);
                while self.table[slot] != u32::MAX {
                    slot = (slot + 1) & (slots - 1);
                }
                self.table[slot] = id;
            }
        }
    }

    /// The components of a gate over these members if they are few, and whether no two members
    /// share one (not known, hence no, if they are many).
    fn listed(&self, members: &[(Id, u32)]) -> (Option<Vec<u32>>, bool) {
        let mut support = Vec::new();
        for member in members {
            let (start, len) = self.supports[member.0 as usize];
            if len == u32::MAX || support.len() + len as usize > 2 * LISTED {
                let plain = |member: &(Id, u32)| self.supports[member.0 as usize].1 == 1;
                return (None, members.iter().all(plain));
            }
            support.extend_from_slice(&self.support[start as usize..][..len as usize]);
        }
        let all = support.len();
        support.sort_unstable();
        support.dedup();
        let independent = support.len() == all;
        (if support.len() <= LISTED { Some(support) } else { None }, independent)
    }

    fn bound(
        &self,
        need: u32,
        members: &[(Id, u32)],
        independent: bool,
    ) -> (Probability, Probability) {
        let of = |id: Id| self.bounds[id as usize];
        if independent {
            let lower = members.iter().map(|&(id, weight)| (of(id).0, weight));
            let upper = members.iter().map(|&(id, weight)| (of(id).1, weight));
            return (threshold(need, lower), threshold(need, upper));
        }
        let ones = members.iter().all(|member| member.1 == 1);
        if ones && need as usize == members.len() {
            let lower =
                members.iter().map(|member| of(member.0).0).fold(Probability::UP, Probability::and);
            let upper = members.iter().map(|member| of(member.0).1);
            return (lower, upper.fold(Probability::UP, Probability::lesser));
        }
        if need == 1 {
            let upper = members
                .iter()
                .map(|member| of(member.0).1)
                .fold(Probability::DOWN, Probability::or);
            let lower = members.iter().map(|member| of(member.0).0);
            return (lower.fold(Probability::DOWN, Probability::greater), upper);
        }
        // It is down when more than the spare weight is: by Markov's inequality at most the
        // expected weight down over that, and at least when the worst such set is down together.
        let spare = members.iter().map(|member| member.1).sum::<u32>() - need + 1;
        let expected: f64 =
            members.iter().map(|&(id, weight)| of(id).0.down * f64::from(weight)).sum();
        let lower = Probability::from_down((expected / f64::from(spare)).min(1.0));
        let mut worst: Vec<_> = members.iter().map(|&(id, weight)| (of(id).1, weight)).collect();
        worst.sort_by(|a, b| b.0.down.total_cmp(&a.0.down));
        let (mut weight, mut upper) = (0, Probability::DOWN);
        for (probability, of) in worst {
            if weight < spare {
                weight += of;
                upper = upper.or(probability);
            }
        }
        (lower, upper)
    }
}

fn hash(need: u32, members: &[(Id, u32)]) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = u64::from(need).wrapping_mul(PRIME);
    for &(id, weight) in members {
        let word = u64::from(id) << 32 | u64::from(weight);
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(PRIME);
    }
    hash ^ (hash >> 29)
}

/// What an element needs through the gates that are asked for.
fn targets(structure: &Structure, element: u32, wanted: impl Fn(&Requirement) -> bool) -> Vec<u32> {
    let gates = structure.elements[element as usize].requirements.iter();
    let members = gates.filter(|gate| wanted(gate)).flat_map(|gate| &gate.members);
    members.map(|member| member.0).collect()
}

/// The strongly connected components of what is reached from the roots, members first (Tarjan
/// 1972).
fn circles(count: usize, roots: &[u32], targets: impl Fn(u32) -> Vec<u32>) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let (mut number, mut low) = (vec![UNSEEN; count], vec![0u32; count]);
    let (mut on_path, mut path, mut found) = (vec![false; count], Vec::new(), Vec::new());
    let mut next = 0;
    let mut calls: Vec<(u32, Vec<u32>, usize)> = Vec::new();
    let mut roots = roots.iter().copied();
    let mut enter = roots.next();
    loop {
        if let Some(element) = enter.take() {
            (number[element as usize], low[element as usize]) = (next, next);
            next += 1;
            on_path[element as usize] = true;
            path.push(element);
            calls.push((element, targets(element), 0));
        }
        let Some((element, targets, at)) = calls.last_mut() else {
            enter = roots.find(|&root| number[root as usize] == UNSEEN);
            if enter.is_none() {
                break;
            }
            continue;
        };
        let element = *element;
        if let Some(&target) = targets.get(*at) {
            *at += 1;
            if number[target as usize] == UNSEEN {
                enter = Some(target);
            } else if on_path[target as usize] {
                low[element as usize] = low[element as usize].min(number[target as usize]);
            }
            continue;
        }
        calls.pop();
        if let Some((parent, ..)) = calls.last() {
            low[*parent as usize] = low[*parent as usize].min(low[element as usize]);
        }
        if low[element as usize] == number[element as usize] {
            let begin = path.iter().rposition(|&other| other == element).unwrap_or(0);
            let circle = path.split_off(begin);
            circle.iter().for_each(|&member| on_path[member as usize] = false);
            found.push(circle.into_iter().rev().collect());
        }
    }
    found
}
