//! When does something recur? Rules of RFC 5545 §3.3.10 as local times, and as windows in a zone.
//!
//! [`RecurrenceRule`] is a rule ([`rule`] reads it, [`expand`] follows it), [`RecurringWindow`] a
//! rule with a first window in a zone.
//!
//! The rules are followed by this module rather than by a crate because every loop must end and
//! every answer must be whole: the crate `rrule` 0.14 gives up after 100,000 fruitless steps and
//! then reports "no occurrence" as if that were the answer, and it brings a second time zone
//! database. The tests compare the two, and `python-dateutil`.

mod expand;
mod rule;
mod window;

#[cfg(feature = "ical")]
pub(crate) use expand::{Budget, Series};
pub use rule::RecurrenceRule;
#[cfg(feature = "ical")]
pub(crate) use rule::{Frequency, Until, read_basic_date, read_basic_time};
pub use window::RecurringWindow;
