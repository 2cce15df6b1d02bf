//! Which month, quarter or week of a zone's calendar does an instant belong to?
//!
//! A [`CalendarWindow`] cuts time into [`Period`]s that follow each other without a gap: aligned
//! with the calendar (months from the first, weeks from Monday, ISO 8601) or counted from an
//! anchor. The n-th period starts n durations after the anchor, counted from the anchor itself, so
//! that monthly windows begun on a 31st start on the last of the shorter months and on the 31st
//! again after them; RFC 5545's `FREQ=MONTHLY` would leave those months out, and OpenSLO says
//! nothing.
//!
//! Wall-clock starts become instants as RFC 5545 §3.3.5 says. A period whose every local time the
//! zone skipped (30 December 2011 in Samoa) is empty and is left out of what is listed.
//!
//! Cost: a few look-ups among the zone's changes a period, wherever it lies.

use serde::{Deserialize, Serialize};

use super::NominalDuration;
use crate::sla::civil::DAY;
use crate::sla::zone::{LocalDateTime, Zone, ZoneDatabase};
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// [`CalendarWindow::between`] returns this many at most.
const MOST_PERIODS: usize = 1_000_000;
/// An average month of the Gregorian calendar, in seconds.
const MONTH: i64 = 2_629_746;
const NANOS: i64 = 1_000_000_000;
/// Monday 29 December 1969 and Thursday 1 January 1970.
const MONDAY: i64 = -3 * DAY;
const NEW_YEAR: i64 = 0;

/// A unit of the calendar.
///
/// ```
/// use itom_core::sla::{CalendarUnit, NominalDuration};
/// assert_eq!(NominalDuration::from(CalendarUnit::Quarter), "P3M".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CalendarUnit {
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
    /// From January, April, July, October.
    Quarter,
    /// From January.
    Year,
}

impl From<CalendarUnit> for NominalDuration {
    fn from(unit: CalendarUnit) -> NominalDuration {
        let (months, days) = match unit {
            CalendarUnit::Day => (0, 1),
            CalendarUnit::Week => (0, 7),
            CalendarUnit::Month => (1, 0),
            CalendarUnit::Quarter => (3, 0),
            CalendarUnit::Year => (12, 0),
        };
        NominalDuration::new(months, days, Duration::ZERO).unwrap_or_default()
    }
}

/// Time from `start` up to but not including `end`.
///
/// ```
/// # use itom_core::sla::Period;
/// let period = Period { start: "2026-03-01T00:00:00Z".parse()?, end: "2026-04-01T00:00:00Z".parse()? };
/// assert_eq!(period.length(), "744h".parse()?);
/// assert!(period.contains(period.start) && !period.contains(period.end));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Period {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
}

impl Period {
    /// The time from start to end.
    pub fn length(&self) -> Duration {
        self.end - self.start
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// Windows as they are written: how long, in which zone, and from when on if not from the
/// beginning of a calendar unit.
///
/// ```
/// use itom_core::sla::{CalendarWindow, CalendarWindowDefinition};
///
/// let definition: CalendarWindowDefinition =
///     serde_json::from_str(r#"{"duration": "P1M", "tz": "America/New_York"}"#)?;
/// let windows = CalendarWindow::new(definition).unwrap();
/// let march = windows.containing("2026-03-15T00:00:00Z".parse().unwrap()).unwrap();
/// assert_eq!(march.length(), "743h".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarWindowDefinition {
    /// From start to start.
    pub duration: NominalDuration,
    /// IANA name of the zone whose wall clock counts.
    pub tz: String,
    /// Where one window starts, on the wall clock. Without it windows are aligned with the
    /// calendar: months and days are counted from 1 January 1970, weeks from a Monday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<LocalDateTime>,
}

/// Periods that follow each other on a zone's wall clock.
///
/// ```
/// use itom_core::sla::{CalendarUnit, CalendarWindow, ZoneDatabase};
///
/// let zone = ZoneDatabase::bundled().zone("Europe/Berlin")?;
/// let weeks = CalendarWindow::aligned(CalendarUnit::Week.into(), &zone)?;
/// let week = weeks.containing("2026-03-29T12:00:00Z".parse()?).unwrap();
/// assert_eq!(week.start, "2026-03-22T23:00:00Z".parse()?);
/// assert_eq!(week.length(), "167h".parse()?);
///
/// let months = CalendarWindow::anchored("P1M".parse()?, "2026-01-31T12:30:00".parse()?, &zone)?;
/// assert_eq!(months.nth(1).unwrap().start, "2026-02-28T12:30:00+01:00".parse()?);
/// assert_eq!(months.nth(2).unwrap().start, "2026-03-31T12:30:00+02:00".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CalendarWindow {
    duration: NominalDuration,
    anchor: LocalDateTime,
    zone: Zone,
}

impl CalendarWindow {
    /// Windows after a definition, with the zone rules that are compiled in.
    ///
    /// # Errors
    /// For an unknown zone and a duration of nothing.
    pub fn new(definition: CalendarWindowDefinition) -> Result<CalendarWindow> {
        CalendarWindow::with_zones(definition, &ZoneDatabase::bundled())
    }

