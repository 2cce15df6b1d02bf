//! When is it worth waking someone?
//!
//! An anomaly lasts, an alarm is one moment. An [`Alarm`] gives the strength of an oddity where it
//! first shows, then is silent while its memory of that strength fades — but lets through at once
//! what is clearly stronger: a second, worse trouble soon after the first is not swallowed.
//!
//! What woke someone again and again is no news either. All that was given is counted by its
//! evidence ([`Tail`]), and the fence, where a strength is 0.5, rises to the evidence that so many
//! exceeded as alarms are granted for the points seen: conformal prediction of the alarm itself.
//! With a budget of alarms a week the fence follows that rank up and down, so that a series on
//! which nothing happens gives about as many alarms as were asked for, and a troubled one no more.
//!
//! Cost: a tail, 120 bytes; constant a point.

use serde::{Deserialize, Serialize};

use super::tail::Tail;
use super::tuning::TUNING;

const WEEK_S: f64 = 7.0 * 86_400.0;

/// The memory of the alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Alarm {
    memory: f64,
    /// Evidence of the alarms given, in fences.
    given: Tail,
    /// The evidence that gives a strength of 0.5.
    fence: f64,
    budget: Option<Budget>,
}

/// Alarms granted by time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Budget {
    alarms_per_week: f64,
    /// Time over which the alarms were counted, without gaps, faded as the counts are.
    weeks: f64,
    /// Alarms that reached the fence in that time.
    fired: f64,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Alarm { memory: 0.0, given: Tail::new(), fence: TUNING.alarm_fence, budget: None }
    }

    /// An alarm that is to be given so often a week.
    pub(super) fn with_budget(alarms_per_week: f64) -> Self {
        Alarm { budget: Some(Budget { alarms_per_week, weeks: 0.0, fired: 0.0 }), ..Alarm::new() }
    }

    pub(super) fn alarms_per_week(&self) -> Option<f64> {
        self.budget.map(|budget| budget.alarms_per_week)
    }

    /// Lets the time of a point go by that came so many seconds after the one before.
    pub(super) fn pass(&mut self, step_s: f64) {
        if let Some(budget) = &mut self.budget {
            budget.weeks += step_s / WEEK_S;
        }
    }

    /// Whether it can be the state of an alarm: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.memory.is_finite()
            && self.memory >= 0.0
            && self.given.is_sound()
            && self.given.total() <= TUNING.tail_points_max
            && self.fence.is_finite()
            && self.fence > 0.0
            && self.budget.is_none_or(|budget| {
                is_budget(budget.alarms_per_week)
                    && [budget.weeks, budget.fired].iter().all(|x| x.is_finite() && *x >= 0.0)
            })
    }

    /// The alarm this point, one of so many, gives for its evidence: 0 or its strength.
    pub(super) fn update(&mut self, evidence: f64, points: u64) -> f64 {
        let starts = evidence >= TUNING.alarm_least;
        let given = starts && evidence > self.memory * TUNING.alarm_escalation;
        let strength = evidence / (evidence + self.fence);
        if given {
            self.memory = evidence;
            if let Some(budget) = &mut self.budget {
                budget.fired += f64::from(u8::from(strength >= 0.5));
            }
            self.remember(evidence, points);
        }
        self.memory *= 1.0 - 1.0 / TUNING.refractory_points;
        if given { strength } else { 0.0 }
    }

    fn remember(&mut self, evidence: f64, points: u64) {
        self.given.add(evidence / TUNING.alarm_fence);
        if self.given.total() >= TUNING.tail_points_max {
            self.given.fade();
            if let Some(budget) = &mut self.budget {
                budget.weeks *= 0.5;
                budget.fired *= 0.5;
            }
        }
        self.fence = match self.budget {
            None => {
                let granted = points as f64 * TUNING.alarms_a_point;
                self.exceeded_by(granted.max(TUNING.alarms_granted)).max(TUNING.alarm_fence)
            }
            Some(budget) => self.fence_of(budget, points),
        };
    }

    /// The fence that keeps a budget: the rank of what is granted, and before there are enough
    /// ranks the usual fence, moved by how much rarer than usual an alarm is to be.
    fn fence_of(&self, budget: Budget, points: u64) -> f64 {
        let granted = budget.weeks * budget.alarms_per_week;
        let a_point = (granted / points.max(1) as f64).max(f64::MIN_POSITIVE);
        let rarer = libm::log(TUNING.alarms_usual / a_point);
        let assumed = TUNING.alarm_fence + TUNING.alarm_rarer * rarer;
        let weight = granted / (granted + 1.0);
        // What fired too little or too much is made good: the first points of a series, on which
        // all is new, would else raise the fence for long.
        let due = (2.0 * granted - budget.fired).clamp(0.5 * granted, 2.0 * granted);
        let ranked = self.exceeded_by(due.max(1.0));
        (assumed + weight * (ranked - assumed)).max(TUNING.alarm_least)
    }

    /// The evidence that so many alarms exceeded.
    fn exceeded_by(&self, rank: f64) -> f64 {
        self.given.exceeded_by(rank) * TUNING.alarm_fence
    }
}

/// Whether it can be a number of alarms a week: positive, and at most one a second.
pub(super) fn is_budget(alarms_per_week: f64) -> bool {
    alarms_per_week > 0.0 && alarms_per_week <= WEEK_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alarm_while_it_lasts_and_another_when_it_worsens() {
        let mut alarm = Alarm::new();
        let mut given = |evidence| alarm.update(evidence, 0) > 0.0;
        assert!(given(10.0));
        assert!((0..10).all(|_| !given(10.0)));
        assert!(given(10.0 * TUNING.alarm_escalation * 1.1));
        assert!(!given(10.0));
        let calm = (TUNING.refractory_points * 3.0) as usize;
        assert!((0..calm).all(|_| !given(0.0)));
        assert!(given(10.0));
    }

    #[test]
    fn what_is_weak_is_not_given() {
        assert_eq!(Alarm::new().update(TUNING.alarm_least * 0.9, 0), 0.0);
    }

    #[test]
    fn what_comes_again_and_again_is_no_news() {
        let mut alarm = Alarm::new();
        let every = 4 * TUNING.refractory_points as u64;
        let strong = (0..100 * every)
            .filter(|&i| alarm.update(if i % every == 0 { 20.0 } else { 0.0 }, i) >= 0.5)
            .count() as f64;
        let granted = 100.0 * every as f64 * TUNING.alarms_a_point;
        assert!(strong < 1.5 * granted + TUNING.alarms_granted, "{strong} of {granted}");
        assert!(alarm.update(90.0, 100 * every) >= 0.5, "something worse is");
    }
}
