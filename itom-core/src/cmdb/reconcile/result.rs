//! What became of each record, and why: codes while reconciling, words when asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{IdentifierKind, Value};
use super::batch::Batch;
use super::identify::Plan;
use crate::table::{Column, Table, TextColumn};

/// What became of a record.
///
/// ```
/// assert_eq!(serde_json::to_string(&itom_core::cmdb::Outcome::Unchanged)?, "\"unchanged\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// No item is this one: it was made.
    Inserted,
    /// The item was known, and a value of it changed.
    Updated,
    /// The item was known, and is as it was.
    Unchanged,
    /// Several items may be this one; nothing was written.
    Ambiguous,
    /// The item was known, and its class changed.
    Reclassified,
    /// It cannot be so; nothing was written.
    Rejected,
}

impl Outcome {
    pub(super) const ALL: [Outcome; 6] = [
        Outcome::Inserted,
        Outcome::Updated,
        Outcome::Unchanged,
        Outcome::Ambiguous,
        Outcome::Reclassified,
        Outcome::Rejected,
    ];

    /// The word in results.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Outcome::Inserted.as_str(), "inserted");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Inserted => "inserted",
            Outcome::Updated => "updated",
            Outcome::Unchanged => "unchanged",
            Outcome::Ambiguous => "ambiguous",
            Outcome::Reclassified => "reclassified",
            Outcome::Rejected => "rejected",
        }
    }
}

/// What became of one record.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, ItemRecord, Outcome, Transaction};
///
/// let mut db = Cmdb::default();
/// let scan = Transaction::at(Timestamp::from_secs(0)).source("scan");
/// let records = [ItemRecord::new("host").with("os", "debian")];
/// let result = db.reconcile(&records, &[], scan)?.result(0);
/// assert_eq!((result.outcome, result.id.as_deref()), (Outcome::Inserted, Some("host-000001")));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordResult {
    /// What became of it.
    pub outcome: Outcome,
    /// The item it is of.
    pub id: Option<String>,
    /// The attributes of the item whose value changed.
    pub attributes: Vec<String>,
    /// The attributes of which the source now says something else than before, won or lost.
    pub claimed: Vec<String>,
    /// Values the source claims that another claim wins over.
    pub lost: Vec<LostValue>,
    /// Of a record that was reclassified the class before.
    pub class_before: Option<String>,
    /// Which item it is, and how that was found.
    pub identified: Identified,
    /// Of a record that was rejected the reason.
    pub why: Option<String>,
}

/// A value that a source claims and another claim wins over.
///
/// ```
/// let lost: itom_core::cmdb::LostValue = serde_json::from_str(
///     r#"{"attribute": "os", "value": "x", "to": "y", "to_source": null, "why": "lower_precedence"}"#,
/// )?;
/// assert_eq!(lost.to, "y".into());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LostValue {
    /// The attribute.
    pub attribute: String,
    /// What the source claims.
    pub value: Value,
    /// The item's value.
    pub to: Value,
    /// The source that claims it; none is by hand.
    pub to_source: Option<String>,
    /// Why it lost.
    pub why: super::Verdict,
}

/// How the item of a record was found: the entries of the class's identification rule, in order.
///
/// ```
/// assert_eq!(itom_core::cmdb::Identified::default().matched, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Identified {
    /// The entry that found an item, or several: its name or its attributes; `id` is the id.
    pub matched: Option<String>,
    /// How that entry identifies; none for the id.
    pub kind: Option<IdentifierKind>,
    /// The values it looked for, normalised.
    pub by: BTreeMap<String, Value>,
    /// The items it found where there are several.
    pub candidates: Vec<String>,
    /// The entries before it that were left out, each with what the record does not say.
    pub skipped: BTreeMap<String, Vec<String>>,
    /// The entries before it that found nothing.
    pub unmatched: Vec<String>,
}

/// What became of one relation of a batch.
///
/// ```
/// let result: itom_core::cmdb::RelationResult =
///     serde_json::from_str(r#"{"outcome": "inserted", "source": "a", "target": "b", "why": null}"#)?;
/// assert_eq!(result.source.as_deref(), Some("a"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelationResult {
    /// `inserted`, `updated` (another `min_up`), `unchanged` or `rejected`.
    pub outcome: Outcome,
    /// What depends.
    pub source: Option<String>,
    /// What it depends on.
    pub target: Option<String>,
    /// Of one that was rejected the reason.
    pub why: Option<String>,
}

