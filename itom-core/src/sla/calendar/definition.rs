//! What a calendar says: windows by weekday, holidays, overrides, breaks, versions.
//!
//! [`CalendarDefinition`] is the document a person writes. It is checked strictly: a misspelt
//! weekday, a reversed window or an impossible date is an error that names the value, never a
//! calendar that silently opens at another time than was meant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[opens, closes]` in local wall time, `HH:MM` or `HH:MM:SS`. A close above `24:00` runs into
/// the next days; the window belongs to the date on which it opens.
pub type WindowText = [String; 2];

/// A calendar as it is written.
///
/// A date in `holidays` has no windows; a date in `overrides` has these windows and no others
/// (an override wins over a holiday); on a date in `breaks` these spans are closed. `versions`
/// replace `weekly` on the dates `from <= date < until`.
///
/// ```
/// use itom_core::sla::CalendarDefinition;
///
/// let definition: CalendarDefinition = serde_json::from_str(
///     r#"{"tz": "Europe/Berlin",
///         "weekly": {"mon": [["09:00", "12:30"], ["13:00", "17:00"]], "fri": [["22:00", "30:00"]]},
///         "holidays": ["2026-12-25"],
///         "overrides": {"2026-12-24": [["09:00", "12:00"]]}}"#,
/// )?;
/// assert_eq!(definition.weekly["fri"][0][1], "30:00");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarDefinition {
    /// IANA name of the time zone the wall times are in.
    pub tz: String,
    /// Windows of each weekday, `mon` to `sun`; a day that is not named is closed.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<WindowText>>,
    /// Dates (`YYYY-MM-DD`) without windows.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Windows of single dates, in place of the weekday's.
    #[serde(default)]
    pub overrides: BTreeMap<String, Vec<WindowText>>,
    /// Spans of single dates that are closed whatever else says they are open.
    #[serde(default)]
    pub breaks: BTreeMap<String, Vec<WindowText>>,
    /// Other weeks for stretches of dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<CalendarVersion>,
    /// Whatever a reader should know.
    #[serde(default)]
    pub note: String,
}

/// The week that holds on the dates `from <= date < until` in place of the calendar's.
///
/// ```
/// use itom_core::sla::Calendar;
///
/// // Saudi Arabia moved its weekend on 29 June 2013.
/// let calendar = Calendar::from_json(
///     r#"{"tz": "Asia/Riyadh", "weekly": {"sun": [["08:00", "16:00"]]},
///         "versions": [{"until": "2013-06-29", "weekly": {"sat": [["08:00", "16:00"]]}}]}"#,
/// )?;
/// assert!(calendar.is_open("2013-06-22T06:00:00Z".parse()?));
/// assert!(!calendar.is_open("2013-06-29T06:00:00Z".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarVersion {
    /// The first date, or none for "always before".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The first date that no longer belongs to it, or none for "ever after".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Windows of each weekday.
    pub weekly: BTreeMap<String, Vec<WindowText>>,
}
