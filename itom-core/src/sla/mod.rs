//! What was promised: business time, SLA clocks, objectives and their error budgets.
mod calendar;
mod compile;
mod definition;
mod interval;
mod local;
mod rules;
mod timeline;
mod week;
mod zone;

pub use calendar::{Calendar, Window};
pub use definition::{CalendarDefinition, CalendarVersion, WindowText};
