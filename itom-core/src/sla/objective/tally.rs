//! What an objective counted: events by bucket, the slices they make, and what is left out.
//!
//! Events and, where a budget is of slices, the verdicts of their slices are [`Series`] of their
//! own, so that a window of either is two loads. A bucket that an exclusion touches moves out of
//! both and is kept aside: when the exclusion is taken back it returns. Buckets that leave the
//! longest window asked for, as of the latest record, are forgotten.

use std::collections::BTreeMap;

use super::definition::Budgeting;
use super::series::{Counts, Series};
use crate::sla::Fraction;
use crate::sla::interval::{self, Interval};
use crate::{Error, ErrorKind, Result};

/// In how many parts a slice's ratio is counted: 10^-12 of a slice each, rounded down.
pub(super) const PARTS: u64 = 1_000_000_000_000;
const MOST_EXCLUSIONS: usize = 10_000;

/// How the events of a slice become a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SliceRule {
    pub(super) budgeting: Budgeting,
    /// The share from which on a slice is good.
    pub(super) target: (u64, u64),
}

impl SliceRule {
    pub(super) fn verdict(self, events: Counts) -> Counts {
        let (bad, total) = (u128::from(events.bad), u128::from(events.total));
        if total == 0 {
            return Counts::default();
        }
        if self.budgeting == Budgeting::RatioTimeslices {
            // At most PARTS.
            return Counts { bad: (bad * u128::from(PARTS) / total) as u64, total: PARTS };
        }
        let (above, below) = (u128::from(self.target.0), u128::from(self.target.1));
        Counts { bad: u64::from((total - bad) * below < total * above), total: 1 }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) events: Series,
    pub(super) slices: Series,
    rule: Option<SliceRule>,
    /// The sum of all events that are kept, left out or not: below 2^64.
    retained: u64,
    latest: Option<i64>,
    began: Option<i64>,
    forgotten: Option<i64>,
    excluded: Vec<Interval>,
    aside: BTreeMap<i64, Counts>,
}

/// What is kept of a [`Tally`] in a snapshot, beside its buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Marks {
    pub(super) latest: Option<i64>,
    pub(super) began: Option<i64>,
    pub(super) forgotten: Option<i64>,
    pub(super) excluded: Vec<Interval>,
}

impl Tally {
    pub(super) fn new(rule: Option<SliceRule>) -> Tally {
        Tally {
            events: Series::default(),
            slices: Series::default(),
            rule,
            retained: 0,
            latest: None,
            began: None,
            forgotten: None,
            excluded: Vec::new(),
            aside: BTreeMap::new(),
        }
    }

    /// The series that the budget counts.
    #[inline]
    pub(super) fn budgeted(&self) -> &Series {
        if self.rule.is_some() { &self.slices } else { &self.events }
    }

    /// Counts in a bucket and forgets what is `keep` or more before the latest; false if the
    /// bucket itself is.
    pub(super) fn add(&mut self, bucket: i64, counts: Counts, keep: i64) -> Result<bool> {
        let latest = self.latest.unwrap_or(bucket).max(bucket);
        let oldest = latest.saturating_sub(keep).saturating_add(1);
        if bucket < oldest {
            return Ok(false);
        }
        let Some(retained) = self.retained.checked_add(counts.total) else {
            return Err(too_many(self.retained, counts.total));
        };
        self.retained = retained;
        self.began = Some(self.began.map_or(bucket, |began| began.min(bucket)));
        let moved = self.latest != Some(latest);
        self.latest = Some(latest);
        self.put(bucket, counts);
        if moved {
            self.forget(oldest);
        }
        Ok(true)
    }

