//! From windows on local dates to a [`CalendarDefinition`]: weeks that repeat, and what differs.
//!
//! A [`Plan`] collects weekly series (a window on a weekday from one date to another, with
//! exceptions) and single windows. Where series begin and end the calendar's week changes, which
//! becomes a version; dates with single windows or exceptions become overrides. A series without
//! end goes on for ever and is not written out.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::civil::show_date;
use crate::formats::pattern::{FIRST_DAY, LAST_DAY, Pattern, Week, texts, union};
use crate::formats::recurrence::Budget;
use crate::sla::civil::{DAY, weekday};
use crate::sla::{CalendarDefinition, WindowText};
use crate::{Error, ErrorKind, Result};

/// A window may close this long after the midnight that begins its date.
const LATEST: i64 = 7 * DAY;
/// Windows that are spelt out, at most.
const MOST: usize = 1_000_000;

/// A window that repeats every week on one weekday.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weekly {
    pub(super) weekday: i64,
    /// Seconds from midnight.
    pub(super) opens: i64,
    pub(super) closes: i64,
    /// The first date it may fall on, and the last; `i64::MIN` and `i64::MAX` for none.
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The windows of one zone.
#[derive(Debug, Default)]
pub(super) struct Plan {
    weekly: Vec<Weekly>,
    /// Date to the series that have no window on it.
    except: BTreeMap<i64, BTreeSet<usize>>,
    single: BTreeMap<i64, Vec<(i64, i64)>>,
    singles: usize,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.weekly.is_empty() && self.single.is_empty()
    }

    /// Whether nothing repeats.
    pub(super) fn is_finite(&self) -> bool {
        self.weekly.is_empty()
    }

    /// Whether a window of this length from midnight can be one window of a week.
    pub(super) fn fits_week(closes: i64) -> bool {
        closes <= LATEST
    }

    /// Adds a series; `except` are dates without it.
    pub(super) fn repeat(&mut self, weekly: Weekly, except: impl IntoIterator<Item = i64>) {
        let index = self.weekly.len();
        let fits = |&day: &i64| {
            (weekly.first..=weekly.last).contains(&day) && self::weekday(day) == weekly.weekday
        };
        for day in except.into_iter().filter(fits) {
            self.except.entry(day).or_default().insert(index);
        }
        self.weekly.push(weekly);
    }

    /// Adds a window between two local times; a long one is cut at midnights.
    pub(super) fn add(&mut self, opens: i64, closes: i64) -> Result<()> {
        // What no instant reaches is left out.
        let (mut opens, closes) = (opens.max(FIRST_DAY * DAY), closes.min((LAST_DAY + 1) * DAY));
        while opens < closes {
            let midnight = opens.div_euclid(DAY) * DAY;
            let end = match closes - midnight > LATEST {
                true => midnight + DAY,
                false => closes,
            };
            if self.singles == MOST {
                let message = format!("ics gives more than {MOST} windows: set until");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("ics"));
            }
            self.singles += 1;
            let windows = self.single.entry(midnight / DAY).or_default();
            windows.push((opens - midnight, end - midnight));
            opens = end;
        }
        Ok(())
    }

    /// The single windows by date as they stand in a definition.
    pub(super) fn by_date(&self) -> BTreeMap<String, Vec<WindowText>> {
        let texts =
            |(day, windows): (&i64, &Vec<_>)| (show_date(*day), texts(&union(windows.clone())));
        self.single.iter().map(texts).collect()
    }

    /// The calendar that is open at these windows and no others.
    pub(super) fn definition(&self, tz: &str, budget: &mut Budget) -> Result<CalendarDefinition> {
        let mut pattern = Pattern { stretches: self.weeks(budget)?, special: BTreeMap::new() };
        let days: BTreeSet<i64> = self.except.keys().chain(self.single.keys()).copied().collect();
        let mut at = 0;
        for day in days {
            while pattern.stretches[at].1 <= day {
                at += 1;
            }
            let usual = &pattern.stretches[at].2[weekday(day) as usize];
            budget.spend(1)?;
            let mut windows = match self.except.get(&day) {
                Some(except) => {
                    budget.spend(self.weekly.len())?;
                    self.active(day, except)
                }
                None => usual.clone(),
            };
            windows.extend(self.single.get(&day).into_iter().flatten());
            let windows = union(windows);
            if windows != *usual {
                pattern.special.insert(day, windows);
            }
        }
        Ok(pattern.definition(tz))
    }

    /// The windows of the series on a date, without those in `except`.
    fn active(&self, day: i64, except: &BTreeSet<usize>) -> Vec<(i64, i64)> {
        let holds = |(index, one): &(usize, &Weekly)| {
            one.weekday == weekday(day)
                && (one.first..=one.last).contains(&day)
                && !except.contains(index)
        };
        let active = self.weekly.iter().enumerate().filter(holds);
        active.map(|(_, one)| (one.opens, one.closes)).collect()
    }

    /// Stretches of dates `[from, until)` with one week each, without gap over all time.
    fn weeks(&self, budget: &mut Budget) -> Result<Vec<(i64, i64, Week)>> {
        let mut bounds: BTreeSet<i64> = BTreeSet::new();
        for one in &self.weekly {
            bounds.extend([one.first].into_iter().filter(|&first| first > i64::MIN));
            bounds.extend(one.last.checked_add(1));
        }
        let mut weeks: Vec<(i64, i64, Week)> = Vec::new();
        let mut from = i64::MIN;
        for until in bounds.into_iter().chain([i64::MAX]) {
            budget.spend(1 + self.weekly.len())?;
            let mut week = Week::default();
            let active = self.weekly.iter().filter(|one| one.first <= from && from <= one.last);
            for one in active {
                week[one.weekday as usize].push((one.opens, one.closes));
            }
            let week = week.map(union);
            match weeks.last_mut() {
                Some(last) if last.2 == week => last.1 = until,
                _ => weeks.push((from, until, week)),
            }
            from = until;
        }
        Ok(weeks)
    }
}
