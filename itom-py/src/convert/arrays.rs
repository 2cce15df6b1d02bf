//! Arrays of numbers, instants and durations: lists, numpy, Arrow.
//!
//! In this order: a `list` or `tuple` is read cell by cell; what offers `__arrow_c_array__` or
//! `__arrow_c_stream__` is read through Arrow; all else is what `numpy.asarray` makes of it. Values
//! are copied before the interpreter lock is released: another thread may write to a numpy array.

use itom_arrow::{
    ArrowArray, ArrowSchema, NOT_A_TIME, floats_from_array, floats_from_stream, times_from_array,
    times_from_stream,
};
use pyo3::buffer::PyBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple};

use super::numpy::numpy;
use super::table::{array_of, stream_of};
use super::{scalars, time};
use crate::errors::{invalid, raise, refused, wrong_type};

/// What becomes of a cell that is missing: `None`, NaT, null.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is an error.
    Refused,
    /// It is [`NOT_A_TIME`].
    Kept,
}

/// What an array of nanoseconds says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Instant,
    Duration,
}

impl Unit {
    fn kind(self) -> &'static str {
        match self {
            Unit::Instant => "M",
            Unit::Duration => "m",
        }
    }

    fn dtype(self) -> &'static str {
        match self {
            Unit::Instant => "datetime64[ns]",
            Unit::Duration => "timedelta64[ns]",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Unit::Instant => "a one-dimensional array of aware datetimes or datetime64",
            Unit::Duration => "a one-dimensional array of timedelta or timedelta64",
        }
    }

    fn one(self) -> &'static str {
        match self {
            Unit::Instant => "an instant, not NaT",
            Unit::Duration => "a duration, not NaT",
        }
    }

    fn range(self) -> &'static str {
        match self {
            Unit::Instant => "between 1677-09-21 and 2262-04-11, in whole nanoseconds",
            Unit::Duration => "within 292 years, in whole nanoseconds",
        }
    }
}

