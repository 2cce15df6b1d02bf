//! How long is "a day", "a month", "a day and two hours"? It depends on the zone and the date.
//!
//! A [`NominalDuration`] keeps days and months apart from hours and less, as RFC 5545 §3.3.6 and
//! ISO 8601-1 §5.5.2 do: days and months are *nominal* and move the wall clock, hours are *exact*
//! and pass. `P1D` over a change to daylight saving time is 23 hours, `PT24H` is 24.
//!
//! Text is ISO 8601 (`P1M`, `P2W`, `P1DT2H`, `PT0.5H`; a fraction on the last unit, if that is
//! exact) or the shorthand of OpenSLO (`1M`, `28d`, `1Q`, `90m`: `m` is a minute and `M` a month).
//! Signs are refused: ISO 8601-1 has none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sla::civil::{DAY, add_months};
use crate::sla::zone::{Zone, as_text};
use crate::{Duration, Error, Result, Timestamp};

const NANOS: i128 = 1_000_000_000;
/// Nothing longer fits between the first instant and the last.
const MOST_MONTHS: i128 = 12 * 600;
const MOST_DAYS: i128 = 366 * 600;

/// Months and days on the wall calendar, and an exact time after them.
///
/// ```
/// use itom_core::sla::{NominalDuration, ZoneDatabase};
///
/// let day: NominalDuration = "P1D".parse()?;
/// let zone = ZoneDatabase::bundled().zone("America/New_York")?;
/// let from = "2026-03-07T09:00:00-05:00".parse()?;
/// assert_eq!(day.after(from, &zone), Some("2026-03-08T09:00:00-04:00".parse()?));
/// assert_eq!("PT0.5H".parse::<NominalDuration>()?.as_exact(), Some("30m".parse()?));
/// assert_eq!("2w".parse::<NominalDuration>()?.to_string(), "P14D");
/// assert!("P-1D".parse::<NominalDuration>().is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NominalDuration {
    months: u32,
    days: u32,
    exact: Duration,
}

impl NominalDuration {
    /// Of parts; a year is twelve months, a week seven days.
    ///
    /// # Errors
    /// For a negative exact part, and for what is longer than 600 years.
    pub fn new(months: u32, days: u32, exact: Duration) -> Result<NominalDuration> {
        if exact.is_negative() {
            return Err(Error::invalid("duration", exact, "zero or positive"));
        }
        if i128::from(months) > MOST_MONTHS || i128::from(days) > MOST_DAYS {
            let value = format!("{months} months and {days} days");
            return Err(Error::invalid("duration", value, "600 years at most"));
        }
        Ok(NominalDuration { months, days, exact })
    }

    /// The months.
    pub fn months(&self) -> u32 {
        self.months
    }

    /// The days.
    pub fn days(&self) -> u32 {
        self.days
    }

    /// What passes after months and days were added.
    pub fn exact(&self) -> Duration {
        self.exact
    }

    /// The whole as exact time, if it has no months and days.
    pub fn as_exact(&self) -> Option<Duration> {
        (self.months == 0 && self.days == 0).then_some(self.exact)
    }

    /// The instant this long after another on a zone's wall clock; none beyond the range.
    ///
    /// Months first, clamped to the last day of the month, then days, then the exact time. A wall
    /// time that does not exist is read with the offset before the gap, one that happens twice is
    /// its first occurrence.
    pub fn after(&self, from: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let start = match self.as_exact() {
            Some(_) => from.as_nanos(),
            None => {
                let (local, rest) = zone.local_nanos(from.as_nanos());
                let nanos = i128::from(zone.resolve(self.shift(local, 1))) * NANOS;
                i64::try_from(nanos + i128::from(rest)).ok()?
            }
        };
        Timestamp::from_nanos(start).checked_add(self.exact)
    }

    /// `count` times the nominal part after a local time, both in seconds.
    pub(super) fn shift(&self, local: i64, count: i64) -> i64 {
        let months = i64::from(self.months) * count;
        let day = add_months(local.div_euclid(DAY), months) + i64::from(self.days) * count;
        day * DAY + local.rem_euclid(DAY)
    }
}

impl FromStr for NominalDuration {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let read = match text.strip_prefix('P') {
            Some(rest) => read_iso(rest),
            None => read_shorthand(text),
        };
        let expected = "an unsigned ISO 8601 duration such as P1M, P1DT2H or PT4H30M, or a \
                        shorthand such as 1M, 28d or 90m; only hours and less take a fraction";
        read.ok_or_else(|| Error::invalid("duration", format!("{text:?}"), expected))
    }
}

/// What a unit is worth: months, days, or nanoseconds.
#[derive(Clone, Copy)]
enum Unit {
    Months(i128),
    Days(i128),
    Exact(i128),
}

const HOUR: i128 = 3600 * NANOS;
/// Units of ISO 8601 before and after the `T`, and of the shorthand, each in the order demanded.
const DATE_UNITS: [(char, Unit); 4] =
    [('Y', Unit::Months(12)), ('M', Unit::Months(1)), ('W', Unit::Days(7)), ('D', Unit::Days(1))];
const TIME_UNITS: [(char, Unit); 3] =
    [('H', Unit::Exact(HOUR)), ('M', Unit::Exact(60 * NANOS)), ('S', Unit::Exact(NANOS))];
