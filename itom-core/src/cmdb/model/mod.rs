//! The class model: what kinds of items there may be, what is said of them, how they may relate.
//!
//! A [`ModelDefinition`] is a document; compiled, it answers "is this class below that one" and
//! "what type has this attribute" by walking a chain of `extends`, whose length is the depth of the
//! class tree. Single inheritance, as in ServiceNow's and BMC's class trees; abstract classes have
//! subclasses and no items. An empty model is an open one: any class, any attribute, any kind of
//! relation. Cardinality and patterns are not in it.

mod identifier;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Value;
use crate::{Error, Result, Timestamp};

pub use identifier::{IdentifierEntry, IdentifierKind};

/// Classes and kinds of relations. No class at all means: any class with any attribute; no kind of
/// relation at all means: any kind, and each carries impact.
///
/// ```
/// use itom_core::cmdb::ModelDefinition;
///
/// let model: ModelDefinition = serde_json::from_str(r#"{
///     "classes": {
///         "configuration_item": {"abstract": true, "attributes": {"owner": {"type": "string"}}},
///         "host": {"extends": "configuration_item",
///                  "attributes": {"cores": {"type": "int", "required": true}}}
///     },
///     "relations": {"runs_on": {"inverse": "runs"}, "owned_by": {"inverse": "owns", "impact": false}}
/// }"#)?;
/// assert!(model.classes["configuration_item"].is_abstract);
/// assert!(model.relations["runs_on"].impact);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelDefinition {
    /// The classes by name.
    #[serde(default)]
    pub classes: BTreeMap<String, ClassDefinition>,
    /// The kinds of relations by name.
    #[serde(default)]
    pub relations: BTreeMap<String, RelationDefinition>,
}

/// A class of items.
///
/// ```
/// use itom_core::cmdb::ClassDefinition;
///
/// let class: ClassDefinition = serde_json::from_str(r#"{"extends": "host"}"#)?;
/// assert!(!class.is_abstract);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassDefinition {
    /// The class it is a special case of; it has that class's attributes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// An abstract class has subclasses, but no items of its own.
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// What the class is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The attributes it adds to those of the class it extends.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeDefinition>,
    /// By what an item is known again, by priority; where there is none, as the class it extends
    /// says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identification: Vec<IdentifierEntry>,
}

/// An attribute of a class.
///
/// ```
/// use itom_core::cmdb::{AttributeDefinition, AttributeType};
///
/// let tier: AttributeDefinition =
///     serde_json::from_str(r#"{"type": "enum", "values": ["gold", "silver"]}"#)?;
/// assert_eq!(tier.attribute_type, AttributeType::Enum);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributeDefinition {
    /// The type of its values.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
    /// Whether every item of the class must have it.
    #[serde(default)]
    pub required: bool,
    /// Of an `enum`: the values there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Of a `reference`: the class of the item referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// The type of an attribute's values.
///
/// ```
/// use itom_core::cmdb::AttributeType;
/// assert_eq!(serde_json::to_string(&AttributeType::Datetime)?, "\"datetime\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum AttributeType {
    /// Text.
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
    /// The id of an item that exists, of `class` if that is given.
    Reference,
    /// A list of plain values.
    List,
}

/// A kind of relation. It points from what depends to what it depends on.
///
/// ```
/// use itom_core::cmdb::RelationDefinition;
///
/// let kind: RelationDefinition = serde_json::from_str(r#"{"inverse": "runs"}"#)?;
/// assert!(kind.impact);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelationDefinition {
    /// What the relation is called seen from its target: `runs_on` from there is `runs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<String>,
    /// Whether a failure of the target bears upon the source.
    #[serde(default = "yes")]
    pub impact: bool,
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

fn yes() -> bool {
    true
}

/// A model that was checked: every `extends` names a class, and none goes round in a circle.
#[derive(Clone, Debug, Default)]
pub(super) struct ClassModel {
    definition: ModelDefinition,
}

impl ClassModel {
    pub(super) fn new(definition: ModelDefinition) -> Result<Self> {
        for (name, class) in &definition.classes {
            check_class(&definition, name, class).map_err(|error| error.about("model"))?;
        }
        for (name, relation) in &definition.relations {
            let empty = name.is_empty() || relation.inverse.as_deref() == Some("");
            if empty {
                return Err(Error::invalid("model", "an empty name", "relations with names"));
            }
        }
        let model = ClassModel { definition };
        for (name, class) in &model.definition.classes {
            for (n, entry) in class.identification.iter().enumerate() {
                let of = format!("class {name}, identification {n}");
                entry.check(&model, name).map_err(|error| error.within(of).about("model"))?;
            }
        }
        Ok(model)
    }

    pub(super) fn definition(&self) -> &ModelDefinition {
        &self.definition
    }

    /// Whether any class with any attribute goes.
    pub(super) fn any_class(&self) -> bool {
        self.definition.classes.is_empty()
    }

