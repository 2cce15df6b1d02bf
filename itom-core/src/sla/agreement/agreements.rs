//! Which promises hold for which records, and which break next? Agreements over a stream of updates.
//!
//! [`Agreements`] takes updates of records ([`RecordUpdate`]) in any order, attaches, pauses, stops
//! and cancels the clocks of its agreements as their conditions say, and answers at any instant.
//! A late, corrected or retracted update changes the past: [`Agreements::update`] says what happened
//! by it and what did not after all. However updates are cut into calls and whatever order they
//! arrive in, the verdicts are the same.
//!
//! Cost: an update in order is one step of its record; a late one walks its record anew. A status
//! is two lookups for each piece of a clock's life. [`Agreements::advance`] takes crossings from an
//! ordered queue, O(log n) each. For a whole history at once see [`replay`](super::replay).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::definition::AgreementsDefinition;
use super::log::{RecordLog, RecordUpdate, Saved};
use super::program::{Memo, Program, WHOLE, added};
use super::replay::Replay;
use super::status::{
    AgreementChanges, AgreementCrossing, AgreementEvent, AgreementSegment, AgreementStatus, events,
    segments, status,
};
use super::trace::Trace;
use super::walk::{Ground, Walk};
use super::what_if::{WhatIf, what_if};
use crate::sla::ClockState;
use crate::snapshot::{self, Header};
use crate::table::Table;
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "sla.agreements";
const VERSION: u16 = 1;

/// Agreements and the clocks they run.
///
/// ```
/// use itom_core::sla::{AgreementAction, Agreements, RecordUpdate};
///
/// let mut agreements = Agreements::from_json(
///     r#"{"agreements": [{"name": "Gold", "applies": "customer = 'ACME'", "metrics": [
///         {"name": "resolution", "stop": "state = 'Closed'",
///          "pause": [{"reason": "user", "when": "state = 'Awaiting'"}],
///          "targets": [{"when": "priority = 1", "target": "4h"}, {"target": "8h"}]}]}]}"#,
/// )?;
/// let update = |at: &str| Ok::<_, itom_core::Error>(RecordUpdate::new("INC1", at.parse()?));
/// agreements.update(vec![
///     update("2026-06-15T10:00:00Z")?.set("customer", "ACME").set("priority", 3),
///     update("2026-06-15T13:00:00Z")?.set("priority", 1),
/// ])?;
/// let status = &agreements.status("INC1", "2026-06-15T13:30:00Z".parse()?)?[0];
/// assert_eq!(status.breach_at, Some("2026-06-15T14:00:00Z".parse()?));
///
/// // It becomes known that an hour was spent waiting.
/// let changes = agreements.update(vec![
///     update("2026-06-15T11:00:00Z")?.set("state", "Awaiting"),
///     update("2026-06-15T12:00:00Z")?.set("state", "Active"),
/// ])?;
/// assert_eq!(changes.happened[0].what, AgreementAction::Paused);
/// let crossed = agreements.advance("2026-06-15T15:00:00Z".parse()?)?;
/// assert_eq!(crossed.last().unwrap().at, "2026-06-15T15:00:00Z".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Agreements {
    program: Program,
    log: RecordLog,
    memo: Memo,
    walks: Vec<Option<Walk>>,
    /// Crossings to come or not yet told: instant, record, trace, share.
    queue: BTreeSet<(i64, u32, u32, u64)>,
    /// Those of each record, to take them out again.
    queued: BTreeMap<u32, Vec<(i64, u32, u64)>>,
    /// Crossings that were told: record, metric, cycle, share.
    told: BTreeSet<(u32, u32, u32, u64)>,
    advanced: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct State {
    /// JSON: a condition's literals are text, numbers or instants only there.
    definition: String,
    log: Saved,
    told: BTreeSet<(u32, u32, u32, u64)>,
    advanced: Option<i64>,
}

impl Agreements {
    /// Agreements without records yet.
    ///
    /// # Errors
    /// As [`AgreementsDefinition::check`].
    pub fn new(definition: AgreementsDefinition) -> Result<Agreements> {
        Agreements::over(definition, RecordLog::new())
    }

    /// Reads a definition from JSON.
    ///
    /// # Errors
    /// As [`Agreements::new`], and for text that is no such document.
    pub fn from_json(json: &str) -> Result<Agreements> {
        Agreements::new(crate::read_json(json, "definition")?)
    }

