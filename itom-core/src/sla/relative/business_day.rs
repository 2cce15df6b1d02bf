//! Which is the n-th business day from here, and how many lie between?
//!
//! A business day is a local date, in the calendar's zone, on which a window starts; a shift that
//! runs past midnight belongs to the date on which it began, and so does an instant inside it.
//! Every question is answered from the calendar's set of business days (40 KB, some milliseconds to
//! make when it is first needed): the n-th in a binary search, however far away it is.

use serde::{Deserialize, Serialize};

use crate::sla::calendar::BusinessDays;
use crate::sla::{Calendar, LocalDate};
use crate::{Error, Result, Timestamp};

pub(super) const NANOS: i64 = 1_000_000_000;

/// A date on which a calendar opens.
///
/// ```
/// # use itom_core::sla::BusinessDay;
/// let json = r#"{"date": "2026-06-22", "opens": "2026-06-22T09:00:00Z", "closes": "2026-06-22T17:00:00Z"}"#;
/// assert_eq!(serde_json::from_str::<BusinessDay>(json)?.date.weekday(), "mon");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BusinessDay {
    /// The date in the calendar's zone.
    pub date: LocalDate,
    /// When its first window opens.
    pub opens: Timestamp,
    /// When the last window that starts on it closes.
    pub closes: Timestamp,
}

impl Calendar {
    /// The n-th business day after the date of an instant, or for a negative `n` before it; for 0
    /// the date itself. None if that is no business day, and past the years 1677 to 2262.
    ///
    /// # Errors
    /// For a calendar whose dates no zone determines.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let saturday = "2026-06-20T12:00:00Z".parse()?;
    /// let next = calendar.business_day(saturday, 1)?.unwrap();
    /// assert_eq!(next.date, "2026-06-22".parse()?);
    /// assert_eq!(next.closes, "2026-06-22T17:00:00Z".parse()?);
    /// assert_eq!(calendar.business_day(saturday, -1)?.unwrap().date, "2026-06-19".parse()?);
    /// assert_eq!(calendar.business_day(saturday, 0)?, None);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn business_day(&self, at: Timestamp, n: i64) -> Result<Option<BusinessDay>> {
        let days = self.business_days()?;
        let date = days.date_of(at.as_nanos());
        let day = match n {
            0 => Some(date).filter(|&date| days.contains(date)),
            _ => nth_after(&days, date, n),
        };
        Ok(day.and_then(|day| business_day(&days, day)))
    }

    /// How many business days there are from the date of `start` to before the date of `end`;
    /// negative when `end` is earlier. As numpy's `busday_count`, in the calendar's zone.
    ///
    /// # Errors
    /// For a calendar whose dates no zone determines.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let (start, end) = ("2026-06-01T12:00:00Z".parse()?, "2026-07-01T12:00:00Z".parse()?);
    /// assert_eq!(calendar.business_day_count(start, end)?, 9);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn business_day_count(&self, start: Timestamp, end: Timestamp) -> Result<i64> {
        let days = self.business_days()?;
        let before = |at: Timestamp| days.before(days.date_of(at.as_nanos()));
        Ok(before(end) - before(start))
    }

    /// [`Calendar::business_day_count`] of many pairs of instants in nanoseconds.
    ///
    /// # Errors
    /// As there, and when the two are of different length.
    pub fn business_day_count_all(&self, starts: &[i64], ends: &[i64]) -> Result<Vec<i64>> {
        Error::check_length("ends", ends.len(), "starts", starts.len())?;
        let days = self.business_days()?;
        let before = |at: &i64| days.before(days.date_of(*at));
        Ok(starts.iter().zip(ends).map(|(start, end)| before(end) - before(start)).collect())
    }
}

/// The n-th business day after a date, or before it; `n` is not 0.
pub(super) fn nth_after(days: &BusinessDays<'_>, date: i64, n: i64) -> Option<i64> {
    let (first, step) = if n > 0 { (date + 1, n - 1) } else { (date, n) };
    days.nth(days.before(first).checked_add(step)?)
}

fn business_day(days: &BusinessDays<'_>, day: i64) -> Option<BusinessDay> {
    let windows = days.windows(day);
    let closes = windows.iter().map(|window| window.1).max()?;
    Some(BusinessDay {
        date: LocalDate::from_days(day)?,
        opens: Timestamp::from_secs(windows.first()?.0),
        closes: Timestamp::from_secs(closes),
    })
}

/// When the last window that starts on a date closes, in nanoseconds.
pub(super) fn closing(days: &BusinessDays<'_>, day: i64) -> Option<i64> {
    business_day(days, day).map(|day| day.closes.as_nanos())
}
