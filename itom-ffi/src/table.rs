//! `itom_table`: bulk data, from an Arrow stream or from JSON columns.

use std::ffi::c_char;
use std::sync::Arc;

use itom_arrow::{ArrowArrayStream, table_from_stream, table_to_stream};
use itom_core::table::{Column, Table};
use itom_core::{Error, Timestamp};
use serde_json::{Map, Value};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{guard, quietly};
use crate::input::{shared, text};
use crate::output::{Out, definition, free, itom_bytes};

pub struct itom_table(pub Arc<Table>);

impl itom_table {
    pub fn wrap(table: Table) -> Self {
        itom_table(Arc::new(table))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_from_arrow(
    stream: *mut ArrowArrayStream,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            if stream.is_null() {
                return Err(Failure::NullPointer("stream"));
            }
            // Taken whatever happens next, so that the caller need not ask who releases it.
            let stream = ArrowArrayStream::take(stream);
            let out = Out::new(out, "out")?;
            out.give(itom_table::wrap(table_from_stream(stream)?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_from_json(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let columns: Map<String, Value> = definition(text(json, json_len, "json")?, "json")?;
            let out = Out::new(out, "out")?;
            out.give(itom_table::wrap(table_of(columns)?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_to_arrow(
    table: *const itom_table,
    out: *mut ArrowArrayStream,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let table = shared(table, "table")?;
            Out::new(out, "out")?.set(table_to_stream(table.0.clone()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_to_json(
    table: *const itom_table,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let table = shared(table, "table")?;
            let columns: Map<String, Value> = table
                .0
                .columns()
                .map(|(name, column)| (name.to_owned(), cells_of(column)))
                .collect();
            Out::new(out, "out")?.give(itom_bytes::json(&columns)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_rows(table: *const itom_table) -> usize {
    // SAFETY: NULL or a table of ours, as the header says.
    unsafe { table.as_ref() }.map_or(0, |table| table.0.rows())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_table_free(table: *mut itom_table) {
    // SAFETY: NULL or a table of ours that is not used again, as the header says.
    quietly(|| unsafe { free(table) });
}

fn table_of(columns: Map<String, Value>) -> Result<Table, Failure> {
    let (mut named, mut blank) = (Vec::with_capacity(columns.len()), Vec::new());
    for (name, cells) in columns {
        let Value::Array(cells) = cells else {
            return Err(
                Error::invalid(&format!("column {name}"), cells, "an array of cells").into()
            );
        };
        match column_of(&name, &cells)? {
            Some(column) => named.push((name, column)),
            None => blank.push(name),
        }
    }
    Ok(Table::new(named)?.with_blank(blank))
}

/// The type of a column is that of its first cell that is not null; whole numbers among others are
/// floats, and an object `{"time": …}` is an instant. A column of nulls says nothing.
fn column_of(name: &str, cells: &[Value]) -> Result<Option<Column>, Failure> {
    fn each<T>(
        name: &str,
        cells: &[Value],
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<Option<T>>, Failure> {
        let cell = |(row, cell): (usize, &Value)| match cell {
            Value::Null => Ok(None),
            cell => match read(cell) {
                Some(value) => Ok(Some(value)),
                None => {
                    let place = format!("column {name} in row {row}");
                    Err(Error::invalid(&place, cell, expected).into())
                }
            },
        };
        cells.iter().enumerate().map(cell).collect()
    }
    let Some(first) = cells.iter().find(|cell| !cell.is_null()) else {
        return Ok(cells.is_empty().then(|| Column::Text(Default::default())));
    };
    let whole = || cells.iter().all(|cell| cell.is_null() || cell.is_i64() || cell.is_u64());
    Ok(Some(match first {
        Value::String(_) => {
            let texts = each(name, cells, "text", |cell| cell.as_str().map(str::to_owned))?;
            Column::Text(texts.iter().map(Option::as_deref).collect())
        }
        Value::Bool(_) => Column::Bool(each(name, cells, "true or false", Value::as_bool)?),
        Value::Number(_) if whole() => {
            Column::Int(each(name, cells, "a whole number of 64 bits", Value::as_i64)?)
        }
        Value::Number(_) => Column::Float(each(name, cells, "a number", Value::as_f64)?),
        _ => {
            let expected = "an instant such as {\"time\": \"2026-06-15T10:00:00Z\"}";
            Column::Time(each(name, cells, expected, |cell| {
                cell.get("time")?.as_str()?.parse::<Timestamp>().ok()
            })?)
        }
    }))
}

fn cells_of(column: &Column) -> Value {
    match column {
        Column::Text(cells) => cells.iter().collect::<Vec<_>>().into(),
        Column::Int(cells) => cells.to_vec().into(),
        Column::Float(cells) => cells.to_vec().into(),
        Column::Bool(cells) => cells.to_vec().into(),
        Column::Time(cells) => {
            let time = |time: Timestamp| serde_json::json!({"time": time.to_string()});
            cells.iter().map(|cell| cell.map(time)).collect::<Vec<_>>().into()
        }
        other => unreachable!("a column of {} has a JSON form", other.type_name()),
    }
}
