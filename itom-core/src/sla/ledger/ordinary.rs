//! What most events are, taken in one short loop: reasons to pause that begin and end, in order, of
//! a clock that runs or is paused.
//!
//! The loop has no branch that depends on the events. Whether they are ordinary is added up on the
//! way, and nothing is kept of those that turn out not to be: [`apply`](super::apply) takes them.

use super::history::second_unit;
use super::ledger::Ledger;
use super::meters::{Meter, PAUSED, WAVERING, WAVERS};
use super::what::{CODES, What};

/// So many events of a clock at a time.
const MOST: usize = 32;

impl Ledger {
    /// Takes events of one clock, each with its instant, if they are ordinary and in order: all or
    /// none of them.
    #[inline]
    pub(super) fn apply_ordinary(
        &mut self,
        clock: u32,
        events: impl ExactSizeIterator<Item = (i64, What)> + Clone,
        desk: &mut Desk,
    ) -> bool {
        let (index, count) = (clock as usize, events.len());
        let (mut meter, mut trail) = (self.meters.get(index), self.trails[index]);
        let Some(first) = events.clone().next() else { return true };
        let least = self.least_in_order(&meter.tag, &trail, 0);
        let in_order = least.is_some_and(|least| first.0 >= least)
            && self.history.notes.is_empty()
            && meter.tag.state() <= PAUSED
            && count <= MOST;
        if !in_order {
            return false;
        }
        let calendar = &self.tables.calendars()[usize::from(meter.tag.calendar)];
        calendar.open_until_each(events.clone().map(|(at, _)| at), &mut desk.open);
        let mut chain = self.history.chain(trail.last, self.openings[index].start);
        let mut course = Course::new(meter.tag.state(), trail.reasons, chain.since(first.0));
        if !course.follow(events.clone(), desk) {
            return false;
        }
        if course.in_seconds {
            self.history.extend(&mut chain, first, &mut desk.units[..count], course.since);
        } else {
            self.history.push_each(&mut chain, events);
        }
        trail.last = self.history.end(&chain, count);
        (trail.since, trail.reasons) = (course.since, course.reasons);
        course.add_to(&mut meter);
        let amount = self.promises.amount(meter.tag.promise, meter.tag.step);
        let passed = meter.business_at(course.open) >= amount;
        self.keep(clock, meter, trail, course.turned, passed);
        true
    }
}

/// What is reckoned of the events of one clock before any of it is kept.
#[derive(Default)]
pub(super) struct Desk {
    /// The open time up to each.
    open: [i64; MOST],
    /// The record of each.
    units: [u32; MOST],
}

/// The course of a clock between running and being paused.
struct Course {
    state: u8,
    reasons: u32,
    turned: bool,
    /// Whether the records of the events are right.
    in_seconds: bool,
    /// The instant of the last event, and the open time up to it.
    since: i64,
    open: i64,
    /// Open time that business time gains and the pauses lose, and wall time that it gains.
    open_time: i64,
    wall_time: i64,
}

impl Course {
    fn new(state: u8, reasons: u32, since: i64) -> Course {
        let (turned, in_seconds) = (false, false);
        let (open, open_time, wall_time) = (0, 0, 0);
        Course { state, reasons, turned, in_seconds, since, open, open_time, wall_time }
    }

    /// Follows events and makes their records. False if one of them is not ordinary.
    #[inline]
    fn follow(&mut self, events: impl Iterator<Item = (i64, What)>, desk: &mut Desk) -> bool {
        let (mut unfit, mut backwards, mut uneven, mut turned) = (0, 0, 0, 0);
        for (((at, what), record), &open) in events.zip(&mut desk.units).zip(&desk.open) {
            let (code, rare) = CODES[0].code_or_not(what);
            let (unit, rest) = second_unit(code, at.wrapping_sub(self.since) as u64);
            unfit |= rare | u32::from(code >= WAVERING);
            backwards |= at.wrapping_sub(self.since);
            uneven |= rest;
            *record = unit;
            let (keeps, adds) = WAVERS[code as usize % WAVERS.len()];
            self.reasons = self.reasons & keeps | adds;
            let state = u8::from(self.reasons != 0);
            let turns = i64::from(state) - i64::from(self.state);
            self.open_time = self.open_time.wrapping_add(open.wrapping_mul(turns));
            self.wall_time = self.wall_time.wrapping_add(at.wrapping_mul(turns));
            turned |= state ^ self.state;
            (self.state, self.since, self.open) = (state, at, open);
        }
        (self.turned, self.in_seconds) = (turned != 0, uneven == 0);
        unfit == 0 && backwards >= 0
    }

    /// The sums of the clock after it.
    #[inline]
    fn add_to(&self, meter: &mut Meter) {
        meter.business = meter.business.wrapping_add(self.open_time);
        meter.actual = meter.actual.wrapping_add(self.wall_time);
        meter.paused = meter.paused.wrapping_sub(self.open_time);
        meter.tag.enter(self.state);
    }
}
