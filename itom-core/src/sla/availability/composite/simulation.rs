//! How available, when bounds stay too wide? Simulated, with an interval.
//!
//! Only what is unknown is drawn. That no component fails, or one alone, is settled exactly:
//! single points of failure are factored out, and of the others one alone takes nothing down. So
//! every sample begins with two failures (importance sampling by conditioning, without weights),
//! and the chance of that many scales the result. A sample costs what it fells: the next failing
//! component is found by one look-up in the summed hazards.
//!
//! Random numbers are SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", 2014), the k-th a function of seed and k: the same seed gives the same result
//! everywhere. The interval is Clopper's and Pearson's.

use serde::{Deserialize, Serialize};

use super::graph::{CompositeMethod, DependencyGraph, downtime_per_year};
use super::structure::Component;
use crate::sla::Fraction;
use crate::sla::availability::confidence::{ConfidenceInterval, Sided, clopper_pearson};
use crate::{Duration, Error, Result};

const MOST_SAMPLES: u64 = 1_000_000_000;

/// How a simulation is to be run.
///
/// ```
/// assert_eq!(itom_core::sla::SimulationOptions::default().samples, 100_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SimulationOptions {
    /// How many samples.
    pub samples: u64,
    /// What the random numbers begin with.
    pub seed: u64,
    /// The confidence of the interval.
    pub confidence: f64,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        SimulationOptions { samples: 100_000, seed: 0, confidence: 0.95 }
    }
}

/// What a simulation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Simulation {
    /// The availability, estimated.
    pub ratio: f64,
    /// Its complement.
    pub unavailability: f64,
    /// The lower end of the interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// Always `simulation`.
    pub method: CompositeMethod,
    /// The estimated downtime in 365 days.
    pub downtime_per_year: Duration,
    /// Samples drawn.
    pub samples: u64,
    /// Samples in which the service was down.
    pub failures: u64,
    /// The chance of what was sampled: two failures at least besides single points of failure.
    pub sampled: f64,
    /// What the random numbers began with.
    pub seed: u64,
}

/// The components that are drawn, with the sum of their hazards -ln(1 - q) before each.
struct Draw {
    elements: Vec<u32>,
    hazards: Vec<f64>,
    /// The chance that the first two failures have begun by each component.
    first: Vec<f64>,
}

impl DependencyGraph {
    /// Simulates the availability of the service.
    ///
    /// # Errors
    /// For no or more than 10^9 samples and a confidence outside (0, 1).
    ///
    /// ```
    /// use itom_core::sla::{DependencyGraph, SimulationOptions};
    ///
    /// let graph = DependencyGraph::from_json(
    ///     r#"{"service": {"k_of_n": {"k": 2, "of": ["0.99", "0.95", "0.9"]}}}"#)?;
    /// let result = graph.simulate(SimulationOptions::default())?;
    /// assert!((result.lower..=result.upper).contains(&0.9936));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn simulate(&self, options: SimulationOptions) -> Result<Simulation> {
        let SimulationOptions { samples, seed, confidence } = options;
        if samples == 0 || samples > MOST_SAMPLES {
            return Err(Error::invalid("samples", samples, format!("1 to {MOST_SAMPLES}")));
        }
        clopper_pearson(0, 1, confidence, Sided::Two)?;
        let memberships = self.structure.memberships();
        let (mut fall, service) = (memberships.fall(), self.structure.service);
        let (mut certain, mut drawn, mut factor) = (Vec::new(), Vec::new(), 1.0);
        for component in &self.structure.components {
            match self.down(component) {
                1.0 => certain.push(component.element),
                0.0 => {}
                down => drawn.push((component.element, down)),
            }
        }
        let mut failed = certain.clone();
        drawn.retain(|&(element, down)| {
            failed.push(element);
            let alone = memberships.takes_down(&failed, service, &mut fall);
            failed.pop();
            factor *= if alone { 1.0 - down } else { 1.0 };
            !alone
        });
        if memberships.takes_down(&certain, service, &mut fall) {
            factor = 0.0;
        }
        let draw = Draw::new(&drawn);
        let mut random = SplitMix64(seed);
        let mut failures = 0;
        let samples = if draw.chance() == 0.0 || factor == 0.0 { 0 } else { samples };
        for _ in 0..samples {
            failed.truncate(certain.len());
            draw.sample(&mut random, &mut failed);
            failures += u64::from(memberships.takes_down(&failed, service, &mut fall));
        }
        let interval = match samples {
            0 => ConfidenceInterval { lower: 1.0, upper: 1.0 },
            samples => clopper_pearson(samples - failures, samples, confidence, Sided::Two)?,
        };
        let chance = draw.chance();
        let down = |share: f64| (1.0 - factor) + factor * chance * share;
        let unavailability = down(failures as f64 / samples.max(1) as f64);
        Ok(Simulation {
            ratio: 1.0 - unavailability,
            unavailability,
            lower: 1.0 - down(1.0 - interval.lower),
            upper: 1.0 - down(1.0 - interval.upper),
            confidence,
            method: CompositeMethod::Simulation,
            downtime_per_year: downtime_per_year(unavailability),
            samples,
            failures,
            sampled: chance,
            seed,
        })
    }

    pub(super) fn down(&self, component: &Component) -> f64 {
        Fraction::ONE
            .minus(component.availability)
            .map_or(1.0 - component.availability.to_f64(), Fraction::to_f64)
    }
}

impl Draw {
    fn new(drawn: &[(u32, f64)]) -> Draw {
        let (mut hazard, mut hazards) = (0.0, vec![0.0]);
        for &(_, down) in drawn {
            hazard -= libm::log1p(-down);
            hazards.push(hazard);
        }
        // That the first failure is this one and another follows.
        let (mut chance, mut first) = (0.0, Vec::with_capacity(drawn.len()));
        for (index, &(_, down)) in drawn.iter().enumerate() {
            let after = -libm::expm1(hazards[index + 1] - hazard);
            chance += libm::exp(-hazards[index]) * down * after;
            first.push(chance);
        }
        Draw { elements: drawn.iter().map(|drawn| drawn.0).collect(), hazards, first }
    }

    /// The chance of two failures.
    fn chance(&self) -> f64 {
        self.first.last().copied().unwrap_or(0.0)
    }

    /// Appends what fails in one sample with two failures at least.
    fn sample(&self, random: &mut SplitMix64, failed: &mut Vec<u32>) {
        let point = random.next() * self.chance();
        let last = self.elements.len() - 1;
        let first = self.first.partition_point(|&chance| chance <= point).min(last - 1);
        failed.push(self.elements[first]);
        // The second fails before the end for certain, later ones as they may.
        let rest = self.hazards[last + 1] - self.hazards[first + 1];
        let step = -libm::log1p(random.next() * libm::expm1(-rest));
        let mut next = self.following(first + 1, step).min(last);
        while next <= last {
            failed.push(self.elements[next]);
            next = self.following(next + 1, -libm::log(random.next()));
        }
    }

    /// The first component from `from` on by which the hazard has grown by `step`.
    fn following(&self, from: usize, step: f64) -> usize {
        let reach = self.hazards[from] + step;
        from + self.hazards[from + 1..].partition_point(|&hazard| hazard < reach)
    }
}

/// SplitMix64.
struct SplitMix64(u64);

impl SplitMix64 {
    /// Uniform in (0, 1).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^= word >> 31;
        ((word >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}
