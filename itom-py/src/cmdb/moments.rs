//! Differences and what becomes of conflicts.

use itom_core::Error;
use itom_core::cmdb::Favour;
use pyo3::prelude::*;

use super::{CoreView, View};
use crate::convert;
use crate::enter::enter;
use crate::errors::{raise, wrong_type};

/// What differs between two views, of all items or of those of `ids`.
pub fn diff<'py>(
    py: Python<'py>,
    earlier: &CoreView,
    later: &CoreView,
    ids: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let ids = ids.map(|ids| convert::texts(ids, "ids")).transpose()?;
    let difference = enter(py, || match &ids {
        Some(ids) => earlier.diff_of(later, ids),
        None => earlier.diff(later),
    })?;
    convert::to_python(py, &difference)
}

/// `neither`, `ours` or `theirs`.
pub fn favour(value: Option<&Bound<'_, PyAny>>) -> PyResult<Favour> {
    let Some(value) = value else { return Ok(Favour::default()) };
    match convert::text(value, "favour")?.as_str() {
        "neither" => Ok(Favour::Neither),
        "ours" => Ok(Favour::Ours),
        "theirs" => Ok(Favour::Theirs),
        other => {
            let expected = "one of neither, ours, theirs";
            Err(raise(Error::invalid("favour", format!("{other:?}"), expected)))
        }
    }
}

/// An argument that has to be a view.
pub fn view<'a, 'py>(
    value: &'a Bound<'py, PyAny>,
    argument: &str,
) -> PyResult<&'a Bound<'py, View>> {
    value.cast::<View>().map_err(|_| wrong_type(argument, value, "a view, as db.at() gives it"))
}
