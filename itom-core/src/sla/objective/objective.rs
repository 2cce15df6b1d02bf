//! How much error budget is left, how fast does it burn, and should someone be woken?
//!
//! An [`Objective`] counts good and all events (or time slices) over a window, rolling or following
//! a zone's calendar, and compares exactly: the target is a decimal, sums are integers, every
//! threshold is a ratio. [Alerts](super::BurnAlert) are the multiwindow, multi-burn-rate rules of
//! the Site Reliability Workbook.
//!
//! Memory is bounded: counts are kept in buckets of `resolution`, 100,000 at most, 16 bytes each
//! where they are dense (30 days of minutes: 675 KiB, to twice that) and 24 where they are sparse,
//! the same again where slices are counted; what is older is forgotten. Instants are rounded down
//! to a bucket; a window of n buckets is the bucket of the asked instant and the n - 1 before it, a
//! period of a calendar the buckets that begin in it.
//!
//! Cost: O(1) a record in order and O(n) a late one; an evaluation is two loads a window.

use super::burn::BurnStatus;
use super::definition::{Budgeting, ObjectiveDefinition, percent};
use super::evaluate::{Plan, WindowCounts, forgotten, integers};
use super::policy::{self, BudgetPolicy};
use super::status::{ObjectiveState, ObjectiveStatus, WindowStatus};
use super::tally::{SliceRule, Tally};
use crate::sla::Fraction;
use crate::{Duration, Error, Result, Timestamp};

/// A service level objective with its counts.
///
/// ```
/// use itom_core::sla::{Objective, ObjectiveDefinition, ObjectiveState};
///
/// let mut objective = Objective::new(ObjectiveDefinition::new("99.9".parse()?, "720h".parse()?))?;
/// objective.record("2026-06-15T10:00:00Z".parse()?, 9_856, 10_000)?;
/// // Exactly 14.4 times the budget does not exceed it, however floats would round ...
/// let status = objective.status("2026-06-15T10:00:00Z".parse()?)?;
/// assert!(!status.alerts[0].firing);
/// // ... and one more does.
/// objective.record("2026-06-15T10:00:00Z".parse()?, 0, 1)?;
/// assert!(objective.status("2026-06-15T10:00:00Z".parse()?)?.alerts[0].firing);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Objective {
    pub(super) definition: ObjectiveDefinition,
    pub(super) budget: Fraction,
    pub(super) plan: Plan,
    pub(super) tally: Tally,
    pub(super) late: u64,
}

impl Objective {
    /// An objective without counts.
    ///
    /// # Errors
    /// For a target outside (0, 100], windows that are not multiples of the resolution, an alert
    /// whose short window is the longer one, policies that overlap, an unknown zone.
    pub fn new(definition: ObjectiveDefinition) -> Result<Objective> {
        definition.check()?;
        let budget = definition.error_budget()?;
        let plan = Plan::new(&definition)?;
        let mut objective =
            Objective { definition, budget, plan, tally: Tally::new(None), late: 0 };
        objective.tally = Tally::new(objective.slice_rule()?);
        Ok(objective)
    }

    pub(super) fn slice_rule(&self) -> Result<Option<SliceRule>> {
        let budgeting = self.definition.budgeting;
        if budgeting == Budgeting::Occurrences {
            return Ok(None);
        }
        let target = match self.definition.slice_target {
            Some(target) => integers("slice_target", percent("slice_target", target)?)?,
            None => (1, 1),
        };
        Ok(Some(SliceRule { budgeting, target }))
    }

    /// Its definition.
    pub fn definition(&self) -> &ObjectiveDefinition {
        &self.definition
    }

