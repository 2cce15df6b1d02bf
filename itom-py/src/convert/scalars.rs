//! Text and numbers: refused with an `ItomError` that names the argument, never a bare `TypeError`.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyMemoryView, PyString};

use crate::errors::{invalid, refused, wrong_type};

/// A `str`.
pub fn text(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(argument, value, "text"))?;
    match text.to_str() {
        Ok(text) => Ok(text.to_owned()),
        Err(cause) => Err(refused(cause, argument, value, "text without lone surrogates")),
    }
}

/// A list, tuple, set or other iterable of `str`. One bare `str` is refused: it is an iterable of
/// its letters, which nobody means.
pub fn texts(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<String>> {
    let expected = "a list of texts";
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type(argument, value, expected));
    }
    let items = value.try_iter().map_err(|cause| refused(cause, argument, value, expected))?;
    items
        .map(|item| {
            let item = item.map_err(|cause| refused(cause, argument, value, expected))?;
            text(&item, argument)
        })
        .collect()
}

/// `bytes`, a `bytearray` or a `memoryview` of bytes.
pub fn bytes(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<u8>> {
    let is_bytes = value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>();
    if !is_bytes {
        return Err(wrong_type(argument, value, "bytes"));
    }
    PyBuffer::<u8>::get(value)
        .and_then(|buffer| buffer.to_vec(value.py()))
        .map_err(|cause| refused(cause, argument, value, "bytes"))
}

/// A number as a float; NaN and infinities are numbers here.
pub fn number(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<f64> {
    if value.is_instance_of::<PyBool>() {
        return Err(wrong_type(argument, value, "a number"));
    }
    value.extract().map_err(|cause| refused(cause, argument, value, "a number"))
}

/// A whole number.
pub fn whole(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<i64> {
    let expected = "a whole number of at most 64 bits";
    if value.is_instance_of::<PyBool>() {
        return Err(wrong_type(argument, value, expected));
    }
    value.extract().map_err(|cause| refused(cause, argument, value, expected))
}

/// A whole number from 0.
pub fn count(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<u64> {
    u64::try_from(whole(value, argument)?)
        .map_err(|_| invalid(argument, value, "a whole number from 0"))
}
