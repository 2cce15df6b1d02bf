//! Many clocks at once: columns of sums ([`meters`]) over a log of events ([`history`]), with what
//! comes next in queues ([`queue`]) and what was crossed read from either ([`advance`], [`marks`]).

mod advance;
mod apply;
mod column;
mod crossing;
mod events;
mod fill;
mod former;
mod history;
mod keys;
#[allow(clippy::module_inception)]
mod ledger;
mod marks;
mod meters;
mod ordinary;
mod promise;
mod queue;
mod refused;
mod replace;
mod rows;
mod snapshot;
mod status;
mod walk;
mod what;
mod whatif;

pub use crossing::{Crossing, CrossingKind, NextBreach};
pub use events::{EventAction, EventColumns};
pub use ledger::{Ledger, LedgerMemory, Openings};
pub use refused::RefusedEvent;
pub use status::{ClockReading, StatusBlock, StatusColumns};
pub use whatif::{ClockVerdict, LedgerChange, LedgerDifference, LedgerDifferences};
