//! How badly does one level, one line or one spread describe a stretch of a series?
//!
//! [`Sums`] are prefix sums with which the cost of any stretch takes constant time. Values have to be
//! finite and of about unit size.
//!
//! Cost: `O(n)` once, `O(1)` a question.

/// What is fitted to a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// One level: the squares around the mean.
    Level,
    /// One line: the squares around it.
    Line,
    /// One level and one spread: twice the negative log-likelihood of a Gauss distribution, to the
    /// variance of which a floor is added.
    Spread,
}

/// Sums of values, squares and moments up to each point.
pub(super) struct Sums {
    /// Σ y, Σ y², Σ t, Σ t², Σ t y, with t from -1 to 1.
    rows: Vec<[f64; 5]>,
    /// What is added to the variance of a stretch before its logarithm is taken.
    floor: f64,
}

impl Sums {
    pub(super) fn new(values: &[f64], floor: f64) -> Self {
        let half = (values.len() as f64 / 2.0).max(1.0);
        let mut rows = Vec::with_capacity(values.len() + 1);
        let mut sum = [0.0; 5];
        rows.push(sum);
        for (i, &y) in values.iter().enumerate() {
            let t = (i as f64 - half) / half;
            for (sum, term) in sum.iter_mut().zip([y, y * y, t, t * t, t * y]) {
                *sum += term;
            }
            rows.push(sum);
        }
        Sums { rows, floor }
    }

    /// The cost of the points `from..to`, at least one.
    pub(super) fn cost(&self, fit: Fit, from: usize, to: usize) -> f64 {
        let (a, b) = (&self.rows[from], &self.rows[to]);
        let n = (to - from) as f64;
        let y = b[0] - a[0];
        let around = (b[1] - a[1] - y * y / n).max(0.0);
        match fit {
            Fit::Level => around,
            Fit::Spread => n * libm::log(around / n + self.floor),
            Fit::Line => {
                let t = b[2] - a[2];
                let along = b[3] - a[3] - t * t / n;
                let both = b[4] - a[4] - t * y / n;
                if along > 0.0 { (around - both * both / along).max(0.0) } else { around }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_those_of_the_definition() {
        let values = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        let sums = Sums::new(&values, 1e-9);
        let (from, to) = (1, 5);
        let part = &values[from..to];
        let mean = part.iter().sum::<f64>() / 4.0;
        let level: f64 = part.iter().map(|y| (y - mean) * (y - mean)).sum();
        assert!((sums.cost(Fit::Level, from, to) - level).abs() < 1e-12);
        let spread = 4.0 * libm::log(level / 4.0 + 1e-9);
        assert!((sums.cost(Fit::Spread, from, to) - spread).abs() < 1e-12);
        // The line through (0, 4), (1, 2), (2, 8), (3, 5) rises by 0.9: Σ(t - 1.5) y / 5.
        let line = level - 0.9 * 0.9 * 5.0;
        assert!((sums.cost(Fit::Line, from, to) - line).abs() < 1e-12);
        assert_eq!(sums.cost(Fit::Line, 2, 3), 0.0);
    }
}
