//! The state at one moment: what is there, what it depends on, and how one gets from here to there.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};

use super::graph::{Classes, Graph};
use super::history::{History, Moment, NONE};
use super::impact::Scratch;
use super::model::ClassModel;
use super::{Item, Relation};
use crate::{Error, Result};

/// What was so at a moment of both times; see `Cmdb::at`.
///
/// A view is a handle to immutable state: cloning it is cheap, any number of threads may read it,
/// and later transactions do not change it.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction};
///
/// let mut db = Cmdb::default();
/// let changes = [
///     Change::PutItem(PutItem::new("shop", "service")),
///     Change::PutItem(PutItem::new("orders", "database")),
///     Change::PutRelation(PutRelation::new("shop", "uses", "orders")),
/// ];
/// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
/// let view = db.at(None, None);
/// assert_eq!(view.providers("shop")?, ["orders"]);
/// assert_eq!(view.consumers("orders")?, ["shop"]);
/// assert_eq!(view.path("shop", "orders")?, Some(vec!["shop", "orders"]));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct View {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    history: Arc<History>,
    model: Arc<ClassModel>,
    moment: Moment,
    /// Made by the first question that needs them: one about a single item reads columns.
    classes: OnceLock<Classes>,
    graph: OnceLock<Graph>,
    /// Questions about single items while there are no classes.
    asked: AtomicU32,
    /// Working memory of [`View::impact`], to be used again: it holds nothing that lasts, so who
    /// finds none makes one.
    scratch: Mutex<Vec<Scratch>>,
}

/// Which way to look from an item.
///
/// ```
/// use itom_core::cmdb::Direction;
/// assert_eq!(serde_json::to_string(&Direction::Providers)?, "\"providers\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Direction {
    /// To what it depends on.
    Providers,
    /// To what depends on it.
    Consumers,
    /// Both.
    #[default]
    Both,
}

/// An item next to another, and the relation between them as seen from that other one.
///
/// ```
/// use itom_core::cmdb::Neighbour;
///
/// let text = r#"{"id":"host-1","kind":"runs_on","name":"runs_on","direction":"providers"}"#;
/// let neighbour: Neighbour = serde_json::from_str(text)?;
/// assert_eq!(neighbour.id, "host-1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Neighbour {
    /// The neighbour.
    pub id: String,
    /// The kind of relation.
    pub kind: String,
    /// What the relation is called seen from here: the kind, or its inverse by the model.
    pub name: String,
    /// `providers` if it is depended on, `consumers` if it depends.
    pub direction: Direction,
}

impl View {
    pub(super) fn new(history: Arc<History>, model: Arc<ClassModel>, moment: Moment) -> Self {
        let (classes, graph, scratch) = (OnceLock::new(), OnceLock::new(), Mutex::default());
        let asked = AtomicU32::new(0);
        View { state: Arc::new(State { history, model, moment, classes, graph, asked, scratch }) }
    }

