//! `itom_calendar`, `itom_clock`, `itom_objective`, `itom_availability` in C.

use std::ffi::c_char;

use itom_core::sla::{
    Calendar as CoreCalendar, CalendarDefinition, Clock as CoreClock, ClockEvent, ClockOptions,
    Objective as CoreObjective, ObjectiveDefinition, Outage, availability,
};
use itom_core::{Duration, Error, Timestamp};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, fill, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// A compiled calendar; it never changes.
pub struct itom_calendar(Handle<CoreCalendar>);

/// A clock behind its handle.
pub struct itom_clock(Handle<CoreClock>);

/// An objective behind its handle.
pub struct itom_objective(Handle<CoreObjective>);

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
            let (starts, ends) = (instants(starts, len, "starts")?, instants(ends, len, "ends")?);
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
            let starts = instants(starts, len, "starts")?;
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
            let ends = instants(ends, len, "ends")?;
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

/// An array of instants, none of them `ITOM_NEVER`.
///
/// # Safety
/// As of [`slice`].
unsafe fn instants<'a>(
    start: *const i64,
    len: usize,
    argument: &'static str,
) -> Result<&'a [i64], Failure> {
    // SAFETY: as the caller says.
    let instants = unsafe { slice(start, len, argument) }?;
    match instants.iter().position(|&nanos| nanos == output::NEVER) {
        Some(index) => {
            let value = format!("ITOM_NEVER at index {index}");
            Err(Error::invalid(argument, value, "instants in nanoseconds").into())
        }
        None => Ok(instants),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_free(calendar: *mut itom_calendar) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(calendar) });
}

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

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_objective,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: ObjectiveDefinition = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_objective(Handle::new(CoreObjective::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_record(
    objective: *mut itom_objective,
    at: i64,
    good: u64,
    total: u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record(at, good, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_record_all(
    objective: *mut itom_objective,
    at: *const i64,
    good: *const u64,
    total: *const u64,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = instants(at, len, "at")?;
            let (good, total) = (slice(good, len, "good")?, slice(total, len, "total")?);
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record_all(at, good, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_status(
    objective: *const itom_objective,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let status = shared(objective, "objective")?.0.read(|core| Ok(core.status(at)?))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_burn_rate(
    objective: *const itom_objective,
    at: i64,
    window: i64,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let window = input::duration(window, "window")?;
            let objective = shared(objective, "objective")?;
            let rate = objective.0.read(|core| Ok(core.burn_rate(at, window)?))?;
            out.set(rate.map_or(f64::NAN, |rate| rate.to_f64()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_time_to_exhaustion(
    objective: *const itom_objective,
    at: i64,
    window: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let window = input::duration(window, "window")?;
            let objective = shared(objective, "objective")?;
            let left = objective.0.read(|core| Ok(core.time_to_exhaustion(at, window)?))?;
            out.set(left.map_or(output::NEVER, Duration::as_nanos));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_to_bytes(
    objective: *const itom_objective,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(objective, "objective")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_objective,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let objective = CoreObjective::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_objective(Handle::new(objective)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_free(objective: *mut itom_objective) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(objective) });
}

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
            let outage = |pair: &[i64]| -> Result<Outage, Failure> {
                Ok((input::instant(pair[0], "outages")?, input::optional_instant(pair[1])))
            };
            let span = |pair: &[i64]| -> Result<(Timestamp, Timestamp), Failure> {
                Ok((input::instant(pair[0], "excluded")?, input::instant(pair[1], "excluded")?))
            };
            let outages: Vec<_> = outages.chunks_exact(2).map(outage).collect::<Result<_, _>>()?;
            let excluded: Vec<_> = excluded.chunks_exact(2).map(span).collect::<Result<_, _>>()?;
            let report = availability(period, &outages, &excluded, input::optional_instant(at))?;
            out.give(itom_bytes::json(&report)?);
            Ok(())
        })
    }
}

/// How many numbers so many pairs are.
fn doubled(pairs: usize, argument: &'static str) -> Result<usize, Failure> {
    let most = isize::MAX as usize / 16;
    if pairs > most {
        return Err(Error::invalid(argument, pairs, format!("at most {most} pairs")).into());
    }
    Ok(2 * pairs)
}
