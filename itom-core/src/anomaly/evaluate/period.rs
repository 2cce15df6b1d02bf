//! Which window suits a series when its scores are judged?
//!
//! [`dominant_period`] is the rule of the TSB-AD leaderboard (Liu and Paparrizos, NeurIPS 2024): the
//! highest local maximum of the autocorrelation between lags 3 and 400, of the first 20,000 values.
//! It is a rule for measuring, kept as published so that figures can be compared.
//!
//! Cost: `O(400 n)`. It does not test whether the series has a season at all.

const LAGS: usize = 400;
const SHORTEST: usize = 3;
const VALUES: usize = 20_000;

/// The lag with the highest local maximum of the autocorrelation; `None` where there is none
/// between 6 and 303, for fewer than 8 values, a constant series, or one with a value that is not
/// finite (fill those first).
///
/// ```
/// use itom_core::anomaly::dominant_period;
///
/// let daily: Vec<f64> = (0..500).map(|i| (f64::from(i) / 24.0 * std::f64::consts::TAU).sin()).collect();
/// assert_eq!(dominant_period(&daily), Some(24));
/// assert_eq!(dominant_period(&[1.0; 100]), None);
/// ```
pub fn dominant_period(values: &[f64]) -> Option<usize> {
    let values = &values[..values.len().min(VALUES)];
    let n = values.len();
    if n < 8 || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    // Scaled before the mean is taken, so that the largest numbers do not overflow.
    let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    if size == 0.0 {
        return None;
    }
    let scaled: Vec<f64> = values.iter().map(|value| value / size).collect();
    let mean = scaled.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = scaled.iter().map(|value| value - mean).collect();
    let product = |lag: usize| -> f64 { (lag..n).map(|i| centred[i] * centred[i - lag]).sum() };
    if product(0) <= 0.0 {
        return None;
    }
    let curve: Vec<f64> = (SHORTEST..=LAGS.min(n - 1)).map(product).collect();
    let tops = (1..curve.len().saturating_sub(1))
        .filter(|&i| curve[i] > curve[i - 1] && curve[i] > curve[i + 1]);
    let best = tops.max_by(|&a, &b| curve[a].total_cmp(&curve[b]))?;
    (3..=300).contains(&best).then_some(best + SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::dominant_period;

    #[test]
    fn hostile_series_have_none() {
        for values in [&[][..], &[1.0; 7], &[0.0; 50], &[f64::NAN; 50], &[f64::INFINITY; 50]] {
            assert_eq!(dominant_period(values), None);
        }
        let huge: Vec<f64> = (0..60).map(|i| if i % 10 == 0 { 1e308 } else { -1e308 }).collect();
        assert_eq!(dominant_period(&huge), Some(10));
    }
}
