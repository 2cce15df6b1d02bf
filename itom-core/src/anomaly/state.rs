//! What a detector remembers, and how a point is judged by it and then learned.
//!
//! Six comparisons can raise the alarm: how far the value is from every value seen ([`Seen`]), how
//! far beyond the extremes, how the course of the last points differs from every course seen
//! ([`Shapes`]), how much more or less the points move, and how long they have been off their time
//! of day and of the week. Each is calibrated by its own history; the evidences add up, all but
//! the strongest by half since they are not independent. The score is made of four plain
//! deviations — from the slow level, the time of day, the last points, and of the last points from
//! the slow level — by their size, not their rank: so it stays high while an oddity lasts, and the
//! second of a kind scores as the first.

use serde::{Deserialize, Serialize};

use super::alarm::Alarm;
use super::channel::{Channel, Scale};
use super::seasons::{Deviations, Seasons};
use super::seen::Seen;
use super::shape::Shapes;
use super::tail::{Odds, Tail};
use super::tuning::TUNING;
use super::verdict::Evidence;
use crate::Timestamp;

/// Values are held to this, so that no sum or difference of two overflows.
const LARGEST_VALUE: f64 = 1e300;
/// Late points in a row after which the clock is taken to have been set back.
const LATE_RUN_MAX: u32 = 32;
/// A step so many times the usual one is a gap.
const GAP_STEPS: f64 = 8.0;
/// Points below which nothing is said about novelty, restlessness and records.
pub(super) const NOVELTY_POINTS: u64 = 15;
pub(super) const LEARNING_POINTS: u64 = 20;
/// Points before a value is cut to be learned.
const SETTLED_POINTS: u64 = 10;
/// Deviations below this part of the values' size are rounding.
const ROUNDING: f64 = 1e-9;
/// Novelty below this part of the spread is none; likewise of restlessness, shape and record.
const NOVELTY_FLOOR: f64 = 0.01;
const RESTLESS_FLOOR: f64 = 0.05;
const SHAPE_FLOOR: f64 = 0.02;
const RECORD_FLOOR: f64 = 0.01;
/// The largest record that is told from a larger one, in ranges.
const RECORD_MAX: f64 = 1e6;
/// What a spread is cut to before it is learned.
const SPREAD_CUT: f64 = 10.0;

/// Comparisons that can raise the alarm, in the order of their evidence.
pub(super) const ALARMS: usize = 6;
pub(super) const ALARM_EVIDENCE: [Evidence; ALARMS] = [
    Evidence::NewValue,
    Evidence::Record,
    Evidence::Course,
    Evidence::Restlessness,
    Evidence::TimeOfDayLasting,
    Evidence::TimeOfWeekLasting,
];

/// All that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) clock: Option<Timestamp>,
    pub(super) points: u64,
    pub(super) missing: u64,
    pub(super) late: u64,
    late_run: u32,
    /// Usual time between points, in seconds.
    pub(super) step_s: f64,
    pub(super) previous: f64,
    /// Long-term level, the levels of the last two and ten points, their mean change.
    pub(super) level: f64,
    pub(super) recent: f64,
    pub(super) last: f64,
    pub(super) restless: f64,
    /// Mean and mean deviation of all points, and the mean absolute value.
    pub(super) mean: f64,
    pub(super) spread: f64,
    pub(super) magnitude: f64,
    pub(super) level_scale: Scale,
    pub(super) change_scale: Scale,
    pub(super) recent_scale: Scale,
    last_scale: Scale,
    seen: Seen,
    shapes: Shapes,
    value_channel: Channel,
    record_channel: Channel,
    shape_channel: Channel,
    restless_channel: Channel,
    pub(super) seasons: Box<Seasons>,
    /// How far points lay from what the best prediction said, in its usual error.
    pub(super) errors: Channel,
    /// The oddities so far, and the last one.
    pub(super) oddities: Tail,
    kept: f64,
    pub(super) alarm: Alarm,
}

/// One point's deviations, where there is something to compare with, and what follows from it.
pub(super) struct Comparison {
    pub(super) floor: f64,
    pub(super) level: f64,
    pub(super) change: Option<f64>,
    pub(super) recent: f64,
    shift: f64,
    next_recent: f64,
    next_last: f64,
    next_restless: f64,
    /// Deviations of the alarm's comparisons, and their measures.
    deviations: [Option<f64>; ALARMS],
    pub(super) measures: [f64; ALARMS],
    pub(super) seasonal: Deviations,
}

/// What the comparisons say together.
pub(super) struct Opinion {
    pub(super) oddity: f64,
    pub(super) score: f64,
    pub(super) odds: [Odds; ALARMS],
    pub(super) alarm_evidence: f64,
    /// Whether the score is what is left of the points before.
    pub(super) aftermath: bool,
}

