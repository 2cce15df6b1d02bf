//! The configuration management database: laws and the durable store.

#![cfg(feature = "cmdb")]

#[path = "../common/mod.rs"]
mod common;

mod blocks;
mod checkpoints;
mod debian;
mod faults;
mod faulty;
mod health;
mod health_laws;
mod impact;
mod impact_questions;
mod impact_relations;
mod impact_weights;
mod laws;
mod lifecycle;
mod model;
mod moments;
mod query;
mod query_expressions;
mod reconcile;
mod reconcile_oracle;
#[cfg(feature = "store")]
mod store;
