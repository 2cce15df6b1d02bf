//! Big arrays of instants and durations, portion by portion.
//!
//! A call on a million values that copies each argument and its result whole spends most of its
//! time on pages that the kernel has just made. Here a portion that stays in the cache is copied
//! with the interpreter lock held, worked on without it, and written to where the result lies.
//! Only arrays of numpy that are nanoseconds already are read so; anything else comes as it did.
//! What is missing (NaT) is the least integer here: the work is given it and answers to it.

use itom_core::Error;
use pyo3::buffer::PyBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PySlice};

use super::numpy::numpy;
use super::time::{self, OneOrMany};
use crate::enter::enter;
use crate::errors::raise;

const PORTION: usize = 1 << 14;
const CELL: usize = size_of::<i64>();

/// One value in nanoseconds, or an array of them.
pub enum Column {
    One(i64),
    Many(Vec<i64>),
    /// An array of numpy, as integers, and how many.
    Seen(Py<PyAny>, usize),
}

/// An instant or an array of instants.
pub fn instant_column(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Column> {
    column(value, "<M8[ns]", || time::instants_or_missing(value, argument))
}

/// A duration or an array of durations.
pub fn duration_column(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Column> {
    column(value, "<m8[ns]", || time::durations_or_missing(value, argument))
}

fn column(
    value: &Bound<'_, PyAny>,
    dtype: &str,
    read: impl FnOnce() -> PyResult<OneOrMany>,
) -> PyResult<Column> {
    if let Some(seen) = seen(value, dtype)? {
        return Ok(seen);
    }
    Ok(match read()? {
        OneOrMany::One(value) => Column::One(value),
        OneOrMany::Many(values) => Column::Many(values),
    })
}

/// An array of exactly this type and one dimension as it lies.
fn seen(value: &Bound<'_, PyAny>, dtype: &str) -> PyResult<Option<Column>> {
    let py = value.py();
    let class = value.get_type();
    // A subclass, such as a masked array, may mean something else.
    if cfg!(target_endian = "big") || class.name()? != "ndarray" || class.module()? != "numpy" {
        return Ok(None);
    }
    let own = value.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "str"))?;
    let dimensions: i64 = value.getattr(intern!(py, "ndim"))?.extract()?;
    if own.extract::<String>()? != dtype || dimensions != 1 {
        return Ok(None);
    }
    let integers = value.call_method1(intern!(py, "view"), (intern!(py, "int64"),))?;
    let length = integers.len()?;
    Ok(Some(Column::Seen(integers.unbind(), length)))
}

impl Column {
    fn len(&self) -> Option<usize> {
        match self {
            Column::One(_) => None,
            Column::Many(values) => Some(values.len()),
            Column::Seen(_, length) => Some(*length),
        }
    }

    /// Copies the values `from..from + portion.len()`.
    fn copy(&self, py: Python<'_>, from: usize, portion: &mut [i64]) -> PyResult<()> {
        match self {
            Column::One(value) => portion.fill(*value),
            Column::Many(values) => portion.copy_from_slice(&values[from..from + portion.len()]),
            Column::Seen(integers, _) => {
                let until = (from + portion.len()) as isize;
                let cut = PySlice::new(py, from as isize, until, 1);
                // An array may not be made shorter while a view of it lives.
                let cells = integers.bind(py).get_item(cut)?;
                PyBuffer::<i64>::get(&cells)?.copy_to_slice(py, portion)?;
            }
        }
        Ok(())
    }
}

/// Answers for two columns of one length, one value being repeated beside an array, with an array
/// of `dtype`, `datetime64[ns]` or `timedelta64[ns]`.
pub fn in_portions<'py>(
    py: Python<'py>,
    dtype: &str,
    first: &Column,
    second: (&Column, &str),
    work: impl Fn(&[i64], &[i64]) -> itom_core::Result<Vec<i64>> + Sync,
) -> PyResult<Bound<'py, PyAny>> {
    let length = first.len().or(second.0.len()).unwrap_or(1);
    if let Some(other) = second.0.len().filter(|&other| other != length) {
        let expected = format!("{length} values long like the argument before it");
        return Err(raise(Error::invalid(second.1, other, expected)));
    }
    if length == 0 {
        return numpy(py)?.call_method1("empty", (0, dtype));
    }
    let (mut a, mut b) = (vec![0; PORTION.min(length)], vec![0; PORTION.min(length)]);
    let bytes = PyByteArray::new_with(py, length * CELL, |bytes| {
        for (index, room) in bytes.chunks_mut(PORTION * CELL).enumerate() {
            let count = room.len() / CELL;
            let (a, b) = (&mut a[..count], &mut b[..count]);
            first.copy(py, index * PORTION, a)?;
            second.0.copy(py, index * PORTION, b)?;
            let found = enter(py, || work(a, b))?;
            for (cell, value) in room.chunks_exact_mut(CELL).zip(found) {
                cell.copy_from_slice(&value.to_ne_bytes());
            }
        }
        Ok(())
    })?;
    numpy(py)?.call_method1("frombuffer", (bytes, dtype))
}
