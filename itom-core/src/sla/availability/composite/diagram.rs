//! The decision diagram: a formula taken apart until what is left is independent.
//!
//! Each step takes one formula to a node of the diagram: what all paths need is factored out and
//! set elsewhere; parts that share no component become a product; gates over independent parts a
//! distribution of weights; else one component, the most shared one, is decided. That is a
//! decision diagram with decomposition (decision-DNNF: Huang and Darwiche, "The language of
//! search", 2007) rather than Bryant's ordered one: the order may differ from branch to branch, so
//! the pods of a data centre fall apart once their common power is decided, and modules (Dutuit
//! and Rauzy 1996) need not be found beforehand. Equal formulas meet in one node.
//!
//! What has not been taken apart is *open* and stands between its bounds. The diagram is monotone,
//! so [evaluating](super::values) it with all lower and with all upper bounds brackets the result;
//! the next to be taken apart is what the width owes most to, its sensitivity times its own width.
//! What does not close is bounded by [cut sets](super::cuts), what is narrow taken
//! [exactly](super::frontier). The work is counted, not timed: the same graph gives the same bounds
//! on every machine.

use super::cuts::{self, CutBounds};
use super::formula::{DOWN, Formula, Formulas, Id, UP};
use super::frontier;
use super::probability::Probability;

/// Formulas over so few components are taken apart completely as soon as they are met.
const SMALL: usize = 14;

/// A node of the diagram; parts are numbers of nodes.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(bool),
    Component(u32),
    /// All of independent parts.
    All(Vec<u32>),
    /// One of independent parts.
    Any(Vec<u32>),
    /// Some of the weight of independent parts.
    Weight(u32, Vec<(u32, u32)>),
    /// The first part if the component is up, else the second.
    Decide(u32, u32, u32),
    Open(Id),
}

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Bounds this close are good enough once a quarter of the work is done.
    pub(super) tolerance: f64,
    /// Members of gates looked at, at most.
    pub(super) work: u64,
}

#[derive(Debug)]
pub(super) struct Diagram {
    pub(super) formulas: Formulas,
    pub(super) nodes: Vec<Node>,
    pub(super) root: u32,
    formula: Id,
    of: Vec<u32>,
    done: u64,
    /// What the root needs all of, independent of each other, where that is so.
    first: Vec<Id>,
    /// Bounds from cut sets, where the diagram does not close.
    cuts: Option<CutBounds>,
    /// Whether those are exact.
    closed: bool,
    pub(super) value: Vec<u8>,
    /// Of each component the first part it is in, and in how many; zero between uses.
    met_in: Vec<(u32, u32)>,
}

/// What a formula is made of.
enum Plan {
    All(Vec<Id>),
    Any(Vec<Id>),
    Weight(u32, Vec<(Id, u32)>),
    Decide(u32, Id, Id),
}

impl Diagram {
    /// Takes the formula apart as far as the effort goes.
    pub(super) fn new(formulas: Formulas, root: Id, effort: Effort) -> Diagram {
        let components = formulas.component_count();
        let mut diagram = Diagram {
            formulas,
            nodes: Vec::new(),
            root: 0,
            formula: root,
            of: Vec::new(),
            done: 0,
            first: vec![root],
            cuts: None,
            closed: false,
            value: vec![0; components],
            met_in: vec![(0, 0); components],
        };
        diagram.root = diagram.node(root);
        let Effort { tolerance, work } = effort;
        while diagram.round(Effort { tolerance: 0.0, work: work / 8 }) {}
        if !diagram.is_exact() {
            diagram.bound_parts(tolerance, work.saturating_mul(5) / 2);
            if diagram.width() > tolerance {
                while diagram.round(Effort { tolerance, work: work / 4 }) {}
            }
        }
        diagram
    }

    /// Whether nothing is open.
    pub(super) fn is_exact(&self) -> bool {
        let order = self.order();
        !order.iter().any(|&node| matches!(self.nodes[node as usize], Node::Open(_)))
    }

