//! Tables through the Arrow PyCapsule interface, or from a dict of columns.

use itom_arrow::{
    ArrowArray, ArrowArrayStream, ArrowSchema, table_from_array, table_from_stream, table_to_stream,
};
use itom_core::Timestamp;
use itom_core::table::{Column, Table};
use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyDict, PyFloat, PyInt, PyString, PyTuple};

use super::arrays::{ArrowPair, Unit, is_absent, kind_of, nanoseconds_or_nat};
use super::{floats, scalars, text, time};
use crate::errors::{raise, refused, wrong_type};

const TABLE: &str = "a table (pyarrow, polars, pandas or another with __arrow_c_stream__) or a dict \
                     of columns";

/// A table, copied.
pub fn table(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Table> {
    let named = |error: itom_core::Error| raise(error.within(argument).about(argument));
    if let Ok(own) = value.cast::<crate::table::Table>() {
        return Ok(own.get().table().clone());
    }
    if let Ok(columns) = value.cast::<PyDict>() {
        return from_dict(columns, argument);
    }
    if let Some(stream) = stream_of(value, argument)? {
        // The producer may be Python itself, so the interpreter stays attached.
        return table_from_stream(stream).map_err(named);
    }
    if let Some((schema, array)) = array_of(value, argument)? {
        return table_from_array(&schema, &array).map_err(named);
    }
    if let Some(columns) = columns_of_frame(value)? {
        return from_dict(&columns, argument);
    }
    Err(wrong_type(argument, value, TABLE))
}

/// The columns of a frame of pandas, whose way to Arrow leads through a package that may be
/// missing.
fn columns_of_frame<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let py = value.py();
    if !(value.hasattr(intern!(py, "to_dict"))? && value.hasattr(intern!(py, "columns"))?) {
        return Ok(None);
    }
    let columns = value.call_method1(intern!(py, "to_dict"), ("series",))?;
    Ok(columns.cast_into::<PyDict>().ok())
}

/// The table as the capsule that `__arrow_c_stream__` returns.
pub fn capsule_of<'py>(
    py: Python<'py>,
    table: std::sync::Arc<Table>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, table_to_stream(table), c"arrow_array_stream")
}

/// The stream of what offers `__arrow_c_stream__`.
pub(super) fn stream_of(
    value: &Bound<'_, PyAny>,
    argument: &str,
) -> PyResult<Option<ArrowArrayStream>> {
    let failed = |cause| refused(cause, argument, value, "readable through Arrow");
    let Some(export) =
        value.getattr_opt(intern!(value.py(), "__arrow_c_stream__")).map_err(failed)?
    else {
        return Ok(None);
    };
    let capsule = match export.call0() {
        // What pandas has needs pyarrow for that: there are other ways.
        Err(cause) if cause.is_instance_of::<PyImportError>(value.py()) => return Ok(None),
        capsule => capsule.map_err(failed)?,
    };
    let capsule = capsule.cast::<PyCapsule>().map_err(|error| failed(error.into()))?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream")).map_err(failed)?;
    // SAFETY: a capsule of this name holds this struct, and we hold the interpreter lock.
    Ok(Some(unsafe { ArrowArrayStream::take(pointer.cast().as_ptr()) }))
}

