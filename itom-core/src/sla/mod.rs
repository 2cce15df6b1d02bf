//! What was promised: business time, SLA clocks, objectives and their error budgets.
mod calendar;
mod clock;
mod clock_event;
mod clock_fold;
mod compile;
mod definition;
mod interval;
mod local;
mod rules;
mod timeline;
mod week;
mod zone;

pub use calendar::{Calendar, Window};
pub use clock::{Clock, ClockOptions, ClockState, ClockStatus, Cycle, Segment, Threshold};
pub use clock_event::{ClockAction, ClockEvent, ReopenMode};
pub use definition::{CalendarDefinition, CalendarVersion, WindowText};
