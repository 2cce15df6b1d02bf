//! Everything that happened to the clocks of a ledger, as it arrived: 4, 8 or 16 bytes an event.
//!
//! The events of a clock are a chain backwards from its last; a late one is simply the next in the
//! chain and sorted when it is read. A record is one, two or four units of 32 bits, and its number
//! is the place of its first unit, counted from one:
//!
//! | record | its first unit | then |
//! |---|---|---|
//! | seconds | a bit 0, 5 bits of action and argument, 2 bits: where the record before is, 24 bits: seconds since that | |
//! | nanoseconds | bits 10, 6 bits of action and argument, 2 bits: where the record before is, 22 bits | a unit: the other 32 bits of 54: nanoseconds since that |
//! | long | bits 11, 4 bits of action, 26 bits of argument | a unit: the number of the record before in the chain, 0 if it is the first; two units: the instant, its low half first |
//!
//! The first two come right after the record before, which has one unit (bits 00), two (01) or four
//! (10), or are the first of their chain (11), and count from the start of their clock. They hold
//! what is common: whole seconds of less than 194 days between two events and a pause for one of
//! 13 reasons, or else nanoseconds of less than 208 days and one of 29 reasons, and no other
//! argument. The block is the same in memory and in a snapshot. Names and times of recording,
//! which few events have, stand apart.

use super::what::{CODES, What};

const SECOND_BITS: u32 = 24;
const NANO_BITS: u32 = 54;
/// The kinds of a first unit.
const NANOS: u64 = 0b10 << 62;
/// Where the record before is.
const AFTER: [u32; 3] = [1, 2, 4];
const FIRST: u32 = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    units: Vec<u32>,
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

/// The end of a chain to which events are added.
pub(super) struct Chain {
    last: u32,
    /// Where the newest record is and its instant, if it comes right before.
    place: u32,
    near: bool,
    since: i64,
}

/// A record, taken apart.
enum Unit {
    Long {
        what: What,
        before: u32,
        at: i64,
    },
    /// `delta` in nanoseconds.
    Near {
        what: What,
        place: u32,
        delta: i64,
    },
}

/// How many units a record has.
#[inline]
fn size_of_record(first: u32) -> usize {
    match first >> 30 {
        0 | 1 => 1,
        2 => 2,
        _ => 4,
    }
}

/// Whole seconds of a number of nanoseconds, if it is none but those; otherwise more than fit.
#[inline]
fn seconds(nanos: u64) -> u64 {
    // 10^9 is 2^9 times an odd number. Its inverse turns multiples of it into quotients, which are
    // small, and anything else into what is not.
    const ODD: u64 = 1_953_125;
    const INVERSE: u64 = {
        let (mut inverse, mut round) = (ODD, 0);
        while round < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(ODD.wrapping_mul(inverse)));
            round += 1;
        }
        inverse
    };
    nanos.wrapping_mul(INVERSE).rotate_right(9)
}

/// The record of seconds of an event with a code, so many nanoseconds after the one before; the
/// second is 0 if they fit one. Without a branch.
#[inline]
pub(super) fn second_unit(code: u32, since: u64) -> (u32, u64) {
    let rest = seconds(since);
    (code << (SECOND_BITS + 2) | rest as u32, rest >> SECOND_BITS)
}

impl Chain {
    /// The instant from which the next record counts, which holds from `first`.
    #[inline]
    pub(super) fn since(&self, first: i64) -> i64 {
        if self.near { self.since } else { first }
    }
}

impl History {
    /// From a block; none if it is no list of records, an action does not exist, or chains run
    /// forwards or into each other. `bounds` says how many arguments each action knows, `last` are
    /// the newest records of the clocks.
    pub(super) fn from_parts(
        units: Vec<u32>,
        newest_at: i64,
        notes: Vec<Note>,
        bounds: impl Fn(u8) -> u32,
        last: impl Iterator<Item = u32>,
    ) -> Option<History> {
        if units.len() >= u32::MAX as usize {
            return None;
        }
        let most: [u32; 16] = std::array::from_fn(|action| bounds(action as u8));
        let knows =
            |what: What| what.action() > 0 && what.argument() < most[usize::from(what.action())];
        let known = [0, 1].map(|kind: usize| {
            let codes = 0..32 << kind;
            codes.fold(0u64, |set, code| set | u64::from(knows(CODES[kind].what(code))) << code)
        });
        // The records to which nothing refers yet, but for the newest of all, and its units.
        let mut free = Numbers::new(units.len());
        let (mut index, mut events, mut newest, mut open, mut wanders) = (0, 0, 0, 0, false);
        while let Some(&unit) = units.get(index) {
            if open == 1 {
                // What most are: records of seconds right after another of their chain.
                let more = units[index..].iter().take_while(|&&unit| {
                    unit >> 31 == 0
                        && unit >> SECOND_BITS & 3 == 0
                        && known[0] >> (unit >> (SECOND_BITS + 2)) & 1 == 1
                });
                let more = more.count();
                if more > 0 {
                    (index, events) = (index + more, events + more);
                    newest = index as u32;
                    continue;
                }
            }
            let size = size_of_record(unit);
            if size < 4 {
                let (code, place) = match size {
                    1 => (unit >> (SECOND_BITS + 2) & 31, unit >> SECOND_BITS & 3),
                    _ => (unit >> (NANO_BITS - 30) & 63, unit >> (NANO_BITS - 32) & 3),
                };
                match AFTER.get(place as usize) {
                    Some(&before) if before == open => {}
                    None => free.add(newest),
                    Some(_) => return None,
                }
                if known[size - 1] >> code & 1 == 0 {
                    return None;
                }
            } else {
                free.add(newest);
                let (what, before) = (What::of_long(unit), *units.get(index + 1)?);
                let sound = before <= newest && (before == 0 || free.take(before));
                if !(sound && knows(what)) {
                    return None;
                }
                wanders |= what.wanders();
            }
            (newest, open) = (index as u32 + 1, size as u32);
            events += 1;
            index += size;
        }
        free.add(newest);
        let mut last = last.filter(|&last| last > 0);
        let sound = index == units.len()
            && notes.is_sorted_by(|a, b| a.event < b.event)
            && notes.last().is_none_or(|last| last.event < newest)
            && last.all(|last| free.take(last));
        sound.then_some(History { units, events, newest, newest_at, wanders, notes })
    }

