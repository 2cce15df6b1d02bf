//! A foreign document as a tree: JSON and, with the feature `yaml`, YAML.
//!
//! Size, depth and number of nodes are bounded, a key that comes twice is refused with its place, and
//! so is a whole number that 64 bits cannot hold: nothing is rounded in silence. What is wrong with
//! the *meaning* of a node is said with the path of keys that leads to it.

use std::cell::Cell;
use std::fmt;

use hashbrown::HashTable;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer};

use crate::cmdb::Value;
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

/// The longest text that is read.
const MOST_BYTES: usize = 256 << 20;
/// The most values a text may hold.
const MOST_NODES: usize = 20_000_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// As it would be named in a message.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tree::Null => f.write_str("nothing"),
            Tree::Bool(flag) => write!(f, "{flag}"),
            Tree::Int(number) => write!(f, "{number}"),
            Tree::Float(number) => write!(f, "{number}"),
            Tree::Text(text) => write!(f, "{text:?}"),
            Tree::List(_) => f.write_str("an array"),
            Tree::Map(_) => f.write_str("an object"),
        }
    }
}

impl Tree {
    /// What is at a path of keys, `metadata/name`; nothing where a key is missing or null.
    pub(super) fn at(&self, path: &str) -> Option<&Tree> {
        path.split('/').try_fold(self, |tree, key| tree.get(key))
    }

    /// The value of one key; nothing where it is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        let Tree::Map(entries) = self else { return None };
        let found = entries.iter().find(|(own, _)| own == key);
        found.map(|(_, value)| value).filter(|value| **value != Tree::Null)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text at a path, or none if there is nothing.
    pub(super) fn text(&self, path: &str) -> Result<Option<&str>> {
        self.at(path).map(|tree| tree.as_text().ok_or_else(|| tree.fault(path, "text"))).transpose()
    }

    /// The text at a path; neither nothing nor empty.
    pub(super) fn need_text(&self, path: &str) -> Result<&str> {
        let text = self.text(path)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Error::invalid(&path.replace('/', "."), "nothing", "given"))
    }

    /// The list at a path, empty if there is nothing.
    pub(super) fn list(&self, path: &str) -> Result<&[Tree]> {
        match self.at(path) {
            None => Ok(&[]),
            Some(Tree::List(list)) => Ok(list),
            Some(other) => Err(other.fault(path, "an array")),
        }
    }

    /// The entries of the object at a path, none if there is nothing.
    pub(super) fn map(&self, path: &str) -> Result<&[(String, Tree)]> {
        match self.at(path) {
            None => Ok(&[]),
            Some(Tree::Map(entries)) => Ok(entries),
            Some(other) => Err(other.fault(path, "an object")),
        }
    }

    /// A value that must be an object.
    pub(super) fn entries(&self) -> Result<&[(String, Tree)]> {
        match self {
            Tree::Map(entries) => Ok(entries),
            other => Err(Error::invalid("value", other, "an object")),
        }
    }

    /// An error about this node, which stands at `path`.
    pub(super) fn fault(&self, path: &str, expected: &str) -> Error {
        Error::invalid(&path.replace('/', "."), self, expected)
    }

    /// The value of an attribute: a scalar, or a list of scalars. Nothing for what has parts.
    pub(super) fn value(&self) -> Option<Value> {
        Some(match self {
            Tree::Null => Value::Null,
            Tree::Bool(truth) => Value::Bool(*truth),
            Tree::Int(number) => Value::Int(*number),
            Tree::Float(number) => Value::Float(*number),
            Tree::Text(text) => Value::Text(text.clone()),
            Tree::List(list) => Value::List(list.iter().map(Tree::scalar).collect::<Option<_>>()?),
            Tree::Map(_) => return None,
        })
    }

    fn scalar(&self) -> Option<Value> {
        (!matches!(self, Tree::List(_))).then(|| self.value()).flatten()
    }
}