impl State {
    pub(super) fn new() -> Self {
        State {
            clock: None,
            points: 0,
            missing: 0,
            late: 0,
            late_run: 0,
            step_s: 0.0,
            previous: 0.0,
            level: 0.0,
            recent: 0.0,
            last: 0.0,
            restless: 0.0,
            mean: 0.0,
            spread: 0.0,
            magnitude: 0.0,
            level_scale: Scale::default(),
            change_scale: Scale::default(),
            recent_scale: Scale::default(),
            last_scale: Scale::default(),
            seen: Seen::new(),
            shapes: Shapes::new(),
            value_channel: Channel::unsigned(),
            record_channel: Channel::signed(),
            shape_channel: Channel::unsigned(),
            restless_channel: Channel::signed(),
            seasons: Box::new(Seasons::new()),
            errors: Channel::signed(),
            oddities: Tail::new(),
            kept: 0.0,
            alarm: Alarm::new(),
        }
    }

    /// The value as it is to be judged and whether a gap lies before it, or why it is not judged.
    pub(super) fn admit(&mut self, time: Timestamp, value: f64) -> Result<(f64, bool), Evidence> {
        if self.clock.is_some_and(|clock| time < clock) && self.late_run < LATE_RUN_MAX {
            self.late += 1;
            self.late_run += 1;
            return Err(Evidence::Late);
        }
        let gap = self.advance(time);
        if value.is_nan() {
            self.missing += 1;
            return Err(Evidence::Missing);
        }
        let x = value.clamp(-LARGEST_VALUE, LARGEST_VALUE);
        if self.points == 0 {
            (self.previous, self.level, self.recent) = (x, x, x);
            (self.last, self.mean) = (x, x);
        }
        Ok((x, gap))
    }

    /// Moves the clock and says whether it jumped over a gap.
    fn advance(&mut self, time: Timestamp) -> bool {
        self.late_run = 0;
        self.seasons.advance(time.as_nanos().div_euclid(1_000_000_000));
        let Some(before) = self.clock.replace(time) else { return false };
        let step_s = (time - before).as_secs_f64().max(0.0);
        let gap = self.step_s > 0.0 && step_s > GAP_STEPS * self.step_s;
        self.alarm.pass(if gap { 0.0 } else { step_s });
        if self.step_s == 0.0 {
            self.step_s = step_s;
        } else {
            self.step_s += (step_s.min(GAP_STEPS * self.step_s) - self.step_s) / 20.0;
        }
        gap
    }

    /// Compares a value with everything that is remembered; only the shapes take it in already.
    pub(super) fn compare(&mut self, x: f64, gap: bool) -> Comparison {
        let floor = self.floor();
        let change = x - self.previous;
        let next = |from: f64, points: f64| from + (x - from) / points;
        let next_restless = self.restless + (change.abs() - self.restless) / TUNING.restless_points;
        let next_last = next(self.last, TUNING.last_points);
        let seasonal = self.seasons.compare(x, NOVELTY_POINTS);
        let (enough, settled) = (self.seen.values() >= NOVELTY_POINTS, self.points > 20);
        let range = self.seen.range();
        let spread = self.spread.max(floor);
        let deviations = [
            enough.then(|| self.seen.distance(x)),
            (settled && range > 0.0)
                .then(|| (self.seen.beyond(x) / range).clamp(-RECORD_MAX, RECORD_MAX)),
            self.shapes.update(x, self.mean, spread),
            self.unrest(next_restless, floor),
            seasonal.day_novelty,
            seasonal.week_shift,
        ];
        let fine = (NOVELTY_FLOOR * spread).max(floor);
        let floors = [fine, RECORD_FLOOR, SHAPE_FLOOR, RESTLESS_FLOOR, fine, floor];
        let mut measures = [0.0; ALARMS];
        for (k, channel) in self.channels().into_iter().enumerate() {
            if let Some(deviation) = deviations[k] {
                measures[k] = channel.measure(deviation, floors[k]);
            }
        }
        Comparison {
            floor,
            level: x - self.level,
            change: (!gap && self.points > 0).then_some(change),
            recent: x - self.recent,
            shift: next_last - self.level,
            next_recent: next(self.recent, TUNING.recent_points),
            next_last,
            next_restless,
            deviations,
            measures,
            seasonal,
        }
    }

    /// The deviation below which there is nothing but rounding.
    pub(super) fn floor(&self) -> f64 {
        ROUNDING * self.magnitude
    }

    /// How far the mean change of the last points is from the usual one, the same for twice and
    /// for half.
    fn unrest(&self, restless: f64, floor: f64) -> Option<f64> {
        let usual = self.change_scale.size().max(floor);
        if self.points < LEARNING_POINTS || usual <= 0.0 {
            return None;
        }
        let ratio = (restless / usual).clamp(1e-9, 1e9);
        Some(if ratio >= 1.0 { ratio - 1.0 } else { 1.0 - 1.0 / ratio })
    }

    fn channels(&self) -> [&Channel; ALARMS] {
        [
            &self.value_channel,
            &self.record_channel,
            &self.shape_channel,
            &self.restless_channel,
            &self.seasons.day_channel,
            &self.seasons.week_channel,
        ]
    }