    pub(super) fn units(&self) -> &[u32] {
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
        self.units.len().saturating_add(events.saturating_mul(4)) < u32::MAX as usize
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
        itom_pages::reserve(&mut self.units, events);
    }

    /// The end of the chain of a clock that starts at `start`, whose newest record is `last`.
    #[inline]
    pub(super) fn chain(&self, last: u32, start: i64) -> Chain {
        Chain {
            place: place(last, self.units.len()),
            near: last == 0 || last == self.newest,
            since: if last == 0 { start } else { self.newest_at },
            last,
        }
    }

    /// Adds an event to a chain; no other may be added to before [`History::end`].
    #[inline]
    pub(super) fn push(&mut self, chain: &mut Chain, at: i64, what: What) {
        let number = self.units.len() as u32 + 1;
        let delta = at.wrapping_sub(chain.since) as u64;
        let (code, rare) = CODES[0].code_or_not(what);
        match second_unit(code, delta) {
            (unit, 0) if chain.near && rare == 0 => {
                self.units.push(unit | chain.place << SECOND_BITS);
                chain.place = 0;
            }
            _ => self.push_wide(chain, at, what, delta),
        }
        (chain.last, chain.near, chain.since) = (number, true, at);
    }

    /// Adds events to a chain by their records of seconds, made by [`second_unit`] from
    /// [`Chain::since`] on; the first is `first`, the last holds from `newest_at`.
    #[inline]
    pub(super) fn extend(
        &mut self,
        chain: &mut Chain,
        first: (i64, What),
        mut units: &mut [u32],
        newest_at: i64,
    ) {
        if !chain.near {
            self.push_each(chain, std::iter::once(first));
            units = &mut units[1..];
        }
        if let Some(first) = units.first_mut() {
            *first |= chain.place << SECOND_BITS;
            self.units.extend_from_slice(units);
            (chain.last, chain.place) = (self.units.len() as u32, 0);
            chain.since = newest_at;
        }
    }

    /// Adds events to a chain one by one.
    #[inline(never)]
    pub(super) fn push_each(
        &mut self,
        chain: &mut Chain,
        events: impl Iterator<Item = (i64, What)>,
    ) {
        events.for_each(|(at, what)| self.push(chain, at, what));
    }

    /// Adds a record of nanoseconds, or a long one.
    fn push_wide(&mut self, chain: &mut Chain, at: i64, what: What, delta: u64) {
        let near = chain.near && at >= chain.since && delta >> NANO_BITS == 0;
        match CODES[1].code(what).filter(|_| near) {
            Some(code) => {
                let unit = NANOS | u64::from(code << 2 | chain.place) << NANO_BITS | delta;
                self.units.extend([(unit >> 32) as u32, unit as u32]);
                chain.place = 1;
            }
            None => {
                self.wanders |= what.wanders();
                self.units.extend(what.long(chain.last, at));
                chain.place = 2;
            }
        }
    }

    /// Ends adding to a chain, so many events; its newest record is what the next refers to.
    #[inline]
    pub(super) fn end(&mut self, chain: &Chain, added: usize) -> u32 {
        self.events += added;
        (self.newest, self.newest_at) = (chain.last, chain.since);
        chain.last
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
        while next > 0 {
            let number = next;
            match self.unit(number as usize - 1) {
                Unit::Long { what, before, at } => {
                    count_on(at, &mut records[counted..]);
                    records.push(Record { number, at, what });
                    (counted, next) = (records.len(), before);
                }
                Unit::Near { what, place, delta } => {
                    records.push(Record { number, at: delta, what });
                    let before = AFTER.get(place as usize);
                    next = before.map_or(0, |units| number.saturating_sub(*units));
                }
            }
        }
        // A chain that begins with no long record counts from the start.
        count_on(start, &mut records[counted..]);
        records.reverse();
    }

