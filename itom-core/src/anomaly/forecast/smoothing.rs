//! What comes next, if level and seasons move slowly? Exponential smoothing.
//!
//! [`seasonal`] is the additive method of Holt and Winters with up to two seasons and a correction by
//! the last error (Taylor, "Short-term electricity demand forecasting using double seasonal exponential
//! smoothing", 2003), without trend. [`damped`] is Holt's linear trend, damped (Gardner and
//! McKenzie, 1985). Smoothing constants are the best of a small grid by the squares of the errors one
//! step ahead, behind a start of two cycles.
//!
//! Cost: `O(n)` for each set of constants: 27 and 24 of them. Values have to be finite.

/// What was learned of a series with seasons.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants {
    level: f64,
    seasons: [f64; 2],
}

/// The constants with the least errors one step ahead.
pub(super) fn best_constants(values: &[f64], periods: &[usize]) -> Constants {
    let mut best = (f64::INFINITY, Constants { level: 0.1, seasons: [0.2, 0.2] });
    let second: &[f64] = if periods.len() > 1 { &[0.05, 0.2, 0.45] } else { &[0.2] };
    for level in [0.01, 0.06, 0.25] {
        for first in [0.05, 0.2, 0.45] {
            for &second in second {
                let constants = Constants { level, seasons: [first, second] };
                let error = State::run(values, periods, constants).error;
                if error < best.0 {
                    best = (error, constants);
                }
            }
        }
    }
    best.1
}

/// The next `horizon` values with up to two seasons.
pub(super) fn seasonal(
    values: &[f64],
    periods: &[usize],
    constants: Constants,
    horizon: usize,
) -> Vec<f64> {
    let state = State::run(values, periods, constants);
    let n = values.len();
    let mut echo = 1.0;
    (0..horizon)
        .map(|step| {
            echo *= state.correlation;
            state.expected(n + step) + echo * state.last_error
        })
        .collect()
}

struct State<'a> {
    periods: &'a [usize],
    level: f64,
    seasons: [Vec<f64>; 2],
    /// How much of an error is in the next.
    correlation: f64,
    last_error: f64,
    /// The mean square of what is left of the errors one step ahead.
    error: f64,
}

impl<'a> State<'a> {
    fn run(values: &[f64], periods: &'a [usize], constants: Constants) -> State<'a> {
        let periods = &periods[..periods.len().min(2)];
        let mut state = State::start(values, periods);
        let warm = periods.iter().copied().max().unwrap_or(1).min(values.len() / 2);
        let (mut before, mut square, mut product, mut power) = (0.0, 0.0, 0.0, 0.0);
        for (t, &value) in values.iter().enumerate() {
            let error = value - state.expected(t);
            if t >= warm {
                product += error * before;
                power += before * before;
                square += error * error;
            }
            before = error;
            state.level += constants.level * error;
            for (i, season) in state.seasons.iter_mut().enumerate().take(periods.len()) {
                season[t % periods[i]] += constants.seasons[i] * error;
            }
        }
        let n = (values.len() - warm).max(1) as f64;
        state.correlation = if power > 0.0 { (product / power).clamp(0.0, 0.98) } else { 0.0 };
        state.last_error = before;
        state.error = (square - state.correlation * product) / n;
        state
    }

    /// Level and seasons as the first two cycles have them.
    fn start(values: &[f64], periods: &'a [usize]) -> State<'a> {
        let longest = periods.iter().copied().max().unwrap_or(1);
        let first = &values[..values.len().min(2 * longest)];
        let level = first.iter().sum::<f64>() / first.len().max(1) as f64;
        let mut rest: Vec<f64> = first.iter().map(|value| value - level).collect();
        let mut seasons = [Vec::new(), Vec::new()];
        for (season, &period) in seasons.iter_mut().zip(periods) {
            let mut sums = vec![(0.0, 0.0); period];
            for (t, value) in rest.iter().enumerate() {
                sums[t % period].0 += value;
                sums[t % period].1 += 1.0;
            }
            *season = sums.iter().map(|&(sum, n)| if n > 0.0 { sum / n } else { 0.0 }).collect();
            rest.iter_mut().enumerate().for_each(|(t, value)| *value -= season[t % period]);
        }
        State { periods, level, seasons, correlation: 0.0, last_error: 0.0, error: 0.0 }
    }

    fn expected(&self, t: usize) -> f64 {
        let season = |(season, period): (&Vec<f64>, &usize)| season[t % period];
        self.level + self.seasons.iter().zip(self.periods).map(season).sum::<f64>()
    }
}

/// The next `horizon` values with a damped trend: level, trend and damping by a grid.
pub(super) fn damped(values: &[f64], horizon: usize) -> Vec<f64> {
    let mut best = (f64::INFINITY, 0.0, 0.0, 1.0);
    for alpha in [0.1, 0.3, 0.6, 0.95] {
        for beta in [0.0, 0.05, 0.2] {
            for phi in [0.9, 0.98] {
                let (error, level, trend) = holt(values, alpha, beta, phi);
                if error < best.0 {
                    best = (error, level, trend, phi);
                }
            }
        }
    }
    let (_, level, trend, phi) = best;
    let mut sum = 0.0;
    let mut factor = 1.0;
    (0..horizon)
        .map(|_| {
            factor *= phi;
            sum += factor;
            level + sum * trend
        })
        .collect()
}

/// Mean square of the errors one step ahead, last level and last trend.
fn holt(values: &[f64], alpha: f64, beta: f64, phi: f64) -> (f64, f64, f64) {
    let n = values.len();
    let start = n.min(10);
    let mut level = values.first().copied().unwrap_or(0.0);
    let mut trend = if n > 1 { (values[start - 1] - values[0]) / (start - 1) as f64 } else { 0.0 };
    if beta == 0.0 {
        trend = 0.0;
    }
    let mut square = 0.0;
    for &value in values.iter().skip(1) {
        let error = value - level - phi * trend;
        square += error * error;
        level += phi * trend + alpha * error;
        trend = phi * trend + alpha * beta * error;
    }
    (square / n.max(1) as f64, level, trend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_and_trends_go_on() {
        let pattern = |i: usize| [1.0, 5.0, 2.0][i % 3] + [0.0, 0.0, 0.0, 4.0, 4.0, 4.0][i % 6];
        let values: Vec<f64> = (0..120).map(pattern).collect();
        let next = seasonal(&values, &[3, 6], best_constants(&values, &[3, 6]), 9);
        for (i, value) in next.iter().enumerate() {
            assert!((value - pattern(120 + i)).abs() < 0.1, "{i}: {next:?}");
        }
        let line: Vec<f64> = (0..50).map(f64::from).collect();
        let next = damped(&line, 2);
        assert!((next[0] - 50.0).abs() < 0.3 && next[1] > next[0], "{next:?}");
    }

    #[test]
    fn a_handful_of_values_is_no_trouble() {
        for n in 1..12 {
            let values: Vec<f64> = (0..n).map(|i| f64::from(i * 7 % 5)).collect();
            for periods in [&[][..], &[2], &[3, 5]] {
                let next = seasonal(&values, periods, best_constants(&values, periods), 4);
                assert!(next.iter().chain(&damped(&values, 4)).all(|value| value.is_finite()));
            }
        }
    }
}
