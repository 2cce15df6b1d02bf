//! Everything that happened to the clocks of a ledger, as it arrived: 8 or 16 bytes an event.
//!
//! The events of a clock are a chain backwards from its last; a late one is simply the next in the
//! chain and sorted when it is read. A record is one or two units of 64 bits, and its number is the
//! place of its first unit, counted from one:
//!
//! | record | bits 63-60 | then |
//! |---|---|---|
//! | long | the action, 1 to 15 | 28 bits of argument, 32 bits: the number of the record before in the chain, 0 if it is the first; a second unit: the instant |
//! | short | 0 | 6 bits of action and argument, 2 bits: where the record before is, 52 bits: nanoseconds since that |
//!
//! A short record comes right after the record before it (bits 00 if that is short, 01 if it is
//! long), or is the first of its chain (10), and counts from the start of its clock. It holds what
//! is common: less than 52 days between two events, a pause for one of 29 reasons and no other
//! argument. The block is the same in memory and in a snapshot. Names and times of recording, which
//! few events have, stand apart.

use super::events::Row;
use crate::sla::clock::fold::Act;
use crate::sla::{ReopenMode, Scope};

/// Arguments are smaller.
pub(super) const ARGUMENTS: u32 = 1 << 28;
/// Reasons that a short record names.
const REASONS: u32 = 29;
const DELTA_BITS: u32 = 52;
const DELTAS: u64 = 1 << DELTA_BITS;
/// Of each action the code of argument 0, and how many arguments have one.
const CODES: [(u32, u32); 16] = {
    let mut codes = [(0, 0); 16];
    codes[1] = (0, REASONS);
    codes[2] = (REASONS, REASONS);
    let mut action = 3;
    while action <= 8 {
        codes[action] = (2 * REASONS - 3 + action as u32, 1);
        action += 1;
    }
    codes
};
const AFTER_SHORT: u64 = 0;
const AFTER_LONG: u64 = 1;
const FIRST: u64 = 2;

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    units: Vec<u64>,
    events: usize,
    /// The number of the newest record and its instant.
    newest: u32,
    newest_at: i64,
    /// Whether an event may lead to a calendar of which neither opening nor meter tells.
    wanders: bool,
    /// Of the events that have one, ascending.
    pub(super) notes: Vec<Note>,
}

/// What few events have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Note {
    /// The number of its record, less one.
    pub(super) event: u32,
    pub(super) recorded_at: Option<i64>,
    pub(super) id: Option<String>,
}

/// One event: its number, when, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: u32,
    /// In a record that is just being read: since the one before.
    pub(super) at: i64,
    pub(super) what: What,
}

/// An action and its argument in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct What(u32);

impl What {
    pub(super) const RETRACT: u8 = 15;

    /// None for an action that does not exist.
    pub(super) fn new(action: u8, argument: u32) -> Option<What> {
        let sound = (1..=What::RETRACT).contains(&action) && argument < ARGUMENTS;
        sound.then_some(What(u32::from(action) << 28 | argument))
    }

    /// Of an action and an argument that exist.
    #[inline]
    pub(super) const fn known(action: u8, argument: u32) -> What {
        debug_assert!(action > 0 && action <= What::RETRACT && argument < ARGUMENTS);
        What((action as u32) << 28 | argument)
    }

    /// Whether it opens a stopped clock anew from zero.
    #[inline]
    pub(super) fn begins_cycle(self) -> bool {
        self.action() == 6
    }

    /// Whether all it does is to begin or to end reasons to pause.
    #[inline]
    pub(super) fn pauses(self) -> bool {
        self.action() <= 3
    }

    #[inline]
    pub(super) fn action(self) -> u8 {
        (self.0 >> 28) as u8
    }

    pub(super) fn argument(self) -> u32 {
        self.0 & (ARGUMENTS - 1)
    }

    /// Whether it may lead to another calendar.
    fn wanders(self) -> bool {
        (11..=14).contains(&self.action())
    }

    /// In six bits, if it is common.
    #[inline]
    fn code(self) -> Option<u64> {
        let (first, most) = CODES[usize::from(self.action() & 15)];
        (self.argument() < most).then(|| u64::from(first + self.argument()))
    }

    fn of_code(code: u64) -> What {
        let code = code as u32 & 63;
        let (action, argument) = match code {
            _ if code < REASONS => (1, code),
            _ if code < 2 * REASONS => (2, code - REASONS),
            _ => (code + 3 - 2 * REASONS, 0),
        };
        What(action << 28 | argument)
    }

