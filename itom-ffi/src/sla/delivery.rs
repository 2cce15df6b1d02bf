//! `itom_delivery` and `itom_dora` in C.

use std::ffi::c_char;

use itom_core::Duration;
use itom_core::sla::{DeliveryEvents, DeliveryOptions, Distribution, DoraCounts, delivery, dora};

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, slice, text};
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
            let lengths: Vec<Duration> = slice(lengths, len, "lengths")?
                .iter()
                .map(|&length| input::duration(length, "lengths"))
                .collect::<Result<_, _>>()?;
            out.give(itom_bytes::json(&Distribution::of(&lengths))?);
            Ok(())
        })
    }
}
