//! `itom.sla.delivery` and the distributions: conversion only.

use itom_core::Duration;
use itom_core::sla::{
    DeliveryEvents, DeliveryOptions, Distribution, DoraCounts, delivery as core_delivery,
    dora as core_dora, ecdf as core_ecdf, histogram as core_histogram,
};
use pyo3::prelude::*;

use crate::convert::{self, OneOrMany};
use crate::enter::enter;

/// An array of durations, or one.
fn lengths(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<Duration>> {
    Ok(match convert::durations(value, argument)? {
        OneOrMany::One(nanos) => vec![Duration::from_nanos(nanos)],
        OneOrMany::Many(nanos) => nanos.into_iter().map(Duration::from_nanos).collect(),
    })
}

/// The four DORA keys of what was counted in a window: {"window", "deployments",
/// "failed_deployments", "rework_deployments", "lead_times", "recovery_times"}.
///
/// >>> keys = itom.sla.dora({"window": "672h", "deployments": 20, "failed_deployments": 3,
/// ...                       "lead_times": ["1h", "2h", "3h", "24h"]})
/// >>> keys.deploys_per_day, keys.change_fail_rate, keys.lead_time.median
/// (Fraction(5, 7), Fraction(3, 20), datetime.timedelta(seconds=9000))
#[pyfunction]
pub fn dora<'py>(counts: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = counts.py();
    let counts: DoraCounts = convert::definition(counts, "counts")?;
    let keys = enter(py, || core_dora(&counts))?;
    convert::to_python(py, &keys)
}

/// Delivery by period and group: DORA keys, times to acknowledge, resolve and recover.
///
/// `events` is {"deployments": [...], "incidents": [...]}; `period` is {"duration": "1M",
/// "tz": "Europe/Berlin"}, or None for one period from `start` to `end`.
///
/// >>> import datetime as dt
/// >>> june, july = (dt.datetime(2026, month, 1, tzinfo=dt.timezone.utc) for month in (6, 7))
/// >>> minute = dt.timedelta(minutes=1)
/// >>> events = {"incidents": [{"opened_at": june, "acknowledged_at": june + 2 * minute},
/// ...                         {"opened_at": june, "acknowledged_at": june + 4 * minute}]}
/// >>> itom.sla.delivery(events, start=june, end=july)[0].acknowledge.mean
/// datetime.timedelta(seconds=180)
#[pyfunction]
#[pyo3(signature = (events, *, start, end, period=None, by_group=false))]
pub fn delivery<'py>(
    events: &Bound<'py, PyAny>,
    start: &Bound<'py, PyAny>,
    end: &Bound<'py, PyAny>,
    period: Option<&Bound<'py, PyAny>>,
    by_group: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = events.py();
    let events: DeliveryEvents = convert::definition(events, "events")?;
    let period = period.filter(|period| !period.is_none());
    let options = DeliveryOptions {
        start: convert::instant(start, "start")?,
        end: convert::instant(end, "end")?,
        period: period.map(|period| convert::definition(period, "period")).transpose()?,
        by_group,
    };
    let report = enter(py, || core_delivery(&events, &options))?;
    convert::to_python(py, &report)
}

/// The summary of an array of durations: count, mean, least, median, p90, p95, most.
///
/// >>> import numpy as np
/// >>> summary = itom.sla.distribution(np.array([1, 2, 3, 24], dtype="timedelta64[h]"))
/// >>> summary.median, summary.most
/// (datetime.timedelta(seconds=9000), datetime.timedelta(days=1))
#[pyfunction]
pub fn distribution<'py>(lengths: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = lengths.py();
    let lengths = self::lengths(lengths, "lengths")?;
    let summary = enter(py, || Ok(Distribution::of(&lengths)))?;
    convert::to_python(py, &summary)
}

/// How many of an array of durations lie below the first edge, from each to the next, and from the
/// last on.
///
/// >>> import numpy as np
/// >>> minutes = lambda *n: np.array(n, dtype="timedelta64[m]")
/// >>> itom.sla.histogram(minutes(5, 10, 90), minutes(10, 60))
/// array([1, 1, 1])
#[pyfunction]
pub fn histogram<'py>(
    lengths: &Bound<'py, PyAny>,
    edges: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = lengths.py();
    let (lengths, edges) = (self::lengths(lengths, "lengths")?, self::lengths(edges, "edges")?);
    let bins = enter(py, || core_histogram(&lengths, &edges))?;
    let bins: Vec<i64> = bins.into_iter().map(|bin| bin as i64).collect();
    convert::ints_to_numpy(py, &bins)
}

/// The share of an array of durations that is not longer than each of `at`, exact.
///
/// >>> import numpy as np
/// >>> hours = lambda *n: np.array(n, dtype="timedelta64[h]")
/// >>> itom.sla.ecdf(hours(1, 2, 4), hours(2))
/// [Fraction(2, 3)]
#[pyfunction]
pub fn ecdf<'py>(
    lengths: &Bound<'py, PyAny>,
    at: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = lengths.py();
    let (lengths, at) = (self::lengths(lengths, "lengths")?, self::lengths(at, "at")?);
    let shares = enter(py, || Ok(core_ecdf(&lengths, &at)))?;
    convert::to_python(py, &shares)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(delivery, module)?)?;
    module.add_function(wrap_pyfunction!(distribution, module)?)?;
    module.add_function(wrap_pyfunction!(dora, module)?)?;
    module.add_function(wrap_pyfunction!(ecdf, module)?)?;
    module.add_function(wrap_pyfunction!(histogram, module)?)
}