    /// What it does; `lengths` are the targets that arguments refer to. None for a retraction.
    pub(super) fn act(self, lengths: &[i64]) -> Option<Act> {
        let argument = self.argument();
        let length = || lengths.get(argument as usize).copied().unwrap_or(i64::MAX);
        Some(match self.action() {
            1 => Act::Pause(argument),
            2 => Act::Resume(argument),
            3 => Act::ResumeAll,
            4 => Act::Stop,
            5 => Act::Reopen(ReopenMode::Resume),
            6 => Act::Reopen(ReopenMode::NewCycle),
            7 => Act::Reopen(ReopenMode::VoidStop),
            8 => Act::Cancel,
            9 => Act::Target(length(), Scope::Whole),
            10 => Act::Target(length(), Scope::FromNow),
            11 => Act::Calendar(argument, Scope::FromNow),
            12 => Act::Calendar(argument, Scope::Whole),
            13 => Act::Zone(argument, Scope::FromNow),
            14 => Act::Zone(argument, Scope::Whole),
            _ => return None,
        })
    }
}

/// A unit that begins a record, taken apart.
enum Unit {
    Long { what: What, before: u32 },
    Short { what: What, place: u64, delta: u64 },
}

impl Unit {
    #[inline]
    fn of(unit: u64) -> Unit {
        if unit >> 60 != 0 {
            return Unit::Long { what: What((unit >> 32) as u32), before: unit as u32 };
        }
        let what = What::of_code(unit >> (DELTA_BITS + 2));
        Unit::Short { what, place: unit >> DELTA_BITS & 3, delta: unit & (DELTAS - 1) }
    }
}

impl History {
    /// From a block; none if it is no list of records, an action does not exist, or chains run
    /// forwards or into each other. `bounds` says how many arguments each action knows, `last` are
    /// the newest records of the clocks.
    pub(super) fn from_parts(
        units: Vec<u64>,
        newest_at: i64,
        notes: Vec<Note>,
        bounds: impl Fn(u8) -> u32,
        last: impl Iterator<Item = u32>,
    ) -> Option<History> {
        if units.len() >= u32::MAX as usize {
            return None;
        }
        let most: [u32; 16] = std::array::from_fn(|action| bounds(action as u8));
        let knows = |what: What| what.argument() < most[usize::from(what.action())];
        let known: [bool; 64] = std::array::from_fn(|code| knows(What::of_code(code as u64)));
        // The records to which nothing refers yet.
        let mut free = Numbers::new(units.len());
        let (mut index, mut events, mut newest, mut wanders) = (0, 0, 0, false);
        while let Some(&unit) = units.get(index) {
            let number = index as u32 + 1;
            let long = match Unit::of(unit) {
                Unit::Short { place, .. } => {
                    let code = (unit >> (DELTA_BITS + 2)) as usize & 63;
                    let after = match place {
                        AFTER_SHORT => newest > 0 && newest + 1 == number && free.take(newest),
                        AFTER_LONG => newest > 0 && newest + 2 == number && free.take(newest),
                        _ => place == FIRST,
                    };
                    if !(known[code] && after) {
                        return None;
                    }
                    false
                }
                Unit::Long { what, before } => {
                    let sound = before < number && (before == 0 || free.take(before));
                    if !(sound && knows(what)) {
                        return None;
                    }
                    wanders |= what.wanders();
                    true
                }
            };
            free.add(number);
            newest = number;
            events += 1;
            index += 1 + usize::from(long);
        }
        let mut last = last.filter(|&last| last > 0);
        let sound = index == units.len()
            && notes.is_sorted_by(|a, b| a.event < b.event)
            && notes.last().is_none_or(|last| last.event < newest)
            && last.all(|last| free.take(last));
        sound.then_some(History { units, events, newest, newest_at, wanders, notes })
    }

    /// The number of a record in the format in which each had 16 bytes, as it is now.
    pub(super) fn number_of_v1(number: u32) -> u32 {
        if number == 0 { 0 } else { number.saturating_mul(2).saturating_sub(1) }
    }

    /// A record in the format in which each was an instant (8 bytes), the number of the one before
    /// (4) and what happened (4), as it is now.
    pub(super) fn units_of_v1(record: &[u8; 16]) -> [u64; 2] {
        let [at, rest] = [0, 8].map(|from| {
            u64::from_le_bytes(record[from..from + 8].try_into().expect("8 bytes of 16"))
        });
        [rest & !0xffff_ffff | u64::from(History::number_of_v1(rest as u32)), at]
    }

    pub(super) fn units(&self) -> &[u64] {
        &self.units
    }

