//! How well do scores rank the anomalous points first, if a near miss counts as one?
//!
//! [`vus_pr`] and [`vus_roc`] are the volumes under the surface of Paparrizos et al. ("Volume Under
//! the Surface", VLDB 2022) as the TSB-AD leaderboard computes them: for every buffer length from 0
//! to `window` the labels are extended on both sides by a slope `sqrt(1 - distance / length)` of
//! half that length, the area under the range-based curve is taken over `thresholds` quantiles of
//! the scores, and the mean over the buffer lengths is the figure.
//!
//! A point is flagged where its score is at least the threshold. Recall is multiplied by the share
//! of segments with any flagged point; its denominator is the mean of the labelled points and the
//! labelled points with the flagged part of their slopes.
//!
//! Only the order of the scores matters. NaN ranks below every number; infinities are in order.
//!
//! Cost: `O(n log n + window * (a + thresholds))` for `a` points within half a window of a label.
//! It does not choose the window: [`dominant_period`](super::dominant_period) is TSB-AD's rule.

use super::segments::{same_length, segments};
use crate::{Error, Result};

/// How the volume is taken.
///
/// ```
/// use itom_core::anomaly::VusOptions;
///
/// let options = VusOptions { window: 24, ..VusOptions::default() };
/// assert_eq!(options.thresholds, 250);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VusOptions {
    /// The longest buffer, in points: about one period of the series. 125 unless told, as in
    /// TSB-AD for a series without period.
    pub window: usize,
    /// How many quantiles of the scores serve as thresholds: 250 unless told, from 2 to 100,000.
    pub thresholds: usize,
}

impl Default for VusOptions {
    fn default() -> Self {
        VusOptions { window: 125, thresholds: 250 }
    }
}

/// The volume under the precision-recall surface: 1 for a perfect ranking.
///
/// ```
/// use itom_core::anomaly::{VusOptions, vus_pr};
///
/// let labels: Vec<bool> = (0..500).map(|i| (200..220).contains(&i)).collect();
/// let late: Vec<f64> = (0..500).map(|i| if (210..230).contains(&i) { 1.0 } else { 0.0 }).collect();
/// let strict = vus_pr(&labels, &late, VusOptions { window: 0, thresholds: 250 })?;
/// let lenient = vus_pr(&labels, &late, VusOptions { window: 40, thresholds: 250 })?;
/// assert!(strict < lenient && lenient < 1.0);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Labels and scores of different length, no labelled point, a window longer than the series (and
/// than 125), or fewer than 2 thresholds.
pub fn vus_pr(labels: &[bool], scores: &[f64], options: VusOptions) -> Result<f64> {
    Ok(volume(labels, scores, options)?.0)
}

/// The volume under the ROC surface: 0.5 for chance, 1 for a perfect ranking.
///
/// It hardly sees false alarms where anomalies are rare: prefer [`vus_pr`].
///
/// ```
/// use itom_core::anomaly::{VusOptions, vus_roc};
///
/// let labels: Vec<bool> = (0..500).map(|i| (200..220).contains(&i)).collect();
/// let scores: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
/// let roc = vus_roc(&labels, &scores, VusOptions { window: 0, thresholds: 250 })?;
/// assert!((roc - 1.0).abs() < 1e-12);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// As [`vus_pr`].
pub fn vus_roc(labels: &[bool], scores: &[f64], options: VusOptions) -> Result<f64> {
    Ok(volume(labels, scores, options)?.1)
}

/// What every buffer length needs: the points near labels and the threshold that first flags each.
struct Ranked<'a> {
    labels: &'a [bool],
    runs: Vec<(usize, usize)>,
    /// For each point the first threshold at which it is flagged.
    first: Vec<u32>,
    /// Points flagged at each threshold.
    flagged: Vec<f64>,
    positives: f64,
}