    /// Whether items of `class` may be put.
    pub(super) fn check_item_class(&self, class: &str) -> Result<()> {
        match self.definition.classes.get(class) {
            _ if class.is_empty() => Err(Error::invalid("class", "\"\"", "a name")),
            None if self.any_class() => Ok(()),
            None => Err(Error::not_found("class", "class", format!("{class:?}"))),
            Some(definition) if definition.is_abstract => {
                let value = format!("{class:?}, which is abstract");
                Err(Error::invalid("class", value, "a class that has items"))
            }
            Some(_) => Ok(()),
        }
    }

    pub(super) fn check_kind(&self, kind: &str) -> Result<()> {
        if kind.is_empty() {
            return Err(Error::invalid("kind", "\"\"", "a name"));
        }
        let relations = &self.definition.relations;
        if relations.is_empty() || relations.contains_key(kind) {
            return Ok(());
        }
        Err(Error::not_found("kind", "kind of relation", format!("{kind:?}")))
    }

    /// Whether relations of this kind carry impact; those no model speaks of do.
    pub(super) fn carries_impact(&self, kind: &str) -> bool {
        self.definition.relations.get(kind).is_none_or(|relation| relation.impact)
    }

    /// What the relation is called seen from its target.
    pub(super) fn inverse<'a>(&'a self, kind: &str) -> Option<&'a str> {
        self.definition.relations.get(kind)?.inverse.as_deref()
    }

    /// Whether `class` is `ancestor` or a subclass of it.
    pub(super) fn is_a(&self, class: &str, ancestor: &str) -> bool {
        class == ancestor || self.chain(class).any(|(name, _)| name == ancestor)
    }

    /// The class and what it extends, from the special to the general.
    fn chain<'a>(&'a self, class: &str) -> impl Iterator<Item = (&'a str, &'a ClassDefinition)> {
        let classes = &self.definition.classes;
        let first = classes.get_key_value(class);
        std::iter::successors(first, |(_, class)| classes.get_key_value(class.extends.as_ref()?))
            .map(|(name, class)| (name.as_str(), class))
    }

    /// The attributes of a class, its own and those of what it extends.
    pub(super) fn attributes<'a>(
        &'a self,
        class: &str,
    ) -> impl Iterator<Item = (&'a str, &'a AttributeDefinition)> {
        self.chain(class).flat_map(|(_, class)| &class.attributes).map(|(n, a)| (n.as_str(), a))
    }

    /// By what an item of a class is known again: the entries of the class, or of the nearest one
    /// above it that has some.
    pub(super) fn identification(&self, class: &str) -> &[IdentifierEntry] {
        let mut chain = self.chain(class).map(|(_, class)| class.identification.as_slice());
        chain.find(|entries| !entries.is_empty()).unwrap_or_default()
    }

    /// The value as the class wants it: converted where that loses nothing, refused otherwise.
    pub(super) fn conform(&self, class: &str, attribute: &str, value: Value) -> Result<Value> {
        if attribute.is_empty() {
            return Err(Error::invalid("attribute", "\"\"", "a name"));
        }
        value.check(attribute)?;
        if self.any_class() {
            return Ok(value);
        }
        let Some((_, definition)) = self.attributes(class).find(|(name, _)| *name == attribute)
        else {
            let what = format!("attribute of class {class}");
            return Err(Error::not_found("attributes", &what, format!("{attribute:?}")));
        };
        if value == Value::Null {
            return Ok(value);
        }
        definition.conform(attribute, value)
    }
}

impl AttributeDefinition {
    pub(super) fn conform(&self, attribute: &str, value: Value) -> Result<Value> {
        let expected = match (self.attribute_type, value) {
            (AttributeType::String | AttributeType::Reference, value @ Value::Text(_))
            | (AttributeType::Int, value @ Value::Int(_))
            | (AttributeType::Float, value @ Value::Float(_))
            | (AttributeType::Bool, value @ Value::Bool(_))
            | (AttributeType::Datetime, value @ Value::Time(_))
            | (AttributeType::List, value @ Value::List(_)) => return Ok(value),
            (AttributeType::Float, Value::Int(n)) if n.unsigned_abs() <= 1 << 53 => {
                return Ok(Value::Float(n as f64));
            }
            (AttributeType::Datetime, Value::Text(text)) => {
                let instant: Result<Timestamp> = text.parse();
                return instant.map(Value::Time).map_err(|error| error.within(attribute));
            }
            (AttributeType::Enum, Value::Text(text)) => {
                if self.values.contains(&text) {
                    return Ok(Value::Text(text));
                }
                let expected = format!("one of {}", self.values.join(", "));
                return Err(Error::invalid(attribute, format!("{text:?}"), expected));
            }
            (_, value) => value,
        };
        let name = format!("{:?}", self.attribute_type).to_lowercase();
        Err(Error::invalid(attribute, expected, format!("of type {name}")))
    }
}

