//! What would have been under another agreement? A history replayed twice, and the differences.
//!
//! [`what_if`] replays one log under two definitions and pairs the clocks by record, agreement,
//! metric and cycle. A *flip* is a clock whose verdict is another one; its causes say what about it
//! changed. Nothing is written: the log and the running engine stay as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attainment::VerdictCounts;
use super::definition::AgreementsDefinition;
use super::log::RecordLog;
use super::replay::{Outcome, Replay, replay};
use crate::sla::ClockState;
use crate::{Duration, Result, Timestamp};

/// The verdict on a clock.
///
/// ```
/// # use itom_core::sla::Ruling;
/// let json = r#"{"state": "stopped", "breached": true, "target": "PT4H", "business": "PT5H",
///     "start": "2026-06-15T10:00:00Z", "end": "2026-06-15T15:00:00Z"}"#;
/// assert!(serde_json::from_str::<Ruling>(json)?.breached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ruling {
    /// What the clock is doing.
    pub state: ClockState,
    /// Whether business time exceeds the target.
    pub breached: bool,
    /// The target.
    pub target: Duration,
    /// Calendar time while running.
    pub business: Duration,
    /// From when it counts.
    pub start: Timestamp,
    /// When it was stopped or cancelled.
    pub end: Option<Timestamp>,
}

/// What differs about a clock.
///
/// ```
/// # use itom_core::sla::FlipCause;
/// assert_eq!(serde_json::to_string(&FlipCause::Pauses)?, r#""pauses""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlipCause {
    /// Only one of the two definitions attaches it.
    Attached,
    /// It counts from another instant.
    Start,
    /// It ends at another instant or in another way.
    End,
    /// The target.
    Target,
    /// The calendar.
    Calendar,
    /// What paused it.
    Pauses,
}

/// A clock with another verdict.
///
/// ```
/// # use itom_core::sla::Flip;
/// let json = r#"{"record": "INC1", "agreement": "Gold", "metric": "resolution", "cycle": 0,
///     "before": null, "after": null, "causes": ["target"]}"#;
/// assert_eq!(serde_json::from_str::<Flip>(json)?.record, "INC1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flip {
    /// Whose clock.
    pub record: String,
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Which clock of this metric for this record.
    pub cycle: u64,
    /// The verdict before; none if there was no such clock.
    pub before: Option<Ruling>,
    /// The verdict after; none if there is no such clock.
    pub after: Option<Ruling>,
    /// What about it changed.
    pub causes: Vec<FlipCause>,
}

/// What another definition would change.
///
/// ```
/// use itom_core::sla::{AgreementsDefinition, FlipCause, RecordLog, RecordUpdate, what_if};
///
/// let mut log = RecordLog::new();
/// log.extend(vec![
///     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("state", "New"),
///     RecordUpdate::new("INC1", "2026-06-15T15:00:00Z".parse()?).set("state", "Closed"),
/// ])?;
/// let before: AgreementsDefinition = serde_json::from_str(
///     r#"{"agreements": [{"name": "Gold", "metrics": [
///         {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#,
/// )?;
/// let mut after = before.clone();
/// after.agreements[0].metrics[0].targets[0].target = "8h".parse()?;
/// let answer = what_if(&log, &before, &after, None)?;
/// assert_eq!((answer.before.breached, answer.after.breached), (1, 0));
/// assert_eq!(answer.flips[0].causes, [FlipCause::Target]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WhatIf {
    /// The instant the verdicts are of.
    pub at: Timestamp,
    /// The verdicts before.
    pub before: VerdictCounts,
    /// The verdicts after.
    pub after: VerdictCounts,
    /// Clocks with the same verdict and other times.
    pub moved: u64,
    /// Clocks about which nothing changed.
    pub unchanged: u64,
    /// Clocks with another verdict, by record, agreement, metric and cycle.
    pub flips: Vec<Flip>,
}

/// Replays a log under two definitions, up to `at` (its last update if none is given).
///
/// # Errors
/// As [`AgreementsDefinition::check`], for either.
pub fn what_if(
    log: &RecordLog,
    before: &AgreementsDefinition,
    after: &AgreementsDefinition,
    at: Option<Timestamp>,
) -> Result<WhatIf> {
    let (old, new) = (replay(before, log, at)?, replay(after, log, at)?);
    type Key<'a> = (u32, &'a str, &'a str, u32);
    let mut clocks: BTreeMap<Key<'_>, [Option<&Outcome>; 2]> = BTreeMap::new();
    for (side, replay) in [&old, &new].into_iter().enumerate() {
        for outcome in replay.outcomes() {
            let (agreement, metric) = (replay.agreement(outcome), replay.metric(outcome));
            let key = (outcome.record, agreement, metric, outcome.cycle);
            clocks.entry(key).or_default()[side] = Some(outcome);
        }
    }
    let mut answer = WhatIf {
        at: old.at(),
        before: old.counts(),
        after: new.counts(),
        moved: 0,
        unchanged: 0,
        flips: Vec::new(),
    };
    for ((_, agreement, metric, cycle), [was, is]) in clocks {
        let causes = causes((&old, was), (&new, is));
        if causes.is_empty() {
            answer.unchanged += 1;
        } else if was.map(verdict) == is.map(verdict) {
            answer.moved += 1;
        } else {
            let record = was.map(|was| old.record(was)).or(is.map(|is| new.record(is)));
            answer.flips.push(Flip {
                record: record.unwrap_or_default().to_owned(),
                agreement: agreement.to_owned(),
                metric: metric.to_owned(),
                cycle: u64::from(cycle),
                before: was.map(ruling),
                after: is.map(ruling),
                causes,
            });
        }
    }
    let by = |flip: &Flip| {
        (flip.record.clone(), flip.agreement.clone(), flip.metric.clone(), flip.cycle)
    };
    answer.flips.sort_by_cached_key(by);
    Ok(answer)
}

/// What of a clock makes its verdict.
fn verdict(outcome: &Outcome) -> (bool, bool, bool) {
    let cancelled = outcome.state == ClockState::Cancelled;
    (outcome.state == ClockState::Stopped, cancelled, outcome.breached && !cancelled)
}

fn ruling(outcome: &Outcome) -> Ruling {
    Ruling {
        state: outcome.state,
        breached: outcome.breached,
        target: outcome.target,
        business: outcome.business,
        start: outcome.start,
        end: outcome.end,
    }
}

fn causes(
    (old, was): (&Replay, Option<&Outcome>),
    (new, is): (&Replay, Option<&Outcome>),
) -> Vec<FlipCause> {
    let (Some(was), Some(is)) = (was, is) else { return vec![FlipCause::Attached] };
    let calendar = |replay: &Replay, outcome: &Outcome| {
        let name = replay.calendar(outcome)?;
        replay.definition().calendars.get(name).cloned()
    };
    let ends = was.end != is.end || was.state != is.state;
    // The same span with other sums on one calendar: something else paused it.
    let pauses = was.actual != is.actual && was.start == is.start && was.end == is.end;
    let differs = [
        (FlipCause::Start, was.start != is.start),
        (FlipCause::End, ends),
        (FlipCause::Target, was.target != is.target),
        (FlipCause::Calendar, calendar(old, was) != calendar(new, is)),
        (FlipCause::Pauses, pauses),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(cause, _)| cause).collect()
}
