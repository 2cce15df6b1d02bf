//! The join of the domains, and the report drawn from it.

#![cfg(feature = "operations")]

#[path = "../common/mod.rs"]
mod common;

mod laws;
mod report_pages;
