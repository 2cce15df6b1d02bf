//! When does something hold? Conditions over the fields of a record, as data.
//!
//! A [`Condition`] is a tree of tests. As JSON a test names its field,
//! `{"field": "state", "equals": "Closed"}`, the tree joins them with `all`, `any` and `not`, and
//! any condition may be written as text instead: `"state = \"Closed\" and priority in (1, 2)"`
//! (see [`Condition::parse`](super::text)). `true` always holds, `false` never.
//!
//! Logic has two values: a field that is null or of another kind than the literal is not equal, not
//! less and not greater; only `equals: null` and `exists: false` hold for it. `changed` holds when
//! the update at hand gives the field another value than it had, `changed_to` when that value is
//! the one named; a record's first update changes its fields from null.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::value::FieldValue;
use crate::{Error, Result};

/// The deepest tree.
const DEEPEST: usize = 32;
/// The most tests and joints of a tree.
const MOST_NODES: usize = 10_000;
/// The longest name of a field, in bytes.
pub(super) const LONGEST_NAME: usize = 256;

/// A condition over the fields of a record.
///
/// ```
/// use itom_core::sla::Condition;
///
/// let tree: Condition = serde_json::from_str(
///     r#"{"all": [{"field": "priority", "in": [1, 2]},
///                 {"not": {"field": "state", "equals": "Closed"}}]}"#,
/// )?;
/// let text: Condition = "priority in (1, 2) and not state = \"Closed\"".parse().unwrap();
/// assert_eq!(tree, text);
/// assert_eq!(text.to_string(), "priority in (1, 2) and not state = \"Closed\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Always or never.
    Constant(bool),
    /// Every one of them holds; of none, all hold.
    All(Vec<Condition>),
    /// At least one of them holds; of none, none does.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field passes a test.
    Field {
        /// The field's name.
        field: String,
        /// What is asked of it.
        test: FieldTest,
    },
}

/// What a condition asks of one field.
///
/// ```
/// use itom_core::sla::{Condition, FieldTest};
///
/// let condition = Condition::field("state", FieldTest::Changed);
/// assert_eq!(serde_json::to_string(&condition)?, r#"{"field":"state","changed":true}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum FieldTest {
    /// It is this value.
    Equals(FieldValue),
    /// It is one of these values.
    In(Vec<FieldValue>),
    /// It is (or is not) something other than null.
    Exists(bool),
    /// It is a value of the same kind, and less.
    Less(FieldValue),
    /// Less or equal.
    LessOrEqual(FieldValue),
    /// Greater.
    Greater(FieldValue),
    /// Greater or equal.
    GreaterOrEqual(FieldValue),
    /// It is text that begins so.
    Prefix(String),
    /// It is text with this part, or a list with this text in it.
    Contains(String),
    /// The update at hand changes it.
    Changed,
    /// The update at hand changes it to this value.
    ChangedTo(FieldValue),
}

impl Default for Condition {
    fn default() -> Condition {
        Condition::Constant(true)
    }
}

impl Condition {
    /// A test of one field.
    pub fn field(name: &str, test: FieldTest) -> Condition {
        Condition::Field { field: name.to_owned(), test }
    }

    /// `field = value`.
    ///
    /// ```
    /// # use itom_core::sla::Condition;
    /// assert_eq!(Condition::equals("priority", 1).to_string(), "priority = 1");
    /// ```
    pub fn equals(name: &str, value: impl Into<FieldValue>) -> Condition {
        Condition::field(name, FieldTest::Equals(value.into()))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        Condition::All(vec![self, other])
    }

    /// Refuses what is too deep, too large or names no field.
    pub(super) fn check(&self, argument: &str) -> Result<()> {
        let mut left = MOST_NODES;
        self.check_node(argument, 0, &mut left)
    }

    fn check_node(&self, argument: &str, depth: usize, left: &mut usize) -> Result<()> {
        if depth > DEEPEST {
            let expected = format!("a condition at most {DEEPEST} deep");
            return Err(Error::invalid(argument, "a deeper one", expected));
        }
        let size = match self {
            Condition::Field { test: FieldTest::In(values), .. } => 1 + values.len(),
            _ => 1,
        };
        *left = left.checked_sub(size).ok_or_else(|| {
            Error::invalid(argument, "a longer one", format!("at most {MOST_NODES} tests long"))
        })?;
        match self {
            Condition::Constant(_) => Ok(()),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| part.check_node(argument, depth + 1, left))
            }
            Condition::Not(part) => part.check_node(argument, depth + 1, left),
            Condition::Field { field, .. } => check_name(field, argument),
        }
    }
}

