//! How much of each anomaly was flagged, and how much of each alarm was one?
//!
//! [`range_precision_recall`] compares ranges with ranges (Tatbul, Lee, Zdonik, Alam and
//! Gottschlich, "Precision and recall for time series", NeurIPS 2018). Every real range earns
//! `w * existence + (1 - w) * cardinality * overlap`: existence is 1 if any of it was flagged;
//! overlap is the flagged share, weighed by where in the range it lies ([`PositionalBias`]);
//! [`Cardinality`] says whether a range found in pieces counts less. The mean over the real ranges
//! is the recall, and the same without existence over the flagged ranges is the precision.
//!
//! Cost: `O(n)`. It takes decisions, not scores: choose the threshold first.

use serde::{Deserialize, Serialize};

use super::segments::{same_length, segments};
use crate::{Error, Result};

/// Which part of a range counts most.
///
/// ```
/// use itom_core::anomaly::PositionalBias;
///
/// assert_eq!("front".parse::<PositionalBias>()?, PositionalBias::Front);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PositionalBias {
    /// Every point counts the same.
    #[default]
    Flat,
    /// The first point counts most: early detection.
    Front,
    /// The middle counts most.
    Middle,
    /// The last point counts most: delayed detection is what matters.
    Back,
}

/// How a range found in several pieces counts.
///
/// ```
/// use itom_core::anomaly::Cardinality;
///
/// assert_eq!("reciprocal".parse::<Cardinality>()?, Cardinality::Reciprocal);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cardinality {
    /// As if in one piece.
    #[default]
    One,
    /// Divided by the number of pieces.
    Reciprocal,
}

macro_rules! by_name {
    ($type:ty, $argument:literal, $($name:literal => $value:expr),*) => {
        impl std::str::FromStr for $type {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($name => Ok($value),)*
                    _ => Err(Error::invalid($argument, format!("{text:?}"), concat!("one of" $(, " ", $name)*))),
                }
            }
        }
    };
}
by_name!(PositionalBias, "bias", "flat" => PositionalBias::Flat, "front" => PositionalBias::Front,
    "middle" => PositionalBias::Middle, "back" => PositionalBias::Back);
by_name!(Cardinality, "cardinality", "one" => Cardinality::One, "reciprocal" => Cardinality::Reciprocal);

/// What counts in [`range_precision_recall`].
///
/// ```
/// use itom_core::anomaly::{Cardinality, RangeOptions};
///
/// let strict = RangeOptions { cardinality: Cardinality::Reciprocal, ..RangeOptions::default() };
/// assert_eq!(strict.existence_weight, 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RangeOptions {
    /// What a range earns for being noticed at all, from 0 to 1; the rest is for how much of it.
    pub existence_weight: f64,
    /// Which part of a range counts most.
    pub bias: PositionalBias,
    /// How a range found in several pieces counts.
    pub cardinality: Cardinality,
}

/// Precision and recall of alarms as ranges, with the counts that belong beside them.
///
/// ```
/// use itom_core::anomaly::{RangeOptions, range_precision_recall};
///
/// let score = range_precision_recall(&[true; 4], &[true; 4], RangeOptions::default())?;
/// assert_eq!((score.precision, score.recall, score.f1), (1.0, 1.0, 1.0));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RangeScore {
    /// The mean over the flagged ranges of how much of them is real; 0 without any.
    pub precision: f64,
    /// The mean over the real ranges of how well they were found; 0 without any.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// Real ranges.
    pub ranges: u64,
    /// Real ranges of which any point was flagged.
    pub ranges_hit: u64,
    /// Flagged ranges.
    pub alarms: u64,
    /// Flagged ranges without any real point.
    pub false_alarms: u64,
}

/// Range-based precision and recall of the flagged points.
///
/// ```
/// use itom_core::anomaly::{RangeOptions, range_precision_recall};
///
/// let truth = [false, true, true, true, true, false, false, false];
/// let flags = [false, false, true, true, false, false, true, false];
/// let score = range_precision_recall(&truth, &flags, RangeOptions::default())?;
/// assert_eq!((score.precision, score.recall), (0.5, 0.5));
/// assert_eq!((score.ranges_hit, score.false_alarms), (1, 1));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Columns of different length, and a weight outside 0 to 1.
pub fn range_precision_recall(
    labels: &[bool],
    flagged: &[bool],
    options: RangeOptions,
) -> Result<RangeScore> {
    same_length("flagged", flagged.len(), "labels", labels.len())?;
    let weight = options.existence_weight;
    if !(0.0..=1.0).contains(&weight) {
        return Err(Error::invalid("existence_weight", weight, "from 0 to 1"));
    }
    let (real, alarms) = (segments(labels), segments(flagged));
    let (recall, ranges_hit) = mean_overlap(&real, &alarms, weight, options);
    let (precision, true_alarms) = mean_overlap(&alarms, &real, 0.0, options);
    Ok(RangeScore {
        precision,
        recall,
        f1: harmonic(precision, recall),
        ranges: real.len() as u64,
        ranges_hit,
        alarms: alarms.len() as u64,
        false_alarms: alarms.len() as u64 - true_alarms,
    })
}

