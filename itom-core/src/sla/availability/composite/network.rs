//! Do two places of a network stay connected?
//!
//! The chance that a path of working links leads from source to target, links and nodes failing
//! independently. Links are taken one after the other; what matters of the past is how the nodes
//! that still have links to come hang together, so states that agree in that are one (the
//! frontier method: Hardy, Lucet and Limnios, "K-terminal network reliability measures with
//! binary decision diagrams", 2007). The number of states depends on the width of the frontier,
//! not on the number of links: meshes some ten wide are exact at any length. Past the limit the
//! least likely states are given up, and their mass is the distance of the bounds.
//!
//! Links carry both ways; a directed network is not for this function.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::graph::{CompositeAvailability, composite};
use super::probability::Probability;
use crate::sla::Fraction;
use crate::{Error, ErrorKind, Result};

const MOST_EDGES: usize = 100_000;

/// A link: from, to, availability; `["s", "x", "0.9"]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NetworkEdge(pub String, pub String, pub Fraction);

/// A network and two places in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NetworkDefinition {
    /// The links.
    pub edges: Vec<NetworkEdge>,
    /// Where the path begins.
    pub source: String,
    /// Where it ends.
    pub target: String,
    /// The availability of nodes that can fail; others do not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, Fraction>,
    /// States kept at once, 100,000 if not said; the least likely are given up first.
    #[serde(default = "states")]
    pub states: u32,
}

fn states() -> u32 {
    100_000
}

/// How nodes at the frontier hang together: equal labels are connected, 0 has failed.
type Partition = Vec<u16>;

#[derive(Clone, Copy)]
struct Mass {
    float: f64,
    exact: Option<Fraction>,
}

/// The chance that source and target are connected.
///
/// # Errors
/// For an availability outside [0, 1], a source or target that no link touches, no states, and
/// more than 100,000 links.
///
/// ```
/// use itom_core::sla::two_terminal;
///
/// let bridge = r#"{"source": "s", "target": "t", "edges": [["s", "x", 0.9], ["s", "y", 0.9],
///     ["x", "y", 0.9], ["x", "t", 0.9], ["y", "t", 0.9]]}"#;
/// let result = two_terminal(&serde_json::from_str(bridge)?)?;
/// assert_eq!(result.availability, Some("0.97848".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_terminal(definition: &NetworkDefinition) -> Result<CompositeAvailability> {
    let network = Network::new(definition)?;
    let (up, down, exact, exactly) = network.sweep(definition.states as usize);
    let lower = Probability { up, down: 1.0 - up };
    let mut result = match exactly {
        true => {
            let both = Probability { up, down };
            composite(both, both)
        }
        false => composite(lower, Probability { up: 1.0 - down, down }),
    };
    result.settle(exact.filter(|_| exactly));
    result.components = network.edges.len() as u64
        + network.nodes.iter().filter(|node| node.float < 1.0).count() as u64;
    Ok(result)
}

struct Network {
    /// In the order they are taken: ends by number and availability.
    edges: Vec<(u32, u32, Mass)>,
    nodes: Vec<Mass>,
    /// Of each node the number of the last edge that touches it.
    last: Vec<usize>,
    ends: (u32, u32),
}

