//! When did a series change for good, and what changed: its level, its slope or its spread?
//!
//! [`changepoints`] cuts a series into as few stretches as describe it well, with no penalty to choose.
//! Missing values are filled in, seasons ([`seasonal_periods`](super::seasonal_periods)) and spikes of
//! one or two points are taken out, and a long series is averaged to at most 400 points, as a picture
//! of it would be. Then two descriptions compete: stretches of one level each, and of one line each.
//! Both are fitted by PELT (Killick, Fearnhead and Eckley, 2012), and the one with the least
//!
//! `m ln(unexplained) + ln(n) (parameters)` wins,
//!
//! a Bayesian information criterion (Yao, 1988; Zhang and Siegmund, 2007, for why a cut costs more than
//! its level). Two things make it fit for real series. `m` is the number of *independent* points: fewer
//! than `n` where neighbours are correlated, so a wandering series is not cut at every turn. And a
//! fiftieth of the whole variance is never explained away: a change nobody would see in a picture of the
//! series is none. What is left by the winner is then cut where its spread changes, in the same way.
//! Every cut is moved to the best place on the full series at last.
//!
//! Cost: a few PELT runs on at most 400 places; about 0.1 µs a point beside looking for seasons. It sees
//! the whole series, so it is for looking back: a [`Detector`](super::Detector) tells while it happens.
//! It dates a gradual change by the best kink, and does not find a change that comes back within a
//! fiftieth of the series.

mod automatic;
mod clean;
mod cost;
mod pelt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};
use automatic::automatic;
use clean::cleaned;
use cost::{Fit, Sums};
use pelt::{Plan, segment};

/// Places at most among which cuts are looked for first.
const GRID: usize = 400;

/// What may change.
///
/// ```
/// use itom_core::anomaly::ChangeKind;
///
/// assert_eq!("slope".parse::<ChangeKind>()?, ChangeKind::Slope);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The level.
    Mean,
    /// The level and the slope.
    Slope,
    /// The level and the spread around it.
    Variance,
}

impl std::str::FromStr for ChangeKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "mean" => Ok(ChangeKind::Mean),
            "slope" => Ok(ChangeKind::Slope),
            "variance" => Ok(ChangeKind::Variance),
            _ => Err(Error::invalid("kind", format!("{text:?}"), "mean, slope or variance")),
        }
    }
}

/// What to look for; every field has a default that is good for most series.
///
/// ```
/// use itom_core::anomaly::{ChangeKind, ChangepointOptions};
///
/// let levels = ChangepointOptions { kind: Some(ChangeKind::Mean), ..Default::default() };
/// assert_eq!(levels.penalty, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChangepointOptions {
    /// What may change; all three unless given (with a penalty: the level).
    pub kind: Option<ChangeKind>,
    /// What a cut costs, in units of the variance of the cleaned series (for `variance`: of twice the
    /// log-likelihood); more means fewer cuts, `3 ln(n)` is usual. Found by the criterion unless given.
    pub penalty: Option<f64>,
    /// Points between two changes at least; a fiftieth of the series unless given.
    pub least: Option<usize>,
    /// The periods to take out; searched for unless given; empty for none.
    pub periods: Option<Vec<usize>>,
}

/// The indices at which something new begins, sorted; index 0 never is one.
///
/// ```
/// use itom_core::anomaly::{ChangepointOptions, changepoints};
///
/// let values: Vec<f64> = (0..200)
///     .map(|i| f64::from(i * 7919 % 13) + if i >= 120 { 20.0 } else { 0.0 })
///     .collect();
/// assert_eq!(changepoints(&values, &ChangepointOptions::default())?, [120]);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// A penalty that is not positive, a least distance of 0, or a period below 2.
pub fn changepoints(values: &[f64], options: &ChangepointOptions) -> Result<Vec<usize>> {
    if let Some(penalty) = options.penalty.filter(|penalty| penalty.is_nan() || *penalty <= 0.0) {
        return Err(Error::invalid("penalty", penalty, "positive"));
    }
    if options.least == Some(0) {
        return Err(Error::invalid("least", 0, "at least 1"));
    }
    let Some(clean) = cleaned(values, options.periods.clone())? else { return Ok(Vec::new()) };
    Ok(match options.penalty {
        Some(penalty) => {
            priced(&clean, options.kind.unwrap_or(ChangeKind::Mean), penalty, options.least)
        }
        None => automatic(&clean, options.kind, options.least),
    })
}

impl ChangeKind {
    /// What is fitted, what a cut costs in parameters, and the usual least distance of `n` points.
    fn terms(self, n: usize) -> (Fit, f64, usize) {
        // The place of a cut counts about as two parameters, its level as one, and so on.
        match self {
            ChangeKind::Mean => (Fit::Level, 3.0, (n / 50).max(2)),
            ChangeKind::Slope => (Fit::Line, 4.0, (n / 20).max(4)),
            ChangeKind::Variance => (Fit::Spread, 4.0, (n / 20).max(8)),
        }
    }
}

