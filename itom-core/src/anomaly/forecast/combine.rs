//! Which methods are good on this series, how much does each count, and how far off are they?
//!
//! The methods are tried on the end of the history: from several origins each forecasts as many values
//! as are wanted, and is compared with what came. A method counts by the inverse of its mean absolute
//! error, to a power that makes the best decide without standing alone (Bates and Granger, "The
//! combination of forecasts", 1969). The errors of the combination itself, from the same origins, say
//! how wide the intervals have to be.
//!
//! Cost: one fit of each method for each origin and one for the answer.

use super::methods::{Entry, entries, run};

/// Origins at most.
const ORIGINS: usize = 4;
/// The power of the inverse error.
const POWER: i32 = 6;

/// What is expected, and how far off it was before.
pub(super) struct Combined {
    pub(super) expected: Vec<f64>,
    /// Errors of the combination: each with how many steps ahead it was.
    pub(super) errors: Vec<(usize, f64)>,
}

/// The values on both scales: as they are, and as logarithms where that makes sense.
struct Scales<'a> {
    values: &'a [f64],
    logs: Option<Vec<f64>>,
}

impl Scales<'_> {
    fn run(&self, entry: &Entry, to: usize, periods: &[usize], horizon: usize) -> Option<Vec<f64>> {
        let answer = match (entry.log, &self.logs) {
            (true, Some(logs)) => {
                let answer = run(entry, &logs[..to], periods, horizon)?;
                answer.into_iter().map(libm::exp).collect()
            }
            _ => run(entry, &self.values[..to], periods, horizon)?,
        };
        answer.iter().all(|value: &f64| value.is_finite()).then_some(answer)
    }
}

/// Combines the forecasts of all methods.
pub(super) fn combine(values: &[f64], periods: &[usize], horizon: usize) -> Combined {
    let n = values.len();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let logs = (least > 0.02 && !periods.is_empty())
        .then(|| values.iter().map(|&value| libm::log(value)).collect::<Vec<f64>>());
    let entries = entries(values, logs.as_deref(), periods);
    let scales = Scales { values, logs };
    let origins = origins(n, periods, horizon);
    let mut tried: Vec<Vec<Option<Vec<f64>>>> = Vec::new();
    for entry in &entries {
        let ahead = |&origin: &usize| horizon.min(n - origin);
        let answers =
            origins.iter().map(|origin| scales.run(entry, *origin, periods, ahead(origin)));
        tried.push(answers.collect());
    }
    let weights = weights(values, &origins, &tried);
    let answers: Vec<(f64, Vec<f64>)> = entries
        .iter()
        .zip(&weights)
        .filter(|&(_, &weight)| weight > 0.0)
        .filter_map(|(entry, &weight)| Some((weight, scales.run(entry, n, periods, horizon)?)))
        .collect();
    let expected = mean(&answers, horizon).unwrap_or_else(|| vec![values[n - 1]; horizon]);
    let mut errors = Vec::new();
    for (i, &origin) in origins.iter().enumerate() {
        let ahead = horizon.min(n - origin);
        let parts: Vec<(f64, Vec<f64>)> = weights
            .iter()
            .zip(&tried)
            .filter_map(|(&weight, answers)| Some((weight, answers[i].clone()?)))
            .collect();
        let Some(combined) = mean(&parts, ahead) else { continue };
        errors.extend((0..ahead).map(|step| (step, values[origin + step] - combined[step])));
    }
    Combined { expected, errors }
}

/// Where the trials begin: a horizon before the end, and earlier by a short period each.
fn origins(n: usize, periods: &[usize], horizon: usize) -> Vec<usize> {
    let ahead = horizon.min(n / 4).max(1);
    let stride = periods.first().copied().unwrap_or(ahead.div_ceil(2)).max(1);
    let needed = 2 * periods.last().copied().unwrap_or(4);
    (0..ORIGINS)
        .filter_map(|i| n.checked_sub(ahead + i * stride))
        .filter(|&origin| origin >= needed.max(4))
        .collect()
}

/// The inverse mean absolute errors to a power; all alike without any trial.
fn weights(values: &[f64], origins: &[usize], tried: &[Vec<Option<Vec<f64>>>]) -> Vec<f64> {
    let error = |answers: &Vec<Option<Vec<f64>>>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for (answer, &origin) in answers.iter().zip(origins) {
            let Some(answer) = answer else { return f64::INFINITY };
            let off = answer.iter().zip(&values[origin..]).map(|(a, b)| (a - b).abs());
            sum += off.sum::<f64>();
            count += answer.len() as f64;
        }
        if count > 0.0 { sum / count } else { 1.0 }
    };
    let errors: Vec<f64> = tried.iter().map(error).collect();
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min).max(1e-12);
    errors.iter().map(|&error| (best / error.max(1e-12)).min(1.0).powi(POWER)).collect()
}

fn mean(parts: &[(f64, Vec<f64>)], length: usize) -> Option<Vec<f64>> {
    let sum: f64 = parts.iter().map(|part| part.0).sum();
    if sum.is_nan() || sum <= 0.0 {
        return None;
    }
    let at = |i: usize| parts.iter().map(|(weight, values)| weight * values[i]).sum::<f64>() / sum;
    Some((0..length).map(at).collect())
}
