#![cfg(feature = "operations")]

mod laws;
mod report_pages;