/// A name that is there and not absurdly long.
pub(super) fn check_name(name: &str, argument: &str) -> Result<()> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        let expected = format!("a name of 1 to {LONGEST_NAME} bytes");
        return Err(Error::invalid(argument, format!("{name:?}"), expected));
    }
    Ok(())
}

/// The text form, which [`std::str::FromStr`] reads back.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Condition], word: &str, none: &str| {
            if parts.is_empty() {
                return f.write_str(none);
            }
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Condition::All(parts) | Condition::Any(parts) if !parts.is_empty() => {
                        write!(f, "({part})")?;
                    }
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Condition::Constant(value) => write!(f, "{value}"),
            Condition::All(parts) => joined(f, parts, "and", "true"),
            Condition::Any(parts) => joined(f, parts, "or", "false"),
            Condition::Not(part) => match part.as_ref() {
                Condition::All(parts) | Condition::Any(parts) if !parts.is_empty() => {
                    write!(f, "not ({part})")
                }
                _ => write!(f, "not {part}"),
            },
            Condition::Field { field, test } => {
                if super::text::is_plain(field) {
                    f.write_str(field)?;
                } else {
                    write!(f, "`{field}`")?;
                }
                test.fmt(f)
            }
        }
    }
}

impl fmt::Display for FieldTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldTest::Equals(value) => write!(f, " = {value}"),
            FieldTest::In(values) => {
                f.write_str(" in (")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str(")")
            }
            FieldTest::Exists(true) => f.write_str(" exists"),
            FieldTest::Exists(false) => f.write_str(" missing"),
            FieldTest::Less(value) => write!(f, " < {value}"),
            FieldTest::LessOrEqual(value) => write!(f, " <= {value}"),
            FieldTest::Greater(value) => write!(f, " > {value}"),
            FieldTest::GreaterOrEqual(value) => write!(f, " >= {value}"),
            FieldTest::Prefix(text) => write!(f, " starts with {text:?}"),
            FieldTest::Contains(text) => write!(f, " contains {text:?}"),
            FieldTest::Changed => f.write_str(" changed"),
            FieldTest::ChangedTo(value) => write!(f, " changed to {value}"),
        }
    }
}

/// The shape of a condition in a document, where it is neither text nor a truth value.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    equals: Option<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#in: Option<Vec<FieldValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exists: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    less: Option<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    less_or_equal: Option<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    greater: Option<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    greater_or_equal: Option<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    changed_to: Option<FieldValue>,
}

/// A value that may be null and is there all the same.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FieldValue>, D::Error> {
    FieldValue::deserialize(deserializer).map(Some)
}

