//! What does another release of the time zone database change?
//!
//! [`ZoneDatabase::differences`] lists the zones whose offsets differ and when;
//! [`Calendar::differences`] the time that is open under one calendar and not under the other. The
//! first costs reading every zone whose bytes differ, the second the windows of both calendars.

use serde::{Deserialize, Serialize};

use super::{Zone, ZoneDatabase};
use crate::sla::Calendar;
use crate::sla::interval::{self, Interval};
use crate::{Duration, Result, Timestamp};

/// A zone that two releases do not agree on.
///
/// ```
/// # use itom_core::sla::{ZoneChange, ZoneDifference};
/// let json = r#"{"zone": "America/Vancouver", "change": "moved", "spans": [
///     {"start": "2026-11-01T09:00:00Z", "end": "2027-03-14T10:00:00Z", "before": "-PT8H", "after": "-PT7H"}]}"#;
/// let difference: ZoneDifference = serde_json::from_str(json)?;
/// assert_eq!(difference.change, ZoneChange::Moved);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZoneDifference {
    /// Its IANA name.
    pub zone: String,
    /// How they differ.
    pub change: ZoneChange,
    /// When the offsets differ; none for a zone that one of the two does not have.
    pub spans: Vec<OffsetSpan>,
}

/// How two releases differ on a zone.
///
/// ```
/// # use itom_core::sla::ZoneChange;
/// assert_eq!(serde_json::to_string(&ZoneChange::Added)?, r#""added""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ZoneChange {
    /// It has other offsets.
    Moved,
    /// The other release has it and this one has not.
    Added,
    /// This release has it and the other has not.
    Removed,
}

/// A time during which two releases give a zone different offsets.
///
/// ```
/// # use itom_core::sla::OffsetSpan;
/// let json = r#"{"start": "2026-11-01T09:00:00Z", "end": "2027-03-14T10:00:00Z",
///                "before": "-PT8H", "after": "-PT7H"}"#;
/// assert!(serde_json::from_str::<OffsetSpan>(json)?.before.is_negative());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OffsetSpan {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// East of UTC under this release.
    pub before: Duration,
    /// East of UTC under the other.
    pub after: Duration,
}

/// A time that is open under one of two calendars only.
///
/// ```
/// # use itom_core::sla::WindowDifference;
/// let json = r#"{"start": "2026-11-02T16:00:00Z", "end": "2026-11-02T17:00:00Z", "open": true}"#;
/// assert!(serde_json::from_str::<WindowDifference>(json)?.open);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowDifference {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
    /// Whether it is the other calendar that is open.
    pub open: bool,
}

impl ZoneDatabase {
    /// The zones, in the order of their names, whose offsets in another release differ from this
    /// one's at some instant from `start` to `end`, or that only one of the two has. Releases are
    /// built with different histories before 1970: ask from there on.
    ///
    /// # Errors
    /// For a file that cannot be read, which cannot be in a database that was checked.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::ZoneDatabase};
    /// let zones = ZoneDatabase::bundled();
    /// assert_eq!(zones.differences(&zones.clone(), Timestamp::MIN, Timestamp::MAX)?, []);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn differences(
        &self,
        other: &ZoneDatabase,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<ZoneDifference>> {
        let mut names: Vec<&str> = self.names().chain(other.names()).collect();
        names.sort_unstable();
        names.dedup_by(|one, two| one.eq_ignore_ascii_case(two));
        let mut differences = Vec::new();
        for name in names {
            let (change, spans) = match (self.file(name), other.file(name)) {
                (Some(ours), Some(theirs)) if ours.1 == theirs.1 => continue,
                (Some(_), Some(_)) => {
                    let spans = self.zone(name)?.differing(&other.zone(name)?, start, end);
                    (ZoneChange::Moved, spans)
                }
                (Some(_), None) => (ZoneChange::Removed, Vec::new()),
                (None, _) => (ZoneChange::Added, Vec::new()),
            };
            if change != ZoneChange::Moved || !spans.is_empty() {
                differences.push(ZoneDifference { zone: name.to_owned(), change, spans });
            }
        }
        Ok(differences)
    }
}

impl Zone {
    /// When two zones' offsets differ.
    fn differing(&self, other: &Zone, start: Timestamp, end: Timestamp) -> Vec<OffsetSpan> {
        let mut bounds: Vec<Timestamp> = [self, other]
            .iter()
            .flat_map(|zone| zone.changes(start, end))
            .map(|change| change.at)
            .chain([start, end])
            .collect();
        bounds.sort_unstable();
        bounds.dedup();
        let mut spans: Vec<OffsetSpan> = Vec::new();
        for bounds in bounds.windows(2).filter(|bounds| start <= bounds[0] && bounds[1] <= end) {
            let (start, end) = (bounds[0], bounds[1]);
            let (before, after) = (self.offset(start), other.offset(start));
            let goes_on = |last: &&mut OffsetSpan| {
                last.end == start && (last.before, last.after) == (before, after)
            };
            if before == after {
                continue;
            }
            match spans.last_mut().filter(goes_on) {
                Some(last) => last.end = end,
                None => spans.push(OffsetSpan { start, end, before, after }),
            }
        }
        spans
    }
}

impl Calendar {
    /// The time between `start` and `end` that is open under one of two calendars only, in order:
    /// what another release of the zone database, or another definition, changes.
    ///
    /// # Errors
    /// As [`Calendar::windows`].
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let of = |hours: &str| Calendar::from_json(
    ///     &format!(r#"{{"tz": "UTC", "weekly": {{"mon": [{hours}]}}}}"#));
    /// let (old, new) = (of(r#"["09:00", "17:00"]"#)?, of(r#"["10:00", "17:00"]"#)?);
    /// let (start, end) = ("2026-06-15T00:00:00Z".parse()?, "2026-06-16T00:00:00Z".parse()?);
    /// let differences = old.differences(&new, start, end)?;
    /// assert_eq!(differences[0].end, "2026-06-15T10:00:00Z".parse()?);
    /// assert!(!differences[0].open);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn differences(
        &self,
        other: &Calendar,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<WindowDifference>> {
        let open = |calendar: &Calendar| -> Result<Vec<Interval>> {
            let windows = calendar.windows(start, end)?;
            let pair =
                |window: &crate::sla::Window| (window.opens.as_nanos(), window.closes.as_nanos());
            Ok(windows.iter().map(pair).collect())
        };
        let (ours, theirs) = (open(self)?, open(other)?);
        let difference = |open: bool| {
            move |span: Interval| WindowDifference {
                start: Timestamp::from_nanos(span.0),
                end: Timestamp::from_nanos(span.1),
                open,
            }
        };
        let closed = interval::difference(&ours, &theirs).into_iter().map(difference(false));
        let opened = interval::difference(&theirs, &ours).into_iter().map(difference(true));
        let mut differences: Vec<WindowDifference> = closed.chain(opened).collect();
        differences.sort_unstable_by_key(|difference| difference.start);
        Ok(differences)
    }
}
