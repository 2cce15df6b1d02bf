//! When is it worth waking someone?
//!
//! An anomaly lasts, an alarm is one moment. An [`Alarm`] gives the strength of an oddity where it
//! first shows, then is silent while its memory of that strength fades — but lets through at once
//! what is clearly stronger: a second, worse trouble soon after the first is not swallowed.
//!
//! Cost: one number, constant a point.

use serde::{Deserialize, Serialize};

use super::tuning::TUNING;

/// The memory of the last alarm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Alarm {
    memory: f64,
}

impl Alarm {
    /// Whether it can be the state of an alarm: for state read from bytes.
    pub(super) fn is_sound(&self) -> bool {
        self.memory.is_finite() && self.memory >= 0.0
    }

    /// The alarm this point gives for its evidence and strength: 0 or the strength.
    pub(super) fn update(&mut self, evidence: f64, strength: f64) -> f64 {
        let starts = strength >= TUNING.alarm_least;
        let given = starts && evidence > self.memory * TUNING.alarm_escalation;
        if given {
            self.memory = evidence;
        }
        self.memory *= 1.0 - 1.0 / TUNING.refractory_points;
        if given { strength } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alarm_while_it_lasts_and_another_when_it_worsens() {
        let mut alarm = Alarm::default();
        let mut given = |evidence| alarm.update(evidence, 0.9) > 0.0;
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
        assert_eq!(Alarm::default().update(1.0, TUNING.alarm_least * 0.9), 0.0);
    }
}
