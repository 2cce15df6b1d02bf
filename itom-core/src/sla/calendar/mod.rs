//! When does the clock count? A definition is checked ([`read`], [`rules`]) under its
//! [`conventions`], laid out on the zone's wall clock ([`local`], [`week`]), carried over to
//! instants ([`resolve`], [`compile`]), put together with others ([`combine`]) and answered from ([`open_time`],
//! [`arithmetic`], [`windows`]): by [`near`] in the years 2000 to 2050, by [`timeline`] in all others.

mod arithmetic;
#[allow(clippy::module_inception)]
mod calendar;
mod combine;
mod compile;
mod conventions;
mod days;
mod definition;
mod ladder;
mod local;
mod near;
mod open_time;
mod read;
mod resolve;
mod rules;
mod timeline;
mod week;
mod windows;

pub use calendar::Calendar;
pub use conventions::{
    CalendarConventions, DeadlineRule, HolidayRule, LocalTimeRule, SkippedDateRule, YearlyRangeRule,
};
pub(in crate::sla) use days::BusinessDays;
pub use definition::{CalendarDefinition, CalendarPeriod, CalendarVersion, WindowText};
pub use windows::{Window, Windows};
