//! When is work due that is promised "by the end of the next business day"?
//!
//! A [`RelativeTarget`] is such a promise as data. Resolved from the instant at which the work
//! arrives it gives an instant, never one before it:
//!
//! - Days are counted from the date of arrival, in the calendar's zone: the first business day
//!   after it is 1, whether or not it is a business day itself. 0 is the date of arrival, and the
//!   next business day that is not over if that one is or is none.
//! - With a *cutoff* work arrives on business days only: what comes later on one, or on a date that
//!   is none, counts as arrived on the next (ServiceNow's "after 10:00 add a day"). Arrivals at the
//!   cutoff itself are still in time.
//! - Calendar days and months are nominal (RFC 5545 §3.3.6): they move the wall clock of a zone,
//!   over a change to summer time too. An exact duration passes.
//!
//! A clock counts business time, so it takes a relative target as the business time between its
//! start and that instant ([`RelativeTarget::business_target`]); from then on it can be paused like
//! any other, which ServiceNow does not allow. What is due while the calendar is closed is used up
//! when it closes.
//!
//! Cost: a binary search among the calendar's business days, however far ahead.

use super::business_day::{NANOS, closing, nth_after};
use super::document::RelativeDocument;
use crate::sla::calendar::BusinessDays;
use crate::sla::civil::{DAY, add_months, civil_from_days, weekday};
use crate::sla::zone::Zone;
use crate::sla::{Calendar, ClockOptions, NominalDuration, TimeOfDay};
use crate::{Duration, Error, Result, Timestamp};

/// A due date said relative to when work arrives.
///
/// As JSON the rule is the tag `rule`, with its parameters beside it:
/// `{"rule": "business_day_at", "days": 2, "time": "16:00"}`.
///
/// ```
/// use itom_core::sla::{Calendar, RelativeTarget};
///
/// let calendar = Calendar::from_json(
///     r#"{"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
/// )?;
/// let target: RelativeTarget =
///     serde_json::from_str(r#"{"rule": "business_day_at", "days": 1, "time": "16:00"}"#).unwrap();
/// let friday = "2026-06-19T10:00:00Z".parse()?;
/// assert_eq!(target.resolve(&calendar, friday)?, Some("2026-06-22T16:00:00+02:00".parse()?));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "RelativeDocument", into = "RelativeDocument")]
pub enum RelativeTarget {
    /// When the last window of the day closes.
    EndOfBusinessDay {
        /// How many business days after the date of arrival.
        days: u32,
        /// Work that arrives after this time, or on no business day, counts as arrived on the next.
        cutoff: Option<TimeOfDay>,
    },
    /// At a time of the day, whether or not the calendar is open at that time.
    BusinessDayAt {
        /// How many business days after the date of arrival.
        days: u32,
        /// The time on the wall clock.
        time: TimeOfDay,
        /// Work that arrives after this time, or on no business day, counts as arrived on the next.
        cutoff: Option<TimeOfDay>,
    },
    /// When the last business day of a week (from Monday) closes; of the next that has one, if
    /// that week has none or is over.
    EndOfBusinessWeek {
        /// How many weeks after that of arrival.
        weeks: u32,
    },
    /// When the last business day of a month closes; of the next that has one, if that month has
    /// none or is over.
    EndOfBusinessMonth {
        /// How many months after that of arrival.
        months: u32,
    },
    /// On the n-th business day of a month; of the next that has as many, if that month has not or
    /// the instant is past.
    BusinessDayOfMonth {
        /// 1 for the first, -1 for the last.
        nth: i32,
        /// How many months after that of arrival.
        months: u32,
        /// The time on the wall clock; when the last window closes if there is none.
        time: Option<TimeOfDay>,
    },
    /// Days on the wall calendar, the time of day unchanged.
    CalendarDays {
        /// How many.
        days: u32,
        /// Whose wall clock; the calendar's if there is none.
        tz: Option<String>,
    },
    /// Months, days and exact time on the wall calendar.
    Nominal {
        /// How long.
        duration: NominalDuration,
        /// Whose wall clock; the calendar's if there is none.
        tz: Option<String>,
    },
    /// Time that passes, open or not.
    Exact {
        /// How long.
        duration: Duration,
    },
    /// Open time of the calendar.
    Business {
        /// How long.
        duration: Duration,
    },
}