    /// Changes what a bucket counted; none if it would hold more bad than all, or fewer than none.
    pub(super) fn adjust(&mut self, bucket: i64, bad: i128, total: i128) -> Result<Option<()>> {
        let held = self.held(bucket);
        let (bad, total) = (i128::from(held.bad) + bad, i128::from(held.total) + total);
        if bad < 0 || total < bad {
            return Ok(None);
        }
        let rest = i128::from(self.retained) - i128::from(held.total);
        let (Ok(bad), Ok(new)) = (u64::try_from(bad), u64::try_from(total)) else {
            return Err(too_many(held.total, total));
        };
        let Ok(retained) = u64::try_from(rest + total) else {
            return Err(too_many(rest, total));
        };
        self.retained = retained;
        if new > 0 {
            self.began = Some(self.began.map_or(bucket, |began| began.min(bucket)));
        }
        let counts = Counts { bad, total: new };
        if self.excludes(bucket) {
            self.aside.remove(&bucket);
            if new > 0 {
                self.aside.insert(bucket, counts);
            }
        } else {
            self.replace(bucket, held, counts);
        }
        Ok(Some(()))
    }

    /// What a bucket counted, left out or not.
    pub(super) fn held(&self, bucket: i64) -> Counts {
        self.aside.get(&bucket).copied().unwrap_or_else(|| self.events.get(bucket))
    }

    fn put(&mut self, bucket: i64, counts: Counts) {
        if !self.excluded.is_empty() && self.excludes(bucket) {
            let held = self.aside.entry(bucket).or_default();
            held.bad += counts.bad;
            held.total += counts.total;
        } else if self.rule.is_some() {
            let held = self.events.get(bucket);
            let sum = Counts { bad: held.bad + counts.bad, total: held.total + counts.total };
            self.replace(bucket, held, sum);
        } else {
            self.events.add(bucket, counts);
        }
    }

    fn replace(&mut self, bucket: i64, held: Counts, counts: Counts) {
        let difference = |from: Counts, to: Counts| Counts {
            bad: to.bad.wrapping_sub(from.bad),
            total: to.total.wrapping_sub(from.total),
        };
        if held == counts {
            return;
        }
        self.events.add(bucket, difference(held, counts));
        if let Some(rule) = self.rule {
            let (from, to) = (rule.verdict(held), rule.verdict(counts));
            if from != to {
                self.slices.add(bucket, difference(from, to));
            }
        }
    }

    fn forget(&mut self, oldest: i64) {
        let gone = oldest.saturating_sub(1);
        if self.events.last().is_none() && self.aside.is_empty() {
            return;
        }
        let mut lost = self.events.sum(i64::MIN, gone).total;
        let mut forgotten = self.events.forget(oldest);
        self.slices.forget(oldest);
        while let Some(first) = self.aside.first_entry().filter(|first| *first.key() < oldest) {
            forgotten = forgotten.max(Some(*first.key()));
            lost += first.remove().total;
        }
        self.retained -= lost;
        self.forgotten = self.forgotten.max(forgotten);
    }

