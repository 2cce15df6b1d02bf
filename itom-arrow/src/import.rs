//! Record batches to a [`Table`], single arrays to vectors; everything is copied.
//!
//! A column of the null type is a column that is not there: it says nothing, so only its name is
//! kept. An
//! instant of nanoseconds that is numpy's "not a time" is missing. Numbers that do not fit (an
//! unsigned one above 2^63, an instant beyond the years 1677 to 2262) are errors that name the row.

use itom_core::table::{Column, Table, TextColumn};
use itom_core::{Error, Result, Timestamp};

use crate::abi::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::view::{View, column};

/// What errors call a record batch.
const TABLE: &str = "table";
/// What stands for a missing instant among nanoseconds, as numpy has it.
pub const NOT_A_TIME: i64 = i64::MIN;

const TYPES: &str = "text, whole numbers, floats, bool, timestamps or nulls";

/// All record batches of a stream as one table.
///
/// # Errors
/// What the stream says, a stream of something else than record batches, a column of a type that a
/// table does not hold; the error names the column.
pub fn table_from_stream(mut stream: ArrowArrayStream) -> Result<Table> {
    let schema = stream.schema()?;
    let mut columns = empty_columns(&schema)?;
    while let Some(batch) = stream.next()? {
        append_batch(&mut columns, &schema, &batch)?;
    }
    into_table(columns)
}

/// One record batch as a table.
///
/// # Errors
/// As [`table_from_stream`].
pub fn table_from_array(schema: &ArrowSchema, batch: &ArrowArray) -> Result<Table> {
    let mut columns = empty_columns(schema)?;
    append_batch(&mut columns, schema, batch)?;
    into_table(columns)
}

/// An array of numbers as floats; a missing one is NaN. `name` is what errors call the array.
///
/// # Errors
/// An array of something else.
pub fn floats_from_array(name: &str, schema: &ArrowSchema, array: &ArrowArray) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    append_floats(&mut values, &View::new(name, schema, array)?)?;
    Ok(values)
}

/// All arrays of a stream of numbers as floats; a missing one is NaN.
///
/// # Errors
/// A stream of something else, or what the stream says.
pub fn floats_from_stream(name: &str, mut stream: ArrowArrayStream) -> Result<Vec<f64>> {
    let schema = stream.schema()?;
    let mut values = Vec::new();
    while let Some(array) = stream.next()? {
        append_floats(&mut values, &View::new(name, &schema, &array)?)?;
    }
    Ok(values)
}

/// An array of timestamps as nanoseconds since 1970; a missing one is [`NOT_A_TIME`].
///
/// # Errors
/// An array of something else, or an instant beyond the range; the error names its row.
pub fn times_from_array(name: &str, schema: &ArrowSchema, array: &ArrowArray) -> Result<Vec<i64>> {
    let mut values = Vec::new();
    append_times(&mut values, &View::new(name, schema, array)?)?;
    Ok(values)
}

/// All arrays of a stream of timestamps as nanoseconds since 1970; a missing one is [`NOT_A_TIME`].
///
/// # Errors
/// As [`times_from_array`], or what the stream says.
pub fn times_from_stream(name: &str, mut stream: ArrowArrayStream) -> Result<Vec<i64>> {
    let schema = stream.schema()?;
    let mut values = Vec::new();
    while let Some(array) = stream.next()? {
        append_times(&mut values, &View::new(name, &schema, &array)?)?;
    }
    Ok(values)
}

/// An array of texts; a missing one is `None`. `name` is what errors call the array.
///
/// # Errors
/// An array of something else.
pub fn texts_from_array(
    name: &str,
    schema: &ArrowSchema,
    array: &ArrowArray,
) -> Result<TextColumn> {
    let mut cells = TextColumn::default();
    append_texts(&mut cells, &View::new(name, schema, array)?)?;
    Ok(cells)
}

/// All arrays of a stream of texts; a missing one is `None`.
///
/// # Errors
/// A stream of something else, or what the stream says.
pub fn texts_from_stream(name: &str, mut stream: ArrowArrayStream) -> Result<TextColumn> {
    let schema = stream.schema()?;
    let mut cells = TextColumn::default();
    while let Some(array) = stream.next()? {
        append_texts(&mut cells, &View::new(name, &schema, &array)?)?;
    }
    Ok(cells)
}

/// The columns as the schema has them, without cells; no cells for one of the null type.
fn empty_columns(schema: &ArrowSchema) -> Result<Vec<(String, Option<Column>)>> {
    if schema.format()? != "+s" {
        let value = format!("an arrow array of format {:?}", schema.format()?);
        return Err(Error::invalid(TABLE, value, "a table: record batches with named columns"));
    }
    let children = usize::try_from(schema.n_children).unwrap_or(0);
    if children > 0 && schema.children.is_null() {
        return Err(Error::invalid(TABLE, "a schema without its children", "their schemas"));
    }
    (0..children)
        .map(|index| {
            // SAFETY: a live schema has `n_children` pointers to live schemas.
            let child = unsafe { schema.children.add(index).read().as_ref() };
            let child = child.ok_or_else(|| Error::invalid(TABLE, "a null child", "a schema"))?;
            empty_column(child)
        })
        .collect()
}

