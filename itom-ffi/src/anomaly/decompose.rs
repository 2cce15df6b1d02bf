//! Periods and decomposition: conversion only.

use itom_core::Error;
use itom_core::anomaly::{DecomposeOptions, decompose, seasonal_periods};

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::{fill, room, slice};
use crate::output::Out;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_seasonal_periods(
    values: *const f64,
    len: usize,
    periods: *mut usize,
    periods_len: usize,
    count: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let values = slice(values, len, "values")?;
            let count = Out::new(count, "count")?;
            let places = room(periods, periods_len, "periods")?;
            let mut found = seasonal_periods(values);
            count.set(found.len());
            found.resize(periods_len, 0);
            fill(places, &found);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_decompose(
    values: *const f64,
    len: usize,
    periods: *const usize,
    periods_len: usize,
    robust: i32,
    trend: *mut f64,
    seasons: *mut f64,
    remainder: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let values = slice(values, len, "values")?;
            let periods = slice(periods, periods_len, "periods")?;
            let trend = room(trend, len, "trend")?;
            let size = len
                .checked_mul(periods_len)
                .ok_or_else(|| Error::invalid("periods", periods_len, "fewer"))?;
            let seasons = room(seasons, size, "seasons")?;
            let remainder = room(remainder, len, "remainder")?;
            let options = DecomposeOptions { periods: Some(periods.to_vec()), robust: robust != 0 };
            let parts = decompose(values, options)?;
            let mut all = Vec::with_capacity(size);
            for &period in periods {
                match parts.seasons.iter().find(|season| season.period == period) {
                    Some(season) => all.extend_from_slice(&season.part),
                    None => all.resize(all.len() + len, 0.0),
                }
            }
            fill(trend, &parts.trend);
            fill(seasons, &all);
            fill(remainder, &parts.remainder);
            Ok(())
        })
    }
}
