//! Results as numpy arrays: a `bytearray` of ours, seen by `numpy.frombuffer`, so that they can be
//! written to and numpy's own C interface is not needed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyByteArray;

/// The module numpy, imported when it is first needed.
pub(super) fn numpy(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static NUMPY: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    NUMPY
        .get_or_try_init(py, || py.import("numpy").map(Bound::unbind))
        .map(|module| module.bind(py))
}

/// `float64[n]`.
pub fn floats_to_numpy<'py>(py: Python<'py>, values: &[f64]) -> PyResult<Bound<'py, PyAny>> {
    array(py, "float64", values.iter().map(|value| value.to_ne_bytes()))
}

/// `int64[n]`.
pub fn ints_to_numpy<'py>(py: Python<'py>, values: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    array(py, "int64", values.iter().map(|value| value.to_ne_bytes()))
}

/// `datetime64[ns][n]` of nanoseconds since 1970; the least integer is NaT.
pub fn times_to_numpy<'py>(py: Python<'py>, nanos: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    array(py, "datetime64[ns]", nanos.iter().map(|value| value.to_ne_bytes()))
}

/// `timedelta64[ns][n]` of nanoseconds; the least integer is NaT.
pub fn durations_to_numpy<'py>(py: Python<'py>, nanos: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    array(py, "timedelta64[ns]", nanos.iter().map(|value| value.to_ne_bytes()))
}

/// `bool[n]`.
pub fn bools_to_numpy<'py>(py: Python<'py>, values: &[bool]) -> PyResult<Bound<'py, PyAny>> {
    array(py, "bool", values.iter().map(|&value| [u8::from(value)]))
}

fn array<'py, const SIZE: usize>(
    py: Python<'py>,
    dtype: &str,
    values: impl ExactSizeIterator<Item = [u8; SIZE]>,
) -> PyResult<Bound<'py, PyAny>> {
    if values.len() == 0 {
        return numpy(py)?.call_method1("empty", (0, dtype));
    }
    let bytes = PyByteArray::new_with(py, values.len() * SIZE, |bytes| {
        for (cell, value) in bytes.chunks_exact_mut(SIZE).zip(values) {
            cell.copy_from_slice(&value);
        }
        Ok(())
    })?;
    numpy(py)?.call_method1("frombuffer", (bytes, dtype))
}
