//! `itom.sla.Agreements` and what goes with it: conversion only.

use std::sync::Arc;

use itom_core::Timestamp;
use itom_core::sla::{
    Agreements as CoreAgreements, AgreementsDefinition, AttainmentOptions, AttainmentRule,
    Condition, CreditPolicy as CorePolicy, Fraction, PriorityMatrix as CoreMatrix,
    RecordLog as CoreLog, RecordUpdate, Replay as CoreReplay, VerdictCounts, chain as core_chain,
    replay as core_replay, what_if as core_what_if,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::{internal, raise};
use crate::table::Table;

/// A list of updates, or one.
fn updates(value: &Bound<'_, PyAny>) -> PyResult<Vec<RecordUpdate>> {
    let one = value.is_instance_of::<PyDict>();
    if one {
        return Ok(vec![convert::definition(value, "updates")?]);
    }
    convert::definition(value, "updates")
}

/// An exact ratio: a fraction, a decimal, text, a number as it is written.
fn fraction(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Fraction> {
    let text = value.str()?.to_string();
    text.parse::<Fraction>().map_err(|error| raise(error.about(argument).within(argument)))
}

fn optional_fraction(
    value: Option<&Bound<'_, PyAny>>,
    argument: &str,
) -> PyResult<Option<Fraction>> {
    value.filter(|value| !value.is_none()).map(|value| fraction(value, argument)).transpose()
}

fn loads<'py>(py: Python<'py>, document: &impl serde::Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(document).map_err(|error| internal(&error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}

/// Agreements (SLA, OLA, underpinning contracts) over a stream of record updates.
///
/// `definition` is a dict or JSON text of calendars and agreements. Updates come in any order; a
/// late, corrected or retracted one changes the past as if it had come in time.
///
/// The keys of a definition (`itom.schema("agreements_definition")` in full):
///
/// - `calendars`: definitions of calendars by name. `priority`: {"matrix", "impact", "urgency",
///   "field"}, a field that follows from two others.
/// - `agreements`: a list of {"name", "kind" ("sla", "ola", "underpinning_contract"), "supports" (the
///   agreement it backs), "applies" (a condition), "metrics"}.
/// - each of `metrics`: {"name", "start", "stop", "cancel", "reset", "resume" (conditions), "pause":
///   [{"reason", "when"}], "targets": [{"when", "target", "calendar", "thresholds"}] of which the first
///   that fits counts, "cancels", "reopen" ("new_cycle", "resume", "void_stop", "never"),
///   "on_target_change", "retroactive_start", "retroactive_pause", "at_equality"}.
///
/// A condition is text, "priority in (1, 2) and not state = 'Closed'", or its tree: see `condition`.
/// A field that no record ever had is null in it: `Replay.unknown_fields` lists those.
///
/// >>> import datetime as dt
/// >>> agreements = itom.sla.Agreements({"agreements": [{"name": "Gold", "metrics": [
/// ...     {"name": "resolution", "stop": "state = 'Closed'",
/// ...      "pause": [{"reason": "user", "when": "state = 'Awaiting'"}],
/// ...      "targets": [{"when": "priority = 1", "target": "4h"}, {"target": "8h"}]}]}]})
/// >>> ten = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> hour = dt.timedelta(hours=1)
/// >>> changes = agreements.update([
/// ...     {"record": "INC1", "at": ten, "fields": {"state": "New", "priority": 3}},
/// ...     {"record": "INC1", "at": ten + hour, "fields": {"state": "Awaiting"}}])
/// >>> [event.what for event in changes.happened]
/// ['attached', 'paused']
/// >>> status = agreements.status("INC1", ten + 2 * hour)[0]
/// >>> status.state, status.business, status.remaining
/// ('paused', datetime.timedelta(seconds=3600), datetime.timedelta(seconds=25200))
/// >>> agreements
/// <itom.sla.Agreements: Gold; 1 records>
#[pyclass(frozen, module = "itom.sla")]
pub struct Agreements(Handle<CoreAgreements>);

#[pymethods]
impl Agreements {
    #[new]
    #[pyo3(signature = (definition, log=None))]
    fn new(definition: &Bound<'_, PyAny>, log: Option<&Bound<'_, RecordLog>>) -> PyResult<Self> {
        let py = definition.py();
        let document: AgreementsDefinition = convert::definition(definition, "definition")?;
        let log = match log {
            Some(log) => log.get().0.with(py, |log| Ok(log.clone()))?,
            None => CoreLog::new(),
        };
        enter(py, || CoreAgreements::over(document, log)).map(|core| Agreements(Handle::new(core)))
    }

    /// Takes an update, or a list of them (all or none), and says what happened to clocks by it
    /// and what did not after all: `{"record": "INC1", "at": instant, "fields": {...}}`, with
    /// `sequence` to order updates of one instant, `id`, `revision`, `retract` to correct them.
    fn update<'py>(&self, updates: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = updates.py();
        let updates = self::updates(updates)?;
        let changes = self.0.with(py, |core| core.update(updates))?;
        convert::to_python(py, &changes)
    }

    /// Takes the rows of a table as updates: `record` and `at` name the columns with the record and
    /// the instant, `sequence` one with the order among updates of one instant; every other column
    /// sets the field of its name.
    #[pyo3(signature = (table, *, record, at, sequence=None))]
    fn load(
        &self,
        table: &Bound<'_, PyAny>,
        record: &str,
        at: &str,
        sequence: Option<&str>,
    ) -> PyResult<()> {
        let py = table.py();
        let table = convert::table(table, "table")?;
        self.0.with(py, |core| core.load(&table, record, at, sequence))
    }

    /// Where the clocks of a record stand at an instant.
    fn status<'py>(&self, record: &str, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let statuses = self.0.with(py, |core| core.status(record, at))?;
        convert::to_python(py, &statuses)
    }

    /// Where all clocks stand at an instant.
    fn statuses<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let statuses = self.0.with(py, |core| core.statuses(at))?;
        convert::to_python(py, &statuses)
    }

    /// Where the clocks stand that are neither stopped nor cancelled.
    fn running<'py>(&self, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let statuses = self.0.with(py, |core| core.running(at))?;
        convert::to_python(py, &statuses)
    }

    /// Every second of a record's clocks up to `at`, in segments that say why they counted or not.
    fn explain<'py>(&self, record: &str, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let segments = self.0.with(py, |core| core.explain(record, at))?;
        convert::to_python(py, &segments)
    }

    /// What happened to the clocks of a record, in order.
    fn events<'py>(&self, py: Python<'py>, record: &str) -> PyResult<Bound<'py, PyAny>> {
        let events = self.0.with(py, |core| core.events(record))?;
        convert::to_python(py, &events)
    }

    /// The shares of targets that were used up by `now` and not told before, in order.
    fn advance<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = now.py();
        let now = convert::instant(now, "now")?;
        let crossed = self.0.with(py, |core| core.advance(now))?;
        convert::to_python(py, &crossed)
    }

    /// The next breaches as things stand that no `advance` has told yet, soonest first; before its
    /// first call those of the past are among them.
    #[pyo3(signature = (most=10))]
    fn next_breaches<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let breaches = self.0.with(py, |core| Ok(core.next_breaches(most)))?;
        convert::to_python(py, &breaches)
    }

    /// For each running clock of a supported agreement: what is left of it, against what the
    /// clocks that support it may still use.
    fn slack<'py>(&self, record: &str, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let slack = self.0.with(py, |core| core.slack(record, at))?;
        convert::to_python(py, &slack)
    }

    /// Who had the time: the sums of a record's clocks, split by the values a field had.
    fn accounting<'py>(
        &self,
        record: &str,
        field: &str,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let shares = self.0.with(py, |core| core.accounting(record, field, at))?;
        convert::to_python(py, &shares)
    }

    /// The verdicts on all records at an instant, to be counted.
    fn replay(&self, at: &Bound<'_, PyAny>) -> PyResult<Replay> {
        let py = at.py();
        let at = convert::instant(at, "at")?;
        let (replay, log) = self.0.with(py, |core| Ok((core.replay(at), core.log().clone())))?;
        Ok(Replay { replay: Arc::new(replay), log: Arc::new(log) })
    }

    /// What would have been under another definition, up to `at`; nothing is changed by asking.
    fn what_if<'py>(
        &self,
        definition: &Bound<'py, PyAny>,
        at: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = at.py();
        let after: AgreementsDefinition = convert::definition(definition, "definition")?;
        let at = convert::instant(at, "at")?;
        let answer = self.0.with(py, |core| core.what_if(&after, at))?;
        convert::to_python(py, &answer)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |core| {
            let names = core.definition().agreements.iter().map(|own| own.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            Ok(format!("<itom.sla.Agreements: {names}; {} records>", core.log().records()))
        })
    }

    /// What was agreed.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let definition = self.0.with(py, |core| Ok(core.definition().clone()))?;
        loads(py, &definition)
    }

    /// The agreements with all they know as versioned, checksummed bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |core| Ok(core.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Agreements from their bytes.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || CoreAgreements::from_bytes(&bytes))
            .map(|core| Agreements(Handle::new(core)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [bytes])?))
    }
}

