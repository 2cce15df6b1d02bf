//! What comes next, as a weighted sum of what was a moment, a day and a week ago?
//!
//! An autoregression on the last values and on those around one and two periods before, fitted by
//! least squares with a little shrinkage (ridge; Hoerl and Kennard, 1970) and continued step by step
//! with its own answers.
//!
//! Cost: `O(n k²)` for `k` lags, at most 16 of them. Values have to be finite; they are centred here.

use crate::anomaly::arithmetic::dot;

/// Shrinkage as a share of the mean square of a lagged value.
const SHRINKAGE: f64 = 1e-3;

/// The next `horizon` values, or none if there are too few to fit.
pub(super) fn ridge(values: &[f64], periods: &[usize], horizon: usize) -> Option<Vec<f64>> {
    let n = values.len();
    let lags = lags(n, periods);
    let longest = *lags.last()?;
    if n < longest + 2 * lags.len() + 4 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut series: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let weights = fit(&series, &lags, longest)?;
    let (low, high) = bounds(&series);
    for _ in 0..horizon {
        let at = series.len();
        let next: f64 = lags.iter().zip(&weights).map(|(&lag, w)| w * series[at - lag]).sum();
        // An unstable fit must not run away.
        series.push((next + weights[lags.len()]).clamp(low, high));
    }
    Some(series[n..].iter().map(|value| value + mean).collect())
}

/// The last few values, and those around one and two periods before as far as there is history.
fn lags(n: usize, periods: &[usize]) -> Vec<usize> {
    let mut lags = vec![1, 2, 3];
    if periods.is_empty() {
        lags.extend([4, 5, 6, 8]);
    }
    for &period in periods {
        lags.extend([period.saturating_sub(1), period, period + 1]);
        if 4 * period <= n {
            lags.push(2 * period);
        }
    }
    lags.retain(|&lag| lag > 0 && 2 * lag <= n);
    lags.sort_unstable();
    lags.dedup();
    lags
}

/// One value's span beyond what was seen.
fn bounds(series: &[f64]) -> (f64, f64) {
    let low = series.iter().copied().fold(f64::INFINITY, f64::min);
    let high = series.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low - (high - low), high + (high - low))
}

/// The weights of the lags, and the constant.
fn fit(series: &[f64], lags: &[usize], longest: usize) -> Option<Vec<f64>> {
    let k = lags.len();
    let size = k + 1;
    let n = series.len() - longest;
    // Gram matrix and right side, lag by lag: long sums of products run fast.
    let column = |i: usize| match lags.get(i) {
        Some(&lag) => &series[longest - lag..series.len() - lag],
        None => &[][..],
    };
    let target = &series[longest..];
    let mut system = vec![0.0; size * (size + 1)];
    for i in 0..size {
        for j in 0..=i {
            let value = match (i == k, j == k) {
                (true, true) => n as f64,
                (true, false) => column(j).iter().sum(),
                _ => dot(column(i), column(j)),
            };
            system[i * (size + 1) + j] = value;
            system[j * (size + 1) + i] = value;
        }
        system[i * (size + 1) + size] =
            if i == k { target.iter().sum() } else { dot(column(i), target) };
    }
    let power = (0..k).map(|i| system[i * (size + 1) + i]).sum::<f64>() / k as f64;
    (0..k).for_each(|i| system[i * (size + 1) + i] += SHRINKAGE * power + 1e-12 * n as f64);
    solve(system, size)
}

/// Gauss elimination with pivots on a matrix with its right side as last column.
fn solve(mut rows: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    let width = size + 1;
    for step in 0..size {
        let pivot = (step..size).max_by(|&a, &b| {
            rows[a * width + step].abs().total_cmp(&rows[b * width + step].abs())
        })?;
        if rows[pivot * width + step].abs() < 1e-300 {
            return None;
        }
        for column in 0..width {
            rows.swap(step * width + column, pivot * width + column);
        }
        for row in step + 1..size {
            let factor = rows[row * width + step] / rows[step * width + step];
            for column in step..width {
                rows[row * width + column] -= factor * rows[step * width + column];
            }
        }
    }
    let mut out = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|j| rows[row * width + j] * out[j]).sum();
        out[row] = (rows[row * width + size] - known) / rows[row * width + row];
    }
    out.iter().all(|weight| weight.is_finite()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_continued() {
        let pattern =
            |i: usize| ((i % 24) as f64 - 11.0).abs() + if i % 168 < 48 { 5.0 } else { 0.0 };
        let values: Vec<f64> = (0..800).map(pattern).collect();
        let next = ridge(&values, &[24, 168], 48).unwrap();
        for (i, value) in next.iter().enumerate() {
            assert!((value - pattern(800 + i)).abs() < 0.5, "{i}: {value} {}", pattern(800 + i));
        }
    }

    #[test]
    fn short_and_constant_series_are_no_trouble() {
        for n in 0..40 {
            if let Some(next) = ridge(&vec![2.0; n], &[7], 10) {
                assert!(next.iter().all(|value| (value - 2.0).abs() < 1e-6));
            }
        }
    }
}
