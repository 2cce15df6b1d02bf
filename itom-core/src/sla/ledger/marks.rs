//! What has been crossed by an instant, and when it could first be said: from a clock's history.
//!
//! The *marks* of a clock at an instant are what its fold up to that instant has passed. They only
//! grow while time goes by, but an event can reach back (a changed target, a stop taken back):
//! what that adds or removes is announced at the event. So the announcements of a clock are a
//! function of its events alone, and giving them out in several portions gives the same list.

use std::collections::BTreeMap;

use super::crossing::{Crossing, CrossingKind};
use super::history::Record;
use super::ledger::{Ledger, Opening};
use super::meters::flag;
use super::promise::MarkKind;
use crate::Timestamp;
use crate::sla::clock::book::Book;
use crate::sla::clock::fold::{Act, Beginning, Fold, Step};
use crate::sla::clock::reckon::share_of;
use crate::sla::clock::retroactive;
use crate::sla::{BreachRule, ReopenMode, Scope};

/// A mark that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) cycle: u32,
    /// Its number in the promise.
    pub(super) step: u8,
    /// When its amount was used up.
    pub(super) at: i64,
    /// From when on it could be said.
    pub(super) announced: i64,
}

/// Room for folding one clock after the other.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) steps: Vec<Step>,
    pub(super) records: Vec<Record>,
    pub(super) fold: Fold,
}

impl Scratch {
    pub(super) fn new() -> Scratch {
        Scratch { steps: Vec::new(), records: Vec::new(), fold: Fold::new() }
    }
}

impl Ledger {
    /// Reads the steps of a clock into `scratch`, in order; `known` as in `Clock::status_known`.
    pub(super) fn read_steps(&self, clock: u32, known: Option<i64>, scratch: &mut Scratch) {
        let Scratch { steps, records, .. } = scratch;
        steps.clear();
        if let Some(early) = self.early.get(&clock) {
            let at = Timestamp::from_nanos;
            let pauses: Vec<_> = early.pauses.iter().map(|p| (at(p.0), at(p.1))).collect();
            steps.extend(retroactive(&pauses));
        }
        let start = self.openings[clock as usize].start;
        self.history.read(self.trails[clock as usize].last, start, records);
        if !self.history.notes.is_empty() || known.is_some() {
            self.keep_last_versions(known, records);
        }
        let act =
            |record: &Record| Some(Step { at: record.at, act: record.what.act(&self.lengths)? });
        steps.extend(records.iter().filter_map(act));
        if !steps.is_sorted_by_key(|step| step.at) {
            steps.sort_by_key(|step| step.at);
        }
    }

    /// Leaves what counts, in the order of when it became known where it holds from one instant.
    fn keep_last_versions(&self, known: Option<i64>, records: &mut Vec<Record>) {
        let note = |record: &Record| self.history.note(record.number - 1);
        let known_at =
            |record: &Record| note(record).and_then(|note| note.recorded_at).unwrap_or(record.at);
        let version = |record: &Record| {
            let note = note(record)?;
            Some((note.id.as_deref()?, note.recorded_at))
        };
        // Of the versions recorded at once the one that arrived last replaces the others.
        let mut newest = BTreeMap::new();
        for record in records.iter() {
            version(record).map(|version| newest.insert(version, record.number));
        }
        records.retain(|record| version(record).is_none_or(|v| newest[&v] == record.number));
        if let Some(known) = known {
            records.retain(|record| known_at(record) <= known);
        }
        // Of what is left the version recorded last counts.
        let mut last = BTreeMap::new();
        for record in records.iter() {
            if let Some((id, recorded)) = version(record) {
                let latest = last.entry(id).or_insert(recorded);
                *latest = recorded.max(*latest);
            }
        }
        records.retain(|record| version(record).is_none_or(|v| last[v.0] == v.1));
        records.sort_by_key(|record| (record.at, known_at(record)));
    }

    pub(super) fn beginning(&self, clock: u32) -> Beginning {
        let Opening { start, promise, calendar } = self.openings[clock as usize];
        Beginning {
            origin: self.early.get(&clock).map_or(start, |early| early.origin),
            target: self.promises.get(promise).target,
            calendar: u32::from(calendar),
        }
    }

    /// The marks a clock has passed by `at`, by the first `events` of the steps in `scratch`.
    pub(super) fn marks(
        &self,
        clock: u32,
        at: i64,
        events: usize,
        scratch: &mut Scratch,
        book: &mut Book<'_>,
    ) -> Vec<Mark> {
        let Scratch { steps, fold, .. } = scratch;
        fold.run(self.beginning(clock), &steps[..events], book, at);
        let opening = self.openings[clock as usize];
        let shape = self.promises.shape_of(opening.promise);
        let mut marks = Vec::new();
        for cycle in 0..=fold.cycle {
            for (kind, step) in shape.marks().zip(0u8..) {
                let passed = match kind {
                    MarkKind::Share(share) => {
                        let at = fold.reached(cycle, |target| share_of(target, share), book);
                        at.map(|at| (at, at))
                    }
                    MarkKind::Breach => {
                        let breach = fold.breach(cycle, shape.convention, book);
                        breach.map(|breach| (breach.at, breach.broken))
                    }
                };
                if let Some((used_up, since)) = passed.filter(|passed| passed.1 <= at) {
                    let announced = since.max(opening.start);
                    marks.push(Mark { cycle, step, at: used_up, announced });
                }
            }
        }
        if opening.start > fold.origin {
            // Of what was passed before the clock was attached only the last is said, once.
            let early = marks.iter().filter(|mark| mark.announced == opening.start).count();
            marks.drain(..early.saturating_sub(1));
            marks.retain(|mark| mark.announced <= at);
        }
        marks
    }

