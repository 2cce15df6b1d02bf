//! How long does it run between failures, and how long until it runs again?
//!
//! As ITIL defines them: MTBF is uptime over failures, MTRS downtime over failures, MTBSI (between
//! service incidents, from failure to failure) their sum, and availability MTBF / MTBSI. Without a
//! failure there is no mean: it is neither infinite nor the period. What can be said then is a
//! lower confidence bound, from the chi-square distribution for a test that ended at a given time:
//! MTBF >= 2 T / chi²(confidence, 2 r + 2) (Epstein, "Estimation from life test data", 1960).
//!
//! The interval of the availability takes times up and times down as exponential: total uptime
//! and downtime, each over its mean, are then gamma variables of shape r, and the share of one in
//! both is Beta(r, r), whatever the means.

use serde::{Deserialize, Serialize};

use super::confidence::{Sided, error_of};
use super::outage::{Downtime, OutageRecord};
use super::period::{AvailabilityOptions, duration};
use super::quantile;
use crate::sla::Fraction;
use crate::{Duration, Error, Result, Timestamp};

/// Failure measures of one service in one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reliability {
    /// Failures in the period.
    pub failures: u64,
    /// How long it was up.
    pub uptime: Duration,
    /// How long it was down.
    pub downtime: Duration,
    /// Mean time between failures, rounded to the nanosecond; none without failures.
    pub mtbf: Option<Duration>,
    /// Mean time to restore service; none without failures.
    pub mtrs: Option<Duration>,
    /// Mean time between service incidents, MTBF + MTRS; none without failures.
    pub mtbsi: Option<Duration>,
    /// Mean time from failure to acknowledgement; none if none was acknowledged.
    pub mtta: Option<Duration>,
    /// Outages that were acknowledged.
    pub acknowledged: u64,
    /// Uptime over the period, which is MTBF / MTBSI; none for an empty period.
    pub availability: Option<Fraction>,
    /// The same as a float.
    pub ratio: Option<f64>,
    /// The confidence of the bounds below.
    pub confidence: f64,
    /// MTBF is at least this, with that confidence (one-sided); none without uptime.
    pub mtbf_lower: Option<Duration>,
    /// The availability is at least this (two-sided with the next); none without failures.
    pub availability_lower: Option<f64>,
    /// The availability is at most this; none without failures.
    pub availability_upper: Option<f64>,
}

/// Failure measures from lengths: a period, and how long each outage in it lasted. Outages are
/// taken as apart from each other.
///
/// # Errors
/// For a negative length, outages longer than the period together, and a confidence outside
/// (0, 1).
///
/// ```
/// use itom_core::Duration;
/// use itom_core::sla::reliability;
///
/// let hours = |count: i64| Duration::from_secs(count * 3600);
/// let june = reliability(hours(720), &[hours(1), hours(2), hours(3)], 0.95)?;
/// assert_eq!((june.mtbf, june.mtrs), (Some(hours(238)), Some(hours(2))));
/// let quiet = reliability(hours(720), &[], 0.95)?;
/// assert_eq!(quiet.mtbf, None);
/// assert!(quiet.mtbf_lower.unwrap() > hours(240));
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn reliability(period: Duration, outages: &[Duration], confidence: f64) -> Result<Reliability> {
    if period.is_negative() {
        return Err(Error::invalid("period", period, "not negative"));
    }
    if let Some(outage) = outages.iter().find(|outage| outage.is_negative()) {
        return Err(Error::invalid("outages", outage, "not negative"));
    }
    let down: i128 = outages.iter().map(|outage| i128::from(outage.as_nanos())).sum();
    if down > i128::from(period.as_nanos()) {
        let expected = format!("no longer together than the period, {period}");
        return Err(Error::invalid("outages", duration(down), expected));
    }
    let uptime = i128::from(period.as_nanos()) - down;
    Reliability::of(uptime, down, outages.len() as u64, confidence)
}

