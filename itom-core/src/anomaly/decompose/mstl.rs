//! What is trend, what repeats daily, what weekly, and what is left?
//!
//! [`decompose`] is MSTL (Bandara, Hyndman and Bergmeir, "MSTL: a seasonal-trend decomposition
//! algorithm for time series with multiple seasonal patterns", 2021): STL for the shortest period, then
//! for the next on what that leaves, twice round. Periods that are not given are searched for with
//! [`seasonal_periods`](super::seasonal_periods); without any the trend is a loess of the values.
//! A missing value (NaN) is filled in for the fit from its neighbours in time and has a NaN
//! remainder; an infinite one is taken as missing, too.
//!
//! The sum of all parts is the value, to the last bits. Values are scaled before the fit, so that
//! the largest numbers do not overflow; a series is limited to 2^32 points and 8 periods.
//!
//! Cost: `O(n)` for each period, about 0.3 µs a point and period. It sees the whole series: a part at
//! one moment depends on what comes later.

use serde::{Deserialize, Serialize};

use super::fill::{filled, size};
use super::loess::Smoother;
use super::periods::seasonal_periods;
use super::stl::stl;
use crate::{Error, Result};

/// Twice round all periods, as the paper does.
const ITERATIONS: usize = 2;
const PERIODS_MAX: usize = 8;

/// What a decomposition is to look for.
///
/// ```
/// use itom_core::anomaly::DecomposeOptions;
///
/// let options = DecomposeOptions { periods: Some(vec![24, 168]), robust: true };
/// assert_ne!(options, DecomposeOptions::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DecomposeOptions {
    /// The periods in points, at least 2 each; those the series has not two cycles of are left out.
    /// Searched for unless given; empty for none.
    pub periods: Option<Vec<usize>>,
    /// Whether outliers shall not pull at trend and seasons: slower.
    pub robust: bool,
}

/// A series in parts: `values = trend + seasons + remainder`.
///
/// ```
/// use itom_core::anomaly::{DecomposeOptions, decompose};
///
/// let parts = decompose(&[1.0, 2.0, 3.0, 4.0, 5.0], DecomposeOptions::default())?;
/// assert!(parts.seasons.is_empty());
/// assert!((parts.trend[2] - 3.0).abs() < 1e-9);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decomposition {
    /// What is slow.
    pub trend: Vec<f64>,
    /// What repeats, the shortest period first.
    pub seasons: Vec<Season>,
    /// What is left; NaN where the value was missing.
    pub remainder: Vec<f64>,
}

/// What repeats with one period.
///
/// ```
/// use itom_core::anomaly::{DecomposeOptions, decompose};
///
/// let values: Vec<f64> = (0..100).map(|i| f64::from(i % 5)).collect();
/// let season = &decompose(&values, DecomposeOptions::default())?.seasons[0];
/// assert_eq!(season.period, 5);
/// assert!(season.strength > 0.99);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Season {
    /// The period in points.
    pub period: usize,
    /// How much of what is not explained otherwise it explains, from 0 to 1: one minus the variance
    /// of the remainder by that of season and remainder together (Wang, Smith and Hyndman, 2006).
    pub strength: f64,
    /// Its part of every value, about 0 on average.
    pub part: Vec<f64>,
}

/// Splits a series into trend, seasons and remainder.
///
/// ```
/// use itom_core::anomaly::{DecomposeOptions, decompose};
///
/// let values: Vec<f64> = (0..600)
///     .map(|i| 0.01 * f64::from(i) + f64::from(i % 24 / 12) + f64::from(i % 168 / 120))
///     .collect();
/// let parts = decompose(&values, DecomposeOptions::default())?;
/// let periods: Vec<usize> = parts.seasons.iter().map(|season| season.period).collect();
/// assert_eq!(periods, [24, 168]);
/// let sum = parts.trend[300] + parts.seasons[0].part[300] + parts.seasons[1].part[300];
/// assert!((sum + parts.remainder[300] - values[300]).abs() < 1e-12);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// A period less than 2 or more than 8 of them.
pub fn decompose(values: &[f64], options: DecomposeOptions) -> Result<Decomposition> {
    let n = values.len();
    let mut periods = match options.periods {
        Some(given) => checked(given)?,
        None => seasonal_periods(values),
    };
    periods.retain(|&period| n / period >= 2);
    let Some(mut rest) = filled(values) else {
        let seasons =
            periods.iter().map(|&period| Season { period, strength: 0.0, part: vec![0.0; n] });
        return Ok(Decomposition {
            trend: vec![0.0; n],
            seasons: seasons.collect(),
            remainder: vec![f64::NAN; n],
        });
    };
    let scale = size(&rest);
    rest.iter_mut().for_each(|value| *value /= scale);
    let mut trend = vec![0.0; n];
    let mut parts = vec![vec![0.0; n]; periods.len()];
    if periods.is_empty() {
        smooth(&rest, options.robust, &mut trend);
    }
    for _ in 0..ITERATIONS {
        for (i, (&period, part)) in periods.iter().zip(&mut parts).enumerate() {
            rest.iter_mut().zip(part.iter()).for_each(|(rest, part)| *rest += part);
            stl(&rest, period, 11 + 4 * i, options.robust, part, &mut trend);
            rest.iter_mut().zip(part.iter()).for_each(|(rest, part)| *rest -= part);
        }
    }
    rest.iter_mut().zip(&trend).for_each(|(rest, trend)| *rest -= trend);
    let seasons = periods.iter().zip(parts).map(|(&period, mut part)| {
        let strength = strength(&part, &rest);
        part.iter_mut().for_each(|value| *value *= scale);
        Season { period, strength, part }
    });
    let seasons: Vec<Season> = seasons.collect();
    trend.iter_mut().for_each(|value| *value *= scale);
    let remainder = (0..n)
        .map(|i| seasons.iter().fold(values[i] - trend[i], |rest, season| rest - season.part[i]))
        .map(|rest| if rest.is_finite() { rest } else { f64::NAN })
        .collect();
    Ok(Decomposition { trend, seasons, remainder })
}

