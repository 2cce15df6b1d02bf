//! What a field of a record can hold, and an interner that makes equal values equal numbers.
//!
//! A [`FieldValue`] is JSON's: null, a truth value, a number, text, a list of these. Text that is
//! an RFC 3339 instant *is* that instant, so that `2026-06-15T10:00:00Z` and
//! `2026-06-15T12:00:00+02:00` are equal and come in order; a number without decimals is whole, so
//! that `3.0` is `3`. The text `"3"` and the number `3` differ.
//!
//! Inside, every value has a number in a pool ([`Values`]), null is 0: to compare two cells is to
//! compare two integers. Interning costs one hash of the text.

use std::cmp::Ordering;
use std::fmt;

use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result, Timestamp};

/// The longest text a field holds, in bytes.
const LONGEST_TEXT: usize = 65_536;
/// The longest list.
const LONGEST_LIST: usize = 10_000;

/// The value of a field.
///
/// ```
/// use itom_core::sla::FieldValue;
///
/// let value: FieldValue = serde_json::from_str(r#""2026-06-15T12:00:00+02:00""#)?;
/// assert_eq!(value, FieldValue::Instant("2026-06-15T10:00:00Z".parse().unwrap()));
/// assert_eq!(serde_json::from_str::<FieldValue>("3.0")?, FieldValue::Integer(3));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldValue {
    /// Nothing; a field that was never set.
    #[default]
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number, finite.
    Number(f64),
    /// Text that is no instant.
    Text(String),
    /// An instant.
    Instant(Timestamp),
    /// Several values, none of them a list.
    List(Vec<FieldValue>),
}

/// A value that is only looked at: what a reader of logs hands over, without owning text.
///
/// ```
/// use itom_core::sla::{FieldRef, FieldValue};
///
/// assert_eq!(FieldValue::from(FieldRef::Text("Closed")), FieldValue::Text("Closed".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldRef<'a> {
    /// Nothing.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite is null.
    Number(f64),
    /// Text; an RFC 3339 instant becomes an instant.
    Text(&'a str),
    /// An instant.
    Instant(Timestamp),
}

