//! Measures of scores, alarms, changepoints, forecasts and intervals: conversion only.

use std::ffi::c_char;

use itom_core::anomaly::{
    ForecastCase, LabelledScores, RangeOptions, VusOptions, changepoint_score, delay_f1,
    dominant_period, forecast_score, interval_score, range_precision_recall, vus_pr, vus_roc,
};

use super::total;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{slice, text};
use crate::output::{Out, definition, itom_bytes};

type Measure = fn(&[bool], &[f64], VusOptions) -> itom_core::Result<f64>;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_vus_pr(
    labels: *const u8,
    scores: *const f64,
    len: usize,
    window: usize,
    thresholds: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    let options = VusOptions { window, thresholds };
    // SAFETY: pointers are as the header says.
    unsafe { volume(labels, scores, len, options, out, error, vus_pr) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_vus_roc(
    labels: *const u8,
    scores: *const f64,
    len: usize,
    window: usize,
    thresholds: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    let options = VusOptions { window, thresholds };
    // SAFETY: pointers are as the header says.
    unsafe { volume(labels, scores, len, options, out, error, vus_roc) }
}

/// # Safety
/// As of the exported functions.
unsafe fn volume(
    labels: *const u8,
    scores: *const f64,
    len: usize,
    options: VusOptions,
    out: *mut f64,
    error: *mut *mut itom_error,
    measure: Measure,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (labels, scores) = (flags(labels, len, "labels")?, slice(scores, len, "scores")?);
            out.set(measure(&labels, scores, options)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dominant_period(
    values: *const f64,
    len: usize,
    out: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.set(dominant_period(slice(values, len, "values")?).unwrap_or(0));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_range_precision_recall(
    labels: *const u8,
    flagged: *const u8,
    len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options = match options.is_null() {
                true => RangeOptions::default(),
                false => definition(text(options, options_len, "options")?, "options")?,
            };
            let (labels, flagged) =
                (flags(labels, len, "labels")?, flags(flagged, len, "flagged")?);
            let score = range_precision_recall(&labels, &flagged, options)?;
            out.give(itom_bytes::json(&score)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_delay_f1(
    labels: *const u8,
    scores: *const f64,
    rows: *const usize,
    series: usize,
    delay: usize,
    threshold: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; the lengths are sums of what it says they are.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let rows = slice(rows, series, "rows")?;
            let count = total(rows, "rows")?;
            let labels = flags(labels, count, "labels")?;
            let scores = slice(scores, count, "scores")?;
            let corpus: Vec<_> = pieces(&labels, rows)
                .zip(pieces(scores, rows))
                .map(|(labels, scores)| LabelledScores { labels, scores })
                .collect();
            let threshold = (!threshold.is_nan()).then_some(threshold);
            out.give(itom_bytes::json(&delay_f1(&corpus, delay, threshold)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_changepoint_score(
    annotations: *const usize,
    counts: *const usize,
    annotators: usize,
    predicted: *const usize,
    predicted_len: usize,
    length: usize,
    margin: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; the lengths are sums of what it says they are.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let counts = slice(counts, annotators, "counts")?;
            let marked = slice(annotations, total(counts, "counts")?, "annotations")?;
            let marked: Vec<_> = pieces(marked, counts).collect();
            let predicted = slice(predicted, predicted_len, "predicted")?;
            let score = changepoint_score(&marked, predicted, length, margin)?;
            out.give(itom_bytes::json(&score)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_forecast_score(
    histories: *const f64,
    history_rows: *const usize,
    actuals: *const f64,
    forecasts: *const f64,
    horizons: *const usize,
    series: usize,
    season: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; the lengths are sums of what it says they are.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let rows = slice(history_rows, series, "history_rows")?;
            let horizons = slice(horizons, series, "horizons")?;
            let ahead = total(horizons, "horizons")?;
            let histories = slice(histories, total(rows, "history_rows")?, "histories")?;
            let actuals = slice(actuals, ahead, "actuals")?;
            let forecasts = slice(forecasts, ahead, "forecasts")?;
            let cases: Vec<_> = pieces(histories, rows)
                .zip(pieces(actuals, horizons).zip(pieces(forecasts, horizons)))
                .map(|(history, (actual, forecast))| ForecastCase { history, actual, forecast })
                .collect();
            out.give(itom_bytes::json(&forecast_score(&cases, season)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_interval_score(
    actual: *const f64,
    lower: *const f64,
    upper: *const f64,
    len: usize,
    level: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let actual = slice(actual, len, "actual")?;
            let (lower, upper) = (slice(lower, len, "lower")?, slice(upper, len, "upper")?);
            out.give(itom_bytes::json(&interval_score(actual, lower, upper, level)?)?);
            Ok(())
        })
    }
}

/// Bytes that are zero or not, as flags.
///
/// # Safety
/// As of [`slice`].
unsafe fn flags(
    start: *const u8,
    len: usize,
    argument: &'static str,
) -> Result<Vec<bool>, Failure> {
    // SAFETY: as the caller says.
    let bytes = unsafe { slice(start, len, argument) }?;
    Ok(bytes.iter().map(|&byte| byte != 0).collect())
}

/// Columns that lie one after the other; the lengths add up to that of `all`.
fn pieces<'a, T>(mut all: &'a [T], lengths: &'a [usize]) -> impl Iterator<Item = &'a [T]> {
    lengths.iter().map(move |&length| {
        let (own, rest) = all.split_at(length);
        all = rest;
        own
    })
}
