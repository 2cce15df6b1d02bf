//! How much of a promise is used up? One clock: its [events](event), kept in a [`log`], folded
//! ([`fold`]) into pieces for every question, reckoned ([`reckon`]) and put into words ([`answer`]).

pub(in crate::sla) mod answer;
pub(in crate::sla) mod book;
#[allow(clippy::module_inception)]
mod clock;
mod event;
pub(in crate::sla) mod fold;
mod log;
mod options;
pub(in crate::sla) mod reckon;
mod status;

pub use clock::Clock;
pub(in crate::sla) use clock::retroactive;
pub(in crate::sla) use event::check_target;
pub use event::{ClockAction, ClockEvent, ReopenMode, Scope};
pub use options::{AtEquality, BreachRule, ClockOptions};
pub use status::{ClockState, ClockStatus, Cycle, PausedBy, Segment, Threshold};
