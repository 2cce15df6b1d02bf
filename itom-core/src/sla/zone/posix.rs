//! A zone's rule for the years after its last recorded change: the footer of a TZif file.
//!
//! The footer (RFC 9636 §3.3) is a POSIX `TZ` string: `CET-1CEST,M3.5.0,M10.5.0/3`. Dates are
//! `Mmonth.week.weekday`, `Jn` (day of the year, 29 February not counted) or `n` (counted); times
//! may lie a week before or after the date.

use super::tzif::{Local, Rules};
use crate::sla::civil::{
    DAY, civil_from_days, days_from_civil, days_in_month, days_in_year, weekday,
};

const HOUR: i64 = 3600;

/// A rule without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    /// Seconds east of UTC.
    standard: i64,
    /// Offset of daylight saving time, when it begins, when it ends.
    daylight: Option<(i64, Date, Date)>,
}

/// A day of every year, with a time in seconds from its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    day: Day,
    time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// 1 to 365; 29 February is not counted.
    Julian(i64),
    /// 0 to 365; it is.
    Counted(i64),
    /// Month, week 1 to 5 (the last), weekday from Sunday.
    Weekday(i64, i64, i64),
}

/// A zone of nothing but a rule. A string with neither quotes nor dates is none: `UTC+2` would be
/// two hours west of Greenwich, which nobody means by it.
pub(super) fn zone(text: &str) -> Option<Rules> {
    let plain = !text.starts_with('<') && !text.contains(',');
    let footer = Footer::read(text).ok().filter(|_| !plain)?;
    Some(Rules { first: footer.standard(), changes: Vec::new(), footer: Some(footer) })
}

impl Footer {
    /// Reads a `TZ` string.
    pub(super) fn read(text: &str) -> Result<Footer, &'static str> {
        let mut reader = Reader { rest: text.as_bytes() };
        let wrong = "the footer is no TZ string";
        let footer = reader.footer().ok_or(wrong)?;
        if reader.rest.is_empty() { Ok(footer) } else { Err(wrong) }
    }

    /// The changes of a year, in order: `(instant in seconds, what holds from then on)`.
    pub(super) fn changes(&self, year: i64) -> Option<[(i64, Local); 2]> {
        let (offset, begin, end) = self.daylight?;
        let begin = (begin.in_year(year) - self.standard, Local { offset, daylight: true });
        let end = (end.in_year(year) - offset, self.standard());
        // Daylight saving all year round ends where the next begins: the beginning counts.
        Some(if begin.0 < end.0 { [begin, end] } else { [end, begin] })
    }

    /// What holds at an instant.
    pub(super) fn local_at(&self, at: i64) -> Local {
        let year = civil_from_days(at.div_euclid(DAY)).0;
        let mut changes: Vec<(i64, Local)> =
            (year - 2..=year + 1).filter_map(|year| self.changes(year)).flatten().collect();
        changes.sort_by_key(|change| change.0);
        let passed = changes.partition_point(|change| change.0 <= at);
        passed.checked_sub(1).map_or(self.standard(), |last| changes[last].1)
    }

    fn standard(&self) -> Local {
        Local { offset: self.standard, daylight: false }
    }

    pub(super) fn is_constant(&self) -> bool {
        self.daylight.is_none()
    }
}

