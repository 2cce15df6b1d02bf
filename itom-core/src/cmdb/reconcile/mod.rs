//! Which item a record is of, and which value is right: identification and reconciliation.
//!
//! A source hands over records ([`ItemRecord`](super::ItemRecord)) that need not know ids.
//! [`Cmdb::reconcile`](super::Cmdb::reconcile) finds the item of each by the entries of its class's
//! identification rule ([`identify`]), and writes what the source says beside what the others say.
//! Nothing is decided when it is written: the value of an attribute is [chosen](choose) when it is
//! read, among the [claims] of the sources, by the [rules] known at the view's moment. So the rules
//! may change and the past changes with them, a merge is a line in the log that can be taken back,
//! and every value can tell whom it beat. A [sweep] withdraws what a source no longer sees.
//!
//! Identifying costs a probe of a hash table per entry; a record seen last with the same digest is
//! not compared. Reading an item of several voices costs a walk through what was said of it.

mod api;
mod batch;
mod choose;
pub(super) mod claims;
mod control;
mod engine;
mod explain;
mod identify;
mod identity;
mod index;
mod result;
mod rows;
mod rules;
mod stage;
mod sweep;
mod write;

pub(super) use control::{Control, SavedControl};
pub(super) use identify::says_nothing;
pub(super) use identity::Identities;
pub(super) use index::Index;
pub(super) use rows::RowSet;
pub(super) use stage::{rewire, stage, standing_row};

pub use choose::Verdict;
pub use explain::{AttributeClaim, DuplicateItems, WhyValue};
pub use result::{
    Identified, LostValue, Outcome, OutcomeCounts, Reconciliation, ReconciliationReport,
    RecordResult, RelationResult,
};
pub use rules::{Choose, ClassSwitch, ReconciliationRule, ReconciliationRules};
pub use stage::{AttributeLock, ConfirmItems, MergeItems, UnmergeItems};
pub use sweep::{SweepAction, SweepDefinition, SweepReport};