    /// Windows after a definition, with zone rules of your own.
    ///
    /// # Errors
    /// As [`CalendarWindow::new`].
    pub fn with_zones(
        definition: CalendarWindowDefinition,
        zones: &ZoneDatabase,
    ) -> Result<CalendarWindow> {
        let zone = zones.zone(&definition.tz)?;
        match definition.start {
            Some(start) => CalendarWindow::anchored(definition.duration, start, &zone),
            None => CalendarWindow::aligned(definition.duration, &zone),
        }
    }

    /// Windows aligned with the calendar: whole weeks start on a Monday, everything else is
    /// counted from the beginning of 1970, so that months, quarters and years start with theirs.
    ///
    /// # Errors
    /// For a duration of nothing.
    pub fn aligned(duration: NominalDuration, zone: &Zone) -> Result<CalendarWindow> {
        let weeks =
            duration.months() == 0 && duration.days().is_multiple_of(7) && duration.days() > 0;
        let anchor = LocalDateTime::from_secs(if weeks { MONDAY } else { NEW_YEAR });
        CalendarWindow::anchored(duration, anchor, zone)
    }

    /// Windows of which one starts at a local time.
    ///
    /// # Errors
    /// For a duration of nothing.
    pub fn anchored(
        duration: NominalDuration,
        start: LocalDateTime,
        zone: &Zone,
    ) -> Result<CalendarWindow> {
        if duration == NominalDuration::default() {
            return Err(Error::invalid("duration", duration, "longer than nothing"));
        }
        Ok(CalendarWindow { duration, anchor: start, zone: zone.clone() })
    }

    /// The zone whose wall clock counts.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// From start to start.
    pub fn duration(&self) -> NominalDuration {
        self.duration
    }

    /// The n-th period from the anchor, 0 for the one that starts there; none where it would begin
    /// or end outside the range of instants.
    pub fn nth(&self, n: i64) -> Option<Period> {
        let start = self.start(n).filter(|&start| start > i64::MIN)?;
        let end = self.start(n.checked_add(1)?)?;
        Some(Period { start: Timestamp::from_nanos(start), end: Timestamp::from_nanos(end) })
    }

    /// The period that an instant lies in; none where that begins or ends outside the range.
    pub fn containing(&self, at: Timestamp) -> Option<Period> {
        self.nth(self.index(at)?)
    }

    /// Which period an instant lies in, counted from the anchor.
    pub fn index(&self, at: Timestamp) -> Option<i64> {
        let at = at.as_nanos();
        let mut n = self.estimate(at)?;
        // The estimate is off by a few: clamped months, leap days, the zone's offset.
        while self.start(n)? > at {
            n = n.checked_sub(1)?;
        }
        while self.start(n.checked_add(1)?)? <= at {
            n += 1;
        }
        Some(n)
    }

    /// The periods that share an instant with the time from `start` to `end`, whole, in order.
    /// None when `end` is not after `start`.
    ///
    /// # Errors
    /// When there are more than a million, and when one reaches outside the range of instants.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> Result<Vec<Period>> {
        let mut periods = Vec::new();
        if end <= start {
            return Ok(periods);
        }
        let outside = || {
            let value = format!("{start} to {end}");
            Error::invalid("start", value, "a period whose windows begin and end in 1678 to 2262")
        };
        let mut n = self.index(start).ok_or_else(outside)?;
        loop {
            let period = self.nth(n).ok_or_else(outside)?;
            if period.start >= end {
                return Ok(periods);
            }
            if periods.len() == MOST_PERIODS {
                let message = format!("more than {MOST_PERIODS} periods between {start} and {end}");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("end"));
            }
            if period.start < period.end {
                periods.push(period);
            }
            n += 1;
        }
    }

    /// The start of the n-th period in nanoseconds; the end of the range stands for what is
    /// beyond, so that the last period has an end.
    fn start(&self, n: i64) -> Option<i64> {
        let whole = if self.duration.as_exact().is_some() { 0 } else { n };
        let seconds = self.zone.resolve(self.shift(whole)?);
        let exact = i128::from(self.duration.exact().as_nanos()) * i128::from(n);
        let nanos = i128::from(seconds) * i128::from(NANOS) + exact;
        i64::try_from(nanos).ok().filter(|&nanos| nanos != i64::MIN)
    }

    /// The anchor n months and days on; none far outside the range.
    fn shift(&self, n: i64) -> Option<i64> {
        let length =
            i64::from(self.duration.months()) * MONTH + i64::from(self.duration.days()) * DAY;
        let limit = 1 << 40;
        let far = length.checked_mul(n).is_none_or(|distance| distance.abs() > limit);
        (!far).then(|| self.duration.shift(self.anchor.as_secs(), n))
    }

    /// About which period an instant lies in.
    fn estimate(&self, at: i64) -> Option<i64> {
        if let Some(exact) = self.duration.as_exact() {
            let origin = i128::from(self.zone.resolve(self.anchor.as_secs())) * i128::from(NANOS);
            let passed = i128::from(at) - origin;
            return i64::try_from(passed.div_euclid(i128::from(exact.as_nanos()))).ok();
        }
        let length = i128::from(self.duration.months()) * i128::from(MONTH * NANOS)
            + i128::from(self.duration.days()) * i128::from(DAY * NANOS)
            + i128::from(self.duration.exact().as_nanos());
        let (local, _) = self.zone.local_nanos(at);
        let passed = i128::from(local - self.anchor.as_secs()) * i128::from(NANOS);
        i64::try_from(passed.div_euclid(length)).ok()
    }
}
