//! Counts that add up: what an item contributes, and what its groups come to.
//!
//! Everything is whole numbers until a score is asked for, so that taking a share out and putting it
//! in again leaves no trace, in whichever order it is done.

use std::collections::BTreeMap;

use super::metric::METRICS;
use super::report::{HealthCount, HealthScores};
use super::{HealthDefinition, HealthIndicator, HealthMetric};

/// What an item contributes to each of its groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) weight: u32,
    /// Metrics that are not looked at, by bit.
    pub(super) exempt: u16,
    /// Metrics of items that were looked at, by bit, and those that failed.
    pub(super) checked: u16,
    pub(super) failed: u16,
    /// Relations that count for the item: those that are there, and of them those that another
    /// doubles and those with a stale end; and those that lack an end.
    pub(super) live: u32,
    pub(super) duplicate: u32,
    pub(super) stale: u32,
    pub(super) orphan: u32,
}

impl Share {
    pub(super) fn set(&mut self, metric: HealthMetric, checked: bool, failed: bool) {
        let bit = metric.bit();
        self.checked = self.checked & !bit | if checked { bit } else { 0 };
        self.failed = self.failed & !bit | if checked && failed { bit } else { 0 };
    }

    /// How many were looked at by a metric, and how many failed.
    fn counts(&self, metric: HealthMetric) -> (u32, u32) {
        if self.exempt & metric.bit() != 0 {
            return (0, 0);
        }
        match metric {
            HealthMetric::RelationDuplicate => (self.live, self.duplicate),
            HealthMetric::RelationStale => (self.live, self.stale),
            HealthMetric::RelationOrphan => (self.live + self.orphan, self.orphan),
            metric => {
                let has = |bits: u16| u32::from(bits & metric.bit() != 0);
                (has(self.checked), has(self.failed))
            }
        }
    }

    /// Whether a metric fails.
    pub(super) fn fails(&self, metric: HealthMetric) -> bool {
        self.counts(metric).1 > 0
    }

    pub(super) fn fails_any(&self) -> bool {
        self.failed & !self.exempt != 0
            || self.duplicate + self.stale + self.orphan > 0
                && HealthMetric::ALL.into_iter().any(|metric| self.fails(metric))
    }
}

/// The sum of shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) items: i64,
    checked: [i64; METRICS],
    failed: [i64; METRICS],
    /// The same by weight.
    weighed: [i64; METRICS],
    lost: [i64; METRICS],
}

impl Tally {
    /// Puts a share in with 1 and takes it out with -1.
    pub(super) fn add(&mut self, share: &Share, sign: i64) {
        self.items += sign;
        for (n, metric) in HealthMetric::ALL.into_iter().enumerate() {
            let (checked, failed) = share.counts(metric);
            let (checked, failed) = (sign * i64::from(checked), sign * i64::from(failed));
            self.checked[n] += checked;
            self.failed[n] += failed;
            self.weighed[n] += checked * i64::from(share.weight);
            self.lost[n] += failed * i64::from(share.weight);
        }
    }

    pub(super) fn scores(&self, weights: &Weights) -> HealthScores {
        let score = |n: usize| {
            (self.weighed[n] > 0).then(|| 1.0 - self.lost[n] as f64 / self.weighed[n] as f64)
        };
        let mut metrics = BTreeMap::new();
        for (n, metric) in HealthMetric::ALL.into_iter().enumerate() {
            if self.checked[n] > 0 {
                let (checked, failed) = (self.checked[n] as u64, self.failed[n] as u64);
                metrics.insert(metric, HealthCount { checked, failed, score: score(n) });
            }
        }
        let of = |indicator: HealthIndicator| {
            let own = HealthMetric::ALL.into_iter().enumerate();
            let own = own.filter(|(_, metric)| metric.indicator() == indicator);
            mean(own.map(|(n, _)| (weights.metrics[n], score(n))))
        };
        let indicators = HealthIndicator::ALL.map(of);
        let [completeness, correctness, compliance, relationship] = indicators;
        let score = mean(weights.indicators.into_iter().zip(indicators));
        let item_count = self.items as u64;
        HealthScores {
            item_count,
            score,
            completeness,
            correctness,
            compliance,
            relationship,
            metrics,
        }
    }
}

/// The mean of those scores that there are.
fn mean(scores: impl Iterator<Item = (u32, Option<f64>)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (weight, score) in scores {
        if let Some(score) = score.filter(|_| weight > 0) {
            sum += f64::from(weight) * score;
            weights += f64::from(weight);
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

/// How much metrics and indicators weigh, in their orders.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    metrics: [u32; METRICS],
    indicators: [u32; 4],
}

impl Weights {
    pub(super) fn new(definition: &HealthDefinition) -> Self {
        let metric = |metric| definition.metrics.get(&metric).copied().unwrap_or(1);
        let indicator = |one| definition.indicators.get(&one).copied().unwrap_or(1);
        Weights {
            metrics: HealthMetric::ALL.map(metric),
            indicators: HealthIndicator::ALL.map(indicator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_weigh_items_metrics_and_indicators() {
        let mut definition = HealthDefinition::default();
        definition.metrics.insert(HealthMetric::Recommended, 3);
        definition.indicators.insert(HealthIndicator::Correctness, 0);
        let mut tally = Tally::default();
        let mut share = Share { weight: 1, live: 4, stale: 1, ..Share::default() };
        share.set(HealthMetric::Required, true, false);
        share.set(HealthMetric::Recommended, true, true);
        share.set(HealthMetric::Stale, true, true);
        tally.add(&share, 1);
        let mut heavy = Share { weight: 3, ..Share::default() };
        heavy.set(HealthMetric::Recommended, true, false);
        heavy.set(HealthMetric::Compliance, false, true);
        tally.add(&heavy, 1);

        let scores = tally.scores(&Weights::new(&definition));
        assert_eq!(scores.metrics[&HealthMetric::Recommended].score, Some(0.75));
        assert_eq!(scores.metrics[&HealthMetric::RelationStale].checked, 4);
        assert_eq!(scores.completeness, Some((1.0 + 3.0 * 0.75) / 4.0));
        assert_eq!((scores.correctness, scores.compliance), (Some(0.0), None));
        let relationship = (1.0 + 1.0 + 0.75) / 3.0;
        assert_eq!(scores.relationship, Some(relationship));
        assert_eq!(scores.score, Some((0.8125 + relationship) / 2.0));

        tally.add(&heavy, -1);
        tally.add(&share, -1);
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn what_is_exempt_is_not_counted() {
        let exempt = HealthMetric::RelationStale.bit() | HealthMetric::Orphan.bit();
        let mut share = Share { weight: 1, exempt, live: 2, stale: 2, ..Share::default() };
        share.set(HealthMetric::Orphan, true, true);
        assert!(!share.fails_any());
        share.duplicate = 1;
        assert!(share.fails_any() && share.fails(HealthMetric::RelationDuplicate));
    }
}
