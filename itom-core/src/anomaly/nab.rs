//! How good is a streaming detector, by the rules of the Numenta Anomaly Benchmark?
//!
//! [`nab_score`] takes, for each series of a corpus, the detector's score of every point and the
//! labelled windows, and gives the normalised NAB score: 0 is what a detector gets that never
//! speaks, 100 a detector that flags exactly the first row of every window.
//!
//! The rules are those of NAB v1.1 (Lavin and Ahmad, "Evaluating real-time anomaly detection
//! algorithms", ICMLA 2015; the corpus and its scorer are numenta/NAB):
//!
//! * The first `min(floor(0.15 n), 750)` rows of a series are probation: they are not scored.
//! * A row is a detection where its score is at least the threshold, one for the whole corpus.
//! * Inside a window the earliest detection earns `sigmoid(y) / sigmoid(-1)`, `y` running from -1
//!   at the window's first row to nearly 0 at its last, `sigmoid(y) = 2 / (1 + e^(5y)) - 1`.
//! * Every detected row outside costs: its whole weight before the first window, else
//!   `sigmoid(distance to the end of the window before / (width - 1))`.
//! * Every window without detection costs the profile's weight of a miss.
//!
//! Without a threshold the best one is searched among all distinct scores, as the benchmark does:
//! that is hindsight, so say so beside the number, and print the counts of the result too — a
//! blind alarm every 400 rows scores 20.9 on the published corpus.
//!
//! Cost: one sort of all rows, `O(n log n)` time, `O(n)` memory. It does not read files and knows
//! no labels but those it is given.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const PROBATION_SHARE: f64 = 0.15;
const PROBATION_ROWS_MAX: usize = 750;
/// Where a threshold stands when no row at all is to be a detection.
const NO_DETECTION: f64 = 1.1;

/// What counts how much: the three profiles of the benchmark.
///
/// ```
/// use itom_core::anomaly::NabProfile;
///
/// assert_eq!("reward_low_FP_rate".parse::<NabProfile>()?, NabProfile::RewardLowFpRate);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum NabProfile {
    /// A missed window costs 1, a false positive row at most 0.11.
    #[default]
    #[serde(rename = "standard")]
    Standard,
    /// False positives cost twice as much.
    #[serde(rename = "reward_low_FP_rate")]
    RewardLowFpRate,
    /// Missed windows cost twice as much.
    #[serde(rename = "reward_low_FN_rate")]
    RewardLowFnRate,
}

impl NabProfile {
    /// The name the benchmark uses.
    ///
    /// ```
    /// assert_eq!(itom_core::anomaly::NabProfile::Standard.as_str(), "standard");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            NabProfile::Standard => "standard",
            NabProfile::RewardLowFpRate => "reward_low_FP_rate",
            NabProfile::RewardLowFnRate => "reward_low_FN_rate",
        }
    }

    /// Weight of a true positive, a false positive and a false negative.
    fn weights(self) -> (f64, f64, f64) {
        match self {
            NabProfile::Standard => (1.0, 0.11, 1.0),
            NabProfile::RewardLowFpRate => (1.0, 0.22, 1.0),
            NabProfile::RewardLowFnRate => (1.0, 0.11, 2.0),
        }
    }
}

impl std::str::FromStr for NabProfile {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        [NabProfile::Standard, NabProfile::RewardLowFpRate, NabProfile::RewardLowFnRate]
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or_else(|| {
                let expected = "standard, reward_low_FP_rate or reward_low_FN_rate";
                Error::invalid("profile", format!("{text:?}"), expected)
            })
    }
}

/// One series of the corpus: a score for every row, and the labelled windows as rows, first and
/// last inclusive.
///
/// ```
/// use itom_core::anomaly::NabSeries;
///
/// let series = NabSeries { scores: &[0.0, 0.0, 0.9, 0.0], windows: &[(2, 3)] };
/// assert_eq!(series.windows.len(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NabSeries<'a> {
    /// The detector's score of every row; NaN is never a detection.
    pub scores: &'a [f64],
    /// The windows in which something is wrong, sorted and apart.
    pub windows: &'a [(usize, usize)],
}

/// A NAB score with the counts that belong beside it.
///
/// ```
/// use itom_core::anomaly::{NabProfile, NabSeries, nab_score};
///
/// let silent = NabSeries { scores: &[0.0; 100], windows: &[(60, 69)] };
/// let result = nab_score(&[silent], NabProfile::Standard, None)?;
/// assert_eq!((result.score, result.windows, result.windows_hit), (0.0, 1, 0));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NabScore {
    /// Which weights were used.
    pub profile: NabProfile,
    /// 0 for silence, 100 for the perfect detector; below 0 where silence is better.
    pub score: f64,
    /// The threshold: the one given, or the best in hindsight; 1.1 where silence is best.
    pub threshold: f64,
    /// Windows in the corpus.
    pub windows: u64,
    /// Windows with at least one detection.
    pub windows_hit: u64,
    /// Detected rows outside all windows.
    pub false_positive_points: u64,
}

