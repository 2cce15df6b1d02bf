//! Where to look for what must be unique or counted.
//!
//! Per value of an attribute that is unique somewhere, the items it was ever put to; per kind of
//! relation that is constrained and per end, the relations ever put. Entries are candidates: whether
//! one holds at a moment the history says. So nothing has to be taken out again, neither by a
//! removal nor by a transaction that is taken back, and a correction of the past is found too.

use hashbrown::{HashMap, HashTable};

use crate::Timestamp;
use crate::cmdb::Value;
use crate::cmdb::history::{Entry, History, Logged, Said};
use crate::cmdb::model::ClassModel;
use crate::snapshot::stable_hash;

/// Which end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Target,
}

/// The candidates.
#[derive(Debug, Default)]
pub(in crate::cmdb) struct Constraints {
    /// Items by the hash of attribute and value: mostly one.
    items: HashTable<(u64, u32)>,
    /// Relations by kind, end and item: any number.
    relations: HashMap<(u32, bool, u32), Vec<u32>>,
}

impl Constraints {
    /// Of a whole history, the transaction under way included.
    pub(in crate::cmdb) fn of(history: &History, model: &ClassModel) -> Self {
        let mut constraints = Constraints::default();
        if model.has_unique() {
            let all = history.now(Timestamp::MAX);
            for item in 0..history.items() {
                for statement in history.item_statements(item, all) {
                    let Said::Item { attributes, .. } = statement.said else { continue };
                    for cell in attributes {
                        constraints.add_value(history, model, item, cell);
                    }
                }
            }
        }
        let relations = if model.has_constrained_kinds() { history.relations.len() } else { 0 };
        for relation in 0..relations as u32 {
            constraints.add_relation(history, model, relation);
        }
        constraints
    }

    /// Adds what a transaction says.
    pub(in crate::cmdb) fn add(&mut self, history: &History, model: &ClassModel, logged: &Logged) {
        for entry in &logged.entries {
            match entry {
                Entry::PutItem { item, attributes, .. } if model.has_unique() => {
                    for &cell in attributes {
                        self.add_value(history, model, *item, cell);
                    }
                }
                Entry::PutRelation { relation, .. } => {
                    self.add_relation(history, model, *relation);
                }
                _ => {}
            }
        }
    }

    fn add_value(
        &mut self,
        history: &History,
        model: &ClassModel,
        item: u32,
        (word, code): (u32, u32),
    ) {
        let name = history.words.text(word);
        if code == 0 || !model.is_ever_unique(name) {
            return;
        }
        let hash = hash(name, &history.value(word, code));
        if !self.items.iter_hash(hash).any(|known| *known == (hash, item)) {
            self.items.insert_unique(hash, (hash, item), |(hash, _)| *hash);
        }
    }

    fn add_relation(&mut self, history: &History, model: &ClassModel, relation: u32) {
        if !model.has_constrained_kinds() {
            return;
        }
        let row = &history.relations[relation as usize];
        let kind = model.relation(history.words.text(row.kind));
        if !kind.is_some_and(|kind| kind.is_constrained()) {
            return;
        }
        for (end, item) in [(true, row.source), (false, row.target)] {
            let known = self.relations.entry((row.kind, end, item)).or_default();
            if known.last() != Some(&relation) {
                known.push(relation);
            }
        }
    }

    /// Items that may have, or have had, this value.
    pub(super) fn items(&self, attribute: &str, value: &Value) -> impl Iterator<Item = u32> {
        let hash = hash(attribute, value);
        self.items.iter_hash(hash).filter(move |(own, _)| *own == hash).map(|(_, item)| *item)
    }

    /// Relations of a kind that may have, or have had, the item at this end; each once, and each
    /// still a relation of the history.
    pub(super) fn relations(&self, history: &History, kind: u32, end: End, item: u32) -> Vec<u32> {
        let known = self.relations.get(&(kind, end == End::Source, item));
        let mut relations: Vec<u32> = known.cloned().unwrap_or_default();
        relations.sort_unstable();
        relations.dedup();
        // A transaction that was taken back leaves numbers that another may have been given since.
        relations.retain(|&relation| {
            let row = history.relations.get(relation as usize);
            row.is_some_and(|row| {
                let own = if end == End::Source { row.source } else { row.target };
                (row.kind, own) == (kind, item)
            })
        });
        relations
    }
}

fn hash(attribute: &str, value: &Value) -> u64 {
    let text = format!("{attribute}\0{}\0{value}", value.type_name());
    stable_hash(text.as_bytes())
}
