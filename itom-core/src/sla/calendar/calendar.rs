//! When does the clock count? Open time between instants, deadlines, and the windows themselves.
//!
//! A [`Calendar`] is compiled once from a [`CalendarDefinition`]: into segments that cover every
//! instant, and into a table of all windows from 2000 to 2050 on top, for speed only: both give the
//! same answers. After that [`Calendar::elapsed`] and [`Calendar::deadline`] are two look-ups each,
//! for an hour as for a century. Wall-clock rules resolve as RFC 5545 §3.3.5 says; after the last
//! change a zone has on record its rule goes on to the end of the range, the year 2262.
//!
//! Definitions: *elapsed* is physical time inside open windows, signed. The *deadline* is the
//! earliest instant by which the wanted time has elapsed, so a day's work begun at nine is due at
//! closing time, not at the next opening. Leap seconds are not counted (POSIX).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile::compile;
use super::definition::CalendarDefinition;
use super::near::Near;
use super::rules::Rules;
use super::timeline::Timeline;
use crate::sla::zone::ZoneDatabase;
use crate::{Duration, Error, ErrorKind, Result, Timestamp};

/// [`Calendar::windows`] returns this many at most.
const MOST_WINDOWS: usize = 1_000_000;

/// A compiled calendar. Cloning is cheap: clones share the compiled table.
///
/// ```
/// use itom_core::{Duration, Timestamp, sla::Calendar};
///
/// let calendar = Calendar::from_json(
///     r#"{"tz": "Europe/Berlin",
///         "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]],
///                    "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]],
///                    "fri": [["09:00", "17:00"]]},
///         "holidays": ["2026-12-25"]}"#,
/// )?;
/// let friday: Timestamp = "2026-06-19T16:00:00+02:00".parse()?;
/// let due = calendar.deadline(friday, Duration::from_secs(4 * 3600))?;
/// assert_eq!(due, Some("2026-06-22T12:00:00+02:00".parse()?));
/// assert_eq!(calendar.elapsed(friday, due.unwrap()), Duration::from_secs(4 * 3600));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "CalendarDefinition", into = "CalendarDefinition")]
pub struct Calendar {
    compiled: Arc<Compiled>,
}

struct Compiled {
    definition: CalendarDefinition,
    zones: ZoneDatabase,
    near: Near,
    timeline: Timeline,
}

/// An open interval `[opens, closes)`.
///
/// ```
/// # use itom_core::sla::Calendar;
/// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
/// let windows =
///     calendar.windows("2026-06-15T12:00:00Z".parse()?, "2026-06-30T00:00:00Z".parse()?)?;
/// assert_eq!(windows[0].opens, "2026-06-15T12:00:00Z".parse()?);
/// assert_eq!(windows[1].opens, "2026-06-22T09:00:00Z".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Window {
    /// The first open instant.
    pub opens: Timestamp,
    /// The first instant after.
    pub closes: Timestamp,
}

impl Calendar {
    /// Compiles a definition: some hundred microseconds, or as long as its special dates are many.
    ///
    /// # Errors
    /// Names the first value that is not valid: an unknown zone or weekday, a malformed time, a
    /// reversed or overlapping window, an impossible date.
    pub fn new(definition: CalendarDefinition) -> Result<Calendar> {
        Calendar::with_zones(definition, &ZoneDatabase::bundled())
    }