impl AvailabilityOptions {
    /// Failure measures of the outages that count in a period; partial ones count in full. The
    /// time to acknowledgement is that of the outages as given, physical time, for those that
    /// begin in the period.
    ///
    /// # Errors
    /// As [`AvailabilityOptions::measure`], and for an acknowledgement before its outage.
    ///
    /// ```
    /// use itom_core::sla::{AvailabilityOptions, OutageRecord};
    ///
    /// let day = ("2026-06-10T00:00:00Z".parse()?, "2026-06-11T00:00:00Z".parse()?);
    /// let outage = OutageRecord {
    ///     acknowledged: Some("2026-06-10T02:10:00Z".parse()?),
    ///     ..OutageRecord::new("2026-06-10T02:00:00Z".parse()?, "2026-06-10T04:00:00Z".parse()?)
    /// };
    /// let day = AvailabilityOptions::default().reliability(day, &[outage], 0.9)?;
    /// assert_eq!(day.mtta, Some("10m".parse()?));
    /// assert_eq!(day.mtbsi, Some("24h".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn reliability(
        &self,
        period: (Timestamp, Timestamp),
        outages: &[OutageRecord],
        confidence: f64,
    ) -> Result<Reliability> {
        let (from, until) = self.looked_at(period)?;
        let plain: Vec<_> = outages.iter().map(|outage| (outage.from, outage.until)).collect();
        let counted = self.account(&Downtime::of_plain(self, &plain)?, period)?;
        let down = i128::from(counted.downtime.as_nanos());
        let uptime = i128::from(counted.agreed.as_nanos()) - down;
        let mut result = Reliability::of(uptime.max(0), down, counted.failures, confidence)?;
        let mut waited = 0i128;
        for outage in outages {
            let Some(acknowledged) = outage.acknowledged else { continue };
            if acknowledged < outage.from {
                let expected = format!("at or after the outage began, {}", outage.from);
                return Err(Error::invalid("acknowledged", acknowledged, expected));
            }
            if (from..until).contains(&outage.from.as_nanos()) && acknowledged.as_nanos() <= until {
                result.acknowledged += 1;
                waited += i128::from(acknowledged.as_nanos()) - i128::from(outage.from.as_nanos());
            }
        }
        result.mtta = mean(waited, result.acknowledged);
        Ok(result)
    }
}

impl Reliability {
    fn of(uptime: i128, downtime: i128, failures: u64, confidence: f64) -> Result<Reliability> {
        let one_sided = error_of(confidence, Sided::Lower)?;
        let availability = match uptime + downtime {
            0 => None,
            period => Some(Fraction::new(uptime, period)?),
        };
        let mtbf_lower = (uptime > 0).then(|| {
            let expected = uptime as f64 / quantile::gamma_above(failures, one_sided);
            Duration::from_nanos(expected.min(9.2e18) as i64)
        });
        let bound = |above: bool| {
            if failures == 0 || uptime + downtime == 0 {
                return None;
            }
            // x / (1 - x) of the beta quantile is the F quantile.
            let share = quantile::beta(
                failures - 1,
                failures - 1,
                error_of(confidence, Sided::Two).ok()?,
                above,
            );
            let (up, down) = (uptime as f64 * share, downtime as f64 * (1.0 - share));
            Some(up / (up + down))
        };
        Ok(Reliability {
            failures,
            uptime: duration(uptime),
            downtime: duration(downtime),
            mtbf: mean(uptime, failures),
            mtrs: mean(downtime, failures),
            mtbsi: mean(uptime + downtime, failures),
            mtta: None,
            acknowledged: 0,
            availability,
            ratio: availability.map(Fraction::to_f64),
            confidence,
            mtbf_lower,
            availability_lower: bound(false),
            availability_upper: bound(true),
        })
    }
}

/// The mean to the nearest nanosecond; none of nothing.
fn mean(total: i128, count: u64) -> Option<Duration> {
    let count = i128::from(count);
    (count > 0).then(|| duration((2 * total + count).div_euclid(2 * count)))
}