impl RelativeTarget {
    /// When work that arrives at an instant is due; none if the calendar does not open until then
    /// or that is beyond the range of instants.
    ///
    /// # Errors
    /// For a negative duration, `nth` 0, and a zone the calendar's database does not have.
    pub fn resolve(&self, calendar: &Calendar, from: Timestamp) -> Result<Option<Timestamp>> {
        let due = self.resolve_all(calendar, &[from.as_nanos()])?;
        Ok(due.first().filter(|&&due| due != i64::MIN).map(|&due| Timestamp::from_nanos(due)))
    }

    /// [`RelativeTarget::resolve`] of many instants in nanoseconds; `i64::MIN`, numpy's "not a
    /// time", where there is none or the instant is that.
    ///
    /// # Errors
    /// As there.
    pub fn resolve_all(&self, calendar: &Calendar, from: &[i64]) -> Result<Vec<i64>> {
        self.check()?;
        let each = |resolve: &dyn Fn(i64) -> Option<i64>| {
            let answer = |from| (from != i64::MIN).then(|| resolve(from)).flatten();
            from.iter().map(|&from| answer(from).unwrap_or(i64::MIN)).collect()
        };
        let nominal = |duration: NominalDuration, tz: &Option<String>| -> Result<Vec<i64>> {
            let zone = match tz {
                Some(tz) => calendar.zones().zone(tz)?,
                None => calendar.business_days()?.zone().clone(),
            };
            let after = |from| duration.after(Timestamp::from_nanos(from), &zone);
            Ok(each(&|from| after(from).map(Timestamp::as_nanos)))
        };
        match self {
            RelativeTarget::CalendarDays { days, tz } => {
                nominal(NominalDuration::new(0, *days, Duration::ZERO)?, tz)
            }
            RelativeTarget::Nominal { duration, tz } => nominal(*duration, tz),
            RelativeTarget::Exact { duration } => {
                Ok(each(&|from| from.checked_add(duration.as_nanos())))
            }
            RelativeTarget::Business { duration } => {
                calendar.deadline_all(from, &vec![duration.as_nanos(); from.len()])
            }
            _ => {
                let days = calendar.business_days()?;
                Ok(each(&|from| self.on_business_day(&days, from)))
            }
        }
    }

    /// The target as business time from `start`, which is what a clock takes.
    ///
    /// # Errors
    /// As [`RelativeTarget::resolve`], when there is no such instant, and when the calendar is
    /// closed all the time until then: no clock could keep that promise.
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, RelativeTarget};
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let target = RelativeTarget::EndOfBusinessDay { days: 1, cutoff: None };
    /// let friday = "2026-06-19T15:00:00Z".parse()?;
    /// assert_eq!(target.business_target(&calendar, friday)?, "10h".parse()?);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn business_target(&self, calendar: &Calendar, start: Timestamp) -> Result<Duration> {
        let due = self.resolve(calendar, start)?.ok_or_else(|| {
            Error::invalid("target", "one that is never reached", "within reach of the calendar")
        })?;
        let target = calendar.elapsed(start, due);
        if target.as_nanos() <= 0 {
            let value = format!("due at {due} with the calendar closed from {start} until then");
            return Err(Error::invalid("target", value, "one with business time before it"));
        }
        Ok(target)
    }

    /// A clock's options with this target, from `start`.
    ///
    /// # Errors
    /// As [`RelativeTarget::business_target`].
    ///
    /// ```
    /// # use itom_core::sla::{Calendar, Clock, RelativeTarget};
    /// let calendar = Calendar::from_json(
    ///     r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}"#,
    /// )?;
    /// let target = RelativeTarget::EndOfBusinessDay { days: 1, cutoff: None };
    /// let friday = "2026-06-19T15:00:00Z".parse()?;
    /// let clock = Clock::new(target.clock_options(&calendar, friday)?)?;
    /// assert_eq!(clock.status(friday).breach_at, Some("2026-06-22T17:00:00Z".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn clock_options(&self, calendar: &Calendar, start: Timestamp) -> Result<ClockOptions> {
        let target = self.business_target(calendar, start)?;
        Ok(ClockOptions::new(target, calendar.clone(), start))
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            RelativeTarget::Exact { duration } | RelativeTarget::Business { duration }
                if duration.is_negative() =>
            {
                Err(Error::invalid("duration", duration, "zero or positive"))
            }
            RelativeTarget::BusinessDayOfMonth { nth, .. }
                if !(1..=31).contains(&nth.unsigned_abs()) =>
            {
                let expected = "1 for the first business day to 31, or -1 for the last to -31";
                Err(Error::invalid("nth", nth, expected))
            }
            _ => Ok(()),
        }
    }

    /// The rules that count business days.
    fn on_business_day(&self, days: &BusinessDays<'_>, from: i64) -> Option<i64> {
        let date = days.date_of(from);
        match *self {
            RelativeTarget::EndOfBusinessDay { days: count, cutoff } => {
                let first = first_day(days, from, date, count, cutoff)?;
                not_before(days, from, first, |day| closing(days, day))
            }
            RelativeTarget::BusinessDayAt { days: count, time, cutoff } => {
                let first = first_day(days, from, date, count, cutoff)?;
                not_before(days, from, first, |day| at_time(days.zone(), day, time))
            }
            RelativeTarget::EndOfBusinessWeek { weeks } => {
                let monday = |day: i64| day - weekday(day);
                let first = monday(date) + 7 * i64::from(weeks);
                end_of_period(days, from, first, |day| monday(day) + 7)
            }
            RelativeTarget::EndOfBusinessMonth { months } => {
                let first = add_months(first_of_month(date), i64::from(months));
                end_of_period(days, from, first, next_month)
            }
            RelativeTarget::BusinessDayOfMonth { nth, months, time } => {
                let first = add_months(first_of_month(date), i64::from(months));
                of_month(days, from, first, i64::from(nth), time)
            }
            _ => None,
        }
    }
}

