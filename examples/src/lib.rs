//! Examples of itom on real data: Rust under `rust/`, Python under `python/`, C under `c/`.
//!
//! Here is what several of the Rust ones use: the [incident log](incidents) and a [page](page) to
//! draw on.

pub mod incidents;
pub mod page;
