//! How good are alarms that only count when they come in time?
//!
//! [`delay_f1`] is the rule of the AIOps 2018 challenge (Ren et al., "Time-series anomaly detection
//! service at Microsoft", KDD 2019, describe it): an anomalous segment is found if a point is
//! flagged among its first `delay + 1`; then all its points are true positives, else all are
//! false negatives, whatever is flagged later. Points outside segments count one by one, and
//! precision, recall and F1 are taken over the points of all series together.
//!
//! Without a threshold the best one for all series is searched: hindsight, so say so beside the
//! number. Long segments weigh more than short ones, so show the count of segments hit, too.
//!
//! NaN is never flagged. Cost: `O(n log n)`, one sort.

use serde::{Deserialize, Serialize};

use super::range::harmonic;
use super::segments::{same_length, segments};
use crate::{Error, Result};

/// One series: for every point whether it is anomalous, and its score.
///
/// ```
/// use itom_core::anomaly::LabelledScores;
///
/// let series = LabelledScores { labels: &[false, true], scores: &[0.1, 0.9] };
/// assert_eq!(series.labels.len(), series.scores.len());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LabelledScores<'a> {
    /// Which points are anomalous.
    pub labels: &'a [bool],
    /// The detector's score of every point.
    pub scores: &'a [f64],
}

/// F1 of alarms in time, with the counts that belong beside it.
///
/// ```
/// use itom_core::anomaly::{LabelledScores, delay_f1};
///
/// let series = LabelledScores { labels: &[false, true, true], scores: &[0.1, 0.9, 0.2] };
/// let score = delay_f1(&[series], 7, None)?;
/// assert_eq!((score.f1, score.threshold, score.segments_hit), (1.0, 0.9, 1));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DelayScore {
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// True positive points by flagged points, after the rule.
    pub precision: f64,
    /// True positive points by anomalous points, after the rule.
    pub recall: f64,
    /// The threshold: the one given, or the best in hindsight (infinite where silence is best).
    #[serde(with = "super::delay::threshold")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub threshold: f64,
    /// How many points late an alarm may be.
    pub delay: u64,
    /// Anomalous segments.
    pub segments: u64,
    /// Anomalous segments found in time.
    pub segments_hit: u64,
    /// Flagged points outside all segments.
    pub false_positive_points: u64,
}

/// JSON has no infinity: silence is null there.
mod threshold {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        Some(*value).filter(|value| value.is_finite()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
    }
}

/// One step of the sweep: from this score down, so many points are flagged.
struct Step {
    score: f64,
    /// Points of the segment, or 0 for one point outside all segments.
    segment: u64,
}

