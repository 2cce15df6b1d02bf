//! Statuses by rules: the least fixpoint on a finite scale.
//!
//! Everything begins at the best status but what was observed. Whatever depends on an item that
//! became worse is looked at again, until nothing becomes worse (Kleene; Tarjan's work list). A
//! status becomes worse at most as often as the scale has steps, so time is at most proportional to
//! the scale times the relations of what changes — of everything, where a map function is worse
//! than its input even at the best.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::super::history::NONE;
use super::super::terms::Terms;
use super::super::{Value, View};
use super::rules::{EdgeRule, ImpactRule, ImpactRules, MapFunction, Reduce};
use crate::Result;

/// The status of an item that is not at the best.
///
/// ```
/// use itom_core::cmdb::ItemStatus;
/// let text = r#"{"id":"shop","class":"service","status":"major","observed":null,"path":["db","shop"]}"#;
/// assert_eq!(serde_json::from_str::<ItemStatus>(text)?.status, "major");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemStatus {
    /// The item.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its status.
    pub status: String,
    /// What was observed of the item itself.
    pub observed: Option<String>,
    /// From where it came to the item, each making the next worse.
    pub path: Vec<String>,
}

/// One relation as the rules see it.
struct Edge {
    target: u32,
    kind: u32,
    group: u32,
    terms: Terms,
    /// What the member weighs in its group.
    share: u32,
    /// `None` where it is ignored.
    status: Option<u8>,
    weight: f64,
}

/// A computation under way.
struct Fixpoint<'a> {
    view: &'a View,
    rules: &'a ImpactRules,
    observed: BTreeMap<u32, u8>,
    status: HashMap<u32, u8>,
    /// Every time something became worse: row, and the place of what made it so.
    events: Vec<(u32, Option<usize>)>,
    /// Per row its last event.
    last: HashMap<u32, usize>,
}

impl View {
    /// The statuses that follow from what was observed, by rules: the worst first, then by id. What
    /// is at the best status is left out.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::default();
    /// let mut changes = vec![Change::PutItem(PutItem::new("pool", "load_balancer"))];
    /// for host in ["h1", "h2", "h3"] {
    ///     changes.push(Change::PutItem(PutItem::new(host, "host")));
    ///     changes.push(Change::PutRelation(PutRelation::new("pool", "depends_on", host)));
    /// }
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let mut rules = ImpactRules::opennms();
    /// rules.default.reduce = Reduce::Threshold(0.6);
    /// let seen = |hosts: &[&str]| hosts.iter().map(|h| (h.to_string(), "major".to_owned())).collect();
    /// let view = db.at(None, None);
    /// let one: BTreeMap<String, String> = seen(&["h1"]);
    /// assert_eq!(view.statuses(&one, &rules)?.len(), 1); // only the host itself
    /// let two = view.statuses(&seen(&["h1", "h2"]), &rules)?;
    /// assert_eq!((two[2].id.as_str(), two[2].status.as_str()), ("pool", "major"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item, a status is not on the scale, or a rule has no meaning.
    pub fn statuses(
        &self,
        observed: &BTreeMap<String, String>,
        rules: &ImpactRules,
    ) -> Result<Vec<ItemStatus>> {
        rules.check()?;
        let mut seen = BTreeMap::new();
        for (id, status) in observed {
            seen.insert(self.row("observed", id)?, rules.level("observed", status)?);
        }
        let mut fixpoint = Fixpoint {
            view: self,
            rules,
            observed: seen,
            status: HashMap::new(),
            events: Vec::new(),
            last: HashMap::new(),
        };
        fixpoint.run();
        let mut found: Vec<(u8, ItemStatus)> =
            fixpoint.status.keys().map(|row| (fixpoint.status[row], fixpoint.tell(*row))).collect();
        found.sort_unstable_by(|(a, x), (b, y)| (b, &x.id).cmp(&(a, &y.id)));
        Ok(found.into_iter().map(|(_, status)| status).collect())
    }
}

