//! Columns of values: the type of each, then the values of each type together.

use super::super::block::StoredValue;
use super::bytes::{Reader, put_bytes};
use super::numbers::{indices, numbers, put_numbers};
use super::text::{Names, Texts};
use crate::cmdb::Value;
use crate::{Error, Result, Timestamp};

const NULL: u8 = 0;
const BOOL: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const TEXT: u8 = 4;
const TIME: u8 = 5;
const LIST: u8 = 6;
/// A value of any other type, in CBOR.
const OTHER: u8 = 7;
const TYPES: usize = 8;

/// Instants are kept in the greatest of these that divides all of them.
const UNITS: [i64; 5] = [1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000];

/// Elements of lists that a column keeps together; what is more goes each for itself.
const MOST_ELEMENTS: usize = 1 << 22;

/// The values of one attribute, in the order of the changes that put it.
#[derive(Debug, Default)]
pub(in crate::cmdb) struct ValueColumn {
    types: Vec<u8>,
    bools: Vec<bool>,
    /// Whole numbers and instants have a column each.
    ints: Vec<i64>,
    floats: Vec<f64>,
    texts: Texts,
    /// For each text its number.
    text_of: Vec<u32>,
    times: Vec<i64>,
    lengths: Vec<u32>,
    elements: Option<Box<ValueColumn>>,
    others: Vec<Value>,
}

fn type_of(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOL,
        Value::Int(_) => INT,
        Value::Float(_) => FLOAT,
        Value::Text(_) => TEXT,
        Value::Time(_) => TIME,
        Value::List(_) => LIST,
        _ => OTHER,
    }
}

/// A column to write: values, and for each row which of them it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'v> {
    pub(super) values: &'v [&'v Value],
    pub(super) of: &'v [u32],
    /// Whether no two of the values are equal.
    pub(super) differ: bool,
}

impl<'v> Values<'v> {
    fn rows(self) -> impl Iterator<Item = &'v Value> {
        self.of.iter().map(move |n| self.values[*n as usize])
    }

    fn numbers(self, number: fn(&Value) -> i64) -> Vec<i64> {
        let numbers: Vec<i64> = self.values.iter().map(|value| number(value)).collect();
        self.of.iter().map(|n| numbers[*n as usize]).collect()
    }
}

/// Writes a column.
pub(super) fn put_values(out: &mut Vec<u8>, column: Values<'_>) {
    if column.of.is_empty() {
        return;
    }
    let elements = |value: &Value| if let Value::List(list) = value { list.len() } else { 0 };
    let many = column.rows().map(elements).sum::<usize>() > MOST_ELEMENTS;
    let mut types = column.numbers(|value| i64::from(type_of(value)));
    if many {
        let lists = types.iter_mut().filter(|kind| **kind == i64::from(LIST));
        lists.for_each(|kind| *kind = i64::from(OTHER));
    }
    put_numbers(out, &types);
    for kind in 0..TYPES as u8 {
        let of_kind = |of: &i64| *of == i64::from(kind);
        if types.iter().all(of_kind) {
            put_type(out, kind, column);
        } else if types.iter().any(of_kind) {
            let rows = types.iter().zip(column.of).filter(|(of, _)| of_kind(of));
            let of: Vec<u32> = rows.map(|(_, n)| *n).collect();
            put_type(out, kind, Values { of: &of, ..column });
        }
    }
}

