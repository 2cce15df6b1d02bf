//! What a decision diagram is worth: probabilities, exact fractions, sensitivities, importances.
//!
//! Each is one pass over the nodes, parts before or after what is made of them.

use super::diagram::{Diagram, Node};
use super::probability::{Probability, pivotal, threshold};
use crate::sla::Fraction;

impl Diagram {
    /// The nodes the root hangs on, parts first.
    pub(super) fn order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        let mut state = vec![0u8; self.nodes.len()];
        let mut stack = vec![self.root];
        while let Some(&node) = stack.last() {
            if state[node as usize] != 0 {
                stack.pop();
                if state[node as usize] == 1 {
                    state[node as usize] = 2;
                    order.push(node);
                }
                continue;
            }
            state[node as usize] = 1;
            self.parts(node, |part| {
                if state[part as usize] == 0 {
                    stack.push(part);
                }
            });
        }
        order
    }

    fn parts(&self, node: u32, mut visit: impl FnMut(u32)) {
        match &self.nodes[node as usize] {
            Node::All(parts) | Node::Any(parts) => parts.iter().copied().for_each(visit),
            Node::Weight(_, parts) => parts.iter().for_each(|part| visit(part.0)),
            Node::Decide(_, high, low) => {
                visit(*high);
                visit(*low);
            }
            Node::Constant(_) | Node::Component(_) | Node::Open(_) => {}
        }
    }

    /// The probability of each node, open ones at one of their bounds.
    pub(super) fn evaluate(&self, order: &[u32], upper: bool) -> Vec<Probability> {
        let mut of = vec![Probability::UP; self.nodes.len()];
        for &node in order {
            let value = |part: u32| of[part as usize];
            of[node as usize] = match &self.nodes[node as usize] {
                Node::Constant(true) => Probability::UP,
                Node::Constant(false) => Probability::DOWN,
                Node::Component(component) => self.formulas.probability(*component),
                Node::All(parts) => {
                    parts.iter().fold(Probability::UP, |all, &part| all.and(value(part)))
                }
                Node::Any(parts) => {
                    parts.iter().fold(Probability::DOWN, |any, &part| any.or(value(part)))
                }
                Node::Weight(need, parts) => {
                    threshold(*need, parts.iter().map(|&(part, weight)| (value(part), weight)))
                }
                Node::Decide(component, high, low) => {
                    self.formulas.probability(*component).choose(value(*high), value(*low))
                }
                Node::Open(formula) => {
                    let (lower, best) = self.formulas.bounds(*formula);
                    if upper { best } else { lower }
                }
            };
        }
        of
    }

    /// The probability of the root exactly, where it fits in 128 bits and nothing is open.
    pub(super) fn exactly(&self, up: &[Fraction]) -> Option<Fraction> {
        let mut of = vec![Fraction::ZERO; self.nodes.len()];
        for node in self.order() {
            of[node as usize] = match &self.nodes[node as usize] {
                Node::Constant(true) => Fraction::ONE,
                Node::Constant(false) => Fraction::ZERO,
                Node::Component(component) => up[*component as usize],
                Node::All(parts) => {
                    let mut parts = parts.iter();
                    parts.try_fold(Fraction::ONE, |all, &part| all.times(of[part as usize]).ok())?
                }
                Node::Any(parts) => {
                    let down = parts.iter().try_fold(Fraction::ONE, |down, &part| {
                        down.times(complement(of[part as usize])?).ok()
                    });
                    complement(down?)?
                }
                Node::Weight(need, parts) => {
                    let parts = parts.iter().map(|&(part, weight)| (of[part as usize], weight));
                    exact_threshold(*need, parts)?
                }
                Node::Decide(component, high, low) => {
                    let own = up[*component as usize];
                    let high = own.times(of[*high as usize]).ok()?;
                    sum(high, complement(own)?.times(of[*low as usize]).ok()?)?
                }
                Node::Open(_) => return None,
            };
        }
        Some(of[self.root as usize])
    }

    /// How much the root changes with each node: derivatives from the root down.
    pub(super) fn sensitivities(&self, order: &[u32], values: &[Probability]) -> Vec<f64> {
        let mut of = vec![0.0; self.nodes.len()];
        of[self.root as usize] = 1.0;
        for &node in order.iter().rev() {
            let own = of[node as usize];
            match &self.nodes[node as usize] {
                Node::All(parts) | Node::Any(parts) => {
                    let all = matches!(self.nodes[node as usize], Node::All(_));
                    let factor = |part: &u32| {
                        let value = values[*part as usize];
                        if all { value.up } else { value.down }
                    };
                    let mut after: Vec<f64> = vec![1.0; parts.len() + 1];
                    for index in (0..parts.len()).rev() {
                        after[index] = after[index + 1] * factor(&parts[index]);
                    }
                    let mut before = 1.0;
                    for (index, part) in parts.iter().enumerate() {
                        of[*part as usize] += own * before * after[index + 1];
                        before *= factor(part);
                    }
                }
                Node::Weight(need, parts) => {
                    let members: Vec<_> = parts
                        .iter()
                        .map(|&(part, weight)| (values[part as usize], weight))
                        .collect();
                    let pivotal = pivotal(*need, &members);
                    for (part, pivotal) in parts.iter().zip(pivotal) {
                        of[part.0 as usize] += own * pivotal;
                    }
                }
                Node::Decide(component, high, low) => {
                    let chance = self.formulas.probability(*component);
                    of[*high as usize] += own * chance.up;
                    of[*low as usize] += own * chance.down;
                }
                Node::Constant(_) | Node::Component(_) | Node::Open(_) => {}
            }
        }
        of
    }

    /// Birnbaum's importance of each component: what the root gains when it is up rather than
    /// down.
    pub(super) fn importances(&self) -> Vec<f64> {
        let order = self.order();
        let values = self.evaluate(&order, false);
        let sensitivities = self.sensitivities(&order, &values);
        let mut of = vec![0.0; self.value.len()];
        for &node in &order {
            let own = sensitivities[node as usize];
            match &self.nodes[node as usize] {
                Node::Component(component) => of[*component as usize] += own,
                Node::Decide(component, high, low) => {
                    let (high, low) = (values[*high as usize], values[*low as usize]);
                    of[*component as usize] += own * (low.down - high.down);
                }
                _ => {}
            }
        }
        of
    }
}

fn complement(of: Fraction) -> Option<Fraction> {
    Fraction::ONE.minus(of).ok()
}

fn sum(a: Fraction, b: Fraction) -> Option<Fraction> {
    a.minus(Fraction::ZERO.minus(b).ok()?).ok()
}

fn exact_threshold(need: u32, members: impl Iterator<Item = (Fraction, u32)>) -> Option<Fraction> {
    let need = need as usize;
    let mut weight = vec![Fraction::ZERO; need];
    weight[0] = Fraction::ONE;
    let mut up = Fraction::ZERO;
    for (member, heavy) in members {
        for below in (0..need).rev() {
            if weight[below] == Fraction::ZERO {
                continue;
            }
            let reached = weight[below].times(member).ok()?;
            weight[below] = weight[below].times(complement(member)?).ok()?;
            match weight.get_mut(below + heavy as usize) {
                Some(cell) => *cell = sum(*cell, reached)?,
                None => up = sum(up, reached)?,
            }
        }
    }
    Some(up)
}
