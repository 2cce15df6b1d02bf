//! Changepoints: conversion only.

use itom_core::anomaly::{self as core, ChangepointOptions};
use pyo3::prelude::*;

use super::evaluate::{given, indices, size};
use crate::convert;
use crate::enter::enter;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(changepoints, module)?)
}

/// The indices at which a series changed for good, as int64 array; there is no penalty to choose.
///
/// `kind` limits the search to "mean", "slope" or "variance". With a `penalty` (in variances of the
/// series; `3 * log(n)` is usual) changes of level are found at that price instead. `least` is the
/// number of points between two changes, `periods` the seasons to take out: found unless given.
///
/// >>> import numpy as np
/// >>> values = np.arange(200) * 7919 % 13 + 20 * (np.arange(200) >= 120)
/// >>> itom.anomaly.changepoints(values)
/// array([120])
#[pyfunction]
#[pyo3(signature = (values, *, kind=None, penalty=None, least=None, periods=None))]
fn changepoints<'py>(
    values: &Bound<'py, PyAny>,
    kind: Option<&Bound<'py, PyAny>>,
    penalty: Option<&Bound<'py, PyAny>>,
    least: Option<&Bound<'py, PyAny>>,
    periods: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let values = convert::floats(values, "values")?;
    let kind = given(kind).map(|kind| convert::text(kind, "kind")).transpose()?;
    let options = ChangepointOptions {
        kind: kind.map(|name| enter(py, || name.parse())).transpose()?,
        penalty: given(penalty).map(|one| convert::number(one, "penalty")).transpose()?,
        least: size(least, "least")?,
        periods: given(periods)
            .map(|periods| indices(periods, "periods", "a list of numbers of points"))
            .transpose()?,
    };
    let found = enter(py, || core::changepoints(&values, &options))?;
    let found: Vec<i64> = found.into_iter().map(|index| index as i64).collect();
    convert::ints_to_numpy(py, &found)
}