    /// The record whose first unit is at a place.
    #[inline]
    fn unit(&self, index: usize) -> Unit {
        let unit = self.units[index];
        match size_of_record(unit) {
            1 => Unit::Near {
                what: CODES[0].what(unit >> (SECOND_BITS + 2)),
                place: unit >> SECOND_BITS & 3,
                delta: i64::from(unit & ((1 << SECOND_BITS) - 1)) * 1_000_000_000,
            },
            2 => {
                let unit = u64::from(unit) << 32 | u64::from(self.units[index + 1]);
                Unit::Near {
                    what: CODES[1].what((unit >> (NANO_BITS + 2)) as u32 & 63),
                    place: (unit >> NANO_BITS) as u32 & 3,
                    delta: (unit & ((1 << NANO_BITS) - 1)) as i64,
                }
            }
            _ => {
                let (low, high) = (self.units[index + 2], self.units[index + 3]);
                Unit::Long {
                    what: What::of_long(unit),
                    before: self.units[index + 1],
                    at: (u64::from(high) << 32 | u64::from(low)) as i64,
                }
            }
        }
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.units.capacity() * size_of::<u32>() + self.notes.capacity() * size_of::<Note>()
    }
}

/// Where the record of number `before` is, seen from the place right after it.
#[inline]
fn place(before: u32, first: usize) -> u32 {
    match (first as u32 + 1).wrapping_sub(before) {
        _ if before == 0 => FIRST,
        1 => 0,
        2 => 1,
        _ => 2,
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
    use super::super::what::{ARGUMENTS, LONG};
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
        let days = [(0, 0), (0, 3), (0, 3), (1, 1), (1, 390), (1, 2), (0, 60), (0, 61), (0, 61)];
        for (index, (clock, day)) in days.into_iter().enumerate() {
            let what = match index {
                2 => what(2, 28),
                3 => what(1, 29),
                5 => what(10, 7),
                7 => what(8, 0),
                _ => what([1, 4, 3][index % 3], 0),
            };
            let at = starts[clock] + day * DAY + i64::from(index == 8);
            let mut chain = history.chain(last[clock], starts[clock]);
            history.push(&mut chain, at, what);
            last[clock] = history.end(&chain, 1);
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
        // Of the first clock two of seconds and one of nanoseconds, at the end one of each.
        assert_eq!(history.units().len(), 3 + 2 * 2 + 4 * 4);
        for (clock, start) in [(0, 1000), (1, -5 * DAY)] {
            let mut records = Vec::new();
            read.read(last[clock], start, &mut records);
            let said: Vec<_> = records.iter().map(|record| (record.at, record.what)).collect();
            assert_eq!(said, expected[clock]);
        }
    }

    #[test]
    fn whole_seconds_are_told_from_others() {
        const SECOND: u64 = 1_000_000_000;
        for whole in [0, 1, 7, 59, (1 << 24) - 1, 1 << 24, u64::MAX / SECOND] {
            assert_eq!(seconds(whole * SECOND), whole);
        }
        let others = [1, SECOND - 1, SECOND + 1, 1 << 9, 1 << 40, 1_953_125, u64::MAX, 1 << 63];
        let negative = [-1i64, -1_000_000_000, i64::MIN].map(|nanos| nanos as u64);
        for other in others.into_iter().chain(negative) {
            assert!(seconds(other) >> SECOND_BITS > 0, "{other}");
        }
    }

    #[test]
    fn blocks_that_are_no_chains_are_refused() {
        let (history, last, _) = filled();
        let read = |units: Vec<u32>, last: [u32; 2], known: u32| {
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
        forwards[last[1] as usize] = u32::MAX;
        assert!(read(forwards, last, ARGUMENTS).is_none());
        // Of an action that does not exist.
        assert!(read(vec![LONG, 0, 0, 0], [1, 0], ARGUMENTS).is_none());
        assert!(read(what(4, 0).long(0, 0).to_vec(), [1, 0], ARGUMENTS).is_some());
        let (second, nano) = (1 << SECOND_BITS, 1 << (NANO_BITS - 32));
        for (first, bad) in
            [(FIRST * second, 0), (FIRST * second, second), (FIRST * second, 2 * second)]
        {
            let sound = AFTER[(bad / second) as usize] == 1;
            assert_eq!(read(vec![first, bad], [2, 0], ARGUMENTS).is_some(), sound);
        }
        let nanos = (NANOS >> 32) as u32;
        assert!(read(vec![nanos | (FIRST * nano), 0, second], [3, 0], ARGUMENTS).is_some());
        assert!(read(vec![nanos | (FIRST * nano), 0, 0], [3, 0], ARGUMENTS).is_none());
        assert!(read(vec![nanos | (FIRST * nano)], [1, 0], ARGUMENTS).is_none());
        assert!(read(vec![nanos | nano, 0], [1, 0], ARGUMENTS).is_none());
        assert!(read(vec![0], [1, 0], ARGUMENTS).is_none());
    }
}