/// The harmonic mean, 0 where both are.
pub(super) fn harmonic(a: f64, b: f64) -> f64 {
    if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 }
}

/// What the `ranges` earn on average from the `others`, and how many meet any of them.
fn mean_overlap(
    ranges: &[(usize, usize)],
    others: &[(usize, usize)],
    weight: f64,
    options: RangeOptions,
) -> (f64, u64) {
    let (mut earned, mut met) = (0.0, 0);
    for &(first, last) in ranges {
        let from = others.partition_point(|&(_, end)| end < first);
        let (mut share, mut pieces) = (0.0, 0);
        for &(start, end) in others[from..].iter().take_while(|&&(start, _)| start <= last) {
            share += weight_of(first, last, start.max(first), end.min(last), options.bias);
            pieces += 1;
        }
        if pieces == 0 {
            continue;
        }
        let whole = weight_of(first, last, first, last, options.bias);
        let cardinality = match options.cardinality {
            Cardinality::One => 1.0,
            Cardinality::Reciprocal => 1.0 / f64::from(pieces),
        };
        earned += weight + (1.0 - weight) * cardinality * share / whole;
        met += 1;
    }
    (if ranges.is_empty() { 0.0 } else { earned / ranges.len() as f64 }, met)
}

/// The weights of the rows `from..=to` of a range together.
fn weight_of(first: usize, last: usize, from: usize, to: usize, bias: PositionalBias) -> f64 {
    let length = last - first + 1;
    let at = |row: usize| -> f64 {
        let place = row - first + 1;
        let weight = match bias {
            PositionalBias::Flat => 1,
            PositionalBias::Front => length - place + 1,
            PositionalBias::Middle if place <= length / 2 => place,
            PositionalBias::Middle => length - place + 1,
            PositionalBias::Back => place,
        };
        weight as f64
    };
    (from..=to).map(at).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(n: usize, runs: &[(usize, usize)]) -> Vec<bool> {
        (0..n).map(|i| runs.iter().any(|&(a, b)| (a..=b).contains(&i))).collect()
    }

    fn score(
        truth: &[(usize, usize)],
        found: &[(usize, usize)],
        options: RangeOptions,
    ) -> RangeScore {
        range_precision_recall(&flags(40, truth), &flags(40, found), options).unwrap()
    }

    #[test]
    fn bias_says_where_it_counts() {
        // A range of 4 rows of which the first is flagged: 1/4, 4/10, 1/6 (1 2 2 1) or 1/10.
        let by = |bias| {
            let options = RangeOptions { bias, ..RangeOptions::default() };
            score(&[(10, 13)], &[(10, 10)], options).recall
        };
        assert_eq!(by(PositionalBias::Flat), 0.25);
        assert_eq!(by(PositionalBias::Front), 0.4);
        assert!((by(PositionalBias::Middle) - 1.0 / 6.0).abs() < 1e-15);
        assert_eq!(by(PositionalBias::Back), 0.1);
    }

    #[test]
    fn pieces_and_existence_count_as_told() {
        let pieces = [(10, 10), (12, 12)];
        assert_eq!(score(&[(10, 13)], &pieces, RangeOptions::default()).recall, 0.5);
        let options = RangeOptions { cardinality: Cardinality::Reciprocal, ..Default::default() };
        assert_eq!(score(&[(10, 13)], &pieces, options).recall, 0.25);
        let options = RangeOptions { existence_weight: 1.0, ..options };
        assert_eq!(score(&[(10, 13), (20, 30)], &pieces, options).recall, 0.5);
    }

    #[test]
    fn nothing_flagged_and_nothing_real_are_nought() {
        for (truth, found) in [(&[][..], &[][..]), (&[(1, 2)], &[]), (&[], &[(1, 2)])] {
            let score = score(truth, found, RangeOptions::default());
            assert_eq!((score.precision, score.recall, score.f1), (0.0, 0.0, 0.0));
        }
        let options = RangeOptions { existence_weight: f64::NAN, ..Default::default() };
        assert!(range_precision_recall(&[], &[], options).is_err());
        assert!(range_precision_recall(&[true], &[], RangeOptions::default()).is_err());
    }
}
