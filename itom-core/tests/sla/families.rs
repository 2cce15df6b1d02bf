//! Families of dependency graphs, from small enough to be enumerated to ten thousand nodes: what
//! shares what, and how much, is drawn at random. The same seed makes the same graph.

use std::collections::BTreeMap;

use itom_core::sla::{
    DependencyExpression, DependencyGate, DependencyGraphDefinition, Fraction, KOfN, NodeDefinition,
};

use super::random::Random;

/// How the nodes hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Layers of so many nodes; each needs some of two to five nodes of the next layer.
    Layers(usize),
    /// Each needs one or two of two to four of the next so many nodes.
    Window(usize),
    /// Each needs one of its next three nodes, one link in ten leads anywhere.
    SmallWorld,
    /// Each needs one of two or three nodes that are chosen the likelier, the more need them.
    Hubs,
    /// A hundred chains; a node needs the next of its chain or one of another.
    Chains,
    /// A tree of services, whose leaves run on pairs of machines on shared hosts, racks and power.
    Tree,
    /// Quorums of three to nine out of a pool, of which the service needs all.
    Quorums,
    /// Each needs two of three random nodes further on.
    Deep,
    /// Each needs one of three random nodes further on, and two others of another three.
    DeepPairs,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The first node.
    One,
    /// All of the first tenth.
    Tenth,
    /// All nodes that no other needs.
    Ends,
}

/// A graph to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub(super) family: Family,
    pub(super) asked: Asked,
    pub(super) nodes: usize,
    /// Availabilities have between so many nines and so many.
    pub(super) nines: (f64, f64),
    pub(super) seed: u64,
}

fn name(node: usize) -> String {
    format!("n{node:05}")
}

fn gate(k: usize, of: &[usize]) -> DependencyExpression {
    let of: Vec<_> = of.iter().map(|&node| DependencyExpression::Node(name(node))).collect();
    let k = k.min(of.len()) as u64;
    DependencyExpression::Gate(DependencyGate::KOfN(KOfN { k, of, weights: None }))
}

fn all(of: Vec<DependencyExpression>) -> DependencyExpression {
    DependencyExpression::Gate(DependencyGate::AllOf(of))
}

/// The graph.
pub(super) fn draw(drawn: Drawn) -> DependencyGraphDefinition {
    let mut random = Random(drawn.seed);
    let count = drawn.nodes;
    let gates: Vec<Vec<(usize, Vec<usize>)>> = match drawn.family {
        Family::Hubs => hubs(&mut random, count),
        Family::Tree => tree(&mut random, count),
        family => (0..count).map(|node| needs(&mut random, family, node, count)).collect(),
    };
    let mut needed = vec![false; count];
    let mut nodes = BTreeMap::new();
    for (node, gates) in gates.into_iter().enumerate() {
        let (least, most) = drawn.nines;
        let nines = least + (most - least) * random.unit();
        let down = (10f64.powf(-nines) * 1e8).round() as i128;
        let availability = Fraction::new(100_000_000 - down, 100_000_000).unwrap();
        gates.iter().flat_map(|gate| &gate.1).for_each(|&member| needed[member] = true);
        let gates: Vec<_> =
            gates.iter().filter(|gate| !gate.1.is_empty()).map(|(k, of)| gate(*k, of)).collect();
        let requires = if gates.is_empty() { None } else { Some(all(gates)) };
        let definition = NodeDefinition::from(availability);
        nodes.insert(name(node), NodeDefinition { requires, ..definition });
    }
    let asked: Vec<usize> = match drawn.asked {
        Asked::One => vec![0],
        Asked::Tenth => (0..count.div_ceil(10)).collect(),
        Asked::Ends => (0..count).filter(|&node| !needed[node]).collect(),
    };
    let service = gate(asked.len(), &asked);
    DependencyGraphDefinition { nodes, groups: Vec::new(), service }
}