impl From<FieldRef<'_>> for FieldValue {
    fn from(value: FieldRef<'_>) -> FieldValue {
        match value {
            FieldRef::Null => FieldValue::Null,
            FieldRef::Boolean(value) => FieldValue::Boolean(value),
            FieldRef::Integer(value) => FieldValue::Integer(value),
            FieldRef::Number(value) => number(value),
            FieldRef::Text(text) => match instant(text) {
                Some(at) => FieldValue::Instant(at),
                None => FieldValue::Text(text.to_owned()),
            },
            FieldRef::Instant(at) => FieldValue::Instant(at),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> FieldValue {
        FieldRef::Text(text).into()
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> FieldValue {
        FieldValue::Integer(number)
    }
}

impl From<bool> for FieldValue {
    fn from(value: bool) -> FieldValue {
        FieldValue::Boolean(value)
    }
}

impl From<Timestamp> for FieldValue {
    fn from(at: Timestamp) -> FieldValue {
        FieldValue::Instant(at)
    }
}

/// A number in the form in which equal numbers are equal; what is not finite is null.
fn number(value: f64) -> FieldValue {
    const WHOLE: f64 = 9_223_372_036_854_775_808.0;
    if !value.is_finite() {
        FieldValue::Null
    } else if value.trunc() == value && (-WHOLE..WHOLE).contains(&value) {
        FieldValue::Integer(value as i64)
    } else {
        FieldValue::Number(value)
    }
}

/// The instant a text says, if it looks like one.
fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let looks = bytes.len() >= 20 && bytes[0].is_ascii_digit() && bytes[4] == b'-';
    if looks { text.parse().ok() } else { None }
}

/// Refuses text that is too long.
pub(super) fn check_text(text: &str) -> Result<()> {
    if text.len() > LONGEST_TEXT {
        let expected = format!("at most {LONGEST_TEXT} bytes long");
        return Err(Error::invalid("value", format!("{} bytes", text.len()), expected));
    }
    Ok(())
}

impl FieldValue {
    /// The value in the form in which equal values are equal.
    pub(super) fn canonical(self) -> Result<FieldValue> {
        Ok(match self {
            FieldValue::Number(value) => number(value),
            FieldValue::Text(text) => {
                check_text(&text)?;
                match instant(&text) {
                    Some(at) => FieldValue::Instant(at),
                    None => FieldValue::Text(text),
                }
            }
            FieldValue::List(values) => {
                if values.len() > LONGEST_LIST {
                    let expected = format!("at most {LONGEST_LIST} values long");
                    return Err(Error::invalid("value", "a longer list", expected));
                }
                if values.iter().any(|value| matches!(value, FieldValue::List(_))) {
                    return Err(Error::invalid("value", "a list in a list", "a flat list"));
                }
                let values = values.into_iter().map(FieldValue::canonical);
                FieldValue::List(values.collect::<Result<_>>()?)
            }
            other => other,
        })
    }

    /// The order of two values of one kind; none for values of different kinds and for lists.
    pub(super) fn compare(&self, other: &FieldValue) -> Option<Ordering> {
        use FieldValue::{Boolean, Instant, Integer, Number, Text};
        match (self, other) {
            (Integer(a), Integer(b)) => Some(a.cmp(b)),
            // A `Number` has decimals or is larger than any i64: rounding cannot mislead.
            (Integer(a), Number(b)) => (*a as f64).partial_cmp(b),
            (Number(a), Integer(b)) => a.partial_cmp(&(*b as f64)),
            (Number(a), Number(b)) => a.partial_cmp(b),
            (Text(a), Text(b)) => Some(a.cmp(b)),
            (Instant(a), Instant(b)) => Some(a.cmp(b)),
            (Boolean(a), Boolean(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    fn hash(&self) -> u64 {
        let mixed = |kind: u64, bits: u64| {
            let product = (bits ^ (kind << 56)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            product ^ (product >> 29)
        };
        match self {
            FieldValue::Null => 0,
            FieldValue::Boolean(value) => mixed(1, u64::from(*value)),
            FieldValue::Integer(value) => mixed(2, *value as u64),
            FieldValue::Number(value) => mixed(3, value.to_bits()),
            FieldValue::Instant(at) => mixed(4, at.as_nanos() as u64),
            FieldValue::Text(text) => stable_hash(text.as_bytes()),
            FieldValue::List(values) => values
                .iter()
                .fold(5, |hash: u64, value| hash.rotate_left(7).wrapping_add(value.hash())),
        }
    }
}

/// As a person writes it: text in quotes.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldValue::Null => f.write_str("null"),
            FieldValue::Boolean(value) => write!(f, "{value}"),
            FieldValue::Integer(value) => write!(f, "{value}"),
            FieldValue::Number(value) => write!(f, "{value}"),
            FieldValue::Text(text) => write!(f, "{text:?}"),
            FieldValue::Instant(at) => write!(f, "\"{at}\""),
            FieldValue::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            FieldValue::Null => serializer.serialize_none(),
            FieldValue::Boolean(value) => serializer.serialize_bool(*value),
            FieldValue::Integer(value) => serializer.serialize_i64(*value),
            FieldValue::Number(value) => serializer.serialize_f64(*value),
            FieldValue::Text(text) => serializer.serialize_str(text),
            FieldValue::Instant(at) => at.serialize(serializer),
            FieldValue::List(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = FieldValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, a truth value, a number, text or a list of these")
            }
            fn visit_unit<E: de::Error>(self) -> Result<FieldValue, E> {
                Ok(FieldValue::Null)
            }
            fn visit_none<E: de::Error>(self) -> Result<FieldValue, E> {
                Ok(FieldValue::Null)
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<FieldValue, E> {
                Ok(FieldValue::Boolean(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<FieldValue, E> {
                Ok(FieldValue::Integer(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<FieldValue, E> {
                Ok(i64::try_from(value).map_or(number(value as f64), FieldValue::Integer))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<FieldValue, E> {
                Ok(number(value))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<FieldValue, E> {
                FieldValue::Text(text.to_owned()).canonical().map_err(E::custom)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<FieldValue, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                    if values.len() > LONGEST_LIST {
                        break;
                    }
                }
                FieldValue::List(values).canonical().map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for FieldValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FieldValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["null", "boolean", "number", "string", "array"],
            "description": "The value of a field; text that is an RFC 3339 instant is that instant."
        })
    }
}

/// Distinct values, numbered; null is 0.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pool: Vec<FieldValue>,
    table: HashTable<u32>,
}

/// The number of null.
pub(super) const NULL: u32 = 0;
/// A number that no value has.
pub(super) const ABSENT: u32 = u32::MAX;

impl Default for Values {
    fn default() -> Values {
        Values { pool: vec![FieldValue::Null], table: HashTable::new() }
    }
}

impl Values {
    pub(super) fn len(&self) -> usize {
        self.pool.len()
    }

    pub(super) fn value(&self, id: u32) -> &FieldValue {
        self.pool.get(id as usize).unwrap_or(&FieldValue::Null)
    }

    pub(super) fn all(&self) -> &[FieldValue] {
        &self.pool
    }

    /// The number of a canonical value, or [`ABSENT`].
    pub(super) fn find(&self, value: &FieldValue) -> u32 {
        if *value == FieldValue::Null {
            return NULL;
        }
        let found = self.table.find(value.hash(), |&id| self.pool[id as usize] == *value);
        found.copied().unwrap_or(ABSENT)
    }

    /// The number of a value, canonical or not.
    pub(super) fn intern(&mut self, value: FieldValue) -> Result<u32> {
        let value = value.canonical()?;
        match self.find(&value) {
            ABSENT => self.add(value),
            id => Ok(id),
        }
    }

    /// [`Values::intern`] of a value that is only looked at.
    pub(super) fn intern_ref(&mut self, value: FieldRef<'_>) -> Result<u32> {
        let FieldRef::Text(text) = value else {
            return self.intern(value.into());
        };
        let same =
            |&id: &u32| matches!(&self.pool[id as usize], FieldValue::Text(own) if own == text);
        match self.table.find(stable_hash(text.as_bytes()), same) {
            Some(&id) => Ok(id),
            None => self.intern(FieldValue::Text(text.to_owned())),
        }
    }

    fn add(&mut self, value: FieldValue) -> Result<u32> {
        let id = u32::try_from(self.pool.len()).ok().filter(|&id| id < ABSENT / 2);
        let id = id.ok_or_else(|| {
            Error::new(ErrorKind::LimitExceeded, "more than 2 billion different values")
        })?;
        let hash = value.hash();
        self.pool.push(value);
        self.table.insert_unique(hash, id, |&id| self.pool[id as usize].hash());
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number() {
        let mut values = Values::default();
        let mut id = |json: &str| {
            let value = serde_json::from_str::<FieldValue>(json).unwrap();
            values.intern(value).unwrap()
        };
        assert_eq!(id("null"), NULL);
        assert_eq!(id("3"), id("3.0"));
        assert_ne!(id("3"), id("\"3\""));
        assert_eq!(id("\"2026-06-15T10:00:00Z\""), id("\"2026-06-15T12:00:00+02:00\""));
        assert_eq!(id("[1, \"a\"]"), id("[1.0, \"a\"]"));
        assert_eq!(id("-0.0"), id("0"));
        assert_eq!(values.intern_ref(FieldRef::Number(f64::NAN)).unwrap(), NULL);
        let text = values.intern_ref(FieldRef::Text("x")).unwrap();
        assert_eq!(values.intern("x".into()).unwrap(), text);
    }

    #[test]
    fn order_is_exact_between_kinds_of_numbers() {
        let order = |a: &str, b: &str| {
            let read = |json: &str| serde_json::from_str::<FieldValue>(json).unwrap();
            read(a).compare(&read(b))
        };
        assert_eq!(order("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(order("9223372036854775807", "1e19"), Some(Ordering::Less));
        assert_eq!(order("2", "2.5"), Some(Ordering::Less));
        assert_eq!(order("2", "\"2\""), None);
        assert_eq!(order("null", "null"), None);
    }

    #[test]
    fn lists_are_flat_and_text_is_bounded() {
        assert!(serde_json::from_str::<FieldValue>("[[1]]").is_err());
        assert!(FieldValue::Text("x".repeat(LONGEST_TEXT + 1)).canonical().is_err());
    }
}
