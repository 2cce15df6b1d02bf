//! How sure is a share that was counted? Intervals for a proportion.
//!
//! [`clopper_pearson`] never covers less than it says (Clopper and Pearson 1934); [`wilson`] is
//! narrower and covers so much on average (Wilson 1927). Both treat the trials as independent:
//! that suits requests and probes, not seconds of one outage — for outages see
//! [`Reliability`](super::Reliability), whose trials are the outages themselves.

use serde::{Deserialize, Serialize};

use super::quantile;
use crate::{Error, Result};

/// The side or sides on which an interval is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Sided {
    /// Below and above, half of the error on each side.
    #[default]
    Two,
    /// Below only: the upper bound is one.
    Lower,
    /// Above only: the lower bound is zero.
    Upper,
}

/// Bounds of a share in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfidenceInterval {
    /// The share is not below this.
    pub lower: f64,
    /// The share is not above this.
    pub upper: f64,
}

/// The exact interval for `good` of `total` trials; [0, 1] without trials.
///
/// Quantiles of the beta distribution, accurate to about 1e-12 up to 10^15 trials, at a cost that
/// does not depend on them.
///
/// # Errors
/// For more good than total, more than 10^15 trials, and a confidence outside (0, 1).
///
/// ```
/// use itom_core::sla::{Sided, clopper_pearson};
///
/// let interval = clopper_pearson(1000, 1000, 0.95, Sided::Lower)?;
/// assert!((interval.lower - 0.997_008_75).abs() < 1e-8);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn clopper_pearson(
    good: u64,
    total: u64,
    confidence: f64,
    sided: Sided,
) -> Result<ConfidenceInterval> {
    let tail = check(good, total, confidence, sided)?;
    let bad = total - good;
    let lower = match (good, bad) {
        _ if sided == Sided::Upper => 0.0,
        (0, _) => 0.0,
        (good, 0) => libm::exp(libm::log(tail) / good as f64),
        (good, bad) => quantile::beta(good - 1, bad, tail, false),
    };
    let upper = match (good, bad) {
        _ if sided == Sided::Lower => 1.0,
        (_, 0) => 1.0,
        (0, bad) => -libm::expm1(libm::log(tail) / bad as f64),
        (good, bad) => quantile::beta(good, bad - 1, tail, true),
    };
    Ok(ConfidenceInterval { lower, upper })
}

/// Wilson's score interval for `good` of `total` trials; [0, 1] without trials.
///
/// # Errors
/// As [`clopper_pearson`].
///
/// ```
/// use itom_core::sla::{Sided, wilson};
///
/// let interval = wilson(9990, 10_000, 0.95, Sided::Two)?;
/// assert!((interval.lower - 0.998_160_056).abs() < 1e-9);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn wilson(good: u64, total: u64, confidence: f64, sided: Sided) -> Result<ConfidenceInterval> {
    let tail = check(good, total, confidence, sided)?;
    if total == 0 {
        return Ok(ConfidenceInterval { lower: 0.0, upper: 1.0 });
    }
    let (z, n) = (quantile::normal_above(tail), total as f64);
    let (good, bad) = (good as f64, (total - good) as f64);
    let (square, spread) = (z * z, z * (good * bad / n + z * z / 4.0).sqrt());
    // The smaller of the two ends as the product of both over the larger: no cancellation.
    let larger = good + square / 2.0 + spread.abs();
    let (low, high) = (good * good / n / larger.max(f64::MIN_POSITIVE), larger / (n + square));
    let (low, high) = if z >= 0.0 { (low, high) } else { (high, low) };
    Ok(ConfidenceInterval {
        lower: if sided == Sided::Upper { 0.0 } else { low.clamp(0.0, 1.0) },
        upper: if sided == Sided::Lower { 1.0 } else { high.clamp(0.0, 1.0) },
    })
}

/// Checks the arguments; the error on one side.
fn check(good: u64, total: u64, confidence: f64, sided: Sided) -> Result<f64> {
    const MOST: u64 = 1_000_000_000_000_000;
    if total > MOST {
        return Err(Error::invalid("total", total, format!("at most {MOST}")));
    }
    if good > total {
        return Err(Error::invalid("good", good, format!("at most the total, {total}")));
    }
    error_of(confidence, sided)
}

/// The error on one side of an interval of that confidence.
pub(super) fn error_of(confidence: f64, sided: Sided) -> Result<f64> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::invalid("confidence", confidence, "between 0 and 1"));
    }
    let error = 1.0 - confidence;
    Ok(if sided == Sided::Two { error / 2.0 } else { error })
}