    pub(super) fn newest_at(&self) -> i64 {
        self.newest_at
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.events
    }

    /// Whether there is room for so many events more.
    pub(super) fn has_room_for(&self, events: usize) -> bool {
        self.units.len().saturating_add(events.saturating_mul(2)) < u32::MAX as usize
    }

    /// Whether events have led clocks to other calendars.
    pub(super) fn wanders(&self) -> bool {
        self.wanders
    }

    /// The number of the newest record.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    pub(super) fn reserve(&mut self, events: usize) {
        self.units.reserve(events);
    }

    /// Adds events of one clock, which starts at `start`, after its record `before`; the number of
    /// the last is what the next refers to.
    #[inline]
    pub(super) fn extend(&mut self, rows: &[Row], before: u32, start: i64) -> u32 {
        let Some(last) = rows.last() else { return before };
        // Whether the record before is the newest of all, or there is none.
        let near = before == 0 || before == self.newest;
        let since = if before == 0 { start } else { self.newest_at };
        let first = self.units.len() as u32 + 1;
        let number = if near && self.extend_short(rows, since) {
            let place = match before {
                0 => FIRST,
                _ => u64::from(first - before == 2),
            };
            self.units[first as usize - 1] |= place << DELTA_BITS;
            first + rows.len() as u32 - 1
        } else {
            self.extend_any(rows, before, near.then_some(since))
        };
        (self.newest, self.newest_at) = (number, last.at);
        self.events += rows.len();
        number
    }

    /// Adds short records, if that is what all of them are: each right after a short one.
    #[inline]
    fn extend_short(&mut self, rows: &[Row], mut since: i64) -> bool {
        let (length, mut short) = (self.units.len(), true);
        self.units.extend(rows.iter().map(|row| {
            let delta = row.at.wrapping_sub(since) as u64;
            let code = row.what.code();
            short &= (row.at >= since) & (delta < DELTAS) & code.is_some();
            since = row.at;
            code.unwrap_or(0) << (DELTA_BITS + 2) | delta
        }));
        if !short {
            self.units.truncate(length);
        }
        short
    }

    /// Adds records short and long; `since` is the instant of the one before, where that is near.
    fn extend_any(&mut self, rows: &[Row], mut number: u32, mut since: Option<i64>) -> u32 {
        for row in rows {
            let next = self.units.len() as u32 + 1;
            let place = match number {
                0 => FIRST,
                _ => u64::from(next.wrapping_sub(number) == 2),
            };
            let delta = since.filter(|&since| row.at >= since);
            let delta = delta.map(|since| row.at.wrapping_sub(since) as u64);
            match row.what.code().zip(delta.filter(|&delta| delta < DELTAS)) {
                Some((code, delta)) => {
                    self.units.push((code << 2 | place) << DELTA_BITS | delta);
                }
                None => {
                    self.wanders |= row.what.wanders();
                    let first = u64::from(row.what.0) << 32 | u64::from(number);
                    self.units.extend([first, row.at as u64]);
                }
            }
            (number, since) = (next, Some(row.at));
        }
        number
    }

    pub(super) fn note(&self, event: u32) -> Option<&Note> {
        let place = self.notes.binary_search_by_key(&event, |note| note.event).ok()?;
        self.notes.get(place)
    }

    /// Reads the events of a chain of a clock that starts at `start`, in the order of arrival.
    pub(super) fn read(&self, last: u32, start: i64, records: &mut Vec<Record>) {
        records.clear();
        // Newest first; those from here on do not have their instants yet.
        let mut counted = 0;
        let mut next = last;
        while let Some(index) = next.checked_sub(1) {
            let number = next;
            match Unit::of(self.units[index as usize]) {
                Unit::Long { what, before } => {
                    let at = self.units[index as usize + 1] as i64;
                    count_on(at, &mut records[counted..]);
                    records.push(Record { number, at, what });
                    (counted, next) = (records.len(), before);
                }
                Unit::Short { what, place, delta } => {
                    records.push(Record { number, at: delta as i64, what });
                    next = match place {
                        AFTER_SHORT => index,
                        AFTER_LONG => index.saturating_sub(1),
                        _ => 0,
                    };
                }
            }
        }
        // A chain that begins with a short record counts from the start.
        count_on(start, &mut records[counted..]);
        records.reverse();
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.units.capacity() * size_of::<u64>() + self.notes.capacity() * size_of::<Note>()
    }
}

