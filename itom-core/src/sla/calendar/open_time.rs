//! Open time up to an instant, its inverses, and the windows around one: plain integers.
//!
//! Everything is said in nanoseconds since 1970. The [`Near`] table answers where it can, the
//! [`Timeline`] everywhere else.

use super::conventions::DeadlineRule;
use super::near::Near;
use super::timeline::{FIRST, Timeline};

const HOUR: u64 = 3_600_000_000_000;
/// Windows that a comparison of two calendars looks at.
const MOST_COMPARED: usize = 1 << 16;

/// `[opens, closes)`; that it never opened or closes is said by the ends of the range.
pub(super) type Bounds = (i64, i64);

/// A compiled calendar without its definition.
#[derive(Debug)]
pub(super) struct OpenTime {
    near: Near,
    timeline: Timeline,
    deadline: DeadlineRule,
}

impl OpenTime {
    pub(super) fn new(timeline: Timeline, deadline: DeadlineRule) -> OpenTime {
        OpenTime { near: Near::new(&timeline), timeline, deadline }
    }

    /// The part that is exact at every instant.
    pub(super) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Open time from 1970 to `at`, negative before.
    #[inline]
    pub(super) fn until(&self, at: i64) -> i64 {
        match self.near.open_until(at) {
            Some(open) => open,
            None => far_until(&self.timeline, at),
        }
    }

    /// The earliest instant at which the open time has grown to `open`.
    #[inline]
    pub(super) fn earliest(&self, open: i64) -> Option<i64> {
        match self.near.earliest(open) {
            Some(at) => Some(at),
            None => far_earliest(&self.timeline, open),
        }
    }

    /// The latest instant at which the open time is still `open`.
    #[inline]
    pub(super) fn latest(&self, open: i64) -> Option<i64> {
        match self.near.latest(open) {
            Some(at) => Some(at),
            None => far_latest(&self.timeline, open),
        }
    }

    #[inline]
    pub(super) fn is_open(&self, at: i64) -> bool {
        match self.near.is_open(at) {
            Some(open) => open,
            None => self.timeline.is_open(at),
        }
    }

    #[inline]
    pub(super) fn elapsed(&self, start: i64, end: i64) -> i64 {
        let elapsed = self.until(end).saturating_sub(self.until(start));
        // The least i64 is no duration to numpy and C.
        elapsed.max(-i64::MAX)
    }

    #[inline]
    pub(super) fn deadline(&self, start: i64, duration: i64) -> Option<i64> {
        if self.deadline == DeadlineRule::NextOpening {
            return self.latest(self.until(start).checked_add(duration)?);
        }
        if duration == 0 {
            return Some(start);
        }
        self.earliest(self.until(start).checked_add(duration)?)
    }

    #[inline]
    pub(super) fn deadline_back(&self, end: i64, duration: i64) -> Option<i64> {
        if self.deadline == DeadlineRule::NextOpening {
            return self.earliest(self.until(end).checked_sub(duration)?);
        }
        if duration == 0 {
            return Some(end);
        }
        self.latest(self.until(end).checked_sub(duration)?)
    }

    /// The window that `at` lies in, or the first after it.
    pub(super) fn window_from(&self, at: i64) -> Option<Bounds> {
        if let Some(window) = self.near.window_from(at) {
            return Some(window);
        }
        let opens = if self.is_open(at) { self.opened(at) } else { self.latest(self.until(at))? };
        Some((opens, self.closing(opens.max(at))))
    }

    /// The last window that opened at or before `at`.
    pub(super) fn window_until(&self, at: i64) -> Option<Bounds> {
        if let Some(window) = self.near.window_until(at) {
            return Some(window);
        }
        if self.is_open(at) {
            return Some((self.opened(at), self.closing(at)));
        }
        let closes = self.earliest(self.until(at))?;
        Some((self.opened(closes - 1), closes))
    }

    /// Open intervals from `at` on, no further than `until`; those that touch may come one by one.
    pub(super) fn next_open(&self, at: i64, until: i64) -> Option<Bounds> {
        self.timeline.next_open(at, until)
    }

    /// An instant from `from` to `to` up to which both count alike: what is open from `from` on is
    /// the same. The last such instant, unless more than [`MOST_COMPARED`] windows lie before it.
    pub(super) fn agrees_until(&self, other: &OpenTime, from: i64, to: i64) -> i64 {
        let mut at = from;
        for _ in 0..MOST_COMPARED {
            match (self.next_open(at, to), other.next_open(at, to)) {
                (None, None) => return to,
                (Some(one), Some(two)) if one.0 == two.0 => at = one.1.min(two.1),
                (one, two) => return one.into_iter().chain(two).map(|w| w.0).min().unwrap_or(at),
            }
        }
        at
    }

