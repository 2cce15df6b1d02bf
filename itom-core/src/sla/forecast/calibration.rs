//! Are the forecasts of the weeks after a fit right? Learnt on the history itself, in its own order.
//!
//! Groups drift: a team that was bad a month ago is nearer to the average by now, so that high
//! forecasts come out too high and middling ones too low, which no look at the weeks that were
//! fitted can show. So the regression is run again as it would have been at an earlier moment and
//! asked about the work opened after it; a [`Map`] of log-odds is fitted to what came of that work.
//! Only weeks that are decided take part, so quick work has no more say than slow (censoring). The
//! level of each earlier moment is left out of it, as that is the drift of the base rate.
//!
//! The map is piecewise linear with knots at quantiles, a ridge towards changing nothing (Platt
//! 1999, with the bends of Harrell 2001), and never turns the order of forecasts around.

use serde::{Deserialize, Serialize};

use super::logistic::{Ridge, Rows, fit, sigmoid};

/// Where forecasts have knots, as shares of them; wide where most of them lie.
const KNOTS: [f64; 5] = [0.25, 0.5, 0.75, 0.9, 0.97];
/// Ridge on the slopes and the level, in forecasts.
const RIDGE: f64 = 20.0;
/// The least slope.
const FLATTEST: f64 = 0.05;
/// Fewer forecasts, or fewer of either outcome, change nothing.
const FEWEST: usize = 200;
const FEWEST_OF_EACH: f64 = 20.0;

/// A forecast of work opened after a fit, as log-odds, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub log_odds: f64,
    pub label: f64,
}

/// A piecewise linear, increasing map of log-odds; without knots it changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Map {
    knots: Vec<f64>,
    /// Slopes below the first knot, between knots, and above the last.
    slopes: Vec<f64>,
    /// At the first knot.
    value: f64,
}

impl Map {
    pub(super) fn learn(outcomes: &[Outcome]) -> Map {
        let breached: f64 = outcomes.iter().map(|outcome| outcome.label).sum();
        let met = outcomes.len() as f64 - breached;
        if outcomes.len() < FEWEST || breached < FEWEST_OF_EACH || met < FEWEST_OF_EACH {
            return Map::default();
        }
        let knots = knots(outcomes);
        let fields = knots.len() + 1;
        let mut x = Vec::with_capacity(outcomes.len() * fields);
        for outcome in outcomes {
            x.push(outcome.log_odds);
            x.extend(knots.iter().map(|knot| (outcome.log_odds - knot).max(0.0)));
        }
        let label: Vec<f64> = outcomes.iter().map(|outcome| outcome.label).collect();
        let rows = Rows {
            fields,
            x: &x,
            ends: &[outcomes.len()],
            shift: &[0.0],
            offset: &vec![0.0; label.len()],
            label: &label,
            weight: &vec![1.0; label.len()],
        };
        let mut identity = vec![0.0; 2 * fields + 1];
        identity[0] = 1.0;
        let found = fit(&rows, &Ridge { weights: RIDGE, levels: RIDGE, towards: &identity });
        let mut slope = 0.0;
        let bends = found[..fields].iter().map(|bend| {
            slope += bend;
            slope.max(FLATTEST)
        });
        let value = found[2 * fields] + found[0] * knots[0];
        Map { slopes: bends.collect(), knots, value }
    }

    pub(super) fn at(&self, log_odds: f64) -> f64 {
        let Some(&first) = self.knots.first() else { return log_odds };
        if log_odds <= first {
            return self.value - self.slopes[0] * (first - log_odds);
        }
        let mut value = self.value;
        for (at, &knot) in self.knots.iter().enumerate() {
            let end = self.knots.get(at + 1).copied().unwrap_or(f64::INFINITY).min(log_odds);
            if end <= knot {
                break;
            }
            value += self.slopes[at + 1] * (end - knot);
        }
        value
    }

