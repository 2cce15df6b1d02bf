//! Parts of the graph to look at: what is near an item, what a service stands on, circles.
//!
//! Breadth-first for distances; layers of a service map are longest ways down, found after circles
//! have been drawn together by Tarjan's algorithm ("Depth-first search and linear graph algorithms",
//! 1972). Time is proportional to the relations looked at.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::{Direction, Relation, View};
use crate::Result;

/// Which relations to follow, and which items to look at.
///
/// ```
/// use itom_core::cmdb::GraphFilter;
/// let filter: GraphFilter = serde_json::from_str(r#"{"kinds": ["runs_on"], "limit": 50}"#)?;
/// assert!(filter.classes.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GraphFilter {
    /// Only relations of these kinds; empty: any.
    pub kinds: Vec<String>,
    /// Only items of these classes, or of those below them; empty: any. Where a search begins and
    /// ends is looked at in any case.
    pub classes: Vec<String>,
    /// The most relations away; `None`: any distance.
    pub depth: Option<u32>,
    /// The most items, or paths, to answer with.
    pub limit: usize,
}

impl Default for GraphFilter {
    fn default() -> Self {
        GraphFilter { kinds: Vec::new(), classes: Vec::new(), depth: None, limit: 10_000 }
    }
}

/// An item of a [`Subgraph`].
///
/// ```
/// use itom_core::cmdb::SubgraphItem;
/// let text = r#"{"id":"host-1","class":"host","layer":2}"#;
/// assert_eq!(serde_json::from_str::<SubgraphItem>(text)?.layer, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubgraphItem {
    /// The item.
    pub id: String,
    /// Its class.
    pub class: String,
    /// In a neighbourhood the distance, in a service map the layer to draw it in.
    pub layer: u32,
}

/// Items, the relations between them, and layers: ready to draw.
///
/// ```
/// assert!(!itom_core::cmdb::Subgraph::default().truncated);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subgraph {
    /// The items, by layer, then by id.
    pub nodes: Vec<SubgraphItem>,
    /// The relations between them of the kinds asked for, sorted.
    pub relations: Vec<Relation>,
    /// Whether the limit left something out.
    pub truncated: bool,
}

