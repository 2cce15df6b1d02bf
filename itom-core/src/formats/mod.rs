//! Documents that other tools write and read: calendars and rules of recurrence.
//!
//! - [`RecurringWindow`]: windows that recur by a rule of RFC 5545, such as maintenance on the
//!   first Sunday of the month.
#![cfg_attr(
    feature = "ical",
    doc = "- [`definition_from_ics`], [`Calendar::from_ics`] and [`Calendar::to_ics`]: iCalendar."
)]
#![cfg_attr(
    feature = "opening_hours",
    doc = "- [`Calendar::from_opening_hours`]: OpenStreetMap's `opening_hours`."
)]
#![cfg_attr(feature = "openslo", doc = "- [`OpenSlo`]: objectives in OpenSLO v1.")]
//!
//! What a foreign document says either becomes exactly the same statement of this library or is
//! refused with its place; nothing is approximated. Each format has a cargo feature of its own.
//!
//! [`Calendar::from_ics`]: crate::sla::Calendar::from_ics
//! [`Calendar::to_ics`]: crate::sla::Calendar::to_ics
//! [`Calendar::from_opening_hours`]: crate::sla::Calendar::from_opening_hours

mod civil;
#[cfg(feature = "ical")]
mod icalendar;
#[cfg(feature = "opening_hours")]
mod opening_hours;
#[cfg(feature = "openslo")]
mod openslo;
#[cfg(any(feature = "ical", feature = "opening_hours"))]
mod pattern;
mod recurrence;

#[cfg(feature = "ical")]
pub use icalendar::{
    IcsEvents, IcsOptions, IcsWriteOptions, Transparent, Unsynchronized, definition_from_ics,
};
#[cfg(feature = "opening_hours")]
pub use opening_hours::{OpeningHoursOptions, definition_from_opening_hours};
#[cfg(feature = "openslo")]
pub use openslo::{
    OpenSlo, OpenSloAlertPolicy, OpenSloIndicator, OpenSloMetric, OpenSloObject, OpenSloObjective,
};
pub use recurrence::{RecurrenceRule, RecurringWindow};
