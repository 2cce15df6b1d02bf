//! Calendars from and to other tools' documents, and rules of recurrence, in C.

use std::ffi::c_char;

#[cfg(feature = "opening_hours")]
use itom_core::formats::OpeningHoursOptions;
use itom_core::formats::RecurringWindow;
#[cfg(feature = "ical")]
use itom_core::formats::{IcsOptions, IcsWriteOptions};
#[cfg(any(feature = "ical", feature = "opening_hours"))]
use itom_core::sla::Calendar as CoreCalendar;

#[cfg(any(feature = "ical", feature = "opening_hours"))]
use super::calendar::itom_calendar;
use crate::error::{itom_error, itom_status};
#[cfg(any(feature = "ical", feature = "opening_hours"))]
use crate::guard::Handle;
use crate::guard::guard;
#[cfg(feature = "ical")]
use crate::input::shared;
use crate::input::{self, text};
use crate::output::{Out, definition, itom_bytes};

#[cfg(feature = "ical")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_from_ics(
    ics: *const c_char,
    ics_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options: IcsOptions =
                definition(text(options, options_len, "options")?, "options")?;
            let ics = text(ics, ics_len, "ics")?;
            out.give(itom_calendar(Handle::new(CoreCalendar::from_ics(ics, &options)?)));
            Ok(())
        })
    }
}

#[cfg(feature = "ical")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_to_ics(
    calendar: *const itom_calendar,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options: IcsWriteOptions =
                definition(text(options, options_len, "options")?, "options")?;
            let calendar = shared(calendar, "calendar")?;
            let ics = calendar.0.read(|core| Ok(core.to_ics(&options)?))?;
            out.give(itom_bytes::new(ics.into_bytes()));
            Ok(())
        })
    }
}

#[cfg(feature = "opening_hours")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_from_opening_hours(
    hours: *const c_char,
    hours_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options: OpeningHoursOptions =
                definition(text(options, options_len, "options")?, "options")?;
            let hours = text(hours, hours_len, "hours")?;
            let calendar = CoreCalendar::from_opening_hours(hours, &options)?;
            out.give(itom_calendar(Handle::new(calendar)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_occurrences(
    json: *const c_char,
    json_len: usize,
    start: i64,
    end: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let window: RecurringWindow = definition(text(json, json_len, "json")?, "json")?;
            let (start, end) = (input::instant(start, "start")?, input::instant(end, "end")?);
            out.give(itom_bytes::json(&window.between(start, end)?)?);
            Ok(())
        })
    }
}