/// A log of record updates, to be replayed under as many agreements as there are questions.
///
/// >>> import datetime as dt
/// >>> ten = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> log = itom.sla.RecordLog()
/// >>> log.extend({"record": "INC1", "at": ten, "fields": {"state": "New"}})
/// >>> log.extend_table({"number": ["INC2"], "updated": [ten], "state": ["New"]},
/// ...                  record="number", at="updated")
/// >>> len(log), log.records
/// (2, 2)
/// >>> log
/// <itom.sla.RecordLog of 2 updates of 2 records: state>
#[pyclass(frozen, module = "itom.sla")]
pub struct RecordLog(Handle<CoreLog>);

#[pymethods]
impl RecordLog {
    #[new]
    fn new() -> Self {
        RecordLog(Handle::new(CoreLog::new()))
    }

    /// Takes an update or a list of them, all or none.
    fn extend(&self, updates: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = updates.py();
        let updates = self::updates(updates)?;
        self.0.with(py, |log| log.extend(updates))
    }

    /// Takes the rows of a table: `record` and `at` name the columns with the record and the
    /// instant, `sequence` one with the order among updates of one instant; every other column
    /// sets the field of its name.
    #[pyo3(signature = (table, *, record, at, sequence=None))]
    fn extend_table(
        &self,
        table: &Bound<'_, PyAny>,
        record: &str,
        at: &str,
        sequence: Option<&str>,
    ) -> PyResult<()> {
        let py = table.py();
        let table = convert::table(table, "table")?;
        self.0.with(py, |log| log.extend_table(&table, record, at, sequence))
    }

