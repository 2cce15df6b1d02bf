//! Logistic regression of breach on the effects of the fields, with a ridge.
//!
//! The log-odds of a row at landmark `b` are `offset + Σ f·(α + β·(share_b − centre)) + γ_b`: each
//! field's effect has a weight that may change along the target, and each landmark its own level.
//! Penalised maximum likelihood by Newton's method with halved steps (Hoerl and Kennard 1970; le
//! Cessie and van Houwelingen 1992). As the share depends on the landmark alone, sums of products
//! are kept a landmark each and the large matrix is put together from them: a pass costs
//! rows × fields² / 2.

use libm::{exp, log1p};

const MOST_STEPS: usize = 40;
const ENOUGH: f64 = 1e-6;

pub(super) fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + exp(-log_odds))
}

/// Log-odds of a probability, held away from 0 and 1.
pub(super) fn log_odds(probability: f64) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    libm::log(p / (1.0 - p))
}

/// Rows to fit: `fields` numbers a row in `x`, grouped by landmark in `ends`.
pub(super) struct Rows<'a> {
    pub fields: usize,
    pub x: &'a [f64],
    pub ends: &'a [usize],
    pub shift: &'a [f64],
    pub offset: &'a [f64],
    pub label: &'a [f64],
    pub weight: &'a [f64],
}

/// Ridges and where they draw to.
pub(super) struct Ridge<'a> {
    pub weights: f64,
    pub levels: f64,
    pub towards: &'a [f64],
}

/// The coefficients: `α` and `β` of each field, then `γ` of each landmark.
pub(super) fn fit(rows: &Rows<'_>, ridge: &Ridge<'_>) -> Vec<f64> {
    fit_from(rows, ridge, ridge.towards)
}

/// [`fit`] from a guess, which saves steps where it is near.
pub(super) fn fit_from(rows: &Rows<'_>, ridge: &Ridge<'_>, guess: &[f64]) -> Vec<f64> {
    let mut best = guess.to_vec();
    let (mut likelihood, mut gradient, mut curvature) = pass(rows, ridge, &best);
    for _ in 0..MOST_STEPS {
        let step = solve(&mut curvature, &gradient);
        // Newton's decrement: twice what there is left to gain. Nearer, rounding hides the way.
        let gain: f64 = gradient.iter().zip(&step).map(|(g, d)| g * d).sum();
        if gain < ENOUGH {
            best.iter_mut().zip(&step).for_each(|(b, d)| *b += d);
            break;
        }
        let largest = step.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
        let mut scale = if largest > 5.0 { 5.0 / largest } else { 1.0 };
        let improved = (0..20).find_map(|_| {
            let next: Vec<f64> = best.iter().zip(&step).map(|(b, d)| b + scale * d).collect();
            let found = pass(rows, ridge, &next);
            scale /= 2.0;
            (found.0 >= likelihood).then_some((next, found))
        });
        let Some((next, found)) = improved else { break };
        best = next;
        (likelihood, gradient, curvature) = found;
    }
    best
}

/// Log-odds of every row.
pub(super) fn predict(rows: &Rows<'_>, coefficients: &[f64], out: &mut [f64]) {
    let mut start = 0;
    for (landmark, &end) in rows.ends.iter().enumerate() {
        let weights = at_landmark(rows, coefficients, landmark);
        let level = coefficients[2 * rows.fields + landmark];
        for (row, own) in (start..end).zip(&mut out[start..end]) {
            let x = &rows.x[row * rows.fields..(row + 1) * rows.fields];
            let sum: f64 = x.iter().zip(&weights).map(|(x, w)| x * w).sum();
            *own = rows.offset[row] + sum + level;
        }
        start = end;
    }
}

/// The weights of the fields at a landmark.
fn at_landmark(rows: &Rows<'_>, coefficients: &[f64], landmark: usize) -> Vec<f64> {
    let shift = rows.shift[landmark];
    (0..rows.fields)
        .map(|field| coefficients[field] + shift * coefficients[rows.fields + field])
        .collect()
}

/// Sums over the rows of one landmark: gradient and curvature by field, with a one for the level.
struct Sums {
    gradient: Vec<f64>,
    curvature: Vec<f64>,
    likelihood: f64,
}

fn sums(rows: &Rows<'_>, coefficients: &[f64], landmark: usize) -> Sums {
    let (fields, wide) = (rows.fields, rows.fields + 1);
    let start = landmark.checked_sub(1).map_or(0, |before| rows.ends[before]);
    let weights = at_landmark(rows, coefficients, landmark);
    let level = coefficients[2 * fields + landmark];
    let mut sums =
        Sums { gradient: vec![0.0; wide], curvature: vec![0.0; wide * wide], likelihood: 0.0 };
    for row in start..rows.ends[landmark] {
        if rows.weight[row] == 0.0 {
            continue;
        }
        let x = &rows.x[row * fields..(row + 1) * fields];
        let sum: f64 = x.iter().zip(&weights).map(|(x, w)| x * w).sum();
        let eta = rows.offset[row] + sum + level;
        let (p, weight, label) = (sigmoid(eta), rows.weight[row], rows.label[row]);
        // log(1 + e^η) without overflow.
        let log_sum = if eta > 0.0 { eta + log1p(exp(-eta)) } else { log1p(exp(eta)) };
        sums.likelihood += weight * (label * eta - log_sum);
        let (slope, bend) = (weight * (label - p), weight * p * (1.0 - p));
        for (i, &xi) in x.iter().enumerate() {
            sums.gradient[i] += slope * xi;
            let bent = bend * xi;
            let line = &mut sums.curvature[i * wide..i * wide + i + 1];
            line.iter_mut().zip(x).for_each(|(sum, xj)| *sum += bent * xj);
        }
        sums.gradient[fields] += slope;
        let line = &mut sums.curvature[fields * wide..fields * wide + fields];
        line.iter_mut().zip(x).for_each(|(sum, xj)| *sum += bend * xj);
        sums.curvature[fields * wide + fields] += bend;
    }
    sums
}

