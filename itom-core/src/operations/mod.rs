//! What it means: observations in, a few explained incidents out.
//!
//! [`Operations`] joins the four domains as a sans-I/O state machine. Metric samples stream through
//! the detectors of [`anomaly`](crate::anomaly); what is anomalous becomes an event; events become
//! alerts and alerts incidents in the correlator of [`event`](crate::event), over the topology that
//! [`cmdb`](crate::cmdb) holds; and of an incident [`ExplainedIncident`] says where it shows, what
//! caused it, which services it hits, what is left of their error budgets and how long until the
//! agreements of [`sla`](crate::sla) are breached. A [`Report`] draws one incident for people.
//!
//! | file | what is inside |
//! |---|---|
//! | `definition` | the document that wires the domains |
//! | `observation` | what goes in |
//! | `engine` | the state machine and its snapshot |
//! | `monitor` | one series: detector, recent history, alert |
//! | `explain` | what an incident means |
//! | `compose` | fills the report of an incident |
//! | `report` | one incident as a person reads it, and how it is drawn |
//!
//! It never hides the parts: each engine it uses is public and usable alone.

mod compose;
mod definition;
mod engine;
mod explain;
mod monitor;
mod observation;
pub mod report;
mod summary;
mod topology;

pub use definition::{Agreement, MetricRule, ObjectiveRule, OperationsDefinition, Worse};
pub use engine::{Operations, OperationsUpdate, Rejection};
pub use explain::{
    ExplainedIncident, IncidentClock, IncidentImpact, IncidentObjective, IncidentSymptom,
    ServiceHit,
};
pub use observation::{MetricSample, Observation, TopologyChange, samples_from_table};
pub use report::Report;
