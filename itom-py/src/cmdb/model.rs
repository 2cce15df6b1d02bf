//! Class models: a definition, or ready-made ones by name.

use itom_core::cmdb::ModelDefinition;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::convert;
use crate::errors::raise;

/// A model as a dict or JSON text, the name of a ready-made one or several joined by `+`, a list of
/// such names, or none.
pub(super) fn optional(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<ModelDefinition>> {
    value.map(read).transpose()
}

/// A model as [`optional`] takes it, and not none.
pub(super) fn read(value: &Bound<'_, PyAny>) -> PyResult<ModelDefinition> {
    if value.is_instance_of::<PyString>() {
        let text = convert::text(value, "model")?;
        if !text.trim_start().starts_with('{') {
            return ModelDefinition::pack(&text).map_err(|error| raise(error.about("model")));
        }
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let names = convert::texts(value, "model")?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return ModelDefinition::packs(&names).map_err(|error| raise(error.about("model")));
    }
    convert::definition::<ModelDefinition>(value, "model")
}