    /// The names of all fields that an update ever set.
    #[getter]
    fn field_names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.0.with(py, |log| Ok(log.field_names().to_vec()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |log| {
            let (updates, records, fields) = (log.len(), log.records(), log.field_names());
            let shown = fields.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if fields.len() > 8 { ", …" } else { "" };
            Ok(format!(
                "<itom.sla.RecordLog of {updates} updates of {records} records: {shown}{more}>"
            ))
        })
    }

    /// Number of records.
    #[getter]
    fn records(&self, py: Python<'_>) -> PyResult<usize> {
        self.0.with(py, |log| Ok(log.records()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.0.with(py, |log| Ok(log.len()))
    }
}

/// The verdicts on a whole history at an instant; made by `replay` and `Agreements.replay`.
///
/// >>> import datetime as dt
/// >>> ten = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
/// >>> log = itom.sla.RecordLog()
/// >>> log.extend([{"record": "INC1", "at": ten, "fields": {"team": "net"}},
/// ...             {"record": "INC1", "at": ten + dt.timedelta(hours=3), "fields": {"done": True}}])
/// >>> replay = itom.sla.replay({"agreements": [{"name": "Gold", "metrics": [
/// ...     {"name": "resolution", "stop": "done = true", "targets": [{"target": "4h"}]}]}]}, log)
/// >>> replay.counts().met, replay.attainment(group="team")[0].attainment
/// (1, Fraction(1, 1))
/// >>> replay.table(["team"])["team"]
/// ['net']
/// >>> replay
/// <itom.sla.Replay of 1 records at 2026-06-15T13:00:00Z, 1 clocks: 1 met>
///
/// A name that no record ever had is an error that lists those there are. One that only a condition
/// reads is reported in `unknown_fields`.
#[pyclass(frozen, module = "itom.sla")]
pub struct Replay {
    replay: Arc<CoreReplay>,
    log: Arc<CoreLog>,
}

#[pymethods]
impl Replay {
    /// The instant the verdicts are of.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::instant_to_python(py, self.replay.at())
    }

    fn __len__(&self) -> usize {
        self.replay.outcomes().len()
    }

    fn __repr__(&self) -> String {
        let counts = self.replay.counts();
        let all = [
            (counts.met, "met"),
            (counts.breached, "breached"),
            (counts.running_breached, "running and breached"),
            (counts.running, "running"),
            (counts.cancelled, "cancelled"),
            (counts.already_stopped, "already stopped when first seen"),
        ];
        let said = all.iter().filter(|(count, _)| *count > 0);
        let said: Vec<String> = said.map(|(count, what)| format!("{count} {what}")).collect();
        let unknown = match self.replay.unknown_fields() {
            [] => String::new(),
            fields => format!("; no record has the fields {}", fields.join(", ")),
        };
        let (records, clocks) = (self.log.records(), self.replay.outcomes().len());
        let said = if said.is_empty() { "no verdicts".to_owned() } else { said.join(", ") };
        format!(
            "<itom.sla.Replay of {records} records at {}, {clocks} clocks: {said}{unknown}>",
            self.replay.at()
        )
    }

    /// The fields that the definition reads and no record of the log ever had, most likely misspelt:
    /// conditions take them for null, so `stop` on one never stops a clock.
    ///
    /// >>> import datetime as dt
    /// >>> log = itom.sla.RecordLog()
    /// >>> ten = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    /// >>> log.extend({"record": "INC1", "at": ten, "fields": {"state": "Closed"}})
    /// >>> rules = {"agreements": [{"name": "Gold", "metrics": [
    /// ...     {"name": "resolution", "stop": "sate = 'Closed'", "targets": [{"target": "4h"}]}]}]}
    /// >>> itom.sla.replay(rules, log).unknown_fields
    /// ['sate']
    #[getter]
    fn unknown_fields(&self) -> Vec<String> {
        self.replay.unknown_fields().to_vec()
    }

    /// All verdicts counted together. `already_stopped` counts records without a clock, because they
    /// were stopped when first seen.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.replay.counts())
    }

