//! `itom_clock` in C.

use std::ffi::c_char;

use itom_core::sla::{Clock as CoreClock, ClockEvent, ClockOptions};

use super::calendar::itom_calendar;
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// A clock behind its handle.
pub struct itom_clock(pub(super) Handle<CoreClock>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_new(
    target: i64,
    calendar: *const itom_calendar,
    start: i64,
    out: *mut *mut itom_clock,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let target = input::duration(target, "target")?;
            let start = input::instant(start, "start")?;
            let calendar = shared(calendar, "calendar")?.0.read(|core| Ok(core.clone()))?;
            let clock = CoreClock::new(ClockOptions::new(target, calendar, start))?;
            out.give(itom_clock(Handle::new(clock)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_from_json(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_clock,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options: ClockOptions = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_clock(Handle::new(CoreClock::new(options)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_apply(
    clock: *mut itom_clock,
    json: *const c_char,
    json_len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let json = text(json, json_len, "json")?;
            let events: Vec<ClockEvent> = match json.trim_start().starts_with('[') {
                true => definition(json, "json")?,
                false => vec![definition(json, "json")?],
            };
            exclusive(clock, "clock")?.0.write(|core| Ok(core.apply_all(events)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_status(
    clock: *const itom_clock,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let status = shared(clock, "clock")?.0.read(|core| Ok(core.status(at)))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_status_known(
    clock: *const itom_clock,
    at: i64,
    known: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (at, known) = (input::instant(at, "at")?, input::instant(known, "known")?);
            let status = shared(clock, "clock")?.0.read(|core| Ok(core.status_known(at, known)))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_remaining(
    clock: *const itom_clock,
    at: i64,
    remaining: *mut i64,
    breach_at: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (remaining, breach_at) =
                (Out::new(remaining, "remaining")?, Out::new(breach_at, "breach_at")?);
            let at = input::instant(at, "at")?;
            let status = shared(clock, "clock")?.0.read(|core| Ok(core.status(at)))?;
            remaining.set(status.remaining.as_nanos());
            breach_at.set(output::nanos(status.breach_at));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_explain(
    clock: *const itom_clock,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let segments = shared(clock, "clock")?.0.read(|core| Ok(core.explain(at)?))?;
            out.give(itom_bytes::json(&segments)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_to_bytes(
    clock: *const itom_clock,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(clock, "clock")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_clock,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let clock = CoreClock::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_clock(Handle::new(clock)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_clock_free(clock: *mut itom_clock) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(clock) });
}
