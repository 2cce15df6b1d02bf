//! The open time of a calendar on its zone's wall clock, before any zone rule is applied.
//!
//! Local time is cut into stretches: most follow a week that repeats; where a date is special
//! (holiday, override, break, skipped by the zone, the spill of one version into the next) the
//! stretch is spelt out as open and closed. The number of stretches is bounded by the special
//! dates and their windows, not by the length of time.

use super::rules::Rules;
use super::week::{WEEK, WeekTable};
use crate::sla::civil::DAY;
use crate::sla::interval::{self, Interval};
use crate::sla::zone::{FIRST_SECOND, LAST_SECOND};
use crate::{Error, ErrorKind, Result};

/// Special dates may hold this many windows in all.
const LONGEST: usize = 4_000_000;

/// What holds on a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    Closed,
    Open,
    /// A week repeats; the index is that of its table.
    Weekly(u32),
}

/// `(from, what)` in order; each holds until the next begins, times in local seconds.
pub(super) fn stretches(rules: &Rules, tables: &[WeekTable]) -> Result<Vec<(i64, Stretch)>> {
    let regions = special_regions(rules);
    let mut stretches = Vec::new();
    let mut at = FIRST_SECOND - 2 * DAY;
    for &(from, until) in &regions {
        push_weeks(rules, tables, at, from, &mut stretches);
        push_special(rules, from, until, &mut stretches)?;
        at = until;
    }
    push_weeks(rules, tables, at, LAST_SECOND + 2 * DAY, &mut stretches);
    Ok(stretches)
}

/// Where a week that repeats is not the whole truth.
fn special_regions(rules: &Rules) -> Vec<Interval> {
    let (first, last) = (FIRST_SECOND - 2 * DAY, LAST_SECOND + 2 * DAY);
    let mut regions: Vec<Interval> = rules
        .exceptions
        .range(first.div_euclid(DAY)..=last.div_euclid(DAY))
        .map(|(day, _)| (day * DAY, (day + 1) * DAY + rules.spill))
        .collect();
    let holidays = rules.holidays.iter();
    regions.extend(holidays.map(|&(from, until)| (from * DAY, until * DAY + rules.spill)));
    let bounds = rules.versions.iter().flat_map(|&(from, until, _)| [from, until]);
    for day in bounds.filter(|day| (first / DAY..last / DAY).contains(day)) {
        regions.push((day * DAY, day * DAY + rules.spill));
    }
    interval::clip(&interval::union(regions), first, last)
}

/// The stretch of repeating weeks from `at` to `until`, cut where versions begin and end.
fn push_weeks(
    rules: &Rules,
    tables: &[WeekTable],
    mut at: i64,
    until: i64,
    stretches: &mut Vec<(i64, Stretch)>,
) {
    while at < until {
        let day = at.div_euclid(DAY);
        let week = rules.week_on(day);
        let next = rules.next_version(day);
        let table = &tables[week];
        let stretch = match table.intervals() {
            [] => Stretch::Closed,
            [(0, WEEK)] => Stretch::Open,
            _ => Stretch::Weekly(week as u32),
        };
        push(stretches, at, stretch);
        at = next.saturating_mul(DAY).min(until);
    }
}

/// A region spelt out: what starts in it or reaches into it.
fn push_special(
    rules: &Rules,
    from: i64,
    until: i64,
    stretches: &mut Vec<(i64, Stretch)>,
) -> Result<()> {
    let (mut windows, mut breaks) = (Vec::new(), Vec::new());
    for day in from.div_euclid(DAY) - rules.spill_days()..=until.div_euclid(DAY) {
        let at = day * DAY;
        windows.extend(rules.windows_on(day).iter().map(|w| (at + w.open, at + w.close)));
        breaks.extend(rules.breaks_on(day).iter().map(|b| (at + b.open, at + b.close)));
        if windows.len() + breaks.len() + stretches.len() > LONGEST {
            let message = format!("a calendar's special dates may hold {LONGEST} windows at most");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("definition"));
        }
    }
    let open = interval::difference(&interval::union(windows), &interval::union(breaks));
    push_open(stretches, from, &interval::clip(&open, from, until));
    Ok(())
}

/// Appends open intervals, all at or after `from`, as stretches.
pub(super) fn push_open(stretches: &mut Vec<(i64, Stretch)>, from: i64, open: &[Interval]) {
    push(stretches, from, Stretch::Closed);
    for interval in open {
        push(stretches, interval.0, Stretch::Open);
        push(stretches, interval.1, Stretch::Closed);
    }
}

/// Appends a stretch; one that would be empty gives way to the one that follows.
fn push(stretches: &mut Vec<(i64, Stretch)>, from: i64, stretch: Stretch) {
    if stretches.last().is_some_and(|last| last.0 == from) {
        stretches.pop();
    }
    if stretches.last().is_none_or(|last| last.1 != stretch) {
        stretches.push((from, stretch));
    }
}
