//! Where in a sorted list of integers does a value belong? A binary search with a head start.
//!
//! The range of the keys is cut into equal buckets, about one for a key, and for each bucket the
//! number of keys before it is noted; a search then looks at the few keys of one bucket. Where the
//! keys are bunched the search is binary as ever: O(log n) at worst, and O(1) for keys that are
//! spread evenly, as the changes of a calendar are.

const MOST_BUCKETS: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Ladder {
    keys: Vec<i64>,
    lowest: i64,
    shift: u32,
    /// How many keys lie in the buckets before each, and all of them at the end.
    before: Vec<u32>,
}

impl Ladder {
    /// From keys in ascending order, fewer than 2^32.
    pub(super) fn new(keys: Vec<i64>) -> Ladder {
        let lowest = keys.first().copied().unwrap_or(0);
        let span = keys.last().map_or(0, |last| last.wrapping_sub(lowest) as u64);
        let buckets = keys.len().next_power_of_two().min(MOST_BUCKETS);
        let shift = (64 - span.leading_zeros()).saturating_sub(buckets.trailing_zeros());
        let mut before = Vec::with_capacity(buckets + 1);
        for (index, key) in keys.iter().enumerate() {
            let bucket = (key.wrapping_sub(lowest) as u64 >> shift) as usize;
            while before.len() <= bucket {
                before.push(index as u32);
            }
        }
        before.push(keys.len() as u32);
        Ladder { keys, lowest, shift, before }
    }

    /// The key of an index.
    pub(super) fn key(&self, index: usize) -> i64 {
        self.keys[index]
    }

    /// How many keys are at most `value`.
    pub(super) fn at_most(&self, value: i64) -> usize {
        let (first, keys) = self.near(value);
        first + keys.partition_point(|&key| key <= value)
    }

    /// How many keys are below `value`.
    pub(super) fn below(&self, value: i64) -> usize {
        // Keys that equal it may begin in no earlier bucket than its own.
        let (first, keys) = self.near(value);
        first + keys.partition_point(|&key| key < value)
    }

    /// The keys of the bucket of `value`, and how many come before them.
    fn near(&self, value: i64) -> (usize, &[i64]) {
        if value < self.lowest {
            return (0, &[]);
        }
        let bucket = (value.wrapping_sub(self.lowest) as u64 >> self.shift) as usize;
        match self.before.get(bucket..bucket.saturating_add(2)) {
            Some(bounds) => {
                let (first, end) = (bounds[0] as usize, bounds[1] as usize);
                (first, &self.keys[first..end])
            }
            None => (self.keys.len(), &[]),
        }
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.keys.capacity() * size_of::<i64>() + self.before.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_as_a_binary_search_does() {
        let even: Vec<i64> = (-50..50).map(|index| index * 1_000_003).collect();
        let bunched: Vec<i64> = (0..100).map(|index| index / 3).chain([i64::MAX - 1]).collect();
        let ends = vec![i64::MIN + 1, 0, i64::MAX];
        for keys in [even, bunched, ends, vec![], vec![7], vec![7, 7, 7]] {
            let ladder = Ladder::new(keys.clone());
            let probes =
                keys.iter().flat_map(|&key| [key.saturating_sub(1), key, key.saturating_add(1)]);
            for value in probes.chain([i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX]) {
                assert_eq!(ladder.at_most(value), keys.partition_point(|&key| key <= value));
                assert_eq!(ladder.below(value), keys.partition_point(|&key| key < value));
            }
        }
    }
}
