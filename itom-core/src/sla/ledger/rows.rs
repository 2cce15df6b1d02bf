//! The columns of a ledger as rows of bytes of equal length, little-endian.

use super::ledger::Opening;
use super::meters::{Meter, Meters, PAUSED, RUNNING, Tag, Trail, flag};

pub(super) const OPENING: usize = 14;
pub(super) const METER: usize = size_of::<Meter>();
pub(super) const TRAIL: usize = size_of::<Trail>();

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
    value: impl Fn(&[u8; N]) -> T,
) -> Option<Vec<T>> {
    let (rows, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| rows.iter().map(value).collect())
}

/// Meters from rows; none if the last is cut.
pub(super) fn read_meters(bytes: &[u8]) -> Option<Meters> {
    let (rows, rest) = bytes.as_chunks::<METER>();
    let mut meters = Meters::default();
    meters.reserve(rows.len());
    // Few enough at a time to be still there for the next column.
    for rows in rows.chunks(256) {
        meters.business.extend(rows.iter().map(|row| read_meter(row).business));
        meters.actual.extend(rows.iter().map(|row| read_meter(row).actual));
        meters.paused.extend(rows.iter().map(|row| read_meter(row).paused));
        meters.tags.extend(rows.iter().map(|row| read_meter(row).tag));
    }
    rest.is_empty().then_some(meters)
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

fn bytes<const N: usize>(row: &[u8], at: usize) -> [u8; N] {
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

/// From what to add to now, of sums that grow, to what to subtract from it, as rows have it; and
/// back.
fn turned(meter: Meter) -> Meter {
    let turn = |sum: i64, grows: bool| {
        let all = -i64::from(grows);
        (sum ^ all).wrapping_sub(all)
    };
    let (runs, waits) = (meter.tag.state() == RUNNING, meter.tag.state() == PAUSED);
    Meter {
        business: turn(meter.business, runs),
        actual: turn(meter.actual, runs),
        paused: turn(meter.paused, waits),
        ..meter
    }
}

pub(super) fn save_meter(meter: Meter) -> [u8; METER] {
    let meter = turned(meter);
    let flags = meter.tag.flags & !(flag::STALE | flag::DIRTY);
    join(&[
        &meter.business.to_le_bytes(),
        &meter.actual.to_le_bytes(),
        &meter.paused.to_le_bytes(),
        &meter.tag.promise.to_le_bytes(),
        &meter.tag.calendar.to_le_bytes(),
        &[flags, meter.tag.step],
    ])
}

fn read_meter(row: &[u8; METER]) -> Meter {
    let [flags, step] = bytes(row, 30);
    turned(Meter {
        business: i64::from_le_bytes(bytes(row, 0)),
        actual: i64::from_le_bytes(bytes(row, 8)),
        paused: i64::from_le_bytes(bytes(row, 16)),
        tag: Tag {
            promise: u32::from_le_bytes(bytes(row, 24)),
            calendar: u16::from_le_bytes(bytes(row, 28)),
            flags: flags & !flag::DIRTY | flag::STALE,
            step,
        },
    })
}

pub(super) fn save_trail(trail: &Trail) -> [u8; TRAIL] {
    let Trail { since, last, reasons } = trail;
    join(&[&since.to_le_bytes(), &last.to_le_bytes(), &reasons.to_le_bytes()])
}

pub(super) fn read_trail(row: &[u8; TRAIL]) -> Trail {
    Trail {
        since: i64::from_le_bytes(bytes(row, 0)),
        last: u32::from_le_bytes(bytes(row, 8)),
        reasons: u32::from_le_bytes(bytes(row, 12)),
    }
}
