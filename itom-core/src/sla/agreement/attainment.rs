//! Which share of promises was kept? Attainment by period and group, exact.
//!
//! A completed clock is *met* or *breached*. What else counts is a convention, and named
//! ([`AttainmentRule`]): by default a clock that still runs and is breached counts as breached, one
//! that runs and is not says nothing yet, one that was cancelled never counts. A record that was
//! stopped when it was first seen has no clock: how long it took is not known, so it is counted aside,
//! as *already stopped*, and in no share. Which period a clock
//! belongs to is another ([`CountedIn`]). Of nothing there is no share: none, not 0 or 100 %.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fields::label;
use super::log::RecordLog;
use super::replay::{Outcome, Replay};
use crate::sla::{CalendarWindow, CalendarWindowDefinition, ClockState, Fraction};
use crate::{Error, Result, Timestamp};

/// How many clocks came to which verdict.
///
/// ```
/// use itom_core::sla::{AttainmentRule, VerdictCounts};
///
/// let counts = VerdictCounts {
///     met: 97, breached: 2, cancelled: 1, running: 4, running_breached: 1, already_stopped: 3,
/// };
/// let default = counts.attainment(AttainmentRule::default()).unwrap();
/// assert_eq!(default.to_string(), "97/100");
/// let completed = counts.attainment(AttainmentRule::CompletedOnly).unwrap();
/// assert_eq!(completed.to_string(), "97/99");
/// assert_eq!(VerdictCounts::default().attainment(AttainmentRule::default()), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct VerdictCounts {
    /// Stopped in time.
    pub met: u64,
    /// Stopped too late.
    pub breached: u64,
    /// Cancelled, in time or not.
    pub cancelled: u64,
    /// Running, paused or not yet begun, and not breached.
    pub running: u64,
    /// Running or paused, and breached.
    pub running_breached: u64,
    /// Records without a clock, because they were stopped when first seen. In no share.
    pub already_stopped: u64,
}

/// Which clocks count.
///
/// ```
/// # use itom_core::sla::AttainmentRule;
/// assert_eq!(serde_json::to_string(&AttainmentRule::CompletedOnly)?, r#""completed_only""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttainmentRule {
    /// Completed ones, and those that run and are breached already.
    #[default]
    RunningBreached,
    /// Completed ones.
    CompletedOnly,
    /// Completed ones, those that run and are breached, and the cancelled as if met.
    CancelledMet,
    /// As by default, and those that run in time as if met: what would be were all stopped now.
    RunningMet,
}

/// The period a clock belongs to.
///
/// ```
/// # use itom_core::sla::CountedIn;
/// assert_eq!(serde_json::from_str::<CountedIn>(r#""opened""#)?, CountedIn::Opened);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CountedIn {
    /// That in which it ended; for one that runs that of its breach, or else of the replay.
    #[default]
    Closed,
    /// That in which it was breached; for one that was not as `closed`.
    Breached,
    /// That in which it began to count.
    Opened,
}

/// How attainment is counted.
///
/// ```
/// use itom_core::sla::{AttainmentOptions, AttainmentRule};
///
/// let options: AttainmentOptions = serde_json::from_str(
///     r#"{"metric": "resolution", "group": "assignment_group",
///         "period": {"duration": "1M", "tz": "Europe/Berlin"}}"#,
/// )?;
/// assert_eq!(options.rule, AttainmentRule::RunningBreached);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AttainmentOptions {
    /// Only this agreement; all if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// Only metrics of this name; all if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The field whose values make groups, as they were when clocks ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Calendar-aligned periods in a zone; none for one period of all time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<CalendarWindowDefinition>,
    /// Which clocks count.
    pub rule: AttainmentRule,
    /// The period a clock belongs to.
    pub counted_in: CountedIn,
}