/// A one-dimensional array of numbers; `None` in a list and null in Arrow are NaN.
pub fn floats(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<f64>> {
    let expected = "a one-dimensional array of numbers";
    if let Some(cells) = cells_of(value) {
        return cells
            .map(
                |cell| if cell.is_none() { Ok(f64::NAN) } else { scalars::number(&cell, argument) },
            )
            .collect();
    }
    if let Some((schema, array)) = array_of(value, argument)? {
        return floats_from_array(argument, &schema, &array).map_err(|e| raise(e.about(argument)));
    }
    if let Some(stream) = stream_of(value, argument)? {
        return floats_from_stream(argument, stream).map_err(|e| raise(e.about(argument)));
    }
    let (array, kind) = as_numpy(value, argument, expected)?;
    match kind.as_str() {
        "f" | "i" | "u" | "b" => {
            let array = array
                .call_method1(intern!(value.py(), "astype"), ("float64",))
                .map_err(|cause| refused(cause, argument, value, expected))?;
            PyBuffer::<f64>::get(&array)?.to_vec(value.py())
        }
        "O" => floats(&array.call_method0(intern!(value.py(), "tolist"))?, argument),
        _ => Err(wrong_type(argument, value, expected)),
    }
}

/// A one-dimensional array of instants, in nanoseconds since 1970.
pub fn instants_array(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<i64>> {
    nanoseconds(value, argument, Unit::Instant, Missing::Refused)
}

/// A one-dimensional array of instants or durations in nanoseconds.
pub(super) fn nanoseconds(
    value: &Bound<'_, PyAny>,
    argument: &str,
    unit: Unit,
    missing: Missing,
) -> PyResult<Vec<i64>> {
    let nanos = nanoseconds_or_missing(value, argument, unit)?;
    match nanos.iter().position(|&nanos| nanos == NOT_A_TIME) {
        Some(index) if missing == Missing::Refused => {
            let value = format!("NaT at index {index}");
            let expected = "an array without a missing one";
            Err(raise(itom_core::Error::invalid(argument, value, expected)))
        }
        _ => Ok(nanos),
    }
}

fn nanoseconds_or_missing(
    value: &Bound<'_, PyAny>,
    argument: &str,
    unit: Unit,
) -> PyResult<Vec<i64>> {
    if let Some(cells) = cells_of(value) {
        return cells.map(|cell| one_or_missing(&cell, argument, unit)).collect();
    }
    if unit == Unit::Instant {
        if let Some((schema, array)) = array_of(value, argument)? {
            return times_from_array(argument, &schema, &array)
                .map_err(|error| raise(error.about(argument)));
        }
        if let Some(stream) = stream_of(value, argument)? {
            return times_from_stream(argument, stream)
                .map_err(|error| raise(error.about(argument)));
        }
    }
    let value = &without_zone(value)?;
    let (array, kind) = as_numpy(value, argument, unit.expected())?;
    if kind == "O" {
        let cells = array.call_method0(intern!(value.py(), "tolist"))?;
        return nanoseconds_or_missing(&cells, argument, unit);
    }
    exact_nanoseconds(&array, &kind, argument, value, unit)
}

/// One cell of a list. Only what cannot be read is asked whether it stands for nothing.
fn one_or_missing(cell: &Bound<'_, PyAny>, argument: &str, unit: Unit) -> PyResult<i64> {
    time::one(cell, argument, unit).or_else(|error| match is_missing(cell, unit) {
        true => Ok(NOT_A_TIME),
        false => Err(error),
    })
}

/// [`is_absent`], or numpy's NaT of that unit, which differs from itself.
fn is_missing(cell: &Bound<'_, PyAny>, unit: Unit) -> bool {
    match class_of(cell).as_str() {
        "datetime64" => unit == Unit::Instant && cell.ne(cell).unwrap_or(false),
        "timedelta64" => unit == Unit::Duration && cell.ne(cell).unwrap_or(false),
        _ => is_absent(cell),
    }
}

/// `None`, `pandas.NaT` or `pandas.NA`.
pub(super) fn is_absent(cell: &Bound<'_, PyAny>) -> bool {
    cell.is_none() || matches!(class_of(cell).as_str(), "NaTType" | "NAType")
}

fn class_of(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map(|name| name.to_string()).unwrap_or_default()
}

/// An index of pandas with a zone (or, without Arrow, a Series) as that of its instants in UTC:
/// numpy would make an object of each.
fn without_zone<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let own = match value.getattr_opt(intern!(py, "dt"))? {
        Some(dates) => dates,
        None => value.clone(),
    };
    match own.getattr_opt(intern!(py, "tz"))? {
        Some(zone) if !zone.is_none() && own.hasattr(intern!(py, "tz_convert"))? => {
            own.call_method1(intern!(py, "tz_convert"), (py.None(),))
        }
        _ => Ok(value.clone()),
    }
}

/// Nanoseconds of an array, NaT as the least integer.
pub(super) fn nanoseconds_or_nat(
    array: &Bound<'_, PyAny>,
    argument: &str,
    unit: Unit,
) -> PyResult<Vec<i64>> {
    let kind = kind_of(array)?;
    exact_nanoseconds(array, &kind, argument, array, unit)
}

/// One `datetime64` or `timedelta64`.
pub(super) fn numpy_scalar(value: &Bound<'_, PyAny>, argument: &str, unit: Unit) -> PyResult<i64> {
    let array =
        numpy(value.py())?.call_method1("asarray", (value,))?.call_method1("reshape", (1,))?;
    let kind = kind_of(&array)?;
    let nanos = exact_nanoseconds(&array, &kind, argument, value, unit)?;
    match nanos.first() {
        Some(&nanos) if nanos != NOT_A_TIME => Ok(nanos),
        _ => Err(invalid(argument, value, unit.one())),
    }
}

/// Brings an array to nanoseconds and back again, since numpy's conversion overflows in silence.
fn exact_nanoseconds(
    array: &Bound<'_, PyAny>,
    kind: &str,
    argument: &str,
    value: &Bound<'_, PyAny>,
    unit: Unit,
) -> PyResult<Vec<i64>> {
    let py = value.py();
    if kind != unit.kind() {
        return Err(wrong_type(argument, value, unit.expected()));
    }
    let failed = |cause| refused(cause, argument, value, unit.range());
    // What is in nanoseconds already is not copied here: it is below, once.
    let keep = PyDict::new(py);
    keep.set_item(intern!(py, "copy"), false)?;
    let in_nanos =
        array.call_method(intern!(py, "astype"), (unit.dtype(),), Some(&keep)).map_err(failed)?;
    let integers = in_nanos.call_method1(intern!(py, "view"), ("int64",)).map_err(failed)?;
    let nanos = PyBuffer::<i64>::get(&integers)?.to_vec(py)?;
    let dtype = array.getattr(intern!(py, "dtype"))?;
    let there = |nanos: &i64| *nanos != NOT_A_TIME;
    if unit == Unit::Duration && nanos.iter().any(there) {
        let scale: String =
            numpy(py)?.call_method1("datetime_data", (&dtype,))?.get_item(0)?.extract()?;
        if matches!(scale.as_str(), "Y" | "M" | "generic") {
            return Err(invalid(argument, value, "a duration of a fixed unit, weeks at most"));
        }
    }
    if !dtype.eq(in_nanos.getattr(intern!(py, "dtype"))?)? {
        let back = in_nanos.call_method1(intern!(py, "astype"), (dtype,)).map_err(failed)?;
        // NaT differs from itself, so only what was there can be lost.
        let lost = numpy(py)?.call_method1("not_equal", (back, array))?;
        let there = numpy(py)?.call_method1("equal", (array, array))?;
        if numpy(py)?.call_method1("any", (lost.bitand(there)?,))?.is_truthy()? {
            return Err(invalid(argument, value, unit.range()));
        }
    }
    Ok(nanos)
}

/// The cells of a list or a tuple.
fn cells_of<'py>(
    value: &Bound<'py, PyAny>,
) -> Option<Box<dyn Iterator<Item = Bound<'py, PyAny>> + 'py>> {
    if let Ok(list) = value.cast::<PyList>() {
        Some(Box::new(list.clone().into_iter()))
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        Some(Box::new(tuple.clone().into_iter()))
    } else {
        None
    }
}

