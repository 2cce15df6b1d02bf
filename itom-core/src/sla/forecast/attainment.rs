//! What share of a set of clocks will have met its target once all have ended?
//!
//! The number of breaches among clocks with probabilities of their own is Poisson-binomial. Up to
//! 2,048 running clocks its distribution is computed exactly, by convolution; past that it is taken
//! as normal with its own mean and variance and a continuity correction. Clocks are held to be
//! independent given their forecasts: an outage that delays all of them makes the true interval
//! wider.

use serde::{Deserialize, Serialize};

use crate::sla::availability::quantile::normal_above;
use crate::{Error, Result};

const MOST_EXACT: usize = 2048;

/// The attainment to expect of a set of clocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpectedAttainment {
    /// Number of clocks.
    pub cases: u64,
    /// Clocks whose verdict has fallen.
    pub decided: u64,
    /// Those of them that met their target.
    pub met: u64,
    /// Breaches to expect among the others.
    pub expected_breaches: f64,
    /// The expected share of all clocks that meets its target.
    pub expected: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// The probability, at least, that the attainment lies within the interval.
    pub confidence: f64,
}

pub(super) fn attainment(
    probabilities: &[f64],
    decided: Vec<bool>,
    confidence: f64,
) -> Result<ExpectedAttainment> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::invalid("confidence", confidence, "in (0, 1)"));
    }
    if probabilities.is_empty() {
        return Err(Error::invalid("clocks", "none", "at least one"));
    }
    let fallen = || probabilities.iter().zip(&decided).filter(|&(_, &decided)| decided);
    let met = fallen().filter(|&(&p, _)| p == 0.0).count();
    let running: Vec<f64> =
        probabilities.iter().zip(&decided).filter(|&(_, &d)| !d).map(|(&p, _)| p).collect();
    let expected_breaches: f64 = running.iter().sum();
    let tail = (1.0 - confidence) / 2.0;
    let (fewest, most) = match running.len() {
        0..=MOST_EXACT => exact(&running, tail),
        _ => normal(&running, tail),
    };
    let all = probabilities.len() as f64;
    let open = running.len() as f64;
    let share = |breaches: f64| (met as f64 + open - breaches) / all;
    Ok(ExpectedAttainment {
        cases: probabilities.len() as u64,
        decided: fallen().count() as u64,
        met: met as u64,
        expected_breaches,
        expected: share(expected_breaches),
        low: share(most),
        high: share(fewest),
        confidence,
    })
}

/// The least number of breaches whose probability of being reached or undercut exceeds `tail`, and
/// the like from above.
fn exact(probabilities: &[f64], tail: f64) -> (f64, f64) {
    let mut chances = vec![0.0; probabilities.len() + 1];
    chances[0] = 1.0;
    for (known, &p) in probabilities.iter().enumerate() {
        for breaches in (0..=known + 1).rev() {
            let one_less = breaches.checked_sub(1).map_or(0.0, |less| chances[less]);
            chances[breaches] = chances[breaches] * (1.0 - p) + one_less * p;
        }
    }
    let fewest = past(chances.iter(), tail);
    let most = probabilities.len() - past(chances.iter().rev(), tail);
    (fewest as f64, most as f64)
}

/// After how many of the chances their sum is above `tail`.
fn past<'a>(mut chances: impl Iterator<Item = &'a f64>, tail: f64) -> usize {
    let mut sum = 0.0;
    let above = chances.position(|chance| {
        sum += chance;
        sum > tail
    });
    above.unwrap_or(0)
}

fn normal(probabilities: &[f64], tail: f64) -> (f64, f64) {
    let mean: f64 = probabilities.iter().sum();
    let variance: f64 = probabilities.iter().map(|p| p * (1.0 - p)).sum();
    let reach = normal_above(tail) * variance.sqrt() + 0.5;
    let all = probabilities.len() as f64;
    ((mean - reach).floor().clamp(0.0, all), (mean + reach).ceil().clamp(0.0, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_coins_is_the_binomial_one() {
        // Of 10 coins 2 to 8 with 97.9 %; 3 to 7 would leave 5.5 % on each side.
        let found = attainment(&[0.5; 10], vec![false; 10], 0.9).unwrap();
        assert_eq!((found.expected, found.low, found.high), (0.5, 0.2, 0.8));
        let found = attainment(&[0.5; 10], vec![false; 10], 0.88).unwrap();
        assert_eq!((found.low, found.high), (0.3, 0.7));
    }

    #[test]
    fn decided_clocks_count_as_they_fell() {
        let found = attainment(&[0.0, 1.0, 0.0, 0.25], vec![true, true, true, false], 0.5).unwrap();
        assert_eq!((found.cases, found.decided, found.met), (4, 3, 2));
        assert_eq!((found.expected_breaches, found.expected), (0.25, 2.75 / 4.0));
        assert_eq!((found.low, found.high), (0.75, 0.75));
        let all = attainment(&[1.0], vec![true], 0.9).unwrap();
        assert_eq!((all.expected, all.low, all.high), (0.0, 0.0, 0.0));
    }

    #[test]
    fn the_normal_interval_continues_the_exact_one() {
        let risks: Vec<f64> = (0..2_000).map(|n| f64::from(n % 10) / 10.0).collect();
        let (exact, normal) = (exact(&risks, 0.05), normal(&risks, 0.05));
        assert!((exact.0 - normal.0).abs() <= 1.0, "{exact:?} {normal:?}");
        assert!((exact.1 - normal.1).abs() <= 1.0, "{exact:?} {normal:?}");
    }

    #[test]
    fn confidence_is_a_probability() {
        for wrong in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(attainment(&[0.5], vec![false], wrong).is_err());
        }
        assert!(attainment(&[], Vec::new(), 0.9).is_err());
    }
}
