//! Detectors: laws, the golden snapshot, the Numenta benchmark.

#![cfg(feature = "anomaly")]

#[path = "../common/mod.rs"]
mod common;

mod evaluate;
mod golden;
mod laws;
mod nab;