    /// The verdicts as a table, with the values of fields beside them: numbers, truth values or
    /// instants where all values of a field are, else text.
    #[pyo3(signature = (fields=None))]
    fn table(&self, py: Python<'_>, fields: Option<&Bound<'_, PyAny>>) -> PyResult<Table> {
        let fields = fields.map_or(Ok(Vec::new()), |fields| convert::texts(fields, "fields"))?;
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        enter(py, || self.replay.table(&self.log, &fields)).map(Table::wrap)
    }

    /// The lives of the clocks as the history that a `BreachForecast` learns from: a row for each
    /// time that one of `fields` changed, with `case`, `record`, `opened`, `target_s`, `used_s`,
    /// `since_s`, `ended`, `breached`; of all metrics or those of one name. Without cancelled clocks.
    ///
    /// >>> import datetime as dt
    /// >>> log, hour = itom.sla.RecordLog(), dt.timedelta(hours=1)
    /// >>> for i in range(40):
    /// ...     opened = dt.datetime(2026, 6, 1, 8, tzinfo=dt.timezone.utc) + i * 8 * hour
    /// ...     log.extend([
    /// ...         {"record": f"INC{i}", "at": opened, "fields": {"team": "desk", "hops": 0}},
    /// ...         {"record": f"INC{i}", "at": opened + hour, "fields": {"team": "net", "hops": 1}},
    /// ...         {"record": f"INC{i}", "at": opened + (2 + i % 4) * hour, "fields": {"done": True}}])
    /// >>> log.extend({"record": "NEW", "at": opened + 9 * hour, "fields": {"team": "desk", "hops": 0}})
    /// >>> rules = {"agreements": [{"name": "Gold", "metrics": [
    /// ...     {"name": "resolution", "stop": "done = true", "targets": [{"target": "4h"}]}]}]}
    /// >>> replay = itom.sla.replay(rules, log)
    /// >>> fields = ["team", "hops"]
    /// >>> definition = {"groups": ["team"], "numbers": ["hops"]}
    /// >>> forecast = itom.sla.BreachForecast(definition, replay.history(fields), replay.at)
    /// >>> clocks = replay.running(fields)
    /// >>> clocks["record"], forecast.probabilities(clocks).round(1).tolist()
    /// (['NEW'], [0.3])
    #[pyo3(signature = (fields, *, metric=None))]
    fn history(&self, fields: &Bound<'_, PyAny>, metric: Option<&str>) -> PyResult<Table> {
        let names = convert::texts(fields, "fields")?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        enter(fields.py(), || self.replay.history(&self.log, &names, metric)).map(Table::wrap)
    }

