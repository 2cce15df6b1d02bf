//! What does an OpenSLO v1 text promise? [Documents](document) of YAML or JSON, [read](read) into
//! objectives, each with the queries behind it.
//!
//! The specification (github.com/OpenSLO/OpenSLO) leaves things open; here is what is done:
//!
//! - A day of a rolling window is 24 hours, a month 30 days, a quarter 90, a year 365. Windows that
//!   follow a calendar are nominal: a month is a month of its zone.
//! - A rolling window without slices is counted by the minute, or by the least longer unit that
//!   keeps the buckets within their bounds; slices are as long as `timeSliceWindow` says, a plain
//!   number being minutes.
//! - A condition of kind `burnrate` has one window, its `lookbackWindow`; it fires above its
//!   threshold (`op: gt`, or no `op`) or from it on (`op: gte`).
//! - `indicatorRef`, `alertPolicyRef`, `conditionRef` and `targetRef` have to name an object of the
//!   text; `service` and `metricSourceRef` may name what is kept elsewhere.
//! - `op` and `value` beside a ratio have no effect and are noted.
//!
//! Everything else that the specification does not have is refused, with line and column. Queries
//! are not run: their specs are handed on as they are written.
//!
//! Cost: linear in the text, which is bounded by 8 MiB, 10,000 documents and 500,000 nodes.

mod document;
mod fields;
mod indicator;
mod policy;
mod read;
mod slo;
mod yaml;

pub use document::{
    OpenSlo, OpenSloAlertPolicy, OpenSloIndicator, OpenSloMetric, OpenSloObject, OpenSloObjective,
};
