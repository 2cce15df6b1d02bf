//! An incident: alerts that belong together, and why each of them does.
//!
//! The main type is [`Incident`]. It opens with one alert, takes in others that come close in time
//! and over the topology, may swallow another incident that turns out to be connected, and is
//! resolved once all its alerts have been quiet long enough. Each of these is a [`Step`] with the
//! numbers that decided it, so the whole incident can be retold.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Alert;
use crate::snapshot::stable_hash;
use crate::{Duration, Timestamp};

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// An alert of it fires, flaps, or did so a moment ago.
    Open,
    /// All its alerts have been resolved for long enough.
    Resolved,
    /// It went on as part of an older incident.
    Merged,
}

/// Why two alerts were taken to belong together. The closest is the least: by hops, then by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// Hops between the two items over the topology, in either direction.
    pub distance: u32,
    /// Time between the two alerts' latest events.
    pub gap: Duration,
    /// The alert of the incident that was close.
    pub alert: String,
    /// That alert's item.
    pub item: String,
}

/// One alert's way into an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// When it came in.
    pub time: Timestamp,
    /// The alert.
    pub alert: String,
    /// The alert's item.
    pub item: String,
    /// What it was close to; `None` for the alert that opened the incident.
    pub because: Option<Link>,
    /// The incident that was merged in by this alert, instead of the alert itself.
    pub merged: Option<String>,
}

/// Alerts that are one trouble.
///
/// ```
/// use itom_core::{Timestamp, event::{Correlator, EdgeTopology, Event}};
///
/// let topology = EdgeTopology::new([("web", "db")]);
/// let mut correlator = Correlator::default();
/// let at = Timestamp::from_secs;
/// let events = [Event::new("1", at(0), "db", "slow"), Event::new("2", at(60), "web", "errors")];
/// correlator.push(&events, &topology)?;
/// correlator.advance(at(60), &topology)?;
/// let incidents = correlator.incidents();
/// assert_eq!((incidents.len(), incidents[0].alerts.len()), (1, 2));
/// assert_eq!(incidents[0].steps[1].because.as_ref().map(|link| link.distance), Some(1));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// 16 hexadecimal digits, from its first alert and when that fired: the same wherever and in
    /// however many pieces the events were processed.
    pub id: String,
    /// Where it stands.
    pub state: IncidentState,
    /// When its first alert began to fire.
    pub started_at: Timestamp,
    /// The latest event of any of its alerts.
    pub updated_at: Timestamp,
    /// When its last alert was resolved; known once it is resolved itself.
    pub resolved_at: Option<Timestamp>,
    /// The highest severity of any of its alerts, 1 to 24.
    pub severity: u8,
    /// The fingerprints of its alerts.
    pub alerts: BTreeSet<String>,
    /// The items its alerts are about.
    pub affected: BTreeSet<String>,
    /// How it came to be, in order.
    pub steps: Vec<Step>,
    /// The incident it went on in.
    pub merged_into: Option<String>,
    /// Number of its alerts that fire or flap.
    pub unsettled: u64,
    /// When the last of its alerts settled; `None` while one is unsettled.
    pub settled_at: Option<Timestamp>,
}

impl Incident {
    /// The incident that `alert` opens.
    pub(super) fn open(id: String, alert: &Alert) -> Self {
        Incident {
            id,
            state: IncidentState::Open,
            started_at: alert.fired_at,
            updated_at: alert.last_seen,
            resolved_at: None,
            severity: alert.severity,
            alerts: BTreeSet::new(),
            affected: BTreeSet::new(),
            steps: Vec::new(),
            merged_into: None,
            unsettled: 0,
            settled_at: None,
        }
    }

    /// The id of the incident that `alert` opens; `attempt` tells apart what would be equal.
    pub(super) fn id_for(alert: &Alert, attempt: u64) -> String {
        let mut bytes = alert.fired_at.as_nanos().to_le_bytes().to_vec();
        bytes.extend_from_slice(&attempt.to_le_bytes());
        bytes.extend_from_slice(alert.fingerprint.as_bytes());
        format!("{:016x}", stable_hash(&bytes))
    }

    /// Takes in an alert that is not yet in it.
    pub(super) fn join(&mut self, alert: &Alert, because: Option<Link>) {
        self.alerts.insert(alert.fingerprint.clone());
        self.affected.insert(alert.item.clone());
        self.steps.push(Step {
            time: alert.last_seen,
            alert: alert.fingerprint.clone(),
            item: alert.item.clone(),
            because,
            merged: None,
        });
        self.touch(alert);
        self.unsettle();
    }

    /// Notes that something happened to one of its alerts.
    pub(super) fn touch(&mut self, alert: &Alert) {
        self.updated_at = self.updated_at.max(alert.last_seen);
        self.severity = self.severity.max(alert.severity);
    }

    /// One more of its alerts fires or flaps.
    pub(super) fn unsettle(&mut self) {
        self.unsettled += 1;
        self.settled_at = None;
    }

    /// One of its alerts neither fires nor flaps any more; says whether it was the last.
    pub(super) fn settle(&mut self, time: Timestamp) -> bool {
        self.unsettled = self.unsettled.saturating_sub(1);
        let last = self.unsettled == 0;
        if last {
            self.settled_at = Some(time);
        }
        last
    }

    /// Takes over everything of a younger incident; `alert` is the one that connects the two.
    pub(super) fn absorb(&mut self, other: &mut Incident, alert: &Alert, because: Link) {
        self.steps.append(&mut other.steps);
        self.steps.sort_by(|a, b| (a.time, &a.alert).cmp(&(b.time, &b.alert)));
        self.steps.push(Step {
            time: alert.last_seen,
            alert: alert.fingerprint.clone(),
            item: alert.item.clone(),
            because: Some(because),
            merged: Some(other.id.clone()),
        });
        self.alerts.append(&mut other.alerts);
        self.affected.append(&mut other.affected);
        self.updated_at = self.updated_at.max(other.updated_at);
        self.severity = self.severity.max(other.severity);
        self.unsettled += other.unsettled;
        self.settled_at = match (self.settled_at, other.settled_at) {
            (Some(own), Some(others)) => Some(own.max(others)),
            _ => None,
        };
        other.state = IncidentState::Merged;
        other.merged_into = Some(self.id.clone());
        (other.unsettled, other.settled_at) = (0, None);
    }
}
