//! What a calendar says: windows by weekday, holidays, periods, overrides, breaks, versions; or
//! other calendars put together.
//!
//! [`CalendarDefinition`] is the document a person writes. It is checked strictly: a misspelt
//! weekday, a reversed window or an impossible date is an error that names the value, never a
//! calendar that silently opens at another time than was meant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::combine::Operation;
use super::conventions::CalendarConventions;
use crate::{Error, Result};

/// `[opens, closes]` in local wall time, `HH:MM` or `HH:MM:SS`. A close above `24:00` runs into
/// the next days; the window belongs to the date on which it opens.
pub type WindowText = [String; 2];

/// A calendar as it is written.
///
/// What holds on a date is the first of: its windows in `overrides`; nothing if it is in
/// `holidays`; the week of the dated period it lies in; the week of the yearly one; that of the
/// version; `weekly`. From that the `breaks` of the date and the weekday are taken away.
///
/// Instead of all that a definition may be a `union`, an `intersection` or a `difference` (the
/// first without the others) of definitions, in whatever zones and as deep as needed.
///
/// ```
/// use itom_core::sla::CalendarDefinition;
///
/// let definition: CalendarDefinition = serde_json::from_str(
///     r#"{"tz": "Europe/Berlin",
///         "weekly": {"mon": [["09:00", "12:30"], ["13:00", "17:00"]], "fri": [["22:00", "30:00"]]},
///         "holidays": ["--12-25 Christmas Day", "2026-05-04/2026-05-08 move to the new office"],
///         "periods": [{"name": "summer", "from": "--07-01", "until": "--09-01",
///                      "weekly": {"mon": [["08:00", "14:00"]]}}],
///         "overrides": {"2026-12-24": [["09:00", "12:00"]]}}"#,
/// )?;
/// assert_eq!(definition.weekly["fri"][0][1], "30:00");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarDefinition {
    /// IANA name of the time zone the wall times are in; every calendar but a `union`,
    /// `intersection` or `difference` has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tz: String,
    /// Windows of each weekday, `mon` to `sun`; a day that is not named is closed.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<WindowText>>,
    /// Round the clock, every day, in place of `weekly`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub always: bool,
    /// Dates without windows: `2026-12-25`, from one to another inclusive `2026-12-24/2027-01-02`,
    /// and of every year `--12-25` and `--12-24/--01-02`. A name may follow after a space.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Stretches of dates with hours of their own, or none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub periods: Vec<CalendarPeriod>,
    /// Windows of single dates, in place of all others.
    #[serde(default)]
    pub overrides: BTreeMap<String, Vec<WindowText>>,
    /// Spans of single dates, `2026-06-15`, or of weekdays, `mon`, that are closed though a window
    /// says they are open. A weekday's do not count on a date with an override.
    #[serde(default)]
    pub breaks: BTreeMap<String, Vec<WindowText>>,
    /// Other weeks for stretches of dates.
    #[serde(default, skip_serializing_if = "is_default")]
    pub versions: Vec<CalendarVersion>,
    /// How what is said above is meant where the world disagrees.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conventions: CalendarConventions,
    /// Open when any of these is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub union: Vec<CalendarDefinition>,
    /// Open when all of these are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub intersection: Vec<CalendarDefinition>,
    /// Open when the first is and none of the others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub difference: Vec<CalendarDefinition>,
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

