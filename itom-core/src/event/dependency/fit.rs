//! How much of one type each other type explains: a Hawkes process fitted by expectation and
//! maximisation.
//!
//! The rate of the type on an item is that item's own, plus, for every type and distance, a
//! coefficient times what the kernels of [`Candidates`] say. Onsets are shared out among what may
//! have caused them in proportion (Lewis and Mohler 2011; over a topology: Cai et al., "THP", 2022).
//! What neighbours nothing explains goes to the item's own rate, which is drawn towards the mean of
//! all items. Types that gain less likelihood than a parameter costs (Akaike 1974) are left out and
//! the rest is fitted again: without that, chance would explain a little of everything.

use super::candidates::{Candidates, REACH};

const MOST_ROUNDS: usize = 60;
/// When no feature's explained onsets change by more than that, it is fitted.
const SETTLED: f64 = 1e-3;
/// Onsets of a cause that are added without effect: rare causes are not believed at once.
const RARE: f64 = 1.0;
/// How much the mean of the items counts against an item's own rate.
const SHRUNK: f64 = 0.5;
/// What is explained by causes at first.
const AT_FIRST: f64 = 0.3;
/// Gain in log likelihood that one parameter costs.
const COST: f64 = 1.0;
/// Keeps rates above zero.
const FLOOR: f64 = 1e-9;
/// What explains less than that of an onset explains nothing.
const NEGLIGIBLE: f64 = 1e-9;

/// What a fit needs to know beside the candidates.
#[derive(Clone, Copy, Debug)]
pub(super) struct World<'a> {
    /// For each type and distance: its onsets times the items that they reach.
    pub(super) exposures: &'a [f64],
    pub(super) distances: u32,
    pub(super) items: f64,
    /// How long was watched, in lags.
    pub(super) watched: f64,
}

impl World<'_> {
    /// The probability that an onset of a type is around an item by chance, within the reach.
    pub(super) fn chance(&self, kind: u32) -> f64 {
        let first = (kind * self.distances) as usize;
        let reached: f64 = self.exposures[first..first + self.distances as usize].iter().sum();
        -libm::expm1(-(REACH as f64) * reached / (self.items * self.watched))
    }
}

/// How much one type explains of another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Explained {
    pub(super) cause: u32,
    /// Onsets of the effect, by distance; zeros where the type was left out.
    pub(super) by_distance: Vec<f64>,
    /// The log likelihood that would be lost without it, beside all others.
    pub(super) gain: f64,
}

/// Shares out the onsets of one type among the types that may have caused them, in their order.
pub(super) fn explain(candidates: &Candidates, world: World) -> Vec<Explained> {
    let mut fit = Fit::new(candidates, world);
    fit.settle();
    let mut explained = fit.gains();
    fit.leave_out(&explained);
    fit.settle();
    for (feature, &(cause, distance)) in candidates.features.iter().enumerate() {
        let place = explained.partition_point(|explained| explained.cause < cause);
        let count = fit.counts[feature];
        explained[place].by_distance[distance as usize] =
            if count < NEGLIGIBLE { 0.0 } else { count };
    }
    explained
}

struct Fit<'a> {
    candidates: &'a Candidates,
    world: World<'a>,
    exposures: Vec<f64>,
    coefficients: Vec<f64>,
    /// Onsets that each feature explains.
    counts: Vec<f64>,
    rates: Vec<f64>,
}

impl<'a> Fit<'a> {
    fn new(candidates: &'a Candidates, world: World<'a>) -> Self {
        let total: f64 = candidates.weights.iter().sum();
        let place = |(kind, distance): (u32, u32)| (kind * world.distances + distance) as usize;
        let exposures: Vec<f64> =
            candidates.features.iter().map(|&feature| world.exposures[place(feature)]).collect();
        let share = AT_FIRST * total / exposures.len().max(1) as f64;
        let homes = candidates.homes.last().map_or(0, |last| *last as usize + 1);
        let rate = (1.0 - AT_FIRST) * total / (world.items * world.watched);
        Fit {
            candidates,
            world,
            coefficients: exposures.iter().map(|exposure| share / (exposure + RARE)).collect(),
            counts: vec![0.0; exposures.len()],
            rates: vec![rate.max(FLOOR); homes],
            exposures,
        }
    }

    fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            if self.round() <= SETTLED {
                break;
            }
        }
    }

    /// One expectation and one maximisation; the largest change of a count.
    fn round(&mut self) -> f64 {
        let mut counts = vec![0.0; self.counts.len()];
        let mut own = vec![0.0; self.rates.len()];
        for (onset, &weight) in self.candidates.weights.iter().enumerate() {
            let home = self.candidates.homes[onset] as usize;
            let share = weight / self.intensity(onset);
            for &(feature, kernel) in self.candidates.onset(onset) {
                counts[feature as usize] += share * self.coefficients[feature as usize] * kernel;
            }
            own[home] += share * self.rates[home];
        }
        let change = self.counts.iter().zip(&counts).map(|(old, new)| (old - new).abs());
        let change = change.fold(0.0, f64::max);
        for (feature, count) in counts.iter().enumerate() {
            self.coefficients[feature] = count / (self.exposures[feature] + RARE);
        }
        let mean = own.iter().sum::<f64>() / self.world.items;
        for (rate, own) in self.rates.iter_mut().zip(own) {
            *rate = ((own + SHRUNK * mean) / (self.world.watched * (1.0 + SHRUNK))).max(FLOOR);
        }
        self.counts = counts;
        change
    }

    fn intensity(&self, onset: usize) -> f64 {
        let caused = self.candidates.onset(onset).iter();
        let caused: f64 =
            caused.map(|&(feature, kernel)| self.coefficients[feature as usize] * kernel).sum();
        self.rates[self.candidates.homes[onset] as usize] + caused
    }

    /// What the likelihood would lose without each type.
    fn gains(&self) -> Vec<Explained> {
        let features = &self.candidates.features;
        let mut explained: Vec<Explained> = features
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| Explained {
                cause: same[0].0,
                by_distance: vec![0.0; self.world.distances as usize],
                gain: 0.0,
            })
            .collect();
        let mut place = Vec::with_capacity(features.len());
        for (feature, &(cause, _)) in features.iter().enumerate() {
            let own = explained.partition_point(|explained| explained.cause < cause);
            explained[own].gain -= self.coefficients[feature] * self.exposures[feature];
            place.push(own);
        }
        for (onset, &weight) in self.candidates.weights.iter().enumerate() {
            let all = self.intensity(onset);
            let entries = self.candidates.onset(onset);
            for same in entries.chunk_by(|a, b| place[a.0 as usize] == place[b.0 as usize]) {
                let caused = same.iter().map(|&(f, kernel)| self.coefficients[f as usize] * kernel);
                let without = (all - caused.sum::<f64>()).max(FLOOR * FLOOR);
                explained[place[same[0].0 as usize]].gain += weight * libm::log(all / without);
            }
        }
        explained
    }

    fn leave_out(&mut self, explained: &[Explained]) {
        for (feature, &(cause, _)) in self.candidates.features.iter().enumerate() {
            let place = explained.partition_point(|explained| explained.cause < cause);
            if explained[place].gain <= COST {
                self.coefficients[feature] = 0.0;
            }
        }
    }
}
