//! `itom_ledger` in C.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use itom_core::sla::{
    ClockEvent, ClockOptions, EventColumns, Ledger as CoreLedger, NextBreach, Openings,
    StatusColumns,
};
use itom_core::{Error, ErrorKind};

use super::calendar::itom_calendar;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, Extent, exclusive, extent, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// A ledger behind its handle.
pub struct itom_ledger(pub(super) Handle<CoreLedger>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_new(
    out: *mut *mut itom_ledger,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            Out::new(out, "out")?.give(itom_ledger(Handle::new(CoreLedger::new())));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_len(
    ledger: *const itom_ledger,
    out: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.set(shared(ledger, "ledger")?.0.read(|core| Ok(core.len()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_open(
    ledger: *mut itom_ledger,
    key: *const c_char,
    key_len: usize,
    json: *const c_char,
    json_len: usize,
    out: *mut u32,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let key = text(key, key_len, "key")?;
            let options: ClockOptions = definition(text(json, json_len, "json")?, "json")?;
            let ledger = exclusive(ledger, "ledger")?;
            out.set(ledger.0.write(|core| Ok(core.open(key, &options)?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_open_all(
    ledger: *mut itom_ledger,
    keys: *const *const c_char,
    targets: *const i64,
    calendar: *const itom_calendar,
    starts: *const i64,
    len: usize,
    first: *mut u32,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(first, "first")?;
            let mut names = Vec::with_capacity(len.min(1 << 20));
            for &key in slice(keys, len, "keys")? {
                names.push(text(key, usize::MAX, "keys")?);
            }
            let targets = slice(targets, len, "targets")?;
            let starts = slice(starts, len, "starts")?;
            let calendar = shared(calendar, "calendar")?.0.read(|core| Ok(core.clone()))?;
            let hour = itom_core::Duration::from_secs(3600);
            let options = ClockOptions::new(hour, calendar, itom_core::Timestamp::default());
            let openings = Openings { starts, targets: Some(targets) };
            let range = exclusive(ledger, "ledger")?
                .0
                .write(|core| Ok(core.open_all(&names, &options, openings)?))?;
            out.set(range.start);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_clock(
    ledger: *const itom_ledger,
    key: *const c_char,
    key_len: usize,
    out: *mut u32,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let key = text(key, key_len, "key")?;
            let found = shared(ledger, "ledger")?.0.read(|core| Ok(core.clock(key)))?;
            let missing = || {
                let message = format!("no clock was opened under the key {key:?}");
                Error::new(ErrorKind::NotFound, message).about("key")
            };
            out.set(found.ok_or_else(missing)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_reason(
    ledger: *mut itom_ledger,
    reason: *const c_char,
    reason_len: usize,
    out: *mut u32,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let reason = text(reason, reason_len, "reason")?;
            let ledger = exclusive(ledger, "ledger")?;
            out.set(ledger.0.write(|core| Ok(core.reason_number(reason)))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_apply(
    ledger: *mut itom_ledger,
    clock: u32,
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
            let events: Vec<_> = events.into_iter().map(|event| (clock, event)).collect();
            exclusive(ledger, "ledger")?.0.write(|core| Ok(core.apply_all(&events)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_apply_columns(
    ledger: *mut itom_ledger,
    clocks: *const u32,
    instants: *const i64,
    actions: *const u8,
    arguments: *const u32,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let arguments = match arguments.is_null() {
                true => None,
                false => Some(slice(arguments, len, "arguments")?),
            };
            let events = EventColumns {
                clocks: slice(clocks, len, "clocks")?,
                instants: slice(instants, len, "instants")?,
                actions: slice(actions, len, "actions")?,
                arguments,
            };
            exclusive(ledger, "ledger")?.0.write(|core| Ok(core.apply_columns(events)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_advance(
    ledger: *mut itom_ledger,
    now: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let now = input::instant(now, "now")?;
            let crossings = exclusive(ledger, "ledger")?.0.write(|core| Ok(core.advance(now)?))?;
            out.give(itom_bytes::json(&crossings)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_next_breaches(
    ledger: *mut itom_ledger,
    most: usize,
    clocks: *mut u32,
    at: *mut i64,
    out: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let ends = [checked(clocks, most, "clocks")?, checked(at, most, "at")?];
            input::apart(&ends)?;
            let (clocks, at) = (room(clocks, most, "clocks")?, room(at, most, "at")?);
            let next: Vec<NextBreach> =
                exclusive(ledger, "ledger")?.0.write(|core| Ok(core.next_breaches(most)))?;
            for ((next, clock), at) in next.iter().zip(clocks).zip(at) {
                clock.write(next.clock);
                at.write(next.at.as_nanos());
            }
            out.set(next.len());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_status(
    ledger: *const itom_ledger,
    clock: u32,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let status = shared(ledger, "ledger")?.0.read(|core| Ok(core.status(clock, at)?))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_status_all(
    ledger: *mut itom_ledger,
    at: i64,
    len: usize,
    business: *mut i64,
    actual: *mut i64,
    paused: *mut i64,
    remaining: *mut i64,
    ratio: *mut f64,
    breach_at: *mut i64,
    state: *mut u8,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            exclusive(ledger, "ledger")?.0.write(|core| {
                // Nothing is written before all is known to be well.
                if len != core.len() {
                    let expected = format!("{}, the number of clocks", core.len());
                    return Err(Error::invalid("len", len, expected).into());
                }
                let columns = [
                    checked(business, len, "business")?,
                    checked(actual, len, "actual")?,
                    checked(paused, len, "paused")?,
                    checked(remaining, len, "remaining")?,
                    checked(ratio, len, "ratio")?,
                    checked(breach_at, len, "breach_at")?,
                    checked(state, len, "state")?,
                ];
                input::apart(&columns)?;
                let columns = StatusColumns {
                    business: column(business, len, "business")?,
                    actual: column(actual, len, "actual")?,
                    paused: column(paused, len, "paused")?,
                    remaining: column(remaining, len, "remaining")?,
                    ratio: column(ratio, len, "ratio")?,
                    breach_at: column(breach_at, len, "breach_at")?,
                    state: column(state, len, "state")?,
                    ..StatusColumns::default()
                };
                Ok(core.status_all(at, columns)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_explain(
    ledger: *const itom_ledger,
    clock: u32,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let segments = shared(ledger, "ledger")?.0.read(|core| Ok(core.explain(clock, at)?))?;
            out.give(itom_bytes::json(&segments)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_replace_calendar(
    ledger: *mut itom_ledger,
    number: u32,
    calendar: *const itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let calendar = shared(calendar, "calendar")?.0.read(|core| Ok(core.clone()))?;
            let ledger = exclusive(ledger, "ledger")?;
            ledger.0.write(|core| Ok(core.replace_calendar(number, &calendar)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_to_bytes(
    ledger: *const itom_ledger,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(ledger, "ledger")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_ledger,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let ledger = CoreLedger::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_ledger(Handle::new(ledger)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_free(ledger: *mut itom_ledger) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(ledger) });
}

/// Where the memory for a column lies, which can be one; nowhere if it is not wanted.
///
/// # Safety
/// As of [`room`].
pub(super) unsafe fn checked<T>(
    start: *mut T,
    len: usize,
    argument: &'static str,
) -> Result<Extent, Failure> {
    if !start.is_null() {
        // SAFETY: as the caller says.
        unsafe { room(start, len, argument) }?;
    }
    Ok(extent(start, len, argument))
}

/// Memory for a column, zeroed; none if it is not wanted.
///
/// # Safety
/// `start` is NULL or points at memory for as many values that nobody else uses during the call.
unsafe fn column<'a, T: Copy + Default>(
    start: *mut T,
    len: usize,
    argument: &'static str,
) -> Result<Option<&'a mut [T]>, Failure> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller says.
    let cells: &mut [MaybeUninit<T>] = unsafe { room(start, len, argument) }?;
    for cell in cells.iter_mut() {
        cell.write(T::default());
    }
    // SAFETY: every cell has just been written.
    Ok(Some(unsafe { &mut *(std::ptr::from_mut(cells) as *mut [T]) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_key(
    ledger: *const itom_ledger,
    clock: u32,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let key = shared(ledger, "ledger")?.0.read(|core| {
                let missing = || Error::not_found("clock", "clock", clock);
                Ok(core.key(clock).ok_or_else(missing)?.to_owned())
            })?;
            out.give(itom_bytes::new(key.into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_status_known(
    ledger: *const itom_ledger,
    clock: u32,
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
            let ledger = shared(ledger, "ledger")?;
            let status = ledger.0.read(|core| Ok(core.status_known(clock, at, known)?))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_verdicts_all(
    ledger: *mut itom_ledger,
    at: i64,
    len: usize,
    target: *mut i64,
    breached: *mut bool,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            exclusive(ledger, "ledger")?.0.write(|core| {
                if len != core.len() {
                    let expected = format!("{}, the number of clocks", core.len());
                    return Err(Error::invalid("len", len, expected).into());
                }
                input::apart(&[
                    checked(target, len, "target")?,
                    checked(breached, len, "breached")?,
                ])?;
                let columns = StatusColumns {
                    target: column(target, len, "target")?,
                    breached: column(breached, len, "breached")?,
                    ..StatusColumns::default()
                };
                Ok(core.status_all(at, columns)?)
            })
        })
    }
}
