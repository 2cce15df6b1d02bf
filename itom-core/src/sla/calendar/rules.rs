//! A checked calendar definition: numbers in place of text, and the windows of any local date.
//!
//! Days are counted from 1970-01-01, times of day in seconds from local midnight. Reading costs
//! the size of the definition; yearly dates are written out for all the years that instants have.

use std::collections::BTreeMap;

use super::conventions::{CalendarConventions, HolidayRule, YearlyRangeRule};
use super::definition::{CalendarDefinition, CalendarPeriod, CalendarVersion, WindowText};
use super::read::{self, Date};
use crate::sla::civil::{DAY, weekday};
use crate::sla::interval::{self, Interval};
use crate::sla::zone::{FIRST_SECOND, LAST_SECOND};
use crate::{Error, Result};

/// All years that instants have, and the dates of them, first and last.
const YEARS: std::ops::RangeInclusive<i64> = 1676..=2263;
const FIRST_DAY: i64 = FIRST_SECOND / DAY - 10;
const LAST_DAY: i64 = LAST_SECOND / DAY + 10;

/// `[open, close)` in seconds from the midnight that begins its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) open: i64,
    pub(super) close: i64,
}

/// Windows by weekday, Monday first.
pub(super) type Week = [Vec<Span>; 7];

/// A stretch of dates and the index of the week that holds on them.
type Stretch = (i64, i64, usize);

/// What one date has in place of its weekday's windows, and when it is closed all the same.
#[derive(Debug, Default)]
pub(super) struct Exception {
    pub(super) windows: Option<Vec<Span>>,
    pub(super) breaks: Vec<Span>,
}

/// A checked definition.
#[derive(Debug)]
pub(super) struct Rules {
    /// The calendar's own week first, then those of its versions and periods.
    pub(super) weeks: Vec<Week>,
    /// Breaks by weekday.
    pub(super) weekly_breaks: Week,
    /// First date, first date after, index into `weeks`; sorted, without overlap.
    pub(super) versions: Vec<Stretch>,
    /// First date and first date after; sorted, without overlap.
    pub(super) holidays: Vec<Interval>,
    /// Overrides and breaks of single dates.
    pub(super) exceptions: BTreeMap<i64, Exception>,
    /// How far beyond the end of its date the longest window or break reaches, in seconds.
    pub(super) spill: i64,
    pub(super) conventions: CalendarConventions,
}

impl Rules {
    pub(super) fn read(definition: &CalendarDefinition) -> Result<Rules> {
        let conventions = definition.conventions;
        let mut weeks = vec![read_own_week(definition)?];
        let versions = read_versions(&definition.versions, &mut weeks)?;
        let (dated, yearly) = read_periods(&definition.periods, &mut weeks, conventions)?;
        let (weekly_breaks, dated_breaks) = read_breaks(&definition.breaks)?;
        let mut rules = Rules {
            weeks,
            weekly_breaks,
            versions: overlay(overlay(versions, yearly), dated),
            holidays: read_holidays(&definition.holidays, conventions.yearly_range)?,
            exceptions: BTreeMap::new(),
            spill: 0,
            conventions,
        };
        rules.except(&definition.overrides, dated_breaks)?;
        let special = rules
            .exceptions
            .values()
            .flat_map(|exception| exception.windows.iter().flatten().chain(&exception.breaks));
        let weekly = rules.weeks.iter().chain([&rules.weekly_breaks]).flatten().flatten();
        let closes = weekly.chain(special).map(|span| span.close);
        rules.spill = closes.map(|close| close - DAY).max().unwrap_or(0).max(0);
        Ok(rules)
    }

