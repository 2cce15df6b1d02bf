//! The one configuration of the detector.
//!
//! These numbers hold for every series: nothing is set by file, by metric or by the user. They
//! were chosen by a search that rewarded the NAB score and caught faults of the PetShop data, and
//! charged alarms on PetShop's normal days and on generated noise; the choice between close ones
//! looked at VUS-PR on Microsoft's cloud monitoring data. Figures on those are therefore in-sample.

use super::channel::CHANNELS;

/// See the fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// The largest size counts as seen once so many points lie beyond it.
    pub(super) record_rank: f64,
    /// Share of all points, and least number, that the tail's exponent is estimated from.
    pub(super) hill_share: f64,
    pub(super) hill_points_min: f64,
    /// Exponent assumed before there is data, and the points it is worth.
    pub(super) hill_prior: f64,
    pub(super) hill_prior_points: f64,
    pub(super) exponent_min: f64,
    pub(super) exponent_max: f64,
    /// Evidence up to so many times ln(n + 1) counts in full, and how much of the logarithm of what
    /// goes beyond does.
    pub(super) evidence_cap: f64,
    pub(super) evidence_beyond: f64,
    /// Counts fade by half at so many points.
    pub(super) tail_points_max: f64,
    /// Points over which a channel's usual size is averaged, and the multiple of it beyond which a
    /// deviation is cut before it is learned.
    pub(super) scale_points: f64,
    pub(super) clip: f64,
    /// Weight with which an anomalous point is learned.
    pub(super) learn_anomalous: f64,
    /// Deviations below this share of the level are measured as if they were so large.
    pub(super) floor_share: f64,
    /// Points over which the slow level, the recent level, the recent restlessness and the lasting
    /// seasonal deviation are averaged.
    pub(super) slow_points: f64,
    pub(super) recent_points: f64,
    pub(super) restless_points: f64,
    pub(super) lasting_points: f64,
    /// Visits a slot of the day and of the week remembers.
    pub(super) day_visits: f64,
    pub(super) week_visits: f64,
    /// What each channel counts for an alarm.
    pub(super) weights: [f64; CHANNELS],
    /// Score: what is subtracted from each channel's evidence, the share with which all but the
    /// strongest channel count, and the evidence that gives 0.5.
    pub(super) score_deduction: f64,
    pub(super) score_share: f64,
    pub(super) score_fence: f64,
    /// The share of a point's evidence that the next point keeps: oddity dies away, not off.
    pub(super) score_kept: f64,
    /// The same for the alarm.
    pub(super) alarm_deduction: f64,
    pub(super) alarm_share: f64,
    pub(super) alarm_fence: f64,
    /// The weakest alarm that is given, as a strength in (0, 1).
    pub(super) alarm_least: f64,
    /// How much stronger than the one before an alarm has to be to be given at once.
    pub(super) alarm_escalation: f64,
    /// Points after which the memory of an alarm has fallen to 1/e.
    pub(super) refractory_points: f64,
}

pub(super) const TUNING: Tuning = Tuning {
    record_rank: 3.1,
    hill_share: 0.0026,
    hill_points_min: 3.75,
    hill_prior: 0.83,
    hill_prior_points: 140.0,
    exponent_min: 4.9,
    exponent_max: 9.7,
    evidence_cap: 1.52,
    evidence_beyond: 0.39,
    tail_points_max: 6500.0,
    scale_points: 7200.0,
    clip: 43.0,
    learn_anomalous: 0.8,
    floor_share: 0.0175,
    slow_points: 910.0,
    recent_points: 1.7,
    restless_points: 99.0,
    lasting_points: 13.0,
    day_visits: 5.0,
    week_visits: 6.0,
    weights: [0.06, 0.02, 1.75, 0.0, 0.32, 0.84, 2.2, 1.15],
    score_deduction: 0.0,
    score_share: 0.5,
    score_fence: 20.0,
    score_kept: 0.9,
    alarm_deduction: 5.0,
    alarm_share: 0.43,
    alarm_fence: 7.8,
    alarm_least: 0.06,
    alarm_escalation: 1.36,
    refractory_points: 132.0,
};