fn put_type(out: &mut Vec<u8>, kind: u8, column: Values<'_>) {
    match kind {
        NULL => {}
        BOOL => {
            put_numbers(out, &column.numbers(|value| i64::from(*value == Value::Bool(true))));
        }
        INT => {
            put_numbers(
                out,
                &column.numbers(|value| if let Value::Int(n) = value { *n } else { 0 }),
            );
        }
        FLOAT => put_floats(
            out,
            &column.numbers(|value| {
                if let Value::Float(number) = value { number.to_bits() as i64 } else { 0 }
            }),
        ),
        TEXT => put_texts(out, column),
        TIME => {
            let times = column
                .numbers(|value| if let Value::Time(time) = value { time.as_nanos() } else { 0 });
            let unit = UNITS.iter().rposition(|unit| times.iter().all(|time| time % unit == 0));
            let unit = unit.unwrap_or(0);
            out.push(unit as u8);
            let times: Vec<i64> = times.iter().map(|time| time / UNITS[unit]).collect();
            put_numbers(out, &times);
        }
        LIST => {
            let length = |value: &Value| if let Value::List(list) = value { list.len() } else { 0 };
            let lengths: Vec<i64> = column.rows().map(|value| length(value) as i64).collect();
            put_numbers(out, &lengths);
            let mut values = Vec::new();
            for value in column.rows() {
                if let Value::List(list) = value {
                    values.extend(list.iter());
                }
            }
            let of: Vec<u32> = (0..values.len() as u32).collect();
            put_values(out, Values { values: &values, of: &of, differ: false });
        }
        _ => {
            for value in column.rows() {
                let mut bytes = Vec::new();
                ciborium::into_writer(&StoredValue::from(value), &mut bytes)
                    .expect("a value can be written as CBOR");
                put_bytes(out, &bytes);
            }
        }
    }
}

/// The different ones and the number of each, or all of them where most are different.
fn put_texts(out: &mut Vec<u8>, column: Values<'_>) {
    fn text(value: &Value) -> &str {
        if let Value::Text(text) = value { text } else { "" }
    }
    let mut different = Texts::default();
    let numbers: Vec<i64> = if column.differ {
        let mut number_of = vec![-1; column.values.len()];
        let number = |n: &u32| {
            let number: &mut i64 = &mut number_of[*n as usize];
            if *number < 0 {
                *number = different.len() as i64;
                different.push(text(column.values[*n as usize]));
            }
            *number
        };
        column.of.iter().map(number).collect()
    } else {
        let mut names = Names::default();
        let numbers = column.rows().map(|value| i64::from(names.number(text(value)))).collect();
        different = names.texts;
        numbers
    };
    if different.len() * 4 > numbers.len() * 3 {
        let mut all = Texts::default();
        column.rows().for_each(|value| all.push(text(value)));
        out.push(0);
        all.put(out);
    } else {
        out.push(1);
        different.put(out);
        put_numbers(out, &numbers);
    }
}

fn put_floats(out: &mut Vec<u8>, bits: &[i64]) {
    let mut different = bits.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() * 2 > bits.len() {
        out.push(0);
        bits.iter().for_each(|bits| out.extend_from_slice(&bits.to_le_bytes()));
        return;
    }
    out.push(1);
    super::bytes::put_varint(out, different.len() as u64);
    different.iter().for_each(|bits| out.extend_from_slice(&bits.to_le_bytes()));
    let number = |bits: &i64| different.binary_search(bits).expect("it is in it") as i64;
    put_numbers(out, &bits.iter().map(number).collect::<Vec<_>>());
}

fn read_floats(reader: &mut Reader<'_>, count: usize) -> Result<Vec<f64>> {
    let float = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    if reader.byte()? == 0 {
        return Ok(reader.take(count.saturating_mul(8))?.chunks_exact(8).map(float).collect());
    }
    let different = reader.count()?;
    let different: Vec<f64> =
        reader.take(different.saturating_mul(8))?.chunks_exact(8).map(float).collect();
    let numbers = indices(reader, count, different.len())?;
    Ok(numbers.into_iter().map(|number| different[number as usize]).collect())
}

impl ValueColumn {
    /// Reads a column of so many values.
    pub(super) fn read(reader: &mut Reader<'_>, count: usize) -> Result<Self> {
        Self::read_within(reader, count, true)
    }

