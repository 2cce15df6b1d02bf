//! Forecasts: conversion only.

use itom_core::anomaly::{self as core, ThresholdForecast as Core};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::decompose::record;
use super::evaluate::{given, size};
use crate::convert;
use crate::enter::enter;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ThresholdForecast>()?;
    module.add_function(wrap_pyfunction!(forecast, module)?)?;
    module.add_function(wrap_pyfunction!(time_to_threshold, module)?)
}

/// The next `horizon` values of a series, with an interval for each of the `levels`.
///
/// Points may be irregular, missing (NaN, None) and in any order; seasons are found.
///
/// >>> import numpy as np
/// >>> times = np.datetime64("2026-06-15", "ns") + np.arange(240) * np.timedelta64(1, "h")
/// >>> ahead = itom.anomaly.forecast(times, np.arange(240) % 24, 24)
/// >>> ahead.periods, ahead.time[0], [interval.level for interval in ahead.intervals]
/// ([24], np.datetime64('2026-06-25T00:00:00.000000000'), [0.8, 0.95])
#[pyfunction]
#[pyo3(signature = (timestamps, values, horizon, levels=None))]
fn forecast<'py>(
    timestamps: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
    horizon: &Bound<'py, PyAny>,
    levels: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let (times, values) = super::columns(timestamps, values)?;
    let horizon = size(Some(horizon), "horizon")?.unwrap_or(0);
    let levels = match given(levels) {
        Some(levels) => convert::floats(levels, "levels")?,
        None => vec![0.8, 0.95],
    };
    let ahead = enter(py, || core::forecast(&times, &values, horizon, &levels))?;
    let mut intervals = Vec::with_capacity(ahead.intervals.len());
    for interval in &ahead.intervals {
        let fields = PyDict::new(py);
        fields.set_item("level", interval.level)?;
        fields.set_item("lower", convert::floats_to_numpy(py, &interval.lower)?)?;
        fields.set_item("upper", convert::floats_to_numpy(py, &interval.upper)?)?;
        intervals.push(record(py, "ForecastInterval", &fields)?);
    }
    let fields = PyDict::new(py);
    let times: Vec<i64> = ahead.time.iter().map(|time| time.as_nanos()).collect();
    fields.set_item("time", convert::times_to_numpy(py, &times)?)?;
    fields.set_item("expected", convert::floats_to_numpy(py, &ahead.expected)?)?;
    fields.set_item("intervals", intervals)?;
    fields.set_item("periods", ahead.periods)?;
    record(py, "SeriesForecast", &fields)
}

/// When a series reaches a threshold, from below or from above.
///
/// The tips of a saw (log rotation, garbage collection) are continued, not the values between; growth
/// that slows down may never arrive.
///
/// >>> import datetime as dt, numpy as np
/// >>> times = np.datetime64("2026-06-15", "ns") + np.arange(100) * np.timedelta64(1, "h")
/// >>> full = itom.anomaly.time_to_threshold(times, 50 + 0.25 * np.arange(100), 90.0)
/// >>> full.eta.isoformat(timespec="hours"), full.probability(dt.timedelta(days=7))
/// ('2026-06-21T15+00:00', 1.0)
#[pyfunction]
fn time_to_threshold(
    timestamps: &Bound<'_, PyAny>,
    values: &Bound<'_, PyAny>,
    threshold: &Bound<'_, PyAny>,
) -> PyResult<ThresholdForecast> {
    let py = values.py();
    let (times, values) = super::columns(timestamps, values)?;
    let threshold = convert::number(threshold, "threshold")?;
    enter(py, || core::time_to_threshold(&times, &values, threshold)).map(ThresholdForecast)
}

/// When a series reaches a threshold; made by `time_to_threshold`.
#[pyclass(frozen, module = "itom.anomaly")]
pub struct ThresholdForecast(Core);

#[pymethods]
impl ThresholdForecast {
    /// The threshold asked for.
    #[getter]
    fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// The time of the last point, from which is counted.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::instant_to_python(py, self.0.now)
    }

    /// When it is as likely reached as not; None if that is not in sight.
    #[getter]
    fn eta<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.eta.map(|time| convert::instant_to_python(py, time)).transpose()
    }

    /// When it is reached with a probability of one in ten.
    #[getter]
    fn earliest<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.earliest.map(|time| convert::instant_to_python(py, time)).transpose()
    }

    /// When it is reached with a probability of nine in ten.
    #[getter]
    fn latest<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.latest.map(|time| convert::instant_to_python(py, time)).transpose()
    }

    /// The limit the series tends to by itself, if its growth slows down.
    #[getter]
    fn saturates_at(&self) -> Option<f64> {
        self.0.saturates_at
    }

    /// Whether teeth of a saw were found, and their tips continued.
    #[getter]
    fn sawtooth(&self) -> bool {
        self.0.sawtooth
    }

    /// The probability that the threshold is reached within a time from the last point on.
    fn probability(&self, within: &Bound<'_, PyAny>) -> PyResult<f64> {
        Ok(self.0.probability(convert::duration(within, "within")?))
    }

    fn __repr__(&self) -> String {
        let text = |time: Option<itom_core::Timestamp>| {
            time.map_or_else(|| "not in sight".to_owned(), |time| time.to_string())
        };
        format!(
            "<itom.anomaly.ThresholdForecast: {} at {}, between {} and {}>",
            self.0.threshold,
            text(self.0.eta),
            text(self.0.earliest),
            text(self.0.latest)
        )
    }
}
