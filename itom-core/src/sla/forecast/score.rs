//! How good were the probabilities? Brier score, area under the ROC curve, reliability.
//!
//! All three take probabilities and what happened, in the same order. Brier (1950) is the mean
//! squared difference. The area under the ROC curve is the chance that a breached case was given
//! more than a met one, ties counting half (Mann and Whitney 1947), by one sort: O(n log n), exact
//! to rounding. Reliability groups forecasts into bins of equal width and compares the mean
//! forecast of each with what was observed; the calibration error is the mean of the differences,
//! weighted by cases (Naeini, Cooper and Hauskrecht 2015). NaN, values outside [0, 1], unequal
//! lengths and no cases at all are errors.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const MOST_BINS: usize = 10_000;

/// Mean squared difference between probabilities and outcomes: 0 is perfect, 0.25 is a coin.
///
/// ```
/// assert_eq!(itom_core::sla::brier(&[1.0, 0.5], &[true, false])?, 0.125);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// No cases, unequal lengths, or a probability outside [0, 1].
pub fn brier(probabilities: &[f64], outcomes: &[bool]) -> Result<f64> {
    check(probabilities, outcomes)?;
    let squares = probabilities.iter().zip(outcomes).map(|(p, &hit)| {
        let miss = p - f64::from(u8::from(hit));
        miss * miss
    });
    Ok(squares.sum::<f64>() / probabilities.len() as f64)
}

/// The chance that a case with the outcome was given more than one without it, ties counting half;
/// `None` where all outcomes are the same.
///
/// ```
/// use itom_core::sla::auc;
///
/// assert_eq!(auc(&[0.9, 0.4, 0.4, 0.1], &[true, true, false, false])?, Some(0.875));
/// assert_eq!(auc(&[0.9], &[true])?, None);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// No cases, unequal lengths, or a probability outside [0, 1].
pub fn auc(probabilities: &[f64], outcomes: &[bool]) -> Result<Option<f64>> {
    check(probabilities, outcomes)?;
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_unstable_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    // Twice the number of pairs in the right order, so that ties stay integers.
    let (mut misses, mut twice) = (0_u128, 0_u128);
    for tie in order.chunk_by(|&a, &b| probabilities[a] == probabilities[b]) {
        let hits = tie.iter().filter(|&&case| outcomes[case]).count() as u128;
        let others = tie.len() as u128 - hits;
        twice += hits * (2 * misses + others);
        misses += others;
    }
    let hits = probabilities.len() as u128 - misses;
    Ok((hits > 0 && misses > 0).then(|| twice as f64 / (2 * hits * misses) as f64))
}

/// How forecasts compare with what happened, bin by bin.
///
/// ```
/// let table = itom_core::sla::reliability_curve(&[0.1, 0.3, 0.9], &[false, true, true], 2)?;
/// assert_eq!(table.bins[0].cases, 2);
/// assert_eq!(table.bins[0].observed, Some(0.5));
/// assert!((table.calibration_error - (2.0 * 0.3 + 0.1) / 3.0).abs() < 1e-12);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReliabilityCurve {
    /// Number of cases.
    pub cases: u64,
    /// Mean of the differences between forecast and observed, weighted by the cases of the bins.
    pub calibration_error: f64,
    /// The largest difference of any bin.
    pub largest_error: f64,
    /// [`brier`] of the same cases.
    pub brier: f64,
    /// [`auc`] of the same cases.
    pub auc: Option<f64>,
    /// The bins, from low to high; empty ones are listed too.
    pub bins: Vec<ReliabilityBin>,
}

/// The forecasts in [`low`, `high`), the last bin with its upper end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReliabilityBin {
    /// Lower end, inclusive.
    pub low: f64,
    /// Upper end, exclusive but in the last bin.
    pub high: f64,
    /// Number of cases with a forecast in the bin.
    pub cases: u64,
    /// Their mean forecast.
    pub forecast: Option<f64>,
    /// The share of them that happened.
    pub observed: Option<f64>,
}

/// Compares probabilities with outcomes in `bins` bins of equal width.
///
/// # Errors
/// No cases, unequal lengths, a probability outside [0, 1], or `bins` outside 1 to 10,000.
pub fn reliability_curve(
    probabilities: &[f64],
    outcomes: &[bool],
    bins: usize,
) -> Result<ReliabilityCurve> {
    if !(1..=MOST_BINS).contains(&bins) {
        return Err(Error::invalid("bins", bins, format!("in [1, {MOST_BINS}]")));
    }
    let brier = brier(probabilities, outcomes)?;
    let mut tallies = vec![(0_u64, 0_u64, 0.0_f64); bins];
    for (&p, &hit) in probabilities.iter().zip(outcomes) {
        let (cases, hits, sum) = &mut tallies[((p * bins as f64) as usize).min(bins - 1)];
        *cases += 1;
        *hits += u64::from(hit);
        *sum += p;
    }
    let all = probabilities.len() as f64;
    let (mut calibration_error, mut largest_error) = (0.0, 0.0_f64);
    let mut rows = Vec::with_capacity(bins);
    for (at, &(cases, hits, sum)) in tallies.iter().enumerate() {
        let mean = |total: f64| (cases > 0).then(|| total / cases as f64);
        if cases > 0 {
            let error = (sum - hits as f64).abs();
            calibration_error += error / all;
            largest_error = largest_error.max(error / cases as f64);
        }
        rows.push(ReliabilityBin {
            low: at as f64 / bins as f64,
            high: (at + 1) as f64 / bins as f64,
            cases,
            forecast: mean(sum),
            observed: mean(hits as f64),
        });
    }
    let auc = auc(probabilities, outcomes)?;
    let cases = probabilities.len() as u64;
    Ok(ReliabilityCurve { cases, calibration_error, largest_error, brier, auc, bins: rows })
}

fn check(probabilities: &[f64], outcomes: &[bool]) -> Result<()> {
    if probabilities.len() != outcomes.len() {
        let expected = format!("{} long like the probabilities", probabilities.len());
        return Err(Error::invalid("outcomes", outcomes.len(), expected));
    }
    if probabilities.is_empty() {
        return Err(Error::invalid("probabilities", "none", "at least one"));
    }
    match probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(wrong) => Err(Error::invalid("probabilities", wrong, "in [0, 1]")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_refuse_what_is_no_probability() {
        for wrong in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert!(brier(&[wrong], &[true]).is_err());
            assert!(auc(&[wrong], &[true]).is_err());
            assert!(reliability_curve(&[wrong], &[true], 10).is_err());
        }
        assert!(brier(&[], &[]).is_err());
        assert!(brier(&[0.5], &[]).is_err());
        assert!(reliability_curve(&[0.5], &[true], 0).is_err());
        assert!(reliability_curve(&[0.5], &[true], 10_001).is_err());
    }

    #[test]
    fn one_is_in_the_last_bin() {
        let table = reliability_curve(&[0.0, 1.0], &[false, true], 10).unwrap();
        assert_eq!((table.bins[0].cases, table.bins[9].cases), (1, 1));
        assert_eq!((table.calibration_error, table.largest_error), (0.0, 0.0));
        assert_eq!(table.auc, Some(1.0));
    }
}
