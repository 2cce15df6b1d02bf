//! Delivery measures, and distributions of lengths, in C.

use std::ffi::c_char;

use itom_core::Duration;
use itom_core::sla::{
    DeliveryEvents, DeliveryOptions, Distribution, DoraCounts, Fraction, delivery, dora, ecdf,
    histogram,
};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, fill, room, slice, text};
use crate::output::{Out, definition, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_delivery(
    events: *const c_char,
    events_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let events: DeliveryEvents = definition(text(events, events_len, "events")?, "events")?;
            let options: DeliveryOptions =
                definition(text(options, options_len, "options")?, "options")?;
            out.give(itom_bytes::json(&delivery(&events, &options)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dora(
    counts: *const c_char,
    counts_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let counts: DoraCounts = definition(text(counts, counts_len, "counts")?, "counts")?;
            out.give(itom_bytes::json(&dora(&counts)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_distribution(
    lengths: *const i64,
    len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let lengths = durations(lengths, len, "lengths")?;
            out.give(itom_bytes::json(&Distribution::of(&lengths))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_histogram(
    lengths: *const i64,
    len: usize,
    edges: *const i64,
    edges_len: usize,
    out: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `out` has room for one more than there are edges.
    unsafe {
        guard(error, || {
            let lengths = durations(lengths, len, "lengths")?;
            let bins = histogram(&lengths, &durations(edges, edges_len, "edges")?)?;
            fill(room(out, bins.len(), "out")?, &bins);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ecdf(
    lengths: *const i64,
    len: usize,
    at: *const i64,
    at_len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let lengths = durations(lengths, len, "lengths")?;
            let shares = ecdf(&lengths, &durations(at, at_len, "at")?);
            let share = |share: Option<Fraction>| share.map_or(f64::NAN, Fraction::to_f64);
            let shares: Vec<f64> = shares.into_iter().map(share).collect();
            fill(room(out, at_len, "out")?, &shares);
            Ok(())
        })
    }
}

/// An array of durations.
///
/// # Safety
/// As of [`slice`].
unsafe fn durations(
    start: *const i64,
    len: usize,
    argument: &'static str,
) -> Result<Vec<Duration>, Failure> {
    // SAFETY: as the caller says.
    let nanos = unsafe { slice(start, len, argument) }?;
    nanos.iter().map(|&length| input::duration(length, argument)).collect()
}
