//! Correlation and the ranking of causes.

#![cfg(feature = "event")]

#[path = "../common/mod.rs"]
mod common;

mod cause;
mod correlator;
mod template;
mod template_accuracy;
