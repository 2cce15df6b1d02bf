//! Which item a record is of: the entries of its class's identification rule, one after the other.
//!
//! An entry of which the record lacks an attribute, or has null or empty text, is skipped. The
//! first entry that finds items decides: one is the item, several are for a person to tell apart.
//! A value agrees if *some* source claims it for the item, also where another claim won: else a
//! source that lost would not know its own items again. Items of classes that are neither above nor
//! below the record's count where they have the entry in common. What is merged is one item.

use std::sync::Arc;

use super::super::history::{History, Moment, NONE, Said};
use super::super::model::{Attribute, ClassModel};
use super::super::{IdentifierEntry, IdentifierKind, Value};
use super::claims::{Standing, statements_in_order};
use super::index::{Index, parts};
use crate::Result;

/// The identification rule of a class, with the words of its names.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) class: String,
    pub(super) entries: Vec<PlanEntry>,
    /// The class that has the entries.
    owner: String,
    normals: Vec<Arc<Attribute>>,
}

#[derive(Clone, Debug)]
pub(super) struct PlanEntry {
    pub(super) label: String,
    pub(super) kind: IdentifierKind,
    pub(super) names: Vec<String>,
    /// The words of the names, [`NONE`] for one that no item ever had.
    words: Vec<u32>,
    pub(super) relation: Option<String>,
    class: Option<String>,
    /// The attributes whose values are probed: the item's, of a lookup those of the other class;
    /// and their words.
    probed: Vec<String>,
    probed_words: Vec<u32>,
}

impl Plan {
    pub(super) fn new(model: &ClassModel, class: &str) -> Self {
        let of = |entry: &IdentifierEntry| PlanEntry {
            label: entry.label(),
            kind: entry.kind,
            names: entry.attributes.clone(),
            words: Vec::new(),
            relation: entry.relation.clone(),
            class: entry.class.clone(),
            probed_words: Vec::new(),
            probed: match entry.kind {
                IdentifierKind::Lookup => entry.looked_up().to_vec(),
                _ => entry.attributes.clone(),
            },
        };
        let entries = model.identification(class);
        let owner = model.identification_owner(class);
        let attributes = model.resolved(class).map_or(&[][..], |resolved| resolved.attributes());
        Plan {
            class: class.to_owned(),
            owner: owner.to_owned(),
            normals: attributes.to_vec(),
            entries: entries.iter().map(of).collect(),
        }
    }

    /// Takes over the words of its names.
    pub(super) fn learn(&mut self, mut word: impl FnMut(&str) -> Result<u32>) -> Result<()> {
        for entry in &mut self.entries {
            entry.words = entry.names.iter().map(|name| word(name)).collect::<Result<_>>()?;
            entry.probed_words =
                entry.probed.iter().map(|name| word(name)).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Whether some entry needs an attribute.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.names.iter().any(|own| own == name))
    }

    /// A value as the class keeps it.
    pub(super) fn normal(&self, name: &str, value: Value) -> Value {
        match self.normals.binary_search_by(|attribute| attribute.name.as_str().cmp(name)) {
            Ok(place) => self.normals[place].conform(value.clone()).unwrap_or(value),
            Err(_) => value,
        }
    }

    /// The class that has the entries.
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// The kinds of relations to hosts that some entry depends on.
    pub(super) fn host_relations(&self) -> impl Iterator<Item = &str> {
        let dependent = self.entries.iter().filter(|e| e.kind == IdentifierKind::Dependent);
        dependent.filter_map(|entry| entry.relation.as_deref())
    }
}

/// Whether a value identifies nothing.
pub(in crate::cmdb) fn says_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(Value::List(values)) => values.iter().all(|value| says_nothing(Some(value))),
        Some(_) => false,
    }
}

/// What identification found.
#[derive(Debug)]
pub(super) struct Match {
    /// The number of the entry, none if none found an item.
    pub(super) entry: Option<u16>,
    /// The items, each with the row of it that agreed.
    pub(super) items: Vec<(u32, u32)>,
    /// Entries skipped for want of a host, by bit.
    pub(super) hostless: u64,
}

/// Probes for items as of a moment.
pub(super) struct Probe<'a> {
    pub(super) history: &'a History,
    pub(super) model: &'a ClassModel,
    pub(super) index: &'a Index,
    pub(super) moment: Moment,
}