    /// The clocks that run or are paused, a row each with the values of now: what
    /// `BreachForecast.probabilities` takes, with the columns of `history`.
    #[pyo3(signature = (fields, *, metric=None))]
    fn running(&self, fields: &Bound<'_, PyAny>, metric: Option<&str>) -> PyResult<Table> {
        let names = convert::texts(fields, "fields")?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        enter(fields.py(), || self.replay.running(&self.log, &names, metric)).map(Table::wrap)
    }

    /// The attainment of each metric by period and group: a list of `Attainment`.
    ///
    /// Options by name: `agreement`, `metric`, `group` (a field), `period` ({"duration": "1M",
    /// "tz": "Europe/Berlin"}), `rule` ("running_breached", "completed_only", "cancelled_met",
    /// "running_met"), `counted_in` ("closed", "breached", "opened").
    #[pyo3(signature = (**options))]
    fn attainment<'py>(
        &self,
        py: Python<'py>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options: AttainmentOptions = match options {
            Some(options) => convert::definition(options.as_any(), "options")?,
            None => AttainmentOptions::default(),
        };
        let rows = enter(py, || self.replay.attainment(&self.log, &options))?;
        convert::to_python(py, &rows)
    }

    /// How long clocks were paused in total, by metric and reason, the longest first.
    fn pauses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.replay.pauses())
    }

    /// Who had the time: the sums of all clocks, split by the values a field had.
    fn accounting<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Bound<'py, PyAny>> {
        let shares = enter(py, || self.replay.accounting(&self.log, field))?;
        convert::to_python(py, &shares)
    }
}

/// Replays a log under agreements, up to `at` (the log's last update if None).
///
/// >>> itom.sla.replay({"agreements": []}, itom.sla.RecordLog()).counts().met
/// 0
#[pyfunction]
#[pyo3(signature = (definition, log, at=None))]
pub fn replay(
    definition: &Bound<'_, PyAny>,
    log: &Bound<'_, RecordLog>,
    at: Option<&Bound<'_, PyAny>>,
) -> PyResult<Replay> {
    let py = definition.py();
    let document: AgreementsDefinition = convert::definition(definition, "definition")?;
    let at: Option<Timestamp> = convert::optional_instant(at, "at")?;
    let log = log.get().0.with(py, |log| Ok(log.clone()))?;
    let replay = enter(py, || core_replay(&document, &log, at))?;
    Ok(Replay { replay: Arc::new(replay), log: Arc::new(log) })
}

