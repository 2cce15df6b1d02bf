//! What agreements answer with: where a clock stands, what happened to it, what it crossed, and
//! which seconds counted.

use serde::{Deserialize, Serialize};

use super::log::RecordLog;
use super::program::Program;
use super::trace::{Doing, Ended, Trace};
use crate::sla::{ClockState, Threshold};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

const MOST_SEGMENTS: usize = 1_000_000;

/// Where one clock of an agreement stands.
///
/// ```
/// use itom_core::sla::{Agreements, RecordUpdate};
///
/// let mut agreements = Agreements::from_json(
///     r#"{"agreements": [{"name": "Gold", "metrics": [
///         {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#,
/// )?;
/// let opened = "2026-06-15T10:00:00Z".parse()?;
/// agreements.update(vec![RecordUpdate::new("INC1", opened).set("state", "New")])?;
/// let status = &agreements.status("INC1", "2026-06-15T11:00:00Z".parse()?)?[0];
/// assert_eq!((status.metric.as_str(), status.remaining), ("resolution", "3h".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementStatus {
    /// Whose clock.
    pub record: String,
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for this record, from 0.
    pub cycle: u64,
    /// What it is doing.
    pub state: ClockState,
    /// When it was attached.
    pub attached: Timestamp,
    /// From when it counts.
    pub start: Timestamp,
    /// When it was stopped or cancelled.
    pub end: Option<Timestamp>,
    /// The target that now counts.
    pub target: Duration,
    /// The calendar that now counts; none if all time does.
    pub calendar: Option<String>,
    /// Calendar time while running.
    pub business: Duration,
    /// Wall time while running.
    pub actual: Duration,
    /// Calendar time while paused.
    pub paused: Duration,
    /// Target less business time; negative after the breach.
    pub remaining: Duration,
    /// Whether business time exceeds the target.
    pub breached: bool,
    /// When the target was or, as things stand, will be used up.
    pub breach_at: Option<Timestamp>,
    /// Business time over target.
    pub ratio: f64,
    /// When each share of the target was or will be used up.
    pub thresholds: Vec<Threshold>,
}

/// Something that happened to a clock.
///
/// ```
/// # use itom_core::sla::AgreementAction;
/// assert_eq!(serde_json::to_string(&AgreementAction::Attached)?, r#""attached""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgreementAction {
    /// A clock was attached to the record.
    Attached,
    /// A stopped clock went on.
    Reopened,
    /// Another target fits.
    Retargeted,
    /// It no longer counts, or for other reasons.
    Paused,
    /// It counts again.
    Resumed,
    /// The work is done.
    Stopped,
    /// The promise no longer applies.
    Cancelled,
}

/// Something that happened to a clock of an agreement.
///
/// ```
/// # use itom_core::sla::AgreementEvent;
/// let json = r#"{"at": "2026-06-15T10:00:00Z", "record": "INC1", "agreement": "Gold",
///     "metric": "resolution", "cycle": 0, "what": "paused", "reasons": ["user"], "target": null}"#;
/// assert_eq!(serde_json::from_str::<AgreementEvent>(json)?.reasons, ["user"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementEvent {
    /// When.
    pub at: Timestamp,
    /// Whose clock.
    pub record: String,
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for this record.
    pub cycle: u64,
    /// What happened.
    pub what: AgreementAction,
    /// Of a pause: its reasons.
    pub reasons: Vec<String>,
    /// Of an attached or retargeted clock: its target.
    pub target: Option<Duration>,
}

/// What updates changed. A late or corrected update may take back what was thought to have happened.
///
/// ```
/// # use itom_core::sla::AgreementChanges;
/// assert!(AgreementChanges::default().withdrawn.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementChanges {
    /// What happened that was not known before, in order.
    pub happened: Vec<AgreementEvent>,
    /// What was thought to have happened and did not, in order.
    pub withdrawn: Vec<AgreementEvent>,
}

