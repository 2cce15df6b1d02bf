//! An alert: what many events about one thing come down to.
//!
//! Events of one [`fingerprint`](super::Event::fingerprint) are one [`Alert`]: it fires, repeats,
//! resolves, fires again. Events are counted, not kept.
//!
//! # Flapping
//! An alert that fires and resolves over and over *flaps*. The rule is the one of Nagios Core
//! ("Detection and Handling of State Flapping"): of the last 21 states, each of the 20 possible
//! changes counts with a weight that rises in equal steps from 0.8 (oldest) to 1.2 (newest); the
//! weighted share of changes is the [`change_ratio`](Alert::change_ratio). Flapping starts at 0.30
//! and ends below 0.20 — two thresholds, so that flapping does not itself flap. States before the
//! first event count as resolved. Unlike Nagios, which checks on a schedule, here states come with
//! events, so silence ends flapping too. The sums are integers: the ratio is exact.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::Timestamp;

const REMEMBERED: u32 = 21;
const CHANGES: u32 = REMEMBERED - 1;
/// Weights in units of 1/190: 152 + 4·k for the change k = 0 (oldest) … 19, which sum to 20 · 190.
const OLDEST_WEIGHT: u32 = 152;
const WEIGHT_STEP: u32 = 4;
const ALL_WEIGHTS: u32 = CHANGES * 190;

/// Whether what the alert says still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// It holds.
    Firing,
    /// It does not hold any more.
    Resolved,
}

/// The state of everything that events of one fingerprint have said.
///
/// ```
/// use itom_core::{Timestamp, event::{AlertState, Correlator, Event}};
///
/// let mut correlator = Correlator::default();
/// let at = Timestamp::from_secs;
/// correlator.push(&[Event::new("1", at(0), "db-1", "down")], &())?;
/// correlator.push(&[Event::new("2", at(60), "db-1", "down")], &())?;
/// correlator.advance(at(60), &())?;
/// let alerts = correlator.alerts();
/// assert_eq!((alerts.len(), alerts[0].count, alerts[0].state), (1, 2, AlertState::Firing));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// What tells it apart from every other alert.
    pub fingerprint: String,
    /// The item it is about.
    pub item: String,
    /// The condition.
    pub name: String,
    /// The labels of the first event.
    pub labels: BTreeMap<String, String>,
    /// The source of the latest event that fired it.
    pub source: String,
    /// The text of the latest event that fired it.
    pub text: String,
    /// The value of the latest event that fired it.
    pub value: Option<f64>,
    /// Whether it holds.
    pub state: AlertState,
    /// Severity of the latest event that fired it, 1 to 24.
    pub severity: u8,
    /// The highest severity it has had.
    pub severity_max: u8,
    /// Number of events that fired or repeated it.
    pub count: u64,
    /// Number of times it began to fire.
    pub episodes: u64,
    /// Time of its first event.
    pub first_seen: Timestamp,
    /// Time of its latest event of any kind.
    pub last_seen: Timestamp,
    /// When it began to fire the last time.
    pub fired_at: Timestamp,
    /// When it was resolved; `None` while it fires.
    pub resolved_at: Option<Timestamp>,
    /// Whether it changes its state so often that its state says little.
    pub flapping: bool,
    /// The weighted share of state changes among its last 21 states, 0 to 1.
    pub change_ratio: f64,
    /// The id of the incident it belongs to, or belonged to last.
    pub incident: Option<String>,
    /// The last 21 states, newest in bit 0, 1 = firing.
    pub history: u32,
}

impl Alert {
    /// The alert that `event` is the first of; not yet firing.
    pub(super) fn first(event: &Event, fingerprint: &str) -> Self {
        Alert {
            fingerprint: fingerprint.to_owned(),
            item: event.item.clone(),
            name: event.name.clone(),
            labels: event.labels.clone(),
            source: String::new(),
            text: String::new(),
            value: None,
            state: AlertState::Resolved,
            severity: event.severity,
            severity_max: event.severity,
            count: 0,
            episodes: 0,
            first_seen: event.time,
            last_seen: event.time,
            fired_at: event.time,
            resolved_at: None,
            flapping: false,
            change_ratio: 0.0,
            incident: None,
            history: 0,
        }
    }

    /// Takes an event that fires; says whether it *began* to fire.
    pub(super) fn fire(&mut self, event: &Event) -> bool {
        let began = self.state == AlertState::Resolved;
        self.state = AlertState::Firing;
        self.source.clone_from(&event.source);
        self.text.clone_from(&event.text);
        self.value = event.value;
        self.severity = event.severity;
        self.severity_max = self.severity_max.max(event.severity);
        self.count += 1;
        self.last_seen = event.time;
        self.resolved_at = None;
        if began {
            self.episodes += 1;
            self.fired_at = event.time;
        }
        self.remember(true);
        began
    }

    /// Resolves it at `time`; says whether it was firing.
    pub(super) fn resolve(&mut self, time: Timestamp) -> bool {
        let fired = self.state == AlertState::Firing;
        self.state = AlertState::Resolved;
        if fired {
            self.resolved_at = Some(time);
        }
        fired
    }

    /// Adds a state to the remembered ones.
    pub(super) fn remember(&mut self, firing: bool) {
        self.history = ((self.history << 1) | u32::from(firing)) & ((1 << REMEMBERED) - 1);
        self.change_ratio = f64::from(weighted_changes(self.history)) / f64::from(ALL_WEIGHTS);
    }

    /// Whether an incident has to stay open for it.
    pub(super) fn unsettled(&self) -> bool {
        self.flapping || self.state == AlertState::Firing
    }
}

fn weighted_changes(history: u32) -> u32 {
    let changes = (history ^ (history >> 1)) & ((1 << CHANGES) - 1);
    // Bit 0 is the newest change.
    (0..CHANGES)
        .filter(|bit| changes >> bit & 1 == 1)
        .map(|bit| OLDEST_WEIGHT + WEIGHT_STEP * (CHANGES - 1 - bit))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_those_of_the_manual() {
        assert_eq!(weighted_changes(0), 0);
        // Alternating states: all 20 changes, which is 100 %.
        assert_eq!(weighted_changes(0x15_5555), ALL_WEIGHTS);
        // One change, the newest: 1.2 / 20; the oldest: 0.8 / 20.
        assert_eq!(f64::from(weighted_changes(1)) / f64::from(ALL_WEIGHTS), 0.06);
        assert_eq!(f64::from(weighted_changes(1 << 20)) / f64::from(ALL_WEIGHTS), 0.04);
    }
}
