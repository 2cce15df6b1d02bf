//! Periods and decomposition: conversion only.

use itom_core::anomaly::{self as core, DecomposeOptions};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::evaluate::{given, indices};
use crate::convert;
use crate::enter::enter;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(seasonal_periods, module)?)?;
    module.add_function(wrap_pyfunction!(decompose, module)?)
}

/// The periods of a series in points, shortest first; none for a series without season.
///
/// Up to three between 2 points and a third of the series, each tested on cycles it was not made from.
///
/// >>> import numpy as np
/// >>> hour = np.arange(1000)
/// >>> itom.anomaly.seasonal_periods(abs(hour % 24 - 12) + 9 * (hour % 168 < 48))
/// [24, 168]
#[pyfunction]
fn seasonal_periods(values: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let py = values.py();
    let values = convert::floats(values, "values")?;
    enter(py, || Ok(core::seasonal_periods(&values)))
}

/// Trend, seasons and remainder of a series, by MSTL; the periods are searched for unless given.
///
/// NaN (or None) is a missing value: its remainder is NaN. `robust` keeps outliers from pulling at
/// trend and seasons, and is slower.
///
/// >>> import numpy as np
/// >>> hour = np.arange(600)
/// >>> parts = itom.anomaly.decompose(0.01 * hour + (hour % 24 >= 12))
/// >>> [season.period for season in parts.seasons], round(float(parts.trend[300]), 2)
/// ([24], 3.5)
#[pyfunction]
#[pyo3(signature = (values, *, periods=None, robust=false))]
fn decompose<'py>(
    values: &Bound<'py, PyAny>,
    periods: Option<&Bound<'py, PyAny>>,
    robust: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let values = convert::floats(values, "values")?;
    let periods = given(periods)
        .map(|periods| indices(periods, "periods", "a list of numbers of points"))
        .transpose()?;
    let parts = enter(py, || core::decompose(&values, DecomposeOptions { periods, robust }))?;
    let mut seasons = Vec::with_capacity(parts.seasons.len());
    for season in &parts.seasons {
        let fields = PyDict::new(py);
        fields.set_item("period", season.period)?;
        fields.set_item("strength", season.strength)?;
        fields.set_item("part", convert::floats_to_numpy(py, &season.part)?)?;
        seasons.push(record(py, "Season", &fields)?);
    }
    let fields = PyDict::new(py);
    fields.set_item("trend", convert::floats_to_numpy(py, &parts.trend)?)?;
    fields.set_item("seasons", seasons)?;
    fields.set_item("remainder", convert::floats_to_numpy(py, &parts.remainder)?)?;
    record(py, "Decomposition", &fields)
}

/// A record of `itom.types` with these fields, which may be arrays.
pub(super) fn record<'py>(
    py: Python<'py>,
    class: &str,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import("itom.types")?.getattr(class)?.call(PyTuple::empty(py), Some(fields))
}