impl Network {
    fn new(definition: &NetworkDefinition) -> Result<Network> {
        if definition.edges.len() > MOST_EDGES {
            let message = format!("edges are {}, more than {MOST_EDGES}", definition.edges.len());
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("edges"));
        }
        if definition.states == 0 {
            return Err(Error::invalid("states", 0, "positive"));
        }
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        for NetworkEdge(from, to, availability) in &definition.edges {
            mass(*availability, "edges")?;
            for name in [from, to] {
                let next = numbers.len() as u32;
                numbers.entry(name).or_insert(next);
            }
        }
        let find = |name: &String, argument: &str| {
            let found = numbers.get(name.as_str()).copied();
            found.ok_or_else(|| Error::not_found(argument, "node", format!("{name:?}")))
        };
        let source = find(&definition.source, "source")?;
        let target = find(&definition.target, "target")?;
        let mut nodes = vec![Mass { float: 1.0, exact: Some(Fraction::ONE) }; numbers.len()];
        for (name, availability) in &definition.nodes {
            nodes[find(name, "nodes")? as usize] = mass(*availability, "nodes")?;
        }
        let pairs = definition.edges.iter().map(|NetworkEdge(from, to, availability)| {
            Ok((find(from, "edges")?, find(to, "edges")?, mass(*availability, "edges")?))
        });
        let mut edges: Vec<_> = pairs.collect::<Result<_>>()?;
        edges.retain(|edge| edge.0 != edge.1);
        let rank = breadth_first(&edges, numbers.len(), source);
        edges.sort_by_key(|&(from, to, _)| {
            let (from, to) = (rank[from as usize], rank[to as usize]);
            (from.max(to), from.min(to))
        });
        let mut last = vec![0; numbers.len()];
        for (index, &(from, to, _)) in edges.iter().enumerate() {
            (last[from as usize], last[to as usize]) = (index, index);
        }
        Ok(Network { edges, nodes, last, ends: (source, target) })
    }

    /// Mass of the connected and of the disconnected states, the first exactly where it fits, and
    /// whether no state was given up.
    fn sweep(&self, limit: usize) -> (f64, f64, Option<Fraction>, bool) {
        let (source, target) = self.ends;
        let one = Mass { float: 1.0, exact: Some(Fraction::ONE) };
        let mut frontier: Vec<u32> = Vec::new();
        let mut states: Vec<(Partition, Mass)> = vec![(Vec::new(), one)];
        let mut up = Mass { float: 0.0, exact: Some(Fraction::ZERO) };
        let (mut down, mut complete) = (0.0, true);
        for node in if source == target { vec![source] } else { vec![source, target] } {
            self.enter(node, &mut frontier, &mut states);
        }
        if source == target {
            let connected = |state: &&(Partition, Mass)| state.0[0] > 0;
            let (alive, dead): (Vec<_>, Vec<_>) = states.iter().partition(connected);
            let sum = |part: &[&(Partition, Mass)]| part.iter().map(|state| state.1.float).sum();
            return (sum(&alive), sum(&dead), self.nodes[source as usize].exact, true);
        }
        for (index, &(from, to, works)) in self.edges.iter().enumerate() {
            for node in [from, to] {
                if !frontier.contains(&node) {
                    self.enter(node, &mut frontier, &mut states);
                }
            }
            let place = |node| frontier.iter().position(|&other| other == node).unwrap_or(0);
            let (a, b) = (place(from), place(to));
            let leaves: Vec<usize> = (2..frontier.len())
                .filter(|&place| self.last[frontier[place] as usize] == index)
                .collect();
            let alive: Vec<bool> =
                frontier.iter().map(|&node| self.last[node as usize] > index).collect();
            let mut next: HashMap<Partition, Mass> = HashMap::with_capacity(states.len() * 2);
            for (state, mass) in states {
                let mut settle = |state: Partition, mass: Mass| {
                    if state[0] > 0 && state[0] == state[1] {
                        up = up.plus(mass);
                    } else if is_cut(&state, &alive) {
                        down += mass.float;
                    } else {
                        let state = canonical(state, &leaves);
                        let cell = next
                            .entry(state)
                            .or_insert(Mass { float: 0.0, exact: Some(Fraction::ZERO) });
                        *cell = cell.plus(mass);
                    }
                };
                let (left, right) = (state[a], state[b]);
                if left == right || left == 0 || right == 0 {
                    settle(state, mass);
                    continue;
                }
                let joined = state.iter().map(|&label| if label == right { left } else { label });
                settle(joined.collect(), mass.times(works));
                settle(state, mass.times(works.complement()));
            }
            frontier = frontier
                .iter()
                .enumerate()
                .filter(|(place, _)| !leaves.contains(place))
                .map(|(_, &node)| node)
                .collect();
            states = next.into_iter().collect();
            // Of equal mass the state decides, so that the order does not depend on the map.
            states.sort_by(|x, y| y.1.float.total_cmp(&x.1.float).then_with(|| x.0.cmp(&y.0)));
            complete &= states.len() <= limit;
            states.truncate(limit);
        }
        (up.float, down, up.exact, complete)
    }

    /// Adds a node to the frontier: up and by itself, or down.
    fn enter(&self, node: u32, frontier: &mut Vec<u32>, states: &mut Vec<(Partition, Mass)>) {
        frontier.push(node);
        let works = self.nodes[node as usize];
        let mut entered = Vec::with_capacity(states.len() * 2);
        for (state, mass) in states.drain(..) {
            if works.float < 1.0 {
                let mut failed = state.clone();
                failed.push(0);
                entered.push((failed, mass.times(works.complement())));
            }
            if works.float > 0.0 {
                let mut state = state;
                state.push(state.iter().max().map_or(1, |label| label + 1));
                entered.push((state, mass.times(works)));
            }
        }
        *states = entered;
    }
}

