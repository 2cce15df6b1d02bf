#![cfg(feature = "event")]

mod cause;
mod correlator;
