//! Which items have a value: what identification probes.
//!
//! Per attribute that identifies and per code of a value the items of which some source ever said
//! so; of lists, which agree where they have an element in common, per hash of each element. An
//! entry is a hint: who probes looks whether it is so at the moment. That makes upkeep trivial:
//! nothing is ever taken out, and what a refused transaction put in is found not to be so. It is made at the first reconciliation, hears every transaction from then on, and is
//! made anew when the model identifies by other attributes.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::super::Value;
use super::super::history::{Entry, History, NONE, Said};
use super::super::model::ClassModel;
use crate::Timestamp;
use crate::snapshot::stable_hash;

/// Items, most often one.
/// Items by the code of a value: mostly there is one.
#[derive(Clone, Debug, Default)]
struct Postings {
    /// By code, [`NONE`] where there is no item.
    one: Vec<u32>,
    /// All the items where there are several.
    many: HashMap<u32, Vec<u32>>,
}

impl Postings {
    fn insert(&mut self, code: u32, item: u32) {
        let place = code as usize;
        if place >= self.one.len() {
            self.one.resize(place + 1, NONE);
        }
        match self.one[place] {
            NONE => self.one[place] = item,
            first if first == item => {}
            first => {
                let all = self.many.entry(code).or_insert_with(|| vec![first]);
                // Items are mostly put in their order, so a second time comes right after the first.
                if all.last() != Some(&item) {
                    all.push(item);
                }
            }
        }
    }

    fn of(&self, code: u32) -> &[u32] {
        let many = || self.many.get(&code).map(Vec::as_slice);
        match self.one.get(code as usize) {
            None | Some(&NONE) => &[],
            Some(one) if self.many.is_empty() => std::slice::from_ref(one),
            Some(one) => many().unwrap_or(std::slice::from_ref(one)),
        }
    }
}

/// The last payload of a source for an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) at: Timestamp,
    pub(super) digest: u64,
}

#[derive(Clone, Debug, Default)]
pub(in crate::cmdb) struct Index {
    is_made: bool,
    /// How many relations were read.
    relations_read: usize,
    /// The attributes that identify, by name.
    names: BTreeSet<String>,
    words: Vec<u32>,
    items: HashMap<u32, Postings>,
    /// Items by the hash of an element of a list.
    elements: HashMap<u64, Vec<u32>>,
    relations: HashMap<u32, Vec<u32>>,
    payloads: HashMap<(u32, u32), Payload>,
    /// By class the last number given to an item without an id.
    pub(super) numbers: HashMap<String, u64>,
}

/// The hash of an element of a list of an attribute.
fn element_hash(word: u32, element: &Value) -> u64 {
    let mut bytes = word.to_le_bytes().to_vec();
    encode(element, &mut bytes);
    stable_hash(&bytes)
}