/// Replays a log under two definitions: who flips, and why.
///
/// >>> rules = {"agreements": []}
/// >>> itom.sla.what_if(itom.sla.RecordLog(), rules, rules).flips
/// []
#[pyfunction]
#[pyo3(signature = (log, before, after, at=None))]
pub fn what_if<'py>(
    log: &Bound<'py, RecordLog>,
    before: &Bound<'py, PyAny>,
    after: &Bound<'py, PyAny>,
    at: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = log.py();
    let before: AgreementsDefinition = convert::definition(before, "before")?;
    let after: AgreementsDefinition = convert::definition(after, "after")?;
    let at: Option<Timestamp> = convert::optional_instant(at, "at")?;
    let answer = log.get().0.with(py, |log| core_what_if(log, &before, &after, at))?;
    convert::to_python(py, &answer)
}

/// Compares each target with those of the agreements that support its own: a list of `ChainLink`.
///
/// >>> report = itom.sla.chain({"agreements": [
/// ...     {"name": "Gold", "metrics": [{"name": "resolution", "targets": [{"target": "4h"}]}]},
/// ...     {"name": "Network", "kind": "ola", "supports": "Gold",
/// ...      "metrics": [{"name": "resolution", "targets": [{"target": "5h"}]}]}]})
/// >>> report[0].covered, report[0].slack
/// (False, datetime.timedelta(days=-1, seconds=82800))
#[pyfunction]
pub fn chain<'py>(definition: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = definition.py();
    let document: AgreementsDefinition = convert::definition(definition, "definition")?;
    let report = enter(py, || core_chain(&document))?;
    convert::to_python(py, &report)
}

/// The share of promises kept, of counts {"met", "breached", "cancelled", "running",
/// "running_breached"}; None when nothing counted.
///
/// >>> itom.sla.attainment({"met": 97, "breached": 2, "running_breached": 1})
/// Fraction(97, 100)
/// >>> itom.sla.attainment({"met": 97, "breached": 2}, rule="completed_only")
/// Fraction(97, 99)
#[pyfunction]
#[pyo3(signature = (counts, *, rule="running_breached"))]
pub fn attainment<'py>(
    counts: &Bound<'py, PyAny>,
    rule: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = counts.py();
    let counts: VerdictCounts = convert::definition(counts, "counts")?;
    let text = serde_json::to_string(rule).map_err(|error| internal(&error.to_string()))?;
    let rule: AttainmentRule = itom_core::read_json(&text, "rule").map_err(raise)?;
    counts.attainment(rule).map(|share| convert::to_python(py, &share)).transpose()
}

/// A condition as its tree, from its text or tree.
///
/// >>> itom.sla.condition("priority in (1, 2) and not state = 'Closed'")["all"][0]
/// {'field': 'priority', 'in': [1, 2]}
#[pyfunction]
pub fn condition<'py>(condition: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = condition.py();
    let tree: Condition = if condition.is_instance_of::<PyString>() {
        convert::text(condition, "condition")?.parse().map_err(raise)?
    } else {
        convert::definition(condition, "condition")?
    };
    loads(py, &tree)
}

/// Service credits by tiers, exact.
///
/// `definition` is a dict or JSON text, or the name of a policy the library knows,
/// "aws_compute_region". Its keys: `tiers` ([{"below": 99.99, "credit": 10}, ...], both percentages),
/// `bound` ("exclusive": exactly 99.99 is not below it; "inclusive"), `cap` (a percentage of the fee)
/// and `claim` (text).
///
/// >>> policy = itom.sla.CreditPolicy("aws_compute_region")
/// >>> credit = policy.credit("99.98501", fee=1200)
/// >>> credit.percent, credit.amount
/// (Fraction(10, 1), Fraction(120, 1))
/// >>> policy
/// <itom.sla.CreditPolicy of 3 tiers: below 9999/100 %, 99 %, 95 %>
#[pyclass(frozen, module = "itom.sla")]
pub struct CreditPolicy(CorePolicy);