    /// When the window closes that `at` lies in: as long as it is open, time and open time pass
    /// alike, which a search by doubling and halving finds the end of.
    fn closing(&self, at: i64) -> i64 {
        let open = self.until(at);
        let lasts = |passed: u64| {
            let end = at.wrapping_add(passed as i64);
            self.until(end).wrapping_sub(open) as u64 == passed
        };
        at.wrapping_add(longest(i64::MAX.wrapping_sub(at) as u64, lasts) as i64)
    }

    /// When the window opened that `at` lies in.
    fn opened(&self, at: i64) -> i64 {
        let at = at.max(FIRST);
        let open = self.until(at);
        let lasts = |passed: u64| {
            let begin = at.wrapping_sub(passed as i64);
            open.wrapping_sub(self.until(begin)) as u64 == passed
        };
        at.wrapping_sub(longest(at.wrapping_sub(FIRST) as u64, lasts) as i64)
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.near.size() + self.timeline.size()
    }
}

/// The greatest number up to `most` for which something holds that holds for no greater one.
fn longest(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut good, mut bad) = (0, HOUR);
    while bad < most && holds(bad) {
        good = bad;
        bad = bad.saturating_mul(2);
    }
    if bad >= most {
        if holds(most) {
            return most;
        }
        bad = most;
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

#[cold]
#[inline(never)]
fn far_until(timeline: &Timeline, at: i64) -> i64 {
    timeline.open_until(at)
}

#[cold]
#[inline(never)]
fn far_earliest(timeline: &Timeline, open: i64) -> Option<i64> {
    timeline.earliest(open)
}

#[cold]
#[inline(never)]
fn far_latest(timeline: &Timeline, open: i64) -> Option<i64> {
    timeline.latest(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What two calendars agree on is what they count alike, and no window more.
    #[test]
    fn calendars_agree_until_they_differ() {
        use crate::sla::Calendar;
        const DAY: i64 = 24 * HOUR as i64;
        // 2026-06-14T00:00:00Z.
        let sunday = 1_781_395_200_000_000_000;
        let calendar = |opens: &str, holidays: &str| {
            let days = ["mon", "tue", "wed", "thu", "fri"];
            let days = days.map(|day| format!(r#""{day}": [["{opens}", "17:00"]]"#)).join(",");
            Calendar::from_json(&format!(
                r#"{{"tz": "UTC", "weekly": {{{days}}}, "holidays": [{holidays}]}}"#
            ))
            .unwrap()
        };
        let one = calendar("09:00", "");
        let later = calendar("09:00", r#""2026-06-17""#);
        let (from, to) = (sunday, sunday + 10 * DAY);
        assert_eq!(one.agrees_until(&one, from, to), to);
        // Up to the Wednesday's opening.
        let until = sunday + 3 * DAY + 9 * HOUR as i64;
        assert_eq!(one.agrees_until(&later, from, to), until);
        assert_eq!(later.agrees_until(&one, from, to), until);
        // From the Thursday on they are alike again; before the Wednesday there is none to see.
        assert_eq!(one.agrees_until(&later, until + DAY, to), to);
        assert_eq!(one.agrees_until(&later, from, until), until);
        // An earlier opening shows at once.
        let early = calendar("08:00", "");
        assert_eq!(one.agrees_until(&early, from, to), sunday + DAY + 8 * HOUR as i64);
        let passed =
            |calendar: &Calendar, at: i64| calendar.open_until(at) - calendar.open_until(from);
        for at in (from..until).step_by(HOUR as usize / 2) {
            assert_eq!(passed(&one, at), passed(&later, at));
        }
        let never = Calendar::from_json(r#"{"tz": "UTC"}"#).unwrap();
        assert_eq!(never.agrees_until(&never, i64::MIN, i64::MAX), i64::MAX);
        assert!(one.agrees_until(&one, i64::MIN, i64::MAX) > i64::MIN);
    }

    #[test]
    fn a_search_by_doubling_finds_the_last() {
        for most in [0, 1, 5, HOUR - 1, HOUR, HOUR + 1, 10 * HOUR, u64::MAX] {
            for last in [0, 1, HOUR - 1, HOUR, HOUR + 1, 3 * HOUR, u64::MAX] {
                assert_eq!(longest(most, |number| number <= last), last.min(most));
            }
        }
    }
}
