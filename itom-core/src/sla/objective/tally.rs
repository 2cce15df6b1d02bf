//! Counts in buckets of time, summed over any window in O(log n).
//!
//! Only buckets that counted something are kept, each with the sums up to and including it, so a
//! window is a difference of two. A record in order costs O(1); a late one shifts the sums after
//! it. Buckets that leave the window before the latest one are forgotten.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) bad: u64,
    pub(super) total: u64,
}

/// Bucket, bad and total counted up to and including it since the objective began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bucket(i64, u64, u64);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    buckets: VecDeque<Bucket>,
    /// Sums of what was forgotten.
    base: (u64, u64),
    /// The last bucket that was forgotten.
    forgotten: Option<i64>,
}

impl Tally {
    /// Counts in a bucket and forgets what is `keep` or more before the latest; false if the
    /// bucket itself is.
    pub(super) fn add(&mut self, bucket: i64, counts: Counts, keep: i64) -> Result<bool> {
        let latest = self.latest().unwrap_or(bucket).max(bucket);
        let oldest = latest.saturating_sub(keep).saturating_add(1);
        if bucket < oldest {
            return Ok(false);
        }
        let (_, total) = self.buckets.back().map_or(self.base, |last| (last.1, last.2));
        if total.checked_add(counts.total).is_none() {
            let message = format!(
                "the counts of an objective stay below 2^64, got {total} and {}",
                counts.total
            );
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("total"));
        }
        let place = self.buckets.partition_point(|other| other.0 < bucket);
        if self.buckets.get(place).is_none_or(|found| found.0 != bucket) {
            let before = self.sums_before(place);
            self.buckets.insert(place, Bucket(bucket, before.0, before.1));
        }
        for later in self.buckets.range_mut(place..) {
            later.1 += counts.bad;
            later.2 += counts.total;
        }
        while let Some(first) = self.buckets.front().copied().filter(|first| first.0 < oldest) {
            self.base = (first.1, first.2);
            self.forgotten = Some(first.0);
            self.buckets.pop_front();
        }
        Ok(true)
    }

    pub(super) fn latest(&self) -> Option<i64> {
        self.buckets.back().map(|bucket| bucket.0)
    }

    /// Whether something was counted in or before a bucket.
    pub(super) fn reaches(&self, bucket: i64) -> bool {
        self.forgotten.is_some() || self.buckets.front().is_some_and(|first| first.0 <= bucket)
    }

    /// The places of the buckets in `(after, last]`; none if some of them are forgotten.
    pub(super) fn range(&self, after: i64, last: i64) -> Option<Range<usize>> {
        if self.forgotten.is_some_and(|forgotten| forgotten > after) {
            return None;
        }
        let first = self.buckets.partition_point(|bucket| bucket.0 <= after);
        let end = self.buckets.partition_point(|bucket| bucket.0 <= last);
        Some(first..end.max(first))
    }

    pub(super) fn sum(&self, range: Range<usize>) -> Counts {
        let (from, to) = (self.sums_before(range.start), self.sums_before(range.end));
        Counts { bad: to.0 - from.0, total: to.1 - from.1 }
    }

    /// The counts of each bucket.
    pub(super) fn slices(&self, range: Range<usize>) -> impl Iterator<Item = Counts> {
        range.map(|place| self.sum(place..place + 1))
    }

    fn sums_before(&self, place: usize) -> (u64, u64) {
        match place.checked_sub(1).and_then(|last| self.buckets.get(last)) {
            Some(last) => (last.1, last.2),
            None => self.base,
        }
    }

    /// Whether it is what [`Tally::add`] makes.
    pub(super) fn check(&self) -> Result<()> {
        let mut before = Bucket(self.forgotten.unwrap_or(i64::MIN), self.base.0, self.base.1);
        let mut whole = before.1 <= before.2;
        for (index, &bucket) in self.buckets.iter().enumerate() {
            let in_order = bucket.0 > before.0 || (index == 0 && self.forgotten.is_none());
            let bad = bucket.1.checked_sub(before.1);
            let total = bucket.2.checked_sub(before.2);
            whole &= in_order && bad.zip(total).is_some_and(|(bad, total)| bad <= total);
            before = bucket;
        }
        if whole {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Corrupt, "its counts are out of order").about("bytes"))
    }
}
