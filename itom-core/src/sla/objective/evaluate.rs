//! Which alerts fire, and does the budget hold? The question that is asked every few seconds.
//!
//! A [`Plan`] holds what does not change between questions: each window as a number of buckets,
//! each threshold as a ratio of integers. A window's bad share exceeds `n / d` when
//! `bad x d > total x n`, two multiplications into 128 bits, so nothing is rounded and nothing
//! divided. Where the sums of an objective stand side by side a window costs two loads.

use super::definition::{Budgeting, NoData, ObjectiveDefinition};
use super::objective::Objective;
use super::series::{Counts, Dense, Series};
use super::status::{Evaluation, ObjectiveState};
use super::tally::PARTS;
use crate::sla::Fraction;
use crate::sla::period::CalendarWindow;
use crate::{Error, Result, Timestamp};

/// An alert in buckets, its threshold the bad share that it fires above.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedAlert {
    pub(super) long: i64,
    pub(super) short: i64,
    pub(super) pending: i64,
    pub(super) threshold: (u64, u64),
    pub(super) inclusive: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) unit: i64,
    /// 2^64 over the unit, rounded down.
    reciprocal: u64,
    pub(super) window: i64,
    /// How many buckets are kept.
    pub(super) keep: i64,
    /// How far back a question reaches.
    reach: i64,
    pub(super) budget: (u64, u64),
    pub(super) alerts: Vec<PlannedAlert>,
    pub(super) periods: Option<CalendarWindow>,
    /// Nothing but sums decides: no calendar, no slices that are missing, no least traffic.
    plain: bool,
}

impl Plan {
    pub(super) fn new(definition: &ObjectiveDefinition) -> Result<Plan> {
        let budget = definition.error_budget()?;
        let length = definition.window_length();
        let window = definition.buckets("window", length)?;
        let mut alerts = Vec::new();
        for alert in definition.kept_alerts() {
            let threshold = alert.factor(length)?.times(budget)?;
            alerts.push(PlannedAlert {
                long: definition.buckets("long", alert.long)?,
                short: definition.buckets("short", alert.short)?,
                pending: alert.pending.as_nanos() / definition.resolution.as_nanos(),
                threshold: integers("factor", threshold)?,
                inclusive: alert.inclusive,
            });
        }
        let periods = definition.calendar_window().map(CalendarWindow::new).transpose()?;
        let unit = definition.resolution.as_nanos();
        let mut longest = window;
        if periods.is_some() {
            // A month is at most 31 days long and a zone adds or skips one at most.
            let (months, days) = (definition.window.months(), definition.window.days());
            let days = i64::from(months) * 31 + i64::from(days) + 1;
            let nanos = days.saturating_mul(86_400_000_000_000);
            let nanos = nanos.saturating_add(definition.window.exact().as_nanos());
            longest = nanos / unit + 1;
        }
        let history = definition.history.unwrap_or(u32::from(periods.is_some()));
        let past = alerts.iter().map(|alert| alert.long + alert.pending).max();
        let reach = past.unwrap_or(0).max(if periods.is_some() { 1 } else { window });
        let keep = longest.saturating_mul(i64::from(history) + 1).max(reach);
        if keep > super::definition::MOST_BUCKETS {
            let expected = format!(
                "few enough that at most {} buckets of {} are kept",
                super::definition::MOST_BUCKETS,
                definition.resolution
            );
            return Err(Error::invalid("history", history, expected));
        }
        let plain = periods.is_none()
            && definition.min_events == 0
            && definition.no_data == NoData::Ignore
            && definition.budgeting != Budgeting::RatioTimeslices;
        let budget = integers("target", budget)?;
        // Of a unit of one it would be 2^64; one less is short by one as well.
        let reciprocal = u64::try_from((1_u128 << 64) / unit as u128).unwrap_or(u64::MAX);
        Ok(Plan { unit, reciprocal, window, keep, reach, budget, alerts, periods, plain })
    }

