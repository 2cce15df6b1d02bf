//! Sums over values that several methods need.

/// The sum of the products, in eight lanes so that it is fast and the same everywhere.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// The mean of values at equal distances and the slope of the line of least squares through them.
pub(super) fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let middle = (n - 1.0) / 2.0;
    let (mut along, mut square) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        along += (i as f64 - middle) * (value - mean);
        square += (i as f64 - middle).powi(2);
    }
    (mean, if square > 0.0 { along / square } else { 0.0 })
}

/// The middle value, of two the upper one; there is at least one. Reorders the values.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