    /// Where it stands.
    ///
    /// # Errors
    /// For an instant whose window reaches back to counts that are forgotten already.
    pub fn status(&self, at: Timestamp) -> Result<ObjectiveStatus> {
        let evaluation = self.evaluate(at)?;
        let (after, until) = self.checked_span(at)?;
        let last = self.plan.bucket(at);
        let window = self.window_counts(after, last);
        let (consumed, budget) = self.budget_of(after, last, until, window)?;
        let remaining = budget.minus(consumed)?;
        let kept = self.definition.kept_alerts().zip(&self.plan.alerts).enumerate();
        let mut alerts = Vec::with_capacity(self.plan.alerts.len());
        for (index, (alert, planned)) in kept {
            let rate = |buckets: i64| -> Result<Option<f64>> {
                Ok(self.rate(last.saturating_sub(buckets), last)?.map(Fraction::to_f64))
            };
            alerts.push(BurnStatus {
                name: alert.name.clone(),
                long: alert.long,
                short: alert.short,
                factor: alert.factor(self.definition.window_length())?,
                long_rate: rate(planned.long)?,
                short_rate: rate(planned.short)?,
                pending: evaluation.pending >> index & 1 == 1,
                firing: evaluation.firing >> index & 1 == 1,
            });
        }
        let over = alerts.first().map_or(self.definition.window_length(), |alert| alert.long);
        let sli = self.share(window, consumed)?;
        Ok(ObjectiveStatus {
            at,
            window_start: self.plan.instant(after.saturating_add(1)),
            window_end: self.plan.instant(until),
            covers_window: self.covers_window(at),
            state: evaluation.state,
            good: self.good(window, consumed),
            total: window.counts.total / self.parts(),
            sli,
            sli_ratio: sli.map(Fraction::to_f64),
            budget,
            consumed,
            remaining,
            remaining_ratio: remaining.over(budget)?.map(Fraction::to_f64),
            burn_rate: self.rate(after, last)?.map(Fraction::to_f64),
            time_to_exhaustion: self.time_to_exhaustion(at, over)?,
            forecast_ratio: self.forecast(at, over)?,
            alerts,
            policy: self.policy(evaluation.state, remaining, budget)?,
            late: self.late,
        })
    }

    /// The windows of a calendar that share an instant with the time from `start` to `end`, each
    /// with what its budget came to; of a rolling window, those that follow each other from `start`
    /// on. What of them lies after the latest record has not counted anything yet.
    ///
    /// # Errors
    /// When one of them holds counts that are forgotten, and for more than 1,000,000 of them.
    pub fn windows(&self, start: Timestamp, end: Timestamp) -> Result<Vec<WindowStatus>> {
        let mut windows = Vec::new();
        if let Some(periods) = &self.plan.periods {
            for period in periods.between(start, end)? {
                let (after, until) = self.period_span(period.start, period.end);
                windows.push(self.window(period.start, period.end, after, until)?);
            }
            return Ok(windows);
        }
        let (mut from, end) = (self.plan.bucket(start), self.plan.bucket(end));
        while from < end {
            if windows.len() == 1_000_000 {
                return Err(Error::invalid("end", end, "within a million windows of the start"));
            }
            let until = from.saturating_add(self.plan.window);
            let (start, end) = (self.plan.instant(from), self.plan.instant(until));
            windows.push(self.window(start, end, from.saturating_sub(1), until)?);
            from = until;
        }
        Ok(windows)
    }

    fn window(
        &self,
        start: Timestamp,
        end: Timestamp,
        after: i64,
        until: i64,
    ) -> Result<WindowStatus> {
        if self.tally.lost(after) {
            return Err(forgotten(start));
        }
        let last = until.saturating_sub(1).min(self.tally.latest().unwrap_or(i64::MIN)).max(after);
        let window = self.window_counts(after, last);
        let (consumed, budget) = self.budget_of(after, last, until, window)?;
        let sli = self.share(window, consumed)?;
        Ok(WindowStatus {
            start,
            end,
            good: self.good(window, consumed),
            total: window.counts.total / self.parts(),
            sli,
            budget,
            consumed,
            remaining: budget.minus(consumed)?,
            met: sli.map(|_| consumed <= budget),
        })
    }