    /// Fills in the exceptions, and cuts at midnight what has to be.
    fn except(
        &mut self,
        overrides: &BTreeMap<String, Vec<WindowText>>,
        breaks: Vec<(i64, Vec<Span>)>,
    ) -> Result<()> {
        let clip = self.conventions.holidays == HolidayRule::ClipAtMidnight;
        if clip {
            self.weeks.iter_mut().for_each(|week| *week = read::cut_at_midnight(week));
        }
        let mut tails = Vec::new();
        for (text, windows) in overrides {
            let day = read::read_date("overrides", text)?;
            let mut windows = read::read_windows(&format!("overrides.{text}"), windows)?;
            if clip {
                let pieces = || windows.iter().flat_map(|&window| read::pieces(window));
                tails.extend(pieces().filter(|piece| piece.0 > 0).map(|(n, span)| (day + n, span)));
                windows = pieces().filter(|piece| piece.0 == 0).map(|(_, span)| span).collect();
            }
            self.exceptions.insert(day, Exception { windows: Some(windows), breaks: Vec::new() });
        }
        for (day, tail) in tails {
            let replaced = self.exceptions.get(&day).is_some_and(|date| date.windows.is_some());
            if replaced || !self.is_holiday(day) {
                let windows = self.windows_on(day).iter().copied().chain([tail]);
                let windows = read::sorted(windows);
                self.exception(day).windows = Some(windows);
            }
        }
        for (day, breaks) in breaks {
            let date = self.exception(day);
            date.breaks = read::sorted(date.breaks.iter().copied().chain(breaks));
        }
        Ok(())
    }

    /// The exception of a date, which begins as what the weekday says.
    fn exception(&mut self, day: i64) -> &mut Exception {
        let breaks = &self.weekly_breaks[weekday(day) as usize];
        let usual = || Exception { windows: None, breaks: breaks.clone() };
        self.exceptions.entry(day).or_insert_with(usual)
    }

    /// The index of the week that holds on a date.
    pub(super) fn week_on(&self, day: i64) -> usize {
        let begun = self.versions.partition_point(|&(from, _, _)| from <= day);
        match begun.checked_sub(1).map(|last| self.versions[last]) {
            Some((_, until, week)) if day < until => week,
            _ => 0,
        }
    }

    /// The first date after `day` on which another week holds or may hold.
    pub(super) fn next_version(&self, day: i64) -> i64 {
        let begun = self.versions.partition_point(|&(from, _, _)| from <= day);
        let current = begun.checked_sub(1).map(|last| self.versions[last].1);
        let next = self.versions.get(begun).map(|version| version.0);
        let bounds = [current.filter(|&until| until > day), next];
        bounds.into_iter().flatten().min().unwrap_or(i64::MAX)
    }

    /// The windows that start on a date, sorted.
    pub(super) fn windows_on(&self, day: i64) -> &[Span] {
        match self.exceptions.get(&day) {
            Some(Exception { windows: Some(windows), .. }) => windows,
            _ if self.is_holiday(day) => &[],
            _ => &self.weeks[self.week_on(day)][weekday(day) as usize],
        }
    }

    /// The breaks of a date, sorted.
    pub(super) fn breaks_on(&self, day: i64) -> &[Span] {
        match self.exceptions.get(&day) {
            Some(exception) => &exception.breaks,
            None => &self.weekly_breaks[weekday(day) as usize],
        }
    }

    fn is_holiday(&self, day: i64) -> bool {
        let begun = self.holidays.partition_point(|holiday| holiday.0 <= day);
        begun > 0 && day < self.holidays[begun - 1].1
    }

    /// How many dates back a window that reaches into a date can have started.
    pub(super) fn spill_days(&self) -> i64 {
        (self.spill + DAY - 1) / DAY
    }
}

fn read_own_week(definition: &CalendarDefinition) -> Result<Week> {
    if !definition.always {
        return read::read_week("weekly", &definition.weekly);
    }
    if !definition.weekly.is_empty() {
        let expected = "empty in a calendar that is open always";
        return Err(Error::invalid("weekly", "windows", expected));
    }
    Ok(std::array::from_fn(|_| vec![Span { open: 0, close: DAY }]))
}

/// Stretches of dates by the index of their week, which is appended to `weeks`.
fn read_versions(versions: &[CalendarVersion], weeks: &mut Vec<Week>) -> Result<Vec<Stretch>> {
    let mut read = Vec::with_capacity(versions.len());
    for version in versions {
        let bound = |text: &Option<String>, unbounded: i64| match text {
            Some(text) => read::read_date("versions", text),
            None => Ok(unbounded),
        };
        let (from, until) = (bound(&version.from, i64::MIN)?, bound(&version.until, i64::MAX)?);
        if from >= until {
            let value = format!("{:?} to {:?}", version.from, version.until);
            return Err(Error::invalid("versions", value, "from before until"));
        }
        read.push((from, until, weeks.len()));
        weeks.push(read::read_week("versions.weekly", &version.weekly)?);
    }
    read.sort_unstable();
    if let Some(pair) = read.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        let version = &versions[pair[1].2 - 1];
        let value = format!("{:?} to {:?}", version.from, version.until);
        return Err(Error::invalid("versions", value, "without overlap with each other"));
    }
    Ok(read)
}

