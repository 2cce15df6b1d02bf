//! Which onsets may have caused those of one type: everything a fit of that type looks at.
//!
//! An onset of any type, at most [`REACH`] lags earlier, on the same item or within the hops, is a
//! candidate. Its weight falls with the lag between (an exponential kernel); those of one type at
//! one distance are added up to one *feature*. Costs the onsets of the type times those around.

use super::onsets::{Onset, Onsets};
use super::rings::Walk;
use crate::Duration;

/// How many lags back a cause is looked for: an exponential has all but 1 % there.
pub(super) const REACH: i64 = 5;
/// The most features an onset keeps: the strongest. What flooded in with hundreds of others says
/// little, and memory stays bounded.
const MOST_FEATURES: usize = 64;

/// That an onset of the effect followed one of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Precedence {
    pub(super) cause: u32,
    /// To the latest such onset, in nanoseconds.
    pub(super) lag: i64,
    /// Which onset of the effect.
    pub(super) onset: u32,
}

/// The onsets of one type with what came before them.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Type and distance of each feature, in that order.
    pub(super) features: Vec<(u32, u32)>,
    /// Feature and kernel, onset after onset; by feature inside of one.
    pub(super) entries: Vec<(u32, f64)>,
    /// Where the entries of each onset begin, and where the last end.
    pub(super) starts: Vec<usize>,
    /// The weight of each onset.
    pub(super) weights: Vec<f64>,
    /// Which of the items with such onsets each is on.
    pub(super) homes: Vec<u32>,
    /// What preceded what, by cause and lag.
    pub(super) precedences: Vec<Precedence>,
}

impl Candidates {
    pub(super) fn onset(&self, onset: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[onset]..self.starts[onset + 1]]
    }
}

/// Gathers candidates for one type after another.
#[derive(Debug)]
pub(super) struct Gatherer<'a> {
    onsets: &'a Onsets,
    walk: Walk<'a>,
    lag: Duration,
    distances: u32,
    /// Kernels by type and distance, and the nearest lag by type; both are zero between onsets.
    kernels: Vec<f64>,
    nearest: Vec<i64>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(
        onsets: &'a Onsets,
        walk: Walk<'a>,
        kinds: usize,
        hops: u32,
        lag: Duration,
    ) -> Self {
        let distances = hops + 1;
        let kernels = vec![0.0; kinds * distances as usize];
        Gatherer { onsets, walk, lag, distances, kernels, nearest: vec![0; kinds] }
    }

    /// The candidates of these onsets of one type, which are sorted by item.
    pub(super) fn gather(&mut self, effect: &[Onset]) -> Candidates {
        let mut found = Candidates { starts: vec![0], ..Candidates::default() };
        for (home, own) in effect.chunk_by(|a, b| a.item == b.item).enumerate() {
            let rings = self.walk.around(own[0].item);
            for onset in own {
                let mut near = Near {
                    lag: self.lag,
                    distances: self.distances,
                    kernels: &mut self.kernels,
                    nearest: &mut self.nearest,
                    features: Vec::new(),
                };
                near.look(self.onsets, rings, onset);
                near.give(&mut found);
                found.starts.push(found.entries.len());
                found.weights.push(onset.weight);
                found.homes.push(home as u32);
            }
        }
        found.precedences.sort_unstable();
        self.number(&mut found);
        found
    }

    /// Numbers the features that occur from 0 on.
    fn number(&self, found: &mut Candidates) {
        let mut occurring: Vec<u32> = found.entries.iter().map(|(feature, _)| *feature).collect();
        occurring.sort_unstable();
        occurring.dedup();
        for (feature, _) in &mut found.entries {
            *feature = occurring.partition_point(|other| other < feature) as u32;
        }
        let distances = self.distances;
        found.features = occurring
            .into_iter()
            .map(|feature| (feature / distances, feature % distances))
            .collect();
    }
}

/// What is around one onset.
struct Near<'a> {
    lag: Duration,
    distances: u32,
    kernels: &'a mut [f64],
    nearest: &'a mut [i64],
    features: Vec<u32>,
}

impl Near<'_> {
    fn look(&mut self, onsets: &Onsets, rings: &[Vec<u32>], effect: &Onset) {
        let lag = self.lag.as_nanos();
        let from = effect.time.saturating_sub(lag.saturating_mul(REACH));
        for (distance, ring) in rings.iter().enumerate() {
            for &item in ring {
                for cause in onsets.between(item, from, effect.time) {
                    let passed = effect.time.saturating_sub(cause.time);
                    let kernel = libm::exp(-(passed as f64) / lag as f64);
                    self.add(cause.kind, distance as u32, passed, kernel);
                }
            }
        }
    }

    fn add(&mut self, kind: u32, distance: u32, passed: i64, kernel: f64) {
        let feature = kind * self.distances + distance;
        let sum = &mut self.kernels[feature as usize];
        if *sum == 0.0 {
            self.features.push(feature);
        }
        *sum += kernel;
        let nearest = &mut self.nearest[kind as usize];
        *nearest = if *nearest == 0 { passed } else { passed.min(*nearest) };
    }

    /// Hands over what was found and leaves zeros behind.
    fn give(mut self, found: &mut Candidates) {
        self.features.sort_unstable();
        let begin = found.entries.len();
        for &feature in &self.features {
            found.entries.push((feature, std::mem::take(&mut self.kernels[feature as usize])));
        }
        keep_strongest(&mut found.entries, begin);
        let onset = found.weights.len() as u32;
        for (feature, _) in &found.entries[begin..] {
            let cause = feature / self.distances;
            let lag = std::mem::take(&mut self.nearest[cause as usize]);
            if lag > 0 {
                found.precedences.push(Precedence { cause, lag, onset });
            }
        }
        for feature in self.features {
            self.nearest[(feature / self.distances) as usize] = 0;
        }
    }
}

/// Bounds the entries from `begin` on; those that tie with the first one too many go with it.
fn keep_strongest(entries: &mut Vec<(u32, f64)>, begin: usize) {
    if entries.len() - begin <= MOST_FEATURES {
        return;
    }
    let mut kernels: Vec<f64> = entries[begin..].iter().map(|(_, kernel)| *kernel).collect();
    kernels.sort_by(|a, b| b.total_cmp(a));
    let fence = kernels[MOST_FEATURES];
    let strongest: Vec<(u32, f64)> =
        entries.drain(begin..).filter(|(_, kernel)| *kernel > fence).collect();
    entries.extend(strongest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_strongest_are_kept_and_ties_fall_together() {
        let mut entries: Vec<(u32, f64)> = vec![(9, 0.5)];
        entries.extend((0..200).map(|n| (n, if n < 50 { 1.0 } else { 0.1 })));
        keep_strongest(&mut entries, 1);
        assert_eq!(entries.len(), 51);
        assert!(entries[1..].iter().all(|(_, kernel)| *kernel == 1.0));
    }
}
