//! One series under watch: a detector, what it said lately, and whether its alert is firing.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::definition::{MetricRule, OperationsDefinition, Worse};
use super::observation::MetricSample;
use crate::anomaly::{Detector, Direction, Reason, Verdict};
use crate::event::{Event, EventKind};
use crate::snapshot::Blob;
use crate::{Error, Result, Timestamp};

/// The `source` of the events that come from detectors.
const SOURCE: &str = "itom.anomaly";
/// A detector's alarm of at least this strength begins an alert: the default fence of all scores.
const ALERT_FENCE: f64 = 0.5;

/// A sample and what was expected in its place before it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Judged {
    pub(super) time: Timestamp,
    pub(super) value: Option<f64>,
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
    pub(super) score: f64,
    /// Whether it is anomalous on the side that is worse.
    pub(super) anomalous: bool,
    pub(super) reason: Reason,
}

/// What a sample led to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) anomalous: bool,
    pub(super) event: Option<Event>,
}

/// The watch over one metric of one item.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    detector: Detector,
    history: VecDeque<Judged>,
    capacity: usize,
    firing: Option<Firing>,
}

/// An alert of the series. A detector gets used to an anomaly that lasts; whoever waits for the end
/// of an outage does not: the alert is over when the values are back in the band that was expected
/// as it began, or when the detector has taken them for normal so long that they are the new normal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Firing {
    /// The event's name, such as `latency high`.
    name: String,
    side: Direction,
    /// The band that was expected as it began.
    lower: Option<f64>,
    upper: Option<f64>,
    /// Samples in a row back in that band.
    back: u32,
    /// Samples in a row that the detector took for normal.
    normal: u32,
}

impl Firing {
    fn is_back(&self, value: f64) -> bool {
        let low_enough = self.upper.is_none_or(|upper| value <= upper);
        let high_enough = self.lower.is_none_or(|lower| value >= lower);
        match self.side {
            Direction::Above => low_enough,
            Direction::Below => high_enough,
            Direction::None => low_enough && high_enough,
        }
    }
}

/// [`Monitor`] as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MonitorState {
    detector: Blob,
    history: VecDeque<Judged>,
    firing: Option<Firing>,
}

impl Monitor {
    pub(super) fn new(capacity: u32) -> Self {
        Monitor {
            detector: Detector::new(),
            history: VecDeque::new(),
            capacity: capacity as usize,
            firing: None,
        }
    }

    /// The samples that are kept, oldest first.
    pub(super) fn history(&self) -> impl ExactSizeIterator<Item = &Judged> {
        self.history.iter()
    }