/// The array of what offers `__arrow_c_array__`.
pub(super) fn array_of(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Option<ArrowPair>> {
    let failed = |cause| refused(cause, argument, value, "readable through Arrow");
    let Some(export) =
        value.getattr_opt(intern!(value.py(), "__arrow_c_array__")).map_err(failed)?
    else {
        return Ok(None);
    };
    let pair = export.call0().map_err(failed)?;
    let pair = pair.cast::<PyTuple>().map_err(|error| failed(error.into()))?;
    let (schema, array) = (pair.get_item(0).map_err(failed)?, pair.get_item(1).map_err(failed)?);
    let schema = schema.cast::<PyCapsule>().map_err(|error| failed(error.into()))?;
    let array = array.cast::<PyCapsule>().map_err(|error| failed(error.into()))?;
    let schema = schema.pointer_checked(Some(c"arrow_schema")).map_err(failed)?;
    let array = array.pointer_checked(Some(c"arrow_array")).map_err(failed)?;
    // SAFETY: capsules of these names hold these structs, and we hold the interpreter lock.
    let pair = unsafe {
        (ArrowSchema::take(schema.cast().as_ptr()), ArrowArray::take(array.cast().as_ptr()))
    };
    Ok(Some(pair))
}

/// A dict of columns: lists, numpy or Arrow arrays.
fn from_dict(columns: &Bound<'_, PyDict>, argument: &str) -> PyResult<Table> {
    let (mut named, mut blank) = (Vec::with_capacity(columns.len()), Vec::new());
    for (name, cells) in columns {
        let name = text(&name, &format!("a column name of {argument}"))?;
        let column = column_of(&cells, &format!("column {name} of {argument}"))?;
        match column {
            Some(column) => named.push((name, column)),
            None => blank.push(name),
        }
    }
    let table = Table::new(named).map_err(|error| raise(error.within(argument).about(argument)))?;
    Ok(table.with_blank(blank))
}

/// One column; `None` for one whose cells are all missing, which says nothing.
fn column_of(cells: &Bound<'_, PyAny>, argument: &str) -> PyResult<Option<Column>> {
    let py = cells.py();
    if cells.is_instance_of::<PyString>() {
        return Err(wrong_type(argument, cells, "a list or an array"));
    }
    if let Ok(dtype) = cells.getattr(intern!(py, "dtype")) {
        match dtype.getattr_opt(intern!(py, "kind"))?.map(|kind| kind.extract::<String>()) {
            Some(Ok(kind)) if kind == "f" => {
                let values = floats(cells, argument)?;
                return Ok(Some(Column::Float(values.into_iter().map(Some).collect())));
            }
            Some(Ok(kind)) if kind == "M" && kind_of(cells).is_ok() => {
                let array = super::numpy::numpy(py)?.call_method1("asarray", (cells,))?;
                if kind_of(&array)? == "M" {
                    return times_column(&array, argument).map(Some);
                }
            }
            _ => {}
        }
    }
    let cells = match cells.getattr_opt(intern!(py, "tolist"))? {
        Some(to_list) => to_list.call0()?,
        None => cells.clone(),
    };
    let expected = "a list or an array";
    let failed = |cause| refused(cause, argument, &cells, expected);
    let cells: Vec<Bound<'_, PyAny>> =
        cells.try_iter().map_err(failed)?.collect::<PyResult<_>>().map_err(failed)?;
    column_of_list(&cells, argument)
}

fn times_column(array: &Bound<'_, PyAny>, argument: &str) -> PyResult<Column> {
    let nanos = nanoseconds_or_nat(array, argument, Unit::Instant)?;
    let cell = |nanos| (nanos != i64::MIN).then(|| Timestamp::from_nanos(nanos));
    Ok(Column::Time(nanos.into_iter().map(cell).collect()))
}

/// The type of a list is that of its first cell that is there; ints among floats are floats. What
/// pandas puts where a cell is missing is missing here too; among numbers NaN is a number.
fn column_of_list(cells: &[Bound<'_, PyAny>], argument: &str) -> PyResult<Option<Column>> {
    /// Reads each cell, but for those that are missing.
    fn each<'py, T>(
        cells: &[Bound<'py, PyAny>],
        read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
    ) -> PyResult<Vec<Option<T>>> {
        let cell = |cell: &Bound<'py, PyAny>| match cell.is_none() {
            true => Ok(None),
            false => read(cell).map(Some).or_else(|error| match is_missing(cell) {
                true => Ok(None),
                false => Err(error),
            }),
        };
        cells.iter().map(cell).collect()
    }
    let is_float = |cell: &Bound<'_, PyAny>| cell.is_instance_of::<PyFloat>();
    let Some(first) = cells.iter().find(|cell| !is_missing(cell)) else {
        if cells.iter().any(is_float) {
            return Ok(Some(Column::Float(each(cells, |cell| scalars::number(cell, argument))?)));
        }
        return Ok((cells.is_empty()).then(|| Column::Text(Default::default())));
    };
    let has_float = || cells.iter().any(is_float);
    let column = if first.is_instance_of::<PyString>() {
        let cells = each(cells, |cell| text(cell, argument))?;
        Column::Text(cells.iter().map(Option::as_deref).collect())
    } else if first.is_instance_of::<PyBool>() {
        Column::Bool(each(cells, |cell| {
            cell.extract().map_err(|cause| refused(cause, argument, cell, "True or False"))
        })?)
    } else if first.is_instance_of::<PyInt>() && !has_float() {
        Column::Int(each(cells, |cell| scalars::whole(cell, argument))?)
    } else if first.is_instance_of::<PyInt>() || first.is_instance_of::<PyFloat>() {
        Column::Float(each(cells, |cell| scalars::number(cell, argument))?)
    } else {
        Column::Time(each(cells, |cell| time::instant(cell, argument))?)
    };
    Ok(Some(column))
}

/// Whether a cell says that there is none: `None`, `pandas.NaT`, `pandas.NA`, or NaN.
fn is_missing(cell: &Bound<'_, PyAny>) -> bool {
    is_absent(cell) || cell.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
}
