//! An attribute made ready: its pattern compiled, its bounds and default in its own type.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::normalise::{as_text, convert};
use super::{AttributeDefinition, AttributeType};
use crate::cmdb::{Value, pattern};
use crate::{Error, ErrorKind, Result};

/// An attribute of a class, ready to check values against.
#[derive(Debug)]
pub(in crate::cmdb) struct Attribute {
    pub(in crate::cmdb) name: String,
    pub(in crate::cmdb) definition: AttributeDefinition,
    /// What said it first, within which a unique value is unique: `class host`, `mixin cloud`.
    pub(in crate::cmdb) scope: Arc<str>,
    /// In its own form.
    pub(in crate::cmdb) default: Option<Value>,
    pattern: Option<Regex>,
    min: Option<Value>,
    max: Option<Value>,
}

/// Patterns compiled so far: a model says the same one of many attributes.
#[derive(Debug, Default)]
pub(super) struct Patterns(BTreeMap<String, Regex>);

impl Patterns {
    fn compile(&mut self, pattern: &str) -> Result<Regex> {
        /// So that a document cannot take memory without end.
        const MOST: usize = 1000;
        if let Some(known) = self.0.get(pattern) {
            return Ok(known.clone());
        }
        if self.0.len() == MOST {
            let message = format!("pattern: a model may have at most {MOST} different ones");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("pattern"));
        }
        let build = |text: &str| {
            let said = || format!("{pattern:?}");
            pattern::compile(text).map_err(|f| Error::invalid("pattern", said(), f.expected()))
        };
        // On its own first: in brackets `a)(b` would be one.
        build(pattern)?;
        let whole = build(&format!("^(?:{pattern})$"))?;
        self.0.insert(pattern.to_owned(), whole.clone());
        Ok(whole)
    }
}

impl Attribute {
    pub(super) fn new(
        name: &str,
        definition: &AttributeDefinition,
        scope: Arc<str>,
        patterns: &mut Patterns,
    ) -> Result<Self> {
        check_form(name, definition)?;
        let plain = definition.plain_type();
        let bound = |field: &str, value: &Option<Value>| {
            let Some(value) = value else { return Ok(None) };
            if !plain.has_range() {
                let expected = "given only for numbers, datetimes, durations and versions";
                return Err(Error::invalid(field, value, expected));
            }
            value.check(field)?;
            convert(plain, field, value.clone()).map(Some)
        };
        let (min, max) = (bound("min", &definition.min)?, bound("max", &definition.max)?);
        if let (Some(min), Some(max)) = (&min, &max)
            && min.compare(max) == Ordering::Greater
        {
            return Err(Error::invalid("min", min, format!("at most max, {max}")));
        }
        let pattern = definition.pattern.as_ref().map(|text| patterns.compile(text)).transpose()?;
        let mut attribute = Attribute {
            name: name.to_owned(),
            definition: definition.clone(),
            scope,
            default: None,
            pattern,
            min,
            max,
        };
        if let Some(value) = &definition.default {
            value.check("default")?;
            let value = attribute.conform(value.clone());
            attribute.default = Some(value.map_err(|error| error.within("default"))?);
        }
        Ok(attribute)
    }

    /// Whether any text is in form as it is.
    pub(in crate::cmdb) fn keeps_text(&self) -> bool {
        let definition = &self.definition;
        matches!(definition.attribute_type, AttributeType::String | AttributeType::Reference)
            && definition.normalise.is_empty()
            && definition.max_length.is_none()
            && self.pattern.is_none()
    }