/// Dated and yearly periods as stretches of dates; their weeks are appended to `weeks`.
fn read_periods(
    periods: &[CalendarPeriod],
    weeks: &mut Vec<Week>,
    conventions: CalendarConventions,
) -> Result<(Vec<Stretch>, Vec<Stretch>)> {
    let (mut dated, mut yearly) = (Vec::new(), Vec::new());
    let mut taken = [false; 366];
    for period in periods {
        let place = "periods";
        let value = || format!("{} to {}", period.from, period.until);
        let refused = |expected: &str| Err(Error::invalid(place, value(), expected));
        let from = read::read_any_date(place, &period.from)?;
        let until = read::read_any_date(place, &period.until)?;
        let week = weeks.len();
        match (from, until) {
            (Date::Once(from), Date::Once(until)) if from < until => {
                dated.push((from, until, week))
            }
            (Date::Once(_), Date::Once(_)) => return refused("from before until"),
            (Date::Yearly(from), Date::Yearly(until)) if from != until => {
                let length = (until - from).rem_euclid(366);
                let dates = (from..from + length).map(|date| (date % 366) as usize);
                for date in dates {
                    if std::mem::replace(&mut taken[date], true) {
                        return refused("without overlap with another yearly period");
                    }
                }
                let wraps = from > until;
                if !wraps || conventions.yearly_range == YearlyRangeRule::Wrap {
                    yearly.extend(YEARS.map(|year| {
                        let ends = year + i64::from(wraps);
                        (read::in_year(year, from), read::in_year(ends, until), week)
                    }));
                }
            }
            (Date::Yearly(_), Date::Yearly(_)) => return refused("from another date than until"),
            _ => return refused("two full dates or two of every year"),
        }
        weeks.push(read::read_week("periods.weekly", &period.weekly)?);
    }
    dated.sort_unstable();
    if let Some(pair) = dated.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        let first_week = weeks.len() - periods.len();
        let period = &periods[pair[1].2 - first_week];
        let value = format!("{} to {}", period.from, period.until);
        return Err(Error::invalid("periods", value, "without overlap with another dated period"));
    }
    // 29 February alone is empty in most years.
    yearly.retain(|stretch| stretch.0 < stretch.1);
    yearly.sort_unstable();
    Ok((dated, yearly))
}

/// `top` where it says something, else `base`.
fn overlay(base: Vec<Stretch>, top: Vec<Stretch>) -> Vec<Stretch> {
    let mut both = Vec::with_capacity(base.len() + top.len());
    let mut first = 0;
    for (mut from, until, week) in base {
        while top.get(first).is_some_and(|above| above.1 <= from) {
            first += 1;
        }
        for above in top[first..].iter().take_while(|above| above.0 < until) {
            if from < above.0 {
                both.push((from, above.0, week));
            }
            from = from.max(above.1);
        }
        if from < until {
            both.push((from, until, week));
        }
    }
    both.extend(top);
    both.sort_unstable();
    both
}

type Breaks = (Week, Vec<(i64, Vec<Span>)>);

/// Breaks of weekdays, and of single dates.
fn read_breaks(breaks: &BTreeMap<String, Vec<WindowText>>) -> Result<Breaks> {
    let (mut weekly, mut dated) = (Week::default(), Vec::new());
    for (text, spans) in breaks {
        let spans = read::read_windows(&format!("breaks.{text}"), spans)?;
        match read::WEEKDAYS.iter().position(|weekday| weekday == text) {
            Some(weekday) => weekly[weekday] = spans,
            None => dated.push((read::read_date("breaks", text)?, spans)),
        }
    }
    Ok((weekly, dated))
}