/// Whether something can be an array at all, so that a number or a set is not taken for one.
pub(super) fn is_array_like(value: &Bound<'_, PyAny>) -> bool {
    let has = |name: &str| value.hasattr(name).unwrap_or(false);
    value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || has("__arrow_c_array__")
        || has("__arrow_c_stream__")
        || has("__array__")
        || PyBuffer::<u8>::get(value).is_ok()
        || has("__array_interface__")
}

/// What numpy makes of a value: an array of one dimension, and the letter for its kind.
fn as_numpy<'py>(
    value: &Bound<'py, PyAny>,
    argument: &str,
    expected: &str,
) -> PyResult<(Bound<'py, PyAny>, String)> {
    let py = value.py();
    let is_plain = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PySet>();
    if is_plain {
        return Err(wrong_type(argument, value, expected));
    }
    // A masked array would lose its mask.
    if value.hasattr(intern!(py, "mask"))? && value.hasattr(intern!(py, "filled"))? {
        let expected = "an array without a mask: fill it with NaN or NaT first, which are missing";
        return Err(wrong_type(argument, value, expected));
    }
    let array = numpy(py)?
        .call_method1(intern!(py, "asarray"), (value,))
        .map_err(|cause| refused(cause, argument, value, expected))?;
    let dimensions: i64 = array.getattr(intern!(py, "ndim"))?.extract()?;
    if dimensions == 0 {
        return Err(wrong_type(argument, value, expected));
    }
    if dimensions != 1 {
        let shown = format!("{dimensions} dimensions");
        return Err(raise(itom_core::Error::invalid(argument, shown, expected)));
    }
    let kind = kind_of(&array)?;
    Ok((array, kind))
}

pub(super) fn kind_of(array: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = array.py();
    array.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "kind"))?.extract()
}

/// The two structs of `__arrow_c_array__`.
pub(super) type ArrowPair = (ArrowSchema, ArrowArray);