/// Which share of the clocks of a metric was met, in a period, of a group.
///
/// ```
/// # use itom_core::sla::Attainment;
/// let json = r#"{"agreement": "Gold", "metric": "resolution", "group": null, "start": null,
///     "end": null, "met": 1, "breached": 1, "cancelled": 0, "running": 0, "running_breached": 0,
///     "attainment": "1/2", "ratio": 0.5}"#;
/// assert_eq!(serde_json::from_str::<Attainment>(json)?.met, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attainment {
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// The group's value; none where the field is null or no field was named.
    pub group: Option<String>,
    /// The period's first instant; none for all time.
    pub start: Option<Timestamp>,
    /// The first instant after the period.
    pub end: Option<Timestamp>,
    /// Stopped in time.
    pub met: u64,
    /// Stopped too late.
    pub breached: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Running and not breached.
    pub running: u64,
    /// Running and breached.
    pub running_breached: u64,
    /// Records without a clock, because they were stopped when first seen. In no share.
    #[serde(default)]
    pub already_stopped: u64,
    /// Met over counted, exact; none when nothing counted.
    pub attainment: Option<Fraction>,
    /// The same as a float.
    pub ratio: Option<f64>,
}

impl VerdictCounts {
    /// The share of promises that were kept; none when nothing counted.
    pub fn attainment(&self, rule: AttainmentRule) -> Option<Fraction> {
        let wide = i128::from;
        let completed = wide(self.met) + wide(self.breached);
        let (met, counted) = match rule {
            AttainmentRule::RunningBreached => {
                (wide(self.met), completed + wide(self.running_breached))
            }
            AttainmentRule::CompletedOnly => (wide(self.met), completed),
            AttainmentRule::CancelledMet => (
                wide(self.met) + wide(self.cancelled),
                completed + wide(self.cancelled) + wide(self.running_breached),
            ),
            AttainmentRule::RunningMet => (
                wide(self.met) + wide(self.running),
                completed + wide(self.running) + wide(self.running_breached),
            ),
        };
        Fraction::new(met, counted).ok()
    }

    /// Counts a verdict.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        let cell = match (outcome.state, outcome.breached) {
            (ClockState::Stopped, false) => &mut self.met,
            (ClockState::Stopped, true) => &mut self.breached,
            (ClockState::Cancelled, _) => &mut self.cancelled,
            (_, false) => &mut self.running,
            (_, true) => &mut self.running_breached,
        };
        *cell += 1;
    }
}

