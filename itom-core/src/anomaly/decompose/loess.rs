//! What is the local trend of evenly spaced values? Loess of degree 1, as STL uses it.
//!
//! A [`Smoother`] is loess for one length, window and jump (Cleveland, Cleveland, McRae and
//! Terpenning, "STL", Journal of Official Statistics, 1990): at every `jump`-th place a line is
//! fitted to the `window` nearest values with tricube weights, and between those places the result
//! is interpolated. On an even grid the fit is the same weighted sum everywhere but near the ends,
//! so the sums are worked out once and then applied to any number of series; only with weights of
//! the caller's ([`Smoother::smooth_weighed`]) every fit is made anew.
//!
//! Cost: `O(n window / jump)` a series. Values have to be finite.

/// Loess for series of one length.
pub(super) struct Smoother {
    n: usize,
    window: usize,
    /// Where a line is fitted, in order; the last is `n - 1`.
    fits: Vec<Fit>,
    kernels: Vec<Vec<f64>>,
    before: Fit,
    after: Fit,
}

/// A fit is the product of the values from `left` on with a kernel.
#[derive(Clone, Copy)]
struct Fit {
    at: usize,
    left: usize,
    kernel: usize,
}

impl Smoother {
    /// For `n` values, at least one, a window of at least 3 and a jump of at least 1.
    pub(super) fn new(n: usize, window: usize, jump: usize) -> Self {
        let jump = jump.clamp(1, n.max(2) - 1);
        let mut at: Vec<usize> = (0..n).step_by(jump).collect();
        if at.last() != Some(&(n - 1)) {
            at.push(n - 1);
        }
        let whole = Fit { at: 0, left: 0, kernel: 0 };
        let mut smoother = Smoother {
            n,
            window,
            fits: Vec::new(),
            kernels: Vec::new(),
            before: whole,
            after: whole,
        };
        let mut centred = None;
        for at in at {
            let left = smoother.left(at);
            let is_centred = window < n && at - left == left + window - 1 - at;
            let kernel = match centred.filter(|_| is_centred) {
                Some(kernel) => kernel,
                None => smoother.push_kernel(at as f64, left),
            };
            if is_centred {
                centred = Some(kernel);
            }
            smoother.fits.push(Fit { at, left, kernel });
        }
        smoother.before.kernel = smoother.push_kernel(-1.0, 0);
        smoother.after.left = n - window.min(n);
        smoother.after.kernel = smoother.push_kernel(n as f64, smoother.after.left);
        smoother
    }

    /// The length of the series this is for.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// The first of the values a fit looks at: around it, but inside the series.
    fn left(&self, at: usize) -> usize {
        let width = self.window.min(self.n);
        (at + 1).saturating_sub(self.window.div_ceil(2)).min(self.n - width)
    }

    fn push_kernel(&mut self, at: f64, left: usize) -> usize {
        let ones = vec![1.0; self.window.min(self.n)];
        self.kernels.push(kernel(at, left, self.n, self.window, &ones));
        self.kernels.len() - 1
    }

    /// The smooth of `values` into `out`, both of the length this is for.
    pub(super) fn smooth(&self, values: &[f64], out: &mut [f64]) {
        for fit in &self.fits {
            out[fit.at] = self.apply(*fit, values);
        }
        self.interpolate(out);
    }

    /// The smooth one place before the first value and one behind the last.
    pub(super) fn beyond(&self, values: &[f64]) -> (f64, f64) {
        (self.apply(self.before, values), self.apply(self.after, values))
    }

    /// As [`smooth`](Smoother::smooth) and [`beyond`](Smoother::beyond), each value counting as much
    /// as its weight. Where all weights around are 0 the value itself stays.
    pub(super) fn smooth_weighed(
        &self,
        values: &[f64],
        weights: &[f64],
        out: &mut [f64],
    ) -> (f64, f64) {
        let width = self.window.min(self.n);
        let fit = |at: f64, left: usize, fallback: f64| {
            let kernel = kernel(at, left, self.n, self.window, &weights[left..left + width]);
            if kernel.is_empty() { fallback } else { dot(&kernel, &values[left..left + width]) }
        };
        for one in &self.fits {
            out[one.at] = fit(one.at as f64, one.left, values[one.at]);
        }
        self.interpolate(out);
        let n = self.n;
        (fit(-1.0, 0, out[0]), fit(n as f64, self.after.left, out[n - 1]))
    }

