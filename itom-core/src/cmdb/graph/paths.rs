//! All shortest ways from one item to another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{Direction, View};
use super::GraphFilter;
use crate::Result;

/// The shortest ways between two items.
///
/// ```
/// assert!(itom_core::cmdb::Paths::default().paths.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Paths {
    /// Each from source to target, both included; all of one length, in the order of their ids.
    pub paths: Vec<Vec<String>>,
    /// Whether the limit left some out.
    pub truncated: bool,
}

impl View {
    /// All shortest chains of dependence from `source` to `target`, at most `limit` of them and at
    /// most `depth` relations long, by relations and over items of a filter.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "web-1", "web-2", "db"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// for (a, b) in [("shop", "web-1"), ("shop", "web-2"), ("web-1", "db"), ("web-2", "db")] {
    ///     changes.push(Change::PutRelation(PutRelation::new(a, "uses", b)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let view = db.at(None, None);
    /// let found = view.shortest_paths("shop", "db", &GraphFilter::default())?;
    /// assert_eq!(found.paths, [["shop", "web-1", "db"], ["shop", "web-2", "db"]]);
    /// let one = GraphFilter { limit: 1, ..GraphFilter::default() };
    /// assert!(view.shortest_paths("shop", "db", &one)?.truncated);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn shortest_paths(
        &self,
        source: &str,
        target: &str,
        filter: &GraphFilter,
    ) -> Result<Paths> {
        let (start, end) = (self.row("source", source)?, self.row("target", target)?);
        let before = self.ways_back(start, end, filter);
        // Depth first from the end over what came before: every step leads to the start.
        let mut found = Vec::new();
        let mut truncated = false;
        let mut stack = vec![vec![end]];
        while let Some(path) = stack.pop() {
            let last = path[path.len() - 1];
            if last == start {
                if found.len() >= filter.limit {
                    truncated = true;
                    break;
                }
                let names = path.iter().rev().map(|row| self.id_of(*row).to_owned());
                found.push(names.collect::<Vec<String>>());
                continue;
            }
            for &row in before.get(&last).into_iter().flatten() {
                let mut path = path.clone();
                path.push(row);
                stack.push(path);
            }
        }
        found.sort_unstable();
        Ok(Paths { paths: found, truncated })
    }

    /// Per row on a shortest way those that come just before it.
    fn ways_back(&self, start: u32, end: u32, filter: &GraphFilter) -> BTreeMap<u32, Vec<u32>> {
        let kinds = self.kinds(filter);
        let mut levels = BTreeMap::from([(start, 0)]);
        let mut before: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut order = vec![start];
        let mut next = 0;
        while let Some(&row) = order.get(next) {
            next += 1;
            let level = levels[&row];
            let far = filter.depth.is_some_and(|depth| level >= depth);
            if far || levels.get(&end).is_some_and(|last| *last <= level) {
                break;
            }
            for step in self.steps(row, Direction::Providers, &kinds) {
                if step != end && !self.is_of(step, &filter.classes) {
                    continue;
                }
                let known = *levels.entry(step).or_insert_with(|| {
                    order.push(step);
                    level + 1
                });
                if known == level + 1 {
                    before.entry(step).or_default().push(row);
                }
            }
        }
        before
    }
}
