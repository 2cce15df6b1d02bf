//! What health means here: windows, weights, what classes need, rules to comply with.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::super::{Direction, QueryCondition};
use super::{HealthIndicator, HealthMetric};
use crate::Duration;

/// What health means: everything has a default, so `{}` is a definition.
///
/// ```
/// use itom_core::Duration;
/// use itom_core::cmdb::{HealthDefinition, HealthMetric};
///
/// let definition: HealthDefinition = serde_json::from_str(r#"{
///     "indicators": {"compliance": 3},
///     "classes": {
///         "host": {"required": ["owner"], "stale_after": "PT168H",
///                  "related": [{"kinds": ["runs_on"], "direction": "consumers"}]},
///         "service": {"weight": 5, "exempt": ["correctness.stale"]}
///     },
///     "rules": [{"name": "supported", "class": "host", "condition": "os ~ \"Debian 1[23]\""}]
/// }"#)?;
/// assert_eq!(definition.stale_after, Duration::from_secs(60 * 86_400));
/// assert_eq!(definition.classes["service"].exempt, [HealthMetric::Stale]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthDefinition {
    /// An item that was not seen for longer is stale; 60 days unless its class says otherwise.
    pub stale_after: Duration,
    /// The relations that an item must have, one of each; without one it is an orphan. The default
    /// is any relation at all.
    pub related: Vec<HealthRelation>,
    /// What is different for items of a class and of the classes below it; where several say so,
    /// the nearest class counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, HealthClass>,
    /// What items must be like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<HealthRule>,
    /// Only items of which this is so are looked at, and the relations that they are the source of:
    /// `not (state = "retired")`, say.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_condition")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<ConditionOrText>"))]
    pub scope: Option<QueryCondition>,
    /// How much each indicator weighs in a score; 1 where it is not named, 0 leaves it out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub indicators: BTreeMap<HealthIndicator, u32>,
    /// How much each metric weighs in its indicator; 1 where it is not named, 0 leaves it out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<HealthMetric, u32>,
    /// The attribute that names who owns an item.
    pub owner: String,
    /// The class whose items, and those of classes below it, are the services to tell by. `service`
    /// if there is such a class and nothing is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// At most so many failing items are told one by one.
    pub limit: u32,
}

impl Default for HealthDefinition {
    fn default() -> Self {
        HealthDefinition {
            stale_after: Duration::from_secs(60 * 86_400),
            related: vec![HealthRelation::default()],
            classes: BTreeMap::new(),
            rules: Vec::new(),
            scope: None,
            indicators: BTreeMap::new(),
            metrics: BTreeMap::new(),
            owner: "owner".to_owned(),
            service: None,
            limit: 100,
        }
    }
}

/// What health means for items of a class, where it is different.
///
/// ```
/// use itom_core::cmdb::HealthClass;
/// let class: HealthClass = serde_json::from_str(r#"{"recommended": ["location"], "related": []}"#)?;
/// assert_eq!(class.related, Some(vec![])); // may stand alone
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthClass {
    /// How much an item weighs in a score; 1 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Attributes that are required beside those that the model requires, and those of classes above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Attributes that are recommended beside those that the model recommends, and those of classes
    /// above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recommended: Vec<String>,
    /// An item that was not seen for longer is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<Duration>,
    /// The relations that an item must have, one of each; an empty list lets it stand alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Vec<HealthRelation>>,
    /// Metrics that are not looked at, beside those of classes above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<HealthMetric>,
}

/// A relation that an item must have.
///
/// ```
/// use itom_core::cmdb::{Direction, HealthRelation};
///
/// let relation: HealthRelation =
///     serde_json::from_str(r#"{"kinds": ["runs_on"], "direction": "providers", "class": "host"}"#)?;
/// assert_eq!(relation.direction, Direction::Providers);
/// assert!(HealthRelation::default().kinds.is_empty()); // any relation
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthRelation {
    /// Its kind is one of these; none is any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// To what the item depends on, to what depends on it, or either.
    pub direction: Direction,
    /// The item at the other end is of this class or one below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// What items must be like, said as a condition of the query language.
///
/// ```
/// use itom_core::cmdb::{HealthRule, QueryCondition};
///
/// let rule: HealthRule = serde_json::from_str(
///     r#"{"name": "encrypted", "class": "database", "when": "zone = \"dmz\"",
///         "condition": {"compare": {"attribute": "encrypted", "comparison": "equal", "value": true}}}"#,
/// )?;
/// assert_eq!(rule.condition, QueryCondition::parse("encrypted = true")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthRule {
    /// What it is called, each differently.
    pub name: String,
    /// It is for items of this class and of the classes below it; for all where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// It is only for items of which this is so.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_condition"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Option<ConditionOrText>"))]
    pub when: Option<QueryCondition>,
    /// What must be so of them: as in a query, in text or taken apart.
    #[serde(deserialize_with = "condition")]
    #[cfg_attr(feature = "schema", schemars(with = "ConditionOrText"))]
    pub condition: QueryCondition,
}

impl HealthRule {
    /// A rule for all items.
    ///
    /// ```
    /// use itom_core::cmdb::{HealthRule, QueryCondition};
    /// let rule = HealthRule::new("owned", QueryCondition::exists("owner"));
    /// assert_eq!(rule.class, None);
    /// ```
    pub fn new(name: &str, condition: QueryCondition) -> Self {
        HealthRule { name: name.to_owned(), class: None, when: None, condition }
    }
}

/// A condition, taken apart or as text.
#[derive(Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
enum ConditionOrText {
    Text(String),
    Condition(QueryCondition),
}

fn condition<'de, D: Deserializer<'de>>(deserializer: D) -> Result<QueryCondition, D::Error> {
    match ConditionOrText::deserialize(deserializer)? {
        ConditionOrText::Text(text) => text.parse().map_err(serde::de::Error::custom),
        ConditionOrText::Condition(condition) => Ok(condition),
    }
}

fn optional_condition<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<QueryCondition>, D::Error> {
    match Option::<ConditionOrText>::deserialize(deserializer)? {
        Some(ConditionOrText::Text(text)) => {
            text.parse().map(Some).map_err(serde::de::Error::custom)
        }
        Some(ConditionOrText::Condition(condition)) => Ok(Some(condition)),
        None => Ok(None),
    }
}
