//! The relations of a view as compressed adjacency, both directions.
//!
//! Which items are there ([`Classes`]), which relations are there with the lists of them by item, and
//! what impact is computed on ([`Bearing`]) are each found in one pass over the history's rows, by
//! the first question that needs it. A node's neighbours are a slice.

mod bearing;
mod lists;
mod paths;
mod subgraph;

use std::sync::{Arc, OnceLock};

pub(super) use bearing::{Bearing, Group};
pub(super) use lists::Lists;
pub use paths::Paths;
pub use subgraph::{GraphFilter, Subgraph, SubgraphItem};

use super::history::{History, Key, Moment, NONE};
use super::model::ClassModel;

/// Which items are there.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// Per item its class's word, [`NONE`] where it is not there.
    pub(super) of: Arc<Vec<u32>>,
    /// How many are there.
    pub(super) count: usize,
    /// When those that ever were removed were so last.
    removed: hashbrown::HashMap<u32, Key>,
}

impl Classes {
    pub(super) fn new(history: &History, moment: Moment) -> Self {
        let mut removed = hashbrown::HashMap::new();
        let mut classes = Vec::with_capacity(history.items() as usize);
        for item in 0..history.items() {
            let state = history.item_state(item, moment);
            classes.push(state.class);
            if let Some(key) = state.removed {
                removed.insert(item, key);
            }
        }
        let count = classes.iter().filter(|class| **class != NONE).count();
        Classes { of: Arc::new(classes), count, removed }
    }
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Per item its class's word, [`NONE`] where it is not there.
    pub(super) classes: Arc<Vec<u32>>,
    /// Per item the relations it is the source of.
    pub(super) outgoing: Lists,
    /// Per item the relations it is the target of.
    pub(super) incoming: Lists,
    pub(super) relations: u32,
    /// Per word whether, as a kind of relation, it carries impact.
    carries_impact: Vec<bool>,
    bearing: OnceLock<Bearing>,
}

impl Graph {
    pub(super) fn new(
        history: &History,
        model: &ClassModel,
        moment: Moment,
        there: &Classes,
    ) -> Self {
        let (classes, removed, count) = (&there.of, &there.removed, there.of.len());
        let mut live = Vec::with_capacity(history.relations.len());
        for (relation, row) in (0..).zip(history.relations.iter()) {
            let Some((_, put)) = history.relation_state(relation, moment) else { continue };
            let is_there = |item: u32| {
                let since = removed.is_empty() || removed.get(&item).is_none_or(|key| *key < put);
                classes[item as usize] != NONE && since
            };
            if is_there(row.source) && is_there(row.target) {
                live.push(relation);
            }
        }
        let row = |relation: u32| &history.relations[relation as usize];
        let words = 0..history.words.len() as u32;
        Graph {
            classes: Arc::clone(classes),
            relations: live.len() as u32,
            outgoing: Lists::new(count, || live.iter().map(|&n| (row(n).source, n))),
            incoming: Lists::new(count, || live.iter().map(|&n| (row(n).target, n))),
            carries_impact: words.map(|n| model.carries_impact(history.words.text(n))).collect(),
            bearing: OnceLock::new(),
        }
    }

    /// Who goes down with whom; made by the first call.
    pub(super) fn bearing(&self, history: &History, moment: Moment) -> &Bearing {
        self.bearing.get_or_init(|| Bearing::new(self, history, moment))
    }

    /// Whether a kind of relation carries impact.
    pub(super) fn carries_impact(&self, kind: u32) -> bool {
        self.carries_impact[kind as usize]
    }
}