/// The dates of all holidays that instants can lie on, as a set of `[first, first after)`.
fn read_holidays(texts: &[String], range: YearlyRangeRule) -> Result<Vec<Interval>> {
    let mut holidays = Vec::with_capacity(texts.len());
    // One more where a yearly range begins and one less after it ends: all texts in one pass.
    let mut begun = [0i64; 367];
    for text in texts {
        let dates = text.split_once(' ').map_or(text.as_str(), |(dates, _)| dates);
        let (first, last) = dates.split_once('/').unwrap_or((dates, dates));
        let place = "holidays";
        match (read::read_any_date(place, first)?, read::read_any_date(place, last)?) {
            (Date::Once(first), Date::Once(last)) if first <= last => {
                let (from, until) = (first.max(FIRST_DAY), (last + 1).min(LAST_DAY));
                if from < until {
                    holidays.push((from, until));
                }
            }
            (Date::Yearly(first), Date::Yearly(last)) => {
                let (first, after) = (first as usize, last as usize + 1);
                if first < after {
                    begun[first] += 1;
                    begun[after] -= 1;
                } else if range == YearlyRangeRule::Wrap {
                    begun[first] += 1;
                    begun[0] += 1;
                    begun[after] -= 1;
                }
            }
            (Date::Once(_), Date::Once(_)) => {
                return Err(Error::invalid(
                    place,
                    format!("{text:?}"),
                    "from a date to a later one",
                ));
            }
            _ => {
                let expected = "two full dates or two of every year";
                return Err(Error::invalid(place, format!("{text:?}"), expected));
            }
        }
    }
    let mut open = 0;
    for date in 0..366 {
        open += begun[date as usize];
        if open > 0 {
            let years = YEARS.filter(|&year| read::has(year, date));
            holidays.extend(years.map(|year| read::in_year(year, date)).map(|day| (day, day + 1)));
        }
    }
    Ok(interval::union(holidays))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Rules> {
        Rules::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn each_mistake_is_named() {
        for (json, value) in [
            (r#"{"tz":"UTC","weekly":{"funday":[]}}"#, "funday"),
            (r#"{"tz":"UTC","weekly":{"mon":[["17:00","09:00"]]}}"#, "17:00-09:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","09:00"]]}}"#, "09:00-09:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["9 o'clock","17:00"]]}}"#, "9 o'clock"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:60","17:00"]]}}"#, "09:60"),
            (r#"{"tz":"UTC","weekly":{"mon":[["-1:00","17:00"]]}}"#, "-1:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","168:01"]]}}"#, "168:01"),
            (r#"{"tz":"UTC","weekly":{"mon":[["25:00","26:00"]]}}"#, "25:00"),
            (r#"{"tz":"UTC","weekly":{"mon":[["09:00","12:00"],["11:59","13:00"]]}}"#, "11:59"),
            (r#"{"tz":"UTC","holidays":["2026-02-30"]}"#, "2026-02-30"),
            (r#"{"tz":"UTC","holidays":["20260228"]}"#, "20260228"),
            (r#"{"tz":"UTC","overrides":{"someday":[]}}"#, "someday"),
            (r#"{"tz":"UTC","breaks":{"2026-06-15":[["1","2"]]}}"#, "1"),
            (
                r#"{"tz":"UTC","versions":[{"from":"2026-01-01","until":"2025-01-01","weekly":{}}]}"#,
                "2025-01-01",
            ),
            (
                r#"{"tz":"UTC","versions":[{"until":"2025-01-01","weekly":{}},{"from":"2024-12-31","weekly":{}}]}"#,
                "2024-12-31",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.to_string().contains(value), "{json}: {error}");
        }
    }

    #[test]
    fn windows_are_sorted_and_an_override_wins_over_a_holiday() {
        let rules = read(
            r#"{"tz":"UTC","weekly":{"thu":[["13:00","17:00"],["9:00","12:00"]]},
                "holidays":["1970-01-08"],"overrides":{"1970-01-08":[["10:00","11:00"]]}}"#,
        )
        .unwrap();
        assert_eq!(rules.windows_on(0)[0], Span { open: 9 * 3600, close: 12 * 3600 });
        assert_eq!(rules.windows_on(7), [Span { open: 10 * 3600, close: 11 * 3600 }]);
        assert!(rules.windows_on(1).is_empty());
    }
}
