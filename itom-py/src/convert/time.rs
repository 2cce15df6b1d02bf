//! Instants and durations: aware `datetime` and `timedelta`, or numpy's `datetime64` and
//! `timedelta64`; one value or an array of them.
//!
//! A `datetime` is read by integer arithmetic from its fields and its `utcoffset()`, so that every
//! zone and both sides of a fold are exact to the microsecond. A naive one is refused: nobody knows
//! which instant it is. numpy's `datetime64` has no zone and is taken as UTC. Results are aware
//! datetimes in UTC; what is below a microsecond is cut off there and kept in arrays.

use itom_core::{Duration, Timestamp};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyString};

use super::arrays::{self, Missing, Unit};
use crate::errors::{invalid, raise, refused, wrong_type};

const INSTANT: &str = "an aware datetime or a numpy datetime64";
const DURATION: &str = "a timedelta, a numpy timedelta64 or text such as '4h'";
const TEXT: &str = "a duration such as 4h30m or PT4H30M (hours at most, days need a calendar)";
const RANGE: &str = "an instant between 1677-09-21 and 2262-04-11";
const LENGTH: &str = "a duration within 292 years, in whole nanoseconds";
/// `date(1970, 1, 1).toordinal()`.
const ORDINAL_OF_1970: i64 = 719_163;

/// One value or an array of values, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany {
    One(i64),
    Many(Vec<i64>),
}

/// Two arguments that belong together, one value being repeated beside an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Pair {
    One(i64, i64),
    Many(Vec<i64>, Vec<i64>),
}

impl OneOrMany {
    /// This argument with a second one, of which errors speak as `argument`.
    pub fn with(self, second: OneOrMany, argument: &str) -> PyResult<Pair> {
        Ok(match (self, second) {
            (OneOrMany::One(a), OneOrMany::One(b)) => Pair::One(a, b),
            (OneOrMany::One(a), OneOrMany::Many(b)) => Pair::Many(vec![a; b.len()], b),
            (OneOrMany::Many(a), OneOrMany::One(b)) => {
                let b = vec![b; a.len()];
                Pair::Many(a, b)
            }
            (OneOrMany::Many(a), OneOrMany::Many(b)) if a.len() == b.len() => Pair::Many(a, b),
            (OneOrMany::Many(a), OneOrMany::Many(b)) => {
                let expected = format!("{} values long like the argument before it", a.len());
                return Err(raise(itom_core::Error::invalid(argument, b.len(), expected)));
            }
        })
    }
}