#[pymethods]
impl CreditPolicy {
    #[new]
    fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        if definition.is_instance_of::<PyString>() {
            let text = convert::text(definition, "definition")?;
            if !text.trim_start().starts_with('{') {
                return CorePolicy::named(&text).map(CreditPolicy).map_err(raise);
            }
        }
        convert::definition(definition, "definition").map(CreditPolicy)
    }

    /// What is owed for an achieved percentage such as 99.5, of a fee if one is given. Both are taken
    /// exactly, as text, a number, a Fraction or a Decimal. A percentage above 0 and at most 1 is
    /// refused, since it is most likely a ratio: for a ratio such as 0.995 there is `credit_of`.
    #[pyo3(signature = (achieved, fee=None))]
    fn credit<'py>(
        &self,
        achieved: &Bound<'py, PyAny>,
        fee: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = achieved.py();
        let (achieved, fee) = (fraction(achieved, "achieved")?, optional_fraction(fee, "fee")?);
        let credit = enter(py, || self.0.credit(achieved, fee))?;
        convert::to_python(py, &credit)
    }

    /// What is owed for an achieved share from 0 to 1, such as an attainment.
    ///
    /// >>> itom.sla.CreditPolicy("aws_compute_region").credit_of(0.995).percent
    /// Fraction(10, 1)
    #[pyo3(signature = (share, fee=None))]
    fn credit_of<'py>(
        &self,
        share: &Bound<'py, PyAny>,
        fee: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = share.py();
        let (share, fee) = (fraction(share, "share")?, optional_fraction(fee, "fee")?);
        let credit = enter(py, || self.0.credit_of(share, fee))?;
        convert::to_python(py, &credit)
    }

    fn __repr__(&self) -> String {
        let tiers = &self.0.tiers;
        let below: Vec<String> = tiers.iter().map(|tier| format!("{} %", tier.below)).collect();
        format!("<itom.sla.CreditPolicy of {} tiers: below {}>", tiers.len(), below.join(", "))
    }

    /// The policy as a dict.
    #[getter]
    fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.0)
    }
}

/// Priority by impact and urgency.
///
/// `rows` is a dict of dicts, or "itil" (high, medium, low) or "servicenow" (1, 2, 3).
///
/// >>> matrix = itom.sla.PriorityMatrix("itil")
/// >>> matrix.priority("high", "low")
/// 3
/// >>> matrix
/// <itom.sla.PriorityMatrix of 3 impacts: high, low, medium>
#[pyclass(frozen, module = "itom.sla")]
pub struct PriorityMatrix(CoreMatrix);

#[pymethods]
impl PriorityMatrix {
    #[new]
    fn new(rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        if rows.is_instance_of::<PyString>() {
            match convert::text(rows, "rows")?.as_str() {
                "itil" => return Ok(PriorityMatrix(CoreMatrix::itil())),
                "servicenow" => return Ok(PriorityMatrix(CoreMatrix::servicenow())),
                _ => {}
            }
        }
        let matrix: CoreMatrix = convert::definition(rows, "rows")?;
        matrix.check().map_err(raise)?;
        Ok(PriorityMatrix(matrix))
    }

    /// The priority of an impact and an urgency; one that is not in the matrix is an error.
    fn priority<'py>(
        &self,
        impact: &Bound<'py, PyAny>,
        urgency: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = impact.py();
        let (impact, urgency) = (impact.str()?.to_string(), urgency.str()?.to_string());
        convert::to_python(py, self.0.priority(&impact, &urgency).map_err(raise)?)
    }

    fn __repr__(&self) -> String {
        let rows = serde_json::to_value(&self.0).unwrap_or_default();
        let impacts = rows.as_object().map(|rows| rows.keys().map(String::as_str).collect());
        let impacts: Vec<&str> = impacts.unwrap_or_default();
        let count = impacts.len();
        format!("<itom.sla.PriorityMatrix of {count} impacts: {}>", impacts.join(", "))
    }

    /// The matrix as a dict of dicts.
    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.0)
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Agreements>()?;
    module.add_class::<RecordLog>()?;
    module.add_class::<Replay>()?;
    module.add_class::<CreditPolicy>()?;
    module.add_class::<PriorityMatrix>()?;
    module.add_function(wrap_pyfunction!(attainment, module)?)?;
    module.add_function(wrap_pyfunction!(chain, module)?)?;
    module.add_function(wrap_pyfunction!(condition, module)?)?;
    module.add_function(wrap_pyfunction!(replay, module)?)?;
    module.add_function(wrap_pyfunction!(what_if, module)?)
}
