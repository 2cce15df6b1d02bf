//! `itom_availability` and what else is measured of outages, in C.

use std::collections::BTreeMap;
use std::ffi::c_char;

use itom_core::sla::{
    AvailabilityOptions, Outage, OutageRecord, Sided, attribution, availability, clopper_pearson,
    reliability, wilson,
};
use itom_core::{Duration, Error, Timestamp};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, slice, text};
use crate::output::{Out, definition, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability(
    start: i64,
    end: i64,
    at: i64,
    outages: *const i64,
    outages_len: usize,
    excluded: *const i64,
    excluded_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = (input::instant(start, "start")?, input::instant(end, "end")?);
            let outages = slice(outages, doubled(outages_len, "outages")?, "outages")?;
            let excluded = slice(excluded, doubled(excluded_len, "excluded")?, "excluded")?;
            let span = |pair: &[i64]| -> Result<(Timestamp, Timestamp), Failure> {
                Ok((input::instant(pair[0], "excluded")?, input::instant(pair[1], "excluded")?))
            };
            let outages = plain(outages)?;
            let excluded: Vec<_> = excluded.chunks_exact(2).map(span).collect::<Result<_, _>>()?;
            let report = availability(period, &outages, &excluded, input::optional_instant(at))?;
            out.give(itom_bytes::json(&report)?);
            Ok(())
        })
    }
}

/// Outages and options as JSON; no options are the default ones.
///
/// # Safety
/// As of [`text`], or `options` is NULL.
unsafe fn asked(
    outages: *const c_char,
    outages_len: usize,
    options: *const c_char,
    options_len: usize,
) -> Result<(Vec<OutageRecord>, AvailabilityOptions), Failure> {
    // SAFETY: as the caller says.
    let outages = definition(unsafe { text(outages, outages_len, "outages") }?, "outages")?;
    if options.is_null() {
        return Ok((outages, AvailabilityOptions::default()));
    }
    // SAFETY: as the caller says.
    let options = definition(unsafe { text(options, options_len, "options") }?, "options")?;
    Ok((outages, options))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability_measure(
    start: i64,
    end: i64,
    outages: *const c_char,
    outages_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = (input::instant(start, "start")?, input::instant(end, "end")?);
            let (outages, options) = asked(outages, outages_len, options, options_len)?;
            out.give(itom_bytes::json(&options.measure(period, &outages)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability_explain(
    start: i64,
    end: i64,
    outages: *const c_char,
    outages_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = (input::instant(start, "start")?, input::instant(end, "end")?);
            let (outages, options) = asked(outages, outages_len, options, options_len)?;
            out.give(itom_bytes::json(&options.explain(period, &outages)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability_reliability(
    start: i64,
    end: i64,
    outages: *const c_char,
    outages_len: usize,
    options: *const c_char,
    options_len: usize,
    confidence: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = (input::instant(start, "start")?, input::instant(end, "end")?);
            let (outages, options) = asked(outages, outages_len, options, options_len)?;
            out.give(itom_bytes::json(&options.reliability(period, &outages, confidence)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability_series(
    periods: *const i64,
    periods_len: usize,
    outages: *const c_char,
    outages_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let periods = slice(periods, doubled(periods_len, "periods")?, "periods")?;
            let span = |pair: &[i64]| -> Result<(Timestamp, Timestamp), Failure> {
                Ok((input::instant(pair[0], "periods")?, input::instant(pair[1], "periods")?))
            };
            let periods: Vec<_> = periods.chunks_exact(2).map(span).collect::<Result<_, _>>()?;
            let (outages, options) = asked(outages, outages_len, options, options_len)?;
            out.give(itom_bytes::json(&options.series(&periods, &outages)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_reliability(
    period: i64,
    outages: *const i64,
    outages_len: usize,
    confidence: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = input::duration(period, "period")?;
            let outages: Vec<Duration> = slice(outages, outages_len, "outages")?
                .iter()
                .map(|&outage| input::duration(outage, "outages"))
                .collect::<Result<_, _>>()?;
            out.give(itom_bytes::json(&reliability(period, &outages, confidence)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_attribution(
    causes: *const c_char,
    causes_len: usize,
    start: i64,
    end: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let causes: BTreeMap<String, Vec<Outage>> =
                definition(text(causes, causes_len, "causes")?, "causes")?;
            let period = input::optional_instant(start).zip(input::optional_instant(end));
            out.give(itom_bytes::json(&attribution(&causes, period)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clopper_pearson(
    good: u64,
    total: u64,
    confidence: f64,
    sided: i32,
    lower: *mut f64,
    upper: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (lower, upper) = (Out::new(lower, "lower")?, Out::new(upper, "upper")?);
            let interval = clopper_pearson(good, total, confidence, read_sided(sided)?)?;
            lower.set(interval.lower);
            upper.set(interval.upper);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_wilson(
    good: u64,
    total: u64,
    confidence: f64,
    sided: i32,
    lower: *mut f64,
    upper: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (lower, upper) = (Out::new(lower, "lower")?, Out::new(upper, "upper")?);
            let interval = wilson(good, total, confidence, read_sided(sided)?)?;
            lower.set(interval.lower);
            upper.set(interval.upper);
            Ok(())
        })
    }
}

fn read_sided(sided: i32) -> Result<Sided, Failure> {
    match sided {
        0 => Ok(Sided::Two),
        -1 => Ok(Sided::Lower),
        1 => Ok(Sided::Upper),
        other => Err(Error::invalid("sided", other, "0, -1 (lower) or 1 (upper)").into()),
    }
}

fn plain(outages: &[i64]) -> Result<Vec<Outage>, Failure> {
    let outage = |pair: &[i64]| -> Result<Outage, Failure> {
        Ok((input::instant(pair[0], "outages")?, input::optional_instant(pair[1])))
    };
    outages.chunks_exact(2).map(outage).collect()
}

/// How many numbers so many pairs are.
fn doubled(pairs: usize, argument: &'static str) -> Result<usize, Failure> {
    let most = isize::MAX as usize / 16;
    if pairs > most {
        return Err(Error::invalid(argument, pairs, format!("at most {most} pairs")).into());
    }
    Ok(2 * pairs)
}
