//! One week of windows as prefix sums: open time up to a point of the week, and back.
//!
//! The pattern repeats every seven days of local time, so a window that runs over the end of
//! Sunday continues at the beginning of Monday. Lookups are binary searches over the windows of
//! one week.

use super::rules::{Span, Week};
use crate::sla::civil::DAY;
use crate::sla::interval::{self, Interval};

pub(super) const WEEK: i64 = 7 * DAY;
const NANOS: u64 = 1_000_000_000;
/// A week in nanoseconds.
pub(super) const WEEK_NANOS: u64 = WEEK as u64 * NANOS;

/// The open part of a week, in nanoseconds from its beginning.
#[derive(Debug)]
pub(super) struct WeekTable {
    opens: Vec<u64>,
    closes: Vec<u64>,
    /// Open time before each window.
    before: Vec<u64>,
    total: u64,
    /// The same in seconds, for the compiler.
    intervals: Vec<Interval>,
}

impl WeekTable {
    /// Of windows and the breaks in them.
    pub(super) fn new(week: &Week, breaks: &Week) -> WeekTable {
        let open = interval::difference(&unrolled(week), &unrolled(breaks));
        WeekTable::of(interval::clip(&open, 0, WEEK))
    }

    /// Of a set of intervals in seconds from the beginning of the week, all within it.
    pub(super) fn of(intervals: Vec<Interval>) -> WeekTable {
        let (mut before, mut total) = (Vec::with_capacity(intervals.len()), 0);
        for interval in &intervals {
            before.push(total);
            total += (interval.1 - interval.0) as u64 * NANOS;
        }
        WeekTable {
            opens: intervals.iter().map(|interval| interval.0 as u64 * NANOS).collect(),
            closes: intervals.iter().map(|interval| interval.1 as u64 * NANOS).collect(),
            before,
            total,
            intervals,
        }
    }

    /// The open intervals in seconds from the beginning of the week.
    pub(super) fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Open time in one week.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Open time from the beginning of the week to `position`.
    pub(super) fn open_before(&self, position: u64) -> u64 {
        match self.opens.partition_point(|&open| open <= position).checked_sub(1) {
            Some(last) => self.before[last] + position.min(self.closes[last]) - self.opens[last],
            None => 0,
        }
    }

    /// Whether `position` lies in a window.
    pub(super) fn is_open(&self, position: u64) -> bool {
        let begun = self.opens.partition_point(|&open| open <= position);
        begun > 0 && position < self.closes[begun - 1]
    }

    /// The earliest position with this much open time before it; `0 < open <= total`.
    pub(super) fn earliest(&self, open: u64) -> u64 {
        let last = self.before.partition_point(|&before| before < open) - 1;
        self.opens[last] + (open - self.before[last])
    }

    /// The latest position with no more than this open time before it; `open < total`.
    pub(super) fn latest(&self, open: u64) -> u64 {
        let last = self.before.partition_point(|&before| before <= open) - 1;
        self.opens[last] + (open - self.before[last])
    }

    /// The window that `position` lies in or that follows it in this week: index and bounds.
    pub(super) fn window_after(&self, position: u64) -> Option<(u64, u64)> {
        let ended = self.closes.partition_point(|&close| close <= position);
        self.opens.get(ended).map(|&open| (open, self.closes[ended]))
    }
}

/// All that touches the week from 0 on, whichever week it began in, as a set.
fn unrolled(week: &Week) -> Vec<Interval> {
    let mut intervals = Vec::new();
    for (day, spans) in week.iter().enumerate() {
        for &Span { open, close } in spans {
            let midnight = day as i64 * DAY;
            // A window reaches at most into the week after the next.
            for back in 0..3 {
                let shift = midnight - back * WEEK;
                intervals.push((shift + open, shift + close));
            }
        }
    }
    interval::union(intervals)
}
