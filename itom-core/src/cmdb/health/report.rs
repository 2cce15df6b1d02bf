//! What is found: counts and scores by group, and the items that are worst.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::HealthMetric;
use crate::Timestamp;

/// How healthy a database is at a moment. Scores are from 0 to 1, 1 is healthy.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::*;
///
/// let mut db = Cmdb::default();
/// let changes = [
///     Change::PutItem(PutItem::new("web-1", "host").with("owner", "ada")),
///     Change::PutItem(PutItem::new("shop", "service").with("owner", "bob")),
///     Change::PutItem(PutItem::new("spare", "host")),
///     Change::PutRelation(PutRelation::new("shop", "runs_on", "web-1")),
/// ];
/// db.apply(&changes, Transaction::at(Timestamp::from_secs(0)))?;
/// let report: HealthReport = db.at(None, None).health(&HealthDefinition::default(), None)?;
/// assert_eq!(report.all.metrics[&HealthMetric::Orphan].failed, 1);
/// assert_eq!(report.worst[0].id, "spare");
/// assert_eq!(report.worst[0].failures[0].reason, "no relation to another item");
/// let owners: Vec<Option<&str>> = report.owners.iter().map(|group| group.name.as_deref()).collect();
/// assert_eq!(owners, [None, Some("ada"), Some("bob")]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthReport {
    /// The instant that staleness was told by.
    pub now: Timestamp,
    /// Of everything.
    pub all: HealthScores,
    /// By class, each item in its own.
    pub classes: Vec<HealthGroup>,
    /// By service: what it depends on by relations that carry impact, directly or not, and itself.
    /// An item may count for several.
    pub services: Vec<HealthGroup>,
    /// By owner; without a name those that have none.
    pub owners: Vec<HealthGroup>,
    /// By source that says something of the item; without a name what was said by hand. An item may
    /// count for several.
    pub sources: Vec<HealthGroup>,
    /// How many items fail something.
    pub failing: u64,
    /// The first of them, the worst first, each with what it fails; of the same score by id.
    pub worst: Vec<HealthItem>,
}

/// How healthy items of a class, a service, an owner or a source are.
///
/// ```
/// use itom_core::cmdb::{Cmdb, HealthDefinition};
/// let report = Cmdb::default().at(None, None).health(&HealthDefinition::default(), None)?;
/// assert!(report.classes.is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthGroup {
    /// The class, the service's id, the owner, the source.
    pub name: Option<String>,
    /// Counts and scores.
    pub scores: HealthScores,
}

/// Counts and scores of some items. A score is none where nothing was looked at.
///
/// The score of a metric is the share that does not fail, each item by the weight of its class, each
/// relation by that of its source; that of an indicator the mean of its metrics, the whole that of
/// the indicators, both weighed as the definition says.
///
/// ```
/// use itom_core::cmdb::HealthScores;
/// assert_eq!(HealthScores::default().score, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthScores {
    /// How many items.
    pub item_count: u64,
    /// The whole.
    pub score: Option<f64>,
    /// Whether what should be said of them is.
    pub completeness: Option<f64>,
    /// Whether they are related, seen, each once.
    pub correctness: Option<f64>,
    /// Whether they keep the rules.
    pub compliance: Option<f64>,
    /// Whether their relations are what is there.
    pub relationship: Option<f64>,
    /// Each metric by which something was looked at.
    pub metrics: BTreeMap<HealthMetric, HealthCount>,
}

/// How many were looked at by a metric, and how many failed.
///
/// ```
/// let count: itom_core::cmdb::HealthCount =
///     serde_json::from_str(r#"{"checked": 4, "failed": 1, "score": 0.75}"#)?;
/// assert_eq!(count.score, Some(0.75));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthCount {
    /// Items, or relations, that were looked at.
    pub checked: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// The share that did not, by weight.
    pub score: Option<f64>,
}

/// An item that fails something.
///
/// ```
/// use itom_core::cmdb::{HealthItem, HealthMetric};
/// let item: HealthItem = serde_json::from_str(r#"{"id": "web-1", "class": "host", "score": 0.5,
///     "failures": [{"metric": "completeness.required", "reason": "owner is missing"}]}"#)?;
/// assert_eq!(item.failures[0].metric, HealthMetric::Required);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthItem {
    /// The item.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its score, as of a group of it alone; none where what it fails weighs nothing.
    pub score: Option<f64>,
    /// What it fails, in the order of the metrics.
    pub failures: Vec<HealthFailure>,
}

/// What an item fails, and why.
///
/// ```
/// let failure: itom_core::cmdb::HealthFailure =
///     serde_json::from_str(r#"{"metric": "compliance", "reason": "not supported: os ~ \"Debian*\""}"#)?;
/// assert!(failure.reason.starts_with("not supported"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthFailure {
    /// The metric.
    pub metric: HealthMetric,
    /// Why, for people.
    pub reason: String,
}
