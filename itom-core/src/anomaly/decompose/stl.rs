//! What repeats with one period, and what is the trend? STL.
//!
//! [`stl`] is the procedure of Cleveland, Cleveland, McRae and Terpenning ("STL: a seasonal-trend
//! decomposition procedure based on loess", Journal of Official Statistics, 1990): the values of
//! each phase are smoothed over the cycles, what is slow in the result is taken out, and the trend
//! is the smooth of what is left; two rounds. Robust fits repeat this with less weight for values
//! far off (bisquare of six median deviations).
//!
//! Windows follow the paper and R's `stl`: trend `1.5 p / (1 - 1.5 / seasonal)`, low pass the next
//! odd of `p`, and every smooth jumps by a tenth of its window.
//!
//! Cost: `O(n)` a round. Values have to be finite, and at least two periods of them.

use super::loess::Smoother;

const ROUNDS: usize = 2;
/// Rounds of weighing where the fit is to be robust.
const ROBUST_ROUNDS: usize = 15;

/// Splits `values` into `season` and `trend`, which are written over.
pub(super) fn stl(
    values: &[f64],
    period: usize,
    seasonal_window: usize,
    robust: bool,
    season: &mut [f64],
    trend: &mut [f64],
) {
    let mut work = Work::new(values.len(), period, seasonal_window);
    trend.fill(0.0);
    for _ in 0..ROUNDS {
        work.round(values, None, season, trend);
    }
    for _ in 0..if robust { ROBUST_ROUNDS } else { 0 } {
        let weights = weights(values, season, trend);
        work.round(values, Some(&weights), season, trend);
    }
}

/// The smoothers for one length and period, and room to work in.
struct Work {
    period: usize,
    /// Smooths of a phase: for those with one value more, and for the others.
    phases: [Smoother; 2],
    low_pass: Smoother,
    trend: Smoother,
    /// The smoothed phases, one period longer at both ends.
    cycles: Vec<f64>,
    slow: Vec<f64>,
    slower: Vec<f64>,
    phase: [Vec<f64>; 3],
}

impl Work {
    fn new(n: usize, period: usize, seasonal_window: usize) -> Self {
        let smoother = |n: usize, window: usize| Smoother::new(n, window, window.div_ceil(10));
        let trend = (1.5 * period as f64 / (1.0 - 1.5 / seasonal_window as f64)).ceil() as usize;
        let (long, short) = (n.div_ceil(period), n / period);
        Work {
            period,
            phases: [smoother(long, seasonal_window), smoother(short, seasonal_window)],
            low_pass: smoother(n, (period + 1) | 1),
            trend: smoother(n, trend.max(3) | 1),
            cycles: vec![0.0; n + 2 * period],
            slow: vec![0.0; n + 2 * period],
            slower: vec![0.0; n + 2 * period],
            phase: [vec![0.0; long], vec![0.0; long], vec![0.0; long]],
        }
    }

    /// One pass of the inner loop.
    fn round(
        &mut self,
        values: &[f64],
        weights: Option<&[f64]>,
        season: &mut [f64],
        trend: &mut [f64],
    ) {
        let n = values.len();
        for (rest, (value, trend)) in season.iter_mut().zip(values.iter().zip(trend.iter())) {
            *rest = value - trend;
        }
        for phase in 0..self.period {
            self.smooth_phase(phase, season, weights);
        }
        let width = n + 2 * self.period;
        moving_mean(&self.cycles, self.period, &mut self.slow);
        moving_mean(&self.slow[..width - self.period + 1], self.period, &mut self.slower);
        moving_mean(&self.slower[..n + 2], 3, &mut self.slow);
        self.low_pass.smooth(&self.slow[..n], &mut self.slower[..n]);
        for (i, season) in season.iter_mut().enumerate() {
            *season = self.cycles[self.period + i] - self.slower[i];
            self.slow[i] = values[i] - *season;
        }
        match weights {
            None => self.trend.smooth(&self.slow[..n], trend),
            Some(weights) => {
                self.trend.smooth_weighed(&self.slow[..n], weights, trend);
            }
        }
    }

    /// Smooths the values of one phase over the cycles, and one cycle beyond both ends.
    fn smooth_phase(&mut self, phase: usize, rest: &[f64], weights: Option<&[f64]>) {
        let [values, smooth, own] = &mut self.phase;
        let mut count = 0;
        for (slot, value) in values.iter_mut().zip(rest.iter().skip(phase).step_by(self.period)) {
            *slot = *value;
            count += 1;
        }
        let smoother = &self.phases[usize::from(count != self.phases[0].len())];
        let (values, smooth) = (&values[..count], &mut smooth[..count]);
        let (before, after) = match weights {
            None => {
                smoother.smooth(values, smooth);
                smoother.beyond(values)
            }
            Some(weights) => {
                let every = weights.iter().skip(phase).step_by(self.period);
                own.iter_mut().zip(every).for_each(|(own, weight)| *own = *weight);
                smoother.smooth_weighed(values, &own[..count], smooth)
            }
        };
        self.cycles[phase] = before;
        let places = self.cycles[phase + self.period..].iter_mut().step_by(self.period);
        places.zip(smooth.iter()).for_each(|(place, value)| *place = *value);
        self.cycles[phase + (count + 1) * self.period] = after;
    }
}

/// Means of `width` values each, one less than the values for every one of the width but the first.
fn moving_mean(values: &[f64], width: usize, out: &mut [f64]) {
    let mut sum: f64 = values[..width].iter().sum();
    let share = 1.0 / width as f64;
    out[0] = sum * share;
    for (i, pair) in values[width..].iter().zip(values).enumerate() {
        sum += pair.0 - pair.1;
        out[i + 1] = sum * share;
    }
}

/// Bisquare weights: 0 for what lies six median deviations off or more.
pub(super) fn weights(values: &[f64], season: &[f64], trend: &[f64]) -> Vec<f64> {
    let off: Vec<f64> =
        values.iter().zip(season.iter().zip(trend)).map(|(v, (s, t))| (v - s - t).abs()).collect();
    let mut sorted = off.clone();
    let middle = sorted.len() / 2;
    let (below, &mut median, _) = sorted.select_nth_unstable_by(middle, f64::total_cmp);
    let median = if off.len() % 2 == 1 {
        median
    } else {
        (median + below.iter().copied().fold(0.0, f64::max)) / 2.0
    };
    // Where most values fit to the last digit, the mean tells what is far off.
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    let reach = 6.0 * median.max(0.1 * mean);
    let weight = |off: &f64| {
        if *off <= 0.001 * reach {
            1.0
        } else if *off <= 0.999 * reach {
            let share = off / reach;
            (1.0 - share * share) * (1.0 - share * share)
        } else {
            0.0
        }
    };
    off.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_pattern_come_apart() {
        let pattern = [3.0, -1.0, -2.0, 4.0, 1.0, -5.0, 0.0];
        for n in [14, 15, 20, 140] {
            let values: Vec<f64> = (0..n).map(|i| 0.1 * i as f64 + pattern[i % 7]).collect();
            let (mut season, mut trend) = (vec![0.0; n], vec![0.0; n]);
            for (robust, near) in [(false, 0.02), (true, 0.3)] {
                stl(&values, 7, 11, robust, &mut season, &mut trend);
                for (i, (value, (season, trend))) in
                    values.iter().zip(season.iter().zip(&trend)).enumerate()
                {
                    assert!((season - pattern[i % 7]).abs() < near, "{n} {robust} {i}: {season}");
                    assert!(robust || (season + trend - value).abs() < near, "{n} {i}");
                }
            }
        }
    }
}
