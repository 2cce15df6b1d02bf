#![cfg(feature = "cmdb")]

mod laws;
#[cfg(feature = "store")]
mod store;
