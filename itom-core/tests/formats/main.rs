//! Foreign formats of calendars and objectives, in and out.

#[cfg(feature = "ical")]
mod icalendar;
#[cfg(feature = "opening_hours")]
mod opening_hours;
#[cfg(feature = "openslo")]
mod openslo;
