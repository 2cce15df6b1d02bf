//! Which item a record is of, and which value is right: identification and reconciliation.

mod choose;
pub(super) mod claims;
mod control;
mod rows;
mod rules;
mod stage;

pub(super) use control::Control;
pub(super) use rows::RowSet;
pub(super) use stage::{rewire, stage};

pub use choose::Verdict;
pub use rules::{Choose, ClassSwitch, ReconciliationRule, ReconciliationRules};
pub use stage::{AttributeLock, ConfirmItems, MergeItems, UnmergeItems};
