//! Which periods does a series have, and what is left without them?
//!
//! [`seasonal_periods`] finds the periods, [`decompose`] splits a series into trend, one part for
//! each period, and a remainder.

mod fill;
mod loess;
mod mstl;
mod periods;
mod stl;

pub(super) use fill::{filled, size};
pub use mstl::{DecomposeOptions, Decomposition, Season, decompose};
pub use periods::seasonal_periods;
pub(super) use periods::tested;