    /// Compiles a definition with zone rules of your own.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn with_zones(definition: CalendarDefinition, zones: &ZoneDatabase) -> Result<Calendar> {
        let rules = Rules::read(&definition)?;
        let timeline = compile(rules, &zones.zone(&definition.tz)?)?;
        let zones = zones.clone();
        let near = Near::new(&timeline);
        Ok(Calendar { compiled: Arc::new(Compiled { definition, zones, near, timeline }) })
    }

    /// Reads a definition from JSON and compiles it.
    ///
    /// # Errors
    /// As [`Calendar::new`], and for text that is no such document.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let error = Calendar::from_json(r#"{"tz": "Mars/Olympus_Mons"}"#).unwrap_err();
    /// assert_eq!(error.argument(), Some("tz"));
    /// ```
    pub fn from_json(json: &str) -> Result<Calendar> {
        Calendar::new(crate::read_json(json, "definition")?)
    }

    /// The definition it was compiled from.
    pub fn definition(&self) -> &CalendarDefinition {
        &self.compiled.definition
    }

    /// The release of the IANA time zone database it was compiled with, such as `2026f`.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// assert!(Calendar::from_json(r#"{"tz": "UTC"}"#)?.tz_version().starts_with("20"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn tz_version(&self) -> &str {
        self.compiled.zones.version()
    }

    /// The zone rules it was compiled with.
    pub fn zones(&self) -> &ZoneDatabase {
        &self.compiled.zones
    }

    /// The same calendar under other zone rules: a newer release, or the host's own.
    ///
    /// # Errors
    /// When its zone is not among them.
    pub fn recompiled(&self, zones: &ZoneDatabase) -> Result<Calendar> {
        Calendar::with_zones(self.definition().clone(), zones)
    }

    /// Bytes of memory the compiled table holds.
    pub fn size(&self) -> usize {
        self.compiled.near.size() + self.compiled.timeline.size()
    }

    /// Open time from `start` to `end`; negative when `end` is before `start`. Held to the range
    /// of [`Duration`], which only spans of more than 292 years of open time leave.
    pub fn elapsed(&self, start: Timestamp, end: Timestamp) -> Duration {
        Duration::from_nanos(self.compiled.elapsed(start.as_nanos(), end.as_nanos()))
    }

    /// The earliest instant at or after `start` by which `duration` has elapsed; none if the
    /// calendar does not open that long before the end of the range. No time at all is over at
    /// `start`, open or not.
    ///
    /// # Errors
    /// For a negative duration: see [`Calendar::deadline_back`].
    pub fn deadline(&self, start: Timestamp, duration: Duration) -> Result<Option<Timestamp>> {
        check_duration(duration.as_nanos())?;
        let due = self.compiled.deadline(start.as_nanos(), duration.as_nanos());
        Ok(due.map(Timestamp::from_nanos))
    }

    /// The latest instant at or before `end` from which `duration` elapses until `end`; none if
    /// the calendar was not open that long since the beginning of the range.
    ///
    /// # Errors
    /// For a negative duration.
    ///
    /// ```
    /// # use itom_core::{Duration, sla::Calendar};
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let start =
    ///     calendar.deadline_back("2026-06-22T10:00:00Z".parse()?, Duration::from_secs(7200))?;
    /// assert_eq!(start, Some("2026-06-19T16:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn deadline_back(&self, end: Timestamp, duration: Duration) -> Result<Option<Timestamp>> {
        check_duration(duration.as_nanos())?;
        let start = self.compiled.deadline_back(end.as_nanos(), duration.as_nanos());
        Ok(start.map(Timestamp::from_nanos))
    }

    /// Whether the calendar is open at `instant`; windows are half-open, so it is not at closing
    /// time.
    pub fn is_open(&self, instant: Timestamp) -> bool {
        self.compiled.is_open(instant.as_nanos())
    }

    /// The open intervals between `start` and `end`, cut to that span; windows that touch are one.
    /// None when `end` is not after `start`.
    ///
    /// # Errors
    /// When there are more than a million: ask for a shorter span.
    pub fn windows(&self, start: Timestamp, end: Timestamp) -> Result<Vec<Window>> {
        let mut windows: Vec<Window> = Vec::new();
        let mut at = start.as_nanos();
        while let Some((opens, closes)) = self.compiled.timeline.next_open(at, end.as_nanos()) {
            at = closes;
            let closes = Timestamp::from_nanos(closes);
            if let Some(last) = windows.last_mut().filter(|last| last.closes.as_nanos() == opens) {
                last.closes = closes;
                continue;
            }
            if windows.len() == MOST_WINDOWS {
                let message = format!("more than {MOST_WINDOWS} windows between {start} and {end}");
                return Err(Error::new(ErrorKind::LimitExceeded, message).about("end"));
            }
            windows.push(Window { opens: Timestamp::from_nanos(opens), closes });
        }
        Ok(windows)
    }

    /// [`Calendar::elapsed`] of many pairs, as nanoseconds.
    ///
    /// # Errors
    /// When the two are of different length.
    pub fn elapsed_all(&self, starts: &[i64], ends: &[i64]) -> Result<Vec<i64>> {
        check_lengths("ends", ends.len(), starts.len())?;
        let pairs = starts.iter().zip(ends);
        Ok(pairs.map(|(&start, &end)| self.compiled.elapsed(start, end)).collect())
    }

    /// [`Calendar::deadline`] of many pairs, as nanoseconds; `i64::MIN`, numpy's "not a time",
    /// where there is none.
    ///
    /// # Errors
    /// When the two are of different length, or a duration is negative.
    pub fn deadline_all(&self, starts: &[i64], durations: &[i64]) -> Result<Vec<i64>> {
        check_lengths("durations", durations.len(), starts.len())?;
        durations.iter().try_for_each(|&duration| check_duration(duration))?;
        let pairs = starts.iter().zip(durations);
        Ok(pairs.map(|(&at, &d)| self.compiled.deadline(at, d).unwrap_or(i64::MIN)).collect())
    }

    /// [`Calendar::deadline_back`] of many pairs, as [`Calendar::deadline_all`].
    ///
    /// # Errors
    /// When the two are of different length, or a duration is negative.
    pub fn deadline_back_all(&self, ends: &[i64], durations: &[i64]) -> Result<Vec<i64>> {
        check_lengths("durations", durations.len(), ends.len())?;
        durations.iter().try_for_each(|&duration| check_duration(duration))?;
        let pairs = ends.iter().zip(durations);
        Ok(pairs.map(|(&at, &d)| self.compiled.deadline_back(at, d).unwrap_or(i64::MIN)).collect())
    }

    /// [`Calendar::is_open`] at many instants.
    pub fn is_open_all(&self, instants: &[i64]) -> Vec<bool> {
        instants.iter().map(|&instant| self.compiled.is_open(instant)).collect()
    }

    /// Open time from 1970 to an instant, negative before: the difference of two is what elapsed
    /// between them. Nanoseconds.
    #[inline]
    pub(in crate::sla) fn open_until(&self, at: i64) -> i64 {
        self.compiled.open_until(at)
    }

    /// The earliest instant at which [`Calendar::open_until`] has grown to `open`.
    #[inline]
    pub(in crate::sla) fn open_reached(&self, open: i64) -> Option<i64> {
        self.compiled.earliest(open)
    }
}

