//! The forecast to beat: naive2 of the M4 competition.
//!
//! The series is tested for its season (autocorrelation at the season's lag beyond 1.645 standard
//! errors by Bartlett's formula, at least three seasons of data), divided by multiplicative indices
//! of a classical decomposition if it has one, continued by its last value and multiplied again:
//! what the organisers' `Benchmarks and Evaluation.R` does (Makridakis et al., 2020).
//!
//! Cost: `O(n m)` for a season of `m`. Series with values of nought or below have no multiplicative
//! indices worth the name; like the benchmark, it takes what the division gives, but treats indices
//! that are not finite and positive as no season.

/// The next `horizon` values by naive2.
pub(super) fn naive2(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    let last = history[history.len() - 1];
    let indices =
        if season > 1 && is_seasonal(history, season) { indices(history, season) } else { None };
    let Some(indices) = indices else { return vec![last; horizon] };
    let n = history.len();
    let level = last / indices[(n - 1) % season];
    (0..horizon).map(|step| level * indices[(n + step) % season]).collect()
}

fn is_seasonal(history: &[f64], season: usize) -> bool {
    let n = history.len();
    if n < 3 * season {
        return false;
    }
    let mean = history.iter().sum::<f64>() / n as f64;
    let product = |lag: usize| -> f64 {
        (lag..n).map(|i| (history[i] - mean) * (history[i - lag] - mean)).sum()
    };
    let variance = product(0);
    if variance <= 0.0 {
        return false;
    }
    let before: f64 = (1..season).map(|lag| (product(lag) / variance).powi(2)).sum();
    let limit = 1.645 * ((1.0 + 2.0 * before) / n as f64).sqrt();
    (product(season) / variance).abs() > limit
}

/// The multiplicative index of each place in the season, with mean 1.
fn indices(history: &[f64], season: usize) -> Option<Vec<f64>> {
    let (n, half) = (history.len(), season / 2);
    let (mut sums, mut counts) = (vec![0.0; season], vec![0.0; season]);
    for i in half..n - half {
        let around = &history[i - half..=i + half];
        let inner: f64 = around.iter().sum();
        // An even season needs one value more: its two ends count half.
        let ends =
            if season.is_multiple_of(2) { (around[0] + around[2 * half]) / 2.0 } else { 0.0 };
        sums[i % season] += history[i] / ((inner - ends) / season as f64);
        counts[i % season] += 1.0;
    }
    let raw: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect();
    let mean = raw.iter().sum::<f64>() / season as f64;
    let indices: Vec<f64> = raw.iter().map(|index| index / mean).collect();
    indices.iter().all(|index| index.is_finite() && *index > 0.0).then_some(indices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_season_is_continued_exactly() {
        let pattern = [10.0, 20.0, 30.0, 20.0];
        let history: Vec<f64> = (0..40).map(|i| pattern[i % 4]).collect();
        let next = naive2(&history, 4, 6);
        for (step, value) in next.iter().enumerate() {
            assert!((value - pattern[(40 + step) % 4]).abs() < 1e-9, "{next:?}");
        }
    }

    #[test]
    fn without_season_the_last_value_stays() {
        let walk: Vec<f64> = (0..50).map(|i| f64::from(i * 7919 % 101)).collect();
        assert_eq!(naive2(&walk, 1, 2), [walk[49]; 2]);
        assert_eq!(naive2(&[3.0], 24, 2), [3.0; 2]);
        assert_eq!(naive2(&[0.0; 100], 4, 2), [0.0; 2]);
        assert!(naive2(&[0.0, 0.0, 0.0, 1.0].repeat(20), 4, 3).iter().all(|v| v.is_finite()));
    }
}
