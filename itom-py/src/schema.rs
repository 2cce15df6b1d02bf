//! `itom.schema`: the shape of every document.

use pyo3::prelude::*;

use crate::convert;
use crate::errors::raise;

/// The JSON Schema of a definition or a result, as a dict; `schema_names()` lists the names.
///
/// >>> import itom
/// >>> "weekly" in itom.schema("calendar_definition")["properties"]
/// True
#[pyfunction]
pub fn schema<'py>(name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let text = itom_core::schema::schema(&convert::text(name, "name")?).map_err(raise)?;
    name.py().import("json")?.call_method1("loads", (text,))
}

/// The names for which there is a JSON Schema.
///
/// >>> import itom
/// >>> "calendar_definition" in itom.schema_names()
/// True
#[pyfunction]
pub fn schema_names() -> Vec<&'static str> {
    itom_core::schema::names()
}
