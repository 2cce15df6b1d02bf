//! Events into sums: in place when they come in order, anew from the history when they do not.
//!
//! An event in order costs one look-up in its clock's calendar and changes 48 bytes; it also goes
//! to the end of the history. One that is late, corrects another, or reaches back marks its clock,
//! and the marked clocks are folded once at the end of the batch.

use super::columns::{CANCELLED, PAUSED, RUNNING, STOPPED, code_of, flag};
use super::events::{EventAction, EventColumns, NEIGHBOURS, PORTION, Row, by_neighbours};
use super::history::{Note, Record, What};
use super::ledger::Ledger;
use super::marks::{Scratch, reaches_back};
use crate::sla::clock::fold::Act;
use crate::sla::{ClockEvent, ReopenMode, Scope};
use crate::{Error, ErrorKind, Result};

impl Ledger {
    /// Takes an event of a clock, whenever it holds from.
    ///
    /// # Errors
    /// For a clock that is not there and an event that no clock takes.
    pub fn apply(&mut self, clock: u32, event: ClockEvent) -> Result<()> {
        self.apply_all(&[(clock, event)])
    }

    /// Takes events of clocks in any order, all or none of them.
    ///
    /// # Errors
    /// As [`Ledger::apply`].
    pub fn apply_all(&mut self, events: &[(u32, ClockEvent)]) -> Result<()> {
        let mut whats = Vec::with_capacity(events.len());
        let zones = events.iter().filter(|(_, event)| event.is_set_zone()).count();
        let targets = events.iter().filter(|(_, event)| event.is_set_target()).count();
        self.make_room(events.len(), zones, targets)?;
        for (clock, event) in events {
            self.check_clock(*clock)?;
            event.check()?;
            whats.push(self.what(event)?);
        }
        let mut scratch = Scratch::new();
        for ((clock, event), what) in events.iter().zip(whats) {
            let at = event.at.as_nanos();
            if event.id.is_none() && event.recorded_at.is_none() && self.in_order(*clock, at, what)
            {
                self.apply_in_order(*clock, at, what);
                continue;
            }
            self.apply_late(*clock, at, what, event.id.is_some(), &mut scratch);
            if event.id.is_some() || event.recorded_at.is_some() {
                let recorded_at = event.recorded_at.map(crate::Timestamp::as_nanos);
                let (event, id) = (self.history.len() as u32 - 1, event.id.clone());
                self.history.notes.push(Note { event, recorded_at, id });
            }
        }
        self.rebuild_dirty(&mut scratch);
        Ok(())
    }

    /// Takes events as columns, in any order, all or none of them.
    ///
    /// # Errors
    /// For columns of different length, and the first event that is of no clock, of no action, or
    /// refers to what is not there.
    pub fn apply_columns(&mut self, events: EventColumns<'_>) -> Result<()> {
        self.check_columns(&events)?;
        let mut scratch = Scratch::new();
        self.history.reserve(events.clocks.len());
        let rows = |range: std::ops::Range<usize>| {
            range.filter_map(|index| {
                let what = events.what(index)?;
                Some(Row { at: events.at(index), clock: events.clocks[index], what })
            })
        };
        let length = events.clocks.len();
        if self.len() <= 4 * NEIGHBOURS || events.clocks.is_sorted() {
            rows(0..length).for_each(|row| self.apply_row(row, &mut scratch));
        } else {
            for first in (0..length).step_by(PORTION) {
                let portion = rows(first..length.min(first + PORTION)).collect();
                for row in by_neighbours(portion, self.len()) {
                    self.apply_row(row, &mut scratch);
                }
            }
        }
        self.rebuild_dirty(&mut scratch);
        Ok(())
    }

    fn apply_row(&mut self, row: Row, scratch: &mut Scratch) {
        let Row { at, clock, what } = row;
        if self.in_order(clock, at, what) {
            self.apply_in_order(clock, at, what);
        } else {
            self.apply_late(clock, at, what, false, scratch);
        }
    }

