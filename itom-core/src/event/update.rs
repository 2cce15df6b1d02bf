//! What the correlator says when something changes.
//!
//! The main type is [`Update`]. Updates come in the order of event time; the exceptions are
//! [`Update::Late`] and [`Update::Duplicate`], which come when the event arrives. Together with the
//! [`Statistics`] they account for every event that was pushed.

use serde::{Deserialize, Serialize};

use super::{Event, Link};
use crate::Timestamp;

/// Why an alert does not fire any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResolveReason {
    /// A recovery event came.
    Recovered,
    /// Nothing was heard of it for the definition's `expire_after`.
    Expired,
    /// The bound on alerts was reached and this one was heard of the longest ago.
    Forgotten,
}

/// One change of state.
///
/// ```
/// use itom_core::{Timestamp, event::{Correlator, Event, Update}};
///
/// let mut correlator = Correlator::default();
/// let at = Timestamp::from_secs(60);
/// correlator.push(&[Event::new("1", at, "db", "slow")], &())?;
/// let updates = correlator.advance(at, &())?;
/// assert!(matches!(&updates[0], Update::AlertFired { item, .. } if item == "db"));
/// assert!(matches!(&updates[1], Update::IncidentOpened { .. }));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Update {
    /// An alert began to fire.
    AlertFired {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
        /// Its item.
        item: String,
        /// Its condition.
        name: String,
        /// Its severity.
        severity: u8,
        /// Whether it had fired before.
        reopened: bool,
        /// Whether it flaps: a host may want to say nothing.
        flapping: bool,
    },
    /// An alert that fires was heard of again.
    AlertRepeated {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
        /// Number of events that have fired or repeated it.
        count: u64,
        /// Its severity now.
        severity: u8,
    },
    /// An alert does not fire any more.
    AlertResolved {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
        /// Why.
        reason: ResolveReason,
        /// Whether it flaps: a host may want to say nothing.
        flapping: bool,
    },
    /// An alert began to flap.
    FlappingStarted {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
        /// Its weighted share of state changes.
        change_ratio: f64,
    },
    /// An alert does not flap any more.
    FlappingStopped {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
        /// Its weighted share of state changes.
        change_ratio: f64,
    },
    /// An alert that was close to no open incident opened one.
    IncidentOpened {
        /// When.
        time: Timestamp,
        /// The incident's id.
        incident: String,
        /// The alert's fingerprint.
        alert: String,
    },
    /// An alert joined an open incident.
    AlertJoined {
        /// When.
        time: Timestamp,
        /// The incident's id.
        incident: String,
        /// The alert's fingerprint.
        alert: String,
        /// What it was close to.
        because: Link,
    },
    /// An alert was close to two open incidents: the younger goes on in the older.
    IncidentsMerged {
        /// When.
        time: Timestamp,
        /// The older incident, which lives on.
        incident: String,
        /// The younger, which does not.
        merged: String,
        /// The alert that connects them.
        alert: String,
        /// What in the younger it was close to.
        because: Link,
    },
    /// All alerts of an incident have been resolved for `resolve_after`.
    IncidentResolved {
        /// When that was decided.
        time: Timestamp,
        /// The incident's id.
        incident: String,
        /// When the last alert was resolved.
        resolved_at: Timestamp,
    },
    /// An event came after its time had been closed. It changed nothing; the host decides.
    Late {
        /// The event.
        event: Event,
        /// Everything before this instant had been closed.
        watermark: Timestamp,
    },
    /// An event of the same time, source and id was waiting already. It changed nothing.
    Duplicate {
        /// The event's time.
        time: Timestamp,
        /// Its source.
        source: String,
        /// Its id.
        id: String,
    },
    /// The bound on alerts was reached and this one was dropped.
    AlertForgotten {
        /// When.
        time: Timestamp,
        /// The alert's fingerprint.
        alert: String,
    },
    /// The bound on incidents was reached and this one was dropped.
    IncidentForgotten {
        /// When.
        time: Timestamp,
        /// The incident's id.
        incident: String,
    },
}

/// Counts of everything that came in and of what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statistics {
    /// Events that were pushed.
    pub received: u64,
    /// Events that were processed in their order.
    pub processed: u64,
    /// Events that came after their time had been closed.
    pub late: u64,
    /// Events that were waiting already.
    pub duplicates: u64,
    /// Processed events of a kind that neither fires nor resolves an alert.
    pub unrelated: u64,
    /// Recoveries of something that did not fire.
    pub idle_recoveries: u64,
    /// Events that were processed before their lateness was over, because the buffer was full.
    pub hurried: u64,
    /// Searches for close alerts that the bound on items cut short.
    pub searches_cut: u64,
    /// Alerts dropped at the bound.
    pub alerts_forgotten: u64,
    /// Incidents dropped at the bound.
    pub incidents_forgotten: u64,
}
