//! How well do changepoints agree with those that people marked?
//!
//! [`changepoint_score`] gives the two measures of the Turing Change Point Dataset (van den Burg and
//! Williams, "An evaluation of change point detection algorithms", 2020), for any number of
//! annotators who need not agree:
//!
//! * F1 with a margin: a predicted changepoint is right if one that any annotator marked lies within
//!   `margin` points, each serving once; recall is the mean over the annotators. Index 0 counts as
//!   marked and predicted, so a series without changepoints is not divided by nothing.
//! * Covering: the segments of each annotator, weighed by length, with the best Jaccard overlap any
//!   predicted segment has with them; the mean over the annotators.
//!
//! Cost: `O(k (a + b))` for `a` marked and `b` predicted changepoints of `k` annotators.

use serde::{Deserialize, Serialize};

use super::range::harmonic;
use crate::{Error, Result};

/// F1 and covering of predicted changepoints.
///
/// ```
/// use itom_core::anomaly::changepoint_score;
///
/// let score = changepoint_score(&[&[50]], &[50], 100, 5)?;
/// assert_eq!((score.f1, score.covering), (1.0, 1.0));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangepointScore {
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The share of predicted changepoints that any annotator marked.
    pub precision: f64,
    /// The share of marked changepoints that were predicted, the mean over the annotators.
    pub recall: f64,
    /// How well the segments between agree.
    pub covering: f64,
}

/// F1 with a margin and covering, as the Turing Change Point Dataset defines them.
///
/// A changepoint is the index of the first point of a new segment. Annotations and predictions
/// need not be sorted and may repeat; an annotator who marks nothing says that nothing changes.
///
/// ```
/// use itom_core::anomaly::changepoint_score;
///
/// let nothing: &[usize] = &[];
/// let score = changepoint_score(&[&[48], nothing], &[50], 100, 5)?;
/// assert_eq!((score.precision, score.recall), (1.0, 1.0));
/// assert!((score.covering - 0.7304).abs() < 1e-4);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// No annotator, a series of no points, an index that is not in it.
pub fn changepoint_score(
    annotations: &[&[usize]],
    predicted: &[usize],
    length: usize,
    margin: usize,
) -> Result<ChangepointScore> {
    if annotations.is_empty() {
        return Err(Error::invalid(
            "annotations",
            "none",
            "the changepoints of one annotator or more",
        ));
    }
    if length == 0 {
        return Err(Error::invalid("length", 0, "positive"));
    }
    let predicted = starts(predicted, length, "predicted")?;
    let marked: Vec<Vec<usize>> =
        annotations.iter().map(|one| starts(one, length, "annotations")).collect::<Result<_>>()?;
    let mut any = marked.concat();
    any.sort_unstable();
    any.dedup();
    let precision = matched(&any, &predicted, margin) as f64 / predicted.len() as f64;
    let annotators = marked.len() as f64;
    let recall: f64 =
        marked.iter().map(|one| matched(one, &predicted, margin) as f64 / one.len() as f64).sum();
    let recall = recall / annotators;
    let covering = marked.iter().map(|one| covering(one, &predicted, length)).sum::<f64>();
    Ok(ChangepointScore {
        f1: harmonic(precision, recall),
        precision,
        recall,
        covering: covering / annotators,
    })
}

/// Where segments start: 0 and the changepoints, sorted, each once.
fn starts(changes: &[usize], length: usize, argument: &str) -> Result<Vec<usize>> {
    if let Some(beyond) = changes.iter().find(|&&change| change >= length) {
        return Err(Error::invalid(argument, beyond, format!("indices less than {length}")));
    }
    let mut starts = changes.to_vec();
    starts.push(0);
    starts.sort_unstable();
    starts.dedup();
    Ok(starts)
}

/// How many of the marked have a predicted one within the margin, each of which serves once: the
/// nearest that is left, the earlier of two as near.
fn matched(marked: &[usize], predicted: &[usize], margin: usize) -> usize {
    let mut free = predicted.to_vec();
    let mut count = 0;
    for &mark in marked {
        let from = free.partition_point(|&at| at < mark.saturating_sub(margin));
        let near = free[from..].iter().take_while(|&&at| at <= mark.saturating_add(margin));
        let best =
            near.enumerate().min_by_key(|&(_, &at)| at.abs_diff(mark)).map(|(i, _)| from + i);
        if let Some(best) = best {
            free.remove(best);
            count += 1;
        }
    }
    count
}

/// The covering of the marked segments by the predicted ones.
fn covering(marked: &[usize], predicted: &[usize], length: usize) -> f64 {
    let end = |starts: &[usize], i: usize| starts.get(i + 1).copied().unwrap_or(length);
    let mut sum = 0.0;
    for (i, &start) in marked.iter().enumerate() {
        let stop = end(marked, i);
        let from = predicted.partition_point(|&at| at <= start) - 1;
        let overlap = |(j, &from): (usize, &usize)| {
            let to = end(predicted, j);
            let both = stop.min(to) - start.max(from);
            both as f64 / (stop.max(to) - start.min(from)) as f64
        };
        let meeting = predicted.iter().enumerate().skip(from);
        let best = meeting.take_while(|&(_, &at)| at < stop).map(overlap).fold(0.0, f64::max);
        sum += (stop - start) as f64 * best;
    }
    sum / length as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_where_something_is() {
        let score = changepoint_score(&[&[25]], &[], 100, 5).unwrap();
        // Only index 0 is predicted: precision 1, recall 1/2; covering .25 * .25 + .75 * .75.
        assert_eq!((score.precision, score.recall, score.covering), (1.0, 0.5, 0.625));
        assert!((score.f1 - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn each_prediction_serves_once() {
        let score = changepoint_score(&[&[50, 53]], &[52], 100, 5).unwrap();
        assert_eq!((score.precision, score.recall), (1.0, 2.0 / 3.0));
        let outside = changepoint_score(&[&[50]], &[56], 100, 5).unwrap();
        assert_eq!((outside.precision, outside.recall), (0.5, 0.5));
        // The margin around index 0 belongs to what is near it.
        let near_zero = changepoint_score(&[&[3]], &[3], 100, 5).unwrap();
        assert_eq!(near_zero.f1, 1.0);
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let tidy = changepoint_score(&[&[10, 40, 70]], &[12, 41], 100, 5).unwrap();
        assert_eq!(changepoint_score(&[&[70, 10, 40, 10]], &[41, 12, 12], 100, 5).unwrap(), tidy);
        assert!(changepoint_score(&[&[10]], &[99], 100, usize::MAX).is_ok());
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let argument =
            |result: Result<ChangepointScore>| result.unwrap_err().argument().map(str::to_owned);
        assert_eq!(argument(changepoint_score(&[], &[], 9, 5)).as_deref(), Some("annotations"));
        assert_eq!(argument(changepoint_score(&[&[9]], &[], 9, 5)).as_deref(), Some("annotations"));
        assert_eq!(argument(changepoint_score(&[&[]], &[9], 9, 5)).as_deref(), Some("predicted"));
        assert_eq!(argument(changepoint_score(&[&[]], &[], 0, 5)).as_deref(), Some("length"));
    }
}
