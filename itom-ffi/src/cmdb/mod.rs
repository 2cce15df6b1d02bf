//! The CMDB: databases, views, impact.

mod database;

#[cfg(feature = "operations")]
pub use database::itom_cmdb;
