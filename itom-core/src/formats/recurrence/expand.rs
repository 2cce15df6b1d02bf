//! The local times that a recurrence rule gives, one after the other, in a bounded number of steps.
//!
//! Rules from `DAILY` to `YEARLY` go period by period: the days of the period that pass every
//! `BY…` part, times the times of day, cut by `BYSETPOS`. Rules below a day go unit by unit, and
//! leap over days, hours and minutes that do not match. What the rule leaves open comes from the
//! first time ("this information would be the same as what is specified for DTSTART", RFC 5545
//! §3.3.10): so `FREQ=YEARLY;BYWEEKNO=20` falls on the weekday of the first time. `BYSETPOS`
//! counts in whole periods, also in the one the first time lies in (dateutil lets the first week
//! begin at the first time).
//!
//! A rule without `COUNT` begins near the span asked for. With `COUNT` every occurrence has to be
//! counted from the first. Each period, day and occurrence costs one step of a [`Budget`].

use super::rule::{Frequency, RecurrenceRule};
use crate::formats::civil::week_of_year;
use crate::sla::civil::{
    DAY, civil_from_days, days_from_civil, days_in_month, days_in_year, weekday,
};
use crate::{Error, ErrorKind, Result};

/// How much work is left. A rule can be written in fifty bytes that would take years to follow.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
}

impl Budget {
    /// The steps that one call may take: about a second.
    const STEPS: u64 = 50_000_000;

    pub(crate) fn new() -> Budget {
        Budget { left: Budget::STEPS }
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<()> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let message = format!(
                    "rrule takes more than {} steps to follow: give a shorter span or a simpler rule",
                    Budget::STEPS
                );
                Err(Error::new(ErrorKind::LimitExceeded, message).about("rrule"))
            }
        }
    }
}

/// A rule, its first local time in seconds since 1970, and what follows from both.
#[derive(Debug)]
pub(crate) struct Series<'a> {
    rule: &'a RecurrenceRule,
    start: i64,
    count: Option<u64>,
    month_days: Vec<i64>,
    months: Vec<i64>,
    days: Vec<(i64, i64)>,
    /// Seconds from the beginning of the day, or of the unit of a rule below a day.
    times: Vec<i64>,
}

/// Where the occurrences go, and when to stop.
struct Sink<'a> {
    start: i64,
    from: i64,
    until: i64,
    left: u64,
    is_past: &'a dyn Fn(i64) -> bool,
    visit: &'a mut dyn FnMut(i64) -> Result<()>,
}

impl Sink<'_> {
    /// Takes a time; false when there is no more to come.
    fn take(&mut self, time: i64) -> Result<bool> {
        if time < self.start {
            return Ok(true);
        }
        if self.left == 0 || time >= self.until || (self.is_past)(time) {
            return Ok(false);
        }
        self.left -= 1;
        if time >= self.from {
            (self.visit)(time)?;
        }
        Ok(true)
    }
}

impl<'a> Series<'a> {
    pub(crate) fn new(rule: &'a RecurrenceRule, start: i64) -> Series<'a> {
        let (day, time) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        let (_, month, month_day) = civil_from_days(day);
        let mut series = Series {
            rule,
            start,
            count: rule.count,
            month_days: rule.by_month_day.clone(),
            months: rule.by_month.clone(),
            days: rule.by_day.clone(),
            times: times_of_unit(rule, time),
        };
        let no_day = rule.by_month_day.is_empty() && rule.by_day.is_empty();
        match rule.frequency {
            Frequency::Yearly if no_day && rule.by_year_day.is_empty() => {
                if !rule.by_week.is_empty() {
                    series.days = vec![(0, weekday(day))];
                } else {
                    series.month_days = vec![month_day];
                    if series.months.is_empty() {
                        series.months = vec![month];
                    }
                }
            }
            Frequency::Monthly if no_day => series.month_days = vec![month_day],
            Frequency::Weekly if rule.by_day.is_empty() => series.days = vec![(0, weekday(day))],
            _ => {}
        }
        series
    }

    /// The same with another number of occurrences.
    #[cfg(feature = "ical")]
    pub(crate) fn with_count(mut self, count: Option<u64>) -> Series<'a> {
        self.count = count;
        self
    }

