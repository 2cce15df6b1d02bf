//! The text of a recurrence rule, checked: `FREQ=MONTHLY;BYDAY=1SU`.
//!
//! Everything RFC 5545 §3.3.10 has is read; what it forbids (a part twice, `COUNT` beside `UNTIL`,
//! an ordinal before a weekday of a weekly rule …) is an error that names the part, and so is what
//! it does not know, such as the calendars of RFC 7529 (`RSCALE`).

use std::str::FromStr;

use crate::sla::civil::{DAY, digits, valid_date};
use crate::{Error, ErrorKind, Result};

/// A recurrence rule: when, counted from a first time that is not part of the rule.
///
/// ```
/// use itom_core::formats::RecurrenceRule;
///
/// let rule: RecurrenceRule = "FREQ=MONTHLY;BYDAY=1SU;UNTIL=20271231T000000Z".parse()?;
/// assert_eq!(rule.to_string(), "FREQ=MONTHLY;BYDAY=1SU;UNTIL=20271231T000000Z");
/// let error = "FREQ=WEEKLY;BYDAY=1MO".parse::<RecurrenceRule>().unwrap_err();
/// assert!(error.to_string().contains("1MO"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecurrenceRule {
    text: String,
    pub(crate) frequency: Frequency,
    pub(crate) interval: i64,
    pub(crate) count: Option<u64>,
    pub(crate) until: Option<Until>,
    pub(crate) by_month: Vec<i64>,
    pub(crate) by_week: Vec<i64>,
    pub(crate) by_year_day: Vec<i64>,
    pub(crate) by_month_day: Vec<i64>,
    /// Ordinal (0 for every) and weekday, 0 for Monday.
    pub(crate) by_day: Vec<(i64, i64)>,
    pub(crate) by_hour: Vec<i64>,
    pub(crate) by_minute: Vec<i64>,
    pub(crate) by_second: Vec<i64>,
    pub(crate) by_position: Vec<i64>,
    /// On which day weeks begin, 0 for Monday.
    pub(crate) week_start: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// The last time that a rule may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The whole of a date, in days since 1970.
    Date(i64),
    /// A local time in seconds since 1970.
    Local(i64),
    /// An instant in seconds since 1970.
    Utc(i64),
}

pub(crate) const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const PARTS: &str = "FREQ, UNTIL, COUNT, INTERVAL, BYSECOND, BYMINUTE, BYHOUR, BYDAY, BYMONTHDAY, \
                     BYYEARDAY, BYWEEKNO, BYMONTH, BYSETPOS or WKST";

fn wrong(value: impl std::fmt::Display, expected: &str) -> Error {
    Error::invalid("rrule", format!("{value:#}"), expected)
}

impl FromStr for RecurrenceRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<RecurrenceRule> {
        if text.len() > 4096 {
            let message = format!("rrule must be at most 4096 bytes, got {}", text.len());
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("rrule"));
        }
        let mut rule = RecurrenceRule {
            text: text.to_owned(),
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            by_month: Vec::new(),
            by_week: Vec::new(),
            by_year_day: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_hour: Vec::new(),
            by_minute: Vec::new(),
            by_second: Vec::new(),
            by_position: Vec::new(),
            week_start: 0,
        };
        let mut seen: Vec<String> = Vec::new();
        for part in text.trim_end_matches(';').split(';') {
            let (name, value) =
                part.split_once('=').ok_or_else(|| wrong(part, "parts NAME=VALUE between ;"))?;
            let (name, value) = (name.to_ascii_uppercase(), value.to_ascii_uppercase());
            if seen.contains(&name) {
                return Err(wrong(part, "a rule that has each part once"));
            }
            rule.take(&name, &value, part)?;
            seen.push(name);
        }
        if !seen.iter().any(|name| name == "FREQ") {
            return Err(wrong(text, "a rule with FREQ, such as FREQ=WEEKLY;BYDAY=MO"));
        }
        rule.check()?;
        Ok(rule)
    }
}

