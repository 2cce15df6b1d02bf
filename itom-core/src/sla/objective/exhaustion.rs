//! How long does the budget last, and what is left of it at the end?
//!
//! Both go on from now with one burn rate r and with events as frequent as they were. With c of a
//! window of length W behind, B bad of a budget b so far:
//!
//! - of slices the budget is that of the whole window from the beginning: it lasts (1 - B/b) W / r.
//! - of events it grows with them. While the window is not full it lasts (1 - B/b) c / (r - 1), if
//!   r is above 1; once it is full the budget stands still at b W/c and lasts (1 - B/b c/W) W / r.
//!   What is bad and leaves a rolling window is not given back, so the answer is the earliest.
//! - a period of a calendar ends: what lasts to its end lasts.
//!
//! These are estimates: they come from exact fractions and end as floats. No verdict uses them.

use super::definition::Budgeting;
use super::evaluate::WindowCounts;
use super::objective::Objective;
use crate::{Duration, Result, Timestamp};

/// What an estimate starts from: shares of the budget, lengths in nanoseconds.
struct Outlook {
    /// Consumed over budget.
    spent: f64,
    /// The burn rate that goes on.
    rate: f64,
    /// How much of the window is behind.
    passed: f64,
    /// The window's whole length.
    whole: f64,
    /// Whether the window rolls on once it is full.
    rolls: bool,
    /// Whether the budget grows with the events.
    grows: bool,
}

impl Outlook {
    fn lasts(&self) -> Option<f64> {
        if self.spent >= 1.0 {
            return Some(0.0);
        }
        if self.rate <= 0.0 {
            return None;
        }
        let end = (!self.rolls).then_some(self.whole - self.passed);
        let lasts = if !self.grows {
            (1.0 - self.spent) * self.whole / self.rate
        } else {
            let growing = (1.0 - self.spent) * self.passed / (self.rate - 1.0);
            if self.rate > 1.0 && self.passed + growing <= self.whole {
                growing
            } else if self.rolls {
                (1.0 - self.spent * self.passed / self.whole) * self.whole / self.rate
            } else {
                return None;
            }
        };
        Some(lasts).filter(|lasts| end.is_none_or(|end| *lasts <= end))
    }

    /// The share of the budget that is left when the window has run its length.
    fn left_at_end(&self) -> f64 {
        let coming = (self.whole - self.passed) / self.whole * self.rate;
        let share = if self.grows { self.passed / self.whole } else { 1.0 };
        1.0 - self.spent * share - coming
    }
}

impl Objective {
    /// How long what is left of the budget lasts at the burn rate over the `window` before an
    /// instant, with events as frequent as they were; zero when it is spent, none when it lasts for
    /// good, or to the end of the period of a calendar, and when nothing was counted.
    ///
    /// ```
    /// use itom_core::sla::{Objective, ObjectiveDefinition};
    /// use itom_core::{Duration, Timestamp};
    ///
    /// let definition = ObjectiveDefinition::new("99".parse()?, "24h".parse()?);
    /// let mut objective = Objective::new(definition)?;
    /// // Forty minutes old, and twice too many failures for the last ten: half of the budget so far
    /// // is spent, and the other half is in twenty minutes.
    /// (0..30).try_for_each(|m| objective.record(Timestamp::from_secs(60 * m), 100, 100))?;
    /// (30..40).try_for_each(|m| objective.record(Timestamp::from_secs(60 * m), 98, 100))?;
    /// let lasts = objective.time_to_exhaustion(Timestamp::from_secs(60 * 39), "10m".parse()?)?;
    /// assert_eq!(lasts, Some("20m".parse()?));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Objective::burn_rate`].
    pub fn time_to_exhaustion(&self, at: Timestamp, window: Duration) -> Result<Option<Duration>> {
        let outlook = self.outlook(at, window)?;
        let nanos = outlook.and_then(|outlook| outlook.lasts());
        let nanos = nanos.filter(|nanos| *nanos < 9.2e18);
        Ok(nanos.map(|nanos| Duration::from_nanos(nanos.round() as i64)))
    }

    /// With a calendar: the share of the budget that is left at the end of the period, if the burn
    /// rate over the `window` before an instant goes on.
    pub(super) fn forecast(&self, at: Timestamp, window: Duration) -> Result<Option<f64>> {
        if self.plan.periods.is_none() {
            return Ok(None);
        }
        Ok(self.outlook(at, window)?.map(|outlook| outlook.left_at_end()))
    }

    fn outlook(&self, at: Timestamp, window: Duration) -> Result<Option<Outlook>> {
        let last = self.plan.bucket(at);
        let (after, until) = self.checked_span(at)?;
        let counts: WindowCounts = self.window_counts(after, last);
        let (consumed, budget) = self.budget_of(after, last, until, counts)?;
        let spent = consumed.over(budget)?;
        let (Some(spent), Some(rate)) = (spent, self.burn_rate(at, window)?) else {
            return Ok(None);
        };
        let began = self.tally.began().unwrap_or(last);
        let unit = self.plan.unit as f64;
        let behind = last.saturating_sub(after.max(began.saturating_sub(1)));
        Ok(Some(Outlook {
            spent: spent.to_f64(),
            rate: rate.to_f64(),
            passed: behind.max(1) as f64 * unit,
            whole: self.plan_length(after, until) as f64 * unit,
            rolls: self.plan.periods.is_none(),
            grows: self.definition.budgeting == Budgeting::Occurrences,
        }))
    }

    fn plan_length(&self, after: i64, until: i64) -> i64 {
        until.saturating_sub(after).saturating_sub(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(spent: f64, rate: f64, passed: f64, rolls: bool, grows: bool) -> Outlook {
        Outlook { spent, rate, passed, whole: 100.0, rolls, grows }
    }

    #[test]
    fn a_window_that_is_not_full_ends_sooner_and_grows() {
        // Full: (1 - spent) W / r.
        assert_eq!(outlook(0.5, 5.0, 100.0, true, true).lasts(), Some(10.0));
        // A tenth behind, twice the rate: what is left of the tenth's budget, doubled by growth.
        assert_eq!(outlook(0.5, 2.0, 10.0, true, true).lasts(), Some(5.0));
        // Too slow to be gone before the window is full: bad then is as much as the whole budget.
        let lasts = outlook(0.5, 1.05, 10.0, true, true).lasts().unwrap();
        assert!((0.05 + lasts * 0.0105 - 1.0).abs() < 1e-12 && lasts > 90.0);
        // Slices: the budget of the whole window is there from the beginning.
        assert_eq!(outlook(0.5, 2.0, 10.0, true, false).lasts(), Some(25.0));
        assert_eq!(outlook(1.5, 2.0, 10.0, true, true).lasts(), Some(0.0));
        assert_eq!(outlook(0.5, 0.0, 10.0, true, true).lasts(), None);
    }

    #[test]
    fn a_period_ends() {
        assert_eq!(outlook(0.5, 2.0, 60.0, false, true).lasts(), Some(30.0));
        assert_eq!(outlook(0.5, 1.5, 60.0, false, true).lasts(), None);
        assert_eq!(outlook(0.5, 2.0, 60.0, false, false).lasts(), Some(25.0));
        assert_eq!(outlook(0.5, 1.0, 60.0, false, false).lasts(), None);
        let left = outlook(0.5, 1.5, 60.0, false, true).left_at_end();
        assert!((left - 0.1).abs() < 1e-12, "0.5 x 0.6 and 1.5 x 0.4 are spent of 1: {left}");
        assert!((outlook(0.5, 1.0, 60.0, false, false).left_at_end() - 0.1).abs() < 1e-12);
    }
}
