//! Which item a record is of, and which value is right: identification and reconciliation.

mod api;
mod batch;
mod choose;
pub(super) mod claims;
mod control;
mod engine;
mod explain;
mod identify;
mod index;
mod result;
mod rows;
mod rules;
mod stage;
mod sweep;

pub(super) use control::Control;
pub(super) use index::Index;
pub(super) use rows::RowSet;
pub(super) use stage::{rewire, stage};

pub use choose::Verdict;
pub use explain::{AttributeClaim, DuplicateItems, WhyValue};
pub use result::{
    Identified, LostValue, Outcome, OutcomeCounts, Reconciliation, ReconciliationReport,
    RecordResult, RelationResult,
};
pub use rules::{Choose, ClassSwitch, ReconciliationRule, ReconciliationRules};
pub use stage::{AttributeLock, ConfirmItems, MergeItems, UnmergeItems};
pub use sweep::{SweepAction, SweepDefinition, SweepReport};
