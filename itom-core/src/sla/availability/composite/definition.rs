//! A dependency graph as data: nodes with an availability, what each needs, and the service asked
//! about.
//!
//! Two spellings say the same and may be mixed: a node's `requires` is an [`DependencyExpression`] of
//! `all_of`, `any_of` and `k_of_n`; `groups` are rows `{source, min_up, members}` as a CMDB keeps
//! them. In an expression a text that names no node but reads as a number in [0, 1] is a component
//! of its own without a name, so that a block diagram needs no nodes at all.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::Duration;
use crate::sla::Fraction;

/// A dependency graph and the service whose availability is asked for.
///
/// ```
/// use itom_core::sla::DependencyGraphDefinition;
///
/// let definition: DependencyGraphDefinition = serde_json::from_str(r#"{
///     "nodes": {"app1": "0.99", "app2": "0.99", "db": {"mtbf": "999h", "mtrs": "1h"}},
///     "service": {"all_of": ["db", {"any_of": ["app1", "app2"]}]}}"#)?;
/// assert_eq!(definition.nodes.len(), 3);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DependencyGraphDefinition {
    /// The components and services by name.
    #[serde(default)]
    pub nodes: BTreeMap<String, NodeDefinition>,
    /// Further requirements, as rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupDefinition>,
    /// What is asked about.
    pub service: DependencyExpression,
}

/// One node: up when it is up by itself and what it requires is up. Written as a bare number, an
/// availability and nothing else; without availability and without `mtbf` it never fails itself.
///
/// ```
/// use itom_core::sla::NodeDefinition;
///
/// let node: NodeDefinition = serde_json::from_str(r#"{"availability": "0.999",
///     "lower": "0.998", "requires": {"k_of_n": {"k": 2, "of": ["a", "b", "c"]}}}"#)?;
/// assert_eq!(node.lower.unwrap().to_string(), "499/500");
/// assert_eq!(serde_json::from_str::<NodeDefinition>("0.5")?.availability, Some("1/2".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NodeDefinition {
    /// The share of time it is up by itself, in [0, 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Fraction>,
    /// Instead of `availability`: mean time between failures, the mean time it is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtbf: Option<Duration>,
    /// Mean time to restore service, together with `mtbf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtrs: Option<Duration>,
    /// A lower confidence bound of the availability, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<Fraction>,
    /// An upper confidence bound of the availability, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper: Option<Fraction>,
    /// What has to be up for it to be up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<DependencyExpression>,
}

/// The long form of a node.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct NodeFields {
    #[serde(default)]
    availability: Option<Fraction>,
    #[serde(default)]
    mtbf: Option<Duration>,
    #[serde(default)]
    mtrs: Option<Duration>,
    #[serde(default)]
    lower: Option<Fraction>,
    #[serde(default)]
    upper: Option<Fraction>,
    #[serde(default)]
    requires: Option<DependencyExpression>,
}

impl From<NodeFields> for NodeDefinition {
    fn from(fields: NodeFields) -> Self {
        let NodeFields { availability, mtbf, mtrs, lower, upper, requires } = fields;
        NodeDefinition { availability, mtbf, mtrs, lower, upper, requires }
    }
}

impl From<Fraction> for NodeDefinition {
    fn from(availability: Fraction) -> Self {
        NodeDefinition { availability: Some(availability), ..NodeDefinition::default() }
    }
}

/// `min_up` of the members have to be up for the source to be up; groups of one source add up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupDefinition {
    /// The node that needs them.
    pub source: String,
    /// How many of them it needs.
    pub min_up: u64,
    /// The nodes it needs.
    pub members: Vec<String>,
}

/// What has to be up: a node, a number, or a gate over expressions.
///
/// ```
/// use itom_core::sla::DependencyExpression;
///
/// let text = r#"{"all_of":["0.9995",{"any_of":["a","b"]}]}"#;
/// let expression: DependencyExpression = serde_json::from_str(text)?;
/// assert_eq!(serde_json::to_string(&expression)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DependencyExpression {
    /// The name of a node, or the availability of a component without a name.
    Node(String),
    /// Several expressions joined.
    Gate(DependencyGate),
}

/// How several expressions are joined; exactly one key in a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DependencyGate {
    /// All have to be up: blocks in series.
    #[serde(alias = "series")]
    AllOf(Vec<DependencyExpression>),
    /// One has to be up: blocks in parallel.
    #[serde(alias = "parallel")]
    AnyOf(Vec<DependencyExpression>),
    /// A number of them has to be up, or a weight of them.
    KOfN(KOfN),
}

/// `k` of the expressions have to be up; with weights, expressions that weigh `k` together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KOfN {
    /// How many, or what weight.
    pub k: u64,
    /// Of what.
    pub of: Vec<DependencyExpression>,
    /// What each weighs, 1 if not said: the capacity it carries, its votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<u64>>,
}

impl<'de> Deserialize<'de> for NodeDefinition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = NodeDefinition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an availability in [0, 1], or a node with availability and requires")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse::<Fraction>().map(NodeDefinition::from).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                NodeFields::deserialize(MapAccessDeserializer::new(map)).map(NodeDefinition::from)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for DependencyExpression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = DependencyExpression;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a node, an availability, or one of all_of, any_of, k_of_n")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(DependencyExpression::Node(text.to_owned()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(DependencyExpression::Node(number.to_string()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(DependencyExpression::Node(number.to_string()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(DependencyExpression::Node(number.to_string()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                DependencyGate::deserialize(MapAccessDeserializer::new(map))
                    .map(DependencyExpression::Gate)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for NodeDefinition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NodeDefinition".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let short = generator.subschema_for::<Fraction>();
        let long = generator.subschema_for::<NodeFields>();
        schemars::json_schema!({
            "description": "An availability, or a node with more to say.", "anyOf": [short, long]
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for DependencyExpression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DependencyExpression".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let gate = generator.subschema_for::<DependencyGate>();
        schemars::json_schema!({
            "description": "A node's name, the availability of a component without a name, or a gate.",
            "anyOf": [{"type": ["string", "number"]}, gate]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_say_what_they_mean_and_no_more() {
        let block: DependencyExpression =
            serde_json::from_str(r#"{"series": ["0.5", {"parallel": ["a", 0.25]}]}"#).unwrap();
        let inner = DependencyGate::AnyOf(vec![
            DependencyExpression::Node("a".into()),
            DependencyExpression::Node("0.25".into()),
        ]);
        let outer = DependencyGate::AllOf(vec![
            DependencyExpression::Node("0.5".into()),
            DependencyExpression::Gate(inner),
        ]);
        assert_eq!(block, DependencyExpression::Gate(outer));
        for text in [
            "[]",
            "null",
            r#"{"one_of": []}"#,
            r#"{"all_of": ["a"], "any_of": ["b"]}"#,
            r#"{"k_of_n": {"k": -1, "of": []}}"#,
            r#"{"k_of_n": {"k": 1, "of": [], "n": 3}}"#,
        ] {
            assert!(serde_json::from_str::<DependencyExpression>(text).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<NodeDefinition>(r#"{"avail": 1}"#).is_err());
        assert!(serde_json::from_str::<NodeDefinition>(r#""high""#).is_err());
    }
}