/// How many records of each outcome there are.
///
/// ```
/// assert_eq!(itom_core::cmdb::OutcomeCounts::default().inserted, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeCounts {
    /// Records of new items.
    pub inserted: u64,
    /// Records that changed an item.
    pub updated: u64,
    /// Records that changed nothing.
    pub unchanged: u64,
    /// Records that may be of several items.
    pub ambiguous: u64,
    /// Records that changed the class of an item.
    pub reclassified: u64,
    /// Records that were refused.
    pub rejected: u64,
}

/// What became of a batch, in words.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, ItemRecord, Transaction};
///
/// let scan = Transaction::at(Timestamp::from_secs(0)).source("scan");
/// let report = Cmdb::default().reconcile(&[ItemRecord::new("host")], &[], scan)?.report();
/// assert_eq!((report.counts.inserted, report.records.len()), (1, 1));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciliationReport {
    /// What became of each record, in their order.
    pub records: Vec<RecordResult>,
    /// What became of each relation, in their order.
    pub relations: Vec<RelationResult>,
    /// How many records of each outcome there are.
    pub counts: OutcomeCounts,
}

/// What is kept of a record that is more than known and unchanged.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    /// By word, as those claimed.
    pub(super) attributes: Vec<u32>,
    pub(super) claimed: Vec<u32>,
    pub(super) lost: Vec<LostValue>,
    pub(super) class_before: Option<String>,
    pub(super) candidates: Vec<String>,
    pub(super) why: Option<String>,
}

/// How far identification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No entry found an item.
    Nothing,
    ById,
    /// The entry of that number.
    By(u16),
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) outcome: Outcome,
    pub(super) found: Found,
    /// The number of the class's plan, `u32::MAX` if it has none.
    pub(super) plan: u32,
    /// Which entries were skipped for want of a host, by bit.
    pub(super) hostless: u64,
    /// None of what is unchanged, and of what is new: that is as the record says.
    pub(super) details: Option<Box<Details>>,
}

impl Line {
    /// The words of the attributes it tells of.
    pub(super) fn words(&self) -> impl Iterator<Item = u32> {
        let details = self.details.as_deref().into_iter();
        details.flat_map(|details| details.attributes.iter().chain(&details.claimed)).copied()
    }
}

/// What became of every record of a batch.
///
/// It keeps codes and reads words from the batch: [`result`](Reconciliation::result) makes them for
/// one record, [`to_table`](Reconciliation::to_table) for all in columns.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Cmdb, ItemRecord, ModelDefinition, Outcome, Transaction};
///
/// let model: ModelDefinition = serde_json::from_str(r#"{"classes": {"host": {
///     "attributes": {"serial": {"type": "string"}, "os": {"type": "string"}},
///     "identification": [{"attributes": ["serial"]}]}}}"#)?;
/// let mut db = Cmdb::new(model)?;
/// let at = |second, source| Transaction::at(Timestamp::from_secs(second)).source(source);
/// let scanned = [ItemRecord::new("host").with("serial", "J7X").with("os", "debian")];
/// let imported = [ItemRecord::new("host").with("serial", "J7X").with("os", "ubuntu")];
/// db.reconcile(&scanned, &[], at(0, "scan"))?;
/// let second = db.reconcile(&imported, &[], at(60, "import"))?;
/// assert_eq!((second.outcome(0), second.id(0)), (Outcome::Updated, Some("host-000001")));
/// assert_eq!(second.result(0).identified.matched.as_deref(), Some("serial"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reconciliation<'a> {
    pub(super) batch: Batch<'a>,
    pub(super) plans: Vec<Plan>,
    pub(super) lines: Vec<Line>,
    /// The names of the words in the lines.
    pub(super) names: BTreeMap<u32, String>,
    pub(super) ids: TextColumn,
    pub(super) relations: Vec<RelationResult>,
}

