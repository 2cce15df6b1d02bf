//! How much error budget is left? An objective over [counts](tally) and its [burn alerts](burn).

mod burn;
#[allow(clippy::module_inception)]
mod objective;
mod tally;

pub use burn::{BurnAlert, BurnStatus};
pub use objective::{Budgeting, Objective, ObjectiveDefinition, ObjectiveState, ObjectiveStatus};
