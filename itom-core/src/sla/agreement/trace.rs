//! The life of one clock of an agreement as pieces in which nothing changes, and its sums.
//!
//! A [`Trace`] is what the walk over a record's updates leaves of a clock: pieces of running and
//! pausing on some calendar, the targets it had, how it ended. [`Trace::measure`] adds them up at
//! an instant: two lookups a piece. The rules are those of [`Clock`](crate::sla::Clock): business
//! time counts while running and open, a breach is more than the target, a changed target counts
//! for the whole history and a changed calendar from then on.

use super::program::Program;
use crate::sla::{Calendar, ClockState};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Running,
    /// For these reasons of the metric, as bits.
    Paused(u64),
    /// Between a stop and a reopening that goes on from there.
    Stopped,
}

/// From `from` to the next piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: i64,
    pub(super) doing: Doing,
    /// Index into the program's calendars.
    pub(super) calendar: u16,
}

/// How a clock ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Stopped,
    Cancelled,
}

/// The life of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// Index into the program's metrics.
    pub(super) metric: u32,
    /// Which of the metric's clocks for this record, from 0.
    pub(super) cycle: u32,
    /// The update that attached it.
    pub(super) attached: i64,
    /// From when it counts.
    pub(super) origin: i64,
    pub(super) pieces: Vec<Piece>,
    /// Indexes of targets, each with the instant from which it fits.
    pub(super) targets: Vec<(i64, u16)>,
    pub(super) end: Option<(i64, Ended)>,
    /// Instants at which a stopped clock was reopened.
    pub(super) reopened: Vec<i64>,
}

/// The sums of a clock at an instant, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) state: ClockState,
    pub(super) target: i64,
    pub(super) business: i64,
    pub(super) actual: i64,
    pub(super) paused: i64,
    pub(super) breached: bool,
    pub(super) breach_at: Option<i64>,
}

impl Trace {
    /// A clock that begins to run.
    pub(super) fn new(metric: usize, cycle: u32, attached: i64, origin: i64) -> Trace {
        Trace {
            metric: metric as u32,
            cycle,
            attached,
            origin,
            pieces: Vec::with_capacity(2),
            targets: Vec::with_capacity(1),
            end: None,
            reopened: Vec::new(),
        }
    }

    /// The index of the target that counts.
    pub(super) fn target(&self) -> usize {
        self.targets.last().map_or(0, |target| usize::from(target.1))
    }

    /// From `at` on it does something else, or the same on another calendar.
    pub(super) fn push(&mut self, at: i64, doing: Doing, calendar: usize) {
        let piece = Piece { from: at.max(self.origin), doing, calendar: calendar as u16 };
        while self.pieces.last().is_some_and(|last| last.from >= piece.from) {
            self.pieces.pop();
        }
        match self.pieces.last() {
            Some(last) if last.doing == doing && last.calendar == piece.calendar => {}
            _ => self.pieces.push(piece),
        }
    }

    /// The instant up to which it counts, seen at `now`.
    pub(super) fn until(&self, now: i64) -> i64 {
        self.end.map_or(now, |end| end.0.min(now))
    }

    /// The pieces with their ends, seen at `now`.
    pub(super) fn spans(&self, now: i64) -> impl Iterator<Item = (Piece, i64)> + '_ {
        let until = self.until(now);
        let ends = self.pieces.iter().skip(1).map(move |piece| piece.from.min(until));
        let spans = self.pieces.iter().copied().zip(ends.chain([until]));
        spans.filter(|(piece, end)| piece.from < *end)
    }

    /// What it does at `now`, which is not before its last update.
    pub(super) fn state(&self, now: i64) -> ClockState {
        match (self.end, self.pieces.last().map(|piece| piece.doing)) {
            (Some((at, Ended::Stopped)), _) if at <= now => ClockState::Stopped,
            (Some((at, Ended::Cancelled)), _) if at <= now => ClockState::Cancelled,
            _ if now < self.origin => ClockState::Pending,
            (_, Some(Doing::Paused(_))) => ClockState::Paused,
            _ => ClockState::Running,
        }
    }

    /// The sums at `now`, which is not before its last update.
    pub(super) fn measure(&self, program: &Program, now: i64) -> Measure {
        let (mut business, mut actual, mut paused) = (0i64, 0i64, 0i64);
        for (piece, end) in self.spans(now) {
            let calendar = &program.calendars[usize::from(piece.calendar)];
            match piece.doing {
                Doing::Running => {
                    business = business.saturating_add(open(calendar, piece.from, end));
                    actual = actual.saturating_add(end.saturating_sub(piece.from));
                }
                Doing::Paused(_) => paused = paused.saturating_add(open(calendar, piece.from, end)),
                Doing::Stopped => {}
            }
        }
        let metric = &program.metrics[self.metric as usize];
        let target = metric.targets[self.target()].target;
        let state = self.state(now);
        let breached = business > target || business == target && metric.fails_at_equality();
        let runs_on = matches!(state, ClockState::Running | ClockState::Pending);
        let breach_at = if breached || runs_on { self.used_up(program, target, now) } else { None };
        Measure { state, target, business, actual, paused, breached, breach_at }
    }

    /// The earliest instant at which `amount` of business time was used, or will be if the clock
    /// runs on.
    pub(super) fn used_up(&self, program: &Program, amount: i64, now: i64) -> Option<i64> {
        let mut left = amount;
        for (piece, end) in self.spans(now) {
            if piece.doing != Doing::Running {
                continue;
            }
            let calendar = &program.calendars[usize::from(piece.calendar)];
            let used = open(calendar, piece.from, end);
            if used >= left {
                return reached(calendar, piece.from, left);
            }
            left -= used;
        }
        let last = self.pieces.last()?;
        let runs_on = matches!(self.state(now), ClockState::Running | ClockState::Pending);
        if !runs_on || last.doing != Doing::Running {
            return None;
        }
        let from = self.until(now).max(self.origin);
        reached(&program.calendars[usize::from(last.calendar)], from, left)
    }
}

fn open(calendar: &Calendar, from: i64, until: i64) -> i64 {
    calendar.open_until(until).saturating_sub(calendar.open_until(from))
}

fn reached(calendar: &Calendar, from: i64, left: i64) -> Option<i64> {
    if left <= 0 {
        return Some(from);
    }
    calendar.open_reached(calendar.open_until(from).checked_add(left)?)
}