impl Reconciliation<'_> {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there was no record.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What became of a record.
    ///
    /// # Panics
    /// There is no such record.
    pub fn outcome(&self, n: usize) -> Outcome {
        self.lines[n].outcome
    }

    /// The item a record is of; none where that is not known.
    pub fn id(&self, n: usize) -> Option<&str> {
        self.ids.get(n)
    }

    /// What became of a record, and why.
    ///
    /// # Panics
    /// There is no such record.
    pub fn result(&self, n: usize) -> RecordResult {
        let line = &self.lines[n];
        let details = line.details.as_deref().cloned().unwrap_or_default();
        RecordResult {
            outcome: line.outcome,
            id: self.id(n).map(str::to_owned),
            attributes: self.attributes(n),
            claimed: match line.outcome {
                Outcome::Inserted => self.attributes(n),
                _ => self.named(&details.claimed),
            },
            lost: details.lost,
            class_before: details.class_before,
            identified: Identified { candidates: details.candidates, ..self.identified(n) },
            why: details.why,
        }
    }

    /// The attributes of the item whose value changed: of a new one all it is given.
    fn attributes(&self, n: usize) -> Vec<String> {
        let line = &self.lines[n];
        if line.outcome != Outcome::Inserted {
            let details = line.details.as_deref();
            return details.map_or(Vec::new(), |details| self.named(&details.attributes));
        }
        let plan = self.plans.get(line.plan as usize);
        let mut names = Vec::new();
        self.batch.attributes(n, |name, cell| {
            let value = cell.to_value();
            if plan.map_or(Value::Null, |plan| plan.normal(name, value)) != Value::Null {
                names.push(name.to_owned());
            }
        });
        names
    }

    fn named(&self, words: &[u32]) -> Vec<String> {
        words.iter().filter_map(|word| self.names.get(word).cloned()).collect()
    }

    fn identified(&self, n: usize) -> Identified {
        let line = &self.lines[n];
        let mut identified = Identified::default();
        if line.found == Found::ById {
            identified.matched = Some("id".to_owned());
            let id = self.batch.id(n).map(|id| ("id".to_owned(), Value::from(id)));
            identified.by.extend(id);
            return identified;
        }
        let Some(plan) = self.plans.get(line.plan as usize) else { return identified };
        let value = |name: &str| self.batch.attribute(n, name);
        for (number, entry) in plan.entries.iter().enumerate() {
            if line.found == Found::By(number as u16) {
                identified.matched = Some(entry.label.clone());
                identified.kind = Some(entry.kind);
                for name in &entry.names {
                    let value = value(name).map(|value| plan.normal(name, value));
                    identified.by.extend(value.map(|value| (name.clone(), value)));
                }
                break;
            }
            let missing = entry
                .names
                .iter()
                .filter(|name| super::identify::says_nothing(value(name).as_ref()));
            let mut missing: Vec<String> = missing.cloned().collect();
            if number < 64 && line.hostless & 1 << number != 0 {
                missing.extend(entry.relation.clone());
            }
            if missing.is_empty() {
                identified.unmatched.push(entry.label.clone());
            } else {
                identified.skipped.insert(entry.label.clone(), missing);
            }
        }
        identified
    }

    /// What became of every record, and why.
    pub fn results(&self) -> Vec<RecordResult> {
        (0..self.len()).map(|n| self.result(n)).collect()
    }

    /// What became of the relations.
    pub fn relations(&self) -> &[RelationResult] {
        &self.relations
    }

    /// How many records of each outcome there are.
    pub fn counts(&self) -> OutcomeCounts {
        let of = |outcome| self.lines.iter().filter(|line| line.outcome == outcome).count() as u64;
        let [inserted, updated, unchanged, ambiguous, reclassified, rejected] =
            Outcome::ALL.map(of);
        OutcomeCounts { inserted, updated, unchanged, ambiguous, reclassified, rejected }
    }

    /// All of it in words.
    pub fn report(&self) -> ReconciliationReport {
        let relations = self.relations.clone();
        ReconciliationReport { records: self.results(), relations, counts: self.counts() }
    }

    /// The columns `outcome`, `id`, `matched`, `attributes` and `why`, a row a record.
    pub fn to_table(&self) -> Table {
        let outcomes = self.lines.iter().map(|line| line.outcome.as_str());
        let matched = self.lines.iter().map(|line| match line.found {
            Found::Nothing => None,
            Found::ById => Some("id"),
            Found::By(n) => {
                let plan = self.plans.get(line.plan as usize)?;
                plan.entries.get(n as usize).map(|entry| entry.label.as_str())
            }
        });
        let details = || self.lines.iter().map(|line| line.details.as_deref());
        let mut attributes = TextColumn::default();
        for n in 0..self.len() {
            let names = self.attributes(n).join(" ");
            attributes.push(Some(names.as_str()).filter(|names| !names.is_empty()));
        }
        let why = details().map(|details| details.and_then(|details| details.why.as_deref()));
        Table::new([
            ("outcome", Column::Text(outcomes.collect())),
            ("id", Column::Text(self.ids.clone())),
            ("matched", Column::Text(matched.collect())),
            ("attributes", Column::Text(attributes)),
            ("why", Column::Text(why.collect())),
        ])
        .expect("columns of one length")
    }
}
