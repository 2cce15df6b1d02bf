//! Which share of a [period](period) was a service up?

mod period;

pub use period::{Availability, Outage, availability};
