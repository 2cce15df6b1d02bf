//! The parts of `sla` in C, one file each.

mod agreement;
mod availability;
mod calendar;
mod clock;
mod formats;
mod composite;
mod forecast;
mod delivery;
mod ledger;
mod objective;
#[cfg(feature = "openslo")]
mod openslo;
mod relative;
mod zones;
