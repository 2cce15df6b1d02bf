//! Correlation, the ranking of causes, and learned dependencies.

#![cfg(feature = "event")]

#[path = "../common/mod.rs"]
mod common;

mod cause;
mod correlator;
mod dependency;
mod template;
mod template_accuracy;