    /// Leaves the buckets `[from, until)` out, or takes them back in.
    pub(super) fn exclude(&mut self, from: i64, until: i64, out: bool) -> Result<()> {
        let mut excluded = if out {
            let mut spans = self.excluded.clone();
            spans.push((from, until));
            interval::union(spans)
        } else {
            interval::difference(&self.excluded, &[(from, until)])
        };
        let oldest = self.forgotten.unwrap_or(i64::MIN);
        excluded.retain(|span| span.1 > oldest);
        if excluded.len() > MOST_EXCLUSIONS {
            let message = format!(
                "an objective has at most {MOST_EXCLUSIONS} exclusions apart from each other"
            );
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("from"));
        }
        let all = self.buckets();
        self.excluded = excluded;
        self.refill(all);
        Ok(())
    }

    fn refill(&mut self, all: Vec<(i64, Counts)>) {
        let (aside, seen): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|bucket| self.excludes(bucket.0));
        self.aside = aside.into_iter().collect();
        if let Some(rule) = self.rule {
            let verdicts = seen.iter().map(|&(bucket, counts)| (bucket, rule.verdict(counts)));
            self.slices = Series::collect(verdicts);
        }
        self.events = Series::collect(seen.into_iter());
    }

    fn excludes(&self, bucket: i64) -> bool {
        let place = self.excluded.partition_point(|span| span.1 <= bucket);
        self.excluded.get(place).is_some_and(|span| span.0 <= bucket)
    }

    /// How many buckets of `(after, last]` are left out.
    pub(super) fn excluded_in(&self, after: i64, last: i64) -> i64 {
        let first = self.excluded.partition_point(|span| span.1 <= after);
        let (from, until) = (after.saturating_add(1), last.saturating_add(1));
        let inside = self.excluded[first..].iter().take_while(|span| span.0 < until);
        inside.map(|span| (span.1.min(until) - span.0.max(from)).max(0)).sum()
    }

    /// The exclusions, in buckets.
    pub(super) fn exclusions(&self) -> &[Interval] {
        &self.excluded
    }

    /// Every bucket that counted something, in order, left out or not.
    pub(super) fn buckets(&self) -> Vec<(i64, Counts)> {
        let mut all: Vec<_> = self.events.range(i64::MIN, i64::MAX).collect();
        all.extend(self.aside.iter().map(|(&bucket, &counts)| (bucket, counts)));
        all.sort_unstable_by_key(|bucket| bucket.0);
        all
    }

    pub(super) fn marks(&self) -> Marks {
        Marks {
            latest: self.latest,
            began: self.began,
            forgotten: self.forgotten,
            excluded: self.excluded.clone(),
        }
    }

    /// A tally of buckets as [`Tally::buckets`] gives them.
    pub(super) fn restore(
        rule: Option<SliceRule>,
        marks: Marks,
        buckets: Vec<(i64, Counts)>,
        keep: i64,
    ) -> Result<Tally> {
        let mut sum = 0_u64;
        let mut before = marks.forgotten;
        let mut whole = marks.began.is_some() == marks.latest.is_some();
        for &(bucket, counts) in &buckets {
            whole &= before.is_none_or(|before| before < bucket);
            whole &= 0 < counts.total && counts.bad <= counts.total;
            whole &= marks.began.is_some_and(|began| began <= bucket);
            let near = |latest: i64| bucket <= latest && latest.saturating_sub(keep) < bucket;
            whole &= marks.latest.is_some_and(near);
            before = Some(bucket);
            let more = sum.checked_add(counts.total);
            whole &= more.is_some();
            sum = more.unwrap_or(sum);
        }
        whole &= interval::union(marks.excluded.clone()) == marks.excluded;
        whole &= marks.excluded.len() <= MOST_EXCLUSIONS;
        if !whole {
            return Err(
                Error::new(ErrorKind::Corrupt, "its counts are out of order").about("bytes")
            );
        }
        let mut tally = Tally::new(rule);
        tally.retained = sum;
        (tally.latest, tally.began, tally.forgotten) = (marks.latest, marks.began, marks.forgotten);
        tally.excluded = marks.excluded;
        tally.refill(buckets);
        Ok(tally)
    }

    pub(super) fn latest(&self) -> Option<i64> {
        self.latest
    }

    pub(super) fn began(&self) -> Option<i64> {
        self.began
    }

    pub(super) fn retained(&self) -> u64 {
        self.retained
    }

    /// Whether counts of a bucket after this one are forgotten.
    #[inline]
    pub(super) fn lost(&self, after: i64) -> bool {
        self.forgotten.is_some_and(|forgotten| forgotten > after)
    }

    /// The bad share of each slice in `(after, last]`, summed exactly; none when the sum leaves
    /// 128 bits.
    pub(super) fn exact_bad(&self, after: i64, last: i64) -> Option<Fraction> {
        let mut by_total: BTreeMap<u64, u128> = BTreeMap::new();
        for (_, counts) in self.events.range(after, last).filter(|slice| slice.1.bad > 0) {
            *by_total.entry(counts.total).or_default() += u128::from(counts.bad);
        }
        by_total.into_iter().try_fold(Fraction::ZERO, |sum, (total, bad)| {
            let share = Fraction::new(-i128::try_from(bad).ok()?, i128::from(total)).ok()?;
            sum.minus(share).ok()
        })
    }
}

fn too_many(held: impl std::fmt::Display, more: impl std::fmt::Display) -> Error {
    let message = format!("the counts of an objective stay below 2^64, got {held} and {more}");
    Error::new(ErrorKind::LimitExceeded, message).about("total")
}
