//! Values as bytes, so that equal values have equal bytes and one interner serves all types.
//!
//! A tag, then: nothing for truth values; a varint of the zigzag for whole numbers and for instants
//! of whole seconds; eight bytes for floats, other instants and durations; the bytes of an address,
//! of a block of them behind the length of its prefix; the text; of a list each value behind its
//! length, of a map each name and value.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::cmdb::{Cidr, Mac, Value};
use crate::{Duration, Timestamp};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const TEXT: u8 = 5;
const NANOS: u8 = 6;
const SECONDS: u8 = 7;
const LIST: u8 = 8;
const DURATION: u8 = 9;
const IP: u8 = 10;
const CIDR: u8 = 11;
const MAC: u8 = 12;
const VERSION: u8 = 13;
const MAP: u8 = 14;

const SECOND: i64 = 1_000_000_000;
/// Lists in lists in lists, at most: what a checkpoint says must not use up the stack.
const DEEPEST: u16 = 512;

/// Writes a value behind what is in `bytes`.
pub(super) fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(NULL),
        Value::Bool(truth) => bytes.push(if *truth { TRUE } else { FALSE }),
        Value::Int(number) => {
            bytes.push(INT);
            write_number(*number, bytes);
        }
        Value::Float(number) => {
            bytes.push(FLOAT);
            // The two zeros are equal.
            bytes.extend_from_slice(&(number + 0.0).to_bits().to_le_bytes());
        }
        Value::Text(text) => write_text(text, bytes),
        Value::Time(instant) if instant.as_nanos() % SECOND == 0 => {
            bytes.push(SECONDS);
            write_number(instant.as_nanos() / SECOND, bytes);
        }
        Value::Time(instant) => {
            bytes.push(NANOS);
            bytes.extend_from_slice(&instant.as_nanos().to_le_bytes());
        }
        Value::List(values) => {
            bytes.push(LIST);
            let mut part = Vec::new();
            for value in values {
                part.clear();
                write(value, &mut part);
                write_part(&part, bytes);
            }
        }
        Value::Duration(length) => {
            bytes.push(DURATION);
            bytes.extend_from_slice(&length.as_nanos().to_le_bytes());
        }
        Value::Ip(address) => {
            bytes.push(IP);
            write_ip(*address, bytes);
        }
        Value::Cidr(block) => {
            bytes.extend_from_slice(&[CIDR, block.prefix()]);
            write_ip(block.address(), bytes);
        }
        Value::Mac(address) => {
            bytes.push(MAC);
            bytes.extend_from_slice(&address.0);
        }
        Value::Version(version) => {
            bytes.push(VERSION);
            bytes.extend_from_slice(version.as_str().as_bytes());
        }
        Value::Map(values) => {
            bytes.push(MAP);
            let mut part = Vec::new();
            for (name, value) in values {
                write_part(name.as_bytes(), bytes);
                part.clear();
                write(value, &mut part);
                write_part(&part, bytes);
            }
        }
    }
}

/// Writes a text behind what is in `bytes`.
pub(super) fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(TEXT);
    bytes.extend_from_slice(text.as_bytes());
}

/// Whether these are the bytes of a list.
pub(super) fn is_list(bytes: &[u8]) -> bool {
    bytes.first() == Some(&LIST)
}

/// Whether these are the bytes of a text without a character.
pub(super) fn is_empty_text(bytes: &[u8]) -> bool {
    bytes == [TEXT]
}

fn write_ip(address: IpAddr, bytes: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => bytes.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => bytes.extend_from_slice(&v6.octets()),
    }
}

fn write_part(part: &[u8], bytes: &mut Vec<u8>) {
    write_varint(part.len() as u64, bytes);
    bytes.extend_from_slice(part);
}

/// The value that [`write`] wrote.
pub(super) fn read(bytes: &[u8]) -> Value {
    read_within(bytes, DEEPEST)
}

