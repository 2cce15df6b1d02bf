//! Which share of a period was a service up? Outages united, maintenance left out.
//!
//! Availability is (agreed time - downtime) / agreed time, as ITIL defines it. Agreed time is the
//! period inside the service hours, less what is excluded (agreed maintenance) and less what is
//! still ahead; overlapping outages count once; an outage without an end lasts until the instant
//! of asking. Partial outages count by their weight. The order is fixed: outages are joined over
//! gaps up to `merge_gap`, joined outages shorter than `minimum` are dropped (measured whole, in
//! physical time, before any clipping), what is left is cut to the period, the service hours and
//! the exclusions. A joined gap counts at the lesser weight of its neighbours.
//!
//! Exact: sums are integers, shares fractions. O(n log n) to sort, O(n) after that, and
//! O(log n + what lies in it) for each further period.

use serde::{Deserialize, Serialize};

use super::outage::{Downtime, OutageRecord, Overlap};
use crate::sla::{Calendar, Fraction};
use crate::{Duration, Error, Result, Timestamp};

/// `[from, until)`; no end means "still going on".
pub type Outage = (Timestamp, Option<Timestamp>);

/// How available a service was.
///
/// ```
/// # use itom_core::sla::availability;
/// let june = ("2026-06-01T00:00:00Z".parse()?, "2026-07-01T00:00:00Z".parse()?);
/// let report = availability(june, &[], &[], None)?;
/// assert_eq!(report.failures, 0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Availability {
    /// The period less what was excluded, what lies outside the service hours and what is still
    /// ahead.
    pub agreed: Duration,
    /// How long the service was down in it; partial outages by their weight, rounded to the
    /// nanosecond.
    pub downtime: Duration,
    /// Agreed time less downtime, over agreed time; none when no time was agreed.
    pub availability: Option<Fraction>,
    /// The same as a float.
    pub ratio: Option<f64>,
    /// Outages that counted, after joining those that overlap or touch.
    pub failures: u64,
}

/// The availability in one of several periods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AvailabilityPoint {
    /// When the period begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How available the service was in it.
    pub availability: Availability,
}

/// What counts, besides the outages and the period.
///
/// ```
/// use itom_core::sla::{AvailabilityOptions, OutageRecord};
///
/// let june = ("2026-06-01T00:00:00Z".parse()?, "2026-07-01T00:00:00Z".parse()?);
/// let slow = OutageRecord {
///     weight: "0.5".parse()?,
///     ..OutageRecord::new("2026-06-10T10:00:00Z".parse()?, "2026-06-10T12:00:00Z".parse()?)
/// };
/// let blip = OutageRecord::new("2026-06-11T00:00:00Z".parse()?, "2026-06-11T00:00:30Z".parse()?);
/// let options = AvailabilityOptions { minimum: "1m".parse()?, ..Default::default() };
/// let report = options.measure(june, &[slow, blip])?;
/// assert_eq!(report.downtime, "1h".parse()?);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AvailabilityOptions {
    /// Agreed maintenance: outages in it do not count.
    pub excluded: Vec<(Timestamp, Timestamp)>,
    /// Whether what is excluded stays agreed time: then it leaves the downtime only.
    pub excluded_is_agreed: bool,
    /// The service hours; around the clock if none are given.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::sla::CalendarDefinition>"))]
    pub service_hours: Option<Calendar>,
    /// When it is looked at: what is later is unknown, not up. The end of the period if none.
    pub at: Option<Timestamp>,
    /// Shorter outages do not count.
    pub minimum: Duration,
    /// Outages not further apart are one, the gap included.
    pub merge_gap: Duration,
    /// What several partial outages at once weigh.
    pub overlap: Overlap,
}

/// The availability in a period `[from, until)`, looked at `at` (its end if none is given): what
/// is later is unknown, not up. Reversed and empty outages count as nothing.
///
/// # Errors
/// For a period that ends before it begins.
///
/// ```
/// use itom_core::sla::availability;
///
/// let june = ("2026-06-01T00:00:00Z".parse()?, "2026-07-01T00:00:00Z".parse()?);
/// let outages = [
///     ("2026-06-10T10:00:00Z".parse()?, Some("2026-06-10T10:30:00Z".parse()?)),
///     ("2026-06-10T10:20:00Z".parse()?, Some("2026-06-10T11:00:00Z".parse()?)),
/// ];
/// let report = availability(june, &outages, &[], None)?;
/// assert_eq!(report.downtime, "1h".parse()?);
/// assert_eq!(report.availability.unwrap().to_string(), "719/720");
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn availability(
    period: (Timestamp, Timestamp),
    outages: &[Outage],
    excluded: &[(Timestamp, Timestamp)],
    at: Option<Timestamp>,
) -> Result<Availability> {
    let options = AvailabilityOptions { excluded: excluded.to_vec(), at, ..Default::default() };
    options.measure_plain(period, outages)
}

