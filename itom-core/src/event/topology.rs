//! Who depends on whom, as far as correlation needs to know.
//!
//! The event domain does not know the CMDB: it asks a [`Topology`], two questions about one item at
//! a time. A CMDB view answers them, so does a list of pairs ([`EdgeTopology`]), and `()` knows of
//! no dependency at all. [`nearest`] walks outward from an item, hop by hop, with a bound.

use std::collections::{BTreeMap, BTreeSet};

/// Dependencies between items. Answers must be the same as long as an engine uses it; their order
/// does not matter, neither do repetitions.
///
/// ```
/// use itom_core::event::{EdgeTopology, Topology};
///
/// let known: Box<dyn Topology> = Box::new(EdgeTopology::new([("web", "db")]));
/// assert_eq!(known.providers("web"), ["db"]);
/// assert!(().providers("web").is_empty());
/// ```
pub trait Topology {
    /// The items that `item` directly depends on.
    fn providers(&self, item: &str) -> Vec<String>;
    /// The items that directly depend on `item`.
    fn consumers(&self, item: &str) -> Vec<String>;
}

/// Nothing is known of dependencies: only alerts of one item are close.
impl Topology for () {
    fn providers(&self, _item: &str) -> Vec<String> {
        Vec::new()
    }

    fn consumers(&self, _item: &str) -> Vec<String> {
        Vec::new()
    }
}

/// A topology of (consumer, provider) pairs; cycles and loops are fine.
///
/// ```
/// use itom_core::event::{EdgeTopology, Topology};
///
/// let topology = EdgeTopology::new([("shop", "cart"), ("cart", "db"), ("shop", "search")]);
/// assert_eq!(topology.providers("shop"), ["cart", "search"]);
/// assert_eq!(topology.consumers("db"), ["cart"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeTopology {
    providers: BTreeMap<String, BTreeSet<String>>,
    consumers: BTreeMap<String, BTreeSet<String>>,
}

impl EdgeTopology {
    /// From (consumer, provider) pairs; a pair given twice counts once.
    ///
    /// ```
    /// assert_eq!(itom_core::event::EdgeTopology::new([("a", "b"), ("a", "b")]).len(), 1);
    /// ```
    pub fn new<C: Into<String>, P: Into<String>>(edges: impl IntoIterator<Item = (C, P)>) -> Self {
        let mut topology = EdgeTopology::default();
        for (consumer, provider) in edges {
            let (consumer, provider) = (consumer.into(), provider.into());
            topology.consumers.entry(provider.clone()).or_default().insert(consumer.clone());
            topology.providers.entry(consumer).or_default().insert(provider);
        }
        topology
    }

    /// Number of different pairs.
    ///
    /// ```
    /// assert_eq!(itom_core::event::EdgeTopology::new([("a", "b"), ("b", "a")]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.providers.values().map(BTreeSet::len).sum()
    }

    /// Whether there is no pair.
    ///
    /// ```
    /// assert!(itom_core::event::EdgeTopology::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }
}

impl Topology for EdgeTopology {
    fn providers(&self, item: &str) -> Vec<String> {
        self.providers.get(item).into_iter().flatten().cloned().collect()
    }

    fn consumers(&self, item: &str) -> Vec<String> {
        self.consumers.get(item).into_iter().flatten().cloned().collect()
    }
}

/// What [`nearest`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbourhood {
    /// The items with their distance, nearest first, then by name; the start itself at 0.
    pub(super) items: Vec<(String, u32)>,
    /// Whether the bound cut the walk short.
    pub(super) cut: bool,
}

/// The items within `max_distance` hops of `start`, in either direction, at most `max_items`.
///
/// Breadth first; a hop that would exceed the bound is taken in the order of names and cut there,
/// so the result does not depend on the topology's own order. Costs two questions an item.
pub(super) fn nearest(
    topology: &dyn Topology,
    start: &str,
    max_distance: u32,
    max_items: usize,
) -> Neighbourhood {
    let mut found = Neighbourhood { items: vec![(start.to_owned(), 0)], cut: false };
    let mut seen: BTreeSet<String> = [start.to_owned()].into();
    let mut ring = 0..1;
    for distance in 1..=max_distance {
        let mut next = BTreeSet::new();
        for (item, _) in &found.items[ring.clone()] {
            next.extend(topology.providers(item));
            next.extend(topology.consumers(item));
        }
        ring = found.items.len()..found.items.len();
        for item in next {
            if seen.contains(&item) {
                continue;
            }
            if found.items.len() >= max_items {
                found.cut = true;
                return found;
            }
            seen.insert(item.clone());
            found.items.push((item, distance));
            ring.end += 1;
        }
        if ring.is_empty() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_both_ways_through_cycles_and_stops() {
        let ring = EdgeTopology::new([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "a")]);
        let found = nearest(&ring, "a", 9, 100);
        let items: Vec<_> = found.items.iter().map(|(item, d)| (item.as_str(), *d)).collect();
        assert_eq!(items, [("a", 0), ("b", 1), ("d", 1), ("c", 2)]);
        assert!(!found.cut);
    }

    #[test]
    fn a_hub_is_cut_and_says_so() {
        let hub = EdgeTopology::new((0..1000).map(|n| (format!("{n:04}"), "hub")));
        let found = nearest(&hub, "hub", 2, 10);
        assert_eq!(found.items.len(), 10);
        assert_eq!(found.items[9].0, "0008");
        assert!(found.cut);
    }
}
