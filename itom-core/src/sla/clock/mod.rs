//! How much of a promise is used up? One clock: its [events](event), folded ([`fold`]) for every
//! question.

#[allow(clippy::module_inception)]
mod clock;
mod event;
mod fold;

pub use clock::{Clock, ClockOptions, ClockState, ClockStatus, Cycle, Segment, Threshold};
pub use event::{ClockAction, ClockEvent, ReopenMode};