impl Compiled {
    #[inline]
    fn open_until(&self, at: i64) -> i64 {
        match self.near.open_until(at) {
            Some(open) => open,
            None => far_open_until(&self.timeline, at),
        }
    }

    #[inline]
    fn earliest(&self, open: i64) -> Option<i64> {
        match self.near.earliest(open) {
            Some(at) => Some(at),
            None => far_earliest(&self.timeline, open),
        }
    }

    #[inline]
    fn latest(&self, open: i64) -> Option<i64> {
        match self.near.latest(open) {
            Some(at) => Some(at),
            None => self.timeline.latest(open),
        }
    }

    #[inline]
    fn is_open(&self, at: i64) -> bool {
        match self.near.is_open(at) {
            Some(open) => open,
            None => self.timeline.is_open(at),
        }
    }

    #[inline]
    fn elapsed(&self, start: i64, end: i64) -> i64 {
        let elapsed = self.open_until(end).saturating_sub(self.open_until(start));
        // The least i64 is no duration to numpy and C.
        elapsed.max(-i64::MAX)
    }

    #[inline]
    fn deadline(&self, start: i64, duration: i64) -> Option<i64> {
        if duration == 0 {
            return Some(start);
        }
        self.earliest(self.open_until(start).checked_add(duration)?)
    }

    #[inline]
    fn deadline_back(&self, end: i64, duration: i64) -> Option<i64> {
        if duration == 0 {
            return Some(end);
        }
        self.latest(self.open_until(end).checked_sub(duration)?)
    }
}

