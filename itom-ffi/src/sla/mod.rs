//! The parts of `sla` in C, one file each.

mod availability;
mod calendar;
mod clock;
mod objective;
mod relative;
mod zones;