/// Null for what lies deeper.
fn read_within(bytes: &[u8], deepest: u16) -> Value {
    let Some(deeper) = deepest.checked_sub(1) else { return Value::Null };
    let Some((&tag, rest)) = bytes.split_first() else { return Value::Null };
    let eight = || <[u8; 8]>::try_from(rest).unwrap_or_default();
    match tag {
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        INT => Value::Int(read_number(rest)),
        FLOAT => Value::Float(f64::from_bits(u64::from_le_bytes(eight()))),
        TEXT => Value::Text(String::from_utf8_lossy(rest).into_owned()),
        NANOS => Value::Time(Timestamp::from_nanos(i64::from_le_bytes(eight()))),
        SECONDS => Value::Time(Timestamp::from_nanos(read_number(rest).saturating_mul(SECOND))),
        LIST => Value::List(read_list(rest, deeper)),
        DURATION => Value::Duration(Duration::from_nanos(i64::from_le_bytes(eight()))),
        IP => read_ip(rest).map_or(Value::Null, Value::Ip),
        CIDR => {
            let block = rest.split_first();
            let block = block.and_then(|(&prefix, address)| Some((read_ip(address)?, prefix)));
            let block = block.and_then(|(address, prefix)| Cidr::new(address, prefix).ok());
            block.map_or(Value::Null, Value::Cidr)
        }
        MAC => Value::Mac(Mac(rest.try_into().unwrap_or_default())),
        VERSION => {
            let version = std::str::from_utf8(rest).ok().and_then(|text| text.parse().ok());
            version.map_or(Value::Null, Value::Version)
        }
        MAP => Value::Map(read_map(rest, deeper)),
        _ => Value::Null,
    }
}

fn read_ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn read_list(mut bytes: &[u8], deepest: u16) -> Vec<Value> {
    let mut values = Vec::new();
    while let Some((value, rest)) = read_part(bytes) {
        values.push(read_within(value, deepest));
        bytes = rest;
    }
    values
}

fn read_map(mut bytes: &[u8], deepest: u16) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    while let Some((name, rest)) = read_part(bytes) {
        let Some((value, rest)) = read_part(rest) else { break };
        values.insert(String::from_utf8_lossy(name).into_owned(), read_within(value, deepest));
        bytes = rest;
    }
    values
}

/// A part behind its length, and what follows it.
fn read_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte < 0x80)?;
    let (length, rest) = bytes.split_at(end + 1);
    Some(rest.split_at(rest.len().min(read_varint(length) as usize)))
}

fn write_number(number: i64, bytes: &mut Vec<u8>) {
    write_varint(((number << 1) ^ (number >> 63)) as u64, bytes);
}

fn read_number(bytes: &[u8]) -> i64 {
    let zigzag = read_varint(bytes);
    (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
}

fn write_varint(mut rest: u64, bytes: &mut Vec<u8>) {
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn read_varint(bytes: &[u8]) -> u64 {
    let parts = bytes.iter().enumerate().take(10);
    parts.fold(0, |sum, (n, byte)| sum | u64::from(byte & 0x7f) << (7 * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let mut values: Vec<Value> = vec![true.into(), false.into(), "".into(), "é".into()];
        values.extend([0, 1, -1, 63, 64, -65, i64::MAX, i64::MIN].map(Value::Int));
        values.extend([0.0, -0.0, 1.5, f64::MAX].map(Value::Float));
        let instants = [0, 1, -SECOND, SECOND, i64::MAX, i64::MIN, i64::MIN + 1];
        values.extend(instants.map(|nanos| Value::Time(Timestamp::from_nanos(nanos))));
        values.push(Value::List(vec![
            1.into(),
            "a".into(),
            Value::Null,
            "b".repeat(300).as_str().into(),
        ]));
        values.push(Value::List(vec![]));
        values.push(Value::Map(BTreeMap::new()));
        let map = [("a".to_owned(), 1.into()), ("é".repeat(100), Value::Null)];
        values.push(Value::Map(map.into()));
        values
            .extend([i64::MIN, -1, 0, i64::MAX].map(|n| Value::Duration(Duration::from_nanos(n))));
        values
            .extend(["::", "10.0.0.1", "::ffff:1.2.3.4"].map(|ip| Value::Ip(ip.parse().unwrap())));
        values.extend(["::/0", "10.0.0.1/32"].map(|block| Value::Cidr(block.parse().unwrap())));
        values.push(Value::Mac(Mac([0, 1, 2, 3, 254, 255])));
        values.push(Value::Version("v1.10-rc.1".parse().unwrap()));
        for value in values {
            let mut bytes = Vec::new();
            write(&value, &mut bytes);
            assert_eq!(read(&bytes), value);
        }
    }
}
