//! How do points go on: along a line, or towards a limit?
//!
//! The line is that of Theil and Sen (1968): the median slope of all pairs, which a quarter of wild points
//! cannot move far. Saturating growth `c - a exp(-k t)` is fitted by least squares for a few rates `k` and
//! taken where it leaves less than half of the squares of a line.
//!
//! Cost: `O(m²)` for `m` points, at most 300.

use super::teeth::Tips;
use crate::anomaly::arithmetic::median;

/// Rates of saturation tried, by the length of the history: half is gained in a share of it.
const RATES: [f64; 8] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// Saturation has to leave this share of a line's squares or less.
const CLEARLY: f64 = 0.5;
const POINTS_MIN: usize = 12;

/// A curve through points, and how far off they are.
pub(super) struct Curve {
    shape: Shape,
    /// The middle of the points, from which the doubt about the slope grows.
    middle: f64,
    /// Variance of the points around the curve.
    spread: f64,
    /// Variance of the level and of the slope.
    level: f64,
    slope: f64,
    /// How much of the last error is left a step later, and that error.
    correlation: f64,
    last: (f64, f64),
}

#[derive(Clone, Copy)]
enum Shape {
    Line { base: f64, slope: f64 },
    Saturating { limit: f64, height: f64, rate: f64, start: f64 },
}

impl Shape {
    fn at(self, t: f64) -> f64 {
        match self {
            Shape::Line { base, slope } => base + slope * t,
            Shape::Saturating { limit, height, rate, start } => {
                limit - height * libm::exp(-rate * (t - start))
            }
        }
    }
}

impl Curve {
    pub(super) fn fit(tips: &Tips) -> Curve {
        let points = &tips.points;
        let m = points.len() as f64;
        let line = line(points);
        let squares =
            |shape: Shape| -> f64 { points.iter().map(|&(t, y)| (y - shape.at(t)).powi(2)).sum() };
        let shape = match saturating(points) {
            Some(other) if squares(other) < CLEARLY * squares(line) => other,
            _ => line,
        };
        let errors: Vec<f64> = points.iter().map(|&(t, y)| y - shape.at(t)).collect();
        let power: f64 = errors.iter().map(|e| e * e).sum();
        let product: f64 = errors.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let related = if power > 0.0 { (product / power).clamp(0.0, 0.95) } else { 0.0 };
        let freedom = (m - 2.0).max(1.0);
        // Of very few points nothing is known about the spread: their own range is taken.
        let range = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max)
            - points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let spread = if m < 4.0 { range * range / 4.0 } else { power / freedom };
        let independent = (m * (1.0 - related) / (1.0 + related)).max(1.0);
        let middle = points.iter().map(|p| p.0).sum::<f64>() / m;
        let width = points.iter().map(|p| (p.0 - middle).powi(2)).sum::<f64>() / m;
        let slope = if width > 0.0 { spread / independent / width } else { 0.0 };
        let (first, last) = (points[0].0, points[points.len() - 1].0);
        let distance = if m > 1.0 { ((last - first) / (m - 1.0)).max(1e-9) } else { 1.0 };
        Curve {
            shape,
            middle,
            spread,
            level: spread / independent,
            slope,
            correlation: libm::pow(related, 1.0 / distance),
            last: (last, errors[errors.len() - 1]),
        }
    }

    /// The limit of growth that saturates.
    pub(super) fn limit(&self) -> Option<f64> {
        match self.shape {
            Shape::Line { .. } => None,
            Shape::Saturating { limit, .. } => Some(limit),
        }
    }

    /// The probability that the series is at the goal or above at a time.
    pub(super) fn reached(&self, t: f64, goal: f64) -> f64 {
        let left = libm::pow(self.correlation, t - self.last.0);
        let expected = self.shape.at(t) + left * self.last.1;
        let doubt = match self.shape {
            // The doubt about a limit does not grow without bound as that about a slope does.
            Shape::Saturating { .. } => {
                self.slope * (t.min(2.0 * self.last.0) - self.middle).powi(2)
            }
            Shape::Line { .. } => self.slope * (t - self.middle).powi(2),
        };
        let variance = self.spread * (1.0 - left * left) + self.level + doubt;
        let deviation = variance.sqrt().max(1e-12);
        let off = (expected - goal) / deviation;
        if off.is_nan() { 0.0 } else { 0.5 * libm::erfc(-off / std::f64::consts::SQRT_2) }
    }
}

/// Theil and Sen's line.
fn line(points: &[(f64, f64)]) -> Shape {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (i, a) in points.iter().enumerate() {
        slopes.extend(
            points[i + 1..].iter().filter(|b| b.0 > a.0).map(|b| (b.1 - a.1) / (b.0 - a.0)),
        );
    }
    let slope = if slopes.is_empty() { 0.0 } else { median(&mut slopes) };
    let mut bases: Vec<f64> = points.iter().map(|&(t, y)| y - slope * t).collect();
    Shape::Line { base: median(&mut bases), slope }
}

/// The best growth towards a limit, if any.
fn saturating(points: &[(f64, f64)]) -> Option<Shape> {
    if points.len() < POINTS_MIN {
        return None;
    }
    let (start, end) = (points[0].0, points[points.len() - 1].0);
    let n = points.len() as f64;
    let mean = points.iter().map(|p| p.1).sum::<f64>() / n;
    let mut best: Option<(f64, Shape)> = None;
    for rate in RATES {
        let rate = rate / (end - start).max(1.0);
        let decay = |t: f64| libm::exp(-rate * (t - start));
        let centre = points.iter().map(|p| decay(p.0)).sum::<f64>() / n;
        let (mut along, mut square) = (0.0, 0.0);
        for &(t, y) in points {
            along += (decay(t) - centre) * (y - mean);
            square += (decay(t) - centre).powi(2);
        }
        let height = if square > 0.0 { -along / square } else { continue };
        // Only growth that slows down: it comes from below.
        if height <= 0.0 {
            continue;
        }
        let shape = Shape::Saturating { limit: mean + height * centre, height, rate, start };
        let error: f64 = points.iter().map(|&(t, y)| (y - shape.at(t)).powi(2)).sum();
        if best.is_none_or(|(least, _)| error < least) {
            best = Some((error, shape));
        }
    }
    best.map(|(_, shape)| shape)
}
