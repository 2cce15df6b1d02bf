//! Stretches of wall-clock time: [durations](nominal) of days and months, and [windows](window)
//! that follow each other on a zone's calendar.

mod nominal;
mod window;

pub use nominal::NominalDuration;
pub use window::{CalendarUnit, CalendarWindow, CalendarWindowDefinition, Period};
