//! Columns of text.

use itom_arrow::{texts_from_array, texts_from_stream};
use itom_core::table::{Column, TextColumn};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::table::{array_of, stream_of, table};
use crate::errors::{raise, wrong_type};

/// A column of text: of Arrow, of pandas, or an array of numpy.
pub fn text_column(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<TextColumn> {
    let named = |error: itom_core::Error| raise(error.about(argument));
    if let Some((schema, array)) = array_of(value, argument)? {
        return texts_from_array(argument, &schema, &array).map_err(named);
    }
    if let Some(stream) = stream_of(value, argument)? {
        return texts_from_stream(argument, stream).map_err(named);
    }
    let columns = PyDict::new(value.py());
    columns.set_item(argument, value)?;
    let read = table(columns.as_any(), argument)?;
    if read.is_blank(argument) {
        let mut missing = TextColumn::default();
        (0..value.len()?).for_each(|_| missing.push(None));
        return Ok(missing);
    }
    match read.column(argument) {
        Some(Column::Text(cells)) => Ok(cells.clone()),
        _ => Err(wrong_type(argument, value, "a list or a column of text")),
    }
}