impl Mass {
    fn times(self, other: Mass) -> Mass {
        let exact = self.exact.zip(other.exact).and_then(|(a, b)| a.times(b).ok());
        Mass { float: self.float * other.float, exact }
    }

    fn plus(self, other: Mass) -> Mass {
        let negative = |other: Fraction| Fraction::ZERO.minus(other).ok();
        let exact = self.exact.zip(other.exact.and_then(negative));
        Mass { float: self.float + other.float, exact: exact.and_then(|(a, b)| a.minus(b).ok()) }
    }

    fn complement(self) -> Mass {
        let exact = self.exact.and_then(|exact| Fraction::ONE.minus(exact).ok());
        Mass { float: exact.map_or(1.0 - self.float, Fraction::to_f64), exact }
    }
}

fn mass(availability: Fraction, argument: &str) -> Result<Mass> {
    if availability < Fraction::ZERO || availability > Fraction::ONE {
        return Err(Error::invalid(argument, availability, "availabilities in [0, 1]"));
    }
    Ok(Mass { float: availability.to_f64(), exact: Some(availability) })
}

/// Whether source or target can no longer be left or reached.
fn is_cut(state: &Partition, alive: &[bool]) -> bool {
    let stuck = |end: usize| {
        let label = state[end];
        label == 0 || !state.iter().zip(alive).any(|(&other, &alive)| other == label && alive)
    };
    stuck(0) || stuck(1)
}

/// Drops the nodes that leave, and labels the rest in order of first occurrence.
fn canonical(state: Partition, leaves: &[usize]) -> Partition {
    let mut names: Vec<u16> = vec![0];
    let stays = state.iter().enumerate().filter(|(place, _)| !leaves.contains(place));
    stays
        .map(|(_, &label)| {
            if label == 0 {
                return 0;
            }
            let known = names[1..].iter().position(|&name| name == label);
            let place = known.unwrap_or_else(|| {
                names.push(label);
                names.len() - 2
            });
            place as u16 + 1
        })
        .collect()
}

/// The order in which nodes are met from the source.
fn breadth_first(edges: &[(u32, u32, Mass)], count: usize, source: u32) -> Vec<u32> {
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); count];
    for &(from, to, _) in edges {
        neighbours[from as usize].push(to);
        neighbours[to as usize].push(from);
    }
    let mut rank = vec![u32::MAX; count];
    let mut queue = std::collections::VecDeque::from([source]);
    rank[source as usize] = 0;
    let mut next = 1;
    while let Some(node) = queue.pop_front() {
        for &neighbour in &neighbours[node as usize] {
            if rank[neighbour as usize] == u32::MAX {
                rank[neighbour as usize] = next;
                next += 1;
                queue.push_back(neighbour);
            }
        }
    }
    rank
}
