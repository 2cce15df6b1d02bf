//! What has to be out of the way before changes are looked for: missing values, seasons, spikes.

use super::super::decompose::{DecomposeOptions, decompose, filled, seasonal_periods};
use crate::Result;
use crate::anomaly::arithmetic::median;

/// A spike is this many times as far from the median around as such distances usually are.
const SPIKE: f64 = 6.0;
/// Points on each side of a point among which it may be a spike.
const REACH: usize = 3;
/// Points on each side that tell what is usual there.
const NEAR: usize = 10;
/// More correlation than this is not believed: a trend looks like it.
const CORRELATION_MAX: f64 = 0.8;

/// A series without missing values, seasons and spikes, with mean 0 and variance 1; none for one that
/// is constant or empty.
pub(super) fn cleaned(values: &[f64], periods: Option<Vec<usize>>) -> Result<Option<Vec<f64>>> {
    let Some(mut values) = filled(values) else { return Ok(None) };
    if !normalise(&mut values) {
        return Ok(None);
    }
    let periods = periods.unwrap_or_else(|| seasonal_periods(&values));
    if !periods.is_empty() {
        let options = DecomposeOptions { periods: Some(periods), robust: false };
        for season in decompose(&values, options)?.seasons {
            values.iter_mut().zip(season.part).for_each(|(value, part)| *value -= part);
        }
    }
    without_spikes(&mut values);
    Ok(normalise(&mut values).then_some(values))
}

/// Mean 0 and variance 1, if anything varies at all.
pub(super) fn normalise(values: &mut [f64]) -> bool {
    let scale = super::super::decompose::size(values);
    let n = values.len() as f64;
    values.iter_mut().for_each(|value| *value /= scale);
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    // What is left of rounding is no variance.
    if variance < 1e-24 {
        return false;
    }
    let deviation = variance.sqrt();
    values.iter_mut().for_each(|value| *value = (*value - mean) / deviation);
    true
}

/// Puts the median around in the place of one or two values far off, which do not last.
fn without_spikes(values: &mut [f64]) {
    let n = values.len();
    if n < 4 * REACH {
        return;
    }
    let medians: Vec<f64> = (0..n)
        .map(|i| {
            let from = i.saturating_sub(REACH).min(n - 2 * REACH - 1);
            let mut around = [0.0; 2 * REACH + 1];
            around.copy_from_slice(&values[from..from + 2 * REACH + 1]);
            around.sort_unstable_by(f64::total_cmp);
            around[REACH]
        })
        .collect();
    let off: Vec<f64> =
        values.iter().zip(&medians).map(|(value, median)| (value - median).abs()).collect();
    let usual = median(&mut off.clone()) * 1.4826;
    // Of mostly repeated values the median distance is nought: then the mean one tells.
    let usual = if usual > 0.0 { usual } else { off.iter().sum::<f64>() / n as f64 };
    for (i, (value, median_here)) in values.iter_mut().zip(&medians).enumerate() {
        // A stretch may be louder than the rest: then what is usual there counts.
        if off[i] > SPIKE * usual {
            let from = i.saturating_sub(NEAR);
            let here = median(&mut off[from..(i + NEAR + 1).min(n)].to_vec()) * 1.4826;
            if off[i] > SPIKE * here {
                *value = *median_here;
            }
        }
    }
}

/// The correlation of neighbours as medians of changes tell it: those over two points are larger than
/// those over one by `1 + correlation` (squared) for a first-order autoregression.
pub(super) fn correlation(values: &[f64]) -> f64 {
    let changes = |lag: usize| {
        let mut all: Vec<f64> = values.windows(lag + 1).map(|w| (w[lag] - w[0]).abs()).collect();
        if all.is_empty() { 0.0 } else { median(&mut all) }
    };
    let (one, two) = (changes(1), changes(2));
    if one <= 0.0 {
        return if two > 0.0 { CORRELATION_MAX } else { 0.0 };
    }
    (two * two / (one * one) - 1.0).clamp(0.0, CORRELATION_MAX)
}
