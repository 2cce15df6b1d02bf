//! What of a series reaches for a limit: every value, or the tips of its teeth?
//!
//! A fall is a change downwards far beyond the usual ones and a sixth of the whole range. Two or more
//! make a saw, whose tips are the highest values between falls; after one fall only the rest counts.
//! Without falls the highest value of each period stands for it, where there is a period.
//!
//! Cost: `O(n)`; looking for periods about 1 µs a point.

use super::super::changepoint::{ChangeKind, ChangepointOptions, changepoints};
use super::super::decompose::tested;

/// A fall is as many times the usual change.
const FALL: f64 = 8.0;
/// And at least this share of the range.
const FALL_SHARE: f64 = 1.0 / 6.0;
/// Points that are continued at most.
const TIPS_MAX: usize = 300;
/// A last stretch is believed from so many points on.
const STRETCH_MIN: usize = 8;

/// The points to continue: place and value.
pub(super) struct Tips {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) is_saw: bool,
    /// The last value.
    pub(super) now: f64,
    /// The fastest rise a step, over a while.
    pub(super) fastest: f64,
}

/// The points to continue of a rising series.
pub(super) fn tips(values: &[f64], hints: &[usize]) -> Tips {
    let n = values.len();
    let falls = falls(values);
    let mut is_saw = false;
    let start = if falls.len() == 1 && n - falls[0] >= STRETCH_MIN { falls[0] } else { 0 };
    let mut points = if falls.len() >= 3 {
        is_saw = true;
        highest(values, &falls)
    } else {
        let own = &values[start..];
        let period = tested(own, hints).first().copied().filter(|period| own.len() / period >= 4);
        let ends: Vec<usize> = match period {
            // Counted back from the end, so that the last period is a whole one.
            Some(period) => (0..n - start).step_by(period).map(|back| n - back).rev().collect(),
            None => Vec::new(),
        };
        match period {
            Some(_) => highest(&values[..n], &ends),
            None => blocks(own, start),
        }
    };
    points.retain(|point| point.0 >= start as f64);
    let last = last_stretch(&points);
    Tips { points: points.split_off(last), is_saw, now: values[n - 1], fastest: fastest(values) }
}

/// The places just behind falls.
fn falls(values: &[f64]) -> Vec<usize> {
    let changes: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if changes.is_empty() {
        return Vec::new();
    }
    let mut sizes: Vec<f64> = changes.iter().map(|change| change.abs()).collect();
    let middle = sizes.len() / 2;
    let usual = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = f64::max(FALL * usual, FALL_SHARE * (high - low)).max(f64::MIN_POSITIVE);
    let mut falls: Vec<usize> = Vec::new();
    for (i, change) in changes.iter().enumerate().filter(|(_, change)| -**change >= least) {
        // A dip that comes back at once is no fall, nor is the second half of one.
        let back = changes.get(i + 1).is_some_and(|next| *next >= -change / 2.0);
        if !back && falls.last().is_none_or(|&last| i + 1 > last + 1) {
            falls.push(i + 1);
        }
    }
    falls
}

/// The highest value between the ends, and where it is.
fn highest(values: &[f64], ends: &[usize]) -> Vec<(f64, f64)> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let spans = starts.zip(ends.iter().copied()).filter(|(from, to)| from < to);
    let best = |(from, to): (usize, usize)| {
        let at = (from..to).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(from);
        (at as f64, values[at])
    };
    let mut tips: Vec<(f64, f64)> = spans.map(best).collect();
    // The first tooth may be a stump: it began before the series did.
    if tips.len() > 4 {
        tips.remove(0);
    }
    let excess = tips.len().saturating_sub(TIPS_MAX);
    tips.split_off(excess)
}

/// Means of at most 300 blocks, at their middle.
fn blocks(values: &[f64], start: usize) -> Vec<(f64, f64)> {
    let size = values.len().div_ceil(TIPS_MAX);
    let mean = |(i, block): (usize, &[f64])| {
        let middle = (start + i * size) as f64 + (block.len() - 1) as f64 / 2.0;
        (middle, block.iter().sum::<f64>() / block.len() as f64)
    };
    values.chunks(size).enumerate().map(mean).collect()
}

/// Where the last stretch of one slope begins.
fn last_stretch(points: &[(f64, f64)]) -> usize {
    if points.len() < 3 * STRETCH_MIN {
        return 0;
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let options = ChangepointOptions {
        kind: Some(ChangeKind::Slope),
        least: Some(STRETCH_MIN),
        periods: Some(Vec::new()),
        penalty: None,
    };
    let cuts = changepoints(&values, &options).unwrap_or_default();
    cuts.last().copied().filter(|last| points.len() - last >= STRETCH_MIN).unwrap_or(0)
}

/// The fastest rise a step over a twentieth of the series, and half as much again.
fn fastest(values: &[f64]) -> f64 {
    let over = (values.len() / 20).max(1);
    let rises = values.iter().zip(values.iter().skip(over)).map(|(a, b)| (b - a) / over as f64);
    1.5 * rises.fold(0.0, f64::max)
}
