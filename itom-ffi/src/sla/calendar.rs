//! `itom_calendar` in C.

use std::ffi::c_char;

use itom_core::sla::{Calendar as CoreCalendar, CalendarDefinition};
use itom_core::{Error, Timestamp};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, fill, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// A compiled calendar; it never changes.
pub struct itom_calendar(pub(super) Handle<CoreCalendar>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: CalendarDefinition = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_calendar(Handle::new(CoreCalendar::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_elapsed(
    calendar: *const itom_calendar,
    start: i64,
    end: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (start, end) = (input::instant(start, "start")?, input::instant(end, "end")?);
            let elapsed =
                shared(calendar, "calendar")?.0.read(|core| Ok(core.elapsed(start, end)))?;
            out.set(elapsed.as_nanos());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_deadline(
    calendar: *const itom_calendar,
    start: i64,
    duration: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let start = input::instant(start, "start")?;
            let duration = input::duration(duration, "duration")?;
            let calendar = shared(calendar, "calendar")?;
            out.set(output::nanos(calendar.0.read(|core| Ok(core.deadline(start, duration)?))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_deadline_back(
    calendar: *const itom_calendar,
    end: i64,
    duration: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let end = input::instant(end, "end")?;
            let duration = input::duration(duration, "duration")?;
            let calendar = shared(calendar, "calendar")?;
            out.set(output::nanos(calendar.0.read(|core| Ok(core.deadline_back(end, duration)?))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_is_open(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut bool,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            out.set(shared(calendar, "calendar")?.0.read(|core| Ok(core.is_open(at)))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_windows(
    calendar: *const itom_calendar,
    start: i64,
    end: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (start, end) = (input::instant(start, "start")?, input::instant(end, "end")?);
            let calendar = shared(calendar, "calendar")?;
            let windows = calendar.0.read(|core| Ok(core.windows(start, end)?))?;
            out.give(itom_bytes::json(&windows)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_elapsed_all(
    calendar: *const itom_calendar,
    starts: *const i64,
    ends: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (starts, ends) = (slice(starts, len, "starts")?, slice(ends, len, "ends")?);
            let calendar = shared(calendar, "calendar")?;
            let elapsed = calendar.0.read(|core| Ok(core.elapsed_all(starts, ends)?))?;
            fill(room(out, len, "out")?, &elapsed);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_deadline_all(
    calendar: *const itom_calendar,
    starts: *const i64,
    durations: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let starts = slice(starts, len, "starts")?;
            let durations = slice(durations, len, "durations")?;
            let calendar = shared(calendar, "calendar")?;
            let due = calendar.0.read(|core| Ok(core.deadline_all(starts, durations)?))?;
            fill(room(out, len, "out")?, &due);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_deadline_back_all(
    calendar: *const itom_calendar,
    ends: *const i64,
    durations: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let ends = slice(ends, len, "ends")?;
            let durations = slice(durations, len, "durations")?;
            let calendar = shared(calendar, "calendar")?;
            let begins = calendar.0.read(|core| Ok(core.deadline_back_all(ends, durations)?))?;
            fill(room(out, len, "out")?, &begins);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_is_open_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut bool,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = instants(at, len, "at")?;
            let open = shared(calendar, "calendar")?.0.read(|core| Ok(core.is_open_all(at)))?;
            fill(room(out, len, "out")?, &open);
            Ok(())
        })
    }
}

/// The instant that `look` finds around another.
///
/// # Safety
/// Pointers are as the header says.
unsafe fn around(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
    look: fn(&CoreCalendar, Timestamp) -> Option<Timestamp>,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let calendar = shared(calendar, "calendar")?;
            out.set(output::nanos(calendar.0.read(|core| Ok(look(core, at)))?));
            Ok(())
        })
    }
}

/// The same for an array.
///
/// # Safety
/// Pointers are as the header says.
unsafe fn around_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
    look: fn(&CoreCalendar, &[i64]) -> Vec<i64>,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = slice(at, len, "at")?;
            let calendar = shared(calendar, "calendar")?;
            let found = calendar.0.read(|core| Ok(look(core, at)))?;
            fill(room(out, len, "out")?, &found);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_next_opening(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around(calendar, at, out, error, CoreCalendar::next_opening) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_next_opening_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around_all(calendar, at, len, out, error, CoreCalendar::next_opening_all) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_next_closing(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around(calendar, at, out, error, CoreCalendar::next_closing) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_next_closing_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around_all(calendar, at, len, out, error, CoreCalendar::next_closing_all) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_previous_opening(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around(calendar, at, out, error, CoreCalendar::previous_opening) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_previous_opening_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around_all(calendar, at, len, out, error, CoreCalendar::previous_opening_all) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_previous_closing(
    calendar: *const itom_calendar,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around(calendar, at, out, error, CoreCalendar::previous_closing) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_previous_closing_all(
    calendar: *const itom_calendar,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { around_all(calendar, at, len, out, error, CoreCalendar::previous_closing_all) }
}

/// Calendars put together, from an array of pointers to them.
///
/// # Safety
/// Pointers are as the header says.
unsafe fn put_together(
    calendars: *const *const itom_calendar,
    len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
    operation: fn(&[CoreCalendar]) -> itom_core::Result<CoreCalendar>,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let mut operands = Vec::new();
            for &calendar in slice(calendars, len, "calendars")? {
                let calendar = shared(calendar, "calendars")?;
                operands.push(calendar.0.read(|core| Ok(core.clone()))?);
            }
            out.give(itom_calendar(Handle::new(operation(&operands)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_union(
    calendars: *const *const itom_calendar,
    len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { put_together(calendars, len, out, error, CoreCalendar::union) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_intersection(
    calendars: *const *const itom_calendar,
    len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { put_together(calendars, len, out, error, CoreCalendar::intersection) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_difference(
    calendars: *const *const itom_calendar,
    len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { put_together(calendars, len, out, error, CoreCalendar::difference) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_in_zone(
    calendar: *const itom_calendar,
    tz: *const c_char,
    tz_len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let tz = text(tz, tz_len, "tz")?;
            let moved = shared(calendar, "calendar")?.0.read(|core| Ok(core.in_zone(tz)?))?;
            out.give(itom_calendar(Handle::new(moved)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_definition(
    calendar: *const itom_calendar,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let calendar = shared(calendar, "calendar")?;
            out.give(calendar.0.read(|core| itom_bytes::json(core.definition()))?);
            Ok(())
        })
    }
}

/// An array of instants, none of them `ITOM_NEVER`.
///
/// # Safety
/// As of [`slice`].
pub(super) unsafe fn instants<'a>(
    start: *const i64,
    len: usize,
    argument: &'static str,
) -> Result<&'a [i64], Failure> {
    // SAFETY: as the caller says.
    let values = unsafe { slice(start, len, argument) }?;
    match values.iter().position(|&nanos| nanos == output::NEVER) {
        Some(index) => {
            let value = format!("ITOM_NEVER at index {index}");
            Err(Error::invalid(argument, value, "instants in nanoseconds").into())
        }
        None => Ok(values),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_free(calendar: *mut itom_calendar) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(calendar) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_at(
    calendar: *const itom_calendar,
    at: i64,
    opens: *mut i64,
    closes: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (opens, closes) = (Out::new(opens, "opens")?, Out::new(closes, "closes")?);
            let at = input::instant(at, "at")?;
            let window = shared(calendar, "calendar")?.0.read(|core| Ok(core.window_at(at)))?;
            opens.set(output::nanos(window.map(|window| window.opens)));
            closes.set(output::nanos(window.map(|window| window.closes)));
            Ok(())
        })
    }
}