/// Penalised log-likelihood, its gradient, and the negative of its second derivatives (lower half).
fn pass(rows: &Rows<'_>, ridge: &Ridge<'_>, coefficients: &[f64]) -> (f64, Vec<f64>, Matrix) {
    let (fields, size) = (rows.fields, coefficients.len());
    let mut likelihood = 0.0;
    let mut gradient = vec![0.0; size];
    let mut matrix = Matrix { size, cells: vec![0.0; size * size] };
    for (landmark, &shift) in rows.shift.iter().enumerate() {
        let found = sums(rows, coefficients, landmark);
        likelihood += found.likelihood;
        let (wide, level) = (fields + 1, 2 * fields + landmark);
        for i in 0..fields {
            gradient[i] += found.gradient[i];
            gradient[fields + i] += shift * found.gradient[i];
            for j in 0..fields {
                let cell = found.curvature[i.max(j) * wide + i.min(j)];
                *matrix.at(i, j) += cell;
                *matrix.at(fields + i, j) += shift * cell;
                *matrix.at(fields + i, fields + j) += shift * shift * cell;
            }
            let cell = found.curvature[fields * wide + i];
            *matrix.at(level, i) += cell;
            *matrix.at(level, fields + i) += shift * cell;
        }
        gradient[level] += found.gradient[fields];
        *matrix.at(level, level) += found.curvature[fields * wide + fields];
    }
    for (i, &coefficient) in coefficients.iter().enumerate() {
        let strength = if i < 2 * fields { ridge.weights } else { ridge.levels };
        let away = coefficient - ridge.towards[i];
        likelihood -= 0.5 * strength * away * away;
        gradient[i] -= strength * away;
        *matrix.at(i, i) += strength;
    }
    (likelihood, gradient, matrix)
}

struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.cells[row * self.size + column]
    }
}

/// Solves by Cholesky's factor, which takes the matrix's place; the ridge keeps it positive.
fn solve(matrix: &mut Matrix, right: &[f64]) -> Vec<f64> {
    let size = matrix.size;
    for i in 0..size {
        for j in 0..=i {
            let (row, other) = (i * size, j * size);
            let dot: f64 = (0..j).map(|k| matrix.cells[row + k] * matrix.cells[other + k]).sum();
            let rest = matrix.cells[row + j] - dot;
            matrix.cells[row + j] =
                if i == j { rest.max(1e-12).sqrt() } else { rest / matrix.cells[other + j] };
        }
    }
    let mut x = right.to_vec();
    for i in 0..size {
        let dot: f64 = (0..i).map(|k| matrix.cells[i * size + k] * x[k]).sum();
        x[i] = (x[i] - dot) / matrix.cells[i * size + i];
    }
    for i in (0..size).rev() {
        let dot: f64 = (i + 1..size).map(|k| matrix.cells[k * size + i] * x[k]).sum();
        x[i] = (x[i] - dot) / matrix.cells[i * size + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_table_is_its_odds_ratio() {
        // 1 of 4 at x = 0, 3 of 4 at x = 1: level log(1/3), slope log(9); the ridge all but off.
        let rows = Rows {
            fields: 1,
            x: &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
            ends: &[8],
            shift: &[0.0],
            offset: &[0.0; 8],
            label: &[1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0],
            weight: &[1.0; 8],
        };
        let ridge = Ridge { weights: 1e-9, levels: 1e-9, towards: &[0.0; 3] };
        let found = fit(&rows, &ridge);
        assert!((found[0] - libm::log(9.0)).abs() < 1e-6, "{found:?}");
        assert!((found[2] + libm::log(3.0)).abs() < 1e-6, "{found:?}");
        let mut eta = [0.0; 8];
        predict(&rows, &found, &mut eta);
        assert!((sigmoid(eta[7]) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn separated_data_stay_finite() {
        let rows = Rows {
            fields: 1,
            x: &[-1000.0, 1000.0],
            ends: &[2],
            shift: &[0.0],
            offset: &[0.0; 2],
            label: &[0.0, 1.0],
            weight: &[1.0; 2],
        };
        let found = fit(&rows, &Ridge { weights: 1.0, levels: 1.0, towards: &[0.0; 3] });
        assert!(found.iter().all(|value| value.is_finite()));
    }
}
