//! How wide does an interval have to be to hold as often as it says?
//!
//! From the errors a forecast made on the history: their spread grows with the steps ahead as a square
//! root law fitted to them, and the quantile of the scaled errors is the half width, both sides alike
//! (split conformal prediction; Vovk, Gammerman and Shafer, 2005). Errors from the same few weeks are
//! alike, so the intervals are widened by what so few independent trials leave open.

/// By how much intervals are wider than the errors in the history say: the future differs.
const WIDER: f64 = 1.15;

/// The half widths at each step for one level.
pub(super) struct Spread {
    /// Sorted absolute errors, each divided by the spread at its step.
    scaled: Vec<f64>,
    /// Variance at step 0, and how much is added with each step.
    base: f64,
    growth: f64,
}

impl Spread {
    /// From errors with their steps ahead.
    pub(super) fn new(errors: &[(usize, f64)]) -> Spread {
        let (base, growth) = law(errors);
        let mut spread = Spread { scaled: Vec::new(), base, growth };
        spread.scaled = errors
            .iter()
            .map(|&(step, error)| error.abs() / spread.at(step).max(f64::MIN_POSITIVE))
            .collect();
        spread.scaled.sort_unstable_by(f64::total_cmp);
        spread
    }

    fn at(&self, step: usize) -> f64 {
        (self.base + self.growth * step as f64).sqrt()
    }

    /// Half the width at a step of an interval of that level.
    pub(super) fn half_width(&self, step: usize, level: f64) -> f64 {
        let n = self.scaled.len();
        if n == 0 {
            return 0.0;
        }
        let rank = level * (n + 1) as f64 - 1.0;
        let below = (rank.max(0.0) as usize).min(n - 1);
        let above = (below + 1).min(n - 1);
        let part = (rank - below as f64).clamp(0.0, 1.0);
        let quantile = self.scaled[below] * (1.0 - part) + self.scaled[above] * part;
        // Beyond what so many errors can tell, the tail is continued as that of a Gauss distribution.
        let beyond = (level * (n + 1) as f64 / n as f64).max(1.0);
        WIDER * quantile * beyond * self.at(step)
    }
}

/// Least squares of the squared errors on the steps, with neither part negative.
fn law(errors: &[(usize, f64)]) -> (f64, f64) {
    let n = errors.len() as f64;
    if errors.is_empty() {
        return (0.0, 0.0);
    }
    let square = errors.iter().map(|&(_, error)| error * error).sum::<f64>() / n;
    let step = errors.iter().map(|&(step, _)| step as f64).sum::<f64>() / n;
    let (mut along, mut spread) = (0.0, 0.0);
    for &(at, error) in errors {
        along += (at as f64 - step) * (error * error - square);
        spread += (at as f64 - step).powi(2);
    }
    let growth = if spread > 0.0 { (along / spread).max(0.0) } else { 0.0 };
    // At least a tenth of the variance is there from the first step on.
    let growth = growth.min(0.9 * square / step.max(0.5));
    (square - growth * step, growth)
}
