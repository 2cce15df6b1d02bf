//! Business days, relative targets, nominal durations and calendar windows in C.

use std::ffi::c_char;

use itom_core::sla::{CalendarWindow, CalendarWindowDefinition, NominalDuration, RelativeTarget};

use super::calendar::{instants, itom_calendar};
use super::zones::itom_zone;
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, fill, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// Periods on a zone's wall clock; they never change.
pub struct itom_calendar_window(Handle<CalendarWindow>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_business_day(
    calendar: *const itom_calendar,
    at: i64,
    n: i64,
    opens: *mut i64,
    closes: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (opens, closes) = (Out::new(opens, "opens")?, Out::new(closes, "closes")?);
            let at = input::instant(at, "at")?;
            let calendar = shared(calendar, "calendar")?;
            let day = calendar.0.read(|calendar| Ok(calendar.business_day(at, n)?))?;
            opens.set(output::nanos(day.map(|day| day.opens)));
            closes.set(output::nanos(day.map(|day| day.closes)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_business_day_count(
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
            let calendar = shared(calendar, "calendar")?;
            out.set(calendar.0.read(|calendar| Ok(calendar.business_day_count(start, end)?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_business_day_count_all(
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
            let (starts, ends) = (instants(starts, len, "starts")?, instants(ends, len, "ends")?);
            let calendar = shared(calendar, "calendar")?;
            let counts = calendar.0.read(|core| Ok(core.business_day_count_all(starts, ends)?))?;
            fill(room(out, len, "out")?, &counts);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_relative_resolve_all(
    json: *const c_char,
    json_len: usize,
    calendar: *const itom_calendar,
    from: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let target: RelativeTarget = definition(text(json, json_len, "json")?, "json")?;
            let from = slice(from, len, "from")?;
            let calendar = shared(calendar, "calendar")?;
            let due = calendar.0.read(|calendar| Ok(target.resolve_all(calendar, from)?))?;
            fill(room(out, len, "out")?, &due);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_relative_business_target(
    json: *const c_char,
    json_len: usize,
    calendar: *const itom_calendar,
    start: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let target: RelativeTarget = definition(text(json, json_len, "json")?, "json")?;
            let start = input::instant(start, "start")?;
            let calendar = shared(calendar, "calendar")?;
            let time = calendar.0.read(|calendar| Ok(target.business_target(calendar, start)?))?;
            out.set(time.as_nanos());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_nominal_duration_parse(
    duration: *const c_char,
    duration_len: usize,
    months: *mut u32,
    days: *mut u32,
    exact: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (months, days) = (Out::new(months, "months")?, Out::new(days, "days")?);
            let exact = Out::new(exact, "exact")?;
            let duration: NominalDuration = text(duration, duration_len, "duration")?.parse()?;
            months.set(duration.months());
            days.set(duration.days());
            exact.set(duration.exact().as_nanos());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_nominal_duration_after(
    duration: *const c_char,
    duration_len: usize,
    zone: *const itom_zone,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let duration: NominalDuration = text(duration, duration_len, "duration")?.parse()?;
            let at = input::instant(at, "at")?;
            let after = shared(zone, "zone")?.0.read(|zone| Ok(duration.after(at, zone)))?;
            out.set(output::nanos(after));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_calendar_window,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: CalendarWindowDefinition =
                definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_calendar_window(Handle::new(CalendarWindow::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_containing(
    window: *const itom_calendar_window,
    at: i64,
    start: *mut i64,
    end: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (start, end) = (Out::new(start, "start")?, Out::new(end, "end")?);
            let at = input::instant(at, "at")?;
            let period = shared(window, "window")?.0.read(|window| Ok(window.containing(at)))?;
            start.set(output::nanos(period.map(|period| period.start)));
            end.set(output::nanos(period.map(|period| period.end)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_nth(
    window: *const itom_calendar_window,
    n: i64,
    start: *mut i64,
    end: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (start, end) = (Out::new(start, "start")?, Out::new(end, "end")?);
            let period = shared(window, "window")?.0.read(|window| Ok(window.nth(n)))?;
            start.set(output::nanos(period.map(|period| period.start)));
            end.set(output::nanos(period.map(|period| period.end)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_between(
    window: *const itom_calendar_window,
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
            let window = shared(window, "window")?;
            let periods = window.0.read(|window| Ok(window.between(start, end)?))?;
            out.give(itom_bytes::json(&periods)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_window_free(window: *mut itom_calendar_window) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(window) });
}
