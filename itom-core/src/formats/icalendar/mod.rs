//! Calendars from and to iCalendar (RFC 5545).
//!
//! In: [`definition_from_ics`] reads lines ([`lines`]), components ([`parse`]) and zones
//! ([`timezone`]), and lays events out as weeks and special dates ([`read`], [`week`]). Out:
//! [`Calendar::to_ics`] ([`write`]).
//!
//! The text is read here and not by the crate `icalendar`: its parser (0.17) descends into nested
//! components by recursion, so that a file of `BEGIN:A` lines overflows the stack of the host, and
//! it keeps no line numbers.

mod lines;
mod options;
mod parse;
mod read;
mod timezone;
mod values;
mod week;
mod write;
mod zone_out;

pub use options::{IcsEvents, IcsOptions, IcsWriteOptions, Transparent, Unsynchronized};
pub use read::definition_from_ics;

use crate::Result;
use crate::sla::Calendar;

impl Calendar {
    /// Reads an iCalendar text and compiles it: [`definition_from_ics`].
    ///
    /// # Errors
    /// As [`definition_from_ics`].
    ///
    /// ```
    /// use itom_core::formats::IcsOptions;
    /// use itom_core::sla::Calendar;
    ///
    /// let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105T090000Z\nDURATION:PT8H\n\
    ///            RRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n";
    /// let calendar = Calendar::from_ics(ics, &IcsOptions::default())?;
    /// assert!(calendar.is_open("2100-01-04T12:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn from_ics(text: &str, options: &IcsOptions) -> Result<Calendar> {
        Calendar::new(definition_from_ics(text, options)?)
    }

    /// Writes the calendar as iCalendar text: weekly windows as VEVENTs with an RRULE, holidays as
    /// their EXDATEs, special dates as single events, in the zone of the calendar (of its first
    /// part, where it is a union, intersection or difference), whose rules stand in a VTIMEZONE.
    ///
    /// Of windows that open on the dates from `options.from` to `options.until`,
    /// [`Calendar::from_ics`] of the text says what the calendar says; one that opened the day
    /// before and runs into the first date is not in it.
    ///
    /// # Errors
    /// For a malformed date, where `until` is before `from`, and without an `until` where the
    /// calendar has dates of every year.
    ///
    /// ```
    /// use itom_core::formats::{IcsOptions, IcsWriteOptions};
    /// use itom_core::sla::Calendar;
    ///
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let ics = calendar.to_ics(&IcsWriteOptions::default())?;
    /// assert!(ics.contains("RRULE:FREQ=WEEKLY;BYDAY=MO\r\n"));
    /// let back = Calendar::from_ics(&ics, &IcsOptions::default())?;
    /// assert!(back.is_open("2026-06-15T08:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_ics(&self, options: &IcsWriteOptions) -> Result<String> {
        write::to_ics(self, options)
    }
}
