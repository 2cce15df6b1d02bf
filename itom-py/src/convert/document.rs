//! Definitions: a JSON text, or dicts and lists of Python that are written as one.
//!
//! Instants become RFC 3339 text and durations ISO 8601 text on the way, so that a definition may
//! hold `datetime` and `timedelta`, and numpy's scalars become plain numbers.

use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyDict, PyList, PyString, PyTuple};
use serde::de::DeserializeOwned;

use super::scalars;
use super::time::{duration, instant};
use crate::errors::{raise, refused, wrong_type};

/// A definition as the type it describes; errors speak of it as `argument`.
pub fn definition<T: DeserializeOwned>(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<T> {
    let text = json_text(value, argument)?;
    if value.is_instance_of::<PyString>() {
        return itom_core::read_json(&text, argument).map_err(raise);
    }
    itom_core::read_document(&text, argument).map_err(raise)
}

/// A definition as JSON text.
pub fn json_text(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return scalars::text(value, argument);
    }
    let is_document = value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>();
    let expected = "a JSON text or a dict";
    if !is_document {
        return Err(wrong_type(argument, value, expected));
    }
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("default", pyo3::wrap_pyfunction!(plain, py)?)?;
    options.set_item("allow_nan", false)?;
    py.import("json")?
        .call_method("dumps", (value,), Some(&options))
        .and_then(|text| text.extract())
        .map_err(|cause| {
            let expected = format!("{expected} that can be written as JSON ({cause})");
            refused(cause, argument, value, &expected)
        })
}

/// The JSON text that a definition stands for.
///
/// Rust and C read this text as Python reads the dict. Datetimes become RFC 3339 text, timedeltas
/// ISO 8601 text, numpy's scalars plain numbers; a `str` is taken as JSON already.
///
/// >>> import datetime as dt, itom
/// >>> itom.to_json({"target": dt.timedelta(hours=4), "days": ["mon"]})
/// '{"target": "PT4H", "days": ["mon"]}'
#[pyfunction]
pub fn to_json(definition: &Bound<'_, PyAny>) -> PyResult<String> {
    json_text(definition, "definition")
}

/// What `json.dumps` cannot write, as something it can.
#[pyfunction]
fn plain<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let module = value.get_type().module()?;
    let class = value.get_type().name()?;
    let text = |text: String| PyString::new(py, &text).into_any();
    if value.is_instance_of::<PyDelta>() || class == "timedelta64" {
        return duration(value, "duration").map(|duration| text(duration.to_string()));
    }
    if value.is_instance_of::<PyDateTime>() || class == "datetime64" {
        return instant(value, "instant").map(|instant| text(instant.to_string()));
    }
    if (module == "fractions" && class == "Fraction") || (module == "decimal" && class == "Decimal")
    {
        return Ok(value.str()?.into_any());
    }
    if module == "numpy" && value.hasattr("tolist")? {
        return value.call_method0("tolist");
    }
    Err(wrong_type(
        "a value in the definition",
        value,
        "text, number, bool, None, instant or duration",
    ))
}
