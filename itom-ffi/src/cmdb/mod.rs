//! The CMDB: databases, views, impact.

mod database;
mod formats;
mod model;
mod moments;
mod storage;

#[cfg(feature = "operations")]
pub use database::itom_cmdb;
