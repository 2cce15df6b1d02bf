//! How often a template is seen, and whether that changed.
//!
//! Counts of an interval are compared with what the mean of the intervals before lets expect, after
//! Anscombe's transformation, which makes Poisson counts nearly normal with a variance of one.

use serde::{Deserialize, Serialize};

/// Intervals after which a mean is trusted.
const LEAST_INTERVALS: u32 = 3;
/// The mean weighs the newest interval with one divided by at most this.
const MEMORY: u32 = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rate {
    /// Lines since the last interval ended.
    pub since: u64,
    /// Lines a second.
    mean: f64,
    /// Intervals that went into the mean.
    intervals: u32,
}

/// A change of rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub before: f64,
    pub after: f64,
    /// In standard deviations.
    pub score: f64,
}

impl Rate {
    /// Ends an interval of so many seconds.
    pub(super) fn end(&mut self, seconds: f64, sigma: f64) -> Option<Change> {
        let observed = std::mem::take(&mut self.since) as f64;
        let after = observed / seconds;
        let expected = self.mean * seconds;
        let score = 2.0 * (libm::sqrt(observed + 0.375) - libm::sqrt(expected + 0.375));
        if self.intervals >= LEAST_INTERVALS && score.abs() >= sigma {
            let change = Change { before: self.mean, after, score };
            // The new rate is the normal one from here on, so that a change is told once.
            (self.mean, self.intervals) = (after, LEAST_INTERVALS);
            return Some(change);
        }
        self.intervals = (self.intervals + 1).min(MEMORY);
        self.mean += (after - self.mean) / f64::from(self.intervals);
        None
    }

    /// Two streams are as one with the sum of their rates.
    pub(super) fn merge(&mut self, other: &Rate) {
        self.since = self.since.saturating_add(other.since);
        self.mean += other.mean;
        self.intervals = self.intervals.max(other.intervals);
    }

    pub(super) fn is_sound(&self) -> bool {
        self.mean.is_finite() && self.mean >= 0.0 && self.intervals <= MEMORY
    }
}
