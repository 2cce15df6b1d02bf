//! The CMDB: databases, views, impact.

mod database;
mod formats;
mod health;
mod impact;
mod model;
mod moments;
mod reconcile;
mod storage;

#[cfg(feature = "operations")]
pub use database::itom_cmdb;
