//! One way in which a point can be odd, with its own memory of what is usual.
//!
//! A [`Scale`] learns the usual size of a kind of deviation — from the level, from the same time
//! yesterday — and measures others in it; a [`Channel`] also asks the [`Tail`] of the sign how
//! rare the measure is. Every channel is calibrated by itself, so a seasonal comparison on a
//! series without a season simply learns that its deviations are large, and says nothing.
//!
//! A scale that has seen little is in doubt of itself: after n deviations its unit is wider by
//! twenty parts in n, so that the first points of a series are not called odd for want of others.
//!
//! Cost: one or two tails, 140 or 250 bytes. Deviations must be finite.

use serde::{Deserialize, Serialize};

use super::tail::{Odds, Tail};
use super::tuning::TUNING;

/// Deviations before one is cut to be learned: until then it is not known what is large.
const SETTLED: u32 = 10;
/// The largest measure that is told from a larger one.
const MEASURE_MAX: f64 = 1e6;

/// The usual size of one kind of deviation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    /// Mean size, large ones cut.
    size: f64,
    seen: u32,
}

impl Scale {
    /// Whether it can be a scale: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.size.is_finite() && self.size >= 0.0
    }

    /// A scale that learned so many deviations of this mean size elsewhere.
    pub(super) fn resumed(size: f64, seen: u32) -> Self {
        Scale { size, seen }
    }

    /// The usual size of a deviation.
    pub(super) fn size(&self) -> f64 {
        self.size
    }

    /// Deviations learned.
    pub(super) fn seen(&self) -> u32 {
        self.seen
    }

    /// A deviation in units of its usual size, which is taken to be `floor` at least.
    pub(super) fn measure(&self, deviation: f64, floor: f64) -> f64 {
        let measure = if self.size > 0.0 {
            (deviation / self.size.max(floor)).clamp(-MEASURE_MAX, MEASURE_MAX)
        } else if deviation.abs() <= floor {
            0.0
        } else {
            // The first deviation at all after n that were none: nothing but n is known of it.
            f64::from(self.seen).min(MEASURE_MAX).copysign(deviation)
        };
        measure / (1.0 + TUNING.doubt / f64::from(self.seen.max(1)))
    }

    pub(super) fn learn(&mut self, deviation: f64) {
        self.seen = self.seen.saturating_add(1);
        let settled = self.seen >= SETTLED && self.size > 0.0;
        let size = deviation.abs().min(if settled { self.cut() } else { f64::INFINITY });
        self.size += (size - self.size) / f64::from(self.seen).min(TUNING.scale_points);
    }

    /// The largest deviation that is believed when learning.
    pub(super) fn cut(&self) -> f64 {
        TUNING.clip * self.size
    }
}

/// The memory of one kind of deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Channel {
    scale: Scale,
    above: Tail,
    /// None for deviations that have no sign, such as distances.
    below: Option<Box<Tail>>,
}

impl Channel {
    /// For deviations of either sign.
    pub(super) fn signed() -> Self {
        let below = Some(Box::new(Tail::new()));
        Channel { scale: Scale::default(), above: Tail::new(), below }
    }

    /// For deviations that are never negative.
    pub(super) fn unsigned() -> Self {
        Channel { scale: Scale::default(), above: Tail::new(), below: None }
    }

    /// Whether it can be the state of such a channel: for state read from bytes.
    pub(super) fn is_sound(&self, signed: bool) -> bool {
        let below = self.below.as_ref().map_or(0.0, |tail| tail.total());
        self.scale.is_sound()
            && self.above.is_sound()
            && self.below.is_some() == signed
            && self.below.as_ref().is_none_or(|tail| tail.is_sound())
            && self.above.total() + below <= TUNING.tail_points_max
    }

    /// A deviation in units of its usual size.
    pub(super) fn measure(&self, deviation: f64, floor: f64) -> f64 {
        self.scale.measure(deviation, floor)
    }

    /// How rare a deviation of this measure is.
    pub(super) fn odds(&self, measure: f64) -> Odds {
        let total = self.counted();
        if total < 1.0 { Odds::Rank(1.0) } else { self.tail(measure).odds(measure.abs(), total) }
    }

    /// The measures, below and above, that about one in a hundred exceeds on each side.
    pub(super) fn bounds(&self) -> (f64, f64) {
        let counted = self.counted();
        let rank = (0.01 * counted).max(1.0);
        // Few points are widened: with two the band is three times as wide.
        let doubt = 1.0 + 4.0 / counted.max(2.0);
        let reach = |tail: &Tail| doubt * tail.exceeded_by(rank).max(1.0);
        (reach(self.tail(-1.0)), reach(&self.above))
    }

    /// Learns a deviation and its measure.
    pub(super) fn learn(&mut self, deviation: f64, measure: f64) {
        match &mut self.below {
            Some(below) if measure < 0.0 => below.add(-measure),
            _ => self.above.add(measure.abs()),
        }
        if self.counted() >= TUNING.tail_points_max {
            self.above.fade();
            self.below.iter_mut().for_each(|tail| tail.fade());
        }
        self.scale.learn(deviation);
    }

    fn tail(&self, measure: f64) -> &Tail {
        match &self.below {
            Some(below) if measure < 0.0 => below,
            _ => &self.above,
        }
    }

    fn counted(&self) -> f64 {
        self.above.total() + self.below.as_ref().map_or(0.0, |tail| tail.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(sizes: impl Iterator<Item = f64>) -> Channel {
        let mut channel = Channel::signed();
        sizes.for_each(|size| channel.learn(size, channel.measure(size, 0.0)));
        channel
    }

    #[test]
    fn a_channel_that_saw_nothing_says_nothing() {
        assert_eq!(Channel::signed().odds(1e9), Odds::Rank(1.0));
        assert_eq!(Channel::unsigned().measure(0.0, 0.0), 0.0);
    }

    #[test]
    fn signs_are_kept_apart() {
        let channel = fed((0..1000).map(|i| if i % 2 == 0 { 1.0 } else { -0.1 }));
        let odds = |measure| match channel.odds(measure) {
            Odds::Rank(ratio) => libm::log(ratio),
            Odds::Beyond(evidence) => evidence,
        };
        assert!(odds(-2.0) > odds(2.0));
        let (below, above) = channel.bounds();
        assert!(below < above);
        assert!(channel.is_sound(true) && !channel.is_sound(false));
    }

    #[test]
    fn one_giant_does_not_move_the_scale_far() {
        let mut channel = fed((0..100).map(|_| 1.0));
        channel.learn(1e300, channel.measure(1e300, 0.0));
        let size = channel.scale.size();
        assert!(size < 1.0 + TUNING.clip / 100.0, "{size}");
    }

    #[test]
    fn little_seen_is_in_doubt() {
        let [few, many] = [5, 500].map(|n| fed((0..n).map(|_| 1.0)).measure(8.0, 0.0));
        assert!(few < 2.0 && many > 7.0, "{few} {many}");
    }
}