    fn apply(&self, fit: Fit, values: &[f64]) -> f64 {
        let kernel = &self.kernels[fit.kernel];
        dot(kernel, &values[fit.left..fit.left + kernel.len()])
    }

    fn interpolate(&self, out: &mut [f64]) {
        for pair in self.fits.windows(2) {
            let (from, to) = (pair[0].at, pair[1].at);
            let step = (out[to] - out[from]) / (to - from) as f64;
            let base = out[from];
            for (i, value) in out[from + 1..to].iter_mut().enumerate() {
                *value = base + step * (i + 1) as f64;
            }
        }
    }
}

/// The factors of the values from `left` on in a line's value at `at`; none if all weights are 0.
fn kernel(at: f64, left: usize, n: usize, window: usize, weights: &[f64]) -> Vec<f64> {
    let right = left + weights.len() - 1;
    let mut reach = f64::max(at - left as f64, right as f64 - at);
    if window > n {
        reach += ((window - n) / 2) as f64;
    }
    let tricube = |j: usize| {
        let distance = ((left + j) as f64 - at).abs();
        if distance > 0.999 * reach {
            0.0
        } else if distance > 0.001 * reach {
            let share = distance / reach;
            let rest = 1.0 - share * share * share;
            rest * rest * rest
        } else {
            1.0
        }
    };
    let mut factors: Vec<f64> = weights.iter().enumerate().map(|(j, w)| w * tricube(j)).collect();
    let sum: f64 = factors.iter().sum();
    if sum <= 0.0 {
        return Vec::new();
    }
    factors.iter_mut().for_each(|factor| *factor /= sum);
    let place = |j: usize| (left + j) as f64;
    let centre: f64 = factors.iter().enumerate().map(|(j, w)| w * place(j)).sum();
    let spread: f64 =
        factors.iter().enumerate().map(|(j, w)| w * (place(j) - centre).powi(2)).sum();
    if spread.sqrt() > 0.001 * (n as f64 - 1.0) {
        let slope = (at - centre) / spread;
        for (j, factor) in factors.iter_mut().enumerate() {
            *factor *= slope * (place(j) - centre) + 1.0;
        }
    }
    factors
}

/// The sum of the products, in four lanes so that it is fast and the same everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line_and_goes_on() {
        for (n, window, jump) in [(2, 7, 1), (5, 7, 3), (50, 7, 1), (50, 11, 4), (50, 101, 9)] {
            let line: Vec<f64> = (0..n).map(|i| 3.0 - 0.5 * i as f64).collect();
            let smoother = Smoother::new(n, window, jump);
            let (mut plain, mut weighed) = (vec![0.0; n], vec![0.0; n]);
            smoother.smooth(&line, &mut plain);
            let beyond = smoother.smooth_weighed(&line, &vec![0.7; n], &mut weighed);
            let near =
                |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{n} {window} {jump}: {a} {b}");
            for (line, (plain, weighed)) in line.iter().zip(plain.iter().zip(&weighed)) {
                near(*plain, *line);
                near(*weighed, *line);
            }
            let ends = smoother.beyond(&line);
            near(ends.0, 3.5);
            near(ends.1, 3.0 - 0.5 * n as f64);
            near(beyond.0, ends.0);
            near(beyond.1, ends.1);
        }
    }

    #[test]
    fn a_single_value_and_no_weight_stay() {
        let one = Smoother::new(1, 7, 3);
        let mut out = [0.0];
        one.smooth(&[4.0], &mut out);
        assert_eq!(out, [4.0]);
        let many = Smoother::new(9, 3, 1);
        let mut out = [0.0; 9];
        many.smooth_weighed(&[2.0; 9], &[0.0; 9], &mut out);
        assert_eq!(out, [2.0; 9]);
    }
}
