//! Which local dates are business days, which is the n-th after another, and when are they open?
//!
//! A business day is a local date on which a window starts that is open at all once breaks are taken
//! away. All dates that instants have, 213,503 of them, are a set of bits with the number of
//! business days before each word, 40 KB, made the first time it is asked for: counting the days
//! between two dates is two look-ups, the n-th a binary search among the counts.
//!
//! The windows of a date are those that start on it, however far into the next dates they reach. A
//! calendar that is put together from others has the dates of the zone of the first of them, and
//! its open time is cut at that zone's midnights.

use super::Calendar;
use super::definition::CalendarDefinition;
use super::rules::Rules;
use crate::sla::civil::DAY;
use crate::sla::interval::{self, Interval};
use crate::sla::zone::{FIRST_SECOND, LAST_SECOND, Zone};
use crate::{Result, Timestamp};

/// The dates at both ends belong to no instant wholly, and are left out.
const FIRST_DAY: i64 = FIRST_SECOND / DAY + 2;
const LAST_DAY: i64 = LAST_SECOND / DAY - 2;
const WORDS: usize = ((LAST_DAY - FIRST_DAY) / 64 + 1) as usize;
const NANOS: i64 = 1_000_000_000;

/// The business days of a calendar.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla) struct BusinessDays<'a> {
    calendar: &'a Calendar,
    days: &'a DaySet,
}

/// A set of dates in a zone.
#[derive(Debug)]
pub(super) struct DaySet {
    zone: Zone,
    /// What opens on a date; none where the calendar is put together from others.
    rules: Option<Rules>,
    words: Vec<u64>,
    /// Business days before each word, and all of them at the end.
    before: Vec<u32>,
}

impl<'a> BusinessDays<'a> {
    pub(super) fn new(calendar: &'a Calendar, days: &'a DaySet) -> BusinessDays<'a> {
        BusinessDays { calendar, days }
    }

    /// The zone whose dates they are.
    pub(in crate::sla) fn zone(&self) -> &'a Zone {
        &self.days.zone
    }

    /// Whether a date, in days since 1970, is a business day.
    pub(in crate::sla) fn contains(&self, day: i64) -> bool {
        self.days.contains(day)
    }

    /// How many business days come before a date.
    pub(in crate::sla) fn before(&self, day: i64) -> i64 {
        if day <= FIRST_DAY {
            return 0;
        }
        let (word, bit) = place(day.min(LAST_DAY + 1));
        let Some(bits) = self.days.words.get(word) else {
            return i64::from(self.days.before[WORDS]);
        };
        i64::from(self.days.before[word]) + i64::from((bits & ((1 << bit) - 1)).count_ones())
    }

    /// The business day that has this many before it.
    pub(in crate::sla) fn nth(&self, count: i64) -> Option<i64> {
        let before = &self.days.before;
        let count = u32::try_from(count).ok().filter(|&count| count < before[WORDS])?;
        let word = before.partition_point(|&before| before <= count) - 1;
        let mut bits = self.days.words[word];
        for _ in 0..count - before[word] {
            bits &= bits - 1;
        }
        Some(FIRST_DAY + word as i64 * 64 + i64::from(bits.trailing_zeros()))
    }

    /// The first business day on or after a date.
    pub(in crate::sla) fn from(&self, day: i64) -> Option<i64> {
        self.nth(self.before(day))
    }

    /// The date an instant in nanoseconds belongs to: that of the window it lies in, or else the one
    /// on the wall calendar.
    pub(in crate::sla) fn date_of(&self, at: i64) -> i64 {
        let seconds = at.div_euclid(NANOS);
        let today = (seconds + self.days.zone.offset_at(seconds)).div_euclid(DAY);
        let inside = |day: &i64| {
            let mut windows = self.windows(*day).into_iter();
            self.contains(*day) && windows.any(|window| (window.0..window.1).contains(&seconds))
        };
        (today - self.days.spill_days()..today).rev().find(inside).unwrap_or(today)
    }

    /// When the windows that start on a date are open: instants in seconds, in order.
    pub(in crate::sla) fn windows(&self, day: i64) -> Vec<Interval> {
        match &self.days.rules {
            Some(rules) => windows(rules, &self.days.zone, day),
            None => {
                let midnight = |day: i64| Timestamp::from_secs(self.days.zone.resolve(day * DAY));
                let windows = self.calendar.windows_between(midnight(day), midnight(day + 1));
                let seconds = |at: Timestamp| at.as_nanos().div_euclid(NANOS);
                windows.map(|window| (seconds(window.opens), seconds(window.closes))).collect()
            }
        }
    }
}