/// A stretch of dates `from <= date < until` with other hours: Ramadan, summer, a freeze.
///
/// Both dates are full, `2026-02-18`, or both of every year, `--12-24`; of every year they may wrap
/// the year's end. Periods of one kind must not overlap; a dated one wins over a yearly one.
///
/// ```
/// use itom_core::sla::Calendar;
///
/// let calendar = Calendar::from_json(
///     r#"{"tz": "Asia/Dubai", "weekly": {"mon": [["08:00", "17:00"]]},
///         "periods": [{"name": "Ramadan 1447", "from": "2026-02-18", "until": "2026-03-20",
///                      "weekly": {"mon": [["09:00", "14:30"]]}},
///                     {"name": "freeze", "from": "--12-24", "until": "--01-03"}]}"#,
/// )?;
/// assert!(!calendar.is_open("2026-02-23T12:00:00Z".parse()?));
/// assert!(!calendar.is_open("2026-12-28T08:00:00Z".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarPeriod {
    /// The first date.
    pub from: String,
    /// The first date that no longer belongs to it.
    pub until: String,
    /// Windows of each weekday; none, and the period is closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weekly: BTreeMap<String, Vec<WindowText>>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl CalendarDefinition {
    /// Open when any of `calendars` is.
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, CalendarDefinition};
    /// let of = |tz: &str| {
    ///     let mon = ("mon".to_owned(), vec![["09:00".to_owned(), "17:00".to_owned()]]);
    ///     CalendarDefinition { tz: tz.to_owned(), weekly: [mon].into(), ..Default::default() }
    /// };
    /// let sun = CalendarDefinition::union_of(vec![of("Asia/Tokyo"), of("Europe/London")]);
    /// assert!(Calendar::new(sun)?.is_open("2026-06-15T00:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn union_of(calendars: Vec<CalendarDefinition>) -> CalendarDefinition {
        CalendarDefinition { union: calendars, ..CalendarDefinition::default() }
    }

    /// Open when all of `calendars` are.
    ///
    /// ```
    /// # use itom_core::sla::CalendarDefinition;
    /// let both = CalendarDefinition::intersection_of(vec![CalendarDefinition::default(); 2]);
    /// assert_eq!(both.intersection.len(), 2);
    /// ```
    pub fn intersection_of(calendars: Vec<CalendarDefinition>) -> CalendarDefinition {
        CalendarDefinition { intersection: calendars, ..CalendarDefinition::default() }
    }

    /// Open when the first of `calendars` is and none of the others.
    ///
    /// ```
    /// # use itom_core::sla::CalendarDefinition;
    /// let rest = CalendarDefinition::difference_of(vec![CalendarDefinition::default(); 3]);
    /// assert_eq!(rest.difference.len(), 3);
    /// ```
    pub fn difference_of(calendars: Vec<CalendarDefinition>) -> CalendarDefinition {
        CalendarDefinition { difference: calendars, ..CalendarDefinition::default() }
    }

    /// How it is put together from others; none of a calendar with hours of its own.
    /// A date of every year that it names, such as `--12-25`; none where all dates have a year.
    #[cfg(feature = "ical")]
    pub(crate) fn yearly_date(&self) -> Option<&str> {
        let dates = self.holidays.iter().chain(self.periods.iter().map(|period| &period.from));
        let own = dates.map(String::as_str).find(|date| date.starts_with("--"));
        own.or_else(|| self.operands().iter().find_map(CalendarDefinition::yearly_date))
    }

    pub(super) fn operation(&self) -> Result<Option<Operation>> {
        let given = [
            (!self.union.is_empty(), "union", Operation::Union),
            (!self.intersection.is_empty(), "intersection", Operation::Intersection),
            (!self.difference.is_empty(), "difference", Operation::Difference),
        ];
        let mut given = given.into_iter().filter(|operation| operation.0);
        let Some((_, name, operation)) = given.next() else { return Ok(None) };
        let usual = CalendarConventions {
            deadline: self.conventions.deadline,
            ..CalendarConventions::default()
        };
        let own_hours = !self.tz.is_empty()
            || self.always
            || !self.weekly.is_empty()
            || !self.holidays.is_empty()
            || !self.periods.is_empty()
            || !self.overrides.is_empty()
            || !self.breaks.is_empty()
            || !self.versions.is_empty()
            || self.conventions != usual;
        if own_hours || given.next().is_some() {
            let expected = format!(
                "a {name} of calendars and nothing else but a note and conventions.deadline"
            );
            return Err(Error::invalid("definition", "more", expected));
        }
        Ok(Some(operation))
    }

    /// The definitions it is put together from; none of a calendar with hours of its own.
    pub(super) fn operands(&self) -> &[CalendarDefinition] {
        [&self.union, &self.intersection, &self.difference]
            .into_iter()
            .find(|operands| !operands.is_empty())
            .map_or(&[], |operands| operands)
    }

    /// The same in another zone, and every calendar it is put together from too.
    pub(super) fn in_zone(mut self, tz: &str) -> CalendarDefinition {
        if self.operands().is_empty() {
            self.tz = tz.to_owned();
        }
        for operands in [&mut self.union, &mut self.intersection, &mut self.difference] {
            let moved = std::mem::take(operands);
            *operands = moved.into_iter().map(|operand| operand.in_zone(tz)).collect();
        }
        self
    }
}