impl std::fmt::Display for RecurrenceRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl RecurrenceRule {
    fn take(&mut self, name: &str, value: &str, part: &str) -> Result<()> {
        match name {
            "FREQ" => self.frequency = read_frequency(value)?,
            "INTERVAL" => {
                let interval = digits(value.as_bytes()).filter(|&number| number > 0);
                self.interval =
                    interval.ok_or_else(|| wrong(part, "INTERVAL from 1 to 999999999"))?;
            }
            "COUNT" => {
                let count = value.parse().ok().filter(|&count: &u64| count > 0);
                self.count = Some(count.ok_or_else(|| wrong(part, "COUNT of 1 or more"))?);
            }
            "UNTIL" => self.until = Some(read_until(value)?),
            "BYMONTH" => self.by_month = numbers(value, 1, 12, false, part)?,
            "BYWEEKNO" => self.by_week = numbers(value, 1, 53, true, part)?,
            "BYYEARDAY" => self.by_year_day = numbers(value, 1, 366, true, part)?,
            "BYMONTHDAY" => self.by_month_day = numbers(value, 1, 31, true, part)?,
            "BYHOUR" => self.by_hour = numbers(value, 0, 23, false, part)?,
            "BYMINUTE" => self.by_minute = numbers(value, 0, 59, false, part)?,
            // A leap second never comes: time here is POSIX time.
            "BYSECOND" => {
                self.by_second = numbers(value, 0, 60, false, part)?;
                self.by_second.retain(|&second| second < 60);
                if self.by_second.is_empty() {
                    return Err(wrong(part, "a second that is not the leap second"));
                }
            }
            "BYSETPOS" => self.by_position = numbers(value, 1, 366, true, part)?,
            "BYDAY" => self.by_day = read_days(value)?,
            "WKST" => {
                let weekday = WEEKDAYS.iter().position(|&weekday| weekday == value);
                self.week_start = weekday.ok_or_else(|| wrong(part, "WKST of MO to SU"))? as i64;
            }
            "RSCALE" | "SKIP" => {
                let message = format!("rrule has {part}, other calendars (RFC 7529) are not known");
                return Err(Error::new(ErrorKind::Unsupported, message).about("rrule"));
            }
            _ => return Err(wrong(part, PARTS)),
        }
        Ok(())
    }

    /// What RFC 5545 says MUST NOT be combined.
    fn check(&self) -> Result<()> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let frequency = self.frequency;
        let ordinal = self.by_day.iter().find(|&&(ordinal, _)| ordinal != 0);
        let expected = if self.count.is_some() && self.until.is_some() {
            "a rule with COUNT or UNTIL, not both"
        } else if !self.by_week.is_empty() && frequency != Yearly {
            "a rule with BYWEEKNO only where FREQ=YEARLY"
        } else if !self.by_month_day.is_empty() && frequency == Weekly {
            "a rule without BYMONTHDAY where FREQ=WEEKLY"
        } else if !self.by_year_day.is_empty() && matches!(frequency, Daily | Weekly | Monthly) {
            "a rule without BYYEARDAY where FREQ is DAILY, WEEKLY or MONTHLY"
        } else if ordinal.is_some()
            && (!matches!(frequency, Monthly | Yearly) || !self.by_week.is_empty())
        {
            "a rule with ordinal weekdays only where FREQ is MONTHLY or YEARLY, and no BYWEEKNO"
        } else if !self.by_position.is_empty() && !self.has_other_by() {
            "a rule with BYSETPOS only beside another BY part"
        } else {
            return Ok(());
        };
        Err(wrong(&self.text, expected))
    }

    fn has_other_by(&self) -> bool {
        let lists = [
            &self.by_month,
            &self.by_week,
            &self.by_year_day,
            &self.by_month_day,
            &self.by_hour,
            &self.by_minute,
            &self.by_second,
        ];
        !self.by_day.is_empty() || lists.iter().any(|list| !list.is_empty())
    }
}

fn read_frequency(value: &str) -> Result<Frequency> {
    Ok(match value {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return Err(wrong(value, "FREQ of SECONDLY to YEARLY")),
    })
}

