//! Kinds of relations: which ends they may have, how many, and which way a failure goes.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A kind of relation. It points from what depends to what it depends on, unless `impact` says that
/// it is written the other way round, as `powers` is.
///
/// ```
/// use itom_core::cmdb::{ImpactDirection, RelationDefinition};
///
/// let kind: RelationDefinition = serde_json::from_str(r#"{"inverse": "runs",
///     "ends": [{"source": "application", "target": "host"}],
///     "targets_per_source": {"max": 1}}"#)?;
/// assert_eq!(kind.impact, ImpactDirection::TargetToSource);
/// assert_eq!(kind.targets_per_source.max, Some(1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelationDefinition {
    /// What the relation is called seen from its target: `runs_on` from there is `runs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inverse: Option<String>,
    /// Which classes may be related, classes below them included; any where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<RelationEnds>,
    /// How many targets a source may have. Too many are refused, too few are a matter of health.
    #[serde(skip_serializing_if = "Cardinality::is_any")]
    pub targets_per_source: Cardinality,
    /// How many sources a target may have.
    #[serde(skip_serializing_if = "Cardinality::is_any")]
    pub sources_per_target: Cardinality,
    /// Whether it reads the same from both ends, as `connected_to`: it is kept once, whichever end
    /// was named first, and has no inverse and no groups.
    #[serde(skip_serializing_if = "is_false")]
    pub symmetric: bool,
    /// Whether it must not lead back to where it began, as `part_of`.
    #[serde(skip_serializing_if = "is_false")]
    pub acyclic: bool,
    /// Upon which end a failure of the other bears: the end that depends, whose groups are its own.
    /// `true` and `false` are read as the target's upon the source, and none.
    pub impact: ImpactDirection,
    /// How much of the source a target carries where targets are weighed and the relation says
    /// nothing else; 100 is usual.
    #[serde(skip_serializing_if = "is_usual")]
    pub weight: u32,
    /// What it means, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Default for RelationDefinition {
    fn default() -> Self {
        RelationDefinition {
            inverse: None,
            ends: Vec::new(),
            targets_per_source: Cardinality::default(),
            sources_per_target: Cardinality::default(),
            symmetric: false,
            acyclic: false,
            impact: ImpactDirection::default(),
            weight: USUAL_WEIGHT,
            description: String::new(),
        }
    }
}

pub(super) const USUAL_WEIGHT: u32 = 100;

fn is_usual(weight: &u32) -> bool {
    *weight == USUAL_WEIGHT
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl RelationDefinition {
    /// Whether anything has to be looked at beyond the names.
    pub(in crate::cmdb) fn is_constrained(&self) -> bool {
        let counted = [self.targets_per_source, self.sources_per_target];
        !self.ends.is_empty() || self.acyclic || counted.iter().any(|count| count.max.is_some())
    }
}

/// A class of sources and one of targets; one left out is any class.
///
/// ```
/// use itom_core::cmdb::RelationEnds;
///
/// let ends: RelationEnds = serde_json::from_str(r#"{"target": "host"}"#)?;
/// assert_eq!(ends.source, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelationEnds {
    /// The class of what depends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The class of what it depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// How many there may be: at least `min`, at most `max`.
///
/// ```
/// use itom_core::cmdb::Cardinality;
///
/// let one: Cardinality = serde_json::from_str(r#"{"min": 1, "max": 1}"#)?;
/// assert_eq!(Cardinality::default(), Cardinality { min: 0, max: None });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cardinality {
    /// At least so many; fewer are a matter of health and not refused.
    pub min: u32,
    /// At most so many; any number if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

impl Cardinality {
    fn is_any(&self) -> bool {
        *self == Cardinality::default()
    }
}

/// Upon which end of a relation a failure of the other bears. In JSON the usual two are `true` and
/// `false`.
///
/// ```
/// use itom_core::cmdb::ImpactDirection;
///
/// assert_eq!(serde_json::from_str::<ImpactDirection>("false")?, ImpactDirection::None);
/// assert_eq!(serde_json::from_str::<ImpactDirection>("\"both\"")?, ImpactDirection::Both);
/// assert_eq!(serde_json::to_string(&ImpactDirection::TargetToSource)?, "true");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImpactDirection {
    /// What fails takes with it what depends on it.
    #[default]
    TargetToSource,
    /// What fails takes with it what it leads to: the target depends on the source, and groups are
    /// those of the target.
    SourceToTarget,
    /// Each depends on the other. Groups are those of the source; the target needs each source.
    Both,
    /// Neither.
    None,
}

impl ImpactDirection {
    /// Whether a failure of the target bears on the source.
    ///
    /// ```
    /// use itom_core::cmdb::ImpactDirection;
    /// assert!(ImpactDirection::default().bears_on_source() && ImpactDirection::Both.bears_on_source());
    /// ```
    pub fn bears_on_source(self) -> bool {
        matches!(self, ImpactDirection::TargetToSource | ImpactDirection::Both)
    }

    /// Whether a failure of the source bears on the target.
    ///
    /// ```
    /// use itom_core::cmdb::ImpactDirection;
    /// assert!(!ImpactDirection::default().bears_on_target() && ImpactDirection::Both.bears_on_target());
    /// ```
    pub fn bears_on_target(self) -> bool {
        matches!(self, ImpactDirection::SourceToTarget | ImpactDirection::Both)
    }
}

impl Serialize for ImpactDirection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ImpactDirection::TargetToSource => serializer.serialize_bool(true),
            ImpactDirection::SourceToTarget => serializer.serialize_str("source_to_target"),
            ImpactDirection::Both => serializer.serialize_str("both"),
            ImpactDirection::None => serializer.serialize_bool(false),
        }
    }
}

impl<'de> Deserialize<'de> for ImpactDirection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ImpactVisitor)
    }
}

struct ImpactVisitor;

impl de::Visitor<'_> for ImpactVisitor {
    type Value = ImpactDirection;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("true, false, target_to_source, source_to_target, both or none")
    }

    fn visit_bool<E: de::Error>(self, bears: bool) -> Result<ImpactDirection, E> {
        Ok(if bears { ImpactDirection::TargetToSource } else { ImpactDirection::None })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ImpactDirection, E> {
        match text {
            "target_to_source" => Ok(ImpactDirection::TargetToSource),
            "source_to_target" => Ok(ImpactDirection::SourceToTarget),
            "both" => Ok(ImpactDirection::Both),
            "none" => Ok(ImpactDirection::None),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ImpactDirection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ImpactDirection".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "enum": ["target_to_source", "source_to_target", "both", "none", true, false],
            "description": "Upon which end of a relation a failure of the other bears; true is target_to_source, false is none."
        })
    }
}
