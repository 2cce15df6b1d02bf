//! Forecasts: conversion only.

use itom_core::anomaly::{forecast, time_to_threshold};
use itom_core::{Duration, Error};

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::{fill, room, slice};
use crate::output::{self, Out};

/// When a threshold is reached, as C sees it. Frozen.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct itom_threshold_forecast {
    now: i64,
    eta: i64,
    earliest: i64,
    latest: i64,
    saturates_at: f64,
    sawtooth: i32,
    reserved: i32,
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_series_forecast(
    times: *const i64,
    values: *const f64,
    len: usize,
    horizon: usize,
    levels: *const f64,
    levels_len: usize,
    out_times: *mut i64,
    expected: *mut f64,
    lower: *mut f64,
    upper: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (times, values) = (slice(times, len, "times")?, slice(values, len, "values")?);
            let levels = slice(levels, levels_len, "levels")?;
            let size = horizon
                .checked_mul(levels_len)
                .ok_or_else(|| Error::invalid("horizon", horizon, "fewer steps"))?;
            let out_times = room(out_times, horizon, "out_times")?;
            let expected = room(expected, horizon, "expected")?;
            let (lower, upper) = (room(lower, size, "lower")?, room(upper, size, "upper")?);
            let ahead = forecast(times, values, horizon, levels)?;
            let times: Vec<i64> = ahead.time.iter().map(|time| time.as_nanos()).collect();
            fill(out_times, &times);
            fill(expected, &ahead.expected);
            let bounds: (Vec<_>, Vec<_>) =
                ahead.intervals.iter().map(|i| (i.lower.as_slice(), i.upper.as_slice())).unzip();
            fill(lower, &bounds.0.concat());
            fill(upper, &bounds.1.concat());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_time_to_threshold(
    times: *const i64,
    values: *const f64,
    len: usize,
    threshold: f64,
    within: *const i64,
    within_len: usize,
    probabilities: *mut f64,
    out: *mut itom_threshold_forecast,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (times, values) = (slice(times, len, "times")?, slice(values, len, "values")?);
            let within = slice(within, within_len, "within")?;
            let probabilities = room(probabilities, within_len, "probabilities")?;
            let out = Out::new(out, "out")?;
            let result = time_to_threshold(times, values, threshold)?;
            let reached: Vec<f64> = within
                .iter()
                .map(|&nanos| result.probability(Duration::from_nanos(nanos)))
                .collect();
            fill(probabilities, &reached);
            out.set(itom_threshold_forecast {
                now: result.now.as_nanos(),
                eta: output::nanos(result.eta),
                earliest: output::nanos(result.earliest),
                latest: output::nanos(result.latest),
                saturates_at: result.saturates_at.unwrap_or(f64::NAN),
                sawtooth: i32::from(result.sawtooth),
                reserved: 0,
            });
            Ok(())
        })
    }
}
