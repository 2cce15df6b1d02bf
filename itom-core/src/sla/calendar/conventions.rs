//! Where the world disagrees on what a calendar means, which side is taken: by name.
//!
//! The defaults are those of RFC 5545 and of the case file that all languages run; each other
//! value is what some tool does that an answer may have to be compared with.

use serde::{Deserialize, Serialize};

/// The side a calendar takes on each question that tools answer differently.
///
/// ```
/// use itom_core::sla::Calendar;
///
/// // On 1 November 2026 New York's clocks showed the hour from one to two twice.
/// let week = r#""tz": "America/New_York", "weekly": {"sun": [["01:30", "03:30"]]}"#;
/// let (from, to) = ("2026-11-01T00:00:00Z".parse()?, "2026-11-02T00:00:00Z".parse()?);
/// let usual = Calendar::from_json(&format!("{{{week}}}"))?;
/// assert_eq!(usual.elapsed(from, to), "3h".parse()?);
/// let by_clock =
///     Calendar::from_json(&format!(r#"{{{week}, "conventions": {{"local_time": "membership"}}}}"#))?;
/// assert_eq!(by_clock.elapsed(from, to), "2h30m".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CalendarConventions {
    /// What instants a window means where the clocks change.
    pub local_time: LocalTimeRule,
    /// What a holiday does to a window that runs over midnight.
    pub holidays: HolidayRule,
    /// What becomes of a date that the zone left out.
    pub skipped_date: SkippedDateRule,
    /// What a yearly range means that begins late in the year and ends early.
    pub yearly_range: YearlyRangeRule,
    /// Which instant is the deadline where time runs out at closing time.
    pub deadline: DeadlineRule,
}

/// What instants a window means where the clocks change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LocalTimeRule {
    /// Its two ends are resolved as RFC 5545 §3.3.5 says: a time that does not exist is read with
    /// the offset before the gap, one that happens twice is its first occurrence.
    #[default]
    Rfc5545,
    /// An instant is open when its wall time lies in the window.
    Membership,
    /// As RFC 5545, but a time that happens twice is its last occurrence.
    LastOccurrence,
    /// As RFC 5545, but of a time that happens twice the occurrence that the time zone database
    /// flags as daylight saving time is taken; in Ireland that is winter. The Ruby gem biz does so.
    Isdst,
}

/// What a holiday does to a window that runs over midnight. An override does the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HolidayRule {
    /// The window belongs whole to the date on which it starts.
    #[default]
    StartDate,
    /// It is cut at midnight and each piece belongs to the date it lies on.
    ClipAtMidnight,
}

/// What becomes of a date that the zone left out, such as 30 December 2011 in Samoa.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkippedDateRule {
    /// It has no windows.
    #[default]
    NoWindows,
    /// The ends of its windows are resolved like any that do not exist: a phantom day's work on
    /// the date that follows.
    EndpointMapping,
}

/// What a yearly range means that begins late in the year and ends early in the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum YearlyRangeRule {
    /// It wraps the year's end.
    #[default]
    Wrap,
    /// Month and day are compared as text, so that it holds on no date at all. GLPI does so.
    TextCompare,
}

/// Which instant is the deadline where time runs out at closing time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadlineRule {
    /// The earliest instant by which the time has elapsed: closing time.
    #[default]
    Earliest,
    /// The last instant at which no more than the time has elapsed: the next opening; also of no
    /// time at all from a closed instant. Backwards, the closing before. Clocks count by the
    /// first.
    NextOpening,
}
