//! The CMDB: databases, views, impact.

mod database;
mod formats;
mod model;
mod storage;

#[cfg(feature = "operations")]
pub use database::itom_cmdb;