/// The business day that is meant by a number of days after arrival.
fn first_day(
    days: &BusinessDays<'_>,
    from: i64,
    date: i64,
    count: u32,
    cutoff: Option<TimeOfDay>,
) -> Option<i64> {
    let mut arrival = date;
    if let Some(cutoff) = cutoff {
        let (local, rest) = days.zone().local_nanos(from);
        let late = (local - date * DAY, rest) > (cutoff.as_secs(), 0);
        // Weekends count as the day that follows too, or a Saturday would be due before a late Friday.
        arrival = days.from(date + i64::from(late && days.contains(date)))?;
    }
    match count {
        0 => days.from(arrival),
        n => nth_after(days, arrival, i64::from(n)),
    }
}

/// What is due on a business day, or on the first after it on which that is not past.
fn not_before(
    days: &BusinessDays<'_>,
    from: i64,
    mut day: i64,
    due_on: impl Fn(i64) -> Option<i64>,
) -> Option<i64> {
    loop {
        let due = due_on(day)?;
        if due >= from {
            return Some(due);
        }
        day = days.from(day + 1)?;
    }
}

/// The closing of the last business day of the first period from `day` on that has one that is not
/// past; `after` gives the first date after the period of a date.
fn end_of_period(
    days: &BusinessDays<'_>,
    from: i64,
    mut day: i64,
    after: impl Fn(i64) -> i64,
) -> Option<i64> {
    loop {
        let end = after(days.from(day)?);
        let due = closing(days, days.nth(days.before(end) - 1)?)?;
        if due >= from {
            return Some(due);
        }
        day = end;
    }
}

/// The n-th business day of the first month from `first` on that has one that is not past.
fn of_month(
    days: &BusinessDays<'_>,
    from: i64,
    mut first: i64,
    nth: i64,
    time: Option<TimeOfDay>,
) -> Option<i64> {
    loop {
        first = first.max(first_of_month(days.from(first)?));
        let next = next_month(first);
        let (begin, end) = (days.before(first), days.before(next));
        if nth.abs() <= end - begin {
            let day = days.nth(if nth > 0 { begin + nth - 1 } else { end + nth })?;
            let due = match time {
                Some(time) => at_time(days.zone(), day, time)?,
                None => closing(days, day)?,
            };
            if due >= from {
                return Some(due);
            }
        }
        first = next;
    }
}

/// A time on the wall clock of a date, in nanoseconds.
fn at_time(zone: &Zone, day: i64, time: TimeOfDay) -> Option<i64> {
    zone.resolve(day * DAY + time.as_secs()).checked_mul(NANOS)
}

fn first_of_month(day: i64) -> i64 {
    day - civil_from_days(day).2 + 1
}

fn next_month(day: i64) -> i64 {
    add_months(first_of_month(day), 1)
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RelativeTarget {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RelativeTarget".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RelativeDocument::json_schema(generator)
    }
}