impl Fixpoint<'_> {
    fn run(&mut self) {
        let bearing = self.view.bearing();
        let mut open: BTreeSet<u32> =
            bearing.short.iter().map(|node| bearing.row_of[*node as usize]).collect();
        let worse = |edge: &EdgeRule| match &edge.map {
            MapFunction::Increase(by) => *by > 0,
            MapFunction::SetTo(status) => *status != self.rules.scale[0],
            _ => false,
        };
        if self.rules.edges.iter().any(worse) {
            open.extend((0..self.view.rows()).filter(|row| !self.view.class_of(*row).is_empty()));
        }
        for (row, level) in self.observed.clone() {
            self.raise(row, level, None, &mut open);
        }
        // What is raised puts what depends on it up for another look.
        let mut triggers: HashMap<u32, usize> = HashMap::new();
        while let Some(row) = open.pop_first() {
            let edges = self.edges(row);
            let level = self.evaluate(row, &edges);
            let by = |edge: &&Edge| edge.status.is_some_and(|status| status > 0);
            let trigger = edges.iter().filter(by).filter_map(|edge| {
                let event = *self.last.get(&edge.target)?;
                Some((edge.status, std::cmp::Reverse(event)))
            });
            if let Some((_, std::cmp::Reverse(event))) = trigger.max() {
                triggers.insert(row, event);
            }
            self.raise(row, level, triggers.get(&row).copied(), &mut open);
        }
    }

    fn raise(&mut self, row: u32, level: u8, because: Option<usize>, open: &mut BTreeSet<u32>) {
        if level <= self.status.get(&row).copied().unwrap_or(0) {
            return;
        }
        self.status.insert(row, level);
        self.last.insert(row, self.events.len());
        self.events.push((row, because));
        let graph = self.view.graph();
        open.extend(graph.consumers(self.view.history(), row).map(|(_, consumer)| consumer));
    }

    /// The relations of a row with the statuses that pass along them.
    fn edges(&self, row: u32) -> Vec<Edge> {
        let (view, graph) = (self.view, self.view.graph());
        let mut edges: Vec<Edge> = Vec::new();
        for (number, provider) in graph.providers(view.history(), row) {
            let relation = view.relation_row(number);
            let kind = relation.kind;
            let state = view.history().relation_state(number, view.moment());
            let terms = state.map_or_else(Terms::default, |(code, _)| view.history().terms(code));
            let share = graph.weight(relation, &terms);
            let (status, weight) = self.pass(row, (kind, share), provider);
            edges.push(Edge {
                target: provider,
                kind,
                group: view.history().group_for(number, row),
                terms,
                share,
                status,
                weight,
            });
        }
        let heaviest = |edge: &Edge| std::cmp::Reverse(edge.share);
        edges.sort_by_key(|edge| match edge.group {
            NONE => (NONE, edge.target, std::cmp::Reverse(0), edge.kind),
            group => (group, edge.target, heaviest(edge), edge.kind),
        });
        // A group has a member once, by whatever kinds of relation.
        edges.dedup_by_key(|edge| match edge.group {
            NONE => (NONE, edge.target, edge.kind),
            group => (group, edge.target, 0),
        });
        edges
    }

    /// What passes from `target` to `source`, and how much it counts.
    fn pass(&self, source: u32, (kind, share): (u32, u32), target: u32) -> (Option<u8>, f64) {
        let view = self.view;
        let own = self.status.get(&target).copied().unwrap_or(0);
        let is = |asked: &Option<String>, text: &str| asked.as_ref().is_none_or(|a| a == text);
        let of = |asked: &Option<String>, row: u32| {
            asked.as_ref().is_none_or(|class| view.is_of(row, std::slice::from_ref(class)))
        };
        let fits = |edge: &&EdgeRule| {
            is(&edge.kind, view.history().words.text(kind))
                && is(&edge.source, view.id_of(source))
                && is(&edge.target, view.id_of(target))
                && of(&edge.source_class, source)
                && of(&edge.target_class, target)
        };
        // What relations weigh is told in hundredths of the usual.
        let share = f64::from(share) / 100.0;
        let Some(edge) = self.rules.edges.iter().find(fits) else { return (Some(own), share) };
        let worst = self.rules.scale.len() - 1;
        let level = match &edge.map {
            MapFunction::Identity => Some(own),
            MapFunction::Increase(by) => Some((own as usize + *by as usize).min(worst) as u8),
            MapFunction::Decrease(by) => Some((u32::from(own)).saturating_sub(*by) as u8),
            MapFunction::SetTo(status) => self.rules.level("set_to", status).ok(),
            MapFunction::Ignore => None,
        };
        let said = edge.weight_attribute.as_ref().and_then(|name| {
            match view.item(view.id_of(target))?.attributes.get(name)? {
                Value::Int(number) => Some(*number as f64),
                Value::Float(number) => Some(*number),
                _ => None,
            }
        });
        (level, said.filter(|weight| *weight >= 0.0).unwrap_or(edge.weight * share))
    }

    fn rule(&self, row: u32) -> &ImpactRule {
        let (view, rules) = (self.view, self.rules);
        let (id, class) = (view.id_of(row), view.class_of(row));
        let of = |class: &&String| view.is_of(row, std::slice::from_ref(class));
        // Of the classes above its own the nearest: the one that is below the others.
        let above = || {
            let all: Vec<&String> = rules.by_class.keys().filter(of).collect();
            let below = |class: &&&String| {
                all.iter().filter(|other| view.class_model().is_a(class, other)).count()
            };
            all.iter().max_by_key(below).copied()
        };
        rules
            .by_id
            .get(id)
            .or_else(|| rules.by_class.get(class))
            .or_else(|| above().and_then(|class| rules.by_class.get(class)))
            .unwrap_or(&rules.default)
    }

    /// The status of a row by its rule, from what its relations pass.
    fn evaluate(&self, row: u32, edges: &[Edge]) -> u8 {
        let rule = self.rule(row);
        let own = self.observed.get(&row).copied();
        let words = &self.view.history().words;
        let part_of = |edge: &Edge| {
            rule.groups.iter().position(|group| {
                group.kind.as_ref().is_none_or(|kind| kind == words.text(edge.kind))
                    && group.target_class.as_ref().is_none_or(|class| {
                        self.view.is_of(edge.target, std::slice::from_ref(class))
                    })
            })
        };
        let mut worst = own.unwrap_or(0);
        for part in (0..rule.groups.len()).map(Some).chain([None]) {
            let reduce = part.map_or(&rule.reduce, |n| &rule.groups[n].reduce);
            let edges: Vec<&Edge> = edges
                .iter()
                .filter(|edge| edge.status.is_some() && part_of(edge) == part)
                .collect();
            let level = match (reduce, own) {
                (Reduce::SelfPreferred, Some(own)) => own,
                _ => self.reduce(reduce, &edges),
            };
            worst = worst.max(level);
        }
        worst
    }

    fn reduce(&self, reduce: &Reduce, edges: &[&Edge]) -> u8 {
        let level = |edge: &Edge| edge.status.unwrap_or(0);
        let highest = || edges.iter().map(|edge| level(edge)).max().unwrap_or(0);
        let weight = |edges: &mut dyn Iterator<Item = &&Edge>| edges.map(|e| e.weight).sum::<f64>();
        let all = weight(&mut edges.iter());
        let scale = 1..self.rules.scale.len() as u8;
        let worst = |is: &dyn Fn(u8) -> bool| scale.clone().rev().find(|n| is(*n)).unwrap_or(0);
        match reduce {
            Reduce::HighestSeverity | Reduce::SelfPreferred => highest(),
            Reduce::HighestSeverityAbove(status) => {
                let floor = self.rules.level("highest_severity_above", status).unwrap_or(0);
                Some(highest()).filter(|level| *level > floor).unwrap_or(0)
            }
            Reduce::Threshold(share) => worst(&|n| {
                let hit = weight(&mut edges.iter().filter(|edge| level(edge) >= n));
                all > 0.0 && hit >= share * all
            }),
            Reduce::WeightedCluster(share) => worst(&|n| {
                let up = weight(&mut edges.iter().filter(|edge| level(edge) < n));
                all > 0.0 && up < share * all
            }),
            Reduce::Cluster(min_up) => quorum(edges, min_up.of(edges.len()), &worst),
            Reduce::ExponentialPropagation(base) => {
                let power = |n: u8| base.powi(i32::from(n) - 1);
                let bad = edges.iter().filter(|edge| level(edge) > 0);
                let sum: f64 = bad.map(|edge| edge.weight * power(level(edge))).sum();
                worst(&|n| sum >= power(n))
            }
            Reduce::Groups => {
                let groups = edges.chunk_by(|a, b| a.group == b.group && a.group != NONE);
                let each = groups.map(|group| match group[0].group {
                    NONE => level(group[0]),
                    _ => pooled(group, &worst),
                });
                each.max().unwrap_or(0)
            }
        }
    }

    fn tell(&self, row: u32) -> ItemStatus {
        let (view, scale) = (self.view, &self.rules.scale);
        let back =
            std::iter::successors(self.last.get(&row), |event| self.events[**event].1.as_ref());
        let mut path: Vec<u32> = back.map(|event| self.events[*event].0).collect();
        path.dedup();
        path.reverse();
        ItemStatus {
            id: view.id_of(row).to_owned(),
            class: view.class_of(row).to_owned(),
            status: scale[self.status[&row] as usize].clone(),
            observed: self.observed.get(&row).map(|level| scale[*level as usize].clone()),
            path: path.into_iter().map(|row| view.id_of(row).to_owned()).collect(),
        }
    }
}

/// The worst status that less of a group than it needs is better than.
fn pooled(group: &[&Edge], worst: &Worst<'_>) -> u8 {
    let terms = group[0].terms;
    let weighed = terms.min_up_type.is_weighed();
    let units = |edge: &&&Edge| if weighed { u64::from(edge.share) } else { 1 };
    let all = group.iter().map(|edge| units(&edge)).sum();
    let need = terms.need(group.len() as u64, all);
    let up = |n: u8| group.iter().filter(move |edge| edge.status.unwrap_or(0) < n);
    worst(&|n| up(n).map(|edge| units(&edge)).sum::<u64>() < need)
}

/// Finds the worst level of a scale for which something is so.
type Worst<'a> = dyn Fn(&dyn Fn(u8) -> bool) -> u8 + 'a;

/// The worst status that fewer than `need` members are better than.
fn quorum(edges: &[&Edge], need: usize, worst: &Worst<'_>) -> u8 {
    worst(&|n| edges.iter().filter(|edge| edge.status.unwrap_or(0) < n).count() < need)
}
