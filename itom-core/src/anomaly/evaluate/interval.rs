//! Do intervals hold as often as they say, and how wide do they have to be for it?
//!
//! [`interval_score`] counts the values inside, and gives the mean width and the interval score of
//! Winkler (1972): the width, plus `2 / (1 - level)` times the distance of every value outside. It is
//! least on average for the true quantiles, so an interval cannot gain by being too wide or too
//! narrow (Gneiting and Raftery, 2007).
//!
//! A NaN among the actual values is a value that never came and is left out. Cost: `O(n)`.

use serde::{Deserialize, Serialize};

use super::segments::same_length;
use crate::{Error, Result};

/// How often intervals held, how wide they were, and both in one number.
///
/// ```
/// use itom_core::anomaly::interval_score;
///
/// let score = interval_score(&[1.0, 5.0], &[0.0, 0.0], &[4.0, 4.0], 0.8)?;
/// assert_eq!((score.coverage, score.width), (0.5, 4.0));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IntervalScore {
    /// The share of values the intervals were to hold.
    pub level: f64,
    /// The share they held, bounds included.
    pub coverage: f64,
    /// The mean width.
    pub width: f64,
    /// Winkler's interval score: less is better.
    pub score: f64,
    /// Values judged.
    pub points: u64,
    /// Values below their interval.
    pub below: u64,
    /// Values above their interval.
    pub above: u64,
}

/// Coverage, width and interval score.
///
/// ```
/// use itom_core::anomaly::interval_score;
///
/// let score = interval_score(&[5.0], &[0.0], &[4.0], 0.8)?;
/// assert!((score.score - (4.0 + 2.0 / 0.2)).abs() < 1e-12);
/// assert_eq!((score.above, score.below), (1, 0));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Columns of different length or without any value, a bound that is NaN or a lower one above the
/// upper, a level outside 0 to 1.
pub fn interval_score(
    actual: &[f64],
    lower: &[f64],
    upper: &[f64],
    level: f64,
) -> Result<IntervalScore> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::invalid("level", level, "between 0 and 1"));
    }
    same_length("lower", lower.len(), "actual values", actual.len())?;
    same_length("upper", upper.len(), "actual values", actual.len())?;
    let (mut points, mut below, mut above) = (0, 0, 0);
    let (mut width, mut outside) = (0.0, 0.0);
    for (i, (&value, (&low, &high))) in actual.iter().zip(lower.iter().zip(upper)).enumerate() {
        // Written so that NaN bounds are refused, too.
        if !matches!(
            low.partial_cmp(&high),
            Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)
        ) {
            let expected = format!("at most the upper bound, {high}, at index {i}");
            return Err(Error::invalid("lower", low, expected));
        }
        if value.is_nan() {
            continue;
        }
        points += 1;
        below += u64::from(value < low);
        above += u64::from(value > high);
        width += high - low;
        outside += (low - value).max(0.0) + (value - high).max(0.0);
    }
    if points == 0 {
        return Err(Error::invalid("actual", "none", "one value or more"));
    }
    let n = points as f64;
    Ok(IntervalScore {
        level,
        coverage: (points - below - above) as f64 / n,
        width: width / n,
        score: (width + 2.0 / (1.0 - level) * outside) / n,
        points,
        below,
        above,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_left_out_and_bounds_belong_inside() {
        let score = interval_score(&[f64::NAN, 0.0, 4.0, -1.0], &[0.0; 4], &[4.0; 4], 0.5).unwrap();
        assert_eq!((score.points, score.below, score.above), (3, 1, 0));
        assert_eq!(score.coverage, 2.0 / 3.0);
        assert_eq!(score.score, 4.0 + 4.0 / 3.0);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let argument =
            |result: Result<IntervalScore>| result.unwrap_err().argument().map(str::to_owned);
        for level in [0.0, 1.0, f64::NAN] {
            let refused = argument(interval_score(&[1.0], &[0.0], &[2.0], level));
            assert_eq!(refused.as_deref(), Some("level"));
        }
        assert_eq!(argument(interval_score(&[], &[], &[], 0.8)).as_deref(), Some("actual"));
        assert_eq!(argument(interval_score(&[1.0], &[], &[1.0], 0.8)).as_deref(), Some("lower"));
        assert_eq!(argument(interval_score(&[1.0], &[3.0], &[2.0], 0.8)).as_deref(), Some("lower"));
        assert_eq!(
            argument(interval_score(&[1.0], &[f64::NAN], &[2.0], 0.8)).as_deref(),
            Some("lower")
        );
    }
}