/// The text without the mark of byte order that some tools write first.
fn plain(text: &str) -> Result<&str> {
    if text.len() > MOST_BYTES {
        let message = format!("text must be at most {MOST_BYTES} bytes long, got {}", text.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("text"));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The documents of a text: one of JSON, or those of YAML. What begins with `{` or `[` is JSON.
pub(super) fn documents(text: &str) -> Result<Vec<Tree>> {
    let text = plain(text)?;
    if text.trim_start().starts_with(['{', '[']) {
        return json_documents(text);
    }
    yaml_documents(text)
}

/// JSON texts one after the other, as in JSON lines; usually there is one.
pub(super) fn json_documents(text: &str) -> Result<Vec<Tree>> {
    let text = plain(text)?;
    check_numbers(text)?;
    let budget = Cell::new(MOST_NODES);
    let mut documents = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    // Asked first whether anything is left: a text that breaks off is not one that ends.
    while reader.end().is_err() {
        let document = Seed(&budget).deserialize(&mut reader);
        documents.push(document.map_err(|error| refused(&error, budget.get()))?);
    }
    Ok(documents)
}

fn refused(error: &serde_json::Error, left: usize) -> Error {
    if left == 0 {
        let message = format!("text must hold at most {MOST_NODES} values");
        return Error::new(ErrorKind::LimitExceeded, message).about("text");
    }
    let said: String = error.to_string().chars().take(300).collect();
    let message = format!("text is not JSON that can be read: {said}");
    Error::new(ErrorKind::InvalidArgument, message).about("text")
}

/// Refuses whole numbers beyond 64 bits: the reader would take the nearest float for them.
fn check_numbers(text: &str) -> Result<()> {
    let bytes = text.as_bytes();
    let (mut at, mut in_text) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'0'..=b'9' if !in_text => {
                let rest = &bytes[at..];
                let is_number =
                    |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
                let end = rest.iter().position(|b| !is_number(b)).unwrap_or(rest.len());
                let number = &text[at..at + end];
                let whole = number.bytes().all(|b| b.is_ascii_digit());
                if whole && number.parse::<i64>().is_err() && !is_least(text, at, number) {
                    let line = text[..at].matches('\n').count() + 1;
                    let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1) + 1;
                    let place = format!("text at line {line} column {column}");
                    return Err(Error::invalid(
                        &place,
                        number,
                        "a whole number of 64 bits, signed",
                    )
                    .about("text"));
                }
                at += end.max(1) - 1;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Whether this is the one number that fits only with its minus sign.
fn is_least(text: &str, at: usize, number: &str) -> bool {
    number == "9223372036854775808" && text[..at].ends_with('-')
}

#[cfg(not(feature = "yaml"))]
fn yaml_documents(_: &str) -> Result<Vec<Tree>> {
    let message =
        "text is not JSON, and this build reads no YAML: it was made without the feature yaml";
    Err(Error::new(ErrorKind::Unsupported, message).about("text"))
}

#[cfg(feature = "yaml")]
fn yaml_documents(text: &str) -> Result<Vec<Tree>> {
    use super::super::yaml::{Limits, documents};
    let limits = Limits { bytes: 64 << 20, documents: 100_000, nodes: 5_000_000, depth: 64 };
    documents(text, limits)
}

struct Seed<'b>(&'b Cell<usize>);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        Seed(&Cell::new(MOST_NODES)).deserialize(deserializer)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        if left <= 1 {
            return Err(de::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Seed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Tree, E> {
        let whole = i64::try_from(number);
        whole.map(Tree::Int).map_err(|_| {
            E::custom(format!("a whole number must fit in 64 bits, signed, got {number}"))
        })
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Tree, E> {
        let whole = i64::try_from(number);
        whole.map(Tree::Int).map_err(|_| {
            E::custom(format!("a whole number must fit in 64 bits, signed, got {number}"))
        })
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Tree, E> {
        Err(E::custom(format!("a whole number must fit in 64 bits, signed, got {number}")))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Tree, E> {
        if !number.is_finite() {
            return Err(E::custom(format!("a number must be finite, got {number}")));
        }
        Ok(Tree::Float(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(tree) = access.next_element_seed(Seed(self.0))? {
            list.push(tree);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut map: Vec<(String, Tree)> = Vec::new();
        let mut known: HashTable<usize> = HashTable::new();
        while let Some(key) = access.next_key::<String>()? {
            let hash = stable_hash(key.as_bytes());
            if known.find(hash, |&n| map[n].0 == key).is_some() {
                let key: String = key.chars().take(100).collect();
                return Err(de::Error::custom(format!("duplicate key {key:?}")));
            }
            let value = access.next_value_seed(Seed(self.0))?;
            known.insert_unique(hash, map.len(), |&n| stable_hash(map[n].0.as_bytes()));
            map.push((key, value));
        }
        Ok(Tree::Map(map))
    }
}
