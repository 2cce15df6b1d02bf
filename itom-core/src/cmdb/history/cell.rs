//! Values as bytes, so that equal values have equal bytes and one interner serves all types.
//!
//! A tag, then: nothing for truth values; a varint of the zigzag for whole numbers and for instants
//! of whole seconds; eight bytes for floats and other instants; the text; of a list each value behind
//! its length.

use crate::Timestamp;
use crate::cmdb::Value;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const TEXT: u8 = 5;
const NANOS: u8 = 6;
const SECONDS: u8 = 7;
const LIST: u8 = 8;

const SECOND: i64 = 1_000_000_000;

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
            bytes.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            bytes.push(TEXT);
            bytes.extend_from_slice(text.as_bytes());
        }
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
                write_varint(part.len() as u64, bytes);
                bytes.extend_from_slice(&part);
            }
        }
    }
}

/// The value that [`write`] wrote.
pub(super) fn read(bytes: &[u8]) -> Value {
    let Some((&tag, rest)) = bytes.split_first() else { return Value::Null };
    let eight = || <[u8; 8]>::try_from(rest).unwrap_or_default();
    match tag {
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        INT => Value::Int(read_number(rest)),
        FLOAT => Value::Float(f64::from_bits(u64::from_le_bytes(eight()))),
        TEXT => Value::Text(String::from_utf8_lossy(rest).into_owned()),
        NANOS => Value::Time(Timestamp::from_nanos(i64::from_le_bytes(eight()))),
        SECONDS => Value::Time(Timestamp::from_nanos(read_number(rest) * SECOND)),
        LIST => Value::List(read_list(rest)),
        _ => Value::Null,
    }
}

fn read_list(mut bytes: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    while let Some(end) = bytes.iter().position(|byte| *byte < 0x80) {
        let (length, rest) = bytes.split_at(end + 1);
        let (value, rest) = rest.split_at(rest.len().min(read_varint(length) as usize));
        values.push(read(value));
        bytes = rest;
    }
    values
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
        for value in values {
            let mut bytes = Vec::new();
            write(&value, &mut bytes);
            assert_eq!(read(&bytes), value);
        }
    }
}