impl DaySet {
    pub(super) fn of(calendar: &Calendar) -> Result<DaySet> {
        let definition = calendar.definition();
        let zone = calendar.zones().zone(home(definition))?;
        let mut days = DaySet { zone, rules: None, words: vec![0; WORDS], before: Vec::new() };
        if definition.operation()?.is_none() {
            days.follow(Rules::read(definition)?);
        } else {
            let all = calendar.windows_between(Timestamp::MIN, Timestamp::MAX);
            for window in all {
                let date = |at: i64| days.zone.local_nanos(at).0.div_euclid(DAY);
                let (first, last) =
                    (date(window.opens.as_nanos()), date(window.closes.as_nanos() - 1));
                (first..=last).for_each(|day| days.set(day, true));
            }
        }
        let mut count = 0;
        for word in &days.words {
            days.before.push(count);
            count += word.count_ones();
        }
        days.before.push(count);
        Ok(days)
    }

    /// The dates on which something opens.
    fn follow(&mut self, rules: Rules) {
        for day in FIRST_DAY..=LAST_DAY {
            if !local_windows(&rules, day).is_empty() {
                self.set(day, true);
            }
        }
        // Dates that the zone skipped, and dates near its changes whose windows it swallowed.
        let skipped: Vec<i64> = self.zone.skipped_dates().collect();
        skipped.into_iter().for_each(|day| self.set(day, false));
        let changes: Vec<i64> =
            self.zone.transitions().iter().map(|change| change.at.div_euclid(DAY)).collect();
        for change in changes {
            for day in change - 1 - rules.spill_days()..=change + 1 {
                if self.contains(day) && windows(&rules, &self.zone, day).is_empty() {
                    self.set(day, false);
                }
            }
        }
        self.rules = Some(rules);
    }

    fn contains(&self, day: i64) -> bool {
        (FIRST_DAY..=LAST_DAY).contains(&day) && {
            let (word, bit) = place(day);
            self.words[word] >> bit & 1 == 1
        }
    }

    fn set(&mut self, day: i64, business: bool) {
        if (FIRST_DAY..=LAST_DAY).contains(&day) {
            let (word, bit) = place(day);
            self.words[word] = self.words[word] & !(1 << bit) | u64::from(business) << bit;
        }
    }

    fn spill_days(&self) -> i64 {
        self.rules.as_ref().map_or(0, Rules::spill_days)
    }
}

/// The zone of a calendar, or of the first that it is put together from.
fn home(definition: &CalendarDefinition) -> &str {
    match definition.operands().first() {
        Some(first) => home(first),
        None => &definition.tz,
    }
}

/// When the windows that start on a date are open, breaks taken away: instants in seconds.
fn windows(rules: &Rules, zone: &Zone, day: i64) -> Vec<Interval> {
    let local = local_windows(rules, day);
    let resolved = local.iter().map(|w| (zone.resolve(w.0), zone.resolve(w.1)));
    interval::union(resolved.filter(|window| window.0 < window.1).collect())
}

/// The same on the wall clock.
fn local_windows(rules: &Rules, day: i64) -> Vec<Interval> {
    let on = |day: i64, span: &super::rules::Span| (day * DAY + span.open, day * DAY + span.close);
    let windows: Vec<Interval> = rules.windows_on(day).iter().map(|span| on(day, span)).collect();
    let Some(until) = windows.iter().map(|window| window.1).max() else {
        return windows;
    };
    let near = day - rules.spill_days()..=until.div_euclid(DAY);
    let breaks: Vec<Interval> =
        near.flat_map(|day| rules.breaks_on(day).iter().map(move |span| on(day, span))).collect();
    match breaks.is_empty() {
        true => windows,
        false => interval::difference(&interval::union(windows), &interval::union(breaks)),
    }
}

fn place(day: i64) -> (usize, u32) {
    let index = day - FIRST_DAY;
    ((index / 64) as usize, (index % 64) as u32)
}
