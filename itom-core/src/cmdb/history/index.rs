//! From hashes to numbers, in tables that copies share.
//!
//! The entries lie in shards of some thousand by their hash; a write to an index that is shared
//! copies the shard it meets. When the shards are full there are half as many again, and all are
//! filled anew: in the order of the numbers, so that what they stand for is read one behind the
//! other. Growing by less than twofold leaves less room idle: 5.7 to 8.6 bytes an entry.

use std::sync::Arc;

use hashbrown::HashTable;

/// Entries a shard has at most on average: a table of 4,096 places holds 3,584.
const FULL: usize = 3328;

#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Index {
    shards: Arc<Vec<Arc<HashTable<u32>>>>,
    len: usize,
}

impl Default for Index {
    fn default() -> Self {
        Index { shards: Arc::new(vec![Arc::default()]), len: 0 }
    }
}

impl Index {
    /// The tables themselves use the ends of a hash, this the middle.
    fn shard(&self, hash: u64) -> usize {
        shard(hash, self.shards.len())
    }

    #[inline]
    pub(in crate::cmdb) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.shards[self.shard(hash)].find(hash, |&number| is(number)).copied()
    }

    /// Adds the next number, beginning with 0; `rehash` is the hash of any before it.
    pub(in crate::cmdb) fn insert(&mut self, hash: u64, number: u32, rehash: impl Fn(u32) -> u64) {
        if self.len >= self.shards.len() * FULL {
            self.grow(number, &rehash);
        }
        let shard = self.shard(hash);
        let table = Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard]);
        table.insert_unique(hash, number, |&other| rehash(other));
        self.len += 1;
    }

    /// Takes out a number behind which there is none any more.
    pub(in crate::cmdb) fn remove(&mut self, hash: u64, number: u32) {
        let shard = self.shard(hash);
        let table = Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard]);
        if let Ok(entry) = table.find_entry(hash, |&other| other == number) {
            entry.remove();
            self.len -= 1;
        }
    }

    /// Makes room for more than the numbers below `numbers`.
    fn grow(&mut self, numbers: u32, rehash: &impl Fn(u32) -> u64) {
        let count = (self.shards.len() * 3).div_ceil(2);
        // Room for all they will ever hold: growing means to hash everything in them again.
        let mut shards: Vec<HashTable<u32>> =
            (0..count).map(|_| HashTable::with_capacity(FULL)).collect();
        for number in 0..numbers {
            let hash = rehash(number);
            let table = &mut shards[shard(hash, count)];
            table.insert_unique(hash, number, |&other| rehash(other));
        }
        self.shards = Arc::new(shards.into_iter().map(Arc::new).collect());
    }
}

fn shard(hash: u64, shards: usize) -> usize {
    ((u64::from((hash >> 16) as u32) * shards as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::stable_hash;

    #[test]
    fn what_is_put_in_is_found_whatever_is_shared() {
        let hash = |number: u32| stable_hash(&number.to_le_bytes());
        let mut index = Index::default();
        (0..5000).for_each(|number| index.insert(hash(number), number, hash));
        let copy = index.clone();
        (5000..20_000).for_each(|number| index.insert(hash(number), number, hash));
        let found = |index: &Index, number| index.find(hash(number), |other| other == number);
        assert_eq!((found(&index, 19_999), found(&copy, 19_999)), (Some(19_999), None));
        assert!((0..20_000).all(|number| found(&index, number) == Some(number)));
        (3000..20_000).rev().for_each(|number| index.remove(hash(number), number));
        assert_eq!((found(&index, 3000), found(&copy, 3000)), (None, Some(3000)));
        (3000..9000).for_each(|number| index.insert(hash(number), number, hash));
        assert!((0..9000).all(|number| found(&index, number) == Some(number)));
    }
}
