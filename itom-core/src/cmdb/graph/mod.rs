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

use super::ImpactDirection;
use super::history::{History, Key, Moment, NONE, RelationRow};
use super::model::ClassModel;
use super::terms::Terms;

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
    /// Per word which way, as a kind of relation, it carries impact.
    impact: Vec<ImpactDirection>,
    /// Per word how much, as a kind of relation, a member weighs of which nothing else is said.
    weights: Vec<u32>,
    /// Whether some relation that is there has its source bear on its target.
    backwards: bool,
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
        let impact: Vec<ImpactDirection> =
            words.clone().map(|n| model.impact(history.words.text(n))).collect();
        Graph {
            classes: Arc::clone(classes),
            relations: live.len() as u32,
            outgoing: Lists::new(count, || live.iter().map(|&n| (row(n).source, n))),
            incoming: Lists::new(count, || live.iter().map(|&n| (row(n).target, n))),
            backwards: live.iter().any(|&n| impact[row(n).kind as usize].bears_on_target()),
            impact,
            weights: words.map(|n| model.weight(history.words.text(n))).collect(),
            bearing: OnceLock::new(),
        }
    }

    /// Who goes down with whom; made by the first call.
    pub(super) fn bearing(&self, history: &History, moment: Moment) -> &Bearing {
        self.bearing.get_or_init(|| Bearing::new(self, history, moment))
    }

    /// The relations by which a failure elsewhere bears on an item, each with that provider: of the
    /// item's own what they lead to, and what leads to it where the kind says so.
    pub(super) fn providers<'a>(
        &'a self,
        history: &'a History,
        item: u32,
    ) -> impl Iterator<Item = (u32, u32)> + 'a {
        let row = |relation: u32| &history.relations[relation as usize];
        let out =
            self.outgoing.of(item).iter().filter(move |&&n| self.impact(row(n)).bears_on_source());
        let back: &[u32] = if self.backwards { self.incoming.of(item) } else { &[] };
        let back = back.iter().filter(move |&&n| self.impact(row(n)).bears_on_target());
        out.map(move |&n| (n, row(n).target)).chain(back.map(move |&n| (n, row(n).source)))
    }

    /// The relations by which an item's failure bears on others, each with that consumer.
    pub(super) fn consumers<'a>(
        &'a self,
        history: &'a History,
        item: u32,
    ) -> impl Iterator<Item = (u32, u32)> + 'a {
        let row = |relation: u32| &history.relations[relation as usize];
        let of =
            self.incoming.of(item).iter().filter(move |&&n| self.impact(row(n)).bears_on_source());
        let back: &[u32] = if self.backwards { self.outgoing.of(item) } else { &[] };
        let back = back.iter().filter(move |&&n| self.impact(row(n)).bears_on_target());
        of.map(move |&n| (n, row(n).source)).chain(back.map(move |&n| (n, row(n).target)))
    }

    /// The sides from which an item of a relation looks at the other: what it depends on, and what
    /// depends on it. A relation without impact is read as it is written.
    pub(super) fn leads(&self, relation: &RelationRow, from_source: bool) -> (bool, bool) {
        let forth = self.impact(relation) != ImpactDirection::SourceToTarget;
        let back = self.impact(relation).bears_on_target();
        if from_source { (forth, back) } else { (back, forth) }
    }

    /// How much a member weighs in its group: what the relation says, or else its kind.
    pub(super) fn weight(&self, relation: &RelationRow, terms: &Terms) -> u32 {
        terms.weight.unwrap_or(self.weights[relation.kind as usize])
    }

    fn impact(&self, relation: &RelationRow) -> ImpactDirection {
        self.impact[relation.kind as usize]
    }
}