impl TryFrom<Node> for Condition {
    type Error = Error;
    fn try_from(mut node: Node) -> Result<Condition> {
        let tests: Vec<FieldTest> = [
            node.equals.take().map(FieldTest::Equals),
            node.r#in.take().map(FieldTest::In),
            node.exists.take().map(FieldTest::Exists),
            node.less.take().map(FieldTest::Less),
            node.less_or_equal.take().map(FieldTest::LessOrEqual),
            node.greater.take().map(FieldTest::Greater),
            node.greater_or_equal.take().map(FieldTest::GreaterOrEqual),
            node.prefix.take().map(FieldTest::Prefix),
            node.contains.take().map(FieldTest::Contains),
            node.changed_to.take().map(FieldTest::ChangedTo),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(field) = node.field {
            let test = |test| Condition::Field { field: field.clone(), test };
            conditions.extend(tests.into_iter().map(test));
            match node.changed {
                Some(true) => conditions.push(test(FieldTest::Changed)),
                Some(false) => conditions.push(Condition::Not(Box::new(test(FieldTest::Changed)))),
                None => {}
            }
        } else if !tests.is_empty() || node.changed.is_some() {
            return Err(Error::invalid("field", "none", "named beside a test"));
        }
        conditions.extend(node.all.map(Condition::All));
        conditions.extend(node.any.map(Condition::Any));
        conditions.extend(node.not.map(Condition::Not));
        let expected = "one test of a field, or one of all, any, not";
        match conditions.len() {
            1 => Ok(conditions.swap_remove(0)),
            many => Err(Error::invalid("condition", format!("{many} of them"), expected)),
        }
    }
}

impl From<&Condition> for Node {
    fn from(condition: &Condition) -> Node {
        let mut node = Node::default();
        match condition.clone() {
            // A truth value is written as one.
            Condition::Constant(_) => {}
            Condition::All(parts) => node.all = Some(parts),
            Condition::Any(parts) => node.any = Some(parts),
            Condition::Not(part) => node.not = Some(part),
            Condition::Field { field, test } => {
                node.field = Some(field);
                match test {
                    FieldTest::Equals(value) => node.equals = Some(value),
                    FieldTest::In(values) => node.r#in = Some(values),
                    FieldTest::Exists(exists) => node.exists = Some(exists),
                    FieldTest::Less(value) => node.less = Some(value),
                    FieldTest::LessOrEqual(value) => node.less_or_equal = Some(value),
                    FieldTest::Greater(value) => node.greater = Some(value),
                    FieldTest::GreaterOrEqual(value) => node.greater_or_equal = Some(value),
                    FieldTest::Prefix(text) => node.prefix = Some(text),
                    FieldTest::Contains(text) => node.contains = Some(text),
                    FieldTest::Changed => node.changed = Some(true),
                    FieldTest::ChangedTo(value) => node.changed_to = Some(value),
                }
            }
        }
        node
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Condition::Constant(value) => serializer.serialize_bool(*value),
            tree => Node::from(tree).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Condition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition: a tree, its text form, true or false")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Condition, E> {
                Ok(Condition::Constant(value))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Condition, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Condition, A::Error> {
                let node = Node::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Condition::try_from(node).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let own = generator.subschema_for::<Condition>();
        let value = generator.subschema_for::<FieldValue>();
        let many = schemars::json_schema!({"type": "array", "items": own});
        schemars::json_schema!({
            "description": "A tree of tests, or its text form, or true or false.",
            "anyOf": [
                {"type": "boolean"},
                {"type": "string", "examples": ["priority in (1, 2) and state = \"Closed\""]},
                {"type": "object", "additionalProperties": false,
                 "properties": {
                    "all": many, "any": many, "not": own, "field": {"type": "string"},
                    "equals": value, "in": {"type": "array", "items": value},
                    "exists": {"type": "boolean"}, "less": value, "less_or_equal": value,
                    "greater": value, "greater_or_equal": value,
                    "prefix": {"type": "string"}, "contains": {"type": "string"},
                    "changed": {"type": "boolean"}, "changed_to": value}}
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_comes_back_from_json_and_from_text() {
        let trees = [
            r#"{"field":"a","equals":null}"#,
            r#"{"field":"a","in":[1,"x",true]}"#,
            r#"{"any":[{"field":"a","exists":false},{"field":"b","less":2.5},{"not":{"all":[]}}]}"#,
            r#"{"all":[{"field":"a b","prefix":"x\"y"},{"field":"c","contains":"é"}]}"#,
            r#"{"any":[{"field":"c","changed":true},{"field":"c","changed_to":"Done"}]}"#,
            r#"{"field":"at","greater_or_equal":"2026-06-15T10:00:00Z"}"#,
        ];
        for json in trees {
            let tree: Condition = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&tree).unwrap(), json);
            let text = tree.to_string();
            let again: Condition = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(again.to_string(), tree.to_string(), "{json}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for json in [
            "{}",
            "3",
            r#"{"field":"a"}"#,
            r#"{"equals":1}"#,
            r#"{"field":"a","equals":1,"less":2}"#,
            r#"{"field":"a","equal":1}"#,
            r#"{"all":[{"field":"a"}]}"#,
            r#""a = ""#,
        ] {
            assert!(serde_json::from_str::<Condition>(json).is_err(), "{json}");
        }
        let mut deep = Condition::Constant(true);
        for _ in 0..=DEEPEST {
            deep = Condition::Not(Box::new(deep));
        }
        assert!(deep.check("start").is_err());
        assert!(Condition::equals("", 1).check("start").is_err());
        assert!(Condition::All(vec![Condition::Constant(true); MOST_NODES]).check("x").is_err());
    }
}