fn needs(
    random: &mut Random,
    family: Family,
    node: usize,
    count: usize,
) -> Vec<(usize, Vec<usize>)> {
    let next = (node + 1).min(count);
    match family {
        Family::Layers(width) => {
            let from = (node / width + 1) * width;
            let size = 2 + random.below(4);
            let k = 1 + random.below(size.min(3) - 1);
            vec![(k, random.some(size, from.min(count), (from + width).min(count)))]
        }
        Family::Window(width) => {
            let size = 2 + random.below(3);
            let k = if size > 2 { 1 + random.below(2) } else { 1 };
            vec![(k, random.some(size, next, (next + width).min(count)))]
        }
        Family::SmallWorld => {
            let links = (next..next + 3).map(|to| {
                if random.below(10) == 0 && next < count {
                    next + random.below(count - next)
                } else {
                    to
                }
            });
            let mut links: Vec<usize> = links.filter(|&to| to < count).collect();
            links.sort_unstable();
            links.dedup();
            vec![(1, links)]
        }
        Family::Chains => {
            let chains = count.div_ceil(100).max(2);
            let mut links = vec![node + chains];
            let other = (node / chains + 1) * chains + random.below(chains);
            if other != links[0] {
                links.push(other);
            }
            links.retain(|&to| to < count);
            vec![(1, links)]
        }
        Family::Quorums => {
            let quorums = count / 4;
            if node >= quorums {
                return vec![];
            }
            let size = 3 + 2 * random.below(4);
            vec![(size / 2 + 1, random.some(size, quorums, count))]
        }
        Family::Deep => vec![(2, random.some(3, next, count))],
        Family::DeepPairs => {
            vec![(1, random.some(3, next, count)), (2, random.some(3, next, count))]
        }
        Family::Hubs | Family::Tree => unreachable!("made as a whole"),
    }
}

/// Preferential attachment (Barabási and Albert 1999), from the last node to the first.
fn hubs(random: &mut Random, count: usize) -> Vec<Vec<(usize, Vec<usize>)>> {
    let mut gates = vec![Vec::new(); count];
    let mut ends: Vec<usize> = Vec::new();
    for node in (0..count).rev() {
        let size = (2 + random.below(2)).min(count - 1 - node);
        let mut of: Vec<usize> = Vec::new();
        while of.len() < size {
            let to = match random.below(4) {
                0 => node + 1 + random.below(count - 1 - node),
                _ => ends[random.below(ends.len())],
            };
            if !of.contains(&to) {
                of.push(to);
            }
        }
        ends.extend(&of);
        ends.push(node);
        gates[node] = vec![(1, of)];
    }
    gates
}

/// Services with three to five parts each down to applications; these run on one of two machines,
/// these on any host; hosts on racks, racks on two feeds.
fn tree(random: &mut Random, count: usize) -> Vec<Vec<(usize, Vec<usize>)>> {
    let mut gates: Vec<Vec<(usize, Vec<usize>)>> = vec![Vec::new(); count];
    let feeds = (count / 500).max(2).min(count);
    let racks = (count / 100).max(1);
    let hosts = (count / 10).max(1);
    let (feed, rack, host) = (
        count.saturating_sub(feeds),
        count.saturating_sub(feeds + racks),
        count.saturating_sub(feeds + racks + hosts),
    );
    for gates in &mut gates[rack..feed] {
        *gates = vec![(1, random.some(2, feed, count))];
    }
    for gates in &mut gates[host..rack] {
        *gates = vec![(1, random.some(1, rack, feed))];
    }
    let services = host / 6;
    let applications = host / 3;
    for (index, gates) in gates[services..applications].iter_mut().enumerate() {
        let machines = (0..2).map(|copy| applications + 2 * index + copy);
        *gates = vec![(1, machines.filter(|&machine| machine < host).collect())];
    }
    for gates in &mut gates[applications..host] {
        *gates = vec![(1, random.some(1, host, rack))];
    }
    let mut next = 1;
    for gates in &mut gates[..services] {
        let until = (next + 3 + random.below(3)).min(applications);
        if until > next {
            *gates = vec![(until - next, (next..until).collect())];
        }
        next = until;
    }
    gates
}
