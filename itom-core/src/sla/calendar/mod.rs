//! When does the clock count? A definition is checked ([`rules`]), laid out on the zone's wall clock
//! ([`local`], [`week`]), carried over to instants ([`compile`]) and answered from: by [`near`] in
//! the years 2000 to 2050, by [`timeline`] in all others.

#[allow(clippy::module_inception)]
mod calendar;
mod compile;
mod definition;
mod ladder;
mod local;
mod near;
mod rules;
mod timeline;
mod week;

pub use calendar::{Calendar, Window};
pub use definition::{CalendarDefinition, CalendarVersion, WindowText};
