//! From a clock's events to pieces of time in each of which nothing changes.
//!
//! The fold walks the events in the order in which they hold, up to the instant of asking. A stop
//! that a later `void_stop` takes back is left out beforehand. Reasons, calendars and zones are
//! numbers in a [`Book`], so that one clock and a ledger of a million fold alike; a [`Fold`] is
//! reused from clock to clock. Cost O(n) in the number of events.

use super::book::Book;
use super::event::{ReopenMode, Scope};
use super::status::ClockState;

/// What an event does, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sla) enum Act {
    Pause(u32),
    Resume(u32),
    ResumeAll,
    Stop,
    Reopen(ReopenMode),
    Cancel,
    Target(i64, Scope),
    Calendar(u32, Scope),
    Zone(u32, Scope),
    /// A pause that was there before the clock began, from and until.
    RetroactiveBegin,
    RetroactiveEnd,
}

/// An act and the instant from which it holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla) struct Step {
    pub(in crate::sla) at: i64,
    pub(in crate::sla) act: Act,
}

/// What a clock starts with.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla) struct Beginning {
    /// From when it counts.
    pub(in crate::sla) origin: i64,
    pub(in crate::sla) target: i64,
    pub(in crate::sla) calendar: u32,
}

/// A stretch of time in one state, on one calendar, of one cycle.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla) struct Piece {
    pub(in crate::sla) from: i64,
    pub(in crate::sla) until: i64,
    pub(in crate::sla) state: ClockState,
    pub(in crate::sla) cycle: u32,
    pub(in crate::sla) calendar: u32,
    /// First and end in [`Fold::reasons`].
    reasons: (u32, u32),
}

/// A target and the cycle and instant from which it is in force.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla) struct TargetSpan {
    pub(in crate::sla) cycle: u32,
    pub(in crate::sla) from: i64,
    pub(in crate::sla) target: i64,
}

/// The reason of a pause that was given before the clock began.
pub(in crate::sla) const RETROACTIVE: u32 = u32::MAX;

/// What the events come to.
#[derive(Debug)]
pub(in crate::sla) struct Fold {
    pub(in crate::sla) pieces: Vec<Piece>,
    reasons: Vec<u32>,
    /// Of each cycle at least one, in order.
    pub(in crate::sla) targets: Vec<TargetSpan>,
    pub(in crate::sla) now: i64,
    pub(in crate::sla) origin: i64,
    pub(in crate::sla) state: ClockState,
    pub(in crate::sla) cycle: u32,
    pub(in crate::sla) calendar: u32,
    /// What now pauses it, were it not stopped.
    pub(in crate::sla) active: Vec<u32>,
    /// Events up to now that changed nothing.
    pub(in crate::sla) ignored: u64,
    /// Where the walk stands.
    at: i64,
    retroactive: u32,
    stopped: bool,
    cancelled: bool,
    void: Vec<bool>,
}

impl Fold {
    pub(in crate::sla) fn new() -> Fold {
        Fold {
            pieces: Vec::new(),
            reasons: Vec::new(),
            targets: Vec::new(),
            now: 0,
            origin: 0,
            state: ClockState::Pending,
            cycle: 0,
            calendar: 0,
            active: Vec::new(),
            ignored: 0,
            at: 0,
            retroactive: 0,
            stopped: false,
            cancelled: false,
            void: Vec::new(),
        }
    }

    /// Folds `steps`, which are in order, up to and including `now`.
    pub(in crate::sla) fn run(
        &mut self,
        beginning: Beginning,
        steps: &[Step],
        book: &mut Book<'_>,
        now: i64,
    ) {
        let steps = &steps[..steps.partition_point(|step| step.at <= now)];
        self.begin(beginning, now);
        self.find_void(steps);
        for (index, step) in steps.iter().enumerate() {
            if self.void[index] {
                continue;
            }
            self.pass(step.at);
            if !self.apply(step, book) {
                self.ignored += 1;
            }
        }
        self.pass(now);
        self.state = if now < self.origin { ClockState::Pending } else { self.doing() };
    }

    /// Why a piece was paused.
    pub(in crate::sla) fn reasons_of(&self, piece: &Piece) -> &[u32] {
        &self.reasons[piece.reasons.0 as usize..piece.reasons.1 as usize]
    }

    /// The target in force at the end of a cycle.
    pub(in crate::sla) fn target_of(&self, cycle: u32) -> i64 {
        let last = self.targets.iter().rev().find(|span| span.cycle == cycle);
        last.map_or(i64::MAX, |span| span.target)
    }

    fn begin(&mut self, beginning: Beginning, now: i64) {
        for list in [&mut self.reasons, &mut self.active] {
            list.clear();
        }
        self.pieces.clear();
        self.targets.clear();
        let target = beginning.target;
        self.targets.push(TargetSpan { cycle: 0, from: i64::MIN, target });
        (self.now, self.origin, self.at) = (now, beginning.origin, beginning.origin);
        self.calendar = beginning.calendar;
        (self.cycle, self.ignored, self.retroactive) = (0, 0, 0);
        (self.stopped, self.cancelled) = (false, false);
    }

