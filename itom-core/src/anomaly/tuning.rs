//! The one configuration of the detector.
//!
//! These numbers hold for every series: nothing is set by file, by metric or by the user. The
//! constants of the tail were found by a search on the Numenta corpus; that six comparisons drive
//! the alarm, all of the same weight, was chosen on it too, one after the other. The other numbers
//! are round and were hardly tuned: each choice was made on one half of the files and held on the
//! other. The four comparisons behind the score were chosen on Microsoft's cloud monitoring data,
//! halves again. Figures on those corpora are in-sample all the same.

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
    /// Points over which a usual size is averaged, and the multiple of it beyond which a deviation
    /// is cut before it is learned.
    pub(super) scale_points: f64,
    pub(super) clip: f64,
    /// After n deviations the unit is wider by this many parts in n.
    pub(super) doubt: f64,
    /// Points over which the slow level, the recent level, the level of the last points and the
    /// restlessness are averaged.
    pub(super) slow_points: f64,
    pub(super) recent_points: f64,
    pub(super) last_points: f64,
    pub(super) restless_points: f64,
    /// Points over which a lasting deviation from the time of day and of the week is averaged.
    pub(super) day_lasting_points: f64,
    pub(super) week_lasting_points: f64,
    /// Visits a slot of the day and of the week remembers.
    pub(super) day_visits: f64,
    pub(super) week_visits: f64,
    /// The sum of the roots of the measures that gives a score of 0.5.
    pub(super) score_fence: f64,
    /// The share of a point's oddity that the next point keeps: it dies away, not off.
    pub(super) score_kept: f64,
    /// What a measure counts for the score at most.
    pub(super) score_measure_max: f64,
    /// The share with which all evidences but the strongest count for the alarm, and the evidence
    /// that gives a strength of 0.5.
    pub(super) alarm_share: f64,
    pub(super) alarm_fence: f64,
    /// The least evidence an alarm is given for.
    pub(super) alarm_least: f64,
    /// How much stronger than the one before an alarm has to be to be given at once.
    pub(super) alarm_escalation: f64,
    /// Alarms granted a point, and at least, before the fence rises.
    pub(super) alarms_a_point: f64,
    pub(super) alarms_granted: f64,
    /// Alarms a point at the usual fence on a series where nothing happens, and how much evidence
    /// makes an alarm rarer by a factor of e.
    pub(super) alarms_usual: f64,
    pub(super) alarm_rarer: f64,
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
    doubt: 20.0,
    slow_points: 910.0,
    recent_points: 1.7,
    last_points: 10.0,
    restless_points: 20.0,
    day_lasting_points: 48.0,
    week_lasting_points: 13.0,
    day_visits: 5.0,
    week_visits: 6.0,
    score_fence: 8.0,
    score_kept: 0.9,
    score_measure_max: 1000.0,
    alarm_share: 0.5,
    alarm_fence: 12.8,
    alarm_least: 0.5,
    alarm_escalation: 1.2,
    alarms_a_point: 0.002,
    alarms_granted: 6.0,
    alarms_usual: 0.0008,
    alarm_rarer: 6.0,
    refractory_points: 200.0,
};