fn empty_column(schema: &ArrowSchema) -> Result<(String, Option<Column>)> {
    let name = schema.name()?;
    let format = schema.format()?;
    // SAFETY: a live schema's dictionary is null or a live schema.
    let format = match unsafe { schema.dictionary.as_ref() } {
        Some(dictionary) => dictionary.format()?,
        None => format,
    };
    let cells = match format {
        "n" => return Ok((name.to_owned(), None)),
        "u" | "U" | "vu" => Column::Text(TextColumn::default()),
        "c" | "C" | "s" | "S" | "i" | "I" | "l" | "L" => Column::Int(Vec::new()),
        "f" | "g" => Column::Float(Vec::new()),
        "b" => Column::Bool(Vec::new()),
        _ if unit_of(format).is_some() => Column::Time(Vec::new()),
        other => {
            return Err(Error::invalid(&column(name), format!("arrow format {other:?}"), TYPES));
        }
    };
    Ok((name.to_owned(), Some(cells)))
}

fn append_batch(
    columns: &mut [(String, Option<Column>)],
    schema: &ArrowSchema,
    batch: &ArrowArray,
) -> Result<()> {
    let batch = View::new(TABLE, schema, batch)?;
    let count = batch.children()?;
    if batch.has_missing() {
        return Err(Error::invalid(
            TABLE,
            "a row that is missing",
            "record batches without missing rows",
        ));
    }
    for (index, own) in columns.iter_mut().enumerate().take(count) {
        if let (_, Some(cells)) = own {
            append_cells(cells, &batch.child(index)?)?;
        }
    }
    Ok(())
}

fn append_cells(cells: &mut Column, view: &View<'_>) -> Result<()> {
    if let Some(dictionary) = view.dictionary()? {
        return append_encoded(cells, view, &dictionary);
    }
    match cells {
        Column::Text(cells) => append_text(cells, view),
        Column::Int(cells) => append_ints(cells, view),
        Column::Float(cells) => append_optional_floats(cells, view),
        Column::Bool(cells) => {
            cells.extend(view.bits()?);
            Ok(())
        }
        Column::Time(cells) => append_optional_times(cells, view),
        other => Err(view.invalid(other.type_name(), TYPES)),
    }
}

fn append_text(cells: &mut TextColumn, view: &View<'_>) -> Result<()> {
    let each = |cell: Option<&str>| cells.push(cell);
    match view.format {
        "u" => view.text::<i32>(each),
        "U" => view.text::<i64>(each),
        "vu" => view.text_view(each),
        other => Err(view.invalid(format!("arrow format {other:?}"), "text")),
    }
}

fn append_texts(cells: &mut TextColumn, view: &View<'_>) -> Result<()> {
    if view.format == "n" {
        (0..view.length).for_each(|_| cells.push(None));
        return Ok(());
    }
    let Some(dictionary) = view.dictionary()? else { return append_text(cells, view) };
    let mut column = Column::Text(std::mem::take(cells));
    append_encoded(&mut column, view, &dictionary)?;
    if let Column::Text(column) = column {
        *cells = column;
    }
    Ok(())
}

fn append_ints(cells: &mut Vec<Option<i64>>, view: &View<'_>) -> Result<()> {
    fn widened<T: Into<i64>>(
        cells: impl Iterator<Item = Option<T>>,
    ) -> impl Iterator<Item = Option<i64>> {
        cells.map(|cell| cell.map(Into::into))
    }
    match view.format {
        "c" => cells.extend(widened(view.plain::<i8>()?)),
        "C" => cells.extend(widened(view.plain::<u8>()?)),
        "s" => cells.extend(widened(view.plain::<i16>()?)),
        "S" => cells.extend(widened(view.plain::<u16>()?)),
        "i" => cells.extend(widened(view.plain::<i32>()?)),
        "I" => cells.extend(widened(view.plain::<u32>()?)),
        "l" => cells.extend(view.plain::<i64>()?),
        "L" => {
            for (row, cell) in view.plain::<u64>()?.enumerate() {
                let fits = |value| {
                    i64::try_from(value).map_err(|_| view.wrong_cell(row, value, "below 2^63"))
                };
                cells.push(cell.map(fits).transpose()?);
            }
        }
        other => {
            return Err(view.invalid(format!("arrow format {other:?}"), "whole numbers"));
        }
    }
    Ok(())
}

