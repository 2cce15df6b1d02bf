//! What the relations around an item say of it.

use super::super::Direction;
use super::links::{self, LIVE};
use super::plan::{Minimum, Related};
use super::reading::At;
use super::state::State;
use crate::cmdb::history::NONE;

impl State {
    /// The items at the other ends of relations of a kind that are there; of any kind for none.
    fn others(
        &self,
        at: At<'_>,
        row: u32,
        kind: Option<u32>,
        direction: Direction,
    ) -> impl Iterator<Item = u32> {
        let live = self.ends.of(row).filter(|n| self.relations[*n as usize] & LIVE != 0);
        let relations = live.map(move |n| &at.history.relations[n as usize]);
        let of_kind =
            relations.filter(move |relation| kind.is_none_or(|kind| relation.kind == kind));
        of_kind.filter_map(move |relation| links::other(relation, row, direction))
    }

    /// Whether an item has a relation as it is asked for.
    pub(super) fn has(&mut self, at: At<'_>, row: u32, related: &Related) -> bool {
        if related.kinds.is_empty() {
            return self.leads(at, row, None, related);
        }
        related.kinds.iter().any(|&name| {
            let kind = self.plan.word(name);
            let symmetric = at.model.relation(self.plan.name(name)).is_some_and(|k| k.symmetric);
            let direction = if symmetric { Direction::Both } else { related.direction };
            let related = Related { kinds: Vec::new(), direction, class: related.class };
            kind != NONE && self.leads(at, row, Some(kind), &related)
        })
    }

    fn leads(&mut self, at: At<'_>, row: u32, kind: Option<u32>, related: &Related) -> bool {
        let Some(target) = related.class else {
            return self.others(at, row, kind, related.direction).next().is_some();
        };
        let others = self.others(at, row, kind, related.direction);
        let mut classes: Vec<u32> = others.map(|other| self.rows[other as usize].class).collect();
        classes.sort_unstable();
        classes.dedup();
        let (history, model) = (at.history, at.model);
        classes.into_iter().any(|class| self.plan.is_below(history, model, class, target))
    }

    /// Whether an item has as many others as a kind of relation asks for.
    pub(super) fn is_enough(&self, at: At<'_>, row: u32, minimum: &Minimum) -> bool {
        self.count(at, row, minimum) >= minimum.least as usize
    }

    /// How many others, as far as it takes to tell.
    pub(super) fn count(&self, at: At<'_>, row: u32, minimum: &Minimum) -> usize {
        let kind = self.plan.word(minimum.kind);
        if kind == NONE {
            return 0;
        }
        let mut others = self.others(at, row, Some(kind), minimum.direction);
        if minimum.least == 1 {
            return usize::from(others.next().is_some());
        }
        let mut others: Vec<u32> = others.collect();
        others.sort_unstable();
        others.dedup();
        others.len()
    }

    /// What an item depends on by a kind of relation.
    pub(super) fn hosts(&self, at: At<'_>, row: u32, kind: &str) -> Vec<u32> {
        let Some(kind) = at.history.words.find(kind) else { return Vec::new() };
        self.others(at, row, Some(kind), Direction::Providers).collect()
    }
}
