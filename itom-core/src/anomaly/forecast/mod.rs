//! What comes next, how sure is that, and when does it reach a limit?
//!
//! [`forecast`] continues a series by several steps with intervals; [`time_to_threshold`] says when a
//! disk is full or a quota used up, for series that go up and down like a saw as well.
//!
//! Points may be irregular, missing, doubled and in any order: they are put on an even grid first. Its
//! periods are found ([`seasonal_periods`](super::seasonal_periods)), an hour, a day and a week being
//! tried first. Several methods — the last cycles, double seasonal exponential smoothing (Taylor, 2003),
//! an autoregression on seasonal lags, without season a damped trend and theta (Assimakopoulos and
//! Nikolopoulos, 2000) — are tried on the end of the history and combined by how far off they were
//! (Bates and Granger, 1969). The errors of that trial give the intervals: what they say about the future
//! is what held in the last weeks.
//!
//! Cost: about 2 µs a point. It looks at the last 16,384 places of the grid; it knows no holidays.

mod combine;
mod curve;
mod grid;
mod interval;
mod methods;
mod ridge;
mod smoothing;
mod teeth;
mod threshold;

use serde::{Deserialize, Serialize};

use super::decompose::{size, tested};
use crate::{Error, Result, Timestamp};
use combine::combine;
use grid::Grid;
use interval::Spread;

pub use threshold::{ThresholdForecast, time_to_threshold};

/// Places looked at: the last ones.
const PLACES_MAX: usize = 1 << 14;
/// Steps ahead at most.
const HORIZON_MAX: usize = 1 << 16;
const LEVELS_MAX: usize = 16;

/// A forecast: what is expected at each step, and intervals.
///
/// ```
/// use itom_core::anomaly::forecast;
///
/// let hour = 3_600_000_000_000;
/// let times: Vec<i64> = (0..200).map(|i| i * hour).collect();
/// let values: Vec<f64> = (0..200).map(|i| f64::from(i % 24)).collect();
/// let ahead = forecast(&times, &values, 24, &[0.8])?;
/// assert_eq!(ahead.periods, [24]);
/// assert!((ahead.expected[0] - 8.0).abs() < 1.0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeriesForecast {
    /// When: one step of the series after the other.
    pub time: Vec<Timestamp>,
    /// What is expected.
    pub expected: Vec<f64>,
    /// An interval for each level asked for, in that order.
    pub intervals: Vec<ForecastInterval>,
    /// The periods found, in steps, shortest first.
    pub periods: Vec<usize>,
}

/// The bounds between which values are expected with a probability.
///
/// ```
/// use itom_core::anomaly::forecast;
///
/// let times: Vec<i64> = (0..50).map(|i| i * 60_000_000_000).collect();
/// let values: Vec<f64> = (0..50).map(|i| f64::from(i * 7919 % 13)).collect();
/// let ahead = forecast(&times, &values, 3, &[0.5, 0.95])?;
/// assert!(ahead.intervals[0].upper[2] < ahead.intervals[1].upper[2]);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForecastInterval {
    /// The share of values the bounds are to hold.
    pub level: f64,
    /// The lower bound at each step.
    pub lower: Vec<f64>,
    /// The upper bound at each step.
    pub upper: Vec<f64>,
}

