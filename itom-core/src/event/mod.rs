//! What happened: events become alerts, alerts become incidents, incidents have a cause.
//!
//! | question | start at |
//! |---|---|
//! | What is an event? | [`Event`] |
//! | Which events are one alert, does it flap? | [`Alert`] |
//! | Which alerts are one incident, and why? | [`Correlator`], [`Incident`] |
//! | Who depends on whom? | [`Topology`], [`EdgeTopology`] |
//! | Which log lines say the same? | [`TemplateMiner`] |
//! | What caused it? | [`rank_causes`], [`Cause`] |
//! | Which types of alarms cause which others? | [`learn_dependencies`], [`DependencyLearner`] |
//!
//! ```
//! use itom_core::event::{Correlator, EdgeTopology, Event};
//! use itom_core::Timestamp;
//!
//! let topology = EdgeTopology::new([("shop", "db")]);
//! let mut correlator = Correlator::default();
//! let at = Timestamp::from_secs;
//! let events = [Event::new("1", at(0), "db", "slow"), Event::new("2", at(9), "shop", "errors")];
//! correlator.push(&events, &topology)?;
//! correlator.advance(at(60), &topology)?;
//! assert_eq!(correlator.incidents().len(), 1);
//! # Ok::<(), itom_core::Error>(())
//! ```

mod alert;
mod cause;
mod correlator;
mod definition;
mod dependency;
mod deviation;
#[allow(clippy::module_inception)]
mod event;
mod evidence;
mod incident;
mod ledger;
mod template;
mod topology;
mod update;

pub use alert::{Alert, AlertState};
pub use cause::{Cause, CauseAlert, CauseChange, CauseQuery, Series, Symptom, rank_causes};
pub use correlator::Correlator;
pub use definition::CorrelatorDefinition;
pub use dependency::{
    DependencyDefinition, DependencyLearner, DependencyQuery, LearnedDependency, learn_dependencies,
};
pub use event::{Event, EventKind};
pub use evidence::Evidence;
pub use incident::{Incident, IncidentState, Link, Step};
pub use template::{
    ParameterKind, RateDirection, Template, TemplateHit, TemplateMask, TemplateMatch,
    TemplateMiner, TemplateMinerDefinition, TemplateParameter, TemplateStatistics, TemplateUpdate,
};
pub use topology::{EdgeTopology, Topology};
pub use update::{ResolveReason, Statistics, Update};