const SHORT_UNITS: [(char, Unit); 8] = [
    ('Y', Unit::Months(12)),
    ('Q', Unit::Months(3)),
    ('M', Unit::Months(1)),
    ('w', Unit::Days(7)),
    ('d', Unit::Days(1)),
    ('h', Unit::Exact(HOUR)),
    ('m', Unit::Exact(60 * NANOS)),
    ('s', Unit::Exact(NANOS)),
];

/// Sums of what was read so far.
#[derive(Default)]
struct Sums {
    months: i128,
    days: i128,
    nanos: i128,
}

impl Sums {
    /// Takes `12.5` of a unit; a fraction only of what can be split.
    fn add(&mut self, number: &str, unit: Unit) -> Option<()> {
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (number, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || number.len() > 24 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let count: i128 = whole.parse().ok()?;
        match unit {
            Unit::Exact(nanos) => {
                let scale = 10i128.pow(fraction.len() as u32);
                let part = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
                self.nanos += count.checked_mul(nanos)? + part * nanos / scale;
            }
            _ if !fraction.is_empty() => return None,
            Unit::Months(months) => self.months += count.checked_mul(months)?,
            Unit::Days(days) => self.days += count.checked_mul(days)?,
        }
        Some(())
    }

    fn finish(self) -> Option<NominalDuration> {
        if self.months > MOST_MONTHS || self.days > MOST_DAYS {
            return None;
        }
        let exact = Duration::from_nanos(i64::try_from(self.nanos).ok()?);
        NominalDuration::new(self.months as u32, self.days as u32, exact).ok()
    }
}

fn read_iso(text: &str) -> Option<NominalDuration> {
    let mut sums = Sums::default();
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None if text.is_empty() => return None,
        None => (text, ""),
    };
    read_units(date, &DATE_UNITS, &mut sums)?;
    read_units(time, &TIME_UNITS, &mut sums)?;
    sums.finish()
}

fn read_shorthand(text: &str) -> Option<NominalDuration> {
    let mut sums = Sums::default();
    if text.is_empty() {
        return None;
    }
    read_units(text, &SHORT_UNITS, &mut sums)?;
    sums.finish()
}

/// Numbers with their units, each at most once and in order; a fraction in the last one only.
fn read_units(mut text: &str, mut units: &[(char, Unit)], sums: &mut Sums) -> Option<()> {
    while !text.is_empty() {
        let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let letter = text[end..].chars().next()?;
        let place = units.iter().position(|unit| unit.0 == letter)?;
        let number = &text[..end];
        sums.add(number, units[place].1)?;
        text = &text[end + 1..];
        if number.contains(['.', ',']) && !text.is_empty() {
            return None;
        }
        units = &units[place + 1..];
    }
    Some(())
}

/// ISO 8601: `P1Y2M14DT4H30M`, and `PT0S` for no time at all.
impl fmt::Display for NominalDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        let dates = [(self.months / 12, 'Y'), (self.months % 12, 'M'), (self.days, 'D')];
        for (count, unit) in dates.into_iter().filter(|part| part.0 > 0) {
            write!(f, "{count}{unit}")?;
        }
        let exact = self.exact.to_string();
        let none = self.exact == Duration::ZERO && (self.months > 0 || self.days > 0);
        f.write_str(if none { "" } else { exact.strip_prefix('P').unwrap_or(&exact) })
    }
}

as_text!(
    NominalDuration,
    "An ISO 8601 duration, days and months nominal, hours and less exact; or a shorthand: 28d, 1M.",
    "P1M"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_iso_8601_and_openslo_write_it() {
        for (text, months, days, seconds) in [
            ("PT4H30M", 0, 0, 16_200),
            ("P1DT2H", 0, 1, 7200),
            ("P2W", 0, 14, 0),
            ("P1Y2M3W4D", 14, 25, 0),
            ("PT0,5H", 0, 0, 1800),
            ("PT1M0.5S", 0, 0, 60),
            ("P1M", 1, 0, 0),
            ("PT1M", 0, 0, 60),
            ("1M", 1, 0, 0),
            ("1m", 0, 0, 60),
            ("1Q", 3, 0, 0),
            ("1w", 0, 7, 0),
            ("1d12h", 0, 1, 43_200),
            ("PT36H", 0, 0, 129_600),
        ] {
            let read: NominalDuration = text.parse().unwrap();
            let exact = read.exact().as_nanos() / 1_000_000_000;
            assert_eq!((read.months(), read.days(), exact), (months, days, seconds), "{text}");
            assert_eq!(read.to_string().parse::<NominalDuration>().unwrap(), read, "{text}");
        }
        assert_eq!(NominalDuration::default().to_string(), "PT0S");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "P-1D",
            "-P1D",
            "+P1D",
            "PT-1H",
            "P1",
            "P1D2",
            "PT1H30",
            "P1H",
            "P1.5D",
            "P0.5M",
            "PT1.5H30M",
            "PT.5H",
            "PT1.H",
            "P2D1W",
            "P1D1D",
            "p1d",
            "1M2",
            "1x",
            "1 d",
            "P１D",
            "P1DT2H ",
            "d",
            "PT99999999999999999999999H",
            "P99999Y",
            "P999999D",
            "12h1d",
            "P1.0W",
        ] {
            let error = text.parse::<NominalDuration>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{text}: {error}");
        }
    }
}
