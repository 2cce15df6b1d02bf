//! What clocks and their events were in versions 1 and 2 of a snapshot, as they are now.
//!
//! There a meter (32 bytes: business, actual, paused, promise, calendar, flags, step) had what to
//! subtract from now where a sum grows, and a trail (16: since, last event, reasons) was kept of every
//! clock. An event of version 1 had 16 bytes: an instant (8), the number of the record before (4),
//! what happened (4). In version 2 a history was units of 64 bits: short records of one unit (bits
//! 63-60: 0; 6 bits of action and argument; 2 bits: the record before is short, long, or there is
//! none; 52 bits: nanoseconds since that) and long ones of two (what happened, the number of the
//! record before; the instant).

use super::meters::{Meter, Meters, PAUSED, RUNNING, Tag, Trail, flag};
use super::rows::bytes;
use super::what::What;

const METER: usize = 32;
const TRAIL: usize = 16;

/// Meters from rows; none if the last is cut.
pub(super) fn meters(rows: &[u8]) -> Option<Meters> {
    let (rows, rest) = rows.as_chunks::<METER>();
    let mut meters = Meters::default();
    meters.reserve(rows.len());
    rows.iter().for_each(|row| meters.push(meter(row)));
    rest.is_empty().then_some(meters)
}

fn meter(row: &[u8; METER]) -> Meter {
    let [flags, step] = bytes(row, 30);
    let sum = |at: usize, state: u8| {
        let sum = i64::from_le_bytes(bytes(row, at));
        if flags & 3 == state { sum.wrapping_neg() } else { sum }
    };
    Meter {
        business: sum(0, RUNNING),
        actual: sum(8, RUNNING),
        paused: sum(16, PAUSED),
        tag: Tag {
            promise: u32::from_le_bytes(bytes(row, 24)),
            calendar: u16::from_le_bytes(bytes(row, 28)),
            flags: flags & !flag::DIRTY | flag::STALE,
            step,
        },
    }
}

/// A trail of a version.
pub(super) fn trail(row: &[u8; TRAIL], version: u16) -> Trail {
    Trail {
        since: i64::from_le_bytes(bytes(row, 0)),
        last: number(u32::from_le_bytes(bytes(row, 8)), version),
        reasons: u32::from_le_bytes(bytes(row, 12)),
    }
}

/// The number of a record of a version: all have four units now that had one in version 1, and two
/// for each in version 2.
pub(super) fn number(number: u32, version: u16) -> u32 {
    let units = if version == 1 { 4 } else { 2 };
    number.checked_sub(1).map_or(0, |before| before.saturating_mul(units).saturating_add(1))
}

/// The units of a record of version 1.
pub(super) fn first_units(record: &[u8; 16]) -> [u32; 4] {
    let before = number(u32::from_le_bytes(bytes(record, 8)), 1);
    let what = What::of_former(u32::from_le_bytes(bytes(record, 12)));
    what.long(before, i64::from_le_bytes(bytes(record, 0)))
}

/// The units of a history of version 2; what was none is none now.
pub(super) fn second_units(units: &[u64]) -> Vec<u32> {
    let mut now = itom_pages::with_capacity(2 * units.len());
    let mut units = units.iter();
    while let Some(&unit) = units.next() {
        if unit >> 60 != 0 {
            let what = What::of_former((unit >> 32) as u32);
            match units.next() {
                Some(&at) => now.extend(what.long(number(unit as u32, 2), at as i64)),
                None => now.push(u32::MAX),
            }
            continue;
        }
        // After two units, after four, the first; and one that there never was.
        let place = [1, 2, 3, 0][(unit >> 52 & 3) as usize];
        let (code, delta) = (unit >> 54, unit & ((1 << 52) - 1));
        let unit = 0b10 << 62 | code << 56 | place << 54 | delta;
        now.extend([(unit >> 32) as u32, unit as u32]);
    }
    now
}

#[cfg(test)]
mod tests {
    use super::super::history::History;
    use super::super::what::ARGUMENTS;
    use super::*;

    #[test]
    fn records_of_version_2_say_what_they_said() {
        const DELTA: u64 = 5_000_000_007;
        // A pause after the start and its end; a stop of another clock, and the first goes on.
        let units = [
            2 << 52 | DELTA,
            (58 << 54) | (2 * DELTA),
            4 << 60,
            99,
            1 << 60 | 3 << 32 | 2,
            77,
            5u64 << 54 | 1 << 52 | 1,
        ];
        let now = second_units(&units);
        assert_eq!(now.len(), 2 * units.len());
        let last = [7, 5].map(|last| number(last, 2));
        let bounds = |_: u8| ARGUMENTS;
        let history =
            History::from_parts(now, 78, Vec::new(), bounds, [last[0], number(3, 2)].into_iter());
        let history = history.unwrap();
        let mut records = Vec::new();
        history.read(last[0], 1000, &mut records);
        let said: Vec<_> =
            records.iter().map(|r| (r.at, r.what.action(), r.what.argument())).collect();
        let first = 1000 + DELTA as i64;
        let expected = [(first, 1, 0), (first + 2 * DELTA as i64, 3, 0), (77, 1, 3), (78, 1, 5)];
        assert_eq!(said, expected);
        history.read(number(3, 2), 1000, &mut records);
        assert_eq!((records.len(), records[0].at, records[0].what.action()), (1, 99, 4));
    }

    #[test]
    fn what_was_no_history_is_none() {
        let read = |units: &[u64], last: u32| {
            let now = second_units(units);
            History::from_parts(now, 0, Vec::new(), |_| ARGUMENTS, [last].into_iter())
        };
        assert!(read(&[2 << 52], 1).is_some());
        for bad in [0, 1 << 52, 3 << 52] {
            assert!(read(&[bad], 1).is_none());
            assert!(read(&[2 << 52, bad], 3).is_some() == (bad == 0), "{bad}");
        }
        // Cut, and with an argument that is too big.
        assert!(read(&[4 << 60], 1).is_none());
        assert!(read(&[1 << 60 | u64::from(ARGUMENTS) << 32, 5], 1).is_none());
        assert_eq!((number(0, 1), number(1, 1), number(3, 1), number(3, 2)), (0, 1, 9, 5));
        assert_eq!(number(u32::MAX, 1), u32::MAX);
    }
}
