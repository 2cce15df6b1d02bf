//! A clock made anew from its history: by a straight walk if nothing unusual happened to it, by the
//! fold of [`Clock`](crate::sla::Clock) otherwise.
//!
//! Pauses, resumes, stops, reopenings and a cancellation turn a clock from one state to another; all
//! that matters is the open time at each turn. That is walked in one look-up a turn, without the
//! lists of pieces and reasons that a fold keeps for an explanation. Changes of target, calendar
//! and zone, a stop taken back, corrections, and what was before the opening are left to the fold.

use super::history::Record;
use super::ledger::{Ledger, NONE, Opening};
use super::marks::{Scratch, reaches_back};
use super::meters::{CANCELLED, PAUSED, RUNNING, STOPPED, code_of, turn};
use crate::sla::Calendar;
use crate::sla::clock::reckon::Sums;

/// Where a clock stands after the last of its events.
pub(super) struct Standing {
    /// Of the current cycle, at `since`.
    pub(super) sums: Sums,
    /// The open time of its calendar at `since`.
    pub(super) open: i64,
    pub(super) since: i64,
    pub(super) state: u8,
    pub(super) reasons: u32,
    pub(super) promise: u32,
    pub(super) calendar: u16,
    pub(super) cycled: bool,
    /// Some reason does not fit into 32 bits.
    pub(super) overflow: bool,
    /// There was more than one target in a cycle.
    pub(super) spans: bool,
    /// Some event changed what was before it.
    pub(super) reaches_back: bool,
}

/// A walk along the events of a clock, as far as it has come.
struct Walk<'a> {
    calendar: &'a Calendar,
    target: i64,
    at: i64,
    open: i64,
    state: u8,
    reasons: u32,
    cycled: bool,
    sums: Sums,
    /// When the target was used up.
    used_up: Option<i64>,
}

impl Walk<'_> {
    /// Nothing changes until an instant.
    fn pass(&mut self, until: i64) {
        if until <= self.at {
            return;
        }
        let open = self.calendar.open_until(until);
        let passed = open.saturating_sub(self.open);
        match self.state {
            RUNNING => {
                let left = self.target.saturating_sub(self.sums.business);
                if self.used_up.is_none() && passed >= left {
                    let due = self.open.checked_add(left);
                    self.used_up = due.and_then(|due| self.calendar.open_reached(due));
                }
                self.sums.business = self.sums.business.saturating_add(passed);
                let wall = until.saturating_sub(self.at);
                self.sums.actual = self.sums.actual.saturating_add(wall);
            }
            PAUSED => self.sums.paused = self.sums.paused.saturating_add(passed),
            _ => {}
        }
        (self.at, self.open) = (until, open);
    }

    fn apply(&mut self, record: &Record, start: i64) {
        let mut reasons = self.reasons;
        let after = turn(self.state, &mut reasons, record.what);
        if record.at < start && matches!(after, STOPPED | CANCELLED) {
            return;
        }
        self.reasons = reasons;
        if after == self.state {
            return;
        }
        self.pass(record.at);
        if self.state == STOPPED && record.what.begins_cycle() {
            (self.sums, self.used_up, self.cycled) = (Sums::default(), None, true);
        }
        self.state = after;
    }
}

impl Ledger {
    /// Where a clock stands by its history.
    pub(super) fn standing(&mut self, clock: u32, scratch: &mut Scratch) -> Standing {
        let Opening { promise, calendar, .. } = self.openings[clock as usize];
        if let Some(walk) = self.walk(clock, scratch) {
            let Walk { sums, open, at, state, reasons, cycled, .. } = walk;
            let (overflow, spans, reaches_back, since) = (false, false, false, at);
            return Standing {
                sums,
                open,
                since,
                state,
                reasons,
                promise,
                calendar,
                cycled,
                overflow,
                spans,
                reaches_back,
            };
        }
        self.standing_by_fold(clock, scratch)
    }

    fn standing_by_fold(&mut self, clock: u32, scratch: &mut Scratch) -> Standing {
        self.read_steps(clock, None, scratch);
        let beginning = self.beginning(clock);
        let last = scratch.steps.last().map_or(i64::MIN, |step| step.at);
        let since = last.max(beginning.origin);
        let Scratch { steps, fold, .. } = scratch;
        let mut book = self.tables.book();
        fold.run(beginning, steps, &mut book, since);
        if book.has_compiled() {
            let compiled = book.compiled();
            // There is room: `make_room` saw to it.
            let _ = self.tables.learn(compiled);
            self.make_queues();
            book = self.tables.book();
            fold.run(beginning, steps, &mut book, since);
        }
        let sums = fold.sums(fold.cycle, &book);
        let open = book.calendar(fold.calendar).open_until(since);
        let opened = self.openings[clock as usize].promise;
        let (target, shape) = (fold.target_of(fold.cycle), self.promises.get(opened).shape);
        let reasons = fold.active.iter().filter(|&&reason| reason < 32);
        let before = self.meters.tags[clock as usize].promise;
        Standing {
            sums,
            open,
            since,
            state: code_of(fold.state),
            reasons: reasons.fold(0, |mask, reason| mask | 1 << reason),
            promise: self.promises.promise(target, shape).unwrap_or(before),
            calendar: fold.calendar as u16,
            cycled: fold.cycle > 0,
            overflow: fold.active.iter().any(|&reason| reason >= 32),
            spans: fold.targets.len() as u64 > u64::from(fold.cycle) + 1,
            reaches_back: steps.iter().any(|step| reaches_back(step.act)),
        }
    }

    /// When a clock whose breach shows in its business time breaks or broke; the outer none if
    /// that takes a fold.
    pub(super) fn breach_by_walk(&self, clock: u32, scratch: &mut Scratch) -> Option<i64> {
        let walk = self.walk(clock, scratch)?;
        let shape = self.promises.shape_of(self.openings[clock as usize].promise);
        let enough = walk.target.saturating_add(shape.convention.excess());
        let left = walk.target.saturating_sub(walk.sums.business);
        let ahead = || walk.open.checked_add(left).and_then(|due| walk.calendar.open_reached(due));
        let breach = match walk.state {
            _ if walk.sums.business >= enough => walk.used_up,
            RUNNING => walk.used_up.or_else(ahead),
            _ => None,
        };
        Some(breach.unwrap_or(NONE))
    }

    /// Walks the events of a clock, to the last of them; none if the fold has to do it.
    fn walk(&self, clock: u32, scratch: &mut Scratch) -> Option<Walk<'_>> {
        let unusual = !self.history.notes.is_empty() || self.early.contains_key(&clock);
        let records = &mut scratch.records;
        let Opening { start, promise, calendar } = self.openings[clock as usize];
        self.history.read(self.trails[clock as usize].last, start, records);
        if unusual || !records.iter().all(|record| record.what.turns()) {
            return None;
        }
        if !records.is_sorted_by_key(|record| record.at) {
            records.sort_by_key(|record| record.at);
        }
        let calendar = &self.tables.calendars()[usize::from(calendar)];
        let mut walk = Walk {
            calendar,
            target: self.promises.get(promise).target,
            at: start,
            open: calendar.open_until(start),
            state: RUNNING,
            reasons: 0,
            cycled: false,
            sums: Sums::default(),
            used_up: None,
        };
        records.iter().for_each(|record| walk.apply(record, start));
        walk.pass(records.last().map_or(start, |record| record.at));
        Some(walk)
    }
}
