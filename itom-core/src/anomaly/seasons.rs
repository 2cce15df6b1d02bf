//! How a point compares with the same time of day and of the week.
//!
//! [`Seasons`] holds the two [`Profile`]s, the usual size of the deviations from them, and the
//! deviations that last: the mean over some hours of how far the points lie from their time of
//! day, whose novelty ([`Seen`]) tells a day that runs at another level from one bad point.
//!
//! Cost: two means a point, 2.2 KiB. Cycles of other lengths are not looked for.

use serde::{Deserialize, Serialize};

use super::channel::{Channel, Scale};
use super::season::{Cycle, Profile};
use super::seen::Seen;
use super::tuning::TUNING;

const DAY: Cycle = Cycle { length_s: 86_400, slot_s: 900, offset_s: 0, memory: TUNING.day_visits };
/// From Monday: 1970 began on a Thursday.
const WEEK: Cycle =
    Cycle { length_s: 7 * 86_400, slot_s: 3600, offset_s: 3 * 86_400, memory: TUNING.week_visits };

/// What is remembered of the cycles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seasons {
    pub(super) day: Profile,
    pub(super) week: Profile,
    /// Deviations from the time of day and of the week, and those that last.
    pub(super) day_scale: Scale,
    pub(super) week_scale: Scale,
    day_lasting: f64,
    week_lasting: f64,
    day_seen: Seen,
    pub(super) day_channel: Channel,
    pub(super) week_channel: Channel,
}

/// One value's deviations, where there is something to compare with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deviations {
    pub(super) day: Option<f64>,
    pub(super) week: Option<f64>,
    day_lasting: f64,
    week_lasting: f64,
    /// How far the lasting deviation from the time of day is from every one before.
    pub(super) day_novelty: Option<f64>,
    pub(super) week_shift: Option<f64>,
}

impl Seasons {
    pub(super) fn new() -> Self {
        Seasons {
            day: Profile::new(&DAY),
            week: Profile::new(&WEEK),
            day_scale: Scale::default(),
            week_scale: Scale::default(),
            day_lasting: 0.0,
            week_lasting: 0.0,
            day_seen: Seen::new(),
            day_channel: Channel::unsigned(),
            week_channel: Channel::signed(),
        }
    }

    /// Whether it can be a memory: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.day.is_sound(&DAY)
            && self.week.is_sound(&WEEK)
            && self.day_scale.is_sound()
            && self.week_scale.is_sound()
            && self.day_lasting.is_finite()
            && self.week_lasting.is_finite()
            && self.day_seen.is_sound()
            && self.day_channel.is_sound(false)
            && self.week_channel.is_sound(true)
    }

    pub(super) fn advance(&mut self, second: i64) {
        self.day.advance(&DAY, second);
        self.week.advance(&WEEK, second);
    }

    /// What is usual at this time of day.
    pub(super) fn usual_of_day(&self) -> Option<f64> {
        self.day.usual()
    }

    /// What is usual at this hour of the week.
    pub(super) fn usual_of_week(&self) -> Option<f64> {
        self.week.usual()
    }

    pub(super) fn compare(&self, x: f64, enough: u64) -> Deviations {
        let day = self.day.usual().map(|usual| x - usual);
        let week = self.week.usual().map(|usual| x - usual);
        // Where nothing is known the last deviation dies away.
        let mean = |from: f64, deviation: Option<f64>, points: f64| {
            from + (deviation.unwrap_or(0.0) - from) / points
        };
        let day_lasting = mean(self.day_lasting, day, TUNING.day_lasting_points);
        let week_lasting = mean(self.week_lasting, week, TUNING.week_lasting_points);
        let known = day.is_some() && self.day_seen.values() >= enough;
        Deviations {
            day,
            week,
            day_lasting,
            week_lasting,
            day_novelty: known.then(|| self.day_seen.distance(day_lasting)),
            week_shift: week.map(|_| week_lasting),
        }
    }

    /// Learns what was compared: the deviations and the value itself, cut to what is believed.
    pub(super) fn learn(&mut self, x: f64, settled: bool, deviations: &Deviations) {
        let cut = |usual: Option<f64>, scale: &Scale| match usual {
            Some(usual) if settled => usual + (x - usual).clamp(-scale.cut(), scale.cut()),
            _ => x,
        };
        if let Some(deviation) = deviations.day {
            self.day_scale.learn(deviation);
            self.day_seen.add(deviations.day_lasting);
        }
        if let Some(deviation) = deviations.week {
            self.week_scale.learn(deviation);
        }
        self.day_lasting = deviations.day_lasting;
        self.week_lasting = deviations.week_lasting;
        self.day.learn(cut(self.day.usual(), &self.day_scale));
        self.week.learn(cut(self.week.usual(), &self.week_scale));
    }
}