fn volume(labels: &[bool], scores: &[f64], options: VusOptions) -> Result<(f64, f64)> {
    same_length("scores", scores.len(), "labels", labels.len())?;
    if !(2..=100_000).contains(&options.thresholds) {
        return Err(Error::invalid("thresholds", options.thresholds, "from 2 to 100000"));
    }
    let runs = segments(labels);
    if runs.is_empty() {
        return Err(Error::invalid("labels", "none set", "at least one anomalous point"));
    }
    let window = options.window;
    // A bound for the work; the usual window is fine for a series of a few points, too.
    let longest = labels.len().max(VusOptions::default().window);
    if window > longest {
        return Err(Error::invalid("window", window, format!("at most {longest}")));
    }
    let ranked = Ranked::new(labels, runs, scores, options.thresholds);
    let mut soft: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
    let (mut pr, mut roc) = (0.0, 0.0);
    for length in 0..=window {
        let areas = ranked.areas(length, &mut soft);
        pr += areas.0;
        roc += areas.1;
    }
    let lengths = (window + 1) as f64;
    Ok((pr / lengths, roc / lengths))
}

impl<'a> Ranked<'a> {
    fn new(
        labels: &'a [bool],
        runs: Vec<(usize, usize)>,
        scores: &[f64],
        thresholds: usize,
    ) -> Self {
        // Smaller is more anomalous from here on; NaN last. Adding zero makes -0 into 0.
        let key = |score: f64| if score.is_nan() { f64::INFINITY } else { 0.0 - score };
        let mut sorted: Vec<f64> = scores.iter().map(|&score| key(score)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let step = (n - 1) as f64 / (thresholds - 1) as f64;
        let cuts: Vec<f64> = (0..thresholds)
            .map(|i| if i + 1 == thresholds { n - 1 } else { (i as f64 * step) as usize })
            .map(|row| sorted[row])
            .collect();
        let flagged = cuts.iter().map(|cut| sorted.partition_point(|s| s <= cut) as f64).collect();
        let first =
            scores.iter().map(|&s| cuts.partition_point(|&cut| cut < key(s)) as u32).collect();
        let positives = labels.iter().filter(|&&label| label).count() as f64;
        Ranked { labels, runs, first, flagged, positives }
    }

    /// The areas under both curves for one buffer length; `soft` is the labels, and is again after.
    fn areas(&self, length: usize, soft: &mut [f64]) -> (f64, f64) {
        let (half, n) = (length / 2, soft.len());
        for &(start, end) in self.runs.iter().filter(|_| half > 0) {
            let slope = |distance: usize| (1.0 - distance as f64 / length as f64).sqrt();
            let behind = soft[end + 1..(end + half + 1).min(n)].iter_mut();
            behind.zip(1..).for_each(|(soft, distance)| *soft += slope(distance));
            let before = soft[start.saturating_sub(half)..start].iter_mut().rev();
            before.zip(1..).for_each(|(soft, distance)| *soft += slope(distance));
        }
        let grown = grown(&self.runs, half, n);
        let thresholds = self.flagged.len();
        let (mut truth, mut labelled) = (vec![0.0; thresholds], vec![0.0; thresholds]);
        let mut seen = vec![0.0_f64; thresholds];
        for &(start, end) in &grown {
            let mut earliest = u32::MAX;
            for (i, soft) in soft.iter_mut().enumerate().take(end + 1).skip(start) {
                let at = self.first[i] as usize;
                earliest = earliest.min(self.first[i]);
                truth[at] += soft.min(1.0);
                labelled[at] += f64::from(self.labels[i]);
                *soft = f64::from(self.labels[i]);
            }
            seen[earliest as usize] += 1.0;
        }
        self.integrate(&truth, &labelled, &seen, grown.len() as f64)
    }

    /// Sums over the thresholds what they flag in addition, and takes the areas.
    fn integrate(&self, truth: &[f64], labelled: &[f64], seen: &[f64], runs: f64) -> (f64, f64) {
        let (mut pr, mut roc) = (0.0, 0.0);
        let (mut hit, mut hard, mut found) = (0.0, 0.0, 0.0);
        let (mut recall, mut fallout) = (0.0, 0.0);
        for (i, &flagged) in self.flagged.iter().enumerate() {
            hit += truth[i];
            hard += labelled[i];
            found += seen[i];
            let size = (self.positives + self.positives + hit - hard) / 2.0;
            let recall_here = f64::min(hit / size, 1.0) * found / runs;
            let fallout_here = (flagged - hit) / (self.first.len() as f64 - size);
            pr += (recall_here - recall) * hit / flagged;
            if fallout_here.is_finite() {
                roc += (fallout_here - fallout) * (recall_here + recall) / 2.0;
                fallout = fallout_here;
            }
            recall = recall_here;
        }
        (pr, roc + (1.0 - fallout) * (1.0 + recall) / 2.0)
    }
}

/// Segments grown by `half` on both sides; those that touch become one.
fn grown(runs: &[(usize, usize)], half: usize, n: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::with_capacity(runs.len());
    let mut start = runs[0].0.saturating_sub(half);
    for pair in runs.windows(2) {
        let (end, next) = (pair[0].1, pair[1].0);
        if end + 2 * half < next {
            out.push((start, end + half));
            start = next - half;
        }
    }
    out.push((start, (runs[runs.len() - 1].1 + half).min(n - 1)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(n: usize, runs: &[(usize, usize)]) -> Vec<bool> {
        (0..n).map(|i| runs.iter().any(|&(a, b)| (a..=b).contains(&i))).collect()
    }

    /// Four points, two thresholds, no buffer: by hand.
    #[test]
    fn a_case_by_hand() {
        let options = VusOptions { window: 0, thresholds: 4 };
        let labels = [false, true, true, false];
        // Ranks: point 1, point 0, point 2, point 3; the thresholds are the four scores.
        let scores = [0.8, 0.9, 0.5, 0.1];
        // Recall 1/2, 1/2, 1, 1 (the one segment is seen from the first on), precision 1, 1/2, 2/3.
        let pr = 0.5 * 1.0 + 0.5 * 2.0 / 3.0;
        assert!((vus_pr(&labels, &scores, options).unwrap() - pr).abs() < 1e-15);
        // False positive rate 0, 1/2, 1/2, 1.
        let roc = 0.5 * 0.5 + 0.5 * 1.0;
        assert!((vus_roc(&labels, &scores, options).unwrap() - roc).abs() < 1e-15);
    }

    #[test]
    fn only_the_order_counts() {
        let labels = labels(400, &[(50, 60), (65, 66), (300, 340)]);
        let scores: Vec<f64> = (0..400).map(|i| f64::from(i * 7919 % 401)).collect();
        let squeezed: Vec<f64> = scores.iter().map(|s| (s / 100.0).tanh() - 3.0).collect();
        for window in [0, 1, 2, 17, 100] {
            let options = VusOptions { window, ..VusOptions::default() };
            let a = (vus_pr(&labels, &scores, options), vus_roc(&labels, &scores, options));
            assert_eq!(
                a,
                (vus_pr(&labels, &squeezed, options), vus_roc(&labels, &squeezed, options))
            );
        }
    }

    #[test]
    fn odd_scores_and_whole_series_are_defined() {
        let options = VusOptions { window: 3, thresholds: 250 };
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e308];
        let some = labels(6, &[(1, 2)]);
        assert!(vus_pr(&some, &odd, options).unwrap().is_finite());
        assert!(vus_roc(&[true; 6], &odd, options).unwrap().is_finite());
        assert!((vus_pr(&[true; 6], &odd, options).unwrap() - 1.0).abs() < 1e-12);
        assert!(vus_pr(&some, &[f64::NAN; 6], options).unwrap().is_finite());
        let one = VusOptions { window: 0, thresholds: 2 };
        assert!(vus_roc(&[true], &[0.0], one).unwrap().is_finite());
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let options = VusOptions::default();
        let refused = |labels: &[bool], scores: &[f64], options| {
            vus_pr(labels, scores, options).unwrap_err().argument().map(str::to_owned)
        };
        assert_eq!(refused(&[true], &[], options).as_deref(), Some("scores"));
        assert_eq!(refused(&[false; 3], &[0.0; 3], options).as_deref(), Some("labels"));
        assert_eq!(refused(&[], &[], options).as_deref(), Some("labels"));
        let long = VusOptions { window: 126, ..options };
        assert_eq!(refused(&[true; 3], &[0.0; 3], long).as_deref(), Some("window"));
        assert!(vus_pr(&[true; 3], &[0.0; 3], options).is_ok());
        let one = VusOptions { window: 0, thresholds: 1 };
        assert_eq!(refused(&[true; 3], &[0.0; 3], one).as_deref(), Some("thresholds"));
    }
}