    /// What is announced about a clock after `after` and up to `until`, in no order.
    pub(super) fn announcements(
        &self,
        clock: u32,
        after: Option<i64>,
        until: i64,
        scratch: &mut Scratch,
        book: &mut Book<'_>,
        out: &mut Vec<Crossing>,
    ) {
        let mut before = match after {
            Some(after) => {
                let events = scratch.steps.partition_point(|step| step.at <= after);
                self.marks(clock, after, events, scratch, book)
            }
            None => Vec::new(),
        };
        let mut index = scratch.steps.partition_point(|step| after.is_some_and(|a| step.at <= a));
        while let Some(step) = scratch.steps.get(index).copied().filter(|step| step.at <= until) {
            if reaches_back(step.act) {
                let first = scratch.steps.partition_point(|other| other.at < step.at);
                let natural = self.marks(clock, step.at, first, scratch, book);
                self.differences(clock, &before, &natural, None, out);
                let end = scratch.steps.partition_point(|other| other.at <= step.at);
                before = self.marks(clock, step.at, end, scratch, book);
                self.differences(clock, &natural, &before, Some(step.at), out);
                index = end;
            } else {
                index += 1;
            }
        }
        let events = scratch.steps.partition_point(|step| step.at <= until);
        let last = self.marks(clock, until, events, scratch, book);
        self.differences(clock, &before, &last, None, out);
    }

    /// What is in one list of marks and not in the other, as crossings; announced at an instant
    /// that changes the past, or when they came about.
    pub(super) fn differences(
        &self,
        clock: u32,
        before: &[Mark],
        after: &[Mark],
        announced: Option<i64>,
        out: &mut Vec<Crossing>,
    ) {
        let same = |a: &Mark, b: &Mark| (a.cycle, a.step, a.at) == (b.cycle, b.step, b.at);
        let only = |these: &[Mark], those: &[Mark]| -> Vec<Mark> {
            let missing = |mark: &&Mark| !those.iter().any(|other| same(mark, other));
            these.iter().filter(missing).copied().collect()
        };
        for (marks, withdrawn) in [(only(before, after), true), (only(after, before), false)] {
            for mut mark in marks {
                mark.announced = announced.unwrap_or(mark.announced);
                out.push(self.crossing(clock, mark, withdrawn));
            }
        }
    }

    pub(super) fn crossing(&self, clock: u32, mark: Mark, withdrawn: bool) -> Crossing {
        let shape = self.promises.shape_of(self.openings[clock as usize].promise);
        let kind = shape.marks().nth(usize::from(mark.step)).unwrap_or(MarkKind::Breach);
        let (kind, share) = match kind {
            MarkKind::Share(share) => (CrossingKind::Warning, f64::from(share) / 1e6),
            MarkKind::Breach => (CrossingKind::Breach, 1.0),
        };
        Crossing {
            clock,
            kind,
            share,
            at: Timestamp::from_nanos(mark.at),
            announced_at: Timestamp::from_nanos(mark.announced),
            cycle: mark.cycle,
            withdrawn,
            late: false,
        }
    }

    /// Whether breach of a promise shows in the business time alone.
    pub(super) fn judged_by_history(&self, promise: u32) -> bool {
        self.promises.shape_of(promise).convention.rule == BreachRule::DueDate
    }

    pub(super) fn touch(&mut self, clock: u32) {
        let tag = &mut self.meters.tags[clock as usize];
        if !tag.has(flag::TOUCHED) {
            tag.set(flag::TOUCHED, true);
            self.touched.push(clock);
        }
    }

    /// Remembers what has been given out about a clock, before its past changes.
    pub(super) fn remember(&mut self, clock: u32, scratch: &mut Scratch) {
        let Some(watermark) = self.watermark else { return };
        if self.announced.contains_key(&clock) {
            return;
        }
        let tag = &self.meters.tags[clock as usize];
        let untold = tag.step == 0 && !tag.has(flag::TOUCHED | flag::CYCLED);
        let marks = if untold {
            Vec::new()
        } else {
            self.read_steps(clock, None, scratch);
            let events = scratch.steps.partition_point(|step| step.at <= watermark);
            self.marks(clock, watermark, events, scratch, &mut self.tables.book())
        };
        self.announced.insert(clock, marks);
    }
}

/// Whether an act changes what was before it.
pub(super) fn reaches_back(act: Act) -> bool {
    matches!(
        act,
        Act::Target(_, Scope::Whole)
            | Act::Calendar(_, Scope::Whole)
            | Act::Zone(_, Scope::Whole)
            | Act::Reopen(ReopenMode::VoidStop)
    )
}
