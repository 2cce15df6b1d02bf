//! Which promises hold for which records? Agreements as data, driven by a log of record updates.
//!
//! [Definitions](definition) with [conditions](condition) are compiled into a [program], which a
//! [walk] over a record's updates in the [log] turns into [traces](trace) of clocks; the
//! [engine](agreements) does so as updates come, a [replay] for a whole history.

mod agreements;
mod attainment;
mod chain;
mod condition;
mod credit;
mod definition;
mod fields;
mod history;
mod log;
mod priority;
mod program;
mod replay;
mod status;
mod text;
mod trace;
mod value;
mod walk;
mod what_if;

pub use agreements::Agreements;
pub use attainment::{Attainment, AttainmentOptions, AttainmentRule, CountedIn, VerdictCounts};
pub use chain::{AgreementSlack, ChainLink, SupportingTarget, TimeShare, chain};
pub use condition::{Condition, FieldTest};
pub use credit::{Credit, CreditBound, CreditPolicy, CreditTier};
pub use definition::{
    AgreementDefinition, AgreementKind, AgreementsDefinition, CancelRule, MetricDefinition,
    PauseDefinition, ReopenRule, TargetChange, TargetDefinition,
};
pub use log::{RecordLog, RecordUpdate, RowWriter};
pub use priority::{PriorityMatrix, PriorityRule};
pub use replay::{Outcome, PauseTotal, Replay, replay};
pub use status::{
    AgreementAction, AgreementChanges, AgreementCrossing, AgreementEvent, AgreementSegment,
    AgreementStatus,
};
pub use value::{FieldRef, FieldValue};
pub use what_if::{Flip, FlipCause, Ruling, WhatIf, what_if};
