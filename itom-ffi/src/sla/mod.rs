//! The parts of `sla` in C, one file each.

mod agreement;
mod availability;
mod calendar;
mod clock;
mod composite;
mod delivery;
mod forecast;
mod formats;
mod fraction;
mod ledger;
mod ledger_change;
mod objective;
#[cfg(feature = "openslo")]
mod openslo;
mod relative;
mod replay;
mod zones;
