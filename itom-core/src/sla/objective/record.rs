//! What happened, into the tally: counts, values judged by a threshold, corrections, exclusions.

use super::indicator::Indicator;
use super::objective::Objective;
use super::series::Counts;
use crate::{Error, Result, Timestamp};

impl Objective {
    /// Counts `good` of `total` events at an instant. Any order; what is older than is kept, before
    /// the latest record, is not counted but told in [`late`](super::ObjectiveStatus::late).
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
}
