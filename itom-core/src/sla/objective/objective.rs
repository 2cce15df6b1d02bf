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
use super::indicator::Indicator;
use super::policy::{self, BudgetPolicy};
use super::series::Counts;
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

    /// Counts `good` of `total` events at an instant. Any order; what is older than is kept, before
    /// the latest record, is not counted but told in [`ObjectiveStatus::late`].
    ///
    /// # Errors
    /// When there are more good than all, or the counts leave 64 bits.
    #[inline]
    pub fn record(&mut self, at: Timestamp, good: u64, total: u64) -> Result<()> {
        if good > total {
            return Err(Error::invalid("good", good, format!("at most total, which is {total}")));
        }
        if total == 0 {
            return Ok(());
        }
        let counts = Counts { bad: total - good, total };
        if !self.tally.add(self.plan.bucket(at), counts, self.plan.keep)? {
            self.late += 1;
        }
        Ok(())
    }

    /// Counts `bad` of `total` events at an instant: the other way to say a ratio.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::{Objective, ObjectiveDefinition}};
    /// let mut objective = Objective::new(ObjectiveDefinition::new("99".parse()?, "1h".parse()?))?;
    /// objective.record_bad(Timestamp::from_secs(0), 3, 100)?;
    /// assert_eq!(objective.status(Timestamp::from_secs(0))?.good, 97);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Objective::record`].
    pub fn record_bad(&mut self, at: Timestamp, bad: u64, total: u64) -> Result<()> {
        let Some(good) = total.checked_sub(bad) else {
            return Err(Error::invalid("bad", bad, format!("at most total, which is {total}")));
        };
        self.record(at, good, total)
    }

    /// [`Objective::record`] of many, all or none of them.
    ///
    /// # Errors
    /// As of one, and when the slices are of different length; nothing is then counted.
    pub fn record_all(&mut self, instants: &[i64], good: &[u64], total: &[u64]) -> Result<()> {
        for (argument, length) in [("good", good.len()), ("total", total.len())] {
            Error::check_length(argument, length, "instants", instants.len())?;
        }
        self.all_or_none(total.iter().map(|&total| u128::from(total)).sum(), |objective| {
            if let Some(index) = (0..good.len()).find(|&index| good[index] > total[index]) {
                let expected = format!("at most total, which is {}", total[index]);
                return Err(Error::invalid("good", good[index], expected));
            }
            (0..instants.len()).try_for_each(|index| {
                objective.record(Timestamp::from_nanos(instants[index]), good[index], total[index])
            })
        })
    }

    /// [`Objective::record_bad`] of many, all or none of them.
    ///
    /// # Errors
    /// As [`Objective::record_all`].
    pub fn record_bad_all(&mut self, instants: &[i64], bad: &[u64], total: &[u64]) -> Result<()> {
        Error::check_length("bad", bad.len(), "instants", total.len())?;
        let mut good = Vec::with_capacity(bad.len());
        for (&bad, &total) in bad.iter().zip(total) {
            let expected = || format!("at most total, which is {total}");
            good.push(
                total.checked_sub(bad).ok_or_else(|| Error::invalid("bad", bad, expected()))?,
            );
        }
        self.record_all(instants, &good, total)
    }

    /// Counts a measured value at an instant as a good or a bad event, as the definition's
    /// threshold says. NaN is no measurement and counts as nothing.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::{Objective, ObjectiveDefinition}};
    /// let definition: ObjectiveDefinition = serde_json::from_str(
    ///     r#"{"target": "99", "window": "1h",
    ///     "indicator": {"threshold": {"op": "lte", "value": 0.3}}}"#).unwrap();
    /// let mut objective = Objective::new(definition)?;
    /// objective.record_values(&[0, 1, 2, 3], &[0.1, 0.3, 0.31, f64::NAN])?;
    /// let status = objective.status(Timestamp::from_secs(0))?;
    /// assert_eq!((status.good, status.total), (2, 3));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the definition has no threshold.
    pub fn record_value(&mut self, at: Timestamp, value: f64) -> Result<()> {
        let good = self.threshold()?;
        if value.is_nan() {
            return Ok(());
        }
        self.record(at, u64::from(good(value)), 1)
    }

    /// [`Objective::record_value`] of many, all or none of them.
    ///
    /// # Errors
    /// As of one, and when the slices are of different length; nothing is then counted.
    pub fn record_values(&mut self, instants: &[i64], values: &[f64]) -> Result<()> {
        Error::check_length("values", values.len(), "instants", instants.len())?;
        let good = self.threshold()?;
        self.all_or_none(values.len() as u128, |objective| {
            let measured = instants.iter().zip(values).filter(|pair| !pair.1.is_nan());
            measured
                .map(|(&at, &value)| (at, u64::from(good(value))))
                .try_for_each(|(at, good)| objective.record(Timestamp::from_nanos(at), good, 1))
        })
    }

    fn threshold(&self) -> Result<impl Fn(f64) -> bool + use<>> {
        match self.definition.indicator {
            Indicator::Threshold { op, value: bound } => Ok(move |value| op.holds(value, bound)),
            Indicator::Ratio => {
                let expected = "a threshold for values to be compared with";
                Err(Error::invalid("indicator", "\"ratio\"", expected))
            }
        }
    }

    /// Changes many counts at once; a copy is made only where one of them could still fail.
    fn all_or_none(
        &mut self,
        more: u128,
        change: impl Fn(&mut Objective) -> Result<()>,
    ) -> Result<()> {
        if u128::from(self.tally.retained()) + more <= u128::from(u64::MAX) {
            return change(self);
        }
        let mut counted = self.clone();
        change(&mut counted)?;
        *self = counted;
        Ok(())
    }

    /// Corrects what was counted in the bucket of an instant: adds to, or with a negative number
    /// takes from, its good and all events.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::{Objective, ObjectiveDefinition}};
    /// let mut objective = Objective::new(ObjectiveDefinition::new("99".parse()?, "1h".parse()?))?;
    /// let at = Timestamp::from_secs(0);
    /// objective.record(at, 90, 100)?;
    /// objective.adjust(at, 5, 0)?; // five were no failures after all
    /// objective.adjust(at, -20, -20)?; // and twenty were a test
    /// let status = objective.status(at)?;
    /// assert_eq!((status.good, status.total), (75, 80));
    /// assert!(objective.adjust(at, -76, -76).is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When fewer events than none would be left, or more good than all, and for an instant whose
    /// bucket is forgotten or later than every record. Nothing is changed then.
    pub fn adjust(&mut self, at: Timestamp, good: i64, total: i64) -> Result<()> {
        let bucket = self.plan.bucket(at);
        let latest = self.tally.latest();
        let kept = |latest: i64| bucket <= latest && latest.saturating_sub(self.plan.keep) < bucket;
        if !latest.is_some_and(kept) {
            let expected = "in a bucket between the first that is kept and the latest record";
            return Err(Error::invalid("at", at, expected));
        }
        let held = self.tally.held(bucket);
        let bad = i128::from(total) - i128::from(good);
        if self.tally.adjust(bucket, bad, i128::from(total))?.is_some() {
            return Ok(());
        }
        let expected = format!(
            "a correction that {} good of {} leave room for",
            held.total - held.bad,
            held.total
        );
        Err(Error::invalid("good", format!("{good} of {total}"), expected))
    }

    /// Leaves a span of time `[from, until)` out of numerator and denominator: maintenance, or an
    /// outage of someone else's. Every bucket that it touches is left out whole, whenever it was
    /// counted or will be; of slices the budget shrinks with them.
    ///
    /// ```
    /// # use itom_core::{Timestamp, sla::{Objective, ObjectiveDefinition}};
    /// let mut objective = Objective::new(ObjectiveDefinition::new("99".parse()?, "1h".parse()?))?;
    /// objective.record(Timestamp::from_secs(0), 0, 500)?;
    /// objective.record(Timestamp::from_secs(60), 100, 100)?;
    /// let (from, until) = (Timestamp::from_secs(0), Timestamp::from_secs(60));
    /// objective.exclude(from, until)?;
    /// assert_eq!(objective.status(Timestamp::from_secs(60))?.total, 100);
    /// objective.include(from, until)?;
    /// assert_eq!(objective.status(Timestamp::from_secs(60))?.total, 600);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// For a span that is empty or reversed, and for more than 10,000 apart from each other.
    pub fn exclude(&mut self, from: Timestamp, until: Timestamp) -> Result<()> {
        self.leave_out(from, until, true)
    }

    /// Takes a span of time back in that was [excluded](Objective::exclude), with what it counted.
    ///
    /// # Errors
    /// For a span that is empty or reversed.
    pub fn include(&mut self, from: Timestamp, until: Timestamp) -> Result<()> {
        self.leave_out(from, until, false)
    }

    fn leave_out(&mut self, from: Timestamp, until: Timestamp, out: bool) -> Result<()> {
        if until <= from {
            return Err(Error::invalid("until", until, format!("after from, which is {from}")));
        }
        let last = self.plan.bucket(Timestamp::from_nanos(until.as_nanos() - 1));
        self.tally.exclude(self.plan.bucket(from), last.saturating_add(1), out)
    }

    /// The spans that are [excluded](Objective::exclude), apart from each other, in order.
    pub fn exclusions(&self) -> Vec<(Timestamp, Timestamp)> {
        let instant = |bucket: i64| self.plan.instant(bucket);
        self.tally.exclusions().iter().map(|span| (instant(span.0), instant(span.1))).collect()
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