/// From nanoseconds since the one before to instants, of records newest first; the one before the
/// last is at `at`.
fn count_on(mut at: i64, records: &mut [Record]) {
    for record in records.iter_mut().rev() {
        at = at.wrapping_add(record.at);
        record.at = at;
    }
}

/// A set of numbers from one.
struct Numbers(Vec<u64>);

impl Numbers {
    fn new(most: usize) -> Numbers {
        Numbers(vec![0; most / 64 + 1])
    }

    #[inline]
    fn add(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    /// Takes a number out; false if it is not there.
    #[inline]
    fn take(&mut self, number: u32) -> bool {
        let Some(word) = self.0.get_mut(number as usize / 64) else { return false };
        let bit = 1 << (number % 64);
        let there = *word & bit != 0;
        *word &= !bit;
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000_000;

    fn what(action: u8, argument: u32) -> What {
        What::new(action, argument).unwrap()
    }

    /// What happened to a clock.
    type Told = Vec<(i64, What)>;

    /// Two clocks whose events come in turns and in rows, near and far, common and not.
    fn filled() -> (History, [u32; 2], [Told; 2]) {
        let starts = [1000, -5 * DAY];
        let (mut history, mut last) = (History::default(), [0; 2]);
        let mut expected: [Told; 2] = Default::default();
        let days = [(0, 0), (0, 3), (0, 3), (1, 1), (1, 90), (1, 2), (0, 60), (0, 61), (0, 61)];
        for (index, (clock, day)) in days.into_iter().enumerate() {
            let what = match index {
                2 => what(2, 28),
                3 => what(1, 29),
                5 => what(10, 7),
                7 => what(8, 0),
                _ => what([1, 4, 3][index % 3], 0),
            };
            let at = starts[clock] + day * DAY;
            let row = Row { at, clock: clock as u32, what };
            last[clock] = history.extend(&[row], last[clock], starts[clock]);
            expected[clock].push((at, what));
        }
        (history, last, expected)
    }

    #[test]
    fn chains_say_what_was_put_in() {
        let (history, last, expected) = filled();
        assert_eq!(history.len(), 9);
        let bounds = |_: u8| ARGUMENTS;
        let read = History::from_parts(
            history.units().to_vec(),
            history.newest_at(),
            Vec::new(),
            bounds,
            last.into_iter(),
        )
        .unwrap();
        assert_eq!((read.len(), read.newest()), (history.len(), history.newest()));
        // Short ones: three in a row of the first clock, and two at the end.
        assert_eq!(history.units().len(), 9 + 4);
        for (clock, start) in [(0, 1000), (1, -5 * DAY)] {
            let mut records = Vec::new();
            read.read(last[clock], start, &mut records);
            let said: Vec<_> = records.iter().map(|record| (record.at, record.what)).collect();
            assert_eq!(said, expected[clock]);
        }
    }

    #[test]
    fn every_common_action_has_a_code_of_its_own() {
        let common = (0..64).map(What::of_code);
        for (what, code) in common.zip(0..) {
            assert_eq!(what.code(), Some(code));
        }
        for rare in [what(1, 29), what(2, 29), what(3, 1), what(9, 0), what(15, 0)] {
            assert_eq!(rare.code(), None);
        }
    }

    #[test]
    fn blocks_that_are_no_chains_are_refused() {
        let (history, last, _) = filled();
        let read = |units: Vec<u64>, last: [u32; 2], known: u32| {
            let bounds = |_: u8| known;
            History::from_parts(units, 0, Vec::new(), bounds, last.into_iter())
        };
        let units = || history.units().to_vec();
        assert!(read(units(), last, ARGUMENTS).is_some());
        assert!(read(units(), last, 7).is_none());
        // Into the middle of a record, to one that another follows, twice to one, beyond the end.
        for bad in [last[1] + 1, 1, last[0], units().len() as u32 + 7, u32::MAX] {
            assert!(read(units(), [last[0], bad], ARGUMENTS).is_none(), "{bad}");
        }
        let mut cut = units();
        cut.truncate(last[1] as usize);
        assert!(read(cut, [0, 0], ARGUMENTS).is_none());
        let mut forwards = units();
        forwards[last[1] as usize - 1] |= 0xffff_ffff;
        assert!(read(forwards, last, ARGUMENTS).is_none());
        assert!(read(vec![AFTER_SHORT << DELTA_BITS], [1, 0], ARGUMENTS).is_none());
        assert!(read(vec![FIRST << DELTA_BITS], [1, 0], ARGUMENTS).is_some());
        assert!(read(vec![3 << DELTA_BITS], [1, 0], ARGUMENTS).is_none());
    }
}
