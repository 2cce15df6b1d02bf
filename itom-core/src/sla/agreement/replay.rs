//! A whole history under agreements at once: every verdict, to be counted and compared.
//!
//! [`replay`] walks each record of a [`RecordLog`] through its updates and keeps, of each clock, an
//! [`Outcome`] of plain numbers. Nothing is changed by it, so that a history may be replayed under as
//! many agreements as there are questions. Cost: one step an update, some 50 to 200 ns.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::definition::AgreementsDefinition;
use super::fields::column_of;
use super::log::RecordLog;
use super::program::{Memo, Program, known, no_metric};
use super::trace::{Doing, Measure, Trace};
use super::value::FieldValue;
use super::walk::Ground;
use crate::sla::ClockState;
use crate::table::{Column, Table, TextColumn};
use crate::{Duration, Result, Timestamp};

/// The verdict on one clock.
///
/// ```
/// use itom_core::sla::{RecordLog, RecordUpdate, replay};
///
/// let opened = "2026-06-15T10:00:00Z".parse()?;
/// let mut log = RecordLog::new();
/// log.extend(vec![
///     RecordUpdate::new("INC1", opened).set("state", "New"),
///     RecordUpdate::new("INC1", "2026-06-15T13:00:00Z".parse()?).set("state", "Closed"),
/// ])?;
/// let definition = serde_json::from_str(
///     r#"{"agreements": [{"name": "Gold", "metrics": [
///         {"name": "resolution", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#,
/// )?;
/// let replay = replay(&definition, &log, None)?;
/// let outcome = &replay.outcomes()[0];
/// assert_eq!((outcome.business, outcome.breached), ("3h".parse()?, false));
/// assert_eq!(replay.record(outcome), "INC1");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The record's number; its name is [`Replay::record`].
    pub record: u32,
    /// The metric's number; its names are [`Replay::agreement`] and [`Replay::metric`].
    pub metric: u32,
    /// Which clock of this metric for this record, from 0.
    pub cycle: u32,
    /// What it is doing.
    pub state: ClockState,
    /// When it was attached.
    pub attached: Timestamp,
    /// From when it counts.
    pub start: Timestamp,
    /// When it was stopped or cancelled.
    pub end: Option<Timestamp>,
    /// The target that counts at last.
    pub target: Duration,
    /// Calendar time while running.
    pub business: Duration,
    /// Wall time while running.
    pub actual: Duration,
    /// Calendar time while paused.
    pub paused: Duration,
    /// Whether business time exceeds the target.
    pub breached: bool,
    /// When the target was or, as things stand, will be used up.
    pub breach_at: Option<Timestamp>,
    /// The target's index in its metric.
    pub(super) target_index: u32,
}

/// The verdicts on a whole history at an instant.
#[derive(Clone, Debug)]
pub struct Replay {
    program: Program,
    at: Timestamp,
    outcomes: Vec<Outcome>,
    /// The lives of the clocks, one for each outcome.
    traces: Vec<Trace>,
    records: Vec<String>,
    already_stopped: Vec<AlreadyStopped>,
    unknown_fields: Vec<String>,
}

/// A record without a clock of a metric, because its stop condition held whenever it began to.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlreadyStopped {
    pub(super) record: u32,
    pub(super) metric: u32,
    /// The update at which a clock would have been attached.
    pub(super) at: Timestamp,
}

/// Replays a log under agreements, up to `at` (the log's last update if none is given): later
/// updates are not looked at, clocks that still run are measured there.
///
/// # Errors
/// As [`AgreementsDefinition::check`].
pub fn replay(
    definition: &AgreementsDefinition,
    log: &RecordLog,
    at: Option<Timestamp>,
) -> Result<Replay> {
    let program = Program::compile(Arc::new(definition.clone()), &mut known(log.values()))?;
    Ok(Replay::of(program, log, at.or(log.latest()).unwrap_or_default()))
}

impl Replay {
    pub(super) fn of(program: Program, log: &RecordLog, at: Timestamp) -> Replay {
        let mut ground = Ground::new(&program, log, Memo::default());
        let (mut outcomes, mut traces, mut already_stopped) = (Vec::new(), Vec::new(), Vec::new());
        for record in 0..log.records() as u32 {
            let walk = ground.walk(record, at.as_nanos());
            already_stopped.extend(walk.already_stopped().map(|(metric, at)| AlreadyStopped {
                record,
                metric,
                at: Timestamp::from_nanos(at),
            }));
            for trace in walk.traces {
                outcomes.push(outcome(&program, record, &trace, at.as_nanos()));
                traces.push(trace);
            }
        }
        let records = log.names().all().to_vec();
        let unknown_fields = program.fields_unknown_to(log).map(str::to_owned).collect();
        Replay { program, at, outcomes, traces, records, already_stopped, unknown_fields }
    }

    /// The instant the verdicts are of.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What was agreed.
    pub fn definition(&self) -> &AgreementsDefinition {
        &self.program.definition
    }