    fn read_within(reader: &mut Reader<'_>, count: usize, may_nest: bool) -> Result<Self> {
        let types = indices(reader, count, TYPES)?;
        let types: Vec<u8> = types.into_iter().map(|kind| kind as u8).collect();
        let mut counts = [0_usize; TYPES];
        types.iter().for_each(|kind| counts[*kind as usize] += 1);
        let mut column = ValueColumn { types, ..ValueColumn::default() };
        for (kind, &count) in counts.iter().enumerate() {
            if count > 0 {
                column.read_type(reader, kind as u8, count, may_nest)?;
            }
        }
        Ok(column)
    }

    fn read_type(
        &mut self,
        reader: &mut Reader<'_>,
        kind: u8,
        count: usize,
        may_nest: bool,
    ) -> Result<()> {
        match kind {
            NULL => {}
            BOOL => self.bools = indices(reader, count, 2)?.iter().map(|one| *one == 1).collect(),
            INT => self.ints = numbers(reader, count)?,
            FLOAT => self.floats = read_floats(reader, count)?,
            TEXT => {
                let by_number = reader.byte()? == 1;
                self.texts = Texts::read(reader, count)?;
                self.text_of = match by_number {
                    true => indices(reader, count, self.texts.len())?,
                    false if self.texts.len() == count => (0..count as u32).collect(),
                    false => return Err(reader.wrong("fewer texts than values")),
                };
            }
            TIME => {
                let unit = UNITS.get(usize::from(reader.byte()?));
                let unit = *unit.ok_or_else(|| reader.wrong("an unknown unit of time"))?;
                let times = numbers(reader, count)?.into_iter().map(|time| time.checked_mul(unit));
                let times: Option<Vec<i64>> = times.collect();
                self.times = times.ok_or_else(|| reader.wrong("an instant is too far"))?;
            }
            LIST if may_nest => {
                self.lengths = indices(reader, count, MOST_ELEMENTS + 1)?;
                let elements = self.lengths.iter().map(|length| *length as usize).sum::<usize>();
                if elements > MOST_ELEMENTS {
                    return Err(reader.wrong("lists that are too long"));
                }
                self.elements = Some(Box::new(Self::read_within(reader, elements, false)?));
            }
            LIST => return Err(reader.wrong("a list in a list")),
            _ => {
                for _ in 0..count {
                    let value: StoredValue = ciborium::from_reader(reader.sized()?)
                        .map_err(|why| Error::corrupt("block of the log", why))?;
                    self.others.push(Value::try_from(&value)?);
                }
            }
        }
        Ok(())
    }

    /// Takes the values one after the other.
    pub(in crate::cmdb) fn cursor(&self) -> Cursor<'_> {
        let elements = self.elements.as_ref().map(|column| Box::new(column.cursor()));
        Cursor { column: self, at: 0, next: [0; TYPES], elements }
    }
}

/// A place in a column.
#[derive(Debug)]
pub(in crate::cmdb) struct Cursor<'a> {
    column: &'a ValueColumn,
    at: usize,
    /// The next value of each type.
    next: [usize; TYPES],
    elements: Option<Box<Cursor<'a>>>,
}

impl Iterator for Cursor<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let column = self.column;
        let kind = *column.types.get(self.at)?;
        let n = self.next[kind as usize];
        self.at += 1;
        self.next[kind as usize] += 1;
        Some(match kind {
            BOOL => Value::Bool(column.bools[n]),
            INT => Value::Int(column.ints[n]),
            FLOAT => Value::Float(column.floats[n]),
            TEXT => Value::Text(column.texts.get(column.text_of[n] as usize).to_owned()),
            TIME => Value::Time(Timestamp::from_nanos(column.times[n])),
            LIST => {
                let length = column.lengths[n] as usize;
                let elements = self.elements.as_mut().map(|elements| elements.take(length));
                Value::List(elements.into_iter().flatten().collect())
            }
            OTHER => column.others[n].clone(),
            _ => Value::Null,
        })
    }
}