impl Date {
    /// The local time of the date in a year, in seconds since 1970.
    fn in_year(self, year: i64) -> i64 {
        let new_year = days_from_civil(year, 1, 1);
        let leap = days_in_year(year) == 366;
        let day = match self.day {
            Day::Julian(day) => new_year + day - 1 + i64::from(leap && day >= 60),
            Day::Counted(day) => new_year + day,
            Day::Weekday(month, week, sunday) => {
                let first = days_from_civil(year, month, 1);
                // Sunday is 0 here and 6 there.
                let wanted = (sunday + 6) % 7;
                let day = first + (wanted - weekday(first)).rem_euclid(7) + (week - 1) * 7;
                if day < first + days_in_month(year, month) { day } else { day - 7 }
            }
        };
        day * DAY + self.time
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn footer(&mut self) -> Option<Footer> {
        self.name()?;
        let standard = -self.time(24)?;
        if self.rest.is_empty() {
            return Some(Footer { standard, daylight: None });
        }
        self.name()?;
        let given = self.rest.first().is_some_and(|byte| *byte != b',');
        let offset = if given { -self.time(24)? } else { standard + HOUR };
        self.skip(b',')?;
        let begin = self.date()?;
        self.skip(b',')?;
        let end = self.date()?;
        Some(Footer { standard, daylight: Some((offset, begin, end)) })
    }

    /// `CEST` or `<+03>`.
    fn name(&mut self) -> Option<()> {
        let quoted = self.skip(b'<').is_some();
        let belongs = |byte: &u8| match quoted {
            true => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'),
            false => byte.is_ascii_alphabetic(),
        };
        let length = self.rest.iter().position(|byte| !belongs(byte)).unwrap_or(self.rest.len());
        self.rest = &self.rest[length..];
        if quoted {
            self.skip(b'>')?;
        }
        (length >= 3).then_some(())
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn time(&mut self, most_hours: i64) -> Option<i64> {
        let sign = if self.skip(b'-').is_some() {
            -1
        } else {
            let _ = self.skip(b'+');
            1
        };
        let mut time = self.number(most_hours)? * HOUR;
        for unit in [60, 1] {
            if self.skip(b':').is_none() {
                break;
            }
            time += self.number(59)? * unit;
        }
        Some(sign * time)
    }

    fn date(&mut self) -> Option<Date> {
        let day = if self.skip(b'M').is_some() {
            let month = self.number(12).filter(|month| *month >= 1)?;
            self.skip(b'.')?;
            let week = self.number(5).filter(|week| *week >= 1)?;
            self.skip(b'.')?;
            Day::Weekday(month, week, self.number(6)?)
        } else if self.skip(b'J').is_some() {
            Day::Julian(self.number(365).filter(|day| *day >= 1)?)
        } else {
            Day::Counted(self.number(365)?)
        };
        let time = if self.skip(b'/').is_some() { self.time(167)? } else { 2 * HOUR };
        Some(Date { day, time })
    }

    fn number(&mut self, most: i64) -> Option<i64> {
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let length = self.rest.iter().take_while(|byte| is_digit(byte)).count();
        if !(1..=3).contains(&length) {
            return None;
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (value <= most).then_some(value)
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_each_shape_are_read() {
        let berlin = Footer::read("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 29 March and 25 October 2026, both at 01:00 UTC.
        let winter = Local { offset: 3600, daylight: false };
        let summer = Local { offset: 7200, daylight: true };
        let changes = [(1_774_746_000, summer), (1_792_890_000, winter)];
        assert_eq!(berlin.changes(2026), Some(changes));
        assert_eq!(berlin.local_at(1_774_745_999).offset, 3600);
        assert_eq!(berlin.local_at(1_774_746_000).offset, 7200);
        let fixed = Footer::read("<+0545>-5:45").unwrap();
        assert_eq!((fixed.changes(2026), fixed.local_at(0).offset), (None, 20_700));
        let sydney = Footer::read("AEST-10AEDT,M10.1.0,M4.1.0/3").unwrap();
        assert_eq!(sydney.local_at(days_from_civil(2026, 1, 1) * DAY).offset, 39_600);
        let always = Footer::read("XXX3EDT4,0/0,J365/23").unwrap();
        for day in [
            days_from_civil(2025, 12, 31),
            days_from_civil(2026, 1, 1),
            days_from_civil(2028, 2, 29),
        ] {
            for hour in 0..24 {
                assert_eq!(always.local_at(day * DAY + hour * HOUR).offset, -4 * HOUR);
            }
        }
        let nuuk = Footer::read("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").unwrap();
        assert_eq!(nuuk.changes(2026).unwrap()[0].0, 1_774_746_000);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "C1",
            "CET",
            "CET25",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,J1",
            "CET-1CEST,M3.6.0,J1",
            "CET-1CEST,M3.5.7,J1",
            "CET-1CEST,J0,J1",
            "CET-1CEST,366,J1",
            "CET-1CEST,M3.5.0,M10.5.0/168",
            "CET-1CEST,M3.5.0,M10.5.0 ",
            "<CET-1",
            "<é>1",
            "CET1:60",
            "CET0001",
        ] {
            assert!(Footer::read(text).is_err(), "{text}");
        }
    }
}