impl Probe<'_> {
    /// Tries the entries; `sought` tells the record's value of an attribute by its word and name,
    /// `host` its host by kind of relation.
    pub(super) fn identify<'v>(
        &self,
        plan: &Plan,
        sought: impl Fn(u32, &str) -> Option<Sought<'v>>,
        host: impl Fn(&str) -> Option<u32>,
    ) -> Match {
        let mut found = Match { entry: None, items: Vec::new(), hostless: 0 };
        let mut values: Vec<Sought<'v>> = Vec::new();
        for (number, entry) in plan.entries.iter().enumerate() {
            values.clear();
            let names = entry.words.iter().zip(&entry.names);
            values.extend(names.map_while(|(word, name)| sought(*word, name)));
            if values.len() < entry.names.len()
                || values.iter().any(|v| v.says_nothing(self.history))
            {
                continue;
            }
            let values = values.as_slice();
            let rows = match entry.kind {
                IdentifierKind::Independent => self.independent(plan, entry, values),
                IdentifierKind::Lookup => self.lookup(plan, entry, values),
                IdentifierKind::Dependent => {
                    let host = entry.relation.as_deref().and_then(&host);
                    let host = host.filter(|host| self.is_a(*host, entry.class.as_deref()));
                    let Some(host) = host else {
                        found.hostless |= 1u64.checked_shl(number as u32).unwrap_or(0);
                        continue;
                    };
                    self.dependent(plan, entry, values, host)
                }
            };
            if !rows.is_empty() {
                found.entry = Some(number as u16);
                found.items = rows;
                return found;
            }
        }
        found
    }

    /// The items that have all the values, of a class that shares the entry.
    fn independent(
        &self,
        plan: &Plan,
        entry: &PlanEntry,
        values: &[Sought<'_>],
    ) -> Vec<(u32, u32)> {
        let candidates = self.having(entry, values);
        self.items(candidates.into_iter().filter(|row| self.shares(*row, plan)))
    }

    fn lookup(&self, plan: &Plan, entry: &PlanEntry, values: &[Sought<'_>]) -> Vec<(u32, u32)> {
        let mut rows = Vec::new();
        for through in self.having(entry, values) {
            let through = self.history.control.representative(through, self.moment);
            if self.is_a(through, entry.class.as_deref()) {
                let kind = entry.relation.as_deref().unwrap_or_default();
                rows.extend(self.neighbours(through, kind).map(|(other, _)| other));
            }
        }
        rows.sort_unstable();
        self.items(rows.into_iter().filter(|row| self.shares(*row, plan)))
    }

    fn dependent(
        &self,
        plan: &Plan,
        entry: &PlanEntry,
        values: &[Sought<'_>],
        host: u32,
    ) -> Vec<(u32, u32)> {
        let kind = entry.relation.as_deref().unwrap_or_default();
        let agrees = |row: &u32| {
            let members = self.history.control.members(*row, self.moment);
            members.iter().any(|row| self.agrees(*row, entry, values))
        };
        let on_host = self.neighbours(host, kind).filter(|(_, out)| !out).map(|(row, _)| row);
        let mut rows: Vec<u32> = on_host.filter(agrees).collect();
        rows.sort_unstable();
        self.items(rows.into_iter().filter(|row| self.shares(*row, plan)))
    }

    /// The rows of which some source claims all the values.
    fn having(&self, entry: &PlanEntry, values: &[Sought<'_>]) -> Vec<u32> {
        let mut best: Option<Vec<u32>> = None;
        for (&word, sought) in entry.probed_words.iter().zip(values) {
            let rows = self.having_one(word, sought);
            if rows.is_empty() {
                return Vec::new();
            }
            if best.as_ref().is_none_or(|best| rows.len() < best.len()) {
                best = Some(rows);
            }
        }
        let mut rows = best.unwrap_or_default();
        if rows.len() > 1 {
            rows.sort_unstable();
            rows.dedup();
        }
        rows.retain(|row| *row < self.history.items() && self.agrees(*row, entry, values));
        rows
    }

    /// The rows of which some source may have claimed a value, or one of its elements.
    fn having_one(&self, word: u32, sought: &Sought<'_>) -> Vec<u32> {
        let (history, index) = (self.history, self.index);
        if let Some(code) = sought.plain_code(history, word)
            && !index.has_elements()
        {
            return index.having(word, code).to_vec();
        }
        let value = sought.value(history);
        let mut rows = Vec::new();
        for part in parts(&value) {
            let code = history.find_value(word, part);
            rows.extend(code.map_or(&[][..], |code| index.having(word, code)));
            rows.extend(index.having_element(word, part));
        }
        rows
    }

    /// Whether some source claims each of the values for a row.
    fn agrees(&self, row: u32, entry: &PlanEntry, values: &[Sought<'_>]) -> bool {
        let history = self.history;
        let mut sought = entry.probed_words.iter().zip(values);
        // Said but once, an item's columns are all that is said of it.
        if let Some(holds) = history.holds_as_said(row, self.moment) {
            return holds
                && sought.all(|(&word, sought)| {
                    let code = history.code_now(row, word);
                    code != 0 && sought.is(history, word, code)
                });
        }
        let standing = Standing::of(history, &[row], self.moment);
        sought.all(|(&word, sought)| {
            standing.claims_of(word).iter().any(|claim| sought.is(history, word, claim.code))
        })
    }

    /// Items at the other end of relations of a kind, and whether the relation goes out from here.
    fn neighbours<'b>(
        &'b self,
        item: u32,
        kind: &'b str,
    ) -> impl Iterator<Item = (u32, bool)> + 'b {
        let kind = self.history.words.find(kind);
        self.index.relations_of(item).iter().filter_map(move |&relation| {
            let row = self.history.relations.get(relation as usize)?;
            let here = Some(row.kind) == kind;
            self.history.live_relation(relation, self.moment).filter(|_| here)?;
            Some(if row.source == item { (row.target, true) } else { (row.source, false) })
        })
    }

    fn is_a(&self, row: u32, class: Option<&str>) -> bool {
        let own = self.history.item_state(row, self.moment).class;
        own != NONE
            && class.is_none_or(|class| self.model.is_a(self.history.words.text(own), class))
    }

    /// Whether the item of a row is there, of a class that shares the record's identification.
    fn shares(&self, row: u32, plan: &Plan) -> bool {
        let item = self.history.control.representative(row, self.moment);
        let class = self.history.item_state(item, self.moment).class;
        if class == NONE {
            return false;
        }
        let class = self.history.words.text(class);
        let is_a = |a: &str, b: &str| self.model.is_a(a, b);
        is_a(class, &plan.owner) || is_a(class, &plan.class) || is_a(&plan.class, class)
    }

    /// The items of rows, each with its first row.
    fn items(&self, rows: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
        let mut items: Vec<(u32, u32)> = Vec::new();
        for row in rows {
            let item = self.history.control.representative(row, self.moment);
            if items.iter().all(|(other, _)| *other != item) {
                items.push((item, row));
            }
        }
        items
    }

    /// The row of an item to write to: that which agreed if the source speaks of it, else of those
    /// that the source speaks of the one that it saw last, else that which agreed.
    pub(super) fn row_for(&self, item: u32, agreed: u32, source: u32) -> u32 {
        if !self.history.control.has_merges() {
            return agreed;
        }
        let last_seen = |row: u32| {
            let said = statements_in_order(self.history, row, self.moment);
            let newest = said.into_iter().find(|statement| statement.source == source)?;
            let said = matches!(newest.said, Said::Item { .. }).then_some(newest.key)?;
            let scans = self.history.control.scans(row, source, self.moment);
            Some(scans.first().copied().max(Some((said.0, said.1))))
        };
        if last_seen(agreed).is_some() {
            return agreed;
        }
        let members = self.history.control.members(item, self.moment).into_iter();
        let seen = members.filter_map(|row| Some((last_seen(row)?, row)));
        seen.max().map_or(agreed, |(_, row)| row)
    }
}

/// A value that an item is looked for by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sought<'a> {
    /// Of an attribute by its word, the code.
    Code(u32, u32),
    /// A value that no item need have.
    Value(&'a Value),
}

impl Sought<'_> {
    fn says_nothing(&self, history: &History) -> bool {
        match *self {
            Sought::Code(word, code) if history.is_list(word, code) => {
                says_nothing(Some(&history.value(word, code)))
            }
            Sought::Code(word, code) => history.is_blank(word, code),
            Sought::Value(value) => says_nothing(Some(value)),
        }
    }

    fn value(&self, history: &History) -> Value {
        match *self {
            Sought::Code(word, code) => history.value(word, code),
            Sought::Value(value) => value.clone(),
        }
    }

    /// Its code, if it is one of this attribute and no list.
    fn plain_code(&self, history: &History, word: u32) -> Option<u32> {
        match *self {
            Sought::Code(own, code) if own == word && !history.is_list(word, code) => Some(code),
            _ => None,
        }
    }

    /// Whether it is the value of a code of an attribute, or has an element in common with it.
    fn is(&self, history: &History, word: u32, code: u32) -> bool {
        if let Some(own) = self.plain_code(history, word)
            && (own == code || !history.is_list(word, code))
        {
            return own == code;
        }
        let (one, other) = (self.value(history), history.value(word, code));
        one == other
            || parts(&one).iter().any(|a| parts(&other).contains(a) && !says_nothing(Some(a)))
    }
}