/// F1 under the rule that an alarm counts only within `delay` points of a segment's start.
///
/// The challenge uses a delay of 7.
///
/// ```
/// use itom_core::anomaly::{LabelledScores, delay_f1};
///
/// let labels = [false, true, true, true, true];
/// let late = [0.0, 0.0, 0.0, 0.0, 1.0];
/// let series = [LabelledScores { labels: &labels, scores: &late }];
/// assert_eq!(delay_f1(&series, 3, Some(0.5))?.recall, 1.0);
/// assert_eq!(delay_f1(&series, 2, Some(0.5))?.recall, 0.0);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Columns of different length, no anomalous point in all, a NaN threshold.
pub fn delay_f1(
    series: &[LabelledScores<'_>],
    delay: usize,
    threshold: Option<f64>,
) -> Result<DelayScore> {
    if threshold.is_some_and(f64::is_nan) {
        return Err(Error::invalid("threshold", "NaN", "a number"));
    }
    let (mut steps, mut found, mut points) = (Vec::new(), 0, 0);
    for one in series {
        same_length("scores", one.scores.len(), "labels", one.labels.len())?;
        for (start, end) in segments(one.labels) {
            let in_time = &one.scores[start..=end.min(start.saturating_add(delay))];
            let peak = in_time.iter().copied().fold(f64::NAN, f64::max);
            let segment = (end - start + 1) as u64;
            found += 1;
            points += segment;
            steps.push(Step { score: peak, segment });
        }
        let outside = one.labels.iter().zip(one.scores).filter(|&(&label, _)| !label);
        steps.extend(outside.map(|(_, &score)| Step { score, segment: 0 }));
    }
    if found == 0 {
        return Err(Error::invalid("labels", "none set", "at least one anomalous point"));
    }
    steps.retain(|step| !step.score.is_nan());
    steps.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    let best = sweep(&steps, points, threshold);
    Ok(DelayScore { delay: delay as u64, segments: found, ..best })
}

/// Lowers the threshold over the sorted steps and keeps the best, or stops at the given one.
fn sweep(steps: &[Step], points: u64, given: Option<f64>) -> DelayScore {
    let mut best = DelayScore {
        f1: 0.0,
        precision: 0.0,
        recall: 0.0,
        threshold: given.unwrap_or(f64::INFINITY),
        delay: 0,
        segments: 0,
        segments_hit: 0,
        false_positive_points: 0,
    };
    let (mut hit, mut hits, mut wrong) = (0_u64, 0_u64, 0_u64);
    for (i, step) in steps.iter().enumerate() {
        if given.is_some_and(|threshold| step.score < threshold) {
            break;
        }
        hit += step.segment;
        hits += u64::from(step.segment > 0);
        wrong += u64::from(step.segment == 0);
        if given.is_none() && steps.get(i + 1).is_some_and(|next| next.score == step.score) {
            continue;
        }
        let precision = hit as f64 / (hit + wrong) as f64;
        let recall = hit as f64 / points as f64;
        let f1 = harmonic(precision, recall);
        if given.is_some() || f1 > best.f1 {
            best = DelayScore {
                f1,
                precision,
                recall,
                threshold: given.unwrap_or(step.score),
                segments_hit: hits,
                false_positive_points: wrong,
                ..best
            };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        let labels: Vec<bool> =
            (0..20).map(|i| (5..10).contains(&i) || (15..18).contains(&i)).collect();
        let mut scores = vec![0.0; 20];
        (scores[2], scores[6], scores[17], scores[16]) = (0.9, 0.8, 0.7, f64::NAN);
        let series = [LabelledScores { labels: &labels, scores: &scores }];
        let score = delay_f1(&series, 1, Some(0.5)).unwrap();
        // The first segment (5 points) in time, the second too late: 5 of 8; one false point.
        assert_eq!((score.recall, score.precision), (5.0 / 8.0, 5.0 / 6.0));
        assert_eq!((score.segments, score.segments_hit, score.false_positive_points), (2, 1, 1));
        let best = delay_f1(&series, 2, None).unwrap();
        assert_eq!((best.threshold, best.recall, best.precision), (0.7, 1.0, 8.0 / 9.0));
    }

    #[test]
    fn several_series_share_the_threshold_and_silence_is_told() {
        let never = [f64::NAN; 2];
        let silent = [LabelledScores { labels: &[true, false], scores: &never }];
        let score = delay_f1(&silent, 7, None).unwrap();
        assert_eq!((score.f1, score.threshold), (0.0, f64::INFINITY));
        let text = serde_json::to_string(&score).unwrap();
        assert!(text.contains("\"threshold\":null"), "{text}");
        assert_eq!(serde_json::from_str::<DelayScore>(&text).unwrap(), score);
        let two = [
            LabelledScores { labels: &[true], scores: &[0.3] },
            LabelledScores { labels: &[false; 2], scores: &[0.4, 0.2] },
        ];
        let score = delay_f1(&two, usize::MAX, None).unwrap();
        assert_eq!((score.threshold, score.false_positive_points), (0.3, 1));
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert!(delay_f1(&[], 7, None).is_err());
        let uneven = [LabelledScores { labels: &[true], scores: &[] }];
        assert_eq!(delay_f1(&uneven, 7, None).unwrap_err().argument(), Some("scores"));
        let fine = [LabelledScores { labels: &[true], scores: &[1.0] }];
        assert_eq!(delay_f1(&fine, 7, Some(f64::NAN)).unwrap_err().argument(), Some("threshold"));
    }
}
