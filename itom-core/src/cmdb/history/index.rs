//! From hashes to numbers, in tables that copies share.
//!
//! The entries lie in shards of some thousand by their hash; a write to an index that is shared
//! copies the shard it meets. When the shards are full there are twice as many.

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
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    #[inline]
    pub(in crate::cmdb) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.shards[self.shard(hash)].find(hash, |&number| is(number)).copied()
    }

    /// Adds a number that is not in it; `rehash` is the hash of any that is.
    pub(in crate::cmdb) fn insert(&mut self, hash: u64, number: u32, rehash: impl Fn(u32) -> u64) {
        if self.len >= self.shards.len() * FULL {
            self.split(&rehash);
        }
        let shard = self.shard(hash);
        let table = Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard]);
        table.insert_unique(hash, number, |&other| rehash(other));
        self.len += 1;
    }

    pub(in crate::cmdb) fn remove(&mut self, hash: u64, number: u32) {
        let shard = self.shard(hash);
        let table = Arc::make_mut(&mut Arc::make_mut(&mut self.shards)[shard]);
        if let Ok(entry) = table.find_entry(hash, |&other| other == number) {
            entry.remove();
            self.len -= 1;
        }
    }

    fn split(&mut self, rehash: &impl Fn(u32) -> u64) {
        let before = self.shards.len();
        // Room for all they will ever hold: growing means to hash everything in them again.
        let mut shards: Vec<HashTable<u32>> =
            (0..2 * before).map(|_| HashTable::with_capacity(FULL)).collect();
        for (n, table) in self.shards.iter().enumerate() {
            for &number in table.iter() {
                let hash = rehash(number);
                let shard = if (hash >> 32) as usize & before == 0 { n } else { n + before };
                shards[shard].insert_unique(hash, number, |&other| rehash(other));
            }
        }
        self.shards = Arc::new(shards.into_iter().map(Arc::new).collect());
    }
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
        index.remove(hash(3), 3);
        let found = |index: &Index, number| index.find(hash(number), |other| other == number);
        assert_eq!((found(&index, 3), found(&copy, 3)), (None, Some(3)));
        assert_eq!((found(&index, 19_999), found(&copy, 19_999)), (Some(19_999), None));
        assert!((4..20_000).all(|number| found(&index, number) == Some(number)));
    }
}