/// A list of numbers, sorted, each once.
fn numbers(value: &str, least: i64, most: i64, signed: bool, part: &str) -> Result<Vec<i64>> {
    let expected = || match signed {
        true => format!("numbers from {least} to {most} or from -{most} to -{least}"),
        false => format!("numbers from {least} to {most}"),
    };
    let mut list = Vec::new();
    for text in value.split(',') {
        let (sign, bare) = match text.strip_prefix('-') {
            Some(bare) if signed => (-1, bare),
            _ => (1, if signed { text.strip_prefix('+').unwrap_or(text) } else { text }),
        };
        let number = digits(bare.as_bytes()).filter(|number| (least..=most).contains(number));
        list.push(sign * number.ok_or_else(|| wrong(part, &expected()))?);
    }
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn read_days(value: &str) -> Result<Vec<(i64, i64)>> {
    let mut days = Vec::new();
    for text in value.split(',') {
        let expected = "weekdays such as MO, 1SU (the first) or -1FR (the last)";
        let split = text.len().checked_sub(2).filter(|&at| text.is_char_boundary(at));
        let (ordinal, name) =
            split.map(|at| text.split_at(at)).ok_or_else(|| wrong(text, expected))?;
        let weekday = WEEKDAYS.iter().position(|&weekday| weekday == name);
        let ordinal = match ordinal {
            "" => vec![0],
            _ => numbers(ordinal, 1, 53, true, text)?,
        };
        days.push((ordinal[0], weekday.ok_or_else(|| wrong(text, expected))? as i64));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn read_until(value: &str) -> Result<Until> {
    let malformed = || wrong(value, "UNTIL such as 20261231 or 20261231T225959Z");
    if value.len() == 8 {
        return read_basic_date(value.as_bytes()).map(Until::Date).ok_or_else(malformed);
    }
    match value.strip_suffix('Z') {
        Some(local) => read_basic_time(local.as_bytes()).map(Until::Utc),
        None => read_basic_time(value.as_bytes()).map(Until::Local),
    }
    .ok_or_else(malformed)
}

/// `YYYYMMDD` as days since 1970.
pub(crate) fn read_basic_date(text: &[u8]) -> Option<i64> {
    if text.len() != 8 {
        return None;
    }
    valid_date(digits(&text[..4])?, digits(&text[4..6])?, digits(&text[6..])?)
}

/// `YYYYMMDDTHHMMSS` as local seconds since 1970; the leap second is the second before it.
pub(crate) fn read_basic_time(text: &[u8]) -> Option<i64> {
    if text.len() != 15 || text[8] != b'T' {
        return None;
    }
    let part = |from: usize| digits(&text[from..from + 2]);
    let (hour, minute, second) = (part(9)?, part(11)?, part(13)?);
    let valid = hour <= 23 && minute <= 59 && second <= 60;
    let time = hour * 3600 + minute * 60 + second.min(59);
    read_basic_date(&text[..8]).filter(|_| valid).map(|day| day * DAY + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_named() {
        for (text, value) in [
            ("", "NAME=VALUE"),
            ("BYDAY=MO", "FREQ"),
            ("FREQ=FORTNIGHTLY", "FORTNIGHTLY"),
            ("FREQ=DAILY;FREQ=DAILY", "each part once"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
            ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1"),
            ("FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL=9"),
            ("FREQ=DAILY;COUNT=0", "COUNT=0"),
            ("FREQ=DAILY;COUNT=1;UNTIL=20260101", "not both"),
            ("FREQ=DAILY;UNTIL=20260230", "20260230"),
            ("FREQ=DAILY;UNTIL=20260228T250000Z", "20260228T250000Z"),
            ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13"),
            ("FREQ=YEARLY;BYMONTH=0", "BYMONTH=0"),
            ("FREQ=YEARLY;BYMONTH=", "BYMONTH="),
            ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO=54"),
            ("FREQ=MONTHLY;BYWEEKNO=5", "BYWEEKNO"),
            ("FREQ=MONTHLY;BYDAY=0MO", "0MO"),
            ("FREQ=MONTHLY;BYDAY=MOO", "MOO"),
            ("FREQ=MONTHLY;BYDAY=é", "É"),
            ("FREQ=DAILY;BYDAY=2MO", "ordinal"),
            ("FREQ=YEARLY;BYWEEKNO=2;BYDAY=2MO", "ordinal"),
            ("FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY"),
            ("FREQ=MONTHLY;BYYEARDAY=2", "BYYEARDAY"),
            ("FREQ=MONTHLY;BYSETPOS=2", "BYSETPOS"),
            ("FREQ=MINUTELY;BYSECOND=60", "leap second"),
            ("FREQ=MONTHLY;BYEASTER=2", "BYEASTER=2"),
            ("RSCALE=CHINESE;FREQ=YEARLY", "RFC 7529"),
        ] {
            let error = text.parse::<RecurrenceRule>().unwrap_err().to_string();
            assert!(error.to_uppercase().contains(&value.to_uppercase()), "{text}: {error}");
        }
        assert!(
            format!("FREQ=DAILY;BYHOUR={}", "1,".repeat(3000)).parse::<RecurrenceRule>().is_err()
        );
    }

    #[test]
    fn case_and_a_trailing_semicolon_do_not_matter() {
        let rule: RecurrenceRule = "freq=Weekly;byday=mo,FR;wkst=su;".parse().unwrap();
        assert_eq!((rule.by_day, rule.week_start), (vec![(0, 0), (0, 4)], 6));
    }
}