    /// The verdicts: record by record, for each in the order in which clocks were attached.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The fields that the definition reads and no record of the log ever had: misspelt, or of
    /// something that never happened. A condition on such a field takes it for null, so `stop` on one
    /// never stops a clock. None where the log has no fields at all.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let mut log = RecordLog::new();
    /// # let at = "2026-06-15T10:00:00Z".parse()?;
    /// log.extend(vec![RecordUpdate::new("INC1", at).set("state", "Closed")])?;
    /// let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold", "metrics": [
    ///     {"name": "resolution", "stop": "sate = 'Closed'", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// assert_eq!(replay(&definition, &log, None)?.unknown_fields(), ["sate"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unknown_fields(&self) -> &[String] {
        &self.unknown_fields
    }

    pub(super) fn already_stopped(&self) -> &[AlreadyStopped] {
        &self.already_stopped
    }

    /// The name of an outcome's record.
    pub fn record(&self, outcome: &Outcome) -> &str {
        &self.records[outcome.record as usize]
    }

    /// The name of an outcome's agreement.
    pub fn agreement(&self, outcome: &Outcome) -> &str {
        self.program.names(outcome.metric).agreement
    }

    /// The name of an outcome's metric.
    pub fn metric(&self, outcome: &Outcome) -> &str {
        self.program.names(outcome.metric).metric
    }

    /// The name of the calendar an outcome's target counts on; none if all time does.
    pub fn calendar(&self, outcome: &Outcome) -> Option<&str> {
        let metric = &self.program.metrics[outcome.metric as usize];
        let target = &metric.targets[outcome.target_index as usize];
        self.program.calendar_name(target.calendar)
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    pub(super) fn traces(&self) -> impl Iterator<Item = (&Outcome, &Trace)> {
        self.outcomes.iter().zip(&self.traces)
    }

    /// The value that a field of an outcome's record has in `log` when the clock ended, or at the
    /// instant of the replay if it did not.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let at = "2026-06-15T10:00:00Z".parse()?;
    /// # let mut log = RecordLog::new();
    /// log.extend(vec![RecordUpdate::new("INC1", at).set("team", "network")])?;
    /// # let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold",
    /// #     "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let replay = replay(&definition, &log, None)?;
    /// assert_eq!(replay.field(&log, &replay.outcomes()[0], "team"), &"network".into());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn field<'a>(&self, log: &'a RecordLog, outcome: &Outcome, field: &str) -> &'a FieldValue {
        self.value(log, outcome, log.fields().find(field))
    }

    /// The same of a field by its number.
    pub(super) fn value<'a>(
        &self,
        log: &'a RecordLog,
        outcome: &Outcome,
        field: Option<u32>,
    ) -> &'a FieldValue {
        let at = outcome.end.map_or(self.at, |end| end.min(self.at));
        let known = (outcome.record as usize) < log.records();
        match field.filter(|_| known) {
            Some(field) => log.values().value(log.value_at(outcome.record, field, at.as_nanos())),
            None => &FieldValue::Null,
        }
    }

    /// The numbers of the metrics of a name, of every agreement or of one.
    ///
    /// # Errors
    /// There is no such metric.
    pub(super) fn metrics_named(&self, agreement: Option<&str>, name: &str) -> Result<Vec<u32>> {
        let numbers = 0..self.program.metrics.len() as u32;
        let found: Vec<u32> = numbers
            .filter(|&metric| {
                let names = self.program.names(metric);
                names.metric == name && agreement.is_none_or(|own| own == names.agreement)
            })
            .collect();
        if found.is_empty() { Err(no_metric(name)) } else { Ok(found) }
    }

    /// The verdicts as a table, with the values of fields beside them: numbers, truth values or
    /// instants where all values of a field are, else text. [`Replay::history`] lays out what a
    /// forecast learns from.
    ///
    /// # Errors
    /// When no record ever had a field, or it is named twice or as one of the table's own columns.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let at = "2026-06-15T10:00:00Z".parse()?;
    /// # let mut log = RecordLog::new();
    /// # log.extend(vec![RecordUpdate::new("INC1", at).set("team", "network")])?;
    /// # let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold",
    /// #     "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let table = replay(&definition, &log, None)?.table(&log, &["team"])?;
    /// assert_eq!(table.text("team")?.get(0), Some("network"));
    /// assert_eq!(table.text("clock_state")?.get(0), Some("running"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn table(&self, log: &RecordLog, fields: &[&str]) -> Result<Table> {
        let all = &self.outcomes;
        let time = |of: &dyn Fn(&Outcome) -> Option<Timestamp>| {
            Column::Time(self.outcomes.iter().map(of).collect())
        };
        let seconds = |of: &dyn Fn(&Outcome) -> Duration| {
            Column::Float(self.outcomes.iter().map(|own| Some(of(own).as_secs_f64())).collect())
        };
        let cycles = self.outcomes.iter().map(|own| Some(i64::from(own.cycle)));
        let breached = self.outcomes.iter().map(|own| Some(own.breached));
        let mut columns: Vec<(String, Column)> = vec![
            ("record".to_owned(), text(all, |own| Some(self.record(own)))),
            ("agreement".to_owned(), text(all, |own| Some(self.agreement(own)))),
            ("metric".to_owned(), text(all, |own| Some(self.metric(own)))),
            ("cycle".to_owned(), Column::Int(cycles.collect())),
            ("clock_state".to_owned(), text(all, |own| Some(state_name(own.state)))),
            ("attached".to_owned(), time(&|own| Some(own.attached))),
            ("start".to_owned(), time(&|own| Some(own.start))),
            ("end".to_owned(), time(&|own| own.end)),
            ("target_s".to_owned(), seconds(&|own| own.target)),
            ("business_s".to_owned(), seconds(&|own| own.business)),
            ("actual_s".to_owned(), seconds(&|own| own.actual)),
            ("paused_s".to_owned(), seconds(&|own| own.paused)),
            ("breached".to_owned(), Column::Bool(breached.collect())),
            ("breach_at".to_owned(), time(&|own| own.breach_at)),
            ("calendar".to_owned(), text(all, |own| self.calendar(own))),
        ];
        for field in fields {
            let number = log.known_field("fields", field)?;
            let values: Vec<&FieldValue> =
                all.iter().map(|outcome| self.value(log, outcome, number)).collect();
            columns.push(((*field).to_owned(), column_of(&values)));
        }
        Table::new(columns)
    }

    /// How long clocks were paused in total, in calendar time, by agreement, metric and reason; time
    /// paused for several reasons counts for each. The longest first.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// let mut log = RecordLog::new();
    /// log.extend(vec![
    ///     RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("state", "Awaiting"),
    ///     RecordUpdate::new("INC1", "2026-06-15T12:00:00Z".parse()?).set("state", "Active"),
    /// ])?;
    /// let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold", "metrics": [
    ///     {"name": "resolution", "pause": [{"reason": "user", "when": "state = 'Awaiting'"}],
    ///      "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let pauses = replay(&definition, &log, None)?.pauses();
    /// assert_eq!((pauses[0].reason.as_str(), pauses[0].paused), ("user", "2h".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn pauses(&self) -> Vec<PauseTotal> {
        let mut totals: BTreeMap<(u32, u32), (u64, i64)> = BTreeMap::new();
        for (_, trace) in self.traces() {
            for (piece, end) in trace.spans(self.at.as_nanos()) {
                let Doing::Paused(bits) = piece.doing else { continue };
                let calendar = &self.program.calendars[usize::from(piece.calendar)];
                let open = calendar.open_until(end).saturating_sub(calendar.open_until(piece.from));
                for bit in (0..64).filter(|bit| bits >> bit & 1 == 1) {
                    let total = totals.entry((trace.metric, bit)).or_default();
                    *total = (total.0 + 1, total.1.saturating_add(open));
                }
            }
        }
        let mut pauses: Vec<PauseTotal> = totals
            .into_iter()
            .map(|((metric, bit), (count, paused))| {
                let names = self.program.names(metric);
                PauseTotal {
                    agreement: names.agreement.to_owned(),
                    metric: names.metric.to_owned(),
                    reason: self.program.reasons(metric, 1 << bit).concat(),
                    count,
                    paused: Duration::from_nanos(paused),
                }
            })
            .collect();
        pauses.sort_by_key(|pause| std::cmp::Reverse(pause.paused));
        pauses
    }
}