/// The cuts at the price the caller gives.
fn priced(clean: &[f64], kind: ChangeKind, penalty: f64, least: Option<usize>) -> Vec<usize> {
    let n = clean.len();
    let (fit, _, usual) = kind.terms(n);
    let least = least.unwrap_or(usual).max(if fit == Fit::Spread { 2 } else { 1 });
    segment(
        &Sums::new(clean, automatic::UNSEEN),
        n,
        Plan { fit, penalty, least, step: n.div_ceil(GRID) },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[f64]) -> Vec<usize> {
        changepoints(values, &ChangepointOptions::default()).unwrap()
    }

    /// Noise in [-1, 1).
    fn noise(i: usize) -> f64 {
        let x = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((x ^ (x >> 32)) as u32) as f64 / f64::from(u32::MAX) * 2.0 - 1.0
    }

    fn series(n: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..n).map(|i| value(i) + noise(i)).collect()
    }

    #[test]
    fn steps_slopes_and_spreads_are_found() {
        assert_eq!(found(&series(300, |i| if i < 100 { 0.0 } else { 4.0 })), [100]);
        assert_eq!(found(&series(10_320, |i| if i < 7003 { 0.0 } else { 1.0 })).len(), 1);
        let kink = found(&series(200, |i| (i as f64 - 120.0).abs()));
        assert!(kink.len() == 1 && kink[0].abs_diff(120) <= 5, "{kink:?}");
        let calm = |i: usize| if i < 150 { 0.0 } else { 8.0 * noise(i + 1000) };
        let spread = found(&series(300, calm));
        assert!(spread.len() == 1 && spread[0].abs_diff(150) <= 5, "{spread:?}");
    }

    #[test]
    fn noise_trends_seasons_and_spikes_are_no_change() {
        for n in [50, 200, 1000, 10_000] {
            assert!(found(&series(n, |_| 0.0)).is_empty(), "{n}");
            assert!(found(&series(n, |i| i as f64 * 20.0 / n as f64)).is_empty(), "{n}");
            assert!(
                found(&series(n, |i| (i as f64 / 12.0 * std::f64::consts::TAU).sin() * 5.0))
                    .is_empty(),
                "{n}"
            );
            assert!(found(&series(n, |i| if i % 40 == 7 { 50.0 } else { 0.0 })).is_empty(), "{n}");
        }
    }

    #[test]
    fn scale_and_place_do_not_matter() {
        let values = series(300, |i| if i < 100 { 0.0 } else { 4.0 });
        for (scale, shift) in [(1e300, 0.0), (1e-300, 0.0), (-3.0, 7.0), (1e-3, 1e6)] {
            let moved: Vec<f64> = values.iter().map(|v| v * scale + shift).collect();
            assert_eq!(found(&moved), [100], "{scale} {shift}");
        }
    }

    #[test]
    fn hostile_series_have_none() {
        for values in
            [&[][..], &[1.0], &[1.0, 2.0], &[f64::NAN; 50], &[7.0; 50], &[f64::INFINITY; 3]]
        {
            assert!(found(values).is_empty(), "{values:?}");
        }
        for kind in [ChangeKind::Mean, ChangeKind::Slope, ChangeKind::Variance] {
            for n in 0..30 {
                let values: Vec<f64> =
                    (0..n).map(|i| if i == 9 { f64::NAN } else { 1e308 * noise(i) }).collect();
                for penalty in [None, Some(1e-9), Some(f64::INFINITY)] {
                    for least in [None, Some(1), Some(usize::MAX)] {
                        let options =
                            ChangepointOptions { kind: Some(kind), penalty, least, periods: None };
                        let cuts = changepoints(&values, &options).unwrap();
                        assert!(cuts.iter().all(|&cut| 0 < cut && cut < n));
                    }
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |options: ChangepointOptions| {
            changepoints(&[1.0, 2.0], &options).unwrap_err().argument().map(str::to_owned)
        };
        let default = ChangepointOptions::default;
        for penalty in [0.0, -1.0, f64::NAN] {
            let options = ChangepointOptions { penalty: Some(penalty), ..default() };
            assert_eq!(refused(options).as_deref(), Some("penalty"));
        }
        assert_eq!(
            refused(ChangepointOptions { least: Some(0), ..default() }).as_deref(),
            Some("least")
        );
        let periods = ChangepointOptions { periods: Some(vec![1]), ..default() };
        assert_eq!(refused(periods).as_deref(), Some("periods"));
    }
}
