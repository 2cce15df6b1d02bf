#![cfg(feature = "anomaly")]

mod golden;
mod laws;
mod nab;
