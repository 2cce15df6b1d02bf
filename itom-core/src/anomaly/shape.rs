//! Has the course of the last points been seen before?
//!
//! [`Shapes`] averages points in sixes, takes the last eight averages as a shape, and keeps up to
//! 32 shapes that are far from each other: the streaming k-centre clustering of Charikar, Chekuri,
//! Feder and Motwani ("Incremental clustering and dynamic information retrieval", 1997), whose
//! radius grows when the memory is full. The distance of the present shape to the nearest centre
//! is its novelty. Values are taken relative to the series' mean and spread, their logarithm from
//! there on, so that one giant does not hide all else.
//!
//! Cost: a comparison with 32 centres every sixth point, 420 bytes. Values must be finite.

use serde::{Deserialize, Serialize};

const LENGTH: usize = 8;
const STRIDE: u8 = 6;
const CENTRES: usize = 32;
/// Steps of a coordinate: an eighth of a spread near the mean.
const STEPS: f64 = 16.0;
/// The most a centre weighs against a shape that joins it.
const WEIGHT_MAX: u16 = 50;

type Shape = [i8; LENGTH];

/// The shapes a series has taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Shapes {
    centres: Vec<Shape>,
    weights: Vec<u16>,
    radius: u16,
    averages: [f64; LENGTH],
    gathered: f64,
    points: u8,
    filled: u8,
    novelty: Option<f64>,
}

impl Shapes {
    pub(super) fn new() -> Self {
        Shapes {
            centres: Vec::new(),
            weights: Vec::new(),
            radius: 0,
            averages: [0.0; LENGTH],
            gathered: 0.0,
            points: 0,
            filled: 0,
            novelty: None,
        }
    }

    /// Whether it can be a memory: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.centres.len() <= CENTRES
            && self.weights.len() == self.centres.len()
            && self.weights.iter().all(|weight| (1..=WEIGHT_MAX).contains(weight))
            && self.averages.iter().all(|x| x.is_finite())
            && self.gathered.is_finite()
            && self.points < STRIDE
            && usize::from(self.filled) <= LENGTH
            && self.novelty.is_none_or(|x| x.is_finite() && x >= 0.0)
    }

    /// Takes a point in, and says how far the present shape is from those before; `None` before
    /// there is one.
    pub(super) fn update(&mut self, x: f64, mean: f64, spread: f64) -> Option<f64> {
        self.gathered += x / f64::from(STRIDE);
        self.points += 1;
        if self.points < STRIDE {
            return self.novelty;
        }
        self.averages.rotate_left(1);
        self.averages[LENGTH - 1] = self.gathered;
        (self.gathered, self.points) = (0.0, 0);
        self.filled = (self.filled + 1).min(LENGTH as u8);
        if usize::from(self.filled) < LENGTH || spread <= 0.0 {
            return None;
        }
        let shape = self.averages.map(|average| step((average - mean) / spread));
        self.novelty = Some(self.learn(shape));
        self.novelty
    }

    /// Remembers a shape; its mean distance a coordinate from the nearest centre before.
    fn learn(&mut self, shape: Shape) -> f64 {
        let Some((nearest, far)) = self.nearest(&shape) else {
            self.centres.push(shape);
            self.weights.push(1);
            return 0.0;
        };
        if far <= self.radius {
            self.join(nearest, &shape);
        } else {
            if self.centres.len() == CENTRES {
                self.merge_closest();
            }
            self.centres.push(shape);
            self.weights.push(1);
        }
        f64::from(far) / (LENGTH as f64 * STEPS)
    }

    fn nearest(&self, shape: &Shape) -> Option<(usize, u16)> {
        let distances = self.centres.iter().map(|centre| distance(centre, shape)).enumerate();
        distances.min_by_key(|&(k, far)| (far, k))
    }

    /// Draws a centre towards a shape that joins it.
    fn join(&mut self, k: usize, shape: &Shape) {
        let weight = i16::try_from(self.weights[k]).unwrap_or(i16::MAX);
        for (own, &new) in self.centres[k].iter_mut().zip(shape) {
            let sum = i16::from(*own) * weight + i16::from(new);
            let n = weight + 1;
            *own = ((sum + n.signum() * n / 2).div_euclid(n)).clamp(-127, 127) as i8;
        }
        self.weights[k] = (self.weights[k] + 1).min(WEIGHT_MAX);
    }

    /// Makes room: of the two closest centres the lighter joins the heavier.
    fn merge_closest(&mut self) {
        let mut closest = (u16::MAX, 0, 0);
        for i in 1..self.centres.len() {
            for j in 0..i {
                let far = distance(&self.centres[i], &self.centres[j]);
                closest = closest.min((far, j, i));
            }
        }
        let (far, j, i) = closest;
        self.radius = self.radius.max(far);
        let (kept, gone) = if self.weights[i] > self.weights[j] { (i, j) } else { (j, i) };
        self.weights[kept] = (self.weights[kept] + self.weights[gone]).min(WEIGHT_MAX);
        self.centres.remove(gone);
        self.weights.remove(gone);
    }
}

/// A coordinate: linear near 0, logarithmic beyond.
fn step(z: f64) -> i8 {
    let place = libm::log1p(z.abs()) * STEPS;
    libm::round(libm::copysign(place, z)).clamp(-127.0, 127.0) as i8
}

fn distance(a: &Shape, b: &Shape) -> u16 {
    a.iter().zip(b).map(|(&a, &b)| u16::from(a.abs_diff(b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_course_is_near_and_another_far() {
        let mut shapes = Shapes::new();
        let wave = |i: u32| if (i / 24).is_multiple_of(2) { 1.0 } else { -1.0 };
        for i in 0..960 {
            shapes.update(wave(i), 0.0, 1.0);
        }
        let known = (960..1008).filter_map(|i| shapes.update(wave(i), 0.0, 1.0));
        assert!(known.fold(0.0, f64::max) < 0.01);
        let flat = (0..48).filter_map(|_| shapes.update(0.0, 0.0, 1.0)).fold(0.0, f64::max);
        assert!(flat > 0.08, "{flat}");
        assert!(shapes.is_sound());
    }

    #[test]
    fn it_stays_bounded_whatever_comes() {
        let mut shapes = Shapes::new();
        let mut x = 1_u64;
        for _ in 0..20_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shapes.update((x >> 40) as f64 - 8e6, 0.0, 1e6);
            assert!(shapes.centres.len() <= CENTRES);
        }
        assert!(shapes.is_sound() && shapes.radius > 0);
    }
}