    /// Marks the stops that a later `void_stop` takes back, and that reopening itself.
    fn find_void(&mut self, steps: &[Step]) {
        self.void.clear();
        self.void.resize(steps.len(), false);
        let mut last_stop = None;
        for (index, step) in steps.iter().enumerate() {
            match step.act {
                Act::Stop => last_stop = last_stop.or(Some(index)),
                Act::Reopen(mode) => {
                    if let (Some(stop), ReopenMode::VoidStop) = (last_stop, mode) {
                        for (void, step) in self.void[stop..index].iter_mut().zip(&steps[stop..]) {
                            *void |= step.act == Act::Stop;
                        }
                        self.void[index] = true;
                    }
                    last_stop = None;
                }
                _ => {}
            }
        }
    }

    fn doing(&self) -> ClockState {
        if self.cancelled {
            ClockState::Cancelled
        } else if self.stopped {
            ClockState::Stopped
        } else if self.active.is_empty() && self.retroactive == 0 {
            ClockState::Running
        } else {
            ClockState::Paused
        }
    }

    /// Nothing changes until `until`.
    fn pass(&mut self, until: i64) {
        if until <= self.at {
            return;
        }
        let state = self.doing();
        let first = self.reasons.len() as u32;
        if state == ClockState::Paused {
            self.reasons.extend_from_slice(&self.active);
            if self.retroactive > 0 {
                self.reasons.push(RETROACTIVE);
            }
        }
        let reasons = (first, self.reasons.len() as u32);
        let (from, cycle, calendar) = (self.at, self.cycle, self.calendar);
        self.pieces.push(Piece { from, until, state, cycle, calendar, reasons });
        self.at = until;
    }

    /// Applies what holds from now on; false if it changes nothing.
    fn apply(&mut self, step: &Step, book: &mut Book<'_>) -> bool {
        match step.act {
            Act::RetroactiveBegin => {
                self.retroactive += 1;
                return true;
            }
            Act::RetroactiveEnd => {
                self.retroactive = self.retroactive.saturating_sub(1);
                return true;
            }
            _ if self.cancelled => return false,
            _ => {}
        }
        let begun = step.at >= self.origin;
        match step.act {
            Act::Pause(reason) => {
                let new = !self.active.contains(&reason);
                if new {
                    self.active.push(reason);
                }
                new
            }
            Act::Resume(reason) => {
                let before = self.active.len();
                self.active.retain(|&active| active != reason);
                self.active.len() < before
            }
            Act::ResumeAll => {
                let any = !self.active.is_empty();
                self.active.clear();
                any
            }
            Act::Stop => begun && !std::mem::replace(&mut self.stopped, begun),
            Act::Cancel => std::mem::replace(&mut self.cancelled, begun) != begun,
            Act::Reopen(mode) => self.reopen(mode),
            Act::Target(target, scope) => self.set_target(step.at, target, scope),
            Act::Calendar(calendar, scope) => self.set_calendar(scope, |_| calendar),
            Act::Zone(zone, scope) => {
                self.set_calendar(scope, |calendar| book.zoned(calendar, zone))
            }
            Act::RetroactiveBegin | Act::RetroactiveEnd => true,
        }
    }

    /// A stopped clock goes on; a `void_stop` that comes here has no stop to take back.
    fn reopen(&mut self, mode: ReopenMode) -> bool {
        if !self.stopped || mode == ReopenMode::VoidStop {
            return false;
        }
        self.stopped = false;
        if mode == ReopenMode::NewCycle {
            let target = self.target_of(self.cycle);
            self.cycle += 1;
            self.targets.push(TargetSpan { cycle: self.cycle, from: i64::MIN, target });
            self.active.clear();
        }
        true
    }

    fn set_target(&mut self, from: i64, target: i64, scope: Scope) -> bool {
        if self.target_of(self.cycle) == target {
            return false;
        }
        let cycle = self.cycle;
        match scope {
            Scope::Whole => {
                self.targets.retain(|span| span.cycle != cycle);
                self.targets.push(TargetSpan { cycle, from: i64::MIN, target });
            }
            Scope::FromNow => self.targets.push(TargetSpan { cycle, from, target }),
        }
        true
    }

    fn set_calendar(&mut self, scope: Scope, mut other: impl FnMut(u32) -> u32) -> bool {
        let calendar = other(self.calendar);
        let mut changes = std::mem::replace(&mut self.calendar, calendar) != calendar;
        if scope == Scope::Whole {
            let cycle = self.cycle;
            for piece in self.pieces.iter_mut().rev().take_while(|piece| piece.cycle == cycle) {
                let calendar = other(piece.calendar);
                changes |= std::mem::replace(&mut piece.calendar, calendar) != calendar;
            }
        }
        changes
    }
}