    fn check_columns(&self, events: &EventColumns<'_>) -> Result<()> {
        let length = events.clocks.len();
        for (argument, other) in [
            ("instants", events.instants.len()),
            ("actions", events.actions.len()),
            ("arguments", events.arguments.map_or(length, <[u32]>::len)),
        ] {
            if other != length {
                let expected = format!("as many as the clocks, {length}");
                return Err(Error::invalid(argument, other, expected));
            }
        }
        events.clocks.iter().try_for_each(|&clock| self.check_clock(clock))?;
        let bounds: [u32; 16] = std::array::from_fn(|action| self.bound(action as u8));
        let (mut zones, mut targets) = (0, 0);
        for (index, &action) in events.actions.iter().enumerate() {
            if EventAction::from_code(action).is_none() {
                return Err(Error::invalid("actions", action, "codes of actions, 1 to 14"));
            }
            let argument = events.arguments.map_or(0, |arguments| arguments[index]);
            let bound = bounds[usize::from(action)];
            if argument >= bound {
                let expected = format!("numbers below {bound} for action {action}");
                return Err(Error::invalid("arguments", argument, expected));
            }
            targets += usize::from(matches!(action, 9 | 10));
            zones += usize::from(action >= EventAction::SetZone as u8);
        }
        self.make_room(length, zones, targets)
    }

    /// How many arguments an action knows.
    pub(super) fn bound(&self, action: u8) -> u32 {
        let known = match action {
            1 | 2 => self.tables.reasons().len(),
            9 | 10 => self.lengths.len(),
            11 | 12 => self.tables.calendars().len(),
            13 | 14 => self.tables.zones().len(),
            _ => super::history::ARGUMENTS as usize,
        };
        known.min(super::history::ARGUMENTS as usize) as u32
    }

    pub(super) fn check_clock(&self, clock: u32) -> Result<()> {
        if clock as usize >= self.len() {
            let message = format!("clock {clock} is not in the ledger, which has {}", self.len());
            return Err(Error::new(ErrorKind::NotFound, message).about("clock"));
        }
        Ok(())
    }