/// The next `horizon` values with an interval for each of the `levels`.
///
/// NaN and infinities are missing values. A constant series goes on as it is, with intervals of no width.
///
/// ```
/// use itom_core::anomaly::forecast;
///
/// let hour = 3_600_000_000_000;
/// let times: Vec<i64> = (0..500).map(|i| i * hour).collect();
/// let values: Vec<f64> = (0..500_i32).map(|i| f64::from((i % 24 - 12).abs() + i * 7 % 3)).collect();
/// let ahead = forecast(&times, &values, 48, &[0.8, 0.95])?;
/// assert_eq!(ahead.time[0].as_nanos(), 500 * hour);
/// assert!(ahead.intervals[0].lower[5] <= ahead.expected[5]);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Columns of different length, no finite value, more than 65,536 steps, a level outside 0 to 1, more
/// than 16 levels.
pub fn forecast(
    timestamps: &[i64],
    values: &[f64],
    horizon: usize,
    levels: &[f64],
) -> Result<SeriesForecast> {
    if horizon > HORIZON_MAX {
        return Err(Error::invalid("horizon", horizon, format!("at most {HORIZON_MAX} steps")));
    }
    if let Some(bad) = levels.iter().find(|&&level| !(level > 0.0 && level < 1.0)) {
        return Err(Error::invalid("levels", bad, "between 0 and 1"));
    }
    if levels.len() > LEVELS_MAX {
        return Err(Error::invalid("levels", levels.len(), format!("at most {LEVELS_MAX}")));
    }
    let grid = Grid::new(timestamps, values)?;
    let history = &grid.values[grid.values.len().saturating_sub(PLACES_MAX)..];
    let scale = size(history);
    let scaled: Vec<f64> = history.iter().map(|value| value / scale).collect();
    let mut periods = tested(&scaled, &grid.hints);
    periods.truncate(2);
    let combined = combine(&scaled, &periods, horizon.max(1));
    let spread = Spread::new(&combined.errors);
    // The largest numbers stay numbers, and what never was below nought is not expected to be.
    let least = if history.iter().all(|&value| value >= 0.0) { 0.0 } else { -f64::MAX };
    let unscaled = |value: f64| (value * scale).clamp(least, f64::MAX);
    let intervals = levels.iter().map(|&level| {
        let bound = |side: f64| {
            let at = |step: usize| combined.expected[step] + side * spread.half_width(step, level);
            (0..horizon).map(|step| unscaled(at(step))).collect()
        };
        ForecastInterval { level, lower: bound(-1.0), upper: bound(1.0) }
    });
    let intervals = intervals.collect();
    Ok(SeriesForecast {
        time: (1..=horizon).map(|ahead| grid.time(ahead)).collect(),
        expected: combined.expected.iter().take(horizon).map(|&value| unscaled(value)).collect(),
        intervals,
        periods,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    fn hours(n: usize) -> Vec<i64> {
        (0..n as i64).map(|i| i * HOUR).collect()
    }

    /// Noise in [0, 1).
    fn noise(i: usize) -> f64 {
        let x = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((x ^ (x >> 32)) as u32) as f64 / f64::from(u32::MAX)
    }

    #[test]
    fn day_and_week_go_on() {
        let value = |i: usize| {
            let weekend = if i / 24 % 7 >= 5 { 0.5 } else { 1.0 };
            weekend * (10.0 + ((i % 24) as f64 - 12.0).abs()) + noise(i)
        };
        let values: Vec<f64> = (0..840).map(value).collect();
        let ahead = forecast(&hours(840), &values, 48, &[0.8, 0.95]).unwrap();
        assert_eq!(ahead.periods, [24, 168]);
        let mut inside = 0;
        for step in 0..48 {
            let actual = value(840 + step);
            assert!((ahead.expected[step] - actual).abs() < 2.0, "{step}: {ahead:?}");
            let wide = &ahead.intervals[1];
            inside += usize::from((wide.lower[step]..=wide.upper[step]).contains(&actual));
        }
        assert!(inside >= 42, "{inside}");
    }

    #[test]
    fn hostile_series_are_forecast() {
        let odd = [1e308, -1e308, 1e308, f64::NAN, 5e-324, 0.0, f64::INFINITY, 7.0];
        for n in 1..8 {
            let ahead = forecast(&hours(n), &odd[..n], 5, &[0.5]).unwrap();
            assert_eq!(ahead.expected.len(), 5);
            let all = ahead.expected.iter().chain(&ahead.intervals[0].lower);
            assert!(
                all.chain(&ahead.intervals[0].upper).all(|value| value.is_finite()),
                "{ahead:?}"
            );
        }
        let flat = forecast(&hours(100), &[3.0; 100], 4, &[0.95]).unwrap();
        assert_eq!((flat.expected, flat.periods), (vec![3.0; 4], vec![]));
        assert!(flat.intervals[0].upper.iter().all(|value| (value - 3.0).abs() < 1e-9));
        assert!(forecast(&hours(3), &[1.0; 3], 0, &[]).unwrap().expected.is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let argument =
            |result: Result<SeriesForecast>| result.unwrap_err().argument().map(str::to_owned);
        assert_eq!(argument(forecast(&[], &[], 3, &[])).as_deref(), Some("values"));
        assert_eq!(argument(forecast(&[1], &[], 3, &[])).as_deref(), Some("values"));
        assert_eq!(argument(forecast(&[1], &[1.0], usize::MAX, &[])).as_deref(), Some("horizon"));
        for level in [0.0, 1.0, f64::NAN] {
            assert_eq!(argument(forecast(&[1], &[1.0], 3, &[level])).as_deref(), Some("levels"));
        }
    }
}
