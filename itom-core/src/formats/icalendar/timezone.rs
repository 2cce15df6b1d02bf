//! Which zone a TZID of an iCalendar file means.
//!
//! An IANA name means our own zone data, whatever the file's VTIMEZONE says; so does a name that
//! ends in one (`/mozilla.org/20050126_1/Europe/Berlin`) and a VTIMEZONE that names one in
//! `X-LIC-LOCATION`. Any other name ("W. Europe Standard Time", "Customized Time Zone") means what
//! its VTIMEZONE says: its last two rules as a POSIX `TZ` string, which is exact for ever. Rules
//! that had not begun when an event in the zone starts, and rules no `TZ` string can say, are
//! refused.

use super::lines::error_at;
use super::parse::{Observance, Timezone};
use crate::formats::recurrence::{Frequency, RecurrenceRule};
use crate::sla::ZoneDatabase;
use crate::sla::civil::{DAY, civil_from_days, days_from_civil};
use crate::{Error, ErrorKind, Result};

/// The name of a zone for [`CalendarDefinition::tz`](crate::sla::CalendarDefinition::tz); `first`
/// is the earliest local time that is used in it.
pub(super) fn zone_name(
    tzid: &str,
    defined: Option<&Timezone>,
    first: i64,
    zones: &ZoneDatabase,
    number: usize,
) -> Result<String> {
    if let Some(name) = iana_name(tzid, zones) {
        return Ok(name.to_owned());
    }
    let Some(timezone) = defined else {
        let message =
            format!("TZID {tzid:?} is neither an IANA name nor defined by a VTIMEZONE of the file");
        return Err(error_at(number, message));
    };
    if let Some(name) = timezone.location.as_deref().and_then(|name| iana_name(name, zones)) {
        return Ok(name.to_owned());
    }
    posix(timezone, first).map_err(|why| {
        let message = format!("line {}: VTIMEZONE {tzid:?} {why}", timezone.number);
        Error::new(ErrorKind::Unsupported, message).about("ics")
    })
}

fn iana_name<'a>(tzid: &'a str, zones: &ZoneDatabase) -> Option<&'a str> {
    let mut name = tzid.trim();
    loop {
        if zones.contains(name) {
            return Some(name);
        }
        name = name.split_once('/')?.1;
    }
}

/// The `TZ` string of a VTIMEZONE's rules at and after `first`.
fn posix(timezone: &Timezone, first: i64) -> Result<String, String> {
    let mut usable: Vec<&Observance> = timezone.observances.iter().collect();
    usable.sort_by_key(|observance| observance.start);
    if usable.iter().any(|one| one.start.is_none() || one.before.is_none() || one.after.is_none()) {
        return Err("has a rule without DTSTART, TZOFFSETFROM or TZOFFSETTO".to_owned());
    }
    let endless = |one: &Observance| one.rule.as_ref().is_some_and(never_ends);
    let starts = |one: &Observance| one.start.unwrap_or(i64::MIN);
    let rules: Vec<&Observance> = usable.iter().copied().filter(|one| endless(one)).collect();
    let others: Vec<&Observance> = usable.iter().copied().filter(|one| !endless(one)).collect();
    match (rules.as_slice(), others.as_slice()) {
        ([], [only]) if only.rule.is_none() && !only.has_dates => {
            Ok(fixed(only.after.unwrap_or(0)))
        }
        ([one, two], others) => {
            let begun = starts(one).max(starts(two));
            if first < begun || others.iter().any(|other| last_of(other) > begun.max(first)) {
                return Err(
                    "has other rules before those that go on, at a time that is used".into()
                );
            }
            changing(one, two)
        }
        ([only], []) if only.before == only.after => Ok(fixed(only.after.unwrap_or(0))),
        _ => Err("has no pair of rules that goes on (FREQ=YEARLY without end)".to_owned()),
    }
}

fn never_ends(rule: &RecurrenceRule) -> bool {
    rule.until.is_none() && rule.count.is_none()
}