    /// The value in form: converted where that loses nothing, refused otherwise; null where it
    /// stands for no value.
    pub(in crate::cmdb) fn conform(&self, value: Value) -> Result<Value> {
        let definition = &self.definition;
        let value = match value {
            Value::Null => return Ok(Value::Null),
            Value::List(parts) if definition.attribute_type == AttributeType::List => {
                let mut values = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.conform_plain(definition.element, part)? {
                        Value::Null if definition.element.is_some() => {}
                        value => values.push(value),
                    }
                }
                Value::List(values)
            }
            value if definition.attribute_type == AttributeType::List => {
                return Err(Error::invalid(&self.name, value, "of type list"));
            }
            value => self.conform_plain(Some(definition.attribute_type), value)?,
        };
        if let Some(most) = definition.max_length {
            self.check_length(&value, most)?;
        }
        Ok(value)
    }

    fn check_length(&self, value: &Value, most: u32) -> Result<()> {
        let (length, of) = match value {
            Value::Text(text) => (text.chars().count(), "characters"),
            Value::List(parts) => (parts.len(), "elements"),
            Value::Map(parts) => (parts.len(), "entries"),
            _ => return Ok(()),
        };
        if length as u64 <= u64::from(most) {
            return Ok(());
        }
        let expected = format!("of at most {most} {of}");
        Err(Error::invalid(&self.name, format!("{length} {of}"), expected))
    }

    fn conform_plain(&self, to: Option<AttributeType>, value: Value) -> Result<Value> {
        let name = self.name.as_str();
        let value = match to {
            Some(AttributeType::String) => as_text(value),
            _ => value,
        };
        let value = match value {
            Value::Text(mut text) if !self.definition.normalise.is_empty() => {
                for normaliser in &self.definition.normalise {
                    text = normaliser.apply(&text);
                }
                if text.is_empty() {
                    return Ok(Value::Null);
                }
                Value::Text(text)
            }
            value => value,
        };
        let value = match (to, value) {
            (_, Value::Null) => return Ok(Value::Null),
            (Some(to), value) => convert(to, name, value)?,
            (None, value) => value,
        };
        if let (Some(AttributeType::Enum), Value::Text(text)) = (to, &value)
            && !self.definition.values.contains(text)
        {
            let expected = format!("one of {}", self.definition.values.join(", "));
            return Err(Error::invalid(name, format!("{text:?}"), expected));
        }
        if let (Some(pattern), Value::Text(text)) = (&self.pattern, &value)
            && !pattern.is_match(text)
        {
            let source = self.definition.pattern.as_deref().unwrap_or_default();
            return Err(Error::invalid(name, format!("{text:?}"), format!("text like {source}")));
        }
        let unit = self.definition.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
        if let Some(min) = self.min.as_ref().filter(|min| value.compare(min) == Ordering::Less) {
            return Err(Error::invalid(name, value, format!("at least {min}{unit}")));
        }
        if let Some(max) = self.max.as_ref().filter(|max| value.compare(max) == Ordering::Greater) {
            return Err(Error::invalid(name, value, format!("at most {max}{unit}")));
        }
        Ok(value)
    }
}

/// What a type has and what it has not.
fn check_form(name: &str, attribute: &AttributeDefinition) -> Result<()> {
    use AttributeType::{Cidr, Enum, Ip, List, Mac, Map, Reference, String, Url, Version};
    if matches!(name, "" | "id" | "class") {
        return Err(Error::invalid("attribute", format!("{name:?}"), "a name but id and class"));
    }
    let (whole, plain) = (attribute.attribute_type, attribute.plain_type());
    if attribute.element.is_some() && whole != List {
        return Err(Error::invalid("element", plain.name(), "given only for a list"));
    }
    if attribute.element.is_some_and(|element| matches!(element, List | Map)) {
        return Err(Error::invalid("element", plain.name(), "neither list nor map"));
    }
    if (plain == Enum) == attribute.values.is_empty() {
        let count = attribute.values.len();
        return Err(Error::invalid("values", count, "given for an enum and only for an enum"));
    }
    let given = [
        ("class", attribute.class.is_some(), plain == Reference, "a reference"),
        ("pattern", attribute.pattern.is_some(), matches!(plain, String | Url), "string and url"),
        ("unique", attribute.unique, !matches!(whole, List | Map), "what is neither list nor map"),
        (
            "max_length",
            attribute.max_length.is_some(),
            matches!(whole, String | Url | List | Map),
            "string, url, list and map",
        ),
        (
            "normalise",
            !attribute.normalise.is_empty(),
            matches!(plain, String | Enum | Url | Reference | Ip | Cidr | Mac | Version),
            "what is written as text",
        ),
    ];
    for (field, is_given, may_be, of) in given {
        if is_given && !may_be {
            let expected = format!("given only for {of}");
            return Err(Error::invalid(field, format!("a value for {}", whole.name()), expected));
        }
    }
    Ok(())
}

/// Whether what a subclass or class says of an attribute goes with what was said of it above.
pub(super) fn may_override(above: &AttributeDefinition, own: &AttributeDefinition) -> bool {
    (above.attribute_type, above.element, above.unique)
        == (own.attribute_type, own.element, own.unique)
}