    /// The bucket of an instant: a division by the unit. After 1970 by a product with its
    /// reciprocal, which is short by one at most.
    #[inline]
    pub(super) fn bucket(&self, at: Timestamp) -> i64 {
        let at = at.as_nanos();
        if at < 0 {
            return at.div_euclid(self.unit);
        }
        let short = ((u128::from(at as u64) * u128::from(self.reciprocal)) >> 64) as i64;
        short + i64::from(at - short * self.unit >= self.unit)
    }

    /// The first instant of a bucket.
    pub(super) fn instant(&self, bucket: i64) -> Timestamp {
        Timestamp::from_nanos(bucket.saturating_mul(self.unit))
    }
}

/// Above and below the line as 64-bit integers.
pub(super) fn integers(argument: &str, fraction: Fraction) -> Result<(u64, u64)> {
    let above = u64::try_from(fraction.numerator()).ok();
    let below = u64::try_from(fraction.denominator()).ok();
    let expected = "a number of fewer decimals: its threshold leaves 64 bits";
    above.zip(below).ok_or_else(|| Error::invalid(argument, fraction, expected))
}

#[inline]
fn exceeds(counts: Counts, (above, below): (u64, u64), inclusive: bool) -> bool {
    let bad = u128::from(counts.bad) * u128::from(below);
    let most = u128::from(counts.total) * u128::from(above);
    bad > most || (inclusive && bad == most && counts.total > 0)
}

/// A window's counts; `slack` more may be bad than are said to be, rounded down.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WindowCounts {
    pub(super) counts: Counts,
    pub(super) slack: u64,
}

impl Objective {
    /// The verdict and the alerts that fire: as [`Objective::status`] says, at the cost of a few
    /// sums.
    ///
    /// # Errors
    /// As [`Objective::status`].
    #[inline]
    pub fn evaluate(&self, at: Timestamp) -> Result<Evaluation> {
        let last = self.plan.bucket(at);
        if self.tally.lost(last.saturating_sub(self.plan.reach)) {
            return Err(forgotten(at));
        }
        if self.plan.plain
            && let Series::Dense(sums) = self.tally.budgeted()
        {
            return Ok(self.evaluate_plain(sums, last));
        }
        self.evaluate_any(at, last)
    }

    /// [`Objective::evaluate`] at many instants.
    ///
    /// # Errors
    /// As of one.
    pub fn evaluate_all(&self, instants: &[i64]) -> Result<Vec<Evaluation>> {
        instants.iter().map(|&at| self.evaluate(Timestamp::from_nanos(at))).collect()
    }

    #[inline]
    fn evaluate_plain(&self, sums: &Dense, last: i64) -> Evaluation {
        let sums = sums.before(last);
        let mut firing = 0;
        let mut slow = 0;
        for (index, alert) in self.plan.alerts.iter().enumerate() {
            let (threshold, inclusive) = (alert.threshold, alert.inclusive);
            // A budget that does not burn over the long window is the rule.
            let over = exceeds(sums.window(alert.long), threshold, inclusive)
                && exceeds(sums.window(alert.short), threshold, inclusive);
            firing |= u64::from(over) << index;
            slow |= u64::from(over & (alert.pending > 0)) << index;
        }
        let window = sums.window(self.plan.window);
        let exhausted = match self.definition.budgeting {
            Budgeting::Occurrences => exceeds(window, self.plan.budget, false),
            _ => exceeds(self.whole(last, window.bad), self.plan.budget, false),
        };
        let pending = if slow == 0 { 0 } else { self.not_yet(slow, last) };
        Evaluation {
            state: state(window.total, exhausted, firing & !pending),
            firing: firing & !pending,
            pending,
        }
    }

    #[inline(never)]
    fn evaluate_any(&self, at: Timestamp, last: i64) -> Result<Evaluation> {
        let (after, until) = self.span(at)?;
        if self.tally.lost(after) {
            return Err(forgotten(at));
        }
        let over = |index: usize| u64::from(self.exceeded(index, last)) << index;
        let over = (0..self.plan.alerts.len()).map(over).fold(0, |bits, bit| bits | bit);
        let pending = self.not_yet(over, last);
        let window = self.window_counts(after, last);
        let exhausted = self.spent(after, last, until, window)?;
        let firing = over & !pending;
        Ok(Evaluation { state: state(window.counts.total, exhausted, firing), firing, pending })
    }

