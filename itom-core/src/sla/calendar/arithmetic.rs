//! How much open time between two instants, and when has so much passed?
//!
//! *Elapsed* is physical time inside open windows, signed. The *deadline* is the earliest instant
//! by which the wanted time has elapsed, so a day's work begun at nine is due at closing time, not
//! at the next opening. Each is two look-ups; the forms for arrays cost the same an element, and
//! take `i64::MIN`, numpy's "not a time", for an instant or a duration that is missing: the answer
//! is missing there too.

use super::calendar::Calendar;
use crate::{Duration, Error, Result, Timestamp};

impl Calendar {
    /// Open time from `start` to `end`; negative when `end` is before `start`. Held to the range
    /// of [`Duration`], which only spans of more than 292 years of open time leave.
    #[inline]
    pub fn elapsed(&self, start: Timestamp, end: Timestamp) -> Duration {
        Duration::from_nanos(self.open_time().elapsed(start.as_nanos(), end.as_nanos()))
    }

    /// The earliest instant at or after `start` by which `duration` has elapsed; none if the
    /// calendar does not open that long before the end of the range. No time at all is over at
    /// `start`, open or not. [`DeadlineRule`](super::conventions::DeadlineRule) names another
    /// reading.
    ///
    /// # Errors
    /// For a negative duration: see [`Calendar::deadline_back`].
    #[inline]
    pub fn deadline(&self, start: Timestamp, duration: Duration) -> Result<Option<Timestamp>> {
        check_duration(duration.as_nanos())?;
        let due = self.open_time().deadline(start.as_nanos(), duration.as_nanos());
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
    #[inline]
    pub fn deadline_back(&self, end: Timestamp, duration: Duration) -> Result<Option<Timestamp>> {
        check_duration(duration.as_nanos())?;
        let start = self.open_time().deadline_back(end.as_nanos(), duration.as_nanos());
        Ok(start.map(Timestamp::from_nanos))
    }

    /// Whether the calendar is open at `instant`; windows are half-open, so it is not at closing
    /// time.
    #[inline]
    pub fn is_open(&self, instant: Timestamp) -> bool {
        self.open_time().is_open(instant.as_nanos())
    }

    /// [`Calendar::elapsed`] of many pairs, as nanoseconds; `i64::MIN`, numpy's "not a time", where
    /// one of the two is that.
    ///
    /// # Errors
    /// When the two are of different length.
    ///
    /// ```
    /// # use itom_core::sla::Calendar;
    /// let always = Calendar::from_json(r#"{"tz": "UTC", "always": true}"#)?;
    /// assert_eq!(always.elapsed_all(&[0, i64::MIN], &[5, 5])?, [5, i64::MIN]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn elapsed_all(&self, starts: &[i64], ends: &[i64]) -> Result<Vec<i64>> {
        Error::check_length("ends", ends.len(), "instants", starts.len())?;
        Ok(each(starts, ends, |start, end| Some(self.open_time().elapsed(start, end))))
    }

    /// [`Calendar::deadline`] of many pairs, as nanoseconds; `i64::MIN`, numpy's "not a time",
    /// where there is none or one of the two is that.
    ///
    /// # Errors
    /// When the two are of different length, or a duration is negative.
    pub fn deadline_all(&self, starts: &[i64], durations: &[i64]) -> Result<Vec<i64>> {
        check_durations(starts, durations)?;
        Ok(each(starts, durations, |at, duration| self.open_time().deadline(at, duration)))
    }

    /// [`Calendar::deadline_back`] of many pairs, as [`Calendar::deadline_all`].
    ///
    /// # Errors
    /// When the two are of different length, or a duration is negative.
    pub fn deadline_back_all(&self, ends: &[i64], durations: &[i64]) -> Result<Vec<i64>> {
        check_durations(ends, durations)?;
        Ok(each(ends, durations, |at, duration| self.open_time().deadline_back(at, duration)))
    }

    /// [`Calendar::is_open`] at many instants. There is no answer to "not a time": `i64::MIN` is
    /// taken as the instant it is, so sort out what is missing first.
    pub fn is_open_all(&self, instants: &[i64]) -> Vec<bool> {
        instants.iter().map(|&instant| self.open_time().is_open(instant)).collect()
    }

    /// Open time from 1970 to an instant, negative before: the difference of two is what elapsed
    /// between them. Nanoseconds.
    #[inline]
    pub(in crate::sla) fn open_until(&self, at: i64) -> i64 {
        self.open_time().until(at)
    }

    /// [`Calendar::open_until`] of one instant after the other, for as many as there is room.
    #[inline]
    pub(in crate::sla) fn open_until_each(
        &self,
        instants: impl Iterator<Item = i64>,
        open: &mut [i64],
    ) {
        let open_time = self.open_time();
        open.iter_mut().zip(instants).for_each(|(open, at)| *open = open_time.until(at));
    }

    /// An instant from `from` to `to` up to which open time passes alike in another calendar.
    pub(in crate::sla) fn agrees_until(&self, other: &Calendar, from: i64, to: i64) -> i64 {
        self.open_time().agrees_until(other.open_time(), from, to)
    }

    /// The earliest instant at which [`Calendar::open_until`] has grown to `open`.
    #[inline]
    pub(in crate::sla) fn open_reached(&self, open: i64) -> Option<i64> {
        self.open_time().earliest(open)
    }
}

/// The answer to each pair; `i64::MIN` where one of the pair is that or there is no answer.
fn each(first: &[i64], second: &[i64], answer: impl Fn(i64, i64) -> Option<i64>) -> Vec<i64> {
    let pairs = first.iter().zip(second);
    pairs
        .map(|(&a, &b)| match a == i64::MIN || b == i64::MIN {
            true => i64::MIN,
            false => answer(a, b).unwrap_or(i64::MIN),
        })
        .collect()
}

fn check_durations(instants: &[i64], durations: &[i64]) -> Result<()> {
    Error::check_length("durations", durations.len(), "instants", instants.len())?;
    let there = durations.iter().filter(|&&duration| duration != i64::MIN);
    there.copied().try_for_each(check_duration)
}

fn check_duration(nanos: i64) -> Result<()> {
    if nanos < 0 {
        let duration = Duration::from_nanos(nanos);
        return Err(Error::invalid("duration", duration, "zero or positive"));
    }
    Ok(())
}
