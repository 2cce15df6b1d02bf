//! When is the disk full?
//!
//! [`time_to_threshold`] gives the time at which a series probably reaches a threshold, from below or
//! from above, with the range in which it lies and the probability within any time.
//!
//! A saw (log rotation, garbage collection) reaches a limit with its teeth, so their tips are continued,
//! not the values between: tips before each fall where there are falls, else the highest value of each
//! period where there is one. After a single fall only what came since counts. Where the rise changed
//! its slope, only the last stretch counts ([`changepoints`](super::super::changepoints)).
//!
//! What is left is continued as a line (Theil and Sen: the median of the slopes of all pairs, 1968) or,
//! where that fits clearly better, as growth that saturates at a limit of its own,
//! `c - a exp(-k t)`: then the threshold may never be reached. Errors around the curve are taken as a
//! first-order autoregression; with the doubt about slope and level they give the variance at any time
//! ahead, and with it the probability of having reached the threshold.
//!
//! Cost: `O(n)`, and the slopes of at most 300 points. It does not look further ahead than a hundred
//! times the history.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::grid::Grid;
use super::teeth::{Tips, tips};
use crate::{Duration, Error, Result, Timestamp};

/// Moments at which the probability is worked out.
const MOMENTS: usize = 160;
/// How far to look ahead, in lengths of the history.
const FAR: f64 = 100.0;
/// The probabilities of the earliest and the latest time.
const EARLIEST: f64 = 0.1;
const LATEST: f64 = 0.9;

/// When a series reaches a threshold.
///
/// ```
/// use itom_core::anomaly::time_to_threshold;
/// use itom_core::Duration;
///
/// let hour = 3_600_000_000_000;
/// let times: Vec<i64> = (0..100).map(|i| i * hour).collect();
/// let used: Vec<f64> = (0..100).map(|i| 50.0 + 0.25 * f64::from(i) + f64::from(i * 7 % 3)).collect();
/// let full = time_to_threshold(&times, &used, 90.0)?;
/// let hours = (full.eta.unwrap() - full.now).as_nanos() / hour;
/// assert!((50..66).contains(&hours), "{hours}");
/// assert!(full.probability(Duration::from_secs(3600)) < 0.05);
/// assert!(full.probability(Duration::from_secs(3600 * 24 * 7)) > 0.95);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThresholdForecast {
    /// The threshold asked for.
    pub threshold: f64,
    /// The time of the last point, from which is counted.
    pub now: Timestamp,
    /// When it is as likely reached as not; `None` if that is not in sight.
    pub eta: Option<Timestamp>,
    /// When it is reached with a probability of one in ten.
    pub earliest: Option<Timestamp>,
    /// When it is reached with a probability of nine in ten.
    pub latest: Option<Timestamp>,
    /// The limit the series tends to by itself, if its growth slows down.
    pub saturates_at: Option<f64>,
    /// Whether teeth of a saw were found, and their tips continued.
    pub sawtooth: bool,
    /// Times ahead, rising.
    pub ahead: Vec<Duration>,
    /// The probability that the threshold is reached within each of them.
    pub reached: Vec<f64>,
}

impl ThresholdForecast {
    /// The probability that the threshold is reached `within` a time from the last point on.
    ///
    /// ```
    /// use itom_core::anomaly::time_to_threshold;
    /// use itom_core::Duration;
    ///
    /// let full = time_to_threshold(&[0, 1_000_000_000], &[1.0, 5.0], 5.0)?;
    /// assert_eq!(full.probability(Duration::from_secs(0)), 1.0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn probability(&self, within: Duration) -> f64 {
        let after = self.ahead.partition_point(|&ahead| ahead <= within);
        match (after.checked_sub(1), self.ahead.get(after)) {
            (None, _) => 0.0,
            (Some(at), None) => self.reached[at],
            (Some(at), Some(next)) => {
                let (from, to) = (self.ahead[at].as_nanos() as f64, next.as_nanos() as f64);
                let part = (within.as_nanos() as f64 - from) / (to - from).max(1.0);
                self.reached[at] + part * (self.reached[at + 1] - self.reached[at])
            }
        }
    }
}

