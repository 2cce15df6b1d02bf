//! Counts in buckets of time, summed over any window by two loads.
//!
//! A [`Series`] keeps the sums up to and including each bucket, so that a window is a difference of
//! two. Where a quarter of the buckets or more counted something the sums stand side by side, 16
//! bytes a bucket, and are found by subtraction; otherwise only the buckets that counted are kept,
//! 24 bytes each, and found by bisection. It changes over by itself and nobody can tell by the
//! answers. Sums wrap around 2^64; a window's do not, because what is retained is bounded by it.
//!
//! In order a count costs O(1), spread over the buckets that are skipped; a late one shifts the
//! sums after it.

use std::collections::VecDeque;

/// Bad and all, of events or in parts of a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) bad: u64,
    pub(super) total: u64,
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        let bad = self.bad.wrapping_add(other.bad);
        Counts { bad, total: self.total.wrapping_add(other.total) }
    }

    fn minus(self, other: Counts) -> Counts {
        let bad = self.bad.wrapping_sub(other.bad);
        Counts { bad, total: self.total.wrapping_sub(other.total) }
    }
}

/// Sums side by side: `sums[k]` is through bucket `origin + k`; what is before `start` is dead.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    origin: i64,
    start: usize,
    sums: Vec<Counts>,
    occupied: usize,
}

/// The sums before the end of all windows asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    sums: &'a [Counts],
    start: i64,
    place: i64,
    through: Counts,
}

impl Before<'_> {
    /// What the window of so many buckets counted.
    #[inline]
    pub(super) fn window(&self, buckets: i64) -> Counts {
        let place = (self.place - buckets).max(self.start) as usize;
        self.through.minus(self.sums[place.min(self.sums.len() - 1)])
    }
}

/// Only buckets that counted: the bucket and the sum through it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    base: Counts,
    buckets: VecDeque<(i64, Counts)>,
}

#[derive(Clone, Debug)]
pub(super) enum Series {
    Dense(Dense),
    Sparse(Sparse),
}

impl Default for Series {
    fn default() -> Series {
        Series::Sparse(Sparse::default())
    }
}

/// From this share of occupied buckets on they stand side by side: one in four.
const DENSE_FROM: i64 = 4;
/// Below one in sixteen they no longer do.
const SPARSE_FROM: i64 = 16;
/// Spans as short as this may stand side by side at any share.
const SHORT: i64 = 256;

impl Series {
    /// The buckets that counted, in order, as one series.
    pub(super) fn collect(buckets: impl Iterator<Item = (i64, Counts)>) -> Series {
        let mut series = Series::default();
        for (bucket, counts) in buckets {
            series.add(bucket, counts);
        }
        series
    }

    /// Adds to a bucket, wrapping: to take away, add the difference to 2^64.
    pub(super) fn add(&mut self, bucket: i64, delta: Counts) {
        if let Series::Dense(dense) = self {
            if dense.reach(bucket) > SPARSE_FROM * (dense.occupied as i64 + 1) + SHORT {
                *self = Series::Sparse(dense.to_sparse());
            } else {
                dense.add(bucket, delta);
                return;
            }
        }
        if let Series::Sparse(sparse) = self {
            sparse.add(bucket, delta);
            if sparse.span().is_some_and(|span| span <= DENSE_FROM * sparse.buckets.len() as i64) {
                *self = Series::Dense(sparse.to_dense());
            }
        }
    }

    /// What a bucket counted.
    pub(super) fn get(&self, bucket: i64) -> Counts {
        self.sum(bucket.saturating_sub(1), bucket)
    }

    /// What the buckets in `(after, last]` counted.
    pub(super) fn sum(&self, after: i64, last: i64) -> Counts {
        self.through(last).minus(self.through(after))
    }

    fn through(&self, bucket: i64) -> Counts {
        match self {
            Series::Dense(dense) => dense.through(bucket),
            Series::Sparse(sparse) => sparse.through(bucket),
        }
    }

    /// The last bucket that counted something.
    pub(super) fn last(&self) -> Option<i64> {
        match self {
            Series::Dense(dense) => dense.iter().next_back().map(|bucket| bucket.0),
            Series::Sparse(sparse) => sparse.buckets.back().map(|bucket| bucket.0),
        }
    }

    /// Forgets the buckets before one; the last of them that counted something, if any did.
    pub(super) fn forget(&mut self, before: i64) -> Option<i64> {
        match self {
            Series::Dense(dense) => dense.forget(before),
            Series::Sparse(sparse) => sparse.forget(before),
        }
    }

