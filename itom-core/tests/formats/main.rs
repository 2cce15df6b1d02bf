//! Foreign formats of calendars and objectives, items and relations, in and out.

#[cfg(feature = "cmdb")]
mod cmdb_in;
#[cfg(feature = "cmdb")]
mod cmdb_out;
#[cfg(feature = "ical")]
mod icalendar;
#[cfg(feature = "opening_hours")]
mod opening_hours;
#[cfg(feature = "openslo")]
mod openslo;