/// When the series reaches the threshold: from below if its last value is below it, else from above.
///
/// Points may be in any order and irregular; NaN and infinities are missing.
///
/// ```
/// use itom_core::anomaly::time_to_threshold;
///
/// let hour = 3_600_000_000_000;
/// let times: Vec<i64> = (0..240).map(|i| i * hour).collect();
/// // Grows for a day, is rotated, and leaves a little more behind every day.
/// let saw: Vec<f64> =
///     (0..240).map(|i| 20.0 + f64::from(i / 24) + 1.5 * f64::from(i % 24)).collect();
/// let full = time_to_threshold(&times, &saw, 85.0)?;
/// assert!(full.sawtooth);
/// let days = (full.eta.unwrap() - full.now).as_nanos() / (24 * hour);
/// assert!((18..=22).contains(&days), "{days}");
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Columns of different length, no finite value, a threshold that is not finite.
pub fn time_to_threshold(
    timestamps: &[i64],
    values: &[f64],
    threshold: f64,
) -> Result<ThresholdForecast> {
    if !threshold.is_finite() {
        return Err(Error::invalid("threshold", threshold, "a finite number"));
    }
    let grid = Grid::new(timestamps, values)?;
    let last = grid.values[grid.values.len() - 1];
    let mut result = ThresholdForecast {
        threshold,
        now: grid.time(0),
        eta: None,
        earliest: None,
        latest: None,
        saturates_at: None,
        sawtooth: false,
        ahead: vec![Duration::from_nanos(0)],
        reached: vec![0.0],
    };
    // Upwards, and scaled: a falling series is turned over.
    let sign = if last <= threshold { 1.0 } else { -1.0 };
    let scale = super::size(&grid.values).max(threshold.abs());
    let scaled: Vec<f64> = grid.values.iter().map(|value| sign * (value / scale)).collect();
    let goal = sign * (threshold / scale);
    if last == threshold {
        let now = Some(result.now);
        (result.reached[0], result.eta, result.earliest, result.latest) = (1.0, now, now, now);
        return Ok(result);
    }
    let tips = tips(&scaled, &grid.hints);
    let curve = Curve::fit(&tips);
    result.sawtooth = tips.is_saw;
    result.saturates_at = curve.limit().map(|limit| sign * limit * scale);
    probabilities(&mut result, &grid, &tips, &curve, goal);
    result.eta = moment(&result, 0.5);
    result.earliest = moment(&result, EARLIEST);
    result.latest = moment(&result, LATEST);
    Ok(result)
}

/// Fills in the probability at moments ahead, which are dense near and sparse far away.
fn probabilities(
    result: &mut ThresholdForecast,
    grid: &Grid,
    tips: &Tips,
    curve: &Curve,
    goal: f64,
) {
    let length = grid.values.len() as f64;
    let far = (FAR * length).max(10.0);
    let mut reached = 0.0_f64;
    for i in 1..=MOMENTS {
        // From half a step to the far end, each the same factor further.
        let steps = 0.5 * libm::pow(far / 0.5, i as f64 / MOMENTS as f64);
        let nanos = steps * grid.step as f64;
        if nanos > (i64::MAX - grid.last.max(0)) as f64 {
            break;
        }
        // Nothing rises faster than it ever did.
        let possible = tips.fastest * steps + tips.now >= goal;
        if possible {
            reached = reached.max(curve.reached(length - 1.0 + steps, goal));
        }
        result.ahead.push(Duration::from_nanos(nanos as i64));
        result.reached.push(reached);
    }
}

