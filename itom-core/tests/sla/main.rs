//! Calendars, clocks, agreements, availability and objectives: the shared cases and the laws.

#![cfg(feature = "sla")]

#[path = "../common/mod.rs"]
mod common;

mod agreement;
mod availability;
mod calendar;
mod calendar_laws;
mod case_file;
mod cases;
mod clock;
mod delivery;
mod entangled;
mod estate;
mod families;
mod fields;
mod forecast;
mod forecast_incidents;
mod laws;
mod ledger;
mod objective;
mod random;
mod relative;
mod zones;