impl AvailabilityOptions {
    /// The availability in a period.
    ///
    /// # Errors
    /// For a period that ends before it begins, a weight outside (0, 1], weights without a common
    /// denominator below 10^12, and a negative `minimum` or `merge_gap`.
    pub fn measure(
        &self,
        period: (Timestamp, Timestamp),
        outages: &[OutageRecord],
    ) -> Result<Availability> {
        self.account(&Downtime::of(self, outages, false)?, period)
    }

    /// The same for outages that are all whole, which need no more than their two instants.
    ///
    /// # Errors
    /// As [`AvailabilityOptions::measure`].
    pub fn measure_plain(
        &self,
        period: (Timestamp, Timestamp),
        outages: &[Outage],
    ) -> Result<Availability> {
        self.account(&Downtime::of_plain(self, outages)?, period)
    }

    /// The availability in each of many periods: the outages are joined once.
    ///
    /// # Errors
    /// As [`AvailabilityOptions::measure`].
    ///
    /// ```
    /// use itom_core::sla::{AvailabilityOptions, OutageRecord};
    ///
    /// let (monday, tuesday) = ("2026-06-15T00:00:00Z".parse()?, "2026-06-16T00:00:00Z".parse()?);
    /// let days = [(monday, tuesday), (tuesday, "2026-06-17T00:00:00Z".parse()?)];
    /// let outage =
    ///     OutageRecord::new("2026-06-15T18:00:00Z".parse()?, "2026-06-16T06:00:00Z".parse()?);
    /// let series = AvailabilityOptions::default().series(&days, &[outage])?;
    /// assert_eq!(series[0].availability.availability, Some("3/4".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn series(
        &self,
        periods: &[(Timestamp, Timestamp)],
        outages: &[OutageRecord],
    ) -> Result<Vec<AvailabilityPoint>> {
        let downtime = Downtime::of(self, outages, false)?;
        let point = |&(start, end): &(Timestamp, Timestamp)| {
            let availability = self.account(&downtime, (start, end))?;
            Ok(AvailabilityPoint { start, end, availability })
        };
        periods.iter().map(point).collect()
    }

    pub(super) fn account(
        &self,
        downtime: &Downtime,
        period: (Timestamp, Timestamp),
    ) -> Result<Availability> {
        let (from, until) = self.looked_at(period)?;
        let measure = |from: i64, until: i64| self.service_time(from, until);
        let mut agreed = measure(from, until);
        if !self.excluded_is_agreed {
            for (from, until) in downtime.excluded_in(from, until) {
                agreed -= measure(from, until);
            }
        }
        let (mut weighed, mut failures, mut last) = (0i128, 0, None);
        for piece in downtime.counting_in(from, until) {
            let length = measure(piece.from, piece.until);
            weighed += length * i128::from(piece.weight);
            if length > 0 && last != Some(piece.block) {
                last = Some(piece.block);
                failures += 1;
            }
        }
        let scale = i128::from(downtime.scale);
        let availability = match agreed {
            0 => None,
            agreed => Some(Fraction::new(agreed * scale - weighed, agreed * scale)?),
        };
        Ok(Availability {
            agreed: duration(agreed),
            downtime: duration((2 * weighed + scale).div_euclid(2 * scale)),
            availability,
            ratio: availability.map(Fraction::to_f64),
            failures,
        })
    }

    /// The period up to the instant of asking, in nanoseconds.
    pub(super) fn looked_at(&self, period: (Timestamp, Timestamp)) -> Result<(i64, i64)> {
        let (from, end) = period;
        if from > end {
            let value = format!("{from} to {end}");
            return Err(Error::invalid("period", value, "its begin before its end"));
        }
        let until = self.at.map_or(end, |at| at.min(end)).max(from);
        Ok((from.as_nanos(), until.as_nanos()))
    }

    /// Agreed time between two instants.
    pub(super) fn service_time(&self, from: i64, until: i64) -> i128 {
        match &self.service_hours {
            None => i128::from(until) - i128::from(from),
            Some(hours) => i128::from(hours.open_until(until)) - i128::from(hours.open_until(from)),
        }
    }
}

pub(super) fn duration(nanos: i128) -> Duration {
    Duration::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}
