//! What is usual at this time of day, or of the week?
//!
//! A [`Profile`] cuts a cycle into slots of equal length (UTC) and keeps for each the mean of its
//! visits on earlier cycles, forgetting slowly. The visit under way is gathered apart and folded
//! in when the slot is left, so a point is never compared with itself or its neighbours. One slot
//! that was not visited says nothing: with less than a cycle of data there is no answer, and no
//! assumption that there is a cycle at all — whether the profile predicts well is for the caller
//! to judge by its errors.
//!
//! Cost: constant a point, 5 bytes a slot. Cycles of other lengths than those asked for, holidays
//! and local time are not known here.

use serde::{Deserialize, Serialize};

/// Means of the slots of a cycle, relative to the first value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Profile {
    means: Vec<f32>,
    visits: Vec<u8>,
    slot: u32,
    origin: Option<f64>,
    gathered: f64,
    points: f64,
}

/// A cycle: its length, the length of a slot, where it begins, and how long it remembers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    pub(super) length_s: i64,
    pub(super) slot_s: i64,
    /// Seconds from the start of a cycle to 1970-01-01T00:00:00Z.
    pub(super) offset_s: i64,
    /// Visits that count: the newest weighs at least one part in so many.
    pub(super) memory: f64,
}

impl Cycle {
    fn slots(&self) -> usize {
        (self.length_s / self.slot_s) as usize
    }

    fn slot(&self, second: i64) -> u32 {
        // Wrapping is harmless: only the place within the cycle is wanted, and `rem_euclid`
        // keeps it in range whatever comes in.
        (second.wrapping_add(self.offset_s).rem_euclid(self.length_s) / self.slot_s) as u32
    }
}

impl Profile {
    pub(super) fn new(cycle: &Cycle) -> Self {
        let slots = cycle.slots();
        Profile {
            means: vec![0.0; slots],
            visits: vec![0; slots],
            slot: 0,
            origin: None,
            gathered: 0.0,
            points: 0.0,
        }
    }

    /// A profile with these means of its slots, each after so many visits.
    pub(super) fn resumed(means: &[f64], visits: Vec<u8>, slot: u32) -> Self {
        let visited = |k: usize| visits.get(k).is_some_and(|&visits| visits > 0);
        let origin = means.iter().enumerate().find(|&(k, _)| visited(k)).map(|(_, &mean)| mean);
        let relative = |(k, &mean): (usize, &f64)| match origin {
            Some(origin) if visited(k) => (mean - origin) as f32,
            _ => 0.0,
        };
        let means = means.iter().enumerate().map(relative).collect();
        Profile { means, visits, slot, origin, gathered: 0.0, points: 0.0 }
    }

    /// Whether it can be the profile of this cycle: for state read from bytes.
    pub(super) fn is_sound(&self, cycle: &Cycle) -> bool {
        let slots = cycle.slots();
        self.means.len() == slots
            && self.visits.len() == slots
            && (self.slot as usize) < slots
            && self.means.iter().all(|mean| mean.is_finite())
            && self.origin.is_none_or(f64::is_finite)
            && self.gathered.is_finite()
            && (self.points.is_finite() && self.points >= 0.0)
    }

    /// Takes the clock to `second`: the visit is closed when that lies in another slot.
    pub(super) fn advance(&mut self, cycle: &Cycle, second: i64) {
        let slot = cycle.slot(second);
        if slot == self.slot {
            return;
        }
        if self.points > 0.0 {
            let k = self.slot as usize;
            self.visits[k] = self.visits[k].saturating_add(1);
            let weight = 1.0 / f64::from(self.visits[k]).min(cycle.memory);
            let largest = f64::from(f32::MAX) / 4.0;
            let mean = f64::from(self.means[k]);
            let visit = self.gathered.clamp(-largest, largest);
            self.means[k] = (mean + weight * (visit - mean)) as f32;
        }
        self.slot = slot;
        self.gathered = 0.0;
        self.points = 0.0;
    }

    /// The mean of the slot the clock is in on earlier cycles.
    pub(super) fn usual(&self) -> Option<f64> {
        let k = self.slot as usize;
        (self.visits[k] > 0).then(|| self.origin.unwrap_or(0.0) + f64::from(self.means[k]))
    }

    /// Adds a value to the visit under way.
    pub(super) fn learn(&mut self, value: f64) {
        self.points += 1.0;
        let relative = value - *self.origin.get_or_insert(value);
        self.gathered += (relative - self.gathered) / self.points;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_DAYS: Cycle = Cycle { length_s: 86_400, slot_s: 43_200, offset_s: 0, memory: 4.0 };

    #[test]
    fn only_earlier_cycles_count() {
        let mut profile = Profile::new(&HALF_DAYS);
        for hour in 0..72 {
            profile.advance(&HALF_DAYS, hour * 3600);
            let usual = profile.usual();
            let afternoon = f64::from(u8::from(hour % 24 >= 12));
            assert_eq!(usual, (hour >= 24).then_some(afternoon), "hour {hour}");
            profile.learn(afternoon);
        }
    }

    #[test]
    fn times_at_the_ends_of_the_range_have_a_slot() {
        let mut profile = Profile::new(&HALF_DAYS);
        for second in [i64::MIN, -1, i64::MAX] {
            profile.advance(&HALF_DAYS, second);
            assert!(profile.is_sound(&HALF_DAYS));
        }
    }
}
