//! The rate of breach over time, by landmark: level and drift, before any field is looked at.
//!
//! Desks drift: after a reorganisation or at the start of a log most work may breach, a month later
//! a fifth. Were that left to the fields, groups that were busy in a bad month would look bad for
//! ever. So each case is compared with the rate around its own opening, and a forecast starts from
//! the rate at the end of the history. The rate is a kernel average that fades by half in each
//! half-life, before and after (exponential smoothing run forwards and backwards, Brown 1963), on a
//! grid of an eighth of the half-life: O(cases + cells).

use super::logistic::log_odds;

const CELLS_A_HALF_LIFE: i64 = 8;
const MOST_CELLS: i64 = 1 << 14;
/// Cases at the average of the whole history that each rate is mixed with.
const PRIOR: f64 = 5.0;

/// Log-odds of breach by cell of time and landmark.
pub(super) struct Base {
    landmarks: usize,
    cell_ns: i64,
    at: i64,
    rates: Vec<f64>,
}

impl Base {
    /// `cases` are instant of opening, landmark and label.
    pub(super) fn estimate(
        landmarks: usize,
        half_life_ns: i64,
        at: i64,
        cases: impl Iterator<Item = (i64, usize, f64)> + Clone,
    ) -> Base {
        let cell_ns = (half_life_ns / CELLS_A_HALF_LIFE).max(1);
        let mut base = Base { landmarks, cell_ns, at, rates: Vec::new() };
        let cells = cases.clone().map(|(opened, ..)| base.cell(opened)).max().unwrap_or(0) + 1;
        // Breached and all, by cell and landmark, the newest cell first.
        let mut sums = vec![(0.0_f64, 0.0_f64); cells * landmarks];
        let mut totals = vec![(0.5_f64, 1.0_f64); landmarks];
        for (opened, landmark, label) in cases {
            for sum in [&mut sums[base.cell(opened) * landmarks + landmark], &mut totals[landmark]]
            {
                sum.0 += label;
                sum.1 += 1.0;
            }
        }
        let fade = libm::exp2(-1.0 / CELLS_A_HALF_LIFE as f64);
        let mut smooth = sums.clone();
        for at in landmarks..sums.len() {
            let before = smooth[at - landmarks];
            smooth[at].0 += fade * before.0;
            smooth[at].1 += fade * before.1;
        }
        let mut after = vec![(0.0, 0.0); landmarks];
        base.rates = vec![0.0; sums.len()];
        for at in (0..sums.len()).rev() {
            let (own, later) = (smooth[at], after[at % landmarks]);
            let total = totals[at % landmarks];
            let (breached, all) = (own.0 + later.0, own.1 + later.1);
            base.rates[at] = log_odds((breached + PRIOR * total.0 / total.1) / (all + PRIOR));
            after[at % landmarks] = (fade * (later.0 + sums[at].0), fade * (later.1 + sums[at].1));
        }
        base
    }

    /// How many cells before the end of the history; the oldest cell takes what is older.
    fn cell(&self, opened: i64) -> usize {
        (self.at.saturating_sub(opened) / self.cell_ns).clamp(0, MOST_CELLS - 1) as usize
    }

    /// The log-odds around the opening of a case of the history.
    pub(super) fn around(&self, opened: i64, landmark: usize) -> f64 {
        self.rates[self.cell(opened) * self.landmarks + landmark]
    }

    /// The log-odds at the end of the history.
    pub(super) fn now(&self, landmark: usize) -> f64 {
        self.rates[landmark]
    }
}

#[cfg(test)]
mod tests {
    use super::super::logistic::sigmoid;
    use super::*;

    #[test]
    fn the_rate_follows_the_drift_from_both_sides() {
        // All breach in the first half of 80 half-lives, none in the second.
        let cases = (0..8_000_i64).map(|n| (n * 8, 0, if n < 4_000 { 1.0 } else { 0.0 }));
        let base = Base::estimate(1, 800, 64_000, cases);
        let rate = |opened| sigmoid(base.around(opened, 0));
        assert!(rate(1_000) > 0.95, "{}", rate(1_000));
        assert!((rate(32_000) - 0.5).abs() < 0.06, "{}", rate(32_000));
        assert!(rate(60_000) < 0.05);
        assert!(sigmoid(base.now(0)) < 0.05);
    }

    #[test]
    fn instants_at_the_ends_of_time_have_a_cell() {
        let cases = [(i64::MIN + 1, 0, 1.0), (i64::MAX, 0, 0.0)];
        let base = Base::estimate(1, 8, i64::MAX, cases.into_iter());
        assert!(base.around(i64::MIN + 1, 0) > base.now(0));
    }
}