    /// Visits the occurrences from `from` to before `until` in order, as far as `is_past` does not
    /// say that the rule's UNTIL is over.
    pub(crate) fn each(
        &self,
        (from, until): (i64, i64),
        is_past: &dyn Fn(i64) -> bool,
        budget: &mut Budget,
        visit: &mut dyn FnMut(i64) -> Result<()>,
    ) -> Result<()> {
        let left = self.count.unwrap_or(u64::MAX);
        let mut sink = Sink { start: self.start, from, until, left, is_past, visit };
        if self.rule.frequency >= Frequency::Daily {
            self.each_period(&mut sink, budget)
        } else {
            self.each_unit(&mut sink, budget)
        }
    }

    /// Whether the first time is an occurrence of its own rule.
    pub(crate) fn is_synchronized(&self, budget: &mut Budget) -> Result<bool> {
        let mut found = false;
        self.each((self.start, self.start + 1), &|_| false, budget, &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    /// Weekdays and times of day (seconds), if the rule is the same every week for ever or up to
    /// its end.
    #[cfg(feature = "ical")]
    pub(crate) fn weekly(&self) -> Option<(Vec<i64>, &[i64])> {
        let rule = self.rule;
        let plain = rule.interval == 1
            && rule.by_month.is_empty()
            && rule.by_month_day.is_empty()
            && rule.by_position.is_empty()
            && matches!(rule.frequency, Frequency::Daily | Frequency::Weekly);
        let weekdays = match self.days.as_slice() {
            [] => (0..7).collect(),
            days => days.iter().map(|&(_, weekday)| weekday).collect(),
        };
        plain.then_some((weekdays, self.times.as_slice()))
    }

    fn each_period(&self, sink: &mut Sink<'_>, budget: &mut Budget) -> Result<()> {
        let origin = self.period_of(self.start.div_euclid(DAY));
        let interval = self.rule.interval;
        let mut period = origin;
        if self.count.is_none() {
            let wanted = self.period_of(sink.from.max(self.start).div_euclid(DAY));
            period += (wanted - origin) / interval * interval;
        }
        let mut days = Vec::new();
        loop {
            let (first, length) = self.days_of(period);
            if first * DAY >= sink.until {
                return Ok(());
            }
            days.clear();
            let scanned = self.matching_days(first, length, &mut days);
            budget.spend(1 + scanned)?;
            let all = days.len() * self.times.len();
            let nth = |index: usize| {
                days[index / self.times.len()] * DAY + self.times[index % self.times.len()]
            };
            if !self.take_all(all, &nth, sink, budget)? {
                return Ok(());
            }
            period += interval;
        }
    }

    /// Hands over `all` times, or those that BYSETPOS picks of them.
    fn take_all(
        &self,
        all: usize,
        nth: &dyn Fn(usize) -> i64,
        sink: &mut Sink<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        if self.rule.by_position.is_empty() {
            for index in 0..all {
                budget.spend(1)?;
                if !sink.take(nth(index))? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let place = |&position: &i64| {
            let index = if position > 0 { position - 1 } else { all as i64 + position };
            usize::try_from(index).ok().filter(|&index| index < all)
        };
        let mut picked: Vec<usize> = self.rule.by_position.iter().filter_map(place).collect();
        picked.sort_unstable();
        picked.dedup();
        budget.spend(picked.len())?;
        for index in picked {
            if !sink.take(nth(index))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn period_of(&self, day: i64) -> i64 {
        let (year, month, _) = civil_from_days(day);
        match self.rule.frequency {
            Frequency::Yearly => year,
            Frequency::Monthly => year * 12 + month - 1,
            // 1970-01-01 was a Thursday.
            Frequency::Weekly => (day + 3 - self.rule.week_start).div_euclid(7),
            _ => day,
        }
    }

    /// First day and number of days of a period.
    fn days_of(&self, period: i64) -> (i64, i64) {
        match self.rule.frequency {
            Frequency::Yearly => (days_from_civil(period, 1, 1), days_in_year(period)),
            Frequency::Monthly => {
                let (year, month) = (period.div_euclid(12), period.rem_euclid(12) + 1);
                (days_from_civil(year, month, 1), days_in_month(year, month))
            }
            Frequency::Weekly => (period * 7 - 3 + self.rule.week_start, 7),
            _ => (period, 1),
        }
    }

    /// Fills in the days of a period that match; how many were looked at.
    fn matching_days(&self, first: i64, length: i64, days: &mut Vec<i64>) -> usize {
        if self.rule.frequency != Frequency::Yearly || self.months.is_empty() {
            days.extend((first..first + length).filter(|&day| self.matches(day)));
            return length as usize;
        }
        let (year, _, _) = civil_from_days(first);
        let mut scanned = 0;
        for &month in &self.months {
            let begin = days_from_civil(year, month, 1);
            let length = days_in_month(year, month);
            days.extend((begin..begin + length).filter(|&day| self.matches(day)));
            scanned += length as usize;
        }
        scanned
    }

    fn matches(&self, day: i64) -> bool {
        let rule = self.rule;
        let (year, month, month_day) = civil_from_days(day);
        let from_end = |number: i64, last: i64| number - last - 1;
        if !self.months.is_empty() && !self.months.contains(&month) {
            return false;
        }
        if !self.month_days.is_empty() {
            let back = from_end(month_day, days_in_month(year, month));
            if !self.month_days.iter().any(|&wanted| wanted == month_day || wanted == back) {
                return false;
            }
        }
        let year_day = day - days_from_civil(year, 1, 1) + 1;
        if !rule.by_year_day.is_empty() {
            let back = from_end(year_day, days_in_year(year));
            if !rule.by_year_day.iter().any(|&wanted| wanted == year_day || wanted == back) {
                return false;
            }
        }
        if !rule.by_week.is_empty() {
            let (week, last) = week_of_year(day, rule.week_start);
            let back = from_end(week, last);
            if !rule.by_week.iter().any(|&wanted| wanted == week || wanted == back) {
                return false;
            }
        }
        self.days.is_empty() || self.matches_weekday(day, year, month, month_day, year_day)
    }

    fn matches_weekday(
        &self,
        day: i64,
        year: i64,
        month: i64,
        in_month: i64,
        in_year: i64,
    ) -> bool {
        let whole_year = self.rule.frequency == Frequency::Yearly && self.rule.by_month.is_empty();
        let (place, length) = match whole_year {
            true => (in_year, days_in_year(year)),
            false => (in_month, days_in_month(year, month)),
        };
        let (from_start, from_end) = ((place - 1) / 7 + 1, -((length - place) / 7 + 1));
        self.days.iter().any(|&(ordinal, wanted)| {
            wanted == weekday(day) && (ordinal == 0 || ordinal == from_start || ordinal == from_end)
        })
    }

    /// Rules below a day.
    fn each_unit(&self, sink: &mut Sink<'_>, budget: &mut Budget) -> Result<()> {
        let rule = self.rule;
        let unit = unit(rule.frequency);
        let step = rule.interval * unit;
        let leap = |at: i64, target: i64| at + (target - at + step - 1).div_euclid(step) * step;
        let mut at = self.start - self.start.rem_euclid(unit);
        if self.count.is_none() && sink.from - unit > at {
            at += (sink.from - unit - at) / step * step;
        }
        let (mut known, mut open) = (i64::MIN, false);
        while at < sink.until {
            budget.spend(1)?;
            let (day, time) = (at.div_euclid(DAY), at.rem_euclid(DAY));
            if day != known {
                (known, open) = (day, self.matches(day));
            }
            let differs = |list: &[i64], number: i64| !list.is_empty() && !list.contains(&number);
            if !open {
                at = leap(at, (day + 1) * DAY);
            } else if differs(&rule.by_hour, time / 3600) {
                at = leap(at, at - time % 3600 + 3600);
            } else if unit < 3600 && differs(&rule.by_minute, time / 60 % 60) {
                at = leap(at, at - time % 60 + 60);
            } else if unit == 1 && differs(&rule.by_second, time % 60) {
                at += step;
            } else {
                let nth = |index: usize| at + self.times[index];
                if !self.take_all(self.times.len(), &nth, sink, budget)? {
                    return Ok(());
                }
                at += step;
            }
        }
        Ok(())
    }
}

fn unit(frequency: Frequency) -> i64 {
    match frequency {
        Frequency::Secondly => 1,
        Frequency::Minutely => 60,
        Frequency::Hourly => 3600,
        _ => DAY,
    }
}

/// The times in a day, hour or minute: those of the BY parts below it, or that of the first time.
fn times_of_unit(rule: &RecurrenceRule, time: i64) -> Vec<i64> {
    let list = |given: &[i64], own: i64| match given {
        [] => vec![own],
        given => given.to_vec(),
    };
    let (mut hours, mut minutes) = (vec![0], vec![0]);
    let mut seconds = list(&rule.by_second, time % 60);
    match unit(rule.frequency) {
        DAY => {
            hours = list(&rule.by_hour, time / 3600);
            minutes = list(&rule.by_minute, time / 60 % 60);
        }
        3600 => minutes = list(&rule.by_minute, time / 60 % 60),
        60 => {}
        _ => seconds = vec![0],
    }
    let mut times = Vec::with_capacity(hours.len() * minutes.len() * seconds.len());
    for hour in &hours {
        for minute in &minutes {
            times.extend(seconds.iter().map(|second| hour * 3600 + minute * 60 + second));
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recurrence::rule::read_basic_time;

    const END: i64 = 9_223_372_036;

    fn dates(rule: &str, start: &str, most: usize) -> Vec<String> {
        let rule: RecurrenceRule = rule.parse().unwrap();
        let start = read_basic_time(start.as_bytes()).unwrap();
        let mut found = Vec::new();
        let series = Series::new(&rule, start);
        // An error of the visitor is how a caller that has enough stops.
        let enough = Error::new(ErrorKind::LimitExceeded, "enough");
        let end = series.each((start, END), &|_| false, &mut Budget::new(), &mut |time| {
            let (year, month, day) = civil_from_days(time.div_euclid(DAY));
            let clock = time.rem_euclid(DAY);
            found.push(format!(
                "{year:04}{month:02}{day:02}T{:02}{:02}{:02}",
                clock / 3600,
                clock / 60 % 60,
                clock % 60
            ));
            if found.len() == most { Err(enough.clone()) } else { Ok(()) }
        });
        assert!(end.is_ok() || end == Err(enough), "{end:?}");
        found
    }

    #[test]
    fn rfc_5545_examples() {
        let start = "19970902T090000";
        for (rule, start, expected) in [
            ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "19970905T090000", "19970905 19971003 19971107"),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", start, "19980213 19980313 19981113 19990813"),
            (
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "19961105T090000",
                "19961105 20001107 20041102",
            ),
            (
                "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
                "19970904T090000",
                "19970904 19971007 19971106",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                "19970929T090000",
                "19970929 19971030 19971127 19971230",
            ),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512T090000", "19970512 19980511 19990517"),
            ("FREQ=YEARLY;BYDAY=20MO", "19970519T090000", "19970519 19980518 19990517"),
            (
                "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
                "19970101T090000",
                "19970101 19970410 19970719 20000101",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-3",
                "19970928T090000",
                "19970928 19971029 19971128 19971229",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                "19970805T090000",
                "19970805 19970810 19970819 19970824",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                "19970805T090000",
                "19970805 19970817 19970819 19970831",
            ),
        ] {
            let wanted: Vec<&str> = expected.split(' ').collect();
            let found = dates(rule, start, wanted.len());
            let found: Vec<&str> = found.iter().map(|time| &time[..8]).collect();
            assert_eq!(found, wanted, "{rule}");
        }
    }

    #[test]
    fn below_a_day() {
        assert_eq!(
            dates(
                "FREQ=SECONDLY;INTERVAL=7;BYHOUR=3;BYMINUTE=1;BYYEARDAY=366",
                "20260101T000000",
                2
            ),
            ["20281231T030100", "20281231T030107"],
        );
        assert_eq!(
            dates("FREQ=HOURLY;INTERVAL=5;BYMINUTE=0,30;BYSETPOS=-1", "20260101T221500", 3),
            ["20260101T223000", "20260102T033000", "20260102T083000"],
        );
        assert_eq!(
            dates("FREQ=MINUTELY;INTERVAL=90;BYHOUR=9", "20260101T090000", 3),
            ["20260101T090000", "20260102T090000", "20260103T090000"],
        );
    }

    #[test]
    fn what_never_comes_ends() {
        for rule in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;COUNT=1000000000;BYMONTH=2;BYMONTHDAY=31",
            "FREQ=MINUTELY;BYSECOND=0;BYSETPOS=3",
        ] {
            let rule: RecurrenceRule = rule.parse().unwrap();
            let mut budget = Budget::new();
            let found =
                Series::new(&rule, 0)
                    .each((0, END), &|_| false, &mut budget, &mut |time| panic!("{time}"));
            assert!(found.is_ok() || found.unwrap_err().kind() == ErrorKind::LimitExceeded);
        }
    }

    #[test]
    fn a_late_span_costs_little_without_count() {
        let rule: RecurrenceRule = "FREQ=SECONDLY;INTERVAL=7".parse().unwrap();
        let mut budget = Budget { left: 10 };
        let mut found = Vec::new();
        let span = (7_000_000_001, 7_000_000_015);
        let visit = &mut |time| {
            found.push(time);
            Ok(())
        };
        Series::new(&rule, 0).each(span, &|_| false, &mut budget, visit).unwrap();
        assert_eq!(found, [7_000_000_007, 7_000_000_014]);
    }
}