fn text<'a>(outcomes: &'a [Outcome], of: impl Fn(&'a Outcome) -> Option<&'a str>) -> Column {
    Column::Text(outcomes.iter().map(of).collect::<TextColumn>())
}

/// How long clocks of a metric were paused for a reason.
///
/// ```
/// # use itom_core::sla::PauseTotal;
/// let json = r#"{"agreement": "Gold", "metric": "resolution", "reason": "user", "count": 2,
///     "paused": "PT3H"}"#;
/// assert_eq!(serde_json::from_str::<PauseTotal>(json)?.count, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PauseTotal {
    /// Of which agreement.
    pub agreement: String,
    /// Of which metric.
    pub metric: String,
    /// Why.
    pub reason: String,
    /// Number of pauses.
    pub count: u64,
    /// Calendar time.
    pub paused: Duration,
}

fn outcome(program: &Program, record: u32, trace: &Trace, now: i64) -> Outcome {
    let Measure { state, target, business, actual, paused, breached, breach_at } =
        trace.measure(program, now);
    Outcome {
        record,
        metric: trace.metric,
        cycle: trace.cycle,
        state,
        attached: Timestamp::from_nanos(trace.attached),
        start: Timestamp::from_nanos(trace.origin),
        end: trace.end.map(|(at, _)| Timestamp::from_nanos(at)),
        target: Duration::from_nanos(target),
        business: Duration::from_nanos(business),
        actual: Duration::from_nanos(actual),
        paused: Duration::from_nanos(paused),
        breached,
        breach_at: breach_at.map(Timestamp::from_nanos),
        target_index: trace.target() as u32,
    }
}

/// The name of a state, as in JSON.
pub(super) fn state_name(state: ClockState) -> &'static str {
    match state {
        ClockState::Pending => "pending",
        ClockState::Running => "running",
        ClockState::Paused => "paused",
        ClockState::Stopped => "stopped",
        ClockState::Cancelled => "cancelled",
    }
}
