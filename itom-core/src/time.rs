//! Instants and durations: integer nanoseconds, exact, the same in every language.
//!
//! A [`Timestamp`] is nanoseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX), which
//! spans 1677-09-21 to 2262-04-11; a [`Duration`] is a signed number of nanoseconds. As JSON they
//! are text — RFC 3339 and ISO 8601 — and in snapshots integers. The library never asks for the
//! time: the caller passes it.
//!
//! In a format that is not for people both are written as a named newtype around an integer:
//! transparent in CBOR, and a binding recognises the name and makes its own language's type.
//!
//! Text is read and written by jiff; the feature `chrono` adds conversions for chrono's types.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use itom_core::{Duration, Timestamp};
///
/// let start: Timestamp = "2026-06-15T10:00:00+02:00".parse()?;
/// assert_eq!(start.to_string(), "2026-06-15T08:00:00Z");
/// assert_eq!((start + Duration::from_secs(90)) - start, Duration::from_secs(90));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A signed length of time in nanoseconds.
///
/// Text is ISO 8601 (`PT4H30M`) or the friendly form (`4h30m`, `90s`, `1h 15m`); a plain JSON
/// number is a number of seconds. Days and longer are refused: their length depends on a calendar.
///
/// ```
/// use itom_core::Duration;
///
/// assert_eq!("4h30m".parse::<Duration>()?, Duration::from_secs(16_200));
/// assert_eq!(Duration::from_secs(16_200).to_string(), "PT4H30M");
/// assert!("1d".parse::<Duration>().is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Timestamp {
    /// The first instant that can be said: 1677-09-21T00:12:43.145224193Z.
    pub const MIN: Timestamp = Timestamp(i64::MIN + 1);
    /// The last instant that can be said: 2262-04-11T23:47:16.854775807Z.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// From nanoseconds since 1970. `i64::MIN`, which numpy reads as "not a time", is taken as the
    /// instant just after it; the bindings refuse it before it gets here.
    pub const fn from_nanos(nanos: i64) -> Self {
        Timestamp(if nanos == i64::MIN { i64::MIN + 1 } else { nanos })
    }

    /// From whole seconds since 1970, held to the range that can be said.
    pub const fn from_secs(seconds: i64) -> Self {
        Timestamp::from_nanos(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds since 1970.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The instant `duration` later, or `None` past the range.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration.0).filter(|&nanos| nanos != i64::MIN).map(Timestamp)
    }

    /// The instant `duration` earlier, or `None` past the range.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration.0).filter(|&nanos| nanos != i64::MIN).map(Timestamp)
    }

    /// The instant `duration` later, held to the range.
    pub fn saturating_add(self, duration: Duration) -> Self {
        Timestamp::from_nanos(self.0.saturating_add(duration.0))
    }

    /// The time from `earlier` to `self`, held to the range of [`Duration`].
    pub fn saturating_since(self, earlier: Timestamp) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// The longest duration, about 292 years.
    pub const MAX: Duration = Duration(i64::MAX);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Duration(nanos)
    }

    /// From whole seconds, held to the range that can be said.
    pub const fn from_secs(seconds: i64) -> Self {
        Duration(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// From seconds with a fraction, rounded to the nanosecond; NaN and what does not fit is an
    /// error.
    pub fn try_from_secs_f64(seconds: f64) -> Result<Self> {
        let nanos = (seconds * 1e9).round();
        if !nanos.is_finite() || nanos.abs() >= 9.2e18 {
            let expected = "a finite number of seconds within 292 years";
            return Err(Error::invalid("duration", seconds, expected));
        }
        Ok(Duration(nanos as i64))
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Seconds as a float: for ratios and pictures, not for arithmetic that must be exact.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// The sum, or `None` past the range.
    pub fn checked_add(self, other: Duration) -> Option<Self> {
        self.0.checked_add(other.0).map(Duration)
    }

    /// The difference, or `None` past the range.
    pub fn checked_sub(self, other: Duration) -> Option<Self> {
        self.0.checked_sub(other.0).map(Duration)
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// Instants and durations near the ends of their range saturate; `checked_*` tells instead.
impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, duration: Duration) -> Timestamp {
        self.saturating_add(duration)
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, duration: Duration) -> Timestamp {
        Timestamp::from_nanos(self.0.saturating_sub(duration.0))
    }
}

impl std::ops::Sub for Timestamp {
    type Output = Duration;
    fn sub(self, earlier: Timestamp) -> Duration {
        self.saturating_since(earlier)
    }
}

impl std::ops::Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Duration {
    type Output = Duration;
    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Duration {
    type Output = Duration;
    fn neg(self) -> Duration {
        Duration(self.0.saturating_neg())
    }
}

/// RFC 3339 in UTC, with as many decimals as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant =
            jiff::Timestamp::from_nanosecond(i128::from(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{instant}")
    }
}

impl FromStr for Timestamp {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let expected = "an RFC 3339 instant with offset, such as 2026-06-15T10:00:00Z";
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| Error::invalid("timestamp", format!("{text:?}"), expected))?;
        i64::try_from(instant.as_nanosecond())
            .map(Timestamp::from_nanos)
            .map_err(|_| Error::invalid("timestamp", text, "between 1677-09-21 and 2262-04-11"))
    }
}

/// ISO 8601, hours at most: `PT36H`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", jiff::SignedDuration::from_nanos(self.0))
    }
}

