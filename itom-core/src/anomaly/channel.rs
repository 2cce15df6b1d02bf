//! One way in which a point can be odd, with its own memory of what is usual.
//!
//! A channel is fed signed deviations — from the level, from the point before, from the same time
//! yesterday — and measures each in units of its usual size, then asks the [`Tail`] of that sign
//! how rare it is. Every channel is calibrated by itself, so a seasonal comparison on a series
//! without a season simply learns that its deviations are large, and says nothing.
//!
//! Cost: two tails, 540 bytes. Deviations must be finite.

use serde::{Deserialize, Serialize};

use super::tail::Tail;
use super::tuning::TUNING;

/// Number of channels of a detector.
pub(super) const CHANNELS: usize = 8;

/// Points before a channel cuts what it learns: until then it does not know what is large.
const SETTLED_POINTS: f64 = 10.0;

/// The memory of one kind of deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Channel {
    above: Tail,
    below: Tail,
    /// Points in the tails, faded and weighted.
    counted: f64,
    /// Mean size of a deviation, large ones cut.
    scale: f64,
    /// Points seen, for the weights of the first ones.
    seen: f64,
}

impl Channel {
    pub(super) fn new() -> Self {
        Channel { above: Tail::new(), below: Tail::new(), counted: 0.0, scale: 0.0, seen: 0.0 }
    }

    /// Whether it can be the state of a channel: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        let sound = |x: f64| x.is_finite() && x >= 0.0;
        self.above.is_sound()
            && self.below.is_sound()
            && sound(self.counted)
            && sound(self.scale)
            && sound(self.seen)
    }

    /// The usual size of a deviation.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    /// Points seen.
    pub(super) fn seen(&self) -> f64 {
        self.seen
    }

    /// A deviation in units of its usual size, which is taken to be `floor` at least. 0 where
    /// there is no unit yet: the first deviation of a series says nothing.
    pub(super) fn measure(&self, deviation: f64, floor: f64) -> f64 {
        let unit = self.scale.max(floor);
        if unit > 0.0 { (deviation / unit).clamp(-1e30, 1e30) } else { 0.0 }
    }

    /// Minus the logarithm of the chance of a deviation of this measure.
    pub(super) fn evidence(&self, measure: f64) -> f64 {
        if self.counted < 1.0 {
            return 0.0;
        }
        let tail = if measure >= 0.0 { &self.above } else { &self.below };
        tail.evidence(measure.abs(), self.counted)
    }

    /// The deviations, below and above, that about one point in a hundred exceeds on each side.
    pub(super) fn bounds(&self, floor: f64) -> (f64, f64) {
        let unit = self.scale.max(floor);
        let rank = (0.01 * self.counted).max(1.0);
        // Few points are widened: with two the band is three times as wide.
        let doubt = 1.0 + 4.0 / self.counted.max(2.0);
        let reach = |tail: &Tail| unit * doubt * tail.exceeded_by(rank).max(1.0);
        (reach(&self.below), reach(&self.above))
    }

    /// Learns a deviation and its measure with the given weight.
    pub(super) fn learn(&mut self, deviation: f64, measure: f64, weight: f64) {
        let tail = if measure >= 0.0 { &mut self.above } else { &mut self.below };
        tail.add(measure.abs(), weight);
        self.counted += weight;
        if self.counted > TUNING.tail_points_max {
            self.above.fade();
            self.below.fade();
            self.counted *= 0.5;
        }
        self.seen += 1.0;
        let settled = self.seen >= SETTLED_POINTS && self.scale > 0.0;
        let size = deviation.abs().min(if settled { self.cut() } else { f64::INFINITY });
        self.scale += weight / self.seen.min(TUNING.scale_points) * (size - self.scale);
    }

    /// The largest deviation that is believed when learning.
    pub(super) fn cut(&self) -> f64 {
        TUNING.clip * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(sizes: impl Iterator<Item = f64>) -> Channel {
        let mut channel = Channel::new();
        sizes.for_each(|size| channel.learn(size, channel.measure(size, 0.0), 1.0));
        channel
    }

    #[test]
    fn a_channel_that_saw_nothing_says_nothing() {
        assert_eq!(Channel::new().evidence(1e9), 0.0);
        assert_eq!(Channel::new().measure(1.0, 0.0), 0.0);
    }

    #[test]
    fn signs_are_kept_apart() {
        let channel = fed((0..1000).map(|i| if i % 2 == 0 { 1.0 } else { -0.1 }));
        assert!(channel.evidence(-2.0) > channel.evidence(2.0));
        let (below, above) = channel.bounds(0.0);
        assert!(below < above);
    }

    #[test]
    fn one_giant_does_not_move_the_scale_far() {
        let mut channel = fed((0..100).map(|_| 1.0));
        channel.learn(1e300, channel.measure(1e300, 0.0), 1.0);
        assert!(channel.scale() < 1.0 + TUNING.clip / 100.0, "{}", channel.scale());
    }
}