    /// The buckets in `(after, last]` that counted something.
    pub(super) fn range(
        &self,
        after: i64,
        last: i64,
    ) -> Box<dyn Iterator<Item = (i64, Counts)> + '_> {
        let inside = move |bucket: &(i64, Counts)| bucket.0 > after && bucket.0 <= last;
        match self {
            Series::Dense(dense) => Box::new(dense.iter_between(after, last)),
            Series::Sparse(sparse) => Box::new(sparse.iter().filter(inside)),
        }
    }
}

impl Dense {
    /// The sum through a bucket; of one that is not kept, that at the nearer end.
    #[inline]
    pub(super) fn through(&self, bucket: i64) -> Counts {
        let place = bucket.saturating_sub(self.origin).max(self.start as i64) as usize;
        self.sums[place.min(self.sums.len() - 1)]
    }

    /// The windows that end with a bucket.
    #[inline]
    pub(super) fn before(&self, last: i64) -> Before<'_> {
        // Windows are far shorter than what is cut off here.
        let place = last.saturating_sub(self.origin).max(i64::MIN / 2);
        Before { sums: &self.sums, start: self.start as i64, place, through: self.through(last) }
    }

    /// How many buckets there are from the first to the last when one more is among them.
    fn reach(&self, bucket: i64) -> i64 {
        let first = self.origin.saturating_add(self.start as i64 + 1).min(bucket);
        let last = self.origin.saturating_add(self.sums.len() as i64 - 1).max(bucket);
        last.saturating_sub(first).saturating_add(1)
    }

    fn add(&mut self, bucket: i64, delta: Counts) {
        let before = self.through(bucket).minus(self.through(bucket.saturating_sub(1)));
        if bucket <= self.origin.saturating_add(self.start as i64) {
            let more = (self.origin + self.start as i64 - bucket + 1) as usize;
            let base = self.sums[self.start];
            let mut sums = vec![base; more];
            sums.extend_from_slice(&self.sums[self.start..]);
            (self.origin, self.start, self.sums) = (bucket - 1, 0, sums);
        }
        let place = (bucket - self.origin) as usize;
        if place >= self.sums.len() {
            let last = self.sums[self.sums.len() - 1];
            self.sums.resize(place + 1, last);
        }
        for sum in &mut self.sums[place..] {
            *sum = sum.plus(delta);
        }
        let counted = before.plus(delta).total > 0;
        self.occupied = self.occupied + usize::from(counted) - usize::from(before.total > 0);
    }

    fn forget(&mut self, before: i64) -> Option<i64> {
        let end = self.sums.len() - 1;
        let place = before.saturating_sub(1).saturating_sub(self.origin).max(self.start as i64);
        let place = (place as usize).min(end);
        let mut forgotten = None;
        for dead in self.start + 1..=place {
            if self.sums[dead].total != self.sums[dead - 1].total {
                forgotten = Some(self.origin + dead as i64);
                self.occupied -= 1;
            }
        }
        self.start = place;
        if self.start > self.sums.len() / 2 && self.start > 64 {
            self.sums.drain(..self.start);
            self.origin += self.start as i64;
            self.start = 0;
        }
        forgotten
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, Counts)> + '_ {
        self.places(self.start + 1, self.sums.len())
    }

    fn iter_between(&self, after: i64, last: i64) -> impl Iterator<Item = (i64, Counts)> + '_ {
        let place = |bucket: i64| {
            let place = bucket.saturating_sub(self.origin).max(self.start as i64) as usize;
            place.min(self.sums.len() - 1) + 1
        };
        self.places(place(after), place(last).max(place(after)))
    }

    fn places(
        &self,
        from: usize,
        until: usize,
    ) -> impl DoubleEndedIterator<Item = (i64, Counts)> + '_ {
        let counts = move |place: usize| {
            let counts = self.sums[place].minus(self.sums[place - 1]);
            (counts.total > 0).then_some((self.origin + place as i64, counts))
        };
        (from..until).filter_map(counts)
    }

    fn to_sparse(&self) -> Sparse {
        let mut sparse = Sparse::default();
        self.iter().for_each(|(bucket, counts)| sparse.add(bucket, counts));
        sparse
    }
}

impl Sparse {
    fn span(&self) -> Option<i64> {
        let (first, last) = (self.buckets.front()?, self.buckets.back()?);
        last.0.checked_sub(first.0)?.checked_add(1)
    }

