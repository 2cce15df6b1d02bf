//! By what an item is told from others: the values of identification that its sources claim.
//!
//! Two items of which some source of each claims the same are duplicates. Each entry of the class's
//! identification rule gives an identity for each combination of claimed values, one that depends on
//! a host for each host too; entries that look through other items give none.

use std::collections::BTreeMap;

use super::super::history::History;
use super::super::model::ClassModel;
use super::super::{IdentifierKind, Value};
use super::claims::Standing;
use super::identify::{Plan, says_nothing};
use super::index::{encode, parts};

/// The identification rule of a class, for telling items apart.
#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Identities(Plan);

/// What may not be so of two items.
#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Identity {
    /// The number of the entry.
    pub(in crate::cmdb) entry: usize,
    /// The values as bytes: of one entry the same for the same values.
    pub(in crate::cmdb) key: Vec<u8>,
    /// The values by attribute; of a dependent entry also `host`, the id of the host.
    pub(in crate::cmdb) by: BTreeMap<String, Value>,
}

impl Identities {
    pub(in crate::cmdb) fn new(model: &ClassModel, class: &str) -> Self {
        Identities(Plan::new(model, class))
    }

    /// Whether nothing tells items of the class apart.
    pub(in crate::cmdb) fn is_empty(&self) -> bool {
        self.0.entries.iter().all(|entry| entry.kind == IdentifierKind::Lookup)
    }

    /// Whether some entry depends on relations.
    pub(in crate::cmdb) fn depends(&self) -> bool {
        self.0.entries.iter().any(|entry| entry.kind == IdentifierKind::Dependent)
    }

    /// The class that has the entries.
    pub(in crate::cmdb) fn owner(&self) -> &str {
        self.0.owner()
    }

    pub(in crate::cmdb) fn label(&self, entry: usize) -> &str {
        &self.0.entries[entry].label
    }

    /// The identities of an item; `hosts` tells what it depends on by a kind of relation.
    pub(in crate::cmdb) fn of(
        &self,
        history: &History,
        standing: &Standing,
        hosts: impl Fn(&str) -> Vec<u32>,
    ) -> Vec<Identity> {
        let mut all = Vec::new();
        for (number, entry) in self.0.entries.iter().enumerate() {
            let hosts = match entry.kind {
                IdentifierKind::Independent => vec![None],
                IdentifierKind::Dependent => {
                    let kind = entry.relation.as_deref().unwrap_or_default();
                    hosts(kind).into_iter().map(Some).collect()
                }
                IdentifierKind::Lookup => continue,
            };
            for by in self.values(history, &entry.names, standing) {
                for host in &hosts {
                    let mut by = by.clone();
                    let host = host.map(|host| Value::from(history.ids.text(host)));
                    by.extend(host.map(|host| ("host".to_owned(), host)));
                    let mut key = Vec::new();
                    by.values().for_each(|value| encode(value, &mut key));
                    all.push(Identity { entry: number, key, by });
                }
            }
        }
        all
    }

    /// The combinations of values that sources claim for some attributes, up to a few.
    fn values(
        &self,
        history: &History,
        names: &[String],
        standing: &Standing,
    ) -> Vec<BTreeMap<String, Value>> {
        /// More combinations than this are not looked at: sources that disagree that much on what
        /// identifies an item are the finding.
        const MOST: usize = 64;
        let mut all: Vec<BTreeMap<String, Value>> = vec![BTreeMap::new()];
        for name in names {
            let word = history.words.find(name);
            let Some(word) = word else { return Vec::new() };
            let mut distinct: Vec<Value> = Vec::new();
            for claim in standing.claims_of(word) {
                let normal = self.0.normal(name, history.value(word, claim.code));
                for part in parts(&normal) {
                    if !says_nothing(Some(part)) && !distinct.contains(part) {
                        distinct.push(part.clone());
                    }
                }
            }
            let mut longer = Vec::new();
            for value in &distinct {
                for by in &all {
                    let mut by = by.clone();
                    by.insert(name.clone(), value.clone());
                    longer.push(by);
                }
            }
            longer.truncate(MOST);
            all = longer;
        }
        all
    }
}
