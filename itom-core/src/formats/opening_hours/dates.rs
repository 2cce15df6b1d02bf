//! Does a rule of an expression hold on a date? The day selectors of `opening_hours`.
//!
//! Every selector is a function of the date: years, months and dates (with Easter and offsets),
//! ISO weeks, weekdays with their place in the month, holidays. Selectors of one kind are joined by
//! "or", the kinds by "and". A date range that ends before it begins wraps the year end.

use opening_hours_syntax::rules::day::{
    Date, DateOffset, DaySelector, HolidayKind, MonthdayRange, WeekDayOffset, WeekDayRange, Weekday,
};

use super::Holidays;
use crate::formats::civil::{easter, week_of_year};
use crate::sla::civil::{civil_from_days, days_from_civil, days_in_month, weekday};

/// Whether all selectors hold on a day.
pub(super) fn holds(selector: &DaySelector, day: i64, holidays: &Holidays) -> bool {
    let (year, _, _) = civil_from_days(day);
    let years = &selector.year;
    let in_year = years.is_empty()
        || years.iter().any(|range| {
            let (range, step) = range.into_parts();
            let (first, last) = (i64::from(range.start().0), i64::from(range.end().0));
            (first..=last).contains(&year) && (year - first) % i64::from(step.max(1)) == 0
        });
    let weeks = &selector.week;
    let in_week = weeks.is_empty()
        || weeks.iter().any(|range| {
            let (range, step) = range.into_parts();
            let (week, _) = week_of_year(day, 0);
            let (first, last) = (i64::from(range.start().0), i64::from(range.end().0));
            (first..=last).contains(&week) && (week - first) % i64::from(step.max(1)) == 0
        });
    let dates = &selector.monthday;
    let in_dates = dates.is_empty() || dates.iter().any(|range| in_date_range(range, day, year));
    let days = &selector.weekday;
    in_year
        && in_week
        && in_dates
        && (days.is_empty() || days.iter().any(|range| in_weekdays(range, day, holidays)))
}

fn in_weekdays(range: &WeekDayRange, day: i64, holidays: &Holidays) -> bool {
    match range {
        WeekDayRange::Holiday { kind, offset } => {
            let dates = match kind {
                HolidayKind::Public => &holidays.public,
                HolidayKind::School => &holidays.school,
            };
            dates.as_ref().is_some_and(|dates| dates.contains(&(day - i64::from(*offset))))
        }
        WeekDayRange::Fixed { range, offset, nth_from_start, nth_from_end } => {
            let day = day - i64::from(*offset);
            let (first, last) = (number(*range.start()), number(*range.end()));
            let (year, month, in_month) = civil_from_days(day);
            let week = (in_month - 1) / 7;
            let week_back = (days_in_month(year, month) - in_month) / 7;
            let in_range = match first <= last {
                true => (first..=last).contains(&weekday(day)),
                false => weekday(day) >= first || weekday(day) <= last,
            };
            in_range && (nth_from_start[week as usize] || nth_from_end[week_back as usize])
        }
    }
}

fn number(weekday: Weekday) -> i64 {
    i64::from(weekday.num_days_from_monday())
}

fn in_date_range(range: &MonthdayRange, day: i64, year: i64) -> bool {
    match range {
        MonthdayRange::Month { range, year: None } => {
            let (first, last) = (*range.start() as i64, *range.end() as i64);
            let (_, month, _) = civil_from_days(day);
            match first <= last {
                true => (first..=last).contains(&month),
                false => month >= first || month <= last,
            }
        }
        MonthdayRange::Month { range, year: Some(from) } => {
            let (first, last) = (*range.start() as i64, *range.end() as i64);
            let from = i64::from(from.0);
            let end_year = if first <= last { from } else { from + 1 };
            let end = days_from_civil(end_year, last, days_in_month(end_year, last));
            (days_from_civil(from, first, 1)..=end).contains(&day)
        }
        MonthdayRange::Date { start, end } => in_dates(*start, *end, day, year),
    }
}

type Bound = (Date, DateOffset);

fn in_dates(start: Bound, end: Bound, day: i64, year: i64) -> bool {
    if start.0.year().is_some() || end.0.year().is_some() {
        // A year on one side is meant for the other too; the range may wrap the year end.
        let named = start.0.year().or(end.0.year()).map_or(year, |year| i64::from(year.0));
        let tries = [(named, named), (named - 1, named), (named, named + 1)];
        let ranges = tries.into_iter().filter_map(|(from, until)| {
            let from = start.0.year().map_or(from, |year| i64::from(year.0));
            let until = end.0.year().map_or(until, |year| i64::from(year.0));
            Some((on_year(start, from, false)?, on_year(end, until, true)?))
        });
        let mut ranges = ranges.filter(|(first, last)| first <= last);
        return ranges.next().is_some_and(|(first, last)| (first..=last).contains(&day));
    }
    let leap_day =
        |bound: Bound| matches!(bound.0, Date::Fixed { day: 29, month, .. } if month as i64 == 2);
    if leap_day(start) && leap_day(end) {
        let leap = (year - 1..=year + 1).filter(|&year| days_in_month(year, 2) == 29);
        let mut days = leap.map(|year| days_from_civil(year, 2, 29));
        return days.any(|date| (shift(date, start.1)..=shift(date, end.1)).contains(&day));
    }
    // The range that began last, up to its first end.
    let years = year - 2..=year + 2;
    let begun = years.clone().filter_map(|year| on_year(start, year, false));
    let Some(begun) = begun.filter(|&first| first <= day).max() else { return false };
    let ends = years.filter_map(|year| on_year(end, year, true));
    let end = ends.filter(|&last| last >= begun).min();
    end.is_some_and(|last| day <= last)
}

/// A bound in a year; a day the month has not is the next day for a start, the one before for an
/// end.
fn on_year((date, offset): Bound, year: i64, is_end: bool) -> Option<i64> {
    let day = match date {
        Date::Easter { .. } => easter(year),
        Date::Fixed { month, day, .. } => {
            let (month, day) = (month as i64, i64::from(day));
            let last = days_in_month(year, month);
            let begin = days_from_civil(year, month, 1);
            match day > last {
                true if is_end => begin + last - 1,
                true => begin + last,
                false => begin + day - 1,
            }
        }
        Date::Weekday { month, wday, nth, .. } => {
            let month = month as i64;
            let (begin, length) = (days_from_civil(year, month, 1), days_in_month(year, month));
            let nth = i64::from(nth);
            let first = begin + (number(wday) - weekday(begin)).rem_euclid(7);
            let last = begin + length - 1;
            let last = last - (weekday(last) - number(wday)).rem_euclid(7);
            let day = if nth > 0 { first + (nth - 1) * 7 } else { last + (nth + 1) * 7 };
            (begin..begin + length).contains(&day).then_some(day)?
        }
    };
    Some(shift(day, offset))
}

fn shift(day: i64, offset: DateOffset) -> i64 {
    let day = day + i64::from(offset.day_offset);
    match offset.wday_offset {
        WeekDayOffset::None => day,
        WeekDayOffset::Next(wanted) => day + (number(wanted) - weekday(day)).rem_euclid(7),
        WeekDayOffset::Prev(wanted) => day - (weekday(day) - number(wanted)).rem_euclid(7),
    }
}
