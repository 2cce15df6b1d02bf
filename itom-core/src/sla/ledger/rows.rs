//! The columns of a ledger as rows of bytes of equal length, little-endian.

use super::ledger::Opening;
use super::meters::{Meter, RUNNING, Tag, Trail, flag};

pub(super) const OPENING: usize = 14;
pub(super) const MARK: usize = 2;
pub(super) const REST: usize = 38;
/// In the place of a flag that is not saved: the opening says all but the business time.
const UNTOUCHED: u8 = flag::DIRTY;

/// Rows, one after the other.
pub(super) fn write<const N: usize>(
    bytes: &mut Vec<u8>,
    rows: impl ExactSizeIterator<Item = [u8; N]>,
) {
    let first = bytes.len();
    bytes.resize(first + rows.len() * N, 0);
    let (cells, _) = bytes[first..].as_chunks_mut::<N>();
    cells.iter_mut().zip(rows).for_each(|(cell, row)| *cell = row);
}

/// Values from rows; none if the last is cut.
pub(super) fn read<T, const N: usize>(
    bytes: &[u8],
    value: impl FnMut(&[u8; N]) -> T,
) -> Option<Vec<T>> {
    let (rows, rest) = bytes.as_chunks::<N>();
    let mut values = itom_pages::with_capacity(rows.len());
    values.extend(rows.iter().map(value));
    rest.is_empty().then_some(values)
}

/// Joins the bytes of fields into a row.
fn join<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut row = [0; N];
    let mut at = 0;
    for field in fields {
        row[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    row
}

pub(super) fn bytes<const N: usize>(row: &[u8], at: usize) -> [u8; N] {
    row[at..at + N].try_into().expect("a row is as long as its fields")
}

pub(super) fn save_opening(opening: &Opening) -> [u8; OPENING] {
    let Opening { start, promise, calendar } = opening;
    join(&[&start.to_le_bytes(), &promise.to_le_bytes(), &calendar.to_le_bytes()])
}

pub(super) fn read_opening(row: &[u8; OPENING]) -> Opening {
    Opening {
        start: i64::from_le_bytes(bytes(row, 0)),
        promise: u32::from_le_bytes(bytes(row, 8)),
        calendar: u16::from_le_bytes(bytes(row, 12)),
    }
}

/// What a clock is measured by and where its history stands, as columns of rows have it.
pub(super) struct Standing {
    pub(super) meter: Meter,
    pub(super) trail: Trail,
}

impl Standing {
    /// Of a clock to which nothing has happened, but for its flags and steps.
    fn untouched(opening: &Opening, business: i64) -> Standing {
        let Opening { start, promise, calendar } = *opening;
        let tag = Tag { promise, calendar, flags: RUNNING, step: 0 };
        Standing {
            meter: Meter { business, actual: start.wrapping_neg(), paused: 0, tag },
            trail: Trail { since: start, last: 0, reasons: 0 },
        }
    }

    /// Its flags and steps, and the rest unless its opening tells.
    pub(super) fn save(&self, opening: &Opening) -> ([u8; MARK], Option<[u8; REST]>) {
        let Standing { meter, trail } = self;
        let Tag { promise, calendar, flags, step } = meter.tag;
        let mut untouched = Standing::untouched(opening, meter.business);
        untouched.meter.tag = Tag { flags, step, ..untouched.meter.tag };
        let flags = flags & !(flag::STALE | flag::DIRTY);
        if meter.tag.state() == RUNNING && untouched.meter == *meter && untouched.trail == *trail {
            return ([flags | UNTOUCHED, step], None);
        }
        let rest = join(&[
            &meter.actual.to_le_bytes(),
            &meter.paused.to_le_bytes(),
            &promise.to_le_bytes(),
            &calendar.to_le_bytes(),
            &trail.since.to_le_bytes(),
            &trail.last.to_le_bytes(),
            &trail.reasons.to_le_bytes(),
        ]);
        ([flags, step], Some(rest))
    }

    /// Back; `rest` gives the rest of the next clock that has one.
    #[inline]
    pub(super) fn read<'a>(
        opening: &Opening,
        mark: [u8; MARK],
        business: i64,
        rest: &mut impl Iterator<Item = &'a [u8; REST]>,
    ) -> Option<Standing> {
        let [flags, step] = mark;
        let mut standing = Standing::untouched(opening, business);
        if flags & UNTOUCHED == 0 {
            let row = rest.next()?;
            standing.meter.actual = i64::from_le_bytes(bytes(row, 0));
            standing.meter.paused = i64::from_le_bytes(bytes(row, 8));
            standing.meter.tag.promise = u32::from_le_bytes(bytes(row, 16));
            standing.meter.tag.calendar = u16::from_le_bytes(bytes(row, 20));
            standing.trail = Trail {
                since: i64::from_le_bytes(bytes(row, 22)),
                last: u32::from_le_bytes(bytes(row, 30)),
                reasons: u32::from_le_bytes(bytes(row, 34)),
            };
        }
        standing.meter.tag.step = step;
        standing.meter.tag.flags = flags & !flag::DIRTY | flag::STALE;
        Some(standing)
    }
}