/// One instant.
pub fn instant(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Timestamp> {
    if value.is_instance_of::<PyDateTime>() {
        return from_datetime(value, argument);
    }
    match instants(value, argument)? {
        OneOrMany::One(nanos) => Ok(Timestamp::from_nanos(nanos)),
        OneOrMany::Many(_) => Err(wrong_type(argument, value, "one instant")),
    }
}

/// One instant, or `None`.
pub fn optional_instant(
    value: Option<&Bound<'_, PyAny>>,
    argument: &str,
) -> PyResult<Option<Timestamp>> {
    value.filter(|value| !value.is_none()).map(|value| instant(value, argument)).transpose()
}

/// One duration.
pub fn duration(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Duration> {
    match durations(value, argument)? {
        OneOrMany::One(nanos) => Ok(Duration::from_nanos(nanos)),
        OneOrMany::Many(_) => Err(wrong_type(argument, value, "one duration")),
    }
}

/// One instant, or an array of instants, none of them missing.
pub fn instants(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<OneOrMany> {
    some_instants(value, argument, Missing::Refused)
}

/// One instant, or an array of instants in which a missing one is the least integer.
pub fn instants_or_missing(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<OneOrMany> {
    some_instants(value, argument, Missing::Kept)
}

fn some_instants(
    value: &Bound<'_, PyAny>,
    argument: &str,
    missing: Missing,
) -> PyResult<OneOrMany> {
    if value.is_instance_of::<PyDateTime>() {
        return Ok(OneOrMany::One(from_datetime(value, argument)?.as_nanos()));
    }
    one_or_many(value, argument, (Unit::Instant, missing), INSTANT)
}

/// One duration, or an array of durations, none of them missing.
pub fn durations(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<OneOrMany> {
    some_durations(value, argument, Missing::Refused)
}

/// One duration, or an array of durations in which a missing one is the least integer.
pub(super) fn durations_or_missing(
    value: &Bound<'_, PyAny>,
    argument: &str,
) -> PyResult<OneOrMany> {
    some_durations(value, argument, Missing::Kept)
}

fn some_durations(
    value: &Bound<'_, PyAny>,
    argument: &str,
    missing: Missing,
) -> PyResult<OneOrMany> {
    // numpy's scalar and pandas' Timedelta hold more than microseconds, so they come first.
    if is_numpy_scalar(value, "timedelta64") {
        return arrays::numpy_scalar(value, argument, Unit::Duration).map(OneOrMany::One);
    }
    if value.is_instance_of::<PyDelta>() {
        return Ok(OneOrMany::One(from_timedelta(value, argument)?.as_nanos()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let duration = text.to_str()?.parse::<Duration>();
        let duration = duration.map_err(|_| invalid(argument, value, TEXT))?;
        return Ok(OneOrMany::One(duration.as_nanos()));
    }
    one_or_many(value, argument, (Unit::Duration, missing), DURATION)
}

fn one_or_many(
    value: &Bound<'_, PyAny>,
    argument: &str,
    (unit, missing): (Unit, Missing),
    expected: &str,
) -> PyResult<OneOrMany> {
    let is_scalar = |name| is_numpy_scalar(value, name);
    if is_scalar("datetime64") || is_scalar("timedelta64") {
        return arrays::numpy_scalar(value, argument, unit).map(OneOrMany::One);
    }
    if value.is_instance_of::<PyString>() || !arrays::is_array_like(value) {
        return Err(wrong_type(argument, value, expected));
    }
    let dimensions = value.getattr(intern!(value.py(), "ndim")).and_then(|count| count.extract());
    if matches!(dimensions, Ok(0)) {
        // A numpy number is its own only element, so this goes one step and no further.
        let scalar = value.get_item(())?;
        if is_numpy_scalar(&scalar, "datetime64") || is_numpy_scalar(&scalar, "timedelta64") {
            return arrays::numpy_scalar(&scalar, argument, unit).map(OneOrMany::One);
        }
        return Err(wrong_type(argument, value, expected));
    }
    arrays::nanoseconds(value, argument, unit, missing).map(OneOrMany::Many)
}

/// Whether it is a scalar of numpy of that type, without importing numpy.
fn is_numpy_scalar(value: &Bound<'_, PyAny>, name: &str) -> bool {
    let class = value.get_type();
    class.name().is_ok_and(|own| own == name)
        && class.module().is_ok_and(|module| module == "numpy")
}

/// One value of a list.
pub(super) fn one(value: &Bound<'_, PyAny>, argument: &str, unit: Unit) -> PyResult<i64> {
    match unit {
        Unit::Instant => instant(value, argument).map(Timestamp::as_nanos),
        Unit::Duration => duration(value, argument).map(Duration::as_nanos),
    }
}

fn from_datetime(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Timestamp> {
    let py = value.py();
    let failed = |cause| refused(cause, argument, value, INSTANT);
    let offset = value.call_method0(intern!(py, "utcoffset")).map_err(failed)?;
    if offset.is_none() {
        let expected = "an aware datetime (this one is naive: it has no time zone)";
        return Err(invalid(argument, value, expected));
    }
    let read = |name| value.getattr(name).and_then(|field| field.extract::<i64>());
    let days = value.call_method0(intern!(py, "toordinal")).and_then(|days| days.extract::<i64>());
    let days = days.map_err(failed)? - ORDINAL_OF_1970;
    let hours = read(intern!(py, "hour")).map_err(failed)?;
    let minutes = read(intern!(py, "minute")).map_err(failed)?;
    let seconds = read(intern!(py, "second")).map_err(failed)?;
    let micros = read(intern!(py, "microsecond")).map_err(failed)?;
    let (offset_seconds, offset_micros) = parts(&offset).map_err(failed)?;
    // pandas' Timestamp is a datetime that holds nanoseconds beside the microseconds.
    let nanos = value.getattr_opt(intern!(py, "nanosecond")).map_err(failed)?;
    let nanos = nanos.map_or(Ok(0), |nanos| nanos.extract::<i64>()).map_err(failed)?;
    let seconds = days * 86_400 + hours * 3_600 + minutes * 60 + seconds - offset_seconds;
    let total = total(seconds, micros - offset_micros, nanos);
    let total = total.filter(|&nanos| nanos != i64::MIN);
    total.map(Timestamp::from_nanos).ok_or_else(|| invalid(argument, value, RANGE))
}

fn from_timedelta(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Duration> {
    let failed = |cause| refused(cause, argument, value, DURATION);
    let (seconds, micros) = parts(value).map_err(failed)?;
    let nanos = value.getattr_opt(intern!(value.py(), "nanoseconds")).map_err(failed)?;
    let nanos = nanos.map_or(Ok(0), |nanos| nanos.extract::<i64>()).map_err(failed)?;
    let total = total(seconds, micros, nanos);
    total.map(Duration::from_nanos).ok_or_else(|| invalid(argument, value, LENGTH))
}

/// Seconds and microseconds of a `timedelta`.
fn parts(delta: &Bound<'_, PyAny>) -> PyResult<(i64, i64)> {
    let py = delta.py();
    let read = |name| delta.getattr(name).and_then(|field| field.extract::<i64>());
    let days = read(intern!(py, "days"))?;
    Ok((days * 86_400 + read(intern!(py, "seconds"))?, read(intern!(py, "microseconds"))?))
}

fn total(seconds: i64, micros: i64, nanos: i64) -> Option<i64> {
    let total =
        i128::from(seconds) * 1_000_000_000 + i128::from(micros) * 1_000 + i128::from(nanos);
    i64::try_from(total).ok()
}

/// An aware `datetime` in UTC; what is below a microsecond is cut off.
pub fn instant_to_python(py: Python<'_>, instant: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let module = py.import("datetime")?;
        let utc = module.getattr("timezone")?.getattr("utc")?;
        module.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc)).map(Bound::unbind)
    })?;
    let since = duration_to_python(py, Duration::from_nanos(instant.as_nanos()))?;
    epoch.bind(py).add(since)
}

/// A `timedelta`; what is below a microsecond is cut off.
pub fn duration_to_python(py: Python<'_>, duration: Duration) -> PyResult<Bound<'_, PyAny>> {
    let micros = duration.as_nanos().div_euclid(1_000);
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days are at most 106,752, the others are remainders: every one of them fits.
    let delta = PyDelta::new(py, days as i32, seconds as i32, micros as i32, false)?;
    Ok(delta.into_any())
}