/// When the probability is reached.
fn moment(result: &ThresholdForecast, probability: f64) -> Option<Timestamp> {
    let after = result.reached.iter().position(|&reached| reached >= probability)?;
    let Some(before) = after.checked_sub(1) else { return Some(result.now) };
    let (low, high) = (result.reached[before], result.reached[after]);
    let part = if high > low { (probability - low) / (high - low) } else { 1.0 };
    let (from, to) = (result.ahead[before].as_nanos(), result.ahead[after].as_nanos());
    let nanos = from + ((to - from) as f64 * part) as i64;
    result.now.checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    fn hours(n: usize) -> Vec<i64> {
        (0..n as i64).map(|i| i * HOUR).collect()
    }

    fn noise(i: usize) -> f64 {
        (i * 7919 % 101) as f64 / 50.5 - 1.0
    }

    fn eta_in_hours(values: &[f64], threshold: f64) -> Option<f64> {
        let result = time_to_threshold(&hours(values.len()), values, threshold).unwrap();
        assert!(result.reached.is_sorted() && result.ahead.is_sorted(), "{result:?}");
        if let (Some(early), Some(eta)) = (result.earliest, result.eta) {
            assert!(early <= eta && result.latest.is_none_or(|latest| eta <= latest), "{result:?}");
        }
        Some((result.eta? - result.now).as_nanos() as f64 / HOUR as f64)
    }

    #[test]
    fn up_and_down_are_alike() {
        let up: Vec<f64> = (0..200).map(|i| 10.0 + 0.1 * i as f64 + noise(i)).collect();
        let down: Vec<f64> = up.iter().map(|value| 100.0 - value).collect();
        let eta = eta_in_hours(&up, 50.0).unwrap();
        assert!((eta - 201.0).abs() < 25.0, "{eta}");
        let other = eta_in_hours(&down, 50.0).unwrap();
        assert!((eta - other).abs() < 10.0, "{eta} {other}");
    }

    #[test]
    fn what_does_not_move_never_arrives() {
        let still: Vec<f64> = (0..200).map(|i| 10.0 + noise(i)).collect();
        let result = time_to_threshold(&hours(200), &still, 90.0).unwrap();
        assert!(result.probability(Duration::from_secs(3600 * 200)) < 0.01, "{result:?}");
        assert_eq!(eta_in_hours(&[5.0; 50], 6.0), None);
        // A saw that leaves nothing behind never fills the disk.
        let saw: Vec<f64> = (0..480).map(|i| 20.0 + 1.5 * (i % 24) as f64 + noise(i)).collect();
        let result = time_to_threshold(&hours(480), &saw, 90.0).unwrap();
        assert!(result.sawtooth);
        assert!(result.probability(Duration::from_secs(3600 * 96)) < 0.05, "{result:?}");
    }

    #[test]
    fn growth_that_saturates_stays_below() {
        let grown = |i: usize| 80.0 - 60.0 * libm::exp(-(i as f64) / 60.0) + 0.2 * noise(i);
        let values: Vec<f64> = (0..240).map(grown).collect();
        let result = time_to_threshold(&hours(240), &values, 90.0).unwrap();
        let limit = result.saturates_at.unwrap();
        assert!((limit - 80.0).abs() < 2.0, "{limit}");
        assert!(result.probability(Duration::from_secs(3600 * 240)) < 0.1, "{result:?}");
        let soon = eta_in_hours(&values[..60], 62.0).unwrap();
        assert!((5.0..40.0).contains(&soon), "{soon}");
    }

    #[test]
    fn only_the_last_slope_and_what_came_after_a_cleanup_count() {
        let bent: Vec<f64> =
            (0..200).map(|i| 20.0 + (i as f64 - 140.0).max(0.0) * 0.5 + 0.2 * noise(i)).collect();
        let eta = eta_in_hours(&bent, 70.0).unwrap();
        assert!((30.0..55.0).contains(&eta), "{eta}");
        let cleaned: Vec<f64> = (0..200)
            .map(|i| if i < 120 { 40.0 + 0.2 * i as f64 } else { 10.0 + 0.2 * (i - 120) as f64 })
            .collect();
        let eta = eta_in_hours(&cleaned, 46.0).unwrap();
        assert!((eta - 101.0).abs() < 15.0, "{eta}");
    }

    #[test]
    fn hostile_series_are_answered() {
        let odd = [1e308, -1e308, f64::NAN, 5e-324, 0.0, 1e308, f64::INFINITY, 3.0];
        for n in 1..=odd.len() {
            for threshold in [0.0, 1e308, -1e308, 3.0] {
                let result = time_to_threshold(&hours(n), &odd[..n], threshold).unwrap();
                assert!(result.reached.iter().all(|p| (0.0..=1.0).contains(p)), "{result:?}");
            }
        }
        let error = time_to_threshold(&[1], &[1.0], f64::NAN).unwrap_err();
        assert_eq!(error.argument(), Some("threshold"));
        let far = time_to_threshold(&[0, i64::MAX], &[0.0, 1.0], 9.0).unwrap();
        assert_eq!(far.eta, None);
    }
}