#[cold]
#[inline(never)]
fn far_open_until(timeline: &Timeline, at: i64) -> i64 {
    timeline.open_until(at)
}

#[cold]
#[inline(never)]
fn far_earliest(timeline: &Timeline, open: i64) -> Option<i64> {
    timeline.earliest(open)
}

fn check_duration(nanos: i64) -> Result<()> {
    if nanos < 0 {
        let duration = Duration::from_nanos(nanos);
        return Err(Error::invalid("duration", duration, "zero or positive"));
    }
    Ok(())
}

fn check_lengths(argument: &str, length: usize, expected: usize) -> Result<()> {
    if length != expected {
        let expected = format!("as many as the instants, {expected}");
        return Err(Error::invalid(argument, length, expected));
    }
    Ok(())
}

/// Two calendars are equal when they say the same in the same release of the zone database.
impl PartialEq for Calendar {
    fn eq(&self, other: &Calendar) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled)
            || (self.compiled.definition == other.compiled.definition
                && self.compiled.zones == other.compiled.zones)
    }
}

impl Eq for Calendar {}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Calendar").field(&self.compiled.definition).finish()
    }
}

impl TryFrom<CalendarDefinition> for Calendar {
    type Error = Error;
    fn try_from(definition: CalendarDefinition) -> Result<Calendar> {
        Calendar::new(definition)
    }
}

impl From<Calendar> for CalendarDefinition {
    fn from(calendar: Calendar) -> CalendarDefinition {
        calendar.definition().clone()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Calendar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        CalendarDefinition::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        CalendarDefinition::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    fn weekly(windows: &str) -> String {
        DAYS.map(|day| format!("\"{day}\":[{windows}]")).join(",")
    }

    /// The table of the near years and the segments for all years say the same.
    #[test]
    fn near_and_far_agree() {
        let dense: Vec<String> =
            (0..9).map(|hour| format!("[\"{hour:02}:00\",\"{hour:02}:0{hour}:30\"]")).collect();
        let thousand: Vec<String> = (0..1000)
            .map(|m| format!("[\"{:02}:{:02}\",\"{0:02}:{1:02}:30\"]", m / 60, m % 60))
            .collect();
        for (tz, week) in [
            ("America/New_York", weekly(r#"["09:00","17:00"]"#)),
            ("Australia/Lord_Howe", weekly(r#"["01:00","04:00"],["22:00","25:00"]"#)),
            ("Europe/Dublin", r#""sun":[["00:30","02:10"],["02:20","03:00"]]"#.to_owned()),
            ("Africa/Casablanca", weekly(&dense[..3].join(","))),
            ("Pacific/Apia", weekly(&dense.join(","))),
            ("UTC", weekly(r#"["00:00","24:00"]"#)),
            ("UTC", String::new()),
            ("UTC", weekly(&thousand.join(","))),
        ] {
            let calendar =
                Calendar::from_json(&format!(r#"{{"tz":"{tz}","weekly":{{{week}}}}}"#)).unwrap();
            let Compiled { near, timeline, .. } = &*calendar.compiled;
            let (from, until) = (946_684_800_000_000_000, 2_524_608_000_000_000_000);
            let random = (0..20_000u64).map(|n| {
                let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                from + (mixed % 1_577_923_200_000_000_000) as i64
            });
            let grid = (0..20_000).map(|n| from + n * 600_000_000_000);
            for at in random.chain(grid).chain([from - 1, from, until - 1, until, until + 1]) {
                for at in [at - 1, at, at + 1] {
                    let open = timeline.open_until(at);
                    assert_eq!(near.open_until(at).unwrap_or(open), open, "{tz} {at}");
                    let is_open = timeline.is_open(at);
                    assert_eq!(near.is_open(at).unwrap_or(is_open), is_open, "{tz} {at}");
                    let earliest = near.earliest(open).or(timeline.earliest(open));
                    assert_eq!(earliest, timeline.earliest(open), "{tz} {at}");
                    let latest = near.latest(open).or(timeline.latest(open));
                    assert_eq!(latest, timeline.latest(open), "{tz} {at}");
                }
            }
        }
    }
}