impl FromStr for Duration {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let expected = "a duration such as 4h30m or PT4H30M (hours at most, days need a calendar)";
        let duration: jiff::SignedDuration =
            text.parse().map_err(|_| Error::invalid("duration", format!("{text:?}"), expected))?;
        i64::try_from(duration.as_nanos())
            .map(Duration)
            .map_err(|_| Error::invalid("duration", text, "within 292 years"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_newtype_struct("Timestamp", &self.0)
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_newtype_struct("Duration", &self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Timestamp::from_nanos)
        }
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(DurationVisitor)
        } else {
            i64::deserialize(deserializer).map(Duration)
        }
    }
}

/// Text, or a number of seconds.
struct DurationVisitor;

impl de::Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"4h30m\", or a number of seconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Duration, E> {
        let nanos = seconds.checked_mul(NANOS_PER_SECOND);
        nanos.map(Duration).ok_or_else(|| {
            E::custom(Error::invalid("duration", seconds, "within 292 years of seconds"))
        })
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
        self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Duration, E> {
        Duration::try_from_secs_f64(seconds).map_err(E::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date-time",
            "description": "An RFC 3339 instant; results are in UTC."
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"], "examples": ["PT4H30M", "4h30m", 16200],
            "description": "ISO 8601 or friendly text, hours at most; a number is seconds."
        })
    }
}

#[cfg(feature = "chrono")]
mod chrono_types {
    use super::{Duration, Timestamp};
    use crate::{Error, Result};

    impl<Zone: chrono::TimeZone> TryFrom<chrono::DateTime<Zone>> for Timestamp {
        type Error = Error;
        fn try_from(instant: chrono::DateTime<Zone>) -> Result<Self> {
            instant.timestamp_nanos_opt().map(Timestamp::from_nanos).ok_or_else(|| {
                let expected = "between 1677-09-21 and 2262-04-11";
                Error::invalid("timestamp", instant.naive_utc(), expected)
            })
        }
    }

    impl From<Timestamp> for chrono::DateTime<chrono::Utc> {
        fn from(instant: Timestamp) -> Self {
            chrono::DateTime::from_timestamp_nanos(instant.as_nanos())
        }
    }

    impl TryFrom<chrono::TimeDelta> for Duration {
        type Error = Error;
        fn try_from(delta: chrono::TimeDelta) -> Result<Self> {
            delta
                .num_nanoseconds()
                .map(Duration::from_nanos)
                .ok_or_else(|| Error::invalid("duration", delta, "within 292 years"))
        }
    }

    impl From<Duration> for chrono::TimeDelta {
        fn from(duration: Duration) -> Self {
            chrono::TimeDelta::nanoseconds(duration.as_nanos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_at_the_ends_of_the_range() {
        for instant in [Timestamp::MIN, Timestamp::MAX, Timestamp::from_nanos(-1)] {
            assert_eq!(instant.to_string().parse::<Timestamp>().unwrap(), instant);
        }
        for nanos in [i64::MIN, -1, 0, 1, i64::MAX] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(duration.to_string().parse::<Duration>().unwrap(), duration);
        }
    }

    #[test]
    fn what_is_no_instant_is_named() {
        for text in ["yesterday", "2026-06-15T10:00:00", "2026-02-30T00:00:00Z", ""] {
            let error = text.parse::<Timestamp>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
        assert!("9999-01-01T00:00:00Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn json_takes_text_and_seconds() {
        let read = |text| serde_json::from_str::<Duration>(text);
        assert_eq!(read("\"90m\"").unwrap(), Duration::from_secs(5400));
        assert_eq!(read("90").unwrap(), Duration::from_secs(90));
        assert_eq!(read("0.5").unwrap(), Duration::from_nanos(500_000_000));
        assert!(read("1e300").is_err());
        assert!(read("\"2d\"").is_err());
    }
}