    /// The root with all that is open at its lower and at its upper bound.
    pub(super) fn bounds(&self) -> (Probability, Probability) {
        let order = self.order();
        let root = self.root as usize;
        let lower = self.evaluate(&order, false)[root];
        if self.is_exact() {
            return (lower, lower);
        }
        let upper = self.evaluate(&order, true)[root];
        match self.cuts {
            Some(cuts) if self.closed => (cuts.lower, cuts.lower),
            Some(cuts) => (lower.greater(cuts.lower), upper.lesser(cuts.upper)),
            None => (lower, upper),
        }
    }

    /// The cut sets its bounds come from.
    pub(super) fn cut_sets(&self) -> u64 {
        self.cuts.map_or(0, |cuts| cuts.sets)
    }

    fn width(&self) -> f64 {
        let (lower, upper) = self.bounds();
        lower.down - upper.down
    }

    /// Bounds of each of the independent parts that the root needs: by the frontier where it is
    /// narrow, else from cut sets.
    fn bound_parts(&mut self, tolerance: f64, work: u64) {
        let wide = self.width() > tolerance;
        let mut of: Vec<(Probability, Probability)> =
            self.first.iter().map(|&part| self.formulas.bounds(part)).collect();
        let (mut work, mut sets, mut exact) = (work, 0, true);
        for place in (0..of.len()).filter(|&place| of[place].0 != of[place].1).collect::<Vec<_>>() {
            let part = self.first[place];
            if let Some(found) = frontier::exact(&self.formulas, part, work.saturating_mul(2)) {
                of[place] = (found, found);
                continue;
            }
            exact = false;
            if !wide {
                continue;
            }
            // What the others leave of a width, and as much work for each.
            let others = (0..of.len()).filter(|&other| other != place);
            let others = others.fold(1.0, |up, other| up * of[other].1.up);
            let open = of.iter().filter(|bounds| bounds.0 != bounds.1).count() as u64;
            let near = tolerance / others / open as f64;
            let cut = cuts::bounds(&self.formulas, part, near, work / open);
            work = work.saturating_sub(cut.work);
            sets += cut.sets;
            of[place] = (of[place].0.greater(cut.lower), of[place].1.lesser(cut.upper));
        }
        let lower = of.iter().fold(Probability::UP, |all, of| all.and(of.0));
        let upper = of.iter().fold(Probability::UP, |all, of| all.and(of.1));
        self.cuts = Some(CutBounds { lower, upper, sets, work: 0 });
        self.closed = exact;
    }

    /// How many components the result hangs on.
    pub(super) fn component_count(&mut self) -> u64 {
        let mut support = Vec::new();
        self.formulas.support(self.formula, &mut support);
        support.len() as u64
    }