    /// The slices of the window that ends with a bucket as the counts that a budget is of.
    fn whole(&self, last: i64, bad: u64) -> Counts {
        let after = last.saturating_sub(self.plan.window);
        let slices = self.plan.window - self.tally.excluded_in(after, last);
        Counts { bad, total: slices as u64 }
    }

    /// Which of these alerts exceed their factor now, but did not all the time they have to.
    #[cold]
    fn not_yet(&self, over: u64, last: i64) -> u64 {
        let early = |index: &usize| {
            let pending = self.plan.alerts[*index].pending;
            over >> index & 1 == 1
                && (1..=pending).any(|ago| !self.exceeded(*index, last.saturating_sub(ago)))
        };
        (0..self.plan.alerts.len()).filter(early).fold(0, |bits, index| bits | 1 << index)
    }

    /// Whether both windows of an alert that end with a bucket exceed its factor.
    pub(super) fn exceeded(&self, index: usize, last: i64) -> bool {
        let alert = &self.plan.alerts[index];
        let after = last.saturating_sub(alert.long);
        let least = self.definition.min_events;
        if least > 0 && self.tally.events.sum(after, last).total < least {
            return false;
        }
        [after, last.saturating_sub(alert.short)].into_iter().all(|after| {
            let window = self.window_counts(after, last);
            self.over(after, last, window, alert.threshold, alert.inclusive)
        })
    }

    /// Whether a window's bad share exceeds a ratio; what the rounded sums of ratios leave open is
    /// summed exactly.
    fn over(
        &self,
        after: i64,
        last: i64,
        window: WindowCounts,
        threshold: (u64, u64),
        inclusive: bool,
    ) -> bool {
        let counts = window.counts;
        let most = Counts { bad: counts.bad.saturating_add(window.slack), ..counts };
        let sure = exceeds(counts, threshold, inclusive);
        if window.slack == 0 || sure || !exceeds(most, threshold, true) {
            return sure;
        }
        let Some(bad) = self.tally.exact_bad(after, last) else { return sure };
        let missing = self.missing(after, last);
        let slices = Fraction::new(i128::from(counts.total / PARTS), 1);
        let threshold = Fraction::new(i128::from(threshold.0), i128::from(threshold.1));
        let exact = || -> Result<bool> {
            let bad = plus(bad, Fraction::new(i128::from(missing.bad / PARTS), 1)?)?;
            let most = threshold?.times(slices?)?;
            Ok(bad > most || (inclusive && bad == most))
        };
        exact().unwrap_or(sure)
    }

    /// Whether more than the budget of a window `(after, until)` is spent.
    fn spent(&self, after: i64, last: i64, until: i64, window: WindowCounts) -> Result<bool> {
        if self.definition.budgeting == Budgeting::Occurrences {
            return Ok(exceeds(window.counts, self.plan.budget, false));
        }
        if window.slack > 0 {
            let (consumed, budget) = self.budget_of(after, last, until, window)?;
            return Ok(consumed > budget);
        }
        let slices = self.slices(after, until);
        let total = (slices as u64).saturating_mul(self.parts());
        Ok(exceeds(Counts { total, ..window.counts }, self.plan.budget, false))
    }

    /// How many slices a window has, less those left out.
    pub(super) fn slices(&self, after: i64, until: i64) -> i64 {
        let whole = until.saturating_sub(after).saturating_sub(1).max(0);
        whole - self.tally.excluded_in(after, until.saturating_sub(1))
    }

    /// In how many parts a slice is counted.
    pub(super) fn parts(&self) -> u64 {
        if self.definition.budgeting == Budgeting::RatioTimeslices { PARTS } else { 1 }
    }