/// What one row is worth to a detector that flags it.
#[derive(Clone, Copy)]
struct Row {
    score: f64,
    worth: f64,
    window: Option<usize>,
}

/// Scores a detector on a corpus of series; without a threshold the best one is searched.
///
/// Scores are compared as they are; NaN never reaches a threshold. A corpus without windows has no
/// scale to be normalised on and is an error.
///
/// ```
/// use itom_core::anomaly::{NabProfile, NabSeries, nab_score};
///
/// let mut scores = vec![0.0; 100];
/// scores[60] = 0.9;
/// let series = NabSeries { scores: &scores, windows: &[(60, 69)] };
/// let result = nab_score(&[series], NabProfile::Standard, Some(0.5))?;
/// assert_eq!((result.score, result.windows_hit, result.false_positive_points), (100.0, 1, 0));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// Windows that are reversed, overlap, are not sorted, end behind the series or number none in
/// all; a threshold that is NaN.
pub fn nab_score(
    corpus: &[NabSeries<'_>],
    profile: NabProfile,
    threshold: Option<f64>,
) -> Result<NabScore> {
    if threshold.is_some_and(f64::is_nan) {
        return Err(Error::invalid("threshold", "NaN", "a number"));
    }
    let mut rows = Vec::new();
    let mut windows = 0;
    for series in corpus {
        check_windows(series)?;
        push_rows(series, windows, profile, &mut rows);
        windows += series.windows.len();
    }
    if windows == 0 {
        return Err(Error::invalid(
            "windows",
            "none",
            "at least one labelled window in the corpus",
        ));
    }
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(sweep(&rows, windows, profile, threshold))
}

fn check_windows(series: &NabSeries<'_>) -> Result<()> {
    let mut free = 0;
    for &(first, last) in series.windows {
        if first < free || last < first || last >= series.scores.len() {
            let expected = format!(
                "sorted, apart and inside the {} rows, first row before last",
                series.scores.len()
            );
            return Err(Error::invalid("windows", format!("({first}, {last})"), expected));
        }
        free = last + 1;
    }
    Ok(())
}

/// The rows behind probation with what they are worth. Windows are numbered from `base` on.
fn push_rows(series: &NabSeries<'_>, base: usize, profile: NabProfile, rows: &mut Vec<Row>) {
    let (hit, false_positive, _) = profile.weights();
    let n = series.scores.len();
    let probation = ((PROBATION_SHARE * n as f64).floor() as usize).min(PROBATION_ROWS_MAX);
    let mut next = 0;
    for (i, &score) in series.scores.iter().enumerate() {
        while next < series.windows.len() && series.windows[next].1 < i {
            next += 1;
        }
        let inside = series.windows.get(next).is_some_and(|&(first, _)| first <= i);
        let (worth, window) = if inside {
            let (first, last) = series.windows[next];
            let y = -((last - i + 1) as f64) / (last - first + 1) as f64;
            (hit * sigmoid(y) / sigmoid(-1.0), Some(base + next))
        } else if next > 0 {
            let (first, last) = series.windows[next - 1];
            (false_positive * sigmoid((i - last) as f64 / (last - first) as f64), None)
        } else {
            (-false_positive, None)
        };
        // Only behind probation, and never a score that is no number.
        if i >= probation && !score.is_nan() {
            rows.push(Row { score, worth, window });
        }
    }
}

fn sigmoid(y: f64) -> f64 {
    if y > 3.0 { -1.0 } else { 2.0 / (1.0 + libm::exp(5.0 * y)) - 1.0 }
}

/// Lowers the threshold over the sorted rows and keeps the best place, or stops at the given one.
fn sweep(rows: &[Row], windows: usize, profile: NabProfile, given: Option<f64>) -> NabScore {
    let (hit, _, miss) = profile.weights();
    let mut earned = vec![-miss; windows];
    let mut raw = -miss * windows as f64;
    let (null, perfect) = (raw, hit * windows as f64);
    let (mut windows_hit, mut false_positive_points) = (0, 0);
    let mut best = (raw, given.unwrap_or(NO_DETECTION), 0, 0);
    for (i, row) in rows.iter().enumerate() {
        if given.is_some_and(|threshold| row.score < threshold) {
            break;
        }
        match row.window {
            None => {
                raw += row.worth;
                false_positive_points += 1;
            }
            Some(window) if row.worth > earned[window] => {
                windows_hit += u64::from(earned[window] == -miss);
                raw += row.worth - earned[window];
                earned[window] = row.worth;
            }
            Some(_) => {}
        }
        let last_of_its_score = rows.get(i + 1).is_none_or(|next| next.score != row.score);
        if given.is_some() {
            best = (raw, best.1, windows_hit, false_positive_points);
        } else if last_of_its_score && raw > best.0 {
            best = (raw, row.score, windows_hit, false_positive_points);
        }
    }
    let (raw, threshold, windows_hit, false_positive_points) = best;
    NabScore {
        profile,
        score: 100.0 * (raw - null) / (perfect - null),
        threshold,
        windows: windows as u64,
        windows_hit,
        false_positive_points,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(n: usize, rows: &[usize]) -> Vec<f64> {
        let mut scores = vec![0.0; n];
        rows.iter().for_each(|&row| scores[row] = 1.0);
        scores
    }

    fn score(scores: &[f64], windows: &[(usize, usize)], profile: NabProfile) -> NabScore {
        nab_score(&[NabSeries { scores, windows }], profile, Some(0.5)).unwrap()
    }

    #[test]
    fn a_case_by_hand() {
        // 100 rows, windows 40..=49 and 70..=79. Flagged: 30 (before any window: -0.11), 44 (in
        // the first), 51 (two rows behind it); the second window is missed.
        let result =
            score(&flagged(100, &[30, 44, 51]), &[(40, 49), (70, 79)], NabProfile::Standard);
        let s = |y: f64| 2.0 / (1.0 + libm::exp(5.0 * y)) - 1.0;
        let raw = -0.11 + s(-0.6) / s(-1.0) + 0.11 * s(2.0 / 9.0) - 1.0;
        assert!((result.score - 100.0 * (raw + 2.0) / 4.0).abs() < 1e-12, "{result:?}");
        assert_eq!((result.windows, result.windows_hit), (2, 1));
        assert_eq!(result.false_positive_points, 2);
    }

    #[test]
    fn silence_is_nought_and_the_first_rows_are_a_hundred() {
        let windows = [(40, 49), (70, 79)];
        for profile in
            [NabProfile::Standard, NabProfile::RewardLowFpRate, NabProfile::RewardLowFnRate]
        {
            assert_eq!(score(&[0.0; 100], &windows, profile).score, 0.0);
            assert_eq!(score(&flagged(100, &[40, 70]), &windows, profile).score, 100.0);
        }
    }

    #[test]
    fn the_earliest_detection_counts_and_more_inside_cost_nothing() {
        let windows = [(40, 49)];
        let one = score(&flagged(100, &[42]), &windows, NabProfile::Standard);
        let more = score(&flagged(100, &[42, 45, 48]), &windows, NabProfile::Standard);
        assert_eq!(one, more);
    }

    #[test]
    fn probation_and_nan_are_not_scored() {
        let mut scores = flagged(100, &[3, 14]);
        scores[60] = f64::NAN;
        let result = score(&scores, &[(40, 49)], NabProfile::Standard);
        assert_eq!((result.score, result.false_positive_points), (0.0, 0));
    }

    #[test]
    fn the_search_finds_the_best_threshold() {
        let mut scores = vec![0.1; 100];
        scores[40] = 0.8;
        scores[20] = 0.9;
        let series = NabSeries { scores: &scores, windows: &[(40, 49)] };
        let best = nab_score(&[series], NabProfile::Standard, None).unwrap();
        assert_eq!((best.threshold, best.windows_hit, best.false_positive_points), (0.8, 1, 1));
        let silent = NabSeries { scores: &[0.0; 100], windows: &[(40, 49)] };
        let best = nab_score(&[silent], NabProfile::Standard, None).unwrap();
        assert_eq!((best.threshold, best.score), (NO_DETECTION, 0.0));
    }

    #[test]
    fn bad_windows_and_thresholds_are_refused() {
        let scores = [0.0; 10];
        for windows in [&[(5, 4)][..], &[(0, 10)], &[(0, 4), (4, 6)], &[(6, 8), (0, 2)], &[]] {
            let series = NabSeries { scores: &scores, windows };
            let error = nab_score(&[series], NabProfile::Standard, None).unwrap_err();
            assert_eq!(error.argument(), Some("windows"));
        }
        let series = NabSeries { scores: &scores, windows: &[(0, 1)] };
        assert!(nab_score(&[series], NabProfile::Standard, Some(f64::NAN)).is_err());
    }
}
