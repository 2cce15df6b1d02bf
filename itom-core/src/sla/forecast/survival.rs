//! How long work stays open: the product-limit estimate of Kaplan and Meier (1958), with weights.
//!
//! A curve is the share still open after each share of the target; work that is still running
//! counts as open for as long as it was seen. Ties: what ended at a share was still at risk there.
//! Cost: one sort. Kept curves are thinned to 1/128 steps, which bounds them at 129 points.

use serde::{Deserialize, Serialize};

const FINEST: f64 = 1.0 / 128.0;

/// Work that used `share` of its target, until it ended or was last seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    pub share: f64,
    pub ended: bool,
    pub weight: f64,
}

/// Shares of the target, ascending, with what is open after each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    shares: Vec<f64>,
    open: Vec<f64>,
}

impl Curve {
    pub(super) fn estimate(mut spells: Vec<Spell>) -> Curve {
        spells.sort_by(|a, b| a.share.total_cmp(&b.share));
        let mut at_risk: f64 = spells.iter().map(|spell| spell.weight).sum();
        let mut curve = Curve::default();
        let (mut open, mut kept) = (1.0_f64, 1.0_f64);
        let mut last = None;
        for tie in spells.chunk_by(|a, b| a.share == b.share) {
            let weight = |ended_only: bool| {
                let counted = tie.iter().filter(|spell| spell.ended || !ended_only);
                counted.map(|spell| spell.weight).sum::<f64>()
            };
            let ended = weight(true);
            if ended > 0.0 && at_risk > 0.0 {
                open *= (1.0 - ended / at_risk).clamp(0.0, 1.0);
                last = Some((tie[0].share, open));
                if kept - open >= FINEST {
                    curve.push(tie[0].share, open);
                    kept = open;
                    last = None;
                }
            }
            at_risk -= weight(false);
        }
        if let Some((share, open)) = last {
            curve.push(share, open);
        }
        curve
    }

    fn push(&mut self, share: f64, open: f64) {
        self.shares.push(share);
        self.open.push(open);
    }

    /// The share of work still open after `share` of the target.
    pub(super) fn open_after(&self, share: f64) -> f64 {
        let passed = self.shares.partition_point(|&at| at <= share);
        passed.checked_sub(1).map_or(1.0, |at| self.open[at])
    }

    /// By which share of the target a fraction `ended` of what is open at `from` has ended; `None`
    /// where the history does not reach so far.
    pub(super) fn quantile(&self, from: f64, ended: f64) -> Option<f64> {
        let limit = self.open_after(from) * (1.0 - ended);
        let at = self.open.partition_point(|&open| open > limit);
        self.shares.get(at).copied().map(|share| share.max(from))
    }

    /// Whether a restored curve can be read without a panic.
    pub(super) fn is_sound(&self) -> bool {
        self.shares.len() == self.open.len()
            && self.shares.iter().chain(&self.open).all(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(share: f64, ended: bool) -> Spell {
        Spell { share, ended, weight: 1.0 }
    }

    #[test]
    fn running_work_is_at_risk_until_it_was_last_seen() {
        // The textbook product: 4/5 at 0.2, censored at 0.3, 4/5 x 2/3 at 0.5.
        let spells = vec![
            spell(0.5, true),
            spell(0.2, true),
            spell(0.3, false),
            spell(0.9, false),
            spell(0.9, false),
        ];
        let curve = Curve::estimate(spells);
        assert_eq!(curve.open_after(0.1), 1.0);
        assert!((curve.open_after(0.2) - 0.8).abs() < 1e-15);
        assert!((curve.open_after(1.0) - 0.8 * 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(curve.quantile(0.0, 0.1), Some(0.2));
        assert_eq!(curve.quantile(0.25, 0.3), Some(0.5));
        assert_eq!(curve.quantile(0.25, 0.9), None);
    }

    #[test]
    fn nothing_known_means_nothing_ends() {
        let curve = Curve::estimate(Vec::new());
        assert_eq!((curve.open_after(3.0), curve.quantile(0.0, 0.5)), (1.0, None));
    }

    #[test]
    fn a_curve_is_thinned_but_ends_where_it_ended() {
        let spells = (0..10_000).map(|at| spell(f64::from(at) / 10_000.0, true)).collect();
        let curve = Curve::estimate(spells);
        assert!(curve.shares.len() <= 129, "{}", curve.shares.len());
        assert!((curve.open_after(0.5) - 0.5).abs() < 0.01);
        assert_eq!(curve.open_after(1.0), 0.0);
    }
}
