//! The IT-operations core that other tools embed.
#![forbid(unsafe_code)]

mod error;
pub mod snapshot;
pub mod table;
mod time;

pub use error::{Error, ErrorKind, Result};
pub use time::{Duration, Timestamp};

#[cfg(feature = "anomaly")]
pub mod anomaly;
#[cfg(feature = "cmdb")]
pub mod cmdb;
#[cfg(feature = "event")]
pub mod event;
#[cfg(feature = "operations")]
pub mod operations;
#[cfg(feature = "sla")]
pub mod sla;
