//! An [`Import`] in the making: items by key, relations each once, and bounds on both.

use hashbrown::{HashMap, HashSet};

use super::tree::Tree;
use crate::cmdb::{Import, ItemRecord, RecordEnd, RelationRecord, Value};
use crate::{Error, ErrorKind, Result};

/// More relations than this are refused: a document of a few megabytes can imply any number.
const MOST_RELATIONS: usize = 20_000_000;
/// What is left out is named this often and then only counted.
const MOST_WARNINGS: usize = 1000;

#[derive(Default)]
pub(super) struct Draft {
    import: Import,
    by_id: HashMap<String, u32>,
    known: HashSet<(u32, &'static str, u32, bool)>,
    beyond: HashSet<(u32, &'static str, String)>,
    unsaid: usize,
}

impl Draft {
    /// The record of that id, which is made if there is none.
    pub(super) fn item(&mut self, id: &str, class: &str) -> u32 {
        if let Some(&index) = self.by_id.get(id) {
            return index;
        }
        let index = self.import.records.len() as u32;
        self.import.records.push(ItemRecord::new(class).of_id(id));
        self.by_id.insert(id.to_owned(), index);
        index
    }

    /// A record of a new id; one that was there already is refused.
    pub(super) fn new_item(&mut self, id: &str, class: &str) -> Result<u32> {
        if self.by_id.contains_key(id) {
            return Err(Error::invalid("id", format!("{id:?} a second time"), "given once"));
        }
        Ok(self.item(id, class))
    }

    pub(super) fn find(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(super) fn class(&self, index: u32) -> &str {
        &self.import.records[index as usize].class
    }

    pub(super) fn id(&self, index: u32) -> &str {
        self.import.records[index as usize].id.as_deref().unwrap_or_default()
    }

    /// Sets an attribute; nothing where there is no value.
    pub(super) fn set(&mut self, index: u32, attribute: &str, value: impl Into<Value>) {
        let value = value.into();
        let says = match &value {
            Value::Null => false,
            Value::Text(text) => !text.is_empty(),
            Value::List(parts) => !parts.is_empty(),
            _ => true,
        };
        if says {
            self.import.records[index as usize].attributes.insert(attribute.to_owned(), value);
        }
    }

    /// Sets an attribute from a node that has a plain value, and passes over one that has none.
    pub(super) fn take(&mut self, index: u32, attribute: &str, node: Option<&Tree>) {
        if let Some(value) = node.and_then(Tree::value) {
            self.set(index, attribute, value);
        }
    }

    /// A list of texts `key=value`, as labels and tags are kept, in the order of their keys.
    pub(super) fn pairs(&mut self, index: u32, attribute: &str, entries: &[(String, Tree)]) {
        let mut pairs: Vec<String> = entries
            .iter()
            .map(|(key, value)| match value {
                Tree::Text(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            })
            .collect();
        pairs.sort_unstable();
        self.set(index, attribute, Value::List(pairs.into_iter().map(Value::Text).collect()));
    }

    /// A plain dependency, said once however often it is found. None of an item on itself.
    pub(super) fn relate(&mut self, source: u32, kind: &'static str, target: u32) -> Result<()> {
        if source != target && self.known.insert((source, kind, target, false)) {
            let ends = [source, target].map(RecordEnd::Index);
            let [source, target] = ends;
            self.push(RelationRecord::new(source, kind, target))?;
        }
        Ok(())
    }

    /// A dependency on an item that is not in the document, by its id.
    pub(super) fn relate_beyond(
        &mut self,
        source: u32,
        kind: &'static str,
        target: &str,
    ) -> Result<()> {
        if self.beyond.insert((source, kind, target.to_owned())) {
            let target = RecordEnd::Id(target.to_owned());
            self.push(RelationRecord::new(RecordEnd::Index(source), kind, target))?;
        }
        Ok(())
    }

    /// A dependency of an item that is not in the document.
    pub(super) fn relate_from_beyond(
        &mut self,
        source: &str,
        kind: &'static str,
        target: u32,
    ) -> Result<()> {
        let source = RecordEnd::Id(source.to_owned());
        self.push(RelationRecord::new(source, kind, RecordEnd::Index(target)))
    }

    /// A dependency on `min_up` of several; of one it is a plain one. `targets` each once.
    pub(super) fn group(
        &mut self,
        (source, kind, name): (u32, &'static str, &str),
        targets: &[u32],
        min_up: u32,
    ) -> Result<()> {
        for &target in targets {
            if source != target && self.known.insert((source, kind, target, true)) {
                let ends = (RecordEnd::Index(source), RecordEnd::Index(target));
                let relation = RelationRecord::new(ends.0, kind, ends.1).in_group(name, min_up);
                self.push(relation)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, relation: RelationRecord) -> Result<()> {
        if self.import.relations.len() >= MOST_RELATIONS {
            let message = format!("text must imply at most {MOST_RELATIONS} relations");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("text"));
        }
        self.import.relations.push(relation);
        Ok(())
    }

    pub(super) fn warn(&mut self, warning: String) {
        if self.import.warnings.len() < MOST_WARNINGS {
            self.import.warnings.push(warning);
        } else {
            self.unsaid += 1;
        }
    }

    /// Says how many objects of which kinds were passed over.
    pub(super) fn left_out<'a>(&mut self, kinds: impl IntoIterator<Item = &'a str>) {
        let mut counts = std::collections::BTreeMap::new();
        kinds.into_iter().for_each(|kind| *counts.entry(kind).or_insert(0usize) += 1);
        for (kind, count) in counts {
            let kind: String = kind.chars().take(100).collect();
            self.warn(format!("{count} of kind {kind}: left out"));
        }
    }

    pub(super) fn finish(mut self) -> Import {
        if self.unsaid > 0 {
            self.import.warnings.push(format!("and {} warnings more", self.unsaid));
        }
        self.import
    }
}
