//! The methods a forecast is combined of.
//!
//! Each sees values scaled to about unit size and answers with the next values, or not at all where it
//! has too little history. None is best everywhere; which of them were good on this series is found
//! out by [`combine`](super::combine).

use super::ridge::ridge;
use super::smoothing::{Constants, best_constants, damped, seasonal};
use crate::anomaly::arithmetic::line;

/// A way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The last cycles of the longest period, the latest counting most.
    Cycles,
    /// The last cycle of the shortest period.
    LastCycle,
    /// Exponential smoothing with seasons.
    Smoothing,
    /// An autoregression on seasonal lags.
    Ridge,
    /// The last value stays.
    Last,
    /// A damped trend.
    Damped,
    /// Half the slope of a line through all values, from the smoothed end: the theta method.
    Theta,
}

/// A method, on the values or on their logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) method: Method,
    pub(super) log: bool,
    constants: Option<Constants>,
}

/// The methods worth trying on a series with these periods.
pub(super) fn entries(values: &[f64], logs: Option<&[f64]>, periods: &[usize]) -> Vec<Entry> {
    let of = |method, log| Entry { method, log, constants: None };
    if periods.is_empty() {
        return vec![
            of(Method::Last, false),
            of(Method::Damped, false),
            of(Method::Theta, false),
            of(Method::Ridge, false),
        ];
    }
    let mut entries = vec![
        of(Method::Cycles, false),
        of(Method::LastCycle, false),
        of(Method::Ridge, false),
        Entry { constants: Some(best_constants(values, periods)), ..of(Method::Smoothing, false) },
    ];
    if let Some(logs) = logs {
        entries.push(of(Method::Ridge, true));
        let constants = Some(best_constants(logs, periods));
        entries.push(Entry { constants, ..of(Method::Smoothing, true) });
    }
    entries
}

/// The next `horizon` values by one method.
pub(super) fn run(
    entry: &Entry,
    values: &[f64],
    periods: &[usize],
    horizon: usize,
) -> Option<Vec<f64>> {
    match entry.method {
        Method::Cycles => cycles(values, periods, horizon),
        Method::LastCycle => {
            let start = values.len().checked_sub(periods[0])?;
            Some(values[start..].iter().copied().cycle().take(horizon).collect())
        }
        Method::Smoothing => Some(seasonal(values, periods, entry.constants?, horizon)),
        Method::Ridge => ridge(values, periods, horizon),
        Method::Last => Some(vec![*values.last()?; horizon]),
        Method::Damped => Some(damped(values, horizon)),
        Method::Theta => Some(theta(values, horizon)),
    }
}

/// Weights of the last three cycles.
const CYCLES: [f64; 3] = [0.5, 0.3, 0.2];

fn cycles(values: &[f64], periods: &[usize], horizon: usize) -> Option<Vec<f64>> {
    let (n, period) = (values.len(), *periods.last()?);
    let weights = &CYCLES[..CYCLES.len().min(n / period)];
    let sum: f64 = weights.iter().sum();
    // The same place in the cycle `back` cycles before the step, for steps beyond one cycle as well.
    let mean_at = |from: usize, step: usize| {
        let back =
            |(i, weight): (usize, &f64)| weight * values[from + step % period - (i + 1) * period];
        weights.iter().enumerate().map(back).sum::<f64>() / sum
    };
    if weights.is_empty() {
        return None;
    }
    // Half of how far the last short cycle lies off its own forecast is taken to stay.
    let short = periods[0].min(n);
    let shift = match n >= (weights.len() + 1) * period {
        true => {
            let off = |step: usize| values[n - short + step] - mean_at(n - short, step);
            (0..short).map(off).sum::<f64>() / short as f64 / 2.0
        }
        false => 0.0,
    };
    Some((0..horizon).map(|step| mean_at(n, step) + shift).collect())
}

fn theta(values: &[f64], horizon: usize) -> Vec<f64> {
    let (_, slope) = line(values);
    let mut best = (f64::INFINITY, 0.0);
    for alpha in [0.1, 0.2, 0.4, 0.7, 1.0] {
        let (mut level, mut error) = (values[0], 0.0);
        for value in &values[1..] {
            error += (value - level) * (value - level);
            level += alpha * (value - level);
        }
        if error < best.0 {
            best = (error, level);
        }
    }
    (1..=horizon).map(|step| best.1 + slope / 2.0 * step as f64).collect()
}