/// How many classes may extend one another in a row.
const DEEPEST: usize = 100;

fn check_class(model: &ModelDefinition, name: &str, class: &ClassDefinition) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("class", "\"\"", "a name"));
    }
    let mut seen = 0;
    let mut current = class;
    let mut attributes: Vec<&str> = class.attributes.keys().map(String::as_str).collect();
    while let Some(parent) = &current.extends {
        let Some(next) = model.classes.get(parent) else {
            return Err(Error::not_found("extends", "class", format!("{parent:?}"))
                .within(format!("class {name}")));
        };
        seen += 1;
        if seen > DEEPEST && model.classes.len() > DEEPEST {
            let value = format!("a chain of more than {DEEPEST} classes or a circle");
            return Err(Error::invalid("extends", value, "shorter").within(format!("class {name}")));
        }
        if seen > model.classes.len() {
            let value = format!("a circle through {parent:?}");
            return Err(Error::invalid("extends", value, "a chain that ends")
                .within(format!("class {name}")));
        }
        if let Some(double) = attributes.iter().find(|own| next.attributes.contains_key(**own)) {
            let value = format!("{double:?}, which class {parent} has already");
            return Err(
                Error::invalid("attributes", value, "new names").within(format!("class {name}"))
            );
        }
        attributes.extend(next.attributes.keys().map(String::as_str));
        current = next;
    }
    for (attribute, definition) in &class.attributes {
        let of = format!("class {name}, attribute {attribute}");
        check_attribute(model, attribute, definition).map_err(|error| error.within(of))?;
    }
    Ok(())
}

fn check_attribute(
    model: &ModelDefinition,
    name: &str,
    attribute: &AttributeDefinition,
) -> Result<()> {
    if matches!(name, "" | "id" | "class") {
        return Err(Error::invalid("attribute", format!("{name:?}"), "a name but id and class"));
    }
    if (attribute.attribute_type == AttributeType::Enum) == attribute.values.is_empty() {
        let count = attribute.values.len();
        return Err(Error::invalid("values", count, "given for an enum and only for an enum"));
    }
    let Some(class) = &attribute.class else { return Ok(()) };
    if attribute.attribute_type != AttributeType::Reference {
        return Err(Error::invalid("class", format!("{class:?}"), "given only for a reference"));
    }
    if !model.classes.contains_key(class) {
        return Err(Error::not_found("class", "class", format!("{class:?}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(json: &str) -> Result<ClassModel> {
        ClassModel::new(crate::read_json(json, "definition")?)
    }

    #[test]
    fn mistakes_are_named() {
        for (json, part) in [
            (r#"{"classes": {"a": {"extends": "b"}}}"#, "\"b\""),
            (r#"{"classes": {"a": {"extends": "b"}, "b": {"extends": "a"}}}"#, "circle"),
            (r#"{"classes": {"a": {"extends": "a"}}}"#, "circle"),
            (r#"{"classes": {"a": {"attributes": {"t": {"type": "enum"}}}}}"#, "attribute t"),
            (r#"{"classes": {"a": {"attributes": {"id": {"type": "int"}}}}}"#, "\"id\""),
            (r#"{"classes": {"a": {"colour": 1}}}"#, "colour"),
            (r#"{"relations": {"": {}}}"#, "empty name"),
            (
                r#"{"classes": {"a": {"attributes": {"x": {"type": "int"}}},
                    "b": {"extends": "a", "attributes": {"x": {"type": "int"}}}}}"#,
                "\"x\"",
            ),
        ] {
            let error = compile(json).unwrap_err();
            assert!(error.to_string().contains(part), "{json}: {error}");
        }
    }

    #[test]
    fn values_are_converted_only_where_nothing_is_lost() {
        let model = compile(
            r#"{"classes": {"base": {"attributes": {"since": {"type": "datetime"}}},
                "a": {"extends": "base", "attributes": {"x": {"type": "float"}, "n": {"type": "int"},
                      "tier": {"type": "enum", "values": ["gold"]}}}}}"#,
        )
        .unwrap();
        let conform = |attribute, value| model.conform("a", attribute, value);
        assert_eq!(conform("x", Value::Int(3)).unwrap(), Value::Float(3.0));
        let since = conform("since", "1970-01-01T00:00:01Z".into()).unwrap();
        assert_eq!(since, Value::Time(Timestamp::from_secs(1)));
        assert!(conform("n", Value::Float(3.0)).is_err());
        assert!(conform("x", Value::Int(i64::MAX)).is_err());
        assert!(conform("tier", "silver".into()).unwrap_err().to_string().contains("gold"));
        assert!(conform("other", Value::Null).is_err());
        assert!(model.is_a("a", "base") && !model.is_a("base", "a"));
    }
}