    /// What is bad in a window and what may be, in events or slices.
    pub(super) fn budget_of(
        &self,
        after: i64,
        last: i64,
        until: i64,
        window: WindowCounts,
    ) -> Result<(Fraction, Fraction)> {
        let counts = window.counts;
        let of = match self.definition.budgeting {
            Budgeting::Occurrences => i128::from(counts.total),
            _ => i128::from(self.slices(after, until)),
        };
        let budget = self.budget.times(Fraction::new(of, 1)?)?;
        let rounded = Fraction::new(i128::from(counts.bad), i128::from(self.parts()))?;
        if window.slack == 0 {
            return Ok((rounded, budget));
        }
        let missing = Fraction::new(i128::from(self.missing(after, last).bad / PARTS), 1)?;
        let exact = self.tally.exact_bad(after, last).and_then(|bad| plus(bad, missing).ok());
        Ok((exact.unwrap_or(rounded), budget))
    }

    /// What the buckets `(after, last]` come to in the unit of the budget.
    pub(super) fn window_counts(&self, after: i64, last: i64) -> WindowCounts {
        let mut counts = self.tally.budgeted().sum(after, last);
        let rounded = self.definition.budgeting == Budgeting::RatioTimeslices && counts.bad > 0;
        let slack = if rounded { counts.total / PARTS } else { 0 };
        if self.definition.no_data != NoData::Ignore {
            let missing = self.missing(after, last);
            counts.bad += missing.bad;
            counts.total += missing.total;
        }
        WindowCounts { counts, slack }
    }

    /// The slices in `(after, last]` that are over and had no events, as what they count for.
    fn missing(&self, after: i64, last: i64) -> Counts {
        let Some(began) = self.tally.began().filter(|_| self.definition.no_data != NoData::Ignore)
        else {
            return Counts::default();
        };
        let slices = &self.tally.slices;
        let (from, over) = (after.max(began.saturating_sub(1)), last.saturating_sub(1));
        let all = over.saturating_sub(from).max(0) - self.tally.excluded_in(from, over.max(from));
        let seen = slices.sum(from, over.max(from)).total / self.parts();
        let missing = (all.max(0) as u64).saturating_sub(seen) * self.parts();
        let bad = if self.definition.no_data == NoData::Bad { missing } else { 0 };
        Counts { bad, total: missing }
    }

    /// The buckets of the window at an instant: `(after, until)`, the last being in the future
    /// where a period is not over.
    pub(super) fn span(&self, at: Timestamp) -> Result<(i64, i64)> {
        let Some(periods) = &self.plan.periods else {
            let last = self.plan.bucket(at);
            return Ok((last.saturating_sub(self.plan.window), last.saturating_add(1)));
        };
        let expected = "an instant whose period begins and ends in 1678 to 2262";
        let period = periods.containing(at).ok_or_else(|| Error::invalid("at", at, expected))?;
        Ok(self.period_span(period.start, period.end))
    }

    /// The buckets that begin in a period.
    pub(super) fn period_span(&self, start: Timestamp, end: Timestamp) -> (i64, i64) {
        let first = |at: Timestamp| {
            let bucket = self.plan.bucket(at);
            bucket + i64::from(at.as_nanos() % self.plan.unit != 0)
        };
        (first(start) - 1, first(end))
    }
}

#[inline]
fn state(total: u64, exhausted: bool, firing: u64) -> ObjectiveState {
    if total == 0 {
        ObjectiveState::NoData
    } else if exhausted {
        ObjectiveState::Exhausted
    } else if firing != 0 {
        ObjectiveState::Burning
    } else {
        ObjectiveState::Ok
    }
}

pub(super) fn plus(one: Fraction, other: Fraction) -> Result<Fraction> {
    one.minus(Fraction::ZERO.minus(other)?)
}

#[cold]
pub(super) fn forgotten(at: Timestamp) -> Error {
    let expected = "late enough that its window holds no counts that are forgotten";
    Error::invalid("at", at, expected)
}