    fn add(&mut self, bucket: i64, delta: Counts) {
        let place = self.buckets.partition_point(|other| other.0 < bucket);
        if self.buckets.get(place).is_none_or(|found| found.0 != bucket) {
            self.buckets.insert(place, (bucket, self.before(place)));
        }
        for later in self.buckets.range_mut(place..) {
            later.1 = later.1.plus(delta);
        }
        if self.buckets[place].1.total == self.before(place).total {
            self.buckets.remove(place);
        }
    }

    fn before(&self, place: usize) -> Counts {
        match place.checked_sub(1).and_then(|last| self.buckets.get(last)) {
            Some(last) => last.1,
            None => self.base,
        }
    }

    fn through(&self, bucket: i64) -> Counts {
        self.before(self.buckets.partition_point(|other| other.0 <= bucket))
    }

    fn forget(&mut self, before: i64) -> Option<i64> {
        let mut forgotten = None;
        while let Some(&(bucket, sum)) = self.buckets.front().filter(|first| first.0 < before) {
            self.base = sum;
            forgotten = Some(bucket);
            self.buckets.pop_front();
        }
        forgotten
    }

    fn iter(&self) -> impl Iterator<Item = (i64, Counts)> + '_ {
        let places = 0..self.buckets.len();
        places.map(|place| (self.buckets[place].0, self.buckets[place].1.minus(self.before(place))))
    }

    /// Of at least one bucket.
    fn to_dense(&self) -> Dense {
        let first = self.buckets[0].0;
        let mut dense =
            Dense { origin: first - 1, start: 0, sums: vec![Counts::default()], occupied: 0 };
        self.iter().for_each(|(bucket, counts)| dense.add(bucket, counts));
        dense
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is added, taken away and forgotten, in whatever order: the sums are those of a
        /// plain map.
        #[test]
        fn sums_are_those_of_a_map(
            steps in prop::collection::vec((0u8..12, -3000i64..3000, 0u64..9, 0u64..9), 1..300),
            near in 2i64..3000,
        ) {
            let (mut series, mut map) = (Series::default(), BTreeMap::<i64, Counts>::new());
            let mut oldest = i64::MIN;
            for (kind, at, bad, good) in steps {
                let at = at % near;
                let counts = Counts { bad, total: bad + good };
                match kind {
                    0 => {
                        let before = series.last().map_or(0, |last| last - 2 * near.min(500));
                        let gone = map.range(..before).next_back().map(|(&bucket, _)| bucket);
                        prop_assert_eq!(series.forget(before), gone);
                        map.retain(|&bucket, _| bucket >= before);
                        oldest = oldest.max(before);
                    }
                    1 => {
                        let held = map.remove(&at).unwrap_or_default();
                        if held.total > 0 {
                            series.add(at, Counts::default().minus(held));
                        }
                    }
                    _ if at >= oldest && counts.total > 0 => {
                        series.add(at, counts);
                        let held = map.entry(at).or_default();
                        *held = held.plus(counts);
                    }
                    _ => {}
                }
                let (after, last) = (at - near / 2, at + near / 3);
                let truth = map.range(after + 1..=last).map(|(_, &counts)| counts);
                if after >= oldest {
                    let truth = truth.fold(Counts::default(), Counts::plus);
                    prop_assert_eq!(series.sum(after, last), truth);
                }
                prop_assert_eq!(series.get(at), map.get(&at).copied().unwrap_or_default());
                prop_assert_eq!(series.last(), map.keys().next_back().copied());
                let all: Vec<_> = series.range(i64::MIN, i64::MAX).collect();
                prop_assert_eq!(all, map.iter().map(|(&b, &c)| (b, c)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn buckets_that_fill_stand_side_by_side_and_a_gap_ends_that() {
        let one = Counts { bad: 1, total: 2 };
        let mut series = Series::collect((0..5000).map(|bucket| (bucket, one)));
        assert!(matches!(series, Series::Dense(_)));
        series.add(i64::MAX, one);
        assert!(matches!(series, Series::Sparse(_)));
        series.add(i64::MIN, one);
        assert_eq!(series.sum(i64::MIN, i64::MAX), Counts { bad: 5001, total: 10_002 });
        assert_eq!(series.forget(4000), Some(3999));
        assert_eq!(series.range(4998, i64::MAX).count(), 2);
    }
}