/// Writes a value so that different values give different bytes.
pub(super) fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(0),
        Value::Bool(truth) => bytes.extend_from_slice(&[1, u8::from(*truth)]),
        Value::Int(number) => {
            bytes.push(2);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Value::Float(number) => {
            bytes.push(3);
            bytes.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            bytes.push(4);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Time(instant) => {
            bytes.push(5);
            bytes.extend_from_slice(&instant.as_nanos().to_le_bytes());
        }
        Value::List(values) => {
            bytes.push(6);
            bytes.extend_from_slice(&(values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| encode(value, bytes));
        }
        #[allow(unreachable_patterns)]
        other => {
            let text = format!("{} {other}", other.type_name());
            bytes.push(7);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

/// The values of one: the elements of a list.
pub(super) fn parts(value: &Value) -> &[Value] {
    match value {
        Value::List(values) => values,
        value => std::slice::from_ref(value),
    }
}

impl Index {
    /// Makes itself ready: from all that was ever said, if it was never asked for or the model
    /// identifies by other attributes than before.
    pub(super) fn prepare(&mut self, history: &History, model: &ClassModel) {
        let names = identifying(model);
        if !self.is_made || names != self.names {
            let numbers = std::mem::take(&mut self.numbers);
            *self = Index { names, numbers, is_made: true, ..Index::default() };
            self.learn_words(history);
            let always = history.now(Timestamp::MAX);
            for item in 0..history.items() {
                for statement in history.item_statements(item, always) {
                    if let Said::Item { attributes, .. } = &statement.said {
                        self.put(history, item, attributes);
                    }
                }
            }
        }
        self.read_relations(history);
    }

    fn learn_words(&mut self, history: &History) {
        let known = self.names.iter().filter_map(|name| history.words.find(name));
        self.words = known.collect();
        self.words.sort_unstable();
    }

    /// Hears the transaction under way, which will be kept.
    pub(in crate::cmdb) fn hear(&mut self, history: &History) {
        if !self.is_made {
            return;
        }
        self.learn_words(history);
        let source = history.open_source().unwrap_or(NONE);
        for entry in &history.open().entries {
            match entry {
                Entry::PutItem { item, attributes, .. } => {
                    self.payloads.remove(&(*item, source));
                    self.put(history, *item, attributes);
                }
                Entry::RemoveItem { item } if source == NONE => {
                    self.payloads.retain(|(other, _), _| other != item);
                }
                Entry::RemoveItem { item } => {
                    self.payloads.remove(&(*item, source));
                }
                _ => {}
            }
        }
    }

    pub(super) fn read_relations(&mut self, history: &History) {
        for n in self.relations_read..history.relations.len() {
            let row = history.relations[n];
            self.relations.entry(row.source).or_default().push(n as u32);
            if row.target != row.source {
                self.relations.entry(row.target).or_default().push(n as u32);
            }
        }
        self.relations_read = history.relations.len();
    }

    /// A transaction was taken back that made relations.
    pub(super) fn forget_relations(&mut self, history: &History) {
        if self.relations_read > history.relations.len() {
            self.relations.clear();
            self.relations_read = 0;
            self.read_relations(history);
        }
    }

    /// Whether an attribute identifies items of some class.
    pub(super) fn identifies(&self, word: u32) -> bool {
        self.words.binary_search(&word).is_ok()
    }

    /// An attribute's name got a word.
    pub(super) fn learn(&mut self, name: &str, word: u32) {
        if self.names.contains(name)
            && let Err(place) = self.words.binary_search(&word)
        {
            self.words.insert(place, word);
        }
    }

    pub(super) fn put(&mut self, history: &History, item: u32, attributes: &[(u32, u32)]) {
        for &(word, code) in attributes {
            if code == 0 || !self.identifies(word) {
                continue;
            }
            if !history.is_list(word, code) {
                self.items.entry(word).or_default().insert(code, item);
                continue;
            }
            for part in parts(&history.value(word, code)) {
                let rows = self.elements.entry(element_hash(word, part)).or_default();
                if rows.last() != Some(&item) {
                    rows.push(item);
                }
            }
        }
    }

    /// The items that may have the value of a code.
    pub(super) fn having(&self, word: u32, code: u32) -> &[u32] {
        self.items.get(&word).map_or(&[], |postings| postings.of(code))
    }

    /// Whether some item ever had a list.
    pub(super) fn has_elements(&self) -> bool {
        !self.elements.is_empty()
    }

    /// The items that may have a list with this element.
    pub(super) fn having_element(&self, word: u32, element: &Value) -> &[u32] {
        self.elements.get(&element_hash(word, element)).map_or(&[], Vec::as_slice)
    }

    /// The relations that an item is or was an end of.
    pub(super) fn relations_of(&self, item: u32) -> &[u32] {
        self.relations.get(&item).map_or(&[], Vec::as_slice)
    }

    pub(super) fn payload(&self, item: u32, source: u32) -> Option<Payload> {
        self.payloads.get(&(item, source)).copied()
    }

    pub(super) fn set_payload(&mut self, item: u32, source: u32, payload: Option<Payload>) {
        match payload {
            Some(payload) => self.payloads.insert((item, source), payload),
            None => self.payloads.remove(&(item, source)),
        };
    }

    /// Forgets what sources said last: it may have been taken back.
    pub(super) fn forget_payloads(&mut self) {
        self.payloads.clear();
    }
}

/// The attributes that some entry of the model identifies by.
fn identifying(model: &ClassModel) -> BTreeSet<String> {
    let definition = model.definition();
    let of_classes = definition.classes.values().flat_map(|class| &class.identification);
    let of_mixins = definition.mixins.values().flat_map(|mixin| &mixin.identification);
    let entries = of_classes.chain(of_mixins);
    let names = entries.flat_map(|entry| entry.attributes.iter().chain(&entry.lookup_attributes));
    names.cloned().collect()
}