    /// The latest sample's time.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.history.back().map(|judged| judged.time)
    }

    /// What the detector said of the oddest sample since `start`, if one was anomalous.
    pub(super) fn reason_since(&self, start: Timestamp) -> Option<String> {
        let odd = self.history.iter().filter(|judged| judged.time >= start && judged.anomalous);
        let oddest = odd.reduce(|a, b| if b.score > a.score { b } else { a })?;
        Some(oddest.reason.to_string())
    }

    /// Takes a sample, which must be later than the latest.
    pub(super) fn observe(
        &mut self,
        sample: &MetricSample,
        rule: &MetricRule,
        definition: &OperationsDefinition,
    ) -> Result<Outcome> {
        let verdict = self.detector.update(sample.time, sample.value.unwrap_or(f64::NAN))?;
        let side = worse_side(rule, &verdict);
        self.keep(sample, &verdict, side.is_some());
        let event = match (sample.value, self.firing.take()) {
            (None, firing) => {
                self.firing = firing;
                None
            }
            (Some(value), Some(firing)) => {
                self.go_on(sample, rule, definition, firing, &verdict, value)
            }
            (Some(_), None) => side.and_then(|side| self.begin(sample, rule, &verdict, side)),
        };
        Ok(Outcome { anomalous: side.is_some(), event })
    }

    fn keep(&mut self, sample: &MetricSample, verdict: &Verdict, anomalous: bool) {
        if self.history.len() == self.capacity {
            self.history.pop_front();
        }
        self.history.push_back(Judged {
            time: sample.time,
            value: sample.value,
            lower: verdict.lower,
            upper: verdict.upper,
            score: verdict.score,
            anomalous,
            reason: verdict.reason,
        });
    }

    /// An alert begins where the detector raises an alarm.
    fn begin(
        &mut self,
        sample: &MetricSample,
        rule: &MetricRule,
        verdict: &Verdict,
        side: Direction,
    ) -> Option<Event> {
        if verdict.alert < ALERT_FENCE {
            return None;
        }
        let word = match side {
            Direction::Above => "high",
            Direction::Below => "low",
            Direction::None => "unusual",
        };
        let name = format!("{} {word}", rule.metric);
        let reason = verdict.reason.to_string();
        let (lower, upper) = (verdict.lower, verdict.upper);
        self.firing = Some(Firing { name: name.clone(), side, lower, upper, back: 0, normal: 0 });
        Some(event(sample, rule, &name, reason))
    }

    /// A firing alert repeats while values are outside the band it began with, and ends.
    fn go_on(
        &mut self,
        sample: &MetricSample,
        rule: &MetricRule,
        definition: &OperationsDefinition,
        mut firing: Firing,
        verdict: &Verdict,
        value: f64,
    ) -> Option<Event> {
        let is_back = firing.is_back(value);
        firing.back = if is_back { firing.back + 1 } else { 0 };
        firing.normal = if verdict.anomalous { 0 } else { firing.normal + 1 };
        let is_over = firing.back >= definition.recovery_samples;
        if is_over || firing.normal >= definition.new_normal_samples {
            let what = if is_over { "back to normal" } else { "at its new normal" };
            let text = format!("{} is {what}: {}", rule.metric, short(value));
            let mut event = event(sample, rule, &firing.name, text);
            event.kind = EventKind::Recovery;
            return Some(event);
        }
        let text = format!("{} is still {}", rule.metric, short(value));
        let repeated = (!is_back).then(|| event(sample, rule, &firing.name, text));
        self.firing = Some(firing);
        repeated
    }

    pub(super) fn to_state(&self) -> MonitorState {
        MonitorState {
            detector: Blob(self.detector.to_bytes()),
            history: self.history.clone(),
            firing: self.firing.clone(),
        }
    }

    pub(super) fn from_state(state: MonitorState, capacity: u32) -> Result<Self> {
        if state.history.len() > capacity as usize {
            return Err(Error::corrupt(
                "snapshot of operations",
                "a series has too long a history",
            ));
        }
        if state.firing.as_ref().is_some_and(|firing| firing.name.is_empty()) {
            return Err(Error::corrupt("snapshot of operations", "an alert has no name"));
        }
        Ok(Monitor {
            detector: Detector::from_bytes(&state.detector.0)?,
            history: state.history,
            capacity: capacity as usize,
            firing: state.firing,
        })
    }
}

/// The side on which a sample is anomalous and worse, if it is.
fn worse_side(rule: &MetricRule, verdict: &Verdict) -> Option<Direction> {
    let is_worse = match rule.worse {
        Worse::Higher => verdict.direction == Direction::Above,
        Worse::Lower => verdict.direction == Direction::Below,
        Worse::Both => true,
        Worse::Neither => false,
    };
    (verdict.anomalous && is_worse).then_some(verdict.direction)
}

fn event(sample: &MetricSample, rule: &MetricRule, name: &str, text: String) -> Event {
    let id = format!("{}/{}/{}", sample.item, sample.metric, sample.time);
    let mut event = Event::new(&id, sample.time, &sample.item, name);
    event.source = SOURCE.to_owned();
    event.severity = rule.severity;
    event.labels.insert("metric".to_owned(), rule.metric.clone());
    event.text = text;
    event.value = sample.value.filter(|value| value.is_finite());
    event
}

/// A value with as many digits as a person reads.
pub(super) fn short(value: f64) -> String {
    let magnitude = value.abs();
    match magnitude {
        0.0 => "0".to_owned(),
        m if (0.001..1e6).contains(&m) => {
            let decimals = if m >= 100.0 {
                1
            } else if m >= 1.0 {
                2
            } else {
                4
            };
            let text = format!("{value:.decimals$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{value:.3e}"),
    }
}
