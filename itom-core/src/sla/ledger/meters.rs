//! The hot part of a ledger: 48 bytes a clock, in columns.
//!
//! A sum that grows is kept as what to add to the open time of its calendar (or to the wall clock),
//! one that rests as itself: a clock whose sum begins to grow subtracts now from it, and adds now
//! when it rests again, and the value at any later instant costs one addition. [`Meters`] is what a
//! refresh of all clocks reads, a column for each sum, so that it reads no more than it is asked for
//! and several at a time; [`Trail`] is what an event needs besides.

use super::column::Column;
use super::what::{CODES, What};
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
    pub(super) tag: Tag,
}

/// What the sums of a clock are measured by and against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) promise: u32,
    pub(super) calendar: u16,
    /// The state in the lowest two bits, and [`flag`]s.
    pub(super) flags: u8,
    /// How many marks of its promise have been passed.
    pub(super) step: u8,
}

/// The meters of all clocks.
#[derive(Clone, Debug)]
pub(super) struct Meters {
    pub(super) business: Column<i64>,
    pub(super) actual: Column<i64>,
    pub(super) paused: Column<i64>,
    pub(super) tags: Column<Tag>,
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

impl Meters {
    pub(super) fn reserve(&mut self, clocks: usize) {
        for sums in [&mut self.business, &mut self.actual, &mut self.paused] {
            sums.reserve(clocks);
        }
        self.tags.reserve(clocks);
    }

    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Meter {
        Meter {
            business: self.business[index],
            actual: self.actual[index],
            paused: self.paused[index],
            tag: self.tags[index],
        }
    }

    #[inline]
    pub(super) fn put(&mut self, index: usize, meter: Meter) {
        self.business[index] = meter.business;
        self.actual[index] = meter.actual;
        self.paused[index] = meter.paused;
        self.tags[index] = meter.tag;
    }

    pub(super) fn push(&mut self, meter: Meter) {
        self.business.push(meter.business);
        self.actual.push(meter.actual);
        self.paused.push(meter.paused);
        self.tags.push(meter.tag);
    }

    pub(super) fn truncate(&mut self, clocks: usize) {
        for sums in [&mut self.business, &mut self.actual, &mut self.paused] {
            sums.truncate(clocks);
        }
        self.tags.truncate(clocks);
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        let sums = [&self.business, &self.actual, &self.paused];
        sums.map(Column::size).iter().sum::<usize>() + self.tags.size()
    }
}

impl Default for Meters {
    fn default() -> Meters {
        Meters {
            business: Column::new(0),
            actual: Column::new(1),
            paused: Column::new(2),
            tags: Column::new(3),
        }
    }
}

impl Tag {
    pub(super) fn state(&self) -> u8 {
        self.flags & STATE
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Puts another state in the place of the one it is in.
    pub(super) fn enter(&mut self, state: u8) {
        self.flags = self.flags & !STATE | state;
    }
}

impl Meter {
    /// Adds what passed in a state to sums at rest: without a branch, which would be a guess.
    #[inline]
    pub(super) fn grow(&mut self, state: u8, open: i64, wall: i64) {
        let (runs, waits) = (-i64::from(state == RUNNING), -i64::from(state == PAUSED));
        self.business = self.business.wrapping_add(open & runs);
        self.actual = self.actual.wrapping_add(wall & runs);
        self.paused = self.paused.wrapping_add(open & waits);
    }

    /// From one state to another: what begins to grow subtracts now, what ends adds it. Without a
    /// branch, which would be a guess.
    #[inline]
    pub(super) fn turn(&mut self, from: u8, to: u8, open: i64, wall: i64) {
        let ends = |state: u8| i64::from(from == state) - i64::from(to == state);
        let (runs, waits) = (ends(RUNNING), ends(PAUSED));
        self.business = self.business.wrapping_add(open.wrapping_mul(runs));
        self.actual = self.actual.wrapping_add(wall.wrapping_mul(runs));
        self.paused = self.paused.wrapping_add(open.wrapping_mul(waits));
    }

    /// The business time at an open time, in the state that the tag says.
    #[inline]
    pub(super) fn business_at(&self, open: i64) -> i64 {
        let grows = i64::from(self.tag.state() == RUNNING);
        self.business.wrapping_add(open.wrapping_mul(grows))
    }

    /// Begins again from zero, at rest.
    pub(super) fn begin_cycle(&mut self) {
        (self.business, self.actual, self.paused, self.tag.step) = (0, 0, 0, 0);
        self.tag.set(flag::CYCLED, true);
    }

    /// From sums that rest to sums that grow from now on, in the state that the tag says.
    pub(super) fn release(&mut self, open: i64, wall: i64) {
        self.grow(self.tag.state(), open.wrapping_neg(), wall.wrapping_neg());
    }

    /// The open time at which its business time comes to an amount, if it goes on running.
    pub(super) fn due(&self, amount: i64) -> i64 {
        amount.saturating_sub(self.business)
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
    let turning = &TURNINGS[usize::from(what.action() & 15)];
    let bit = 1 << (what.argument() & 31);
    let (begun, ended) = (turning.begins & bit, turning.ends & bit | turning.ends_all);
    // What most events are: the reasons alone decide, whichever of the two states came before.
    if state <= PAUSED && what.pauses() {
        *reasons = *reasons & !ended | begun;
        return u8::from(*reasons != 0);
    }
    if state == CANCELLED {
        return state;
    }
    let anew = state == STOPPED && what.begins_cycle();
    *reasons = if anew { 0 } else { *reasons & !ended | begun };
    match turning.to[usize::from(state & STATE)] {
        RUNNING => u8::from(*reasons != 0),
        end => end,
    }
}

/// What events that only begin or end reasons keep of them and add, by their code in a record of
/// seconds; all such codes come before the others.
pub(super) const WAVERS: [(u32, u32); 32] = {
    let mut wavers = [(0, 0); 32];
    let mut code = 0;
    while code < WAVERING {
        let what = CODES[0].what(code);
        let (turning, bit) = (&TURNINGS[what.action() as usize], 1 << what.argument());
        wavers[code as usize] = (!(turning.ends & bit | turning.ends_all), turning.begins & bit);
        code += 1;
    }
    wavers
};

/// How many they are.
pub(super) const WAVERING: u32 = {
    let mut code = 0;
    while CODES[0].what(code).pauses() {
        code += 1;
    }
    code
};

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