    /// Takes the worst of what is open apart; whether there is more to do.
    fn round(&mut self, effort: Effort) -> bool {
        let order = self.order();
        let is_open = |&&node: &&u32| matches!(self.nodes[node as usize], Node::Open(_));
        let open: Vec<u32> = order.iter().filter(is_open).copied().collect();
        if open.is_empty() || self.formulas.is_full() {
            return false;
        }
        self.done += order.len() as u64;
        let (lower, upper) = (self.evaluate(&order, false), self.evaluate(&order, true));
        let root = self.root as usize;
        let width = lower[root].down - upper[root].down;
        if self.done >= effort.work || (width <= effort.tolerance && self.done >= effort.work / 4) {
            return false;
        }
        let weights = self.sensitivities(&order, &lower);
        let owed = |node: u32| {
            let index = node as usize;
            weights[index] * (lower[index].down - upper[index].down)
        };
        let mut ranked: Vec<(f64, u32)> = open.iter().map(|&node| (owed(node), node)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let total: f64 = ranked.iter().map(|ranked| ranked.0).sum();
        let mut taken = 0.0;
        for (index, &(owed, node)) in ranked.iter().enumerate() {
            if index > 0 && (self.done >= effort.work || (total > 0.0 && taken > 0.9 * total)) {
                break;
            }
            taken += owed;
            self.take_apart(node, effort.work);
        }
        true
    }

    /// Expands an open node, and what comes out of it while that is small.
    fn take_apart(&mut self, node: u32, work: u64) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            let Node::Open(formula) = self.nodes[node as usize] else { continue };
            if self.done >= work && node != self.root {
                continue;
            }
            let plan = self.plan(formula);
            if let (Plan::All(ids), true) = (&plan, node == self.root) {
                self.first.clone_from(ids);
            }
            let mut parts = |ids: Vec<Id>| -> Vec<u32> {
                ids.into_iter().map(|id| self.met(id, &mut stack)).collect()
            };
            let made = match plan {
                Plan::All(ids) => Node::All(parts(ids)),
                Plan::Any(ids) => Node::Any(parts(ids)),
                Plan::Weight(need, members) => {
                    let weights: Vec<u32> = members.iter().map(|member| member.1).collect();
                    let ids = parts(members.into_iter().map(|member| member.0).collect());
                    Node::Weight(need, ids.into_iter().zip(weights).collect())
                }
                Plan::Decide(component, high, low) => {
                    let both = parts(vec![high, low]);
                    Node::Decide(component, both[0], both[1])
                }
            };
            self.nodes[node as usize] = made;
        }
    }

    /// The node of a part; small ones and ones of known probability are taken apart at once.
    fn met(&mut self, id: Id, stack: &mut Vec<u32>) -> u32 {
        let node = self.node(id);
        if matches!(self.nodes[node as usize], Node::Open(_)) {
            let (lower, upper) = self.formulas.bounds(id);
            if lower == upper || self.formulas.is_over_few(id, SMALL) {
                stack.push(node);
            }
        }
        node
    }

    fn node(&mut self, id: Id) -> u32 {
        if self.of.len() <= id as usize {
            self.of.resize(id as usize + 1, u32::MAX);
        }
        if self.of[id as usize] == u32::MAX {
            self.of[id as usize] = self.nodes.len() as u32;
            self.nodes.push(match self.formulas.formula(id) {
                Formula::Constant(up) => Node::Constant(up),
                Formula::Component(component) => Node::Component(component),
                Formula::Gate { .. } => Node::Open(id),
            });
        }
        self.of[id as usize]
    }

    fn plan(&mut self, id: Id) -> Plan {
        let Formula::Gate { need, .. } = self.formulas.formula(id) else { unreachable!("a gate") };
        if self.formulas.needs_all(id) {
            return self.plan_flat(id, true);
        }
        if need == 1 {
            return self.plan_flat(id, false);
        }
        let members = self.formulas.members(id).to_vec();
        let parts: Vec<Id> = members.iter().map(|member| member.0).collect();
        let (groups, shared) = self.groups(&parts);
        if groups == parts.len() {
            return Plan::Weight(need, members);
        }
        self.decide(id, shared)
    }

    fn decide(&mut self, id: Id, component: u32) -> Plan {
        let high = self.set(&[id], &[component], true)[0];
        let low = self.set(&[id], &[component], false)[0];
        Plan::Decide(component, high, low)
    }

    /// All of, or one of: flattened, single components factored out and set in the rest, the rest
    /// split by shared components.
    fn plan_flat(&mut self, id: Id, all: bool) -> Plan {
        let (neutral, absorbing) = if all { (UP, DOWN) } else { (DOWN, UP) };
        let mut single: Vec<Id> = Vec::new();
        let mut rest = self.flatten(vec![id], all);
        loop {
            let is_single = |id: &Id| matches!(self.formulas.formula(*id), Formula::Component(_));
            let (new, gates): (Vec<Id>, Vec<Id>) = rest.into_iter().partition(is_single);
            rest = gates;
            if new.is_empty() {
                break;
            }
            let number = |&id: &Id| match self.formulas.formula(id) {
                Formula::Component(component) => component,
                _ => unreachable!("only components are single"),
            };
            let components: Vec<u32> = new.iter().map(number).collect();
            single.extend(new);
            let set = self.set(&rest, &components, all);
            if set.contains(&absorbing) {
                rest = vec![absorbing];
                break;
            }
            if set == rest {
                break;
            }
            rest = self.flatten(set, all);
        }
        rest.retain(|&id| id != neutral);
        let shared = self.split(&mut rest, all);
        if let ([only], true) = (rest.as_slice(), single.is_empty())
            && (self.formulas.needs_all(*only) && all || self.is_any(*only) && !all)
        {
            return self.decide(*only, shared);
        }
        single.extend(rest);
        if all { Plan::All(single) } else { Plan::Any(single) }
    }

    fn is_any(&self, id: Id) -> bool {
        matches!(self.formulas.formula(id), Formula::Gate { need: 1, .. })
    }

    /// The members of nested gates of one kind, each once, in order of number.
    fn flatten(&mut self, mut stack: Vec<Id>, all: bool) -> Vec<Id> {
        let mut flat = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            if if all { self.formulas.needs_all(id) } else { self.is_any(id) } {
                let members = self.formulas.members(id);
                self.done += members.len() as u64;
                stack.extend(members.iter().map(|member| member.0));
            } else {
                flat.push(id);
            }
        }
        flat.sort_unstable();
        flat
    }

    /// Each formula with the components set.
    fn set(&mut self, ids: &[Id], components: &[u32], up: bool) -> Vec<Id> {
        let mut mask = 0;
        for &component in components {
            self.value[component as usize] = if up { 2 } else { 1 };
            mask |= 1 << (component % 64);
        }
        let before = self.formulas.touched();
        self.formulas.begin();
        let set = ids.iter().map(|&id| self.formulas.restrict(id, &self.value, mask)).collect();
        self.done += self.formulas.touched() - before + ids.len() as u64;
        components.iter().for_each(|&component| self.value[component as usize] = 0);
        set
    }

    /// Joins the parts that share components, each such group to one gate; returns the component
    /// that is in the most parts.
    fn split(&mut self, parts: &mut Vec<Id>, all: bool) -> u32 {
        if parts.len() < 2 {
            return 0;
        }
        let (leaders, shared) = self.leaders(parts);
        let mut groups: Vec<Vec<(Id, u32)>> = vec![Vec::new(); parts.len()];
        for (&part, &leader) in parts.iter().zip(&leaders) {
            groups[leader as usize].push((part, 1));
        }
        groups.retain(|group| !group.is_empty());
        *parts = groups
            .into_iter()
            .map(|group| match group.as_slice() {
                [(only, _)] => *only,
                _ if all => self.formulas.all(group),
                _ => self.formulas.gate(1, group),
            })
            .collect();
        shared
    }

    fn groups(&mut self, parts: &[Id]) -> (usize, u32) {
        let (leaders, shared) = self.leaders(parts);
        let groups = leaders.iter().enumerate().filter(|(part, leader)| *part == **leader as usize);
        (groups.count(), shared)
    }

    /// Union and find over the parts: of each the first part it hangs together with.
    fn leaders(&mut self, parts: &[Id]) -> (Vec<u32>, u32) {
        fn find(leaders: &mut [u32], mut part: u32) -> u32 {
            while leaders[part as usize] != part {
                leaders[part as usize] = leaders[leaders[part as usize] as usize];
                part = leaders[part as usize];
            }
            part
        }
        let mut leaders: Vec<u32> = (0..parts.len() as u32).collect();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut support = Vec::new();
        for (part, &id) in parts.iter().enumerate() {
            support.clear();
            self.formulas.support(id, &mut support);
            pairs.extend(support.iter().map(|&component| (component, part as u32)));
        }
        self.done += pairs.len() as u64;
        let mut best = (0, u32::MAX);
        for &(component, part) in &pairs {
            let (first, times) = &mut self.met_in[component as usize];
            if *times == 0 {
                *first = part;
            }
            *times += 1;
            if *times > best.0 || (*times == best.0 && component < best.1) {
                best = (*times, component);
            }
            let (a, b) = (find(&mut leaders, *first), find(&mut leaders, part));
            leaders[a.max(b) as usize] = a.min(b);
        }
        pairs.iter().for_each(|pair| self.met_in[pair.0 as usize] = (0, 0));
        for part in 0..parts.len() as u32 {
            leaders[part as usize] = find(&mut leaders, part);
        }
        (leaders, best.1)
    }
}
