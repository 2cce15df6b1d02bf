//! The windows themselves: between two instants, around one, the next and the one before.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::open_time::OpenTime;
use super::timeline::FIRST;
use crate::{Error, ErrorKind, Result, Timestamp};

/// [`Calendar::windows`] returns this many at most.
const MOST_WINDOWS: usize = 1_000_000;

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

/// The windows between two instants, one after the other: see [`Calendar::windows_between`].
#[derive(Debug)]
pub struct Windows<'a> {
    open: &'a OpenTime,
    next: Option<(i64, i64)>,
    until: i64,
}

impl Iterator for Windows<'_> {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let (opens, mut closes) = self.next.take()?;
        while let Some(next) = self.open.next_open(closes, self.until) {
            if next.0 > closes {
                self.next = Some(next);
                break;
            }
            closes = next.1;
        }
        let (opens, closes) = (Timestamp::from_nanos(opens), Timestamp::from_nanos(closes));
        Some(Window { opens, closes })
    }
}

impl Calendar {
    /// The open intervals between `start` and `end`, cut to that span; windows that touch are one.
    /// None when `end` is not after `start`.
    ///
    /// # Errors
    /// When there are more than a million: ask for a shorter span.
    pub fn windows(&self, start: Timestamp, end: Timestamp) -> Result<Vec<Window>> {
        let windows: Vec<Window> =
            self.windows_between(start, end).take(MOST_WINDOWS + 1).collect();
        if windows.len() > MOST_WINDOWS {
            let message = format!("more than {MOST_WINDOWS} windows between {start} and {end}");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("end"));
        }
        Ok(windows)
    }

    /// The same one by one, as many as are taken.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::Calendar};
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let monday = calendar.windows_between("2026-06-16T00:00:00Z".parse()?, Timestamp::MAX).next();
    /// assert_eq!(monday.unwrap().opens, "2026-06-22T09:00:00Z".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn windows_between(&self, start: Timestamp, end: Timestamp) -> Windows<'_> {
        let (open, until) = (self.open_time(), end.as_nanos());
        Windows { open, next: open.next_open(start.as_nanos(), until), until }
    }

    /// The first opening after `at`; none if there is none before the end of the range.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let monday = "2026-06-15T12:00:00Z".parse()?;
    /// assert_eq!(calendar.next_opening(monday), Some("2026-06-22T09:00:00Z".parse()?));
    /// assert_eq!(calendar.next_closing(monday), Some("2026-06-15T17:00:00Z".parse()?));
    /// assert_eq!(calendar.previous_opening(monday), Some("2026-06-15T09:00:00Z".parse()?));
    /// assert_eq!(calendar.previous_closing(monday), Some("2026-06-08T17:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        next_opening(self.open_time(), at.as_nanos()).map(Timestamp::from_nanos)
    }

    /// The first closing after `at`: of the window that `at` lies in, or else of the next.
    pub fn next_closing(&self, at: Timestamp) -> Option<Timestamp> {
        next_closing(self.open_time(), at.as_nanos()).map(Timestamp::from_nanos)
    }

    /// The last opening at or before `at`: of the window that `at` lies in, or else of the one
    /// before.
    pub fn previous_opening(&self, at: Timestamp) -> Option<Timestamp> {
        previous_opening(self.open_time(), at.as_nanos()).map(Timestamp::from_nanos)
    }

    /// The last closing at or before `at`.
    pub fn previous_closing(&self, at: Timestamp) -> Option<Timestamp> {
        previous_closing(self.open_time(), at.as_nanos()).map(Timestamp::from_nanos)
    }

    /// The window that `at` lies in, whole; the ends of the range stand for one that never opened
    /// or never closes.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let window = calendar.window_at("2026-06-15T12:00:00Z".parse()?).unwrap();
    /// assert_eq!(window.closes - window.opens, "8h".parse()?);
    /// assert_eq!(calendar.window_at(window.closes), None);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn window_at(&self, at: Timestamp) -> Option<Window> {
        let (opens, closes) = self.open_time().window_from(at.as_nanos())?;
        let (opens, closes) = (Timestamp::from_nanos(opens), Timestamp::from_nanos(closes));
        (opens <= at).then_some(Window { opens, closes })
    }

    /// [`Calendar::next_opening`] at many instants in nanoseconds; `i64::MIN`, numpy's "not a time",
    /// where there is none or the instant is that.
    pub fn next_opening_all(&self, instants: &[i64]) -> Vec<i64> {
        self.at_all(instants, next_opening)
    }

    /// [`Calendar::next_closing`] at many instants, as [`Calendar::next_opening_all`].
    pub fn next_closing_all(&self, instants: &[i64]) -> Vec<i64> {
        self.at_all(instants, next_closing)
    }

    /// [`Calendar::previous_opening`] at many instants, as [`Calendar::next_opening_all`].
    pub fn previous_opening_all(&self, instants: &[i64]) -> Vec<i64> {
        self.at_all(instants, previous_opening)
    }

    /// [`Calendar::previous_closing`] at many instants, as [`Calendar::next_opening_all`].
    pub fn previous_closing_all(&self, instants: &[i64]) -> Vec<i64> {
        self.at_all(instants, previous_closing)
    }

    fn at_all(&self, instants: &[i64], ask: impl Fn(&OpenTime, i64) -> Option<i64>) -> Vec<i64> {
        let open = self.open_time();
        let answer = |at| (at != i64::MIN).then(|| ask(open, at)).flatten().unwrap_or(i64::MIN);
        instants.iter().map(|&at| answer(at)).collect()
    }
}

fn next_opening(open: &OpenTime, at: i64) -> Option<i64> {
    let (opens, closes) = open.window_from(at)?;
    if opens > at {
        return Some(opens);
    }
    let closes = (closes < i64::MAX).then_some(closes)?;
    Some(open.window_from(closes)?.0)
}

fn next_closing(open: &OpenTime, at: i64) -> Option<i64> {
    let (_, closes) = open.window_from(at)?;
    (closes < i64::MAX).then_some(closes)
}

fn previous_opening(open: &OpenTime, at: i64) -> Option<i64> {
    let (opens, _) = open.window_until(at)?;
    (opens > FIRST).then_some(opens)
}

fn previous_closing(open: &OpenTime, at: i64) -> Option<i64> {
    let (opens, closes) = open.window_until(at)?;
    if closes <= at && closes < i64::MAX {
        return Some(closes);
    }
    let before = (opens > FIRST).then_some(opens - 1)?;
    let (_, closes) = open.window_until(before)?;
    Some(closes)
}