/// A share of a target was used up.
///
/// ```
/// # use itom_core::sla::AgreementCrossing;
/// let json = r#"{"at": "2026-06-15T14:00:00Z", "record": "INC1", "agreement": "Gold",
///     "metric": "resolution", "cycle": 0, "share": 1.0, "breach": true}"#;
/// assert!(serde_json::from_str::<AgreementCrossing>(json)?.breach);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementCrossing {
    /// When.
    pub at: Timestamp,
    /// Whose clock.
    pub record: String,
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for this record.
    pub cycle: u64,
    /// Of the target.
    pub share: f64,
    /// Whether it was the whole target: from here on the clock is breached.
    pub breach: bool,
}

/// A stretch of a clock's life in which every second has the same reason to count or not.
///
/// ```
/// # use itom_core::sla::AgreementSegment;
/// let json = r#"{"agreement": "Gold", "metric": "resolution", "cycle": 0,
///     "start": "2026-06-15T10:00:00Z", "end": "2026-06-15T11:00:00Z", "state": "paused",
///     "open": true, "counted": false, "reason": "paused: user"}"#;
/// assert!(!serde_json::from_str::<AgreementSegment>(json)?.counted);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementSegment {
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for this record.
    pub cycle: u64,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// What the clock was doing.
    pub state: ClockState,
    /// Whether its calendar was open.
    pub open: bool,
    /// Whether it is business time: running and open.
    pub counted: bool,
    /// Why it counted or not, for people.
    pub reason: String,
}

/// The names of a clock.
pub(super) struct ClockNames<'a> {
    pub(super) agreement: &'a str,
    pub(super) metric: &'a str,
}

impl Program {
    /// The names of a metric, by its index.
    pub(super) fn names(&self, metric: u32) -> ClockNames<'_> {
        let metric = &self.metrics[metric as usize];
        let agreement = &self.definition.agreements[metric.agreement];
        ClockNames { agreement: &agreement.name, metric: &agreement.metrics[metric.metric].name }
    }

    /// The names of the reasons whose bits are set.
    pub(super) fn reasons(&self, metric: u32, bits: u64) -> Vec<String> {
        let metric = &self.metrics[metric as usize];
        let pauses = &self.definition.agreements[metric.agreement].metrics[metric.metric].pause;
        let set = pauses.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        set.map(|(_, pause)| pause.reason.clone()).collect()
    }
}

/// The status of a clock at `now`, not before its last update.
pub(super) fn status(
    program: &Program,
    log: &RecordLog,
    record: u32,
    trace: &Trace,
    now: i64,
) -> AgreementStatus {
    let measure = trace.measure(program, now);
    let names = program.names(trace.metric);
    let target = &program.metrics[trace.metric as usize].targets[trace.target()];
    let threshold = |&(share, amount): &(u64, i64)| Threshold {
        share: share as f64 / 1e6,
        at: trace.used_up(program, amount, now).map(Timestamp::from_nanos),
    };
    AgreementStatus {
        record: log.names().name(record).to_owned(),
        agreement: names.agreement.to_owned(),
        metric: names.metric.to_owned(),
        cycle: u64::from(trace.cycle),
        state: measure.state,
        attached: Timestamp::from_nanos(trace.attached),
        start: Timestamp::from_nanos(trace.origin),
        end: trace.end.map(|(at, _)| Timestamp::from_nanos(at)),
        target: Duration::from_nanos(measure.target),
        calendar: program.calendar_name(target.calendar).map(str::to_owned),
        business: Duration::from_nanos(measure.business),
        actual: Duration::from_nanos(measure.actual),
        paused: Duration::from_nanos(measure.paused),
        remaining: Duration::from_nanos(measure.target.saturating_sub(measure.business)),
        breached: measure.breached,
        breach_at: measure.breach_at.map(Timestamp::from_nanos),
        ratio: measure.business as f64 / measure.target as f64,
        thresholds: target.thresholds.iter().map(threshold).collect(),
    }
}