fn checked(mut periods: Vec<usize>) -> Result<Vec<usize>> {
    periods.sort_unstable();
    periods.dedup();
    if let Some(short) = periods.first().filter(|&&period| period < 2) {
        return Err(Error::invalid("periods", short, "at least 2 points each"));
    }
    if periods.len() > PERIODS_MAX {
        let expected = format!("at most {PERIODS_MAX} periods");
        return Err(Error::invalid("periods", periods.len(), expected));
    }
    Ok(periods)
}

/// The trend of a series without season: loess over a fifth of it.
fn smooth(values: &[f64], robust: bool, trend: &mut [f64]) {
    let n = values.len();
    let window = (n / 5).max(7) | 1;
    let smoother = Smoother::new(n, window, window.div_ceil(10));
    smoother.smooth(values, trend);
    for _ in 0..if robust { 3 } else { 0 } {
        let zero = vec![0.0; n];
        let weights = super::stl::weights(values, &zero, trend);
        smoother.smooth_weighed(values, &weights, trend);
    }
}

fn strength(part: &[f64], rest: &[f64]) -> f64 {
    let both: Vec<f64> = part.iter().zip(rest).map(|(part, rest)| part + rest).collect();
    let (left, all) = (variance(rest), variance(&both));
    if all > 0.0 { (1.0 - left / all).clamp(0.0, 1.0) } else { 0.0 }
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(periods: &[usize]) -> DecomposeOptions {
        DecomposeOptions { periods: Some(periods.to_vec()), robust: false }
    }

    #[test]
    fn hostile_series_are_decomposed() {
        for values in
            [&[][..], &[1.0], &[f64::NAN; 9], &[f64::INFINITY, 1.0], &[1e308, -1e308, 1e308]]
        {
            for options in [with(&[]), with(&[2, 4]), DecomposeOptions::default()] {
                let parts = decompose(values, options).unwrap();
                assert_eq!(parts.trend.len(), values.len());
                assert!(parts.trend.iter().all(|value| value.is_finite()), "{values:?}: {parts:?}");
            }
        }
    }

    #[test]
    fn what_is_missing_has_no_remainder_and_pulls_at_nothing() {
        let mut values: Vec<f64> = (0..70).map(|i| f64::from(i % 7)).collect();
        let whole = decompose(&values, with(&[7])).unwrap();
        values[30] = f64::NAN;
        let parts = decompose(&values, with(&[7])).unwrap();
        assert!(parts.remainder[30].is_nan());
        assert!((parts.trend[30] - whole.trend[30]).abs() < 0.5);
    }

    #[test]
    fn an_outlier_does_not_pull_at_a_robust_fit() {
        let clean = |i: u32| f64::from(i % 7) + f64::from(i * 7919 % 13) / 13.0;
        let mut values: Vec<f64> = (0..140).map(clean).collect();
        values[70] += 100.0;
        let robust = DecomposeOptions { robust: true, ..with(&[7]) };
        let parts = decompose(&values, robust).unwrap();
        assert!((parts.remainder[70] - 100.0).abs() < 1.0, "{}", parts.remainder[70]);
        assert!((parts.trend[70] - 3.5).abs() < 0.5, "{}", parts.trend[70]);
        let pulled = decompose(&values, with(&[7])).unwrap();
        assert!((pulled.remainder[70] - 100.0).abs() > 10.0);
    }

    #[test]
    fn periods_are_checked() {
        assert_eq!(decompose(&[], with(&[1])).unwrap_err().argument(), Some("periods"));
        assert!(decompose(&[], with(&(2..11).collect::<Vec<_>>())).is_err());
        assert_eq!(decompose(&[1.0; 20], with(&[7, 7, 15])).unwrap().seasons.len(), 1);
    }
}
