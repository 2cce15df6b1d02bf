//! The hot part of a ledger: 48 bytes a clock, in two columns.
//!
//! A sum that grows is kept as what to subtract from the open time of its calendar (or from the
//! wall clock), one that rests as itself: going from one to the other is `x → now − x`, both ways,
//! and the value at any later instant costs one subtraction. [`Meter`] is what a refresh of all
//! clocks reads; [`Trail`] is what an event needs besides.

use super::history::What;
use crate::sla::ClockState;

/// What a clock adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meter {
    /// Grows with open time while running.
    pub(super) business: i64,
    /// Grows with the wall clock while running.
    pub(super) actual: i64,
    /// Grows with open time while paused.
    pub(super) paused: i64,
    pub(super) promise: u32,
    pub(super) calendar: u16,
    /// The state in the lowest two bits, and [`flag`]s.
    pub(super) flags: u8,
    /// How many marks of its promise have been passed.
    pub(super) step: u8,
}

/// Where a clock's history stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail {
    /// The instant from which its meter holds: that of its last event.
    pub(super) since: i64,
    /// The number of its newest event, from one.
    pub(super) last: u32,
    /// What pauses it, by number of the reason.
    pub(super) reasons: u32,
}

const _: () = assert!(size_of::<Meter>() + size_of::<Trail>() == 48);

pub(super) const RUNNING: u8 = 0;
pub(super) const PAUSED: u8 = 1;
pub(super) const STOPPED: u8 = 2;
pub(super) const CANCELLED: u8 = 3;
const STATE: u8 = 3;

pub(super) mod flag {
    /// Marks may have been passed, or unmade, before the meter holds: look closely.
    pub(in crate::sla::ledger) const TOUCHED: u8 = 1 << 2;
    /// Its breach instant and its places in the queues are out of date.
    pub(in crate::sla::ledger) const STALE: u8 = 1 << 3;
    /// The meter waits to be made anew from the history.
    pub(in crate::sla::ledger) const DIRTY: u8 = 1 << 4;
    /// Whether it is breached cannot be told from its sums.
    pub(in crate::sla::ledger) const JUDGED: u8 = 1 << 5;
    /// Its reasons do not fit into 32 bits.
    pub(in crate::sla::ledger) const OVERFLOW: u8 = 1 << 6;
    /// It is not in its first cycle.
    pub(in crate::sla::ledger) const CYCLED: u8 = 1 << 7;
}

impl Meter {
    pub(super) fn state(&self) -> u8 {
        self.flags & STATE
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Goes over to another state, which it is not in; `open` is the open time of its calendar,
    /// `wall` the instant.
    #[inline]
    pub(super) fn turn(&mut self, state: u8, open: i64, wall: i64) {
        let before = self.state();
        // A sum that grew rests and one that rested grows: without a branch, which would be a guess.
        let flip = |sum: i64, now: i64, flips: bool| {
            sum ^ ((sum ^ now.wrapping_sub(sum)) & -i64::from(flips))
        };
        let (runs, waits) =
            ((before == RUNNING) | (state == RUNNING), (before == PAUSED) | (state == PAUSED));
        self.business = flip(self.business, open, runs);
        self.actual = flip(self.actual, wall, runs);
        self.paused = flip(self.paused, open, waits);
        self.flags = self.flags & !STATE | state;
    }

    /// From sums that rest to sums that grow, or back.
    pub(super) fn flip(&mut self, open: i64, wall: i64) {
        match self.state() {
            RUNNING => {
                self.business = open.wrapping_sub(self.business);
                self.actual = wall.wrapping_sub(self.actual);
            }
            PAUSED => self.paused = open.wrapping_sub(self.paused),
            _ => {}
        }
    }
}

/// What an action does to the reasons and the state of a clock.
#[derive(Clone, Copy)]
struct Turning {
    /// Arguments from here on are not for a meter.
    arguments: u32,
    /// All bits if it adds its reason, ends its reason, ends every reason.
    begins: u32,
    ends: u32,
    ends_all: u32,
    /// From each state to STOPPED or CANCELLED, or to what the reasons say (RUNNING).
    to: [u8; 4],
}

const TURNINGS: [Turning; 16] = {
    let goes_on = [RUNNING, RUNNING, STOPPED, CANCELLED];
    let nothing = Turning { arguments: 0, begins: 0, ends: 0, ends_all: 0, to: goes_on };
    let other = Turning { arguments: u32::MAX, ..nothing };
    let mut turnings = [nothing; 16];
    turnings[1] = Turning { arguments: 32, begins: u32::MAX, ..nothing };
    turnings[2] = Turning { arguments: 32, ends: u32::MAX, ..nothing };
    turnings[3] = Turning { ends_all: u32::MAX, ..other };
    turnings[4] = Turning { to: [STOPPED, STOPPED, STOPPED, CANCELLED], ..other };
    turnings[5] = Turning { to: [RUNNING, RUNNING, RUNNING, CANCELLED], ..other };
    turnings[6] = turnings[5];
    turnings[8] = Turning { to: [CANCELLED; 4], ..other };
    turnings
};

impl What {
    /// Whether it turns a clock from one state to another, by a reason that fits into 32 bits.
    #[inline]
    pub(super) fn turns(self) -> bool {
        self.argument() < TURNINGS[usize::from(self.action() & 15)].arguments
    }
}

/// The state after an event that turns a clock, and its reasons.
#[inline]
pub(super) fn turn(state: u8, reasons: &mut u32, what: What) -> u8 {
    if state == CANCELLED {
        return state;
    }
    let turning = &TURNINGS[usize::from(what.action() & 15)];
    let bit = 1 << (what.argument() & 31);
    let mut ended = turning.ends & bit | turning.ends_all;
    if state == STOPPED && what.begins_cycle() {
        ended = u32::MAX;
    }
    *reasons = *reasons & !ended | turning.begins & bit;
    match turning.to[usize::from(state & STATE)] {
        RUNNING => u8::from(*reasons != 0),
        end => end,
    }
}

// What the reasons say.
const _: () = assert!(RUNNING == 0 && PAUSED == 1);

pub(super) fn state_of(code: u8) -> ClockState {
    match code & STATE {
        RUNNING => ClockState::Running,
        PAUSED => ClockState::Paused,
        STOPPED => ClockState::Stopped,
        _ => ClockState::Cancelled,
    }
}

pub(super) fn code_of(state: ClockState) -> u8 {
    match state {
        ClockState::Running | ClockState::Pending => RUNNING,
        ClockState::Paused => PAUSED,
        ClockState::Stopped => STOPPED,
        ClockState::Cancelled => CANCELLED,
    }
}