    /// Agreements over what a log holds already.
    ///
    /// # Errors
    /// As [`Agreements::new`].
    ///
    /// ```
    /// use itom_core::sla::{Agreements, RecordLog, RecordUpdate};
    ///
    /// let at = "2026-06-15T10:00:00Z".parse()?;
    /// let mut log = RecordLog::new();
    /// log.extend(vec![RecordUpdate::new("INC1", at)])?;
    /// let definition = serde_json::from_str(
    ///     r#"{"agreements": [{"name": "Gold", "metrics": [
    ///         {"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#,
    /// )?;
    /// assert_eq!(Agreements::over(definition, log)?.running(at)?.len(), 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn over(definition: AgreementsDefinition, mut log: RecordLog) -> Result<Agreements> {
        let program = Program::compile(Arc::new(definition), &mut added(log.values_mut()))?;
        let mut agreements = Agreements {
            program,
            log,
            memo: Memo::default(),
            walks: Vec::new(),
            queue: BTreeSet::new(),
            queued: BTreeMap::new(),
            told: BTreeSet::new(),
            advanced: None,
        };
        let everyone: Vec<(u32, bool)> =
            (0..agreements.log.records() as u32).map(|record| (record, true)).collect();
        agreements.walk(&everyone);
        Ok(agreements)
    }

    /// What was agreed.
    pub fn definition(&self) -> &AgreementsDefinition {
        &self.program.definition
    }

    /// What happened to the records.
    pub fn log(&self) -> &RecordLog {
        &self.log
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Takes updates, all or none, and says what happened to clocks by them.
    ///
    /// # Errors
    /// As [`RecordLog::extend`].
    pub fn update(&mut self, updates: Vec<RecordUpdate>) -> Result<AgreementChanges> {
        let touched = self.log.take(updates)?;
        let before: Vec<Vec<Trace>> = touched
            .iter()
            .map(|(record, _)| {
                let walk = self.walks.get(*record as usize).and_then(Option::as_ref);
                walk.map_or(Vec::new(), |walk| walk.traces.clone())
            })
            .collect();
        self.walk(&touched);
        let mut changes = AgreementChanges::default();
        for ((record, _), before) in touched.iter().zip(before) {
            self.compare(*record, &before, &mut changes);
        }
        changes.happened.sort();
        changes.withdrawn.sort();
        Ok(changes)
    }

    /// Takes the rows of a table as updates, all or none: see [`RecordLog::extend_table`]. The fast
    /// way to begin with a history; what happened by it is told by [`Agreements::events`].
    ///
    /// # Errors
    /// As [`RecordLog::extend_table`].
    pub fn load(
        &mut self,
        table: &Table,
        record: &str,
        at: &str,
        sequence: Option<&str>,
    ) -> Result<()> {
        self.log.extend_table(table, record, at, sequence)?;
        let everyone: Vec<(u32, bool)> =
            (0..self.log.records() as u32).map(|record| (record, true)).collect();
        self.walk(&everyone);
        Ok(())
    }

    /// Walks records on, or anew where an update came late.
    fn walk(&mut self, touched: &[(u32, bool)]) {
        self.walks.resize(self.log.records(), None);
        let mut ground = Ground::new(&self.program, &self.log, std::mem::take(&mut self.memo));
        for &(record, late) in touched {
            let walk = &mut self.walks[record as usize];
            match walk {
                Some(walk) if !late => ground.go_on(walk, record, i64::MAX),
                _ => *walk = Some(ground.walk(record, i64::MAX)),
            }
        }
        self.memo = ground.into_memo();
        touched.iter().for_each(|(record, _)| self.schedule(*record));
    }

    fn compare(&self, record: u32, before: &[Trace], changes: &mut AgreementChanges) {
        let after = self.traces(record);
        let of = |trace: Option<&Trace>| -> BTreeSet<AgreementEvent> {
            let told = trace.map(|trace| events(&self.program, &self.log, record, trace));
            told.into_iter().flatten().collect()
        };
        for index in 0..before.len().max(after.len()) {
            let (old, new) = (before.get(index), after.get(index));
            if old == new {
                continue;
            }
            let (old, new) = (of(old), of(new));
            changes.happened.extend(new.difference(&old).cloned());
            changes.withdrawn.extend(old.difference(&new).cloned());
        }
    }

    fn traces(&self, record: u32) -> &[Trace] {
        let walk = self.walks.get(record as usize).and_then(Option::as_ref);
        walk.map_or(&[], |walk| &walk.traces)
    }

    /// The instant of a record's last update.
    fn last(&self, record: u32) -> i64 {
        let rows = self.log.rows_of(record);
        rows.last().map_or(i64::MIN + 1, |&row| self.log.row(row).at)
    }

    /// Queues what a record's clocks cross.
    fn schedule(&mut self, record: u32) {
        for (at, trace, share) in self.queued.remove(&record).unwrap_or_default() {
            self.queue.remove(&(at, record, trace, share));
        }
        let now = self.last(record);
        let mut own = Vec::new();
        let walk = self.walks[record as usize].as_ref();
        for (index, trace) in walk.map_or(&[][..], |walk| &walk.traces).iter().enumerate() {
            let measure = trace.measure(&self.program, now);
            let runs_on = matches!(measure.state, ClockState::Running | ClockState::Pending);
            let metric = &self.program.metrics[trace.metric as usize];
            for &(share, amount) in &metric.targets[trace.target()].thresholds {
                let broken = share == WHOLE && measure.breached;
                if !runs_on && !broken && measure.business <= amount {
                    continue;
                }
                let Some(at) = trace.used_up(&self.program, amount, now) else { continue };
                let key = (record, trace.metric, trace.cycle, share);
                if self.advanced.is_some_and(|advanced| at <= advanced) && self.told.contains(&key)
                {
                    continue;
                }
                self.told.remove(&key);
                own.push((at, index as u32, share));
            }
        }
        self.queue.extend(own.iter().map(|&(at, trace, share)| (at, record, trace, share)));
        if !own.is_empty() {
            self.queued.insert(record, own);
        }
    }

    /// The shares of targets that were used up by `now` and not told before, in order; the first
    /// call tells all since the beginning. What a late update uses up in the past is told late,
    /// with the instant it is true of.
    ///
    /// # Errors
    /// For an instant before that of the last call.
    pub fn advance(&mut self, now: Timestamp) -> Result<Vec<AgreementCrossing>> {
        let nanos = now.as_nanos();
        if let Some(advanced) = self.advanced.filter(|&advanced| advanced > nanos) {
            let expected = format!("not before {}", Timestamp::from_nanos(advanced));
            return Err(Error::invalid("now", now, expected));
        }
        self.advanced = Some(nanos);
        let mut crossed = Vec::new();
        while let Some(&(at, record, trace, share)) = self.queue.first() {
            if at > nanos {
                break;
            }
            self.queue.pop_first();
            let own = &self.traces(record)[trace as usize];
            let key = (record, own.metric, own.cycle, share);
            crossed.push(self.crossing(at, record, trace, share));
            self.told.insert(key);
            if let Some(queued) = self.queued.get_mut(&record) {
                queued.retain(|&entry| entry != (at, trace, share));
            }
        }
        Ok(crossed)
    }

    /// The next `most` breaches as things stand that no [`Agreements::advance`] has told yet, soonest
    /// first; before its first call those of the past are among them.
    pub fn next_breaches(&self, most: usize) -> Vec<AgreementCrossing> {
        let breaches = self.queue.iter().filter(|entry| entry.3 == WHOLE);
        breaches
            .take(most)
            .map(|&(at, record, trace, share)| self.crossing(at, record, trace, share))
            .collect()
    }

    fn crossing(&self, at: i64, record: u32, trace: u32, share: u64) -> AgreementCrossing {
        let trace = &self.traces(record)[trace as usize];
        let names = self.program.names(trace.metric);
        AgreementCrossing {
            at: Timestamp::from_nanos(at),
            record: self.log.names().name(record).to_owned(),
            agreement: names.agreement.to_owned(),
            metric: names.metric.to_owned(),
            cycle: u64::from(trace.cycle),
            share: share as f64 / 1e6,
            breach: share == WHOLE,
        }
    }

    /// A record's clocks as its updates up to `at` make them.
    pub(super) fn traces_at<R>(
        &self,
        record: u32,
        at: Timestamp,
        body: impl FnOnce(&[Trace]) -> Result<R>,
    ) -> Result<R> {
        let now = at.as_nanos();
        if self.last(record) <= now {
            return body(self.traces(record));
        }
        let mut ground = Ground::new(&self.program, &self.log, Memo::default());
        body(&ground.walk(record, now).traces)
    }

    /// Where the clocks of a record stand at an instant, in the order in which they were attached.
    /// Updates that hold from later on are not looked at.
    ///
    /// # Errors
    /// There is no such record.
    pub fn status(&self, record: &str, at: Timestamp) -> Result<Vec<AgreementStatus>> {
        let record = self.log.find(record)?;
        self.traces_at(record, at, |traces| {
            let own = |trace| status(&self.program, &self.log, record, trace, at.as_nanos());
            Ok(traces.iter().map(own).collect())
        })
    }

    /// Where all clocks stand at an instant, record by record.
    ///
    /// # Errors
    /// None today.
    pub fn statuses(&self, at: Timestamp) -> Result<Vec<AgreementStatus>> {
        self.collect(at, |_| true)
    }

    /// Where the clocks stand that are neither stopped nor cancelled.
    ///
    /// # Errors
    /// None today.
    pub fn running(&self, at: Timestamp) -> Result<Vec<AgreementStatus>> {
        self.collect(at, |trace| trace.end.is_none())
    }

    fn collect(
        &self,
        at: Timestamp,
        wanted: impl Fn(&Trace) -> bool,
    ) -> Result<Vec<AgreementStatus>> {
        let mut statuses = Vec::new();
        for record in 0..self.log.records() as u32 {
            self.traces_at(record, at, |traces| {
                let traces = traces.iter().filter(|trace| wanted(trace));
                statuses.extend(
                    traces.map(|trace| {
                        status(&self.program, &self.log, record, trace, at.as_nanos())
                    }),
                );
                Ok(())
            })?;
        }
        Ok(statuses)
    }

    /// Every second of a record's clocks up to `at`, in segments that say why they counted or not.
    /// The counted ones of a clock add up to its business time.
    ///
    /// # Errors
    /// There is no such record; there are more than a million segments.
    pub fn explain(&self, record: &str, at: Timestamp) -> Result<Vec<AgreementSegment>> {
        self.traces_at(self.log.find(record)?, at, |traces| {
            let mut all = Vec::new();
            for trace in traces {
                segments(&self.program, trace, at.as_nanos(), &mut all)?;
            }
            Ok(all)
        })
    }

    /// What happened to the clocks of a record, in order.
    ///
    /// # Errors
    /// There is no such record.
    pub fn events(&self, record: &str) -> Result<Vec<AgreementEvent>> {
        let record = self.log.find(record)?;
        let traces = self.traces(record).iter();
        let mut all: Vec<AgreementEvent> =
            traces.flat_map(|trace| events(&self.program, &self.log, record, trace)).collect();
        all.sort();
        Ok(all)
    }

    /// The verdicts on all records at an instant, to be counted; see [`Replay`].
    pub fn replay(&self, at: Timestamp) -> Replay {
        Replay::of(self.program.clone(), &self.log, at)
    }

    /// What would have been under another definition, up to `at`; nothing is changed by asking.
    ///
    /// # Errors
    /// As [`AgreementsDefinition::check`].
    ///
    /// ```
    /// use itom_core::sla::{Agreements, RecordUpdate};
    ///
    /// let mut agreements = Agreements::from_json(
    ///     r#"{"agreements": [{"name": "Gold", "metrics": [
    ///         {"name": "resolution", "targets": [{"target": "4h"}]}]}]}"#,
    /// )?;
    /// agreements.update(vec![RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?)])?;
    /// let mut stricter = agreements.definition().clone();
    /// stricter.agreements[0].metrics[0].targets[0].target = "1h".parse()?;
    /// let answer = agreements.what_if(&stricter, "2026-06-15T12:00:00Z".parse()?)?;
    /// assert_eq!(answer.flips[0].record, "INC1");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn what_if(&self, after: &AgreementsDefinition, at: Timestamp) -> Result<WhatIf> {
        what_if(&self.log, self.definition(), after, Some(at))
    }

    /// The agreements with all they know as bytes: an envelope of engine `sla.agreements`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let definition =
            serde_json::to_string(&*self.program.definition).expect("a definition is JSON");
        let header = Header {
            engine: ENGINE.to_owned(),
            version: VERSION,
            configuration: snapshot::stable_hash(definition.as_bytes()),
            watermark: self.log.latest(),
        };
        let (log, told) = (self.log.saved(), self.told.clone());
        snapshot::seal(&header, &State { definition, log, told, advanced: self.advanced })
    }

    /// Agreements from their bytes. Calendars are compiled with the zone rules of this build.
    ///
    /// # Errors
    /// For bytes that are damaged, of another engine or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Agreements> {
        let (_, state) = snapshot::open::<State>(bytes, ENGINE, VERSION)?;
        let damaged = |why: Error| Error::corrupt("snapshot of sla.agreements", why);
        let definition = crate::read_json(&state.definition, "definition").map_err(damaged)?;
        let log = RecordLog::restored(state.log).map_err(damaged)?;
        let mut agreements = Agreements::over(definition, log).map_err(damaged)?;
        (agreements.told, agreements.advanced) = (state.told, state.advanced);
        (0..agreements.log.records() as u32).for_each(|record| agreements.schedule(record));
        Ok(agreements)
    }
}