impl View {
    /// The items at most `depth` relations from one, with their distances.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "web", "host"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// changes.push(Change::PutRelation(PutRelation::new("shop", "uses", "web")));
    /// changes.push(Change::PutRelation(PutRelation::new("web", "runs_on", "host")));
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let near = GraphFilter { depth: Some(1), ..GraphFilter::default() };
    /// let found = db.at(None, None).neighbourhood("host", Direction::Both, &near)?;
    /// assert_eq!(found.nodes.len(), 2);
    /// assert_eq!(found.relations[0].kind, "runs_on");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn neighbourhood(
        &self,
        id: &str,
        direction: Direction,
        filter: &GraphFilter,
    ) -> Result<Subgraph> {
        let row = self.row("id", id)?;
        let (levels, truncated) = self.within(row, direction, filter);
        Ok(self.draw(&levels, filter, truncated))
    }

    /// What a service stands on, in layers: each item below everything that depends on it; items
    /// that depend on each other in a circle share a layer.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["shop", "web", "db"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// for (source, target) in [("shop", "web"), ("shop", "db"), ("web", "db")] {
    ///     changes.push(Change::PutRelation(PutRelation::new(source, "uses", target)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let map = db.at(None, None).service_map("shop", &GraphFilter::default())?;
    /// let layers: Vec<(&str, u32)> = map.nodes.iter().map(|n| (n.id.as_str(), n.layer)).collect();
    /// assert_eq!(layers, [("shop", 0), ("web", 1), ("db", 2)]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn service_map(&self, service: &str, filter: &GraphFilter) -> Result<Subgraph> {
        let row = self.row("service", service)?;
        let (levels, truncated) = self.within(row, Direction::Providers, filter);
        let kinds = self.kinds(filter);
        let rows: Vec<u32> = levels.keys().copied().collect();
        let next = |row: u32| {
            let inside = |row: &u32| levels.contains_key(row);
            let targets = self.steps(row, Direction::Providers, &kinds);
            targets.into_iter().filter(inside).collect::<Vec<u32>>()
        };
        // Circles come in the order of Tarjan: after all that they lead to.
        let circles = circles(&rows, next);
        let mut circle_of: HashMap<u32, usize> = HashMap::new();
        for (n, circle) in circles.iter().enumerate() {
            circle_of.extend(circle.iter().map(|&row| (row, n)));
        }
        let mut layers = vec![0; circles.len()];
        for (n, circle) in circles.iter().enumerate().rev() {
            for &row in circle {
                for target in next(row) {
                    let below = circle_of[&target];
                    if below != n {
                        layers[below] = layers[below].max(layers[n] + 1);
                    }
                }
            }
        }
        let layers = rows.iter().map(|row| (*row, layers[circle_of[row]])).collect();
        Ok(self.draw(&layers, filter, truncated))
    }

    /// The items that depend on each other in circles, by relations that carry impact: each circle
    /// sorted, all of them in order. An item that depends on itself is one.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes: Vec<Change> =
    ///     ["a", "b", "c"].map(|id| Change::PutItem(PutItem::new(id, "x"))).into();
    /// for (source, target) in [("a", "b"), ("b", "a"), ("c", "a")] {
    ///     changes.push(Change::PutRelation(PutRelation::new(source, "uses", target)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!(db.at(None, None).cycles(), [["a", "b"]]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let graph = self.graph();
        let next = |row: u32| -> Vec<u32> {
            graph.providers(self.history(), row).map(|(_, provider)| provider).collect()
        };
        let rows: Vec<u32> = (0..self.rows()).collect();
        let is_circle =
            |circle: &Vec<u32>| circle.len() > 1 || next(circle[0]).contains(&circle[0]);
        let mut found: Vec<Vec<&str>> =
            circles(&rows, next).into_iter().filter(is_circle).map(|c| self.names(c)).collect();
        found.sort_unstable();
        found
    }

    /// Per word whether a filter follows relations of that kind.
    pub(super) fn kinds(&self, filter: &GraphFilter) -> Vec<bool> {
        let words = &self.history().words;
        let is_asked =
            |kind: &str| filter.kinds.is_empty() || filter.kinds.iter().any(|k| k == kind);
        (0..words.len() as u32).map(|word| is_asked(words.text(word))).collect()
    }

    /// One relation on from a row, sorted, each once.
    pub(super) fn steps(&self, row: u32, direction: Direction, kinds: &[bool]) -> Vec<u32> {
        let graph = self.graph();
        let mut steps = Vec::new();
        for (relations, is_source) in [(&graph.outgoing, true), (&graph.incoming, false)] {
            for relation in relations.of(row).iter().map(|n| self.relation_row(*n)) {
                let (provides, consumes) = graph.leads(relation, is_source);
                let leads = direction != Direction::Consumers && provides
                    || direction != Direction::Providers && consumes;
                if leads && kinds[relation.kind as usize] {
                    steps.push(if is_source { relation.target } else { relation.source });
                }
            }
        }
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// Distances from a row, and whether the limit left something out.
    fn within(
        &self,
        start: u32,
        direction: Direction,
        filter: &GraphFilter,
    ) -> (BTreeMap<u32, u32>, bool) {
        let kinds = self.kinds(filter);
        let mut levels = BTreeMap::from([(start, 0)]);
        let mut order = vec![(start, 0)];
        let mut next = 0;
        while let Some(&(row, level)) = order.get(next) {
            next += 1;
            if filter.depth.is_some_and(|depth| level >= depth) {
                break;
            }
            for step in self.steps(row, direction, &kinds) {
                if levels.contains_key(&step) || !self.is_of(step, &filter.classes) {
                    continue;
                }
                if levels.len() >= filter.limit.max(1) {
                    return (levels, true);
                }
                levels.insert(step, level + 1);
                order.push((step, level + 1));
            }
        }
        (levels, false)
    }

    fn draw(&self, layers: &BTreeMap<u32, u32>, filter: &GraphFilter, truncated: bool) -> Subgraph {
        let kinds = self.kinds(filter);
        let node = |(row, layer): (&u32, &u32)| SubgraphItem {
            id: self.id_of(*row).to_owned(),
            class: self.class_of(*row).to_owned(),
            layer: *layer,
        };
        let mut nodes: Vec<SubgraphItem> = layers.iter().map(node).collect();
        nodes.sort_unstable_by(|a, b| (a.layer, &a.id).cmp(&(b.layer, &b.id)));
        let mut relations = Vec::new();
        for row in layers.keys() {
            for &number in self.graph().outgoing.of(*row) {
                let relation = self.relation_row(number);
                if kinds[relation.kind as usize] && layers.contains_key(&relation.target) {
                    let state = self.history().relation_state(number, self.moment());
                    relations.extend(state.map(|(code, _)| self.history().describe(number, code)));
                }
            }
        }
        relations.sort_unstable();
        Subgraph { nodes, relations, truncated }
    }
}

/// Strongly connected components, each sorted, one that leads to another after it (Tarjan), without
/// recursion.
fn circles(rows: &[u32], next: impl Fn(u32) -> Vec<u32>) -> Vec<Vec<u32>> {
    struct Frame {
        row: u32,
        steps: Vec<u32>,
        at: usize,
    }
    let mut number: HashMap<u32, u32> = HashMap::new();
    let mut low: HashMap<u32, u32> = HashMap::new();
    let mut is_open: HashMap<u32, bool> = HashMap::new();
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for &root in rows {
        if number.contains_key(&root) {
            continue;
        }
        let mut frames: Vec<Frame> = Vec::new();
        let mut enter = Some(root);
        loop {
            if let Some(row) = enter.take() {
                let n = number.len() as u32;
                number.insert(row, n);
                low.insert(row, n);
                is_open.insert(row, true);
                open.push(row);
                frames.push(Frame { row, steps: next(row), at: 0 });
            }
            let Some(frame) = frames.last_mut() else { break };
            let row = frame.row;
            if let Some(&step) = frame.steps.get(frame.at) {
                frame.at += 1;
                match number.get(&step) {
                    None => enter = Some(step),
                    Some(&n) if is_open[&step] => {
                        let lowest = low[&row].min(n);
                        low.insert(row, lowest);
                    }
                    Some(_) => {}
                }
                continue;
            }
            frames.pop();
            if let Some(above) = frames.last() {
                let lowest = low[&above.row].min(low[&row]);
                low.insert(above.row, lowest);
            }
            if low[&row] == number[&row] {
                let from = open.iter().rposition(|&other| other == row).unwrap_or(0);
                let mut circle = open.split_off(from);
                for row in &circle {
                    is_open.insert(*row, false);
                }
                circle.sort_unstable();
                found.push(circle);
            }
        }
    }
    found
}
