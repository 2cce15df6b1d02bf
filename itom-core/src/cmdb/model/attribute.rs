//! Attributes: what may be said of an item, of which type and in which form.

use serde::{Deserialize, Serialize};

use crate::cmdb::Value;

/// An attribute of a class.
///
/// ```
/// use itom_core::cmdb::{AttributeDefinition, AttributeType};
///
/// let tier: AttributeDefinition =
///     serde_json::from_str(r#"{"type": "enum", "values": ["gold", "silver"], "default": "silver"}"#)?;
/// assert_eq!(tier.attribute_type, AttributeType::Enum);
/// let memory: AttributeDefinition =
///     serde_json::from_str(r#"{"type": "int", "unit": "MiB", "min": 1, "recommended": true}"#)?;
/// assert_eq!(memory.unit.as_deref(), Some("MiB"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributeDefinition {
    /// The type of its values.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
    /// Whether every item of the class must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether an item without it is incomplete, though not refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recommended: bool,
    /// Whether no two items of the class, or of the classes below it, may have the same value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether it keeps its first value for as long as the item is there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub immutable: bool,
    /// The unit of its values, for people: `MiB`, `W`, `rack units`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a `list`, the type of its elements; what else is said of values holds for each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<AttributeType>,
    /// Of an `enum`: the values there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Of a `reference`: the class of the item referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Of a `string` or `url`: a regular expression that the whole of it matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The least value, of numbers, instants, durations and versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest value, of numbers, instants, durations and versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// The greatest number of characters of text, or of parts of a list or map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// What is done to text before it is looked at, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalise: Vec<Normaliser>,
    /// The value of an item that is made without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl AttributeDefinition {
    /// An attribute of a type, of which nothing more is said.
    ///
    /// ```
    /// use itom_core::cmdb::{AttributeDefinition, AttributeType};
    /// assert!(!AttributeDefinition::new(AttributeType::Ip).required);
    /// ```
    pub fn new(attribute_type: AttributeType) -> Self {
        AttributeDefinition { attribute_type, ..AttributeDefinition::default() }
    }

    /// Whether its values are ids of items.
    pub(in crate::cmdb) fn refers(&self) -> bool {
        self.plain_type() == AttributeType::Reference
    }

    /// The type of single values: that of the elements, where it is a list of some type.
    pub(super) fn plain_type(&self) -> AttributeType {
        self.element.unwrap_or(self.attribute_type)
    }
}

/// The type of an attribute's values.
///
/// ```
/// use itom_core::cmdb::AttributeType;
/// assert_eq!(serde_json::to_string(&AttributeType::Datetime)?, "\"datetime\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum AttributeType {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Int,
    /// A float; whole numbers are taken as floats.
    Float,
    /// A truth value.
    Bool,
    /// One of the texts in `values`.
    Enum,
    /// An instant; RFC 3339 text is read as one.
    Datetime,
    /// A length of time; text such as `4h30m` or `PT4H30M` is read as one.
    Duration,
    /// An address of IPv4 or IPv6, read from text.
    Ip,
    /// An address and the length of a prefix, read from text: `192.0.2.0/24`.
    Cidr,
    /// A hardware address, read from text in any usual form.
    Mac,
    /// Text with a scheme, such as `https://example.com/`; scheme and host in lower case.
    Url,
    /// A version, read from text and ordered by its numbers: `1.9` is before `1.10`.
    Version,
    /// The id of an item that exists, of `class` if that is given.
    Reference,
    /// A list of plain values, of type `element` if that is given.
    List,
    /// Text to plain values.
    Map,
}

impl AttributeType {
    /// As it is written in a model.
    pub(super) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether its values have an order that a range can be said in.
    pub(super) fn has_range(self) -> bool {
        use AttributeType::{Datetime, Duration, Float, Int, Version};
        matches!(self, Int | Float | Datetime | Duration | Version)
    }
}

/// What is done to text before it is looked at. Doing it twice does no more than doing it once.
///
/// ```
/// use itom_core::cmdb::{Normaliser, Value};
///
/// let normalise = |normaliser: Normaliser, text: &str| normaliser.apply(text);
/// assert_eq!(normalise(Normaliser::Fqdn, "DB-1.Example.COM."), "db-1.example.com");
/// assert_eq!(normalise(Normaliser::Serial, " j7x-22 b "), "J7X-22B");
/// assert_eq!(normalise(Normaliser::Serial, "To Be Filled By O.E.M."), "");
/// assert_eq!(normalise(Normaliser::Mac, "001B638E2F0A"), "00:1b:63:8e:2f:0a");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Normaliser {
    /// Without blanks at its ends.
    Trim,
    /// In lower case.
    Lower,
    /// In upper case.
    Upper,
    /// A host's full name: in lower case, without blanks around it and the dot at its end.
    Fqdn,
    /// A serial number: in upper case without blanks; what firmware says where there is none, such
    /// as `None`, `0` or `To be filled by O.E.M.`, is no value.
    Serial,
    /// A hardware address in its canonical form; other text stays as it is.
    Mac,
    /// A network address in its canonical form; other text stays as it is.
    Ip,
}
