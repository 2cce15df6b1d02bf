//! What are typical and extreme lengths of time? Exact order statistics of durations.
//!
//! Percentiles are by nearest rank (the smallest length that at least so many percent do not
//! exceed: Hyndman and Fan 1996, type 1), so that each is a length that occurred; the median of an
//! even count is the mean of the middle two. The mean and such a median are rounded down to the
//! nanosecond. Of nothing there is no mean: none, not 0. Cost O(n log n).

use serde::{Deserialize, Serialize};

use crate::sla::Fraction;
use crate::{Duration, Error, Result};

const MOST_EDGES: usize = 1_000_000;

/// A summary of lengths of time.
///
/// ```
/// use itom_core::sla::Distribution;
///
/// let hours = |hours: i64| itom_core::Duration::from_secs(3600 * hours);
/// let summary = Distribution::of(&[hours(1), hours(24), hours(2), hours(3)]);
/// assert_eq!(summary.median, Some("2h30m".parse()?));
/// assert_eq!((summary.mean, summary.p90), (Some("7h30m".parse()?), Some(hours(24))));
/// assert_eq!(Distribution::of(&[]).mean, None);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// How many there are.
    pub count: u64,
    /// Their mean.
    pub mean: Option<Duration>,
    /// The shortest.
    pub least: Option<Duration>,
    /// Half are not longer.
    pub median: Option<Duration>,
    /// Nine in ten are not longer.
    pub p90: Option<Duration>,
    /// Nineteen in twenty are not longer.
    pub p95: Option<Duration>,
    /// The longest.
    pub most: Option<Duration>,
}

impl Distribution {
    /// The summary of lengths in any order.
    pub fn of(lengths: &[Duration]) -> Distribution {
        let mut sorted = lengths.to_vec();
        sorted.sort_unstable();
        let count = sorted.len();
        let nanos = |index: usize| i128::from(sorted[index].as_nanos());
        let rounded = |sum: i128, parts: i128| {
            i64::try_from(sum.div_euclid(parts)).ok().map(Duration::from_nanos)
        };
        let rank = |percent: usize| (count * percent).div_ceil(100).checked_sub(1);
        let percentile = |percent| rank(percent).map(|rank| sorted[rank]);
        let (mean, median) = match count {
            0 => (None, None),
            _ => (
                rounded((0..count).map(nanos).sum(), count as i128),
                rounded(nanos((count - 1) / 2) + nanos(count / 2), 2),
            ),
        };
        Distribution {
            count: count as u64,
            mean,
            least: sorted.first().copied(),
            median,
            p90: percentile(90),
            p95: percentile(95),
            most: sorted.last().copied(),
        }
    }
}

/// How many lengths lie in each bin: below the first edge, from each edge (included) to the next,
/// and from the last on. One more than there are edges.
///
/// # Errors
/// For edges that do not ascend.
///
/// ```
/// use itom_core::sla::histogram;
///
/// let minutes = |minutes: i64| itom_core::Duration::from_secs(60 * minutes);
/// let bins = histogram(&[minutes(5), minutes(10), minutes(90)], &[minutes(10), minutes(60)])?;
/// assert_eq!(bins, [1, 1, 1]);
/// # Ok::<(), itom_core::Error>(())
/// ```
pub fn histogram(lengths: &[Duration], edges: &[Duration]) -> Result<Vec<u64>> {
    if edges.len() > MOST_EDGES {
        return Err(Error::invalid("edges", edges.len(), format!("at most {MOST_EDGES} long")));
    }
    if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
        let value = format!("{} after {}", pair[1], pair[0]);
        return Err(Error::invalid("edges", value, "ascending"));
    }
    let mut bins = vec![0; edges.len() + 1];
    for length in lengths {
        bins[edges.partition_point(|edge| edge <= length)] += 1;
    }
    Ok(bins)
}

/// The share of lengths that are not longer than each of `at`: the empirical distribution function,
/// exact. None of nothing.
///
/// ```
/// use itom_core::sla::ecdf;
///
/// let hours = |hours: i64| itom_core::Duration::from_secs(3600 * hours);
/// let shares = ecdf(&[hours(1), hours(2), hours(4)], &[hours(2)]);
/// assert_eq!(shares[0].unwrap().to_string(), "2/3");
/// ```
pub fn ecdf(lengths: &[Duration], at: &[Duration]) -> Vec<Option<Fraction>> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let share = |at: &Duration| {
        let within = sorted.partition_point(|length| length <= at);
        Fraction::new(within as i128, sorted.len() as i128).ok()
    };
    at.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_do_not_overflow() {
        let ends = [Duration::MAX, Duration::MAX, Duration::from_nanos(-i64::MAX)];
        let summary = Distribution::of(&ends);
        assert_eq!(summary.median, Some(Duration::MAX));
        assert_eq!(summary.least, Some(Duration::from_nanos(-i64::MAX)));
        let odd = Distribution::of(&[Duration::from_nanos(1), Duration::from_nanos(2)]);
        assert_eq!(odd.median, Some(Duration::from_nanos(1)));
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let lengths: Vec<Duration> = (1..=20).map(Duration::from_nanos).collect();
        let summary = Distribution::of(&lengths);
        assert_eq!(summary.p90, Some(Duration::from_nanos(18)));
        assert_eq!(summary.p95, Some(Duration::from_nanos(19)));
        assert_eq!(Distribution::of(&lengths[..1]).p90, Some(Duration::from_nanos(1)));
        assert!(histogram(&lengths, &[lengths[3], lengths[3]]).is_err());
        assert_eq!(histogram(&[], &[]).unwrap(), [0]);
        assert_eq!(ecdf(&[], &lengths[..1]), [None]);
    }
}
