//! Which share of the time was a service up, and which will it be?
//!
//! Two worlds, kept apart. *Measured*: [a period's](period) outages united and weighed, with an
//! [explanation](explain), [failure measures](reliability), [intervals](confidence) and the
//! [shares of several causes](attribution). *Modelled*: the availability of what is
//! [composed](composite) of parts, from the availabilities of the parts; a measured one enters
//! there with its interval and as such only.

mod attribution;
mod composite;
mod confidence;
mod explain;
mod outage;
mod period;
pub(in crate::sla) mod quantile;
mod reliability;

pub use attribution::{Attribution, CauseShare, attribution};
pub use composite::{
    ComponentImportance, CompositeAvailability, CompositeMethod, DependencyExpression,
    DependencyGate, DependencyGraph, DependencyGraphDefinition, GroupDefinition, KOfN,
    NetworkDefinition, NetworkEdge, NodeDefinition, Precision, ReplicaGain, Simulation,
    SimulationOptions, rbd, two_terminal,
};
pub use confidence::{ConfidenceInterval, Sided, clopper_pearson, wilson};
pub use explain::{AvailabilityExplanation, OutageAccount, OutageReason, OutageSegment};
pub use outage::{OutageRecord, Overlap};
pub use period::{Availability, AvailabilityOptions, AvailabilityPoint, Outage, availability};
pub use reliability::{Reliability, reliability};