fn append_optional_floats(cells: &mut Vec<Option<f64>>, view: &View<'_>) -> Result<()> {
    match view.format {
        "f" => cells.extend(view.plain::<f32>()?.map(|cell| cell.map(f64::from))),
        "g" => cells.extend(view.plain::<f64>()?),
        _ => {
            let mut whole = Vec::with_capacity(view.length);
            append_ints(&mut whole, view)
                .map_err(|_| view.invalid(format!("arrow format {:?}", view.format), "numbers"))?;
            cells.extend(whole.into_iter().map(|cell| cell.map(|value| value as f64)));
        }
    }
    Ok(())
}

fn append_optional_times(cells: &mut Vec<Option<Timestamp>>, view: &View<'_>) -> Result<()> {
    each_time(view, |nanos| cells.push(nanos.map(Timestamp::from_nanos)))
}

fn each_time(view: &View<'_>, mut each: impl FnMut(Option<i64>)) -> Result<()> {
    let Some(unit) = unit_of(view.format) else {
        let value = format!("arrow format {:?}", view.format);
        return Err(view.invalid(value, "timestamps"));
    };
    for (row, cell) in view.plain::<i64>()?.enumerate() {
        each(match cell {
            None | Some(NOT_A_TIME) => None,
            Some(count) => Some(count.checked_mul(unit).ok_or_else(|| {
                view.wrong_cell(row, count, "an instant between 1677-09-21 and 2262-04-11")
            })?),
        });
    }
    Ok(())
}

/// A dictionary-encoded column: the cells are indices into the dictionary's values.
fn append_encoded(cells: &mut Column, view: &View<'_>, dictionary: &View<'_>) -> Result<()> {
    let mut indices = Vec::with_capacity(view.length);
    append_ints(&mut indices, view)?;
    let mut values = match cells {
        Column::Text(_) => Column::Text(TextColumn::default()),
        Column::Int(_) => Column::Int(Vec::new()),
        Column::Float(_) => Column::Float(Vec::new()),
        Column::Bool(_) => Column::Bool(Vec::new()),
        _ => Column::Time(Vec::new()),
    };
    append_cells(&mut values, dictionary)?;
    for (row, index) in indices.into_iter().enumerate() {
        let index = match index {
            None => None,
            Some(index) => Some(
                usize::try_from(index).ok().filter(|&index| index < dictionary.length).ok_or_else(
                    || view.wrong_cell(row, index, "an index into the column's dictionary"),
                )?,
            ),
        };
        match (&mut *cells, &values) {
            (Column::Text(to), Column::Text(from)) => to.push(index.and_then(|at| from.get(at))),
            (Column::Int(to), Column::Int(from)) => to.push(index.and_then(|at| from[at])),
            (Column::Float(to), Column::Float(from)) => to.push(index.and_then(|at| from[at])),
            (Column::Bool(to), Column::Bool(from)) => to.push(index.and_then(|at| from[at])),
            (Column::Time(to), Column::Time(from)) => to.push(index.and_then(|at| from[at])),
            _ => return Err(view.invalid("a dictionary of another type", TYPES)),
        }
    }
    Ok(())
}

fn append_floats(values: &mut Vec<f64>, view: &View<'_>) -> Result<()> {
    if view.format == "n" {
        values.extend(std::iter::repeat_n(f64::NAN, view.length));
        return Ok(());
    }
    let mut cells = Vec::new();
    append_optional_floats(&mut cells, view)?;
    values.extend(cells.into_iter().map(|cell| cell.unwrap_or(f64::NAN)));
    Ok(())
}

fn append_times(values: &mut Vec<i64>, view: &View<'_>) -> Result<()> {
    if view.format == "n" {
        values.extend(std::iter::repeat_n(NOT_A_TIME, view.length));
        return Ok(());
    }
    values.reserve(view.length);
    each_time(view, |nanos| values.push(nanos.unwrap_or(NOT_A_TIME)))
}

/// Nanoseconds in the unit of a timestamp format (`tsn:UTC`). With a zone the values are instants
/// of UTC; without one they are taken as such.
fn unit_of(format: &str) -> Option<i64> {
    let unit = format.strip_prefix("ts")?;
    let unit = unit.split_once(':').map_or(unit, |(unit, _)| unit);
    match unit {
        "s" => Some(1_000_000_000),
        "m" => Some(1_000_000),
        "u" => Some(1_000),
        "n" => Some(1),
        _ => None,
    }
}

fn into_table(columns: Vec<(String, Option<Column>)>) -> Result<Table> {
    let (mut named, mut blank) = (Vec::new(), Vec::new());
    for (name, cells) in columns {
        match cells {
            Some(cells) => named.push((name, cells)),
            None => blank.push(name),
        }
    }
    let table = Table::new(named).map_err(|error| error.within(TABLE))?;
    Ok(table.with_blank(blank))
}
