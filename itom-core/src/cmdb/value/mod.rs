//! Attribute values.
//!
//! As JSON a [`Value`] is the plain JSON value; an instant is written as RFC 3339 text. Text that
//! is read is never guessed to be an instant: it becomes one where the class model says so, and
//! without a model an instant is put as `{"time": "2026-06-15T10:00:00Z"}`. So it is with the
//! other types that JSON does not have: durations, addresses and versions are text in their one
//! canonical form, and are read from text by the model. Any other object is a map.

mod network;
mod order;
mod version;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Duration, Error, Result, Timestamp};

pub(in crate::cmdb) use network::read_ip;
pub use network::{Cidr, Mac};
pub use version::Version;

/// The value of an attribute.
///
/// ```
/// use itom_core::cmdb::Value;
///
/// let value: Value = serde_json::from_str("[1, 2.5, \"three\", true, null]")?;
/// let Value::List(parts) = &value else { panic!("a list") };
/// assert_eq!(parts[2], Value::Text("three".to_owned()));
/// assert_eq!(serde_json::to_string(&value)?, "[1,2.5,\"three\",true,null]");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value; putting it clears the attribute.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// Text.
    Text(String),
    /// An instant.
    Time(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// A network address.
    Ip(IpAddr),
    /// A block of network addresses.
    Cidr(Cidr),
    /// A hardware address.
    Mac(Mac),
    /// A version, ordered by its numbers.
    Version(Version),
    /// A list of values that are neither lists nor maps themselves.
    List(Vec<Value>),
    /// Text to values that are neither lists nor maps themselves.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// What it is, for messages, in the words of the class model: `null`, `bool`, `int`, `float`,
    /// `string`, `datetime`, `duration`, `ip`, `cidr`, `mac`, `version`, `list`, `map`.
    ///
    /// ```
    /// assert_eq!(itom_core::cmdb::Value::Int(3).type_name(), "int");
    /// ```
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Text(_) => "string",
            Value::Time(_) => "datetime",
            Value::Duration(_) => "duration",
            Value::Ip(_) => "ip",
            Value::Cidr(_) => "cidr",
            Value::Mac(_) => "mac",
            Value::Version(_) => "version",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        }
    }

    /// Makes what JSON does not have the text that it is in JSON.
    pub(super) fn spell_out(&mut self) {
        match self {
            Value::Time(_)
            | Value::Duration(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Mac(_)
            | Value::Version(_) => *self = Value::Text(self.to_string()),
            Value::List(values) => values.iter_mut().for_each(Value::spell_out),
            Value::Map(values) => values.values_mut().for_each(Value::spell_out),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        }
    }

    /// Whether it is neither a list nor a map.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(self, Value::List(_) | Value::Map(_))
    }

    /// Refuses what cannot be written down again: floats that are not finite, lists in lists.
    pub(super) fn check(&self, attribute: &str) -> Result<()> {
        match self {
            Value::Float(number) if !number.is_finite() => {
                Err(Error::invalid(attribute, number, "a finite number"))
            }
            Value::List(values) => {
                values.iter().try_for_each(|value| value.check_part(attribute, "list"))
            }
            Value::Map(values) => {
                values.values().try_for_each(|value| value.check_part(attribute, "map"))
            }
            _ => Ok(()),
        }
    }

    fn check_part(&self, attribute: &str, whole: &str) -> Result<()> {
        if self.is_plain() {
            return self.check(attribute);
        }
        let value = format!("a {} within a {whole}", self.type_name());
        Err(Error::invalid(attribute, value, format!("a {whole} of plain values")))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Int(i64::from(number))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Float(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Value::Time(instant)
    }
}

impl From<Duration> for Value {
    fn from(length: Duration) -> Self {
        Value::Duration(length)
    }
}

impl From<IpAddr> for Value {
    fn from(address: IpAddr) -> Self {
        Value::Ip(address)
    }
}