    /// Combines what all comparisons say.
    pub(super) fn judge(&self, comparison: &Comparison) -> Opinion {
        // The logarithm of a product is one logarithm: ranks are multiplied first.
        let (mut product, mut rarest, mut sum, mut most) = (1.0, 1.0, 0.0, 0.0);
        let mut odds = [Odds::Rank(1.0); ALARMS];
        for (k, channel) in self.channels().into_iter().enumerate() {
            if comparison.deviations[k].is_none() {
                continue;
            }
            odds[k] = channel.odds(comparison.measures[k]);
            match odds[k] {
                Odds::Rank(ratio) => {
                    product *= ratio;
                    rarest = f64::max(rarest, ratio);
                }
                Odds::Beyond(evidence) => {
                    sum += evidence;
                    most = f64::max(most, evidence);
                }
            }
        }
        sum += libm::log(product);
        most = f64::max(most, libm::log(rarest));
        let alarm_evidence = most + TUNING.alarm_share * (sum - most);
        let oddity = self.oddity(comparison);
        let kept = TUNING.score_kept * self.kept;
        let aftermath = kept > oddity;
        let oddity = oddity.max(kept);
        Opinion {
            oddity,
            score: oddity / (oddity + TUNING.score_fence),
            odds,
            alarm_evidence,
            aftermath,
        }
    }

    /// The sum of the roots of the plain deviations, each in units of its usual size.
    fn oddity(&self, comparison: &Comparison) -> f64 {
        let floor = comparison.floor;
        let root = |scale: &Scale, deviation: f64| {
            scale.measure(deviation, floor).abs().min(TUNING.score_measure_max).sqrt()
        };
        let of_day = comparison.seasonal.day;
        root(&self.level_scale, comparison.level)
            + root(&self.recent_scale, comparison.recent)
            + root(&self.last_scale, comparison.shift)
            + of_day.map_or(0.0, |deviation| root(&self.seasons.day_scale, deviation))
    }

    /// Learns a judged value. `error` is how far the best prediction was off, in its usual error.
    pub(super) fn learn(&mut self, x: f64, now: &Comparison, opinion: &Opinion, error: f64) {
        self.kept = opinion.oddity;
        self.oddities.add(opinion.oddity);
        if self.oddities.total() >= TUNING.tail_points_max {
            self.oddities.fade();
        }
        self.errors.learn(error, error);
        let [value, record, shape, restless, day, week] = [
            &mut self.value_channel,
            &mut self.record_channel,
            &mut self.shape_channel,
            &mut self.restless_channel,
            &mut self.seasons.day_channel,
            &mut self.seasons.week_channel,
        ];
        for (k, channel) in [value, record, shape, restless, day, week].into_iter().enumerate() {
            if let Some(deviation) = now.deviations[k] {
                channel.learn(deviation, now.measures[k]);
            }
        }
        self.level_scale.learn(now.level);
        self.recent_scale.learn(now.recent);
        self.last_scale.learn(now.shift);
        if let Some(change) = now.change {
            self.change_scale.learn(change);
        }
        self.points += 1;
        let settled = self.points >= SETTLED_POINTS;
        self.seasons.learn(x, settled, &now.seasonal);
        self.seen.add(x);
        self.learn_level(x, now, settled);
    }

    fn learn_level(&mut self, x: f64, now: &Comparison, settled: bool) {
        self.previous = x;
        self.recent = now.next_recent;
        self.last = now.next_last;
        self.restless = now.next_restless;
        let count = self.points as f64;
        self.mean += (x - self.mean) / count;
        let deviation = (x - self.mean).abs();
        let most = if settled { SPREAD_CUT * self.spread } else { f64::INFINITY };
        let deviation = if most > 0.0 { deviation.min(most) } else { deviation };
        self.spread += (deviation - self.spread) / count.min(TUNING.scale_points);
        let share = 1.0 / count.min(TUNING.slow_points);
        let most = if settled { self.level_scale.cut() } else { f64::INFINITY };
        self.level += share * (x - self.level).clamp(-most, most);
        // One spike must not set the magnitude, but a series that began idle has to find it.
        let largest = (10.0 * self.magnitude).max(self.recent.abs());
        let size = if settled { x.abs().min(largest) } else { x.abs() };
        self.magnitude += share * (size - self.magnitude);
    }

    /// Whether it can be the state of a detector: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        let numbers = [self.previous, self.level, self.recent, self.last, self.mean];
        let sizes = [self.step_s, self.restless, self.spread, self.magnitude, self.kept];
        let scales = [&self.level_scale, &self.change_scale, &self.recent_scale, &self.last_scale];
        // Counters have room to count on.
        let counters = [self.points, self.missing, self.late];
        numbers.iter().all(|x| x.is_finite())
            && sizes.iter().all(|x| x.is_finite() && *x >= 0.0)
            && counters.iter().all(|counter| *counter < 1 << 62)
            && scales.iter().all(|scale| scale.is_sound())
            && self.seen.is_sound()
            && self.shapes.is_sound()
            && self.value_channel.is_sound(false)
            && self.record_channel.is_sound(true)
            && self.shape_channel.is_sound(false)
            && self.restless_channel.is_sound(true)
            && self.seasons.is_sound()
            && self.errors.is_sound(true)
            && self.oddities.is_sound()
            && self.oddities.total() <= TUNING.tail_points_max
            && self.alarm.is_sound()
    }
}
