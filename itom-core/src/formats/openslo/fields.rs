//! A mapping whose fields are taken one by one; what is left over is unknown and refused.

use std::str::FromStr;

use super::yaml::{Node, Value};
use crate::sla::{Fraction, NominalDuration};
use crate::{Error, Result};

/// The longest description that OpenSLO allows, in characters.
const MOST_DESCRIPTION: usize = 1050;

/// The fields of a mapping.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// The mapping itself, for its place.
    pub(super) node: &'a Node,
    fields: Vec<(&'a Node, &'a Node)>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(node: &'a Node, what: &str) -> Result<Fields<'a>> {
        match &node.value {
            Value::Map(map) => {
                let fields = map.iter().map(|(key, value)| (key, value)).collect();
                Ok(Fields { node, fields })
            }
            _ => Err(node.fault(what, "a mapping")),
        }
    }

    /// A field, if it is there and holds anything.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a Node> {
        let place = self.fields.iter().position(|field| field.0.to_string() == name)?;
        let (_, value) = self.fields.swap_remove(place);
        (!matches!(value.value, Value::Null)).then_some(value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.0.to_string() == name)
    }

    pub(super) fn need(&mut self, name: &str) -> Result<&'a Node> {
        self.take(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn missing(&self, name: &str) -> Error {
        self.node.place(Error::invalid(name, "nothing", "given here"))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>> {
        self.take(name).map(|node| text(node, name)).transpose()
    }

    pub(super) fn need_text(&mut self, name: &str) -> Result<String> {
        let node = self.need(name)?;
        let text = text(node, name)?;
        if text.is_empty() {
            return Err(node.fault(name, "a text that is not empty"));
        }
        Ok(text)
    }

    pub(super) fn description(&mut self) -> Result<String> {
        let Some(node) = self.take("description") else { return Ok(String::new()) };
        let text = text(node, "description")?;
        if text.chars().count() > MOST_DESCRIPTION {
            let expected = format!("at most {MOST_DESCRIPTION} characters long");
            return Err(node.fault("description", expected));
        }
        Ok(text)
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>> {
        let Some(node) = self.take(name) else { return Ok(None) };
        match node.value {
            Value::Bool(flag) => Ok(Some(flag)),
            _ => Err(node.fault(name, "true or false")),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Result<&'a [Node]> {
        let Some(node) = self.take(name) else { return Ok(&[]) };
        match &node.value {
            Value::List(list) => Ok(list),
            _ => Err(node.fault(name, "a list")),
        }
    }

    /// Refuses what was not taken.
    pub(super) fn done(self, what: &str) -> Result<()> {
        // The first in the text, however fields were taken.
        let first =
            self.fields.iter().map(|field| field.0).min_by_key(|key| (key.line, key.column));
        match first {
            None => Ok(()),
            Some(key) => {
                let expected = format!("a field that {what} has in openslo/v1");
                Err(key.fault("field", expected))
            }
        }
    }
}

pub(super) fn text(node: &Node, name: &str) -> Result<String> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        _ => Err(node.fault(name, "a text")),
    }
}

/// A number as the decimal that is written.
pub(super) fn number(node: &Node, name: &str) -> Result<Fraction> {
    let written = match &node.value {
        Value::Whole(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => return Err(node.fault(name, "a number")),
    };
    let expected = "a number of at most 18 digits on each side of the point";
    Fraction::from_str(&written).map_err(|_| node.fault(name, expected))
}

pub(super) fn float(node: &Node, name: &str) -> Result<f64> {
    match node.value {
        Value::Whole(number) => Ok(number as f64),
        Value::Float(number) if number.is_finite() => Ok(number),
        _ => Err(node.fault(name, "a number")),
    }
}

/// OpenSLO's shorthand: a whole number above 0 and one of m h d w M Q Y, also 0 where that may be.
pub(super) fn shorthand(node: &Node, name: &str, zero: bool) -> Result<NominalDuration> {
    let expected = "a duration such as 5m, 1h, 30d, 4w, 1M, 1Q or 1Y";
    let malformed = || node.fault(name, expected);
    let Value::Text(text) = &node.value else { return Err(malformed()) };
    let count = text.strip_suffix(['m', 'h', 'd', 'w', 'M', 'Q', 'Y']).ok_or_else(malformed)?;
    let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (!zero && count.bytes().all(|byte| byte == b'0')) {
        return Err(malformed());
    }
    text.parse().map_err(|_| malformed())
}
