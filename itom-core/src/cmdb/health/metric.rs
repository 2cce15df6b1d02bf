//! What is measured: metrics, and the indicators they make up.

use serde::{Deserialize, Serialize};

/// What is looked at in an item or a relation; each has it or fails.
///
/// ```
/// use itom_core::cmdb::{HealthIndicator, HealthMetric};
///
/// assert_eq!(serde_json::to_string(&HealthMetric::Orphan)?, "\"correctness.orphan\"");
/// assert_eq!(HealthMetric::Orphan.indicator(), HealthIndicator::Correctness);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum HealthMetric {
    /// It has every attribute that is required.
    #[serde(rename = "completeness.required")]
    Required,
    /// It has every attribute that is recommended.
    #[serde(rename = "completeness.recommended")]
    Recommended,
    /// It has the relations that an item of its class needs.
    #[serde(rename = "correctness.orphan")]
    Orphan,
    /// Some source saw it, or someone said something of it, not too long ago.
    #[serde(rename = "correctness.stale")]
    Stale,
    /// No other item is the same by the identification rules.
    #[serde(rename = "correctness.duplicate")]
    Duplicate,
    /// It keeps the rules of the definition.
    #[serde(rename = "compliance")]
    Compliance,
    /// A relation: there is no other of its kind between the same items.
    #[serde(rename = "relationship.duplicate")]
    RelationDuplicate,
    /// A relation: both its ends are there.
    #[serde(rename = "relationship.orphan")]
    RelationOrphan,
    /// A relation: neither of its ends is stale.
    #[serde(rename = "relationship.stale")]
    RelationStale,
    /// An item has as many relations of each kind as the model says are the least.
    #[serde(rename = "relationship.minimum")]
    RelationMinimum,
}

/// How many metrics there are.
pub(super) const METRICS: usize = 10;

impl HealthMetric {
    /// All of them, in their order.
    pub const ALL: [HealthMetric; METRICS] = [
        HealthMetric::Required,
        HealthMetric::Recommended,
        HealthMetric::Orphan,
        HealthMetric::Stale,
        HealthMetric::Duplicate,
        HealthMetric::Compliance,
        HealthMetric::RelationDuplicate,
        HealthMetric::RelationOrphan,
        HealthMetric::RelationStale,
        HealthMetric::RelationMinimum,
    ];

    /// What it is part of.
    ///
    /// ```
    /// use itom_core::cmdb::{HealthIndicator, HealthMetric};
    /// assert_eq!(HealthMetric::Compliance.indicator(), HealthIndicator::Compliance);
    /// ```
    pub fn indicator(self) -> HealthIndicator {
        use HealthMetric as M;
        match self {
            M::Required | M::Recommended => HealthIndicator::Completeness,
            M::Orphan | M::Stale | M::Duplicate => HealthIndicator::Correctness,
            M::Compliance => HealthIndicator::Compliance,
            M::RelationDuplicate | M::RelationOrphan | M::RelationStale | M::RelationMinimum => {
                HealthIndicator::Relationship
            }
        }
    }

    pub(super) fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A key performance indicator of a configuration database.
///
/// ```
/// use itom_core::cmdb::HealthIndicator;
/// assert_eq!(serde_json::to_string(&HealthIndicator::Completeness)?, "\"completeness\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum HealthIndicator {
    /// Whether what should be said of items is.
    Completeness,
    /// Whether items are what is there: related, seen, each once.
    Correctness,
    /// Whether items are as they should be.
    Compliance,
    /// Whether relations are what is there.
    Relationship,
}

impl HealthIndicator {
    /// All of them, in their order.
    pub const ALL: [HealthIndicator; 4] = [
        HealthIndicator::Completeness,
        HealthIndicator::Correctness,
        HealthIndicator::Compliance,
        HealthIndicator::Relationship,
    ];
}