    /// Whether a restored map can be read without a panic.
    pub(super) fn is_sound(&self) -> bool {
        let fits = self.knots.is_empty() || self.slopes.len() == self.knots.len() + 1;
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        fits && finite(&self.knots) && finite(&self.slopes) && self.value.is_finite()
    }
}

/// Distinct quantiles of the forecasts.
fn knots(outcomes: &[Outcome]) -> Vec<f64> {
    let mut sorted: Vec<f64> = outcomes.iter().map(|outcome| outcome.log_odds).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = (sorted.len() - 1) as f64;
    let mut knots: Vec<f64> = KNOTS.iter().map(|share| sorted[(share * last) as usize]).collect();
    knots.dedup_by(|next, before| *next - *before < 1e-3);
    knots
}

/// Shifts forecasts of one moment so that as much breaches as was observed; says by how much.
pub(super) fn level(outcomes: &mut [Outcome]) -> f64 {
    const FARTHEST: f64 = 4.0;
    let observed: f64 = outcomes.iter().map(|outcome| outcome.label).sum();
    let mut shift = 0.0_f64;
    for _ in 0..12 {
        let (mut expected, mut bend) = (0.0, 1.0);
        for outcome in &*outcomes {
            let p = sigmoid(outcome.log_odds + shift);
            expected += p;
            bend += p * (1.0 - p);
        }
        shift = (shift + (observed - expected) / bend).clamp(-FARTHEST, FARTHEST);
    }
    outcomes.iter_mut().for_each(|outcome| outcome.log_odds += shift);
    shift
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forecasts at every twentieth, each 100 times, with the outcomes that `truth` says.
    fn outcomes(truth: impl Fn(f64) -> f64) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for step in -60..=60 {
            let log_odds = f64::from(step) / 20.0;
            let breached = (100.0 * sigmoid(truth(log_odds))).round() as usize;
            outcomes.extend(
                (0..100).map(|at| Outcome { log_odds, label: f64::from(u8::from(at < breached)) }),
            );
        }
        outcomes
    }

    #[test]
    fn forecasts_that_are_right_are_left_alone() {
        let map = Map::learn(&outcomes(|x| x));
        for x in [-5.0, -2.0, 0.0, 1.0, 5.0] {
            assert!((map.at(x) - x).abs() < 0.1, "{x}: {}", map.at(x));
        }
    }

    #[test]
    fn forecasts_that_are_too_sure_above_are_bent_down() {
        let truth = |x: f64| if x > 0.0 { 0.3 * x } else { x };
        let map = Map::learn(&outcomes(truth));
        for x in [-2.0, 0.5, 1.0, 2.0] {
            assert!((map.at(x) - truth(x)).abs() < 0.15, "{x}: {}", map.at(x));
        }
    }

    #[test]
    fn the_order_of_forecasts_stays() {
        let map = Map::learn(&outcomes(|x| -x));
        let values: Vec<f64> = (-80..80).map(|x| map.at(f64::from(x) / 10.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
    }

    #[test]
    fn too_few_change_nothing() {
        let few: Vec<Outcome> = outcomes(|x| x / 2.0).into_iter().step_by(100).collect();
        assert_eq!(Map::learn(&few), Map::default());
        assert_eq!(Map::default().at(1.25), 1.25);
        let met = Outcome { log_odds: 1.0, label: 0.0 };
        assert_eq!(Map::learn(&vec![met; 1_000]), Map::default());
    }

    #[test]
    fn a_level_that_is_off_is_taken_out() {
        let mut moved = outcomes(|x| x - 1.0);
        level(&mut moved);
        assert!((moved[0].log_odds + 4.0).abs() < 0.05, "{}", moved[0].log_odds);
        let mut all = vec![Outcome { log_odds: 0.0, label: 1.0 }; 10];
        level(&mut all);
        assert!((0.0..=4.0).contains(&all[0].log_odds));
    }
}
