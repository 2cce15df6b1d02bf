//! what looks wrong.

mod nab;

pub use nab::{NabProfile, NabScore, NabSeries, nab_score};
