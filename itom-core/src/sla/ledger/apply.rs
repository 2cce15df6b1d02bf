//! Events into sums: in place when they come in order, anew from the history when they do not.
//!
//! An event in order costs one look-up in its clock's calendar and changes 48 bytes, which events
//! of one clock that follow each other fetch and put back once; it also goes to the end of the
//! history. One that is late, corrects another, or reaches back marks its clock, and the marked
//! clocks are made anew once at the end of the batch.

use super::events::{EventAction, EventColumns, NEIGHBOURS, PORTION, Portion, Row, Survey};
use super::history::Note;
use super::ledger::Ledger;
use super::marks::Scratch;
use super::meters::{Meter, STOPPED, Tag, Trail, flag, turn};
use super::ordinary::Desk;
use super::walk::Standing;
use super::what::{ARGUMENTS, What};
use crate::sla::clock::fold::Act;
use crate::sla::clock::reckon::Sums;
use crate::sla::{ClockAction, ClockEvent, ReopenMode, Scope};
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
            self.check_event(event)?;
            whats.push(self.what(event)?);
        }
        let mut scratch = Scratch::new();
        for ((clock, event), what) in events.iter().zip(whats) {
            let at = event.at.as_nanos();
            if event.id.is_none() && event.recorded_at.is_none() {
                self.apply_rows(&[Row { at, clock: *clock, what }], &mut scratch);
                continue;
            }
            self.apply_late(*clock, at, what, event.id.is_some(), &mut scratch);
            let recorded_at = event.recorded_at.map(crate::Timestamp::as_nanos);
            let (event, id) = (self.history.newest() - 1, event.id.clone());
            self.history.notes.push(Note { event, recorded_at, id });
        }
        self.rebuild_dirty(&mut scratch);
        Ok(())
    }

    /// Takes events as columns, in any order, all or none of them. Quickest are those that come
    /// clock by clock.
    ///
    /// # Errors
    /// For columns of different length, and the first event that is of no clock, of no action, or
    /// refers to what is not there.
    pub fn apply_columns(&mut self, events: EventColumns<'_>) -> Result<()> {
        let survey = self.check_columns(&events)?;
        self.history.reserve(events.clocks.len());
        let mut scratch = Scratch::new();
        if self.len() <= 4 * NEIGHBOURS || events.are_grouped(&survey) {
            self.apply_in_place(&events, &mut scratch);
        } else {
            let (mut portion, length) = (Portion::default(), events.clocks.len());
            for first in (0..length).step_by(PORTION) {
                let range = first..length.min(first + PORTION);
                portion.by_clock(&events, range, self.len(), |rows| {
                    self.apply_rows(rows, &mut scratch);
                });
            }
        }
        self.rebuild_dirty(&mut scratch);
        Ok(())
    }

    /// Takes events in the order of the columns.
    fn apply_in_place(&mut self, events: &EventColumns<'_>, scratch: &mut Scratch) {
        let (mut desk, mut rows, mut next) = (Desk::default(), Vec::new(), 0);
        for same in events.clocks.chunk_by(|one, next| one == next) {
            let range = next..next + same.len();
            next = range.end;
            let plain = events.plain(range.clone());
            let ordinary = match events.arguments {
                None => self.apply_ordinary(same[0], plain, &mut desk),
                Some(arguments) => {
                    let events = plain.zip(&arguments[range.clone()]);
                    let events = events.map(|((at, what), &argument)| (at, what.with(argument)));
                    self.apply_ordinary(same[0], events, &mut desk)
                }
            };
            if !ordinary {
                rows.clear();
                rows.extend(events.rows(range));
                self.apply_of_clock(&rows, scratch);
            }
        }
    }

    fn check_columns(&self, events: &EventColumns<'_>) -> Result<Survey> {
        self.check_lengths(events)?;
        let length = events.clocks.len();
        let bounds: [u32; 16] = std::array::from_fn(|action| self.bound(action as u8));
        let survey = events.survey();
        let there = length == 0 || (survey.most as usize) < self.len();
        let actions = events.actions_present();
        let known = (0..32).filter(|action| actions & 1 << action != 0).all(|action| {
            EventAction::from_code(action).is_some() && bounds[usize::from(action)] > 0
        });
        if !(there && known) || events.arguments.is_some() {
            (0..length).try_for_each(|row| self.check_row(events, row, &bounds))?;
        }
        let count = |counted: std::ops::RangeInclusive<u8>| match actions >> counted.start() {
            0 => 0,
            _ => events.actions.iter().filter(|action| counted.contains(action)).count(),
        };
        self.make_room(length, count(13..=14), count(9..=10))?;
        Ok(survey)
    }

    /// How many arguments an action knows.
    pub(super) fn bound(&self, action: u8) -> u32 {
        let known = match action {
            1 | 2 => self.tables.reasons().len(),
            9 | 10 => self.lengths.len(),
            11 | 12 => self.tables.calendars().len(),
            13 | 14 => self.tables.zones().len(),
            _ => ARGUMENTS as usize,
        };
        known.min(ARGUMENTS as usize) as u32
    }

    pub(super) fn check_clock(&self, clock: u32) -> Result<()> {
        if clock as usize >= self.len() {
            let message = format!("clock {clock} is not in the ledger, which has {}", self.len());
            return Err(Error::new(ErrorKind::NotFound, message).about("clock"));
        }
        Ok(())
    }

    /// Refuses an event that no clock takes, or that names a zone that is not known.
    pub(super) fn check_event(&self, event: &ClockEvent) -> Result<()> {
        event.check()?;
        match &event.action {
            ClockAction::SetZone { tz } => self.tables.check_zone(tz),
            _ => Ok(()),
        }
    }

    fn make_room(&self, events: usize, zones: usize, targets: usize) -> Result<()> {
        if !self.history.has_room_for(events) {
            let message = "a ledger keeps fewer than 2^30 events";
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
        let expected = "one of fewer than 2^26 different reasons";
        What::new(action, argument).ok_or_else(|| Error::invalid("reason", argument, expected))
    }

    /// Takes events, those of one clock that follow each other in one go.
    fn apply_rows(&mut self, rows: &[Row], scratch: &mut Scratch) {
        let mut desk = Desk::default();
        for same in rows.chunk_by(|one, next| one.clock == next.clock) {
            let events = same.iter().map(|row| (row.at, row.what));
            if !self.apply_ordinary(same[0].clock, events, &mut desk) {
                self.apply_of_clock(same, scratch);
            }
        }
    }

    /// Takes any events of one clock.
    fn apply_of_clock(&mut self, rows: &[Row], scratch: &mut Scratch) {
        let taken = self.apply_in_order(rows);
        // What else there is of this clock is late.
        for row in &rows[taken..] {
            self.apply_late(row.clock, row.at, row.what, false, scratch);
        }
    }

    /// Takes events of one clock, as long as its meter can take them as they are: after what it
    /// knows and after what was given out. Returns how many.
    fn apply_in_order(&mut self, rows: &[Row]) -> usize {
        let clock = rows[0].clock;
        let index = clock as usize;
        let (mut meter, mut trail) = (self.meters.get(index), self.trails[index]);
        // With notes, events that hold from one instant count in the order of when they were known.
        let gap = i64::from(!self.history.notes.is_empty());
        let most = i64::MAX - gap;
        let Some(mut least) = self.least_in_order(&meter.tag, &trail, gap) else { return 0 };
        let mut amount = self.promises.amount(meter.tag.promise, meter.tag.step);
        let calendar = &self.tables.calendars()[usize::from(meter.tag.calendar)];
        let mut chain = self.history.chain(trail.last, self.openings[index].start);
        let (mut state, mut open_then) = (meter.tag.state(), 0);
        let (mut turned, mut passed, mut taken) = (false, false, 0);
        for row in rows {
            let Row { at, what, .. } = *row;
            if at < least || at > most || !what.turns() {
                break;
            }
            (taken, least) = (taken + 1, at + gap);
            self.history.push(&mut chain, at, what);
            let open = calendar.open_until(at);
            let after = turn(state, &mut trail.reasons, what);
            turned |= after != state;
            if state == STOPPED && after != state && what.begins_cycle() {
                passed |= meter.business >= amount;
                meter.begin_cycle();
                amount = self.promises.amount(meter.tag.promise, 0);
            }
            meter.turn(state, after, open, at);
            (state, open_then) = (after, open);
        }
        if taken == 0 {
            return 0;
        }
        meter.tag.enter(state);
        passed |= meter.business_at(open_then) >= amount;
        trail.since = rows[taken - 1].at;
        trail.last = self.history.end(&chain, taken);
        self.keep(clock, meter, trail, turned, passed);
        taken
    }

    /// Puts back what is known of a clock after events in order: whether it begins to count time in
    /// another way, and whether it has used up what it may.
    #[inline]
    pub(super) fn keep(
        &mut self,
        clock: u32,
        mut meter: Meter,
        trail: Trail,
        turned: bool,
        passed: bool,
    ) {
        self.latest = self.latest.max(trail.since);
        if turned && !meter.tag.has(flag::STALE) {
            meter.tag.set(flag::STALE, true);
            self.stale.push(clock);
        }
        self.meters.put(clock as usize, meter);
        self.trails[clock as usize] = trail;
        if passed {
            self.touch(clock);
        }
    }

    /// The earliest instant from which on an event is in order; none if no event is.
    pub(super) fn least_in_order(&self, tag: &Tag, trail: &Trail, gap: i64) -> Option<i64> {
        if tag.has(flag::DIRTY | flag::OVERFLOW) {
            return None;
        }
        let after = self.watermark.map_or(Some(i64::MIN), |watermark| watermark.checked_add(1))?;
        Some(after.max(trail.since.checked_add(gap)?))
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
        let mut chain = self.history.chain(trail.last, self.openings[clock as usize].start);
        self.history.push(&mut chain, at, what);
        trail.last = self.history.end(&chain, 1);
        let tag = &mut self.meters.tags[clock as usize];
        if !tag.has(flag::DIRTY) {
            tag.set(flag::DIRTY, true);
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
        let standing = self.standing(clock, scratch);
        let Standing { sums, open, since, .. } = standing;
        let index = clock as usize;
        let before = self.meters.tags[index];
        let untold = before.step == 0 && !before.has(flag::TOUCHED | flag::CYCLED);
        let judged = standing.spans || self.judged_by_history(standing.promise);
        let mut tag = Tag {
            promise: standing.promise,
            calendar: standing.calendar,
            flags: before.flags & (flag::TOUCHED | flag::STALE) | standing.state,
            step: self.promises.passed(standing.promise, sums.business),
        };
        tag.set(flag::OVERFLOW, standing.overflow);
        tag.set(flag::CYCLED, standing.cycled);
        tag.set(flag::JUDGED, judged);
        let Sums { business, actual, paused } = sums;
        let mut meter = Meter { business, actual, paused, tag };
        meter.release(open, since);
        self.meters.put(index, meter);
        let trail = &mut self.trails[clock as usize];
        (trail.since, trail.reasons) = (since, standing.reasons);
        self.latest = self.latest.max(since);
        self.mark_stale(clock);
        let quiet = untold
            && !judged
            && !standing.cycled
            && tag.step == 0
            && !self.early.contains_key(&clock)
            && self.announced.get(&clock).is_none_or(Vec::is_empty)
            && !standing.reaches_back;
        if quiet {
            // Nothing was said of it, and nothing would have been: the queue will tell.
            self.announced.remove(&clock);
        } else {
            self.touch(clock);
        }
    }

    pub(super) fn mark_stale(&mut self, clock: u32) {
        let tag = &mut self.meters.tags[clock as usize];
        if !tag.has(flag::STALE) {
            tag.set(flag::STALE, true);
            self.stale.push(clock);
        }
    }
}