    fn policy(
        &self,
        state: ObjectiveState,
        remaining: Fraction,
        budget: Fraction,
    ) -> Result<Option<BudgetPolicy>> {
        if self.definition.policies.is_empty() || state == ObjectiveState::NoData {
            return Ok(None);
        }
        let whole = Fraction::new(100, 1)?;
        let left = match remaining.over(budget)? {
            Some(left) => left.times(whole)?,
            // There is no budget: all of it is left, or more than all of it is spent.
            None if remaining < Fraction::ZERO => Fraction::new(-1, 1)?,
            None => whole,
        };
        Ok(policy::at(&self.definition.policies, left).cloned())
    }

    /// Good events, or whole good slices.
    fn good(&self, window: WindowCounts, consumed: Fraction) -> u64 {
        if self.parts() == 1 {
            return window.counts.total - window.counts.bad;
        }
        let slices = i128::from(window.counts.total / self.parts());
        let above = consumed.numerator().div_euclid(consumed.denominator());
        let bad = above + i128::from(consumed.numerator() % consumed.denominator() != 0);
        u64::try_from(slices - bad).unwrap_or(0)
    }

    /// The good share.
    fn share(&self, window: WindowCounts, bad: Fraction) -> Result<Option<Fraction>> {
        let total = window.counts.total / self.parts();
        let share = bad.over(Fraction::new(i128::from(total), 1)?)?;
        share.map(|share| Fraction::ONE.minus(share)).transpose()
    }

    /// How many times faster than allowed the budget burned over the `window` before an instant:
    /// bad share over error budget. None without data, and for a budget of zero.
    ///
    /// # Errors
    /// For a window that is no multiple of the resolution, and as [`Objective::status`].
    pub fn burn_rate(&self, at: Timestamp, window: Duration) -> Result<Option<Fraction>> {
        let last = self.plan.bucket(at);
        let after = last.saturating_sub(self.definition.buckets("window", window)?);
        if self.tally.lost(after) {
            return Err(forgotten(at));
        }
        self.rate(after, last)
    }

    fn rate(&self, after: i64, last: i64) -> Result<Option<Fraction>> {
        let window = self.window_counts(after, last);
        let total = window.counts.total / self.parts();
        if total == 0 {
            return Ok(None);
        }
        let (bad, _) = self.budget_of(after, last, last.saturating_add(1), window)?;
        let share = bad.over(Fraction::new(i128::from(total), 1)?)?;
        share.map_or(Ok(None), |share| share.over(self.budget))
    }

    /// Whether counting began when the window at an instant did, or before. Until then the budget
    /// of events is that of the events so far and still grows.
    ///
    /// ```
    /// use itom_core::sla::{Objective, ObjectiveDefinition};
    /// use itom_core::{Duration, Timestamp};
    ///
    /// let window = Duration::from_secs(86_400);
    /// let mut objective = Objective::new(ObjectiveDefinition::new("99.9".parse()?, window))?;
    /// objective.record(Timestamp::from_secs(0), 99, 100)?;
    /// assert!(!objective.covers_window(Timestamp::from_secs(3600)));
    /// assert!(objective.covers_window(Timestamp::from_secs(86_400)));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn covers_window(&self, at: Timestamp) -> bool {
        let Ok((after, _)) = self.span(at) else { return false };
        // A calendar's period is covered from its first bucket, a rolling window from the one
        // before: it is full when as much time has passed.
        let first = after.saturating_add(i64::from(self.plan.periods.is_some()));
        self.tally.began().is_some_and(|began| began <= first)
    }

    /// The buckets of the window at an instant, if all of them are kept.
    pub(super) fn checked_span(&self, at: Timestamp) -> Result<(i64, i64)> {
        let (after, until) = self.span(at)?;
        if self.tally.lost(after) {
            return Err(forgotten(at));
        }
        Ok((after, until))
    }
}
