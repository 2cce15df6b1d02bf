#![cfg(feature = "sla")]

mod agreement;
mod availability;
mod calendar;
mod calendar_laws;
mod cases;
mod clock;
mod delivery;
mod estate;
mod forecast;
mod forecast_incidents;
mod laws;
mod ledger;
mod objective;
mod relative;
mod zones;