/// The latest local time at which a rule that ends can still act.
fn last_of(observance: &Observance) -> i64 {
    use crate::formats::recurrence::Until;
    match observance.rule.as_ref().and_then(|rule| rule.until) {
        Some(Until::Date(day)) => (day + 1) * DAY,
        Some(Until::Local(last) | Until::Utc(last)) => last + DAY,
        None if observance.rule.is_none() && !observance.has_dates => {
            observance.start.unwrap_or(i64::MAX)
        }
        None => i64::MAX,
    }
}

fn fixed(offset: i64) -> String {
    format!("{}{}", abbreviation(offset), posix_offset(offset))
}

fn changing(one: &Observance, two: &Observance) -> Result<String, String> {
    let offsets = |one: &Observance| (one.before.unwrap_or(0), one.after.unwrap_or(0));
    let ((before, after), (before_two, after_two)) = (offsets(one), offsets(two));
    if (before, after) != (after_two, before_two) || before == after {
        return Err("has two rules that do not lead back to each other".to_owned());
    }
    let (to_daylight, to_standard) = if after > before { (one, two) } else { (two, one) };
    let (standard, daylight) = (before.min(after), before.max(after));
    Ok(format!(
        "{}{}{}{},{},{}",
        abbreviation(standard),
        posix_offset(standard),
        abbreviation(daylight),
        posix_offset(daylight),
        posix_date(to_daylight)?,
        posix_date(to_standard)?,
    ))
}

/// `<+0530>`: what a zone is called that has no name.
fn abbreviation(offset: i64) -> String {
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    format!("<{sign}{:02}{:02}>", minutes / 60, minutes % 60)
}

/// POSIX counts offsets west of Greenwich.
fn posix_offset(offset: i64) -> String {
    clock(-offset)
}

fn clock(seconds: i64) -> String {
    let (sign, seconds) = (if seconds < 0 { "-" } else { "" }, seconds.abs());
    format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The day of the year and time at which a rule acts: `M3.5.0/2:00:00` or `J91/2:00:00`.
fn posix_date(observance: &Observance) -> Result<String, String> {
    let unknown = || "has a rule that no POSIX TZ string can say".to_owned();
    let (rule, start) = observance.rule.as_ref().zip(observance.start).ok_or_else(unknown)?;
    let (_, start_month, start_day) = civil_from_days(start.div_euclid(DAY));
    let plain = rule.frequency == Frequency::Yearly
        && rule.interval == 1
        && rule.by_week.is_empty()
        && rule.by_year_day.is_empty()
        && rule.by_hour.is_empty()
        && rule.by_minute.is_empty()
        && rule.by_second.is_empty()
        && rule.by_position.is_empty();
    let month = match rule.by_month.as_slice() {
        _ if !plain => return Err(unknown()),
        [] if rule.by_day.is_empty() && rule.by_month_day.is_empty() => start_month,
        [month] => *month,
        _ => return Err(unknown()),
    };
    let time = clock(start.rem_euclid(DAY));
    // POSIX counts weekdays from Sunday.
    let by_weekday =
        |week: i64, weekday: i64| Ok(format!("M{month}.{week}.{}/{time}", (weekday + 1) % 7));
    match (rule.by_day.as_slice(), rule.by_month_day.as_slice()) {
        ([(-1, weekday)], []) => by_weekday(5, *weekday),
        ([(week @ 1..=4, weekday)], []) => by_weekday(*week, *weekday),
        // "Sunday of 8 to 14" is the second Sunday.
        ([(0, weekday)], days) if days.len() == 7 && days[0] % 7 == 1 && days[6] == days[0] + 6 => {
            by_weekday(days[0] / 7 + 1, *weekday)
        }
        ([], days @ ([] | [1..=31])) => {
            let day = days.first().copied().unwrap_or(start_day);
            if (month, day) == (2, 29) {
                return Err(unknown());
            }
            let of_year = days_from_civil(2026, month, day) - days_from_civil(2026, 1, 1) + 1;
            Ok(format!("J{of_year}/{time}"))
        }
        _ => Err(unknown()),
    }
}
