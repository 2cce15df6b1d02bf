//! Wall-clock dates and times, before a zone makes instants of them.
//!
//! [`LocalDate`], [`TimeOfDay`] and [`LocalDateTime`] are integers that are read and written as
//! ISO 8601 text. Dates follow the Gregorian calendar of all years 0001 to 9999 ; what lies beyond the range
//! of [`Timestamp`](crate::Timestamp) has no instant and is found out there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sla::civil::{self, DAY, civil_from_days, digits, weekday};
use crate::{Error, Result};

/// 0001-01-01 and 9999-12-31.
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;

/// A date on the wall calendar.
///
/// ```
/// use itom_core::sla::LocalDate;
///
/// let date: LocalDate = "2028-02-29".parse()?;
/// assert_eq!((date.year(), date.month(), date.day()), (2028, 2, 29));
/// assert_eq!(date.weekday(), "tue");
/// assert!("2026-02-29".parse::<LocalDate>().is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate(i64);

/// A time of day, to the second, from `00:00` to `24:00`.
///
/// ```
/// # use itom_core::sla::TimeOfDay;
/// assert_eq!("16:00".parse::<TimeOfDay>()?.as_secs(), 57_600);
/// assert!("25:00".parse::<TimeOfDay>().is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(i64);

/// A date and a time of day without a zone: `2026-01-31T12:30:00`.
///
/// ```
/// # use itom_core::sla::LocalDateTime;
/// let anchor: LocalDateTime = "2026-01-31 12:30".parse()?;
/// assert_eq!(anchor.to_string(), "2026-01-31T12:30:00");
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDateTime(i64);

impl LocalDate {
    /// Days since 1970-01-01, if that is a date of the years 0001 to 9999.
    pub(in crate::sla) fn from_days(days: i64) -> Option<LocalDate> {
        (FIRST_DAY..=LAST_DAY).contains(&days).then_some(LocalDate(days))
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        self.0
    }

    /// The year.
    pub fn year(self) -> i64 {
        civil_from_days(self.0).0
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i64 {
        civil_from_days(self.0).1
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i64 {
        civil_from_days(self.0).2
    }

    /// The weekday as calendars write it, `mon` to `sun`.
    pub fn weekday(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][weekday(self.0) as usize]
    }
}

impl TimeOfDay {
    /// Seconds since midnight.
    pub fn as_secs(self) -> i64 {
        self.0
    }
}

impl LocalDateTime {
    pub(in crate::sla) const fn from_secs(seconds: i64) -> LocalDateTime {
        LocalDateTime(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00 on the wall clock.
    pub fn as_secs(self) -> i64 {
        self.0
    }

    /// Its date.
    pub fn date(self) -> LocalDate {
        LocalDate(self.0.div_euclid(DAY))
    }
}

impl FromStr for LocalDate {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let expected = "a date such as 2026-12-25";
        read_date(text)
            .map(LocalDate)
            .ok_or_else(|| Error::invalid("date", format!("{text:?}"), expected))
    }
}

impl FromStr for TimeOfDay {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let expected = "a time of day such as 16:00 or 16:00:30";
        read_time(text)
            .map(TimeOfDay)
            .ok_or_else(|| Error::invalid("time", format!("{text:?}"), expected))
    }
}

impl FromStr for LocalDateTime {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (date, time) = text.split_once(['T', ' '])?;
            Some(LocalDateTime(read_date(date)? * DAY + read_time(time)?))
        };
        let expected = "a local date and time such as 2026-01-31T12:30:00";
        read().ok_or_else(|| Error::invalid("local time", format!("{text:?}"), expected))
    }
}

/// A date of the years from 0001 on.
fn read_date(text: &str) -> Option<i64> {
    civil::read_date(text).filter(|&day| day >= FIRST_DAY)
}

/// `HH:MM` or `HH:MM:SS`.
fn read_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let mut part = |limit: i64| {
        let part = parts.next()?;
        digits(part.as_bytes()).filter(|&value| part.len() == 2 && value <= limit)
    };
    let (hours, minutes) = (part(24)?, part(59)?);
    let seconds = if text.len() > 5 { part(59)? } else { 0 };
    let time = hours * 3600 + minutes * 60 + seconds;
    (parts.next().is_none() && time <= DAY).then_some(time)
}

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl fmt::Display for LocalDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date(), TimeOfDay(self.0.rem_euclid(DAY)))
    }
}

/// Text in every format, in JSON Schema as well.
macro_rules! as_text {
    ($type:ident, $description:literal, $format:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "description": $description, "examples": [$format]
                })
            }
        }
    };
}
pub(in crate::sla) use as_text;

as_text!(LocalDate, "A date on the wall calendar.", "2026-12-25");
as_text!(TimeOfDay, "A time of day on the wall clock.", "16:00");
as_text!(
    LocalDateTime,
    "A date and time on the wall clock, without a zone.",
    "2026-01-31T12:30:00"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_jiff_writes_them() {
        for day in (FIRST_DAY..=LAST_DAY).step_by(13).chain([FIRST_DAY, LAST_DAY]) {
            let (year, month, date) = civil_from_days(day);
            let truth = jiff::civil::Date::new(year as i16, month as i8, date as i8).unwrap();
            assert_eq!(LocalDate(day).to_string(), truth.to_string());
            assert_eq!(truth.to_string().parse::<LocalDate>().unwrap().days(), day);
        }
    }

    #[test]
    fn what_is_no_local_time_is_named() {
        for text in ["", "2026-1-01", "2026-13-01", "0000-01-01", "2026-01-011", "２026-01-01"] {
            assert!(text.parse::<LocalDate>().is_err(), "{text}");
        }
        for text in ["", "9:00", "24:01", "12:60", "12:00:60", "12:00:00:00", "12:00:", "12:+1"] {
            let error = text.parse::<TimeOfDay>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
        for text in ["2026-01-31", "2026-01-31T", "2026-01-31T12:30:00Z", "T12:30"] {
            assert!(text.parse::<LocalDateTime>().is_err(), "{text}");
        }
        assert_eq!("24:00".parse::<TimeOfDay>().unwrap().as_secs(), DAY);
    }
}