    fn make_room(&self, events: usize, zones: usize, targets: usize) -> Result<()> {
        if self.history.len().saturating_add(events) >= u32::MAX as usize {
            let message = "a ledger keeps fewer than 2^32 events";
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("events"));
        }
        // Each change of zone may need a calendar of its own.
        self.tables.room_for(zones)?;
        self.promises.room_for(targets)
    }

    /// What an event does, in numbers.
    fn what(&mut self, event: &ClockEvent) -> Result<What> {
        let reopened = |mode| match mode {
            ReopenMode::Resume => 5,
            ReopenMode::NewCycle => 6,
            ReopenMode::VoidStop => 7,
        };
        let reach = |scope, from_now, whole| if scope == Scope::FromNow { from_now } else { whole };
        let (action, argument) = match event.act(&mut self.tables)? {
            Some(Act::Pause(reason)) => (1, reason),
            Some(Act::Resume(reason)) => (2, reason),
            Some(Act::ResumeAll) => (3, 0),
            Some(Act::Stop) => (4, 0),
            Some(Act::Reopen(mode)) => (reopened(mode), 0),
            Some(Act::Cancel) => (8, 0),
            Some(Act::Target(target, scope)) => {
                (reach(scope, 10, 9), self.target_number(crate::Duration::from_nanos(target))?)
            }
            Some(Act::Calendar(calendar, scope)) => {
                self.make_queues();
                (reach(scope, 11, 12), calendar)
            }
            Some(Act::Zone(zone, scope)) => (reach(scope, 13, 14), zone),
            Some(Act::RetroactiveBegin | Act::RetroactiveEnd) | None => (What::RETRACT, 0),
        };
        let expected = "one of fewer than 2^28 different reasons";
        What::new(action, argument).ok_or_else(|| Error::invalid("reason", argument, expected))
    }

    /// Whether the meter can take an event as it is.
    fn in_order(&self, clock: u32, at: i64, what: What) -> bool {
        let (meter, trail) = (&self.meters[clock as usize], &self.trails[clock as usize]);
        let since = trail.since;
        (at > since || at == since && self.history.notes.is_empty())
            && self.watermark.is_none_or(|watermark| at > watermark)
            && !meter.has(flag::DIRTY | flag::OVERFLOW)
            && match what.action() {
                1 | 2 => what.argument() < 32,
                3..=6 | 8 => true,
                _ => false,
            }
    }

    fn apply_in_order(&mut self, clock: u32, at: i64, what: What) {
        let meter = &mut self.meters[clock as usize];
        let trail = &mut self.trails[clock as usize];
        trail.last = self.history.push(Record { at, before: trail.last, what });
        trail.since = at;
        self.latest = self.latest.max(at);
        let before = meter.state();
        let bit = 1 << (what.argument() & 31);
        let after = match (what.action(), before) {
            (_, CANCELLED) => return,
            (1, _) => {
                trail.reasons |= bit;
                if before == RUNNING { PAUSED } else { before }
            }
            (2 | 3, _) => {
                trail.reasons &= if what.action() == 2 { !bit } else { 0 };
                if before == PAUSED && trail.reasons == 0 { RUNNING } else { before }
            }
            (4, _) => STOPPED,
            (5, STOPPED) if trail.reasons == 0 => RUNNING,
            (5, STOPPED) => PAUSED,
            (6, STOPPED) => {
                (meter.business, meter.actual, meter.paused) = (0, 0, 0);
                (meter.step, trail.reasons) = (0, 0);
                meter.set(flag::CYCLED, true);
                RUNNING
            }
            (8, _) => CANCELLED,
            _ => before,
        };
        if after == before {
            return;
        }
        let open = self.tables.calendars()[usize::from(meter.calendar)].open_until(at);
        meter.turn(after, open, at);
        let passed =
            before == RUNNING && meter.business >= self.promises.amount(meter.promise, meter.step);
        if !meter.has(flag::STALE) {
            meter.set(flag::STALE, true);
            self.stale.push(clock);
        }
        if passed {
            self.touch(clock);
        }
    }

    /// Keeps an event for which the meter has to be made anew.
    fn apply_late(
        &mut self,
        clock: u32,
        at: i64,
        what: What,
        corrects: bool,
        scratch: &mut Scratch,
    ) {
        if corrects || self.watermark.is_some_and(|watermark| at <= watermark) {
            self.remember(clock, scratch);
        }
        let trail = &mut self.trails[clock as usize];
        trail.last = self.history.push(Record { at, before: trail.last, what });
        let meter = &mut self.meters[clock as usize];
        if !meter.has(flag::DIRTY) {
            meter.set(flag::DIRTY, true);
            self.dirty.push(clock);
        }
    }

    fn rebuild_dirty(&mut self, scratch: &mut Scratch) {
        for clock in std::mem::take(&mut self.dirty) {
            self.rebuild_with(clock, scratch);
        }
    }

    /// Makes the meter of a clock anew from its history.
    pub(super) fn rebuild(&mut self, clock: u32) {
        self.rebuild_with(clock, &mut Scratch::new());
    }

    pub(super) fn rebuild_with(&mut self, clock: u32, scratch: &mut Scratch) {
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
        let shape = self.promises.get(self.openings[clock as usize].promise).shape;
        let target = fold.target_of(fold.cycle);
        let spans = fold.targets.len() as u64 > u64::from(fold.cycle) + 1;
        let reasons = fold.active.iter().filter(|&&reason| reason < 32);
        let reasons = reasons.fold(0, |mask, reason| mask | 1 << reason);
        let overflow = fold.active.iter().any(|&reason| reason >= 32);
        let (state, cycled, calendar) = (code_of(fold.state), fold.cycle > 0, fold.calendar);
        let meter = &mut self.meters[clock as usize];
        let untold = meter.step == 0 && !meter.has(flag::TOUCHED | flag::CYCLED);
        let before = meter.promise;
        meter.promise = self.promises.promise(target, shape).unwrap_or(before);
        (meter.business, meter.actual, meter.paused) = (sums.business, sums.actual, sums.paused);
        meter.calendar = calendar as u16;
        meter.flags = meter.flags & (flag::TOUCHED | flag::STALE) | state;
        meter.flip(open, since);
        meter.set(flag::OVERFLOW, overflow);
        meter.set(flag::CYCLED, cycled);
        meter.step = self.promises.passed(meter.promise, sums.business);
        let judged = spans || self.judged_by_history(self.meters[clock as usize].promise);
        self.meters[clock as usize].set(flag::JUDGED, judged);
        let trail = &mut self.trails[clock as usize];
        (trail.since, trail.reasons) = (since, reasons);
        self.latest = self.latest.max(since);
        self.mark_stale(clock);
        let quiet = untold
            && !judged
            && !cycled
            && self.meters[clock as usize].step == 0
            && !self.early.contains_key(&clock)
            && self.announced.get(&clock).is_none_or(Vec::is_empty)
            && !scratch.steps.iter().any(|step| reaches_back(step.act));
        if quiet {
            // Nothing was said of it, and nothing would have been: the queue will tell.
            self.announced.remove(&clock);
        } else {
            self.touch(clock);
        }
    }

    pub(super) fn mark_stale(&mut self, clock: u32) {
        let meter = &mut self.meters[clock as usize];
        if !meter.has(flag::STALE) {
            meter.set(flag::STALE, true);
            self.stale.push(clock);
        }
    }
}