impl Replay {
    /// All verdicts counted together.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let mut log = RecordLog::new();
    /// # let at = "2026-06-15T10:00:00Z".parse()?;
    /// log.extend(vec![RecordUpdate::new("INC1", at).set("state", "Closed")])?;
    /// let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold", "metrics": [
    ///     {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let counts = replay(&definition, &log, None)?.counts();
    /// assert_eq!((counts.met, counts.already_stopped), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn counts(&self) -> VerdictCounts {
        let mut counts = VerdictCounts::default();
        self.outcomes().iter().for_each(|outcome| counts.count(outcome));
        counts.already_stopped = self.already_stopped().len() as u64;
        counts
    }

    /// The attainment of each metric, by period and group: sorted by agreement and metric as
    /// defined, then by period, then by group. `log` is that of the replay and tells the groups.
    ///
    /// # Errors
    /// There is no such metric or agreement; no record ever had the field `group`; the period's
    /// zone is unknown; a clock lies outside what the calendar can say.
    ///
    /// ```
    /// use itom_core::sla::{AttainmentOptions, RecordLog, RecordUpdate, replay};
    ///
    /// let mut log = RecordLog::new();
    /// log.extend(vec![
    ///     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("team", "net"),
    ///     RecordUpdate::new("INC1", "2026-07-01T13:00:00Z".parse()?).set("state", "Closed"),
    /// ])?;
    /// let definition = serde_json::from_str(
    ///     r#"{"agreements": [{"name": "Gold", "metrics": [
    ///         {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#,
    /// )?;
    /// let options: AttainmentOptions = serde_json::from_str(
    ///     r#"{"group": "team", "period": {"duration": "1M", "tz": "UTC"}}"#,
    /// )?;
    /// let july = &replay(&definition, &log, None)?.attainment(&log, &options)?[0];
    /// assert_eq!(july.start, Some("2026-07-01T00:00:00Z".parse()?));
    /// assert_eq!((july.group.as_deref(), july.breached), (Some("net"), 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attainment(
        &self,
        log: &RecordLog,
        options: &AttainmentOptions,
    ) -> Result<Vec<Attainment>> {
        let window = options.period.clone().map(CalendarWindow::new).transpose()?;
        let wanted = self.wanted(options)?;
        type Key = (u32, Option<(Timestamp, Timestamp)>, Option<String>);
        let mut cells: BTreeMap<Key, VerdictCounts> = BTreeMap::new();
        let group = options.group.as_deref();
        let group = group.map(|field| log.known_field("group", field)).transpose()?.flatten();
        let period = |at: Timestamp| -> Result<Option<(Timestamp, Timestamp)>> {
            let Some(window) = &window else { return Ok(None) };
            let period = window.containing(at).ok_or_else(|| {
                Error::invalid("period", at, "a window that holds the clock's instant")
            })?;
            Ok(Some((period.start, period.end)))
        };
        for outcome in self.outcomes().iter().filter(|outcome| wanted[outcome.metric as usize]) {
            let period = period(self.counted_at(outcome, options.counted_in))?;
            let group = group.and_then(|field| label(self.value(log, outcome, Some(field))));
            cells.entry((outcome.metric, period, group)).or_default().count(outcome);
        }
        for own in self.already_stopped().iter().filter(|own| wanted[own.metric as usize]) {
            let value =
                |field| log.values().value(log.value_at(own.record, field, own.at.as_nanos()));
            let group = group.and_then(|field| label(value(field)));
            cells.entry((own.metric, period(own.at)?, group)).or_default().already_stopped += 1;
        }
        let row = |((metric, period, group), counts): (Key, VerdictCounts)| {
            let names = self.program().names(metric);
            let attainment = counts.attainment(options.rule);
            Attainment {
                agreement: names.agreement.to_owned(),
                metric: names.metric.to_owned(),
                group,
                start: period.map(|period| period.0),
                end: period.map(|period| period.1),
                met: counts.met,
                breached: counts.breached,
                cancelled: counts.cancelled,
                running: counts.running,
                running_breached: counts.running_breached,
                already_stopped: counts.already_stopped,
                attainment,
                ratio: attainment.map(Fraction::to_f64),
            }
        };
        Ok(cells.into_iter().map(row).collect())
    }

    /// Which metrics are asked for.
    pub(super) fn wanted(&self, options: &AttainmentOptions) -> Result<Vec<bool>> {
        let count = self.program().metrics.len();
        if let Some(name) = &options.metric {
            let numbers = self.metrics_named(options.agreement.as_deref(), name)?;
            return Ok((0..count as u32).map(|metric| numbers.contains(&metric)).collect());
        }
        let Some(name) = &options.agreement else { return Ok(vec![true; count]) };
        let own = |metric| self.program().names(metric).agreement == name;
        let wanted: Vec<bool> = (0..count as u32).map(own).collect();
        if !self.definition().agreements.iter().any(|agreement| agreement.name == *name) {
            return Err(Error::not_found("agreement", "agreement", format!("{name:?}")));
        }
        Ok(wanted)
    }

    fn counted_at(&self, outcome: &Outcome, counted_in: CountedIn) -> Timestamp {
        let breach = outcome.breach_at.filter(|_| outcome.breached);
        match counted_in {
            CountedIn::Opened => outcome.start,
            CountedIn::Breached => breach.or(outcome.end).unwrap_or(self.at()),
            CountedIn::Closed => outcome.end.or(breach).unwrap_or(self.at()),
        }
    }
}