/// As in JSON: text in quotes, lists in brackets, maps in braces.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:?}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Time(instant) => write!(f, "{instant}"),
            Value::Duration(length) => write!(f, "{length}"),
            Value::Ip(address) => write!(f, "{address}"),
            Value::Cidr(block) => write!(f, "{block}"),
            Value::Mac(address) => write!(f, "{address}"),
            Value::Version(version) => write!(f, "{version}"),
            Value::List(values) => {
                f.write_str("[")?;
                for (n, value) in values.iter().enumerate() {
                    let separator = if n == 0 { "" } else { ", " };
                    write!(f, "{separator}{value}")?;
                }
                f.write_str("]")
            }
            Value::Map(values) => {
                f.write_str("{")?;
                for (n, (name, value)) in values.iter().enumerate() {
                    let separator = if n == 0 { "" } else { ", " };
                    write!(f, "{separator}{name:?}: {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Time(instant) => instant.serialize(serializer),
            Value::Duration(length) => length.serialize(serializer),
            Value::Ip(address) => serializer.collect_str(address),
            Value::Cidr(block) => serializer.collect_str(block),
            Value::Mac(address) => serializer.collect_str(address),
            Value::Version(version) => serializer.serialize_str(version.as_str()),
            Value::List(values) => values.serialize(serializer),
            Value::Map(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> de::Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("null, a truth value, a number, text, an instant, or a list or map of these")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        let number = i64::try_from(number);
        number.map(Value::Int).map_err(|_| E::custom("a whole number must fit in 64 bits, signed"))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, instant: D) -> Result<Value, D::Error> {
        i64::deserialize(instant).map(|nanos| Value::Time(Timestamp::from_nanos(nanos)))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some(first) = map.next_key::<String>()? else { return Ok(Value::Map(BTreeMap::new())) };
        let value: Value = map.next_value()?;
        let mut next = map.next_key::<String>()?;
        if first == "time" && next.is_none() {
            return match value {
                Value::Time(instant) => Ok(Value::Time(instant)),
                Value::Text(text) => text.parse().map(Value::Time).map_err(de::Error::custom),
                _ => Err(de::Error::custom("{\"time\": ...} must be an instant")),
            };
        }
        let mut values = BTreeMap::from([(first, value)]);
        while let Some(name) = next {
            let value = map.next_value()?;
            if values.insert(name, value).is_some() {
                return Err(de::Error::custom("a map must name each of its parts once"));
            }
            next = map.next_key()?;
        }
        if !values.values().all(Value::is_plain) {
            return Err(de::Error::custom("a map must hold plain values, got a list or map in it"));
        }
        Ok(Value::Map(values))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = parts.next_element()? {
            if !Value::is_plain(&value) {
                let message = "a list must hold plain values, got a list or map in it";
                return Err(de::Error::custom(message));
            }
            values.push(value);
        }
        Ok(Value::List(values))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["null", "boolean", "number", "string", "array", "object"],
            "items": {"type": ["null", "boolean", "number", "string"]},
            "additionalProperties": {"type": ["null", "boolean", "number", "string"]},
            "description": "The value of an attribute. An instant is RFC 3339 text, and put as {\"time\": ...}; durations, addresses and versions are text, read by the class model."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_said_and_never_guessed() {
        fn read(text: &str) -> serde_json::Result<Value> {
            serde_json::from_str(text)
        }
        let instant = "1970-01-01T00:00:01Z";
        assert_eq!(read(&format!("{instant:?}")).unwrap(), Value::from(instant));
        let said = read(&format!("{{\"time\": {instant:?}}}")).unwrap();
        assert_eq!(said, Value::Time(Timestamp::from_secs(1)));
        for wrong in ["{\"time\": 1}", "{\"time\": \"now\"}", "{\"x\": {}}", "{\"x\": 1, \"x\": 2}"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let map = read("{\"time\": 1, \"x\": null}").unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), "{\"time\":1,\"x\":null}");
        assert_eq!(read("{}").unwrap(), Value::Map(BTreeMap::new()));
    }

    #[test]
    fn a_value_takes_no_more_memory_than_a_list_in_it() {
        assert_eq!(size_of::<Value>(), 32);
    }

    #[test]
    fn lists_in_lists_are_refused_however_deep() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(serde_json::from_str::<Value>(&deep).is_err());
        let list = Value::List(vec![Value::List(vec![])]);
        assert!(list.check("tags").is_err());
        assert!(Value::Float(f64::INFINITY).check("load").is_err());
    }
}