    /// Number of items.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Cmdb::default().at(None, None).len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.classes().count
    }

    /// Whether there is no item.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of relations.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Cmdb::default().at(None, None).relation_count(), 0);
    /// ```
    pub fn relation_count(&self) -> usize {
        self.graph().relations as usize
    }

    /// The item of that id, if it is there.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).item("web-1").is_none());
    /// ```
    pub fn item(&self, id: &str) -> Option<Item> {
        self.find(id).map(|row| self.item_at(row))
    }

    /// Whether there is an item of that id.
    ///
    /// ```
    /// assert!(!itom_core::cmdb::Cmdb::default().at(None, None).contains("web-1"));
    /// ```
    pub fn contains(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// The items of a class and of the classes below it, or all, in the order of their ids.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::new(ModelDefinition::operations())?;
    /// let put = Change::PutItem(PutItem::new("resize", "function"));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!(db.at(None, None).items(Some("application"))?.len(), 1);
    /// assert_eq!(db.at(None, None).items(Some("database"))?.len(), 0);
    /// assert!(db.at(None, None).items(Some("data base")).is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The model has no such class. An open model has every class.
    pub fn items(&self, class: Option<&str>) -> Result<Vec<Item>> {
        let (model, words) = (&self.state.model, &self.state.history.words);
        if let Some(class) = class
            && !model.has_class(class)
        {
            return Err(Error::not_found("class", "class", format!("{class:?}")));
        }
        let wanted: Vec<bool> = (0..words.len() as u32)
            .map(|word| class.is_none_or(|class| model.is_a(words.text(word), class)))
            .collect();
        let classes = (0..).zip(self.classes().of.iter());
        let rows = classes.filter(|(_, class)| **class != NONE && wanted[**class as usize]);
        let mut items: Vec<Item> = rows.map(|(row, _)| self.item_at(row)).collect();
        items.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(items)
    }

    /// Whether there is an item of that id, of that class or one below it.
    ///
    /// ```
    /// assert!(!itom_core::cmdb::Cmdb::default().at(None, None).is_a("web-1", "service"));
    /// ```
    pub fn is_a(&self, id: &str, class: &str) -> bool {
        let own = self.find(id).map(|row| self.class_word(row));
        let words = &self.state.history.words;
        own.is_some_and(|own| self.state.model.is_a(words.text(own), class))
    }

    /// The relations an item is an end of, or all, sorted.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).relations(None)?.is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn relations(&self, id: Option<&str>) -> Result<Vec<Relation>> {
        let graph = self.graph();
        let mut rows: Vec<u32> = match id {
            Some(id) => {
                let item = self.row("id", id)?;
                [graph.outgoing.of(item), graph.incoming.of(item)].concat()
            }
            None => (0..self.rows()).flat_map(|item| graph.outgoing.of(item)).copied().collect(),
        };
        rows.sort_unstable();
        rows.dedup();
        let mut relations: Vec<Relation> = rows
            .into_iter()
            .filter_map(|relation| {
                let (history, moment) = (&self.state.history, self.state.moment);
                let (code, _) = history.relation_state(relation, moment)?;
                Some(history.describe(relation, code))
            })
            .collect();
        relations.sort_unstable();
        Ok(relations)
    }

    /// What an item depends on directly, by relations that carry impact, sorted.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).providers("web-1").is_err());
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn providers(&self, id: &str) -> Result<Vec<&str>> {
        let row = self.row("id", id)?;
        Ok(self.names(self.graph().providers(self.history(), row).map(|(_, item)| item)))
    }

    /// What depends on an item directly, by relations that carry impact, sorted.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).consumers("web-1").is_err());
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn consumers(&self, id: &str) -> Result<Vec<&str>> {
        let row = self.row("id", id)?;
        Ok(self.names(self.graph().consumers(self.history(), row).map(|(_, item)| item)))
    }

    /// The items next to one, by relations of one kind or of any, sorted.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let mut db = Cmdb::new(ModelDefinition::operations())?;
    /// let changes = [
    ///     Change::PutItem(PutItem::new("web-1", "application")),
    ///     Change::PutItem(PutItem::new("host-1", "host")),
    ///     Change::PutRelation(PutRelation::new("web-1", "runs_on", "host-1")),
    /// ];
    /// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
    /// let view = db.at(None, None);
    /// let next = view.neighbours("host-1", Direction::Both, None)?;
    /// assert_eq!((next[0].id.as_str(), next[0].name.as_str()), ("web-1", "runs"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such item, or the model has no such kind of relation.
    pub fn neighbours(
        &self,
        id: &str,
        direction: Direction,
        kind: Option<&str>,
    ) -> Result<Vec<Neighbour>> {
        let item = self.row("id", id)?;
        kind.map_or(Ok(()), |kind| self.state.model.check_kind(kind))?;
        let mut neighbours = BTreeSet::new();
        let graph = self.graph();
        for (relations, is_source) in [(&graph.outgoing, true), (&graph.incoming, false)] {
            for &relation in relations.of(item) {
                let row = self.relation_row(relation);
                let own = self.state.history.words.text(row.kind);
                if kind.is_some_and(|kind| kind != own) {
                    continue;
                }
                let side = match (graph.leads(row, is_source), direction) {
                    // Each depends on the other: seen as asked, or as it is written.
                    ((true, true), Direction::Both) if is_source => Direction::Providers,
                    ((true, true), Direction::Both) => Direction::Consumers,
                    ((true, true), asked) => asked,
                    ((true, false), _) => Direction::Providers,
                    _ => Direction::Consumers,
                };
                if direction != Direction::Both && direction != side {
                    continue;
                }
                let (other, name) = match is_source {
                    false => (row.source, self.state.model.inverse(own)),
                    true => (row.target, None),
                };
                neighbours.insert(Neighbour {
                    id: self.id_of(other).to_owned(),
                    kind: own.to_owned(),
                    name: name.unwrap_or(own).to_owned(),
                    direction: side,
                });
            }
        }
        Ok(neighbours.into_iter().collect())
    }

    /// The shortest chain of dependence from `source` to `target`, both included: each item
    /// depends on the next by some relation. `None` if there is none. Of several the one found
    /// first in the order in which the relations were made.
    ///
    /// Time is at most proportional to what `source` depends on.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).path("a", "b").is_err());
    /// ```
    ///
    /// # Errors
    /// There is no such item.
    pub fn path(&self, source: &str, target: &str) -> Result<Option<Vec<&str>>> {
        let (start, end) = (self.row("source", source)?, self.row("target", target)?);
        let mut reached_from: hashbrown::HashMap<u32, u32> = [(start, start)].into_iter().collect();
        let mut queue = VecDeque::from([start]);
        while let Some(item) = queue.pop_front() {
            if item == end {
                let back = std::iter::successors(Some(end), |item| {
                    Some(reached_from[item]).filter(|before| before != item)
                });
                let mut path: Vec<&str> = back.map(|item| self.id_of(item)).collect();
                path.reverse();
                return Ok(Some(path));
            }
            let graph = self.graph();
            for (relations, is_source) in [(&graph.outgoing, true), (&graph.incoming, false)] {
                for &relation in relations.of(item) {
                    let row = self.relation_row(relation);
                    if !graph.leads(row, is_source).0 {
                        continue;
                    }
                    let next = if is_source { row.target } else { row.source };
                    reached_from.entry(next).or_insert_with(|| {
                        queue.push_back(next);
                        item
                    });
                }
            }
        }
        Ok(None)
    }

    /// The class model as it is said.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().at(None, None).model().classes.is_empty());
    /// ```
    pub fn model(&self) -> &super::ModelDefinition {
        self.state.model.definition()
    }

    /// The id of an item by its number, as [`Impact::down_rows`](super::Impact::down_rows) gives
    /// it; `""` if there is no such number. Numbers are dense from 0 and never change.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Cmdb::default().at(None, None).id_of(0), "");
    /// ```
    pub fn id_of(&self, row: u32) -> &str {
        if row < self.rows() { self.state.history.ids.text(row) } else { "" }
    }

    /// How many numbers of items there are: items that are there, and those that are not now.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Cmdb::default().at(None, None).rows(), 0);
    /// ```
    pub fn rows(&self) -> u32 {
        self.state.history.items()
    }

    /// Which items are there; the first call reads all.
    pub(super) fn classes(&self) -> &Classes {
        let State { history, moment, classes, .. } = &*self.state;
        classes.get_or_init(|| Classes::new(history, *moment))
    }

    /// The relations that are there; the first call reads all.
    pub(super) fn graph(&self) -> &Graph {
        let State { history, model, moment, graph, .. } = &*self.state;
        graph.get_or_init(|| Graph::new(history, model, *moment, self.classes()))
    }

    /// The word of an item's class, [`NONE`] where it is not there.
    pub(super) fn class_word(&self, row: u32) -> u32 {
        let State { history, moment, classes, asked, .. } = &*self.state;
        // To read them all costs about a quarter as much an item: once as much was spent on single
        // ones, they are read.
        let is_worth_all = || asked.fetch_add(1, Ordering::Relaxed) > history.items() / 4;
        if classes.get().is_none() && !is_worth_all() {
            return history.item_state(row, *moment).class;
        }
        self.classes().of.get(row as usize).copied().unwrap_or(NONE)
    }

    pub(super) fn history(&self) -> &History {
        &self.state.history
    }

    pub(super) fn class_model(&self) -> &ClassModel {
        &self.state.model
    }

    pub(super) fn moment(&self) -> Moment {
        self.state.moment
    }

    pub(super) fn take_scratch(&self) -> Scratch {
        let mut spare = self.state.scratch.lock().unwrap_or_else(|broken| broken.into_inner());
        let scratch = spare.pop();
        drop(spare);
        scratch.unwrap_or_else(|| Scratch::new(self.graph()))
    }

    pub(super) fn keep_scratch(&self, scratch: Scratch) {
        /// More readers than this at one time make their own.
        const MOST: usize = 8;
        let mut spare = self.state.scratch.lock().unwrap_or_else(|broken| broken.into_inner());
        if spare.len() < MOST {
            spare.push(scratch);
        }
    }

    fn find(&self, id: &str) -> Option<u32> {
        let history = &self.state.history;
        let row = history.control.representative(history.ids.find(id)?, self.state.moment);
        (self.class_word(row) != NONE).then_some(row)
    }

    pub(super) fn row(&self, argument: &str, id: &str) -> Result<u32> {
        self.find(id).ok_or_else(|| Error::not_found(argument, "item", format!("{id:?}")))
    }

    fn item_at(&self, row: u32) -> Item {
        let history = &self.state.history;
        let attributes = history.attributes(&self.state.model, row, self.state.moment);
        let words = &history.words;
        Item {
            id: history.ids.text(row).to_owned(),
            class: words.text(self.class_word(row)).to_owned(),
            attributes: attributes
                .into_iter()
                .map(|(word, value)| (words.text(word).to_owned(), value))
                .collect(),
        }
    }

    pub(super) fn relation_row(&self, relation: u32) -> &super::history::RelationRow {
        &self.state.history.relations[relation as usize]
    }

    /// The ids of these rows, sorted, each once.
    pub(super) fn names(&self, rows: impl IntoIterator<Item = u32>) -> Vec<&str> {
        let mut names: Vec<&str> = rows.into_iter().map(|row| self.id_of(row)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