/// Everything that happened to a clock, in order.
pub(super) fn events(
    program: &Program,
    log: &RecordLog,
    record: u32,
    trace: &Trace,
) -> Vec<AgreementEvent> {
    let names = program.names(trace.metric);
    let target = |index: u16| {
        let target = &program.metrics[trace.metric as usize].targets[usize::from(index)];
        Some(Duration::from_nanos(target.target))
    };
    let event = |at: i64, what, reasons, target| AgreementEvent {
        at: Timestamp::from_nanos(at),
        record: log.names().name(record).to_owned(),
        agreement: names.agreement.to_owned(),
        metric: names.metric.to_owned(),
        cycle: u64::from(trace.cycle),
        what,
        reasons,
        target,
    };
    let mut events = Vec::with_capacity(trace.pieces.len() + 2);
    for (index, &(at, chosen)) in trace.targets.iter().enumerate() {
        let what = if index == 0 { AgreementAction::Attached } else { AgreementAction::Retargeted };
        events.push(event(at, what, Vec::new(), target(chosen)));
    }
    for &at in &trace.reopened {
        events.push(event(at, AgreementAction::Reopened, Vec::new(), None));
    }
    let mut before = Doing::Running;
    let until = trace.end.map_or(i64::MAX, |end| end.0);
    for piece in trace.pieces.iter().take_while(|piece| piece.from < until) {
        if piece.doing != before {
            let (what, reasons) = match piece.doing {
                Doing::Running if before == Doing::Stopped => (None, Vec::new()),
                Doing::Running => (Some(AgreementAction::Resumed), Vec::new()),
                Doing::Paused(bits) => {
                    (Some(AgreementAction::Paused), program.reasons(trace.metric, bits))
                }
                Doing::Stopped => (Some(AgreementAction::Stopped), Vec::new()),
            };
            events.extend(what.map(|what| event(piece.from, what, reasons, None)));
        }
        before = piece.doing;
    }
    if let Some((at, ended)) = trace.end {
        let what = match ended {
            Ended::Stopped => AgreementAction::Stopped,
            Ended::Cancelled => AgreementAction::Cancelled,
        };
        events.push(event(at, what, Vec::new(), None));
    }
    events.sort();
    events
}

/// Every second of a clock up to `now`, in segments.
pub(super) fn segments(
    program: &Program,
    trace: &Trace,
    now: i64,
    segments: &mut Vec<AgreementSegment>,
) -> Result<()> {
    let names = program.names(trace.metric);
    for (piece, until) in trace.spans(now) {
        let (from, until) = (Timestamp::from_nanos(piece.from), Timestamp::from_nanos(until));
        let (state, reasons) = match piece.doing {
            Doing::Running => (ClockState::Running, Vec::new()),
            Doing::Paused(bits) => (ClockState::Paused, program.reasons(trace.metric, bits)),
            Doing::Stopped => (ClockState::Stopped, Vec::new()),
        };
        let mut push = |start: Timestamp, end: Timestamp, open: bool| {
            if start >= end {
                return;
            }
            let reason = match state {
                ClockState::Running if open => "counted".to_owned(),
                ClockState::Running => "calendar closed".to_owned(),
                ClockState::Stopped => "stopped".to_owned(),
                _ => format!("paused: {}", reasons.join(", ")),
            };
            segments.push(AgreementSegment {
                agreement: names.agreement.to_owned(),
                metric: names.metric.to_owned(),
                cycle: u64::from(trace.cycle),
                start,
                end,
                state,
                open,
                counted: open && state == ClockState::Running,
                reason,
            });
        };
        let mut at = from;
        for window in program.calendars[usize::from(piece.calendar)].windows(from, until)? {
            push(at, window.opens, false);
            push(window.opens, window.closes, true);
            at = window.closes;
        }
        push(at, until, false);
        if segments.len() > MOST_SEGMENTS {
            let message = format!("an explanation has at most {MOST_SEGMENTS} segments");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("at"));
        }
    }
    Ok(())
}
