//! From hashes to numbers, in tables that copies share.
//!
//! The entries lie in shards of some thousand by their hash; a write to an index that is shared
//! copies the shard it meets. When the shards are full there are half as many again, and all are
//! filled anew: in the order of the numbers, so that what they stand for is read one behind the
//! other. Growing by less than twofold leaves less room idle: 5.7 to 8.6 bytes an entry.
//!
//! The ids of a checkpoint come with their order by hash ([`Frozen`]), so that the first item is
//! found without reading the ids; what is added later lies in shards beside it.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;

use super::pages::Pages;
use crate::Result;
use crate::cmdb::storage::put_varint;

/// Entries a shard has at most on average: a table of 4,096 places holds 3,584.
const FULL: usize = 3328;

#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Index {
    /// The numbers that came from a checkpoint, where it has their order.
    frozen: Option<Arc<Frozen>>,
    shards: Arc<Vec<Arc<HashTable<u32>>>>,
    len: usize,
}

impl Default for Index {
    fn default() -> Self {
        Index { frozen: None, shards: Arc::new(vec![Arc::default()]), len: 0 }
    }
}

impl Index {
    /// An index beside an order by hash.
    pub(super) fn with(frozen: Frozen) -> Self {
        Index { frozen: Some(Arc::new(frozen)), ..Index::default() }
    }

    /// Of the numbers below `len`, made at once: shard by shard, each while it is near.
    pub(super) fn of(len: u32, hash: impl Fn(u32) -> u64) -> Self {
        let mut index = Index::default();
        // A fifth of the room is left for what comes.
        let count = (len as usize).div_ceil(FULL * 4 / 5).max(1);
        let hashes: Vec<u64> = (0..len).map(hash).collect();
        let by_shard = order(&hashes, count, |hash| shard(hash, count));
        let shards = by_shard.ends.iter().scan(0, |start, end| {
            let numbers = &by_shard.numbers[std::mem::replace(start, *end)..*end];
            let mut table = HashTable::with_capacity(numbers.len().max(FULL.min(len as usize)));
            for &number in numbers {
                let hash = |number: &u32| hashes[*number as usize];
                table.insert_unique(hash(&number), number, hash);
            }
            Some(Arc::new(table))
        });
        index.shards = Arc::new(shards.collect());
        index.len = len as usize;
        index
    }

    /// The tables themselves use the ends of a hash, this the middle.
    fn shard(&self, hash: u64) -> usize {
        shard(hash, self.shards.len())
    }

    #[inline]
    pub(in crate::cmdb) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        if let Some(found) = self.frozen.as_ref().and_then(|frozen| frozen.find(hash, &mut is)) {
            return Some(found);
        }
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

    /// Makes room for more than the numbers below `numbers` that came later than a checkpoint.
    fn grow(&mut self, numbers: u32, rehash: &impl Fn(u32) -> u64) {
        let count = (self.shards.len() * 3).div_ceil(2);
        // Room for all they will ever hold: growing means to hash everything in them again.
        let mut shards: Vec<HashTable<u32>> =
            (0..count).map(|_| HashTable::with_capacity(FULL)).collect();
        for number in self.frozen.as_ref().map_or(0, |frozen| frozen.len)..numbers {
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

/// Numbers in groups.
struct Order {
    numbers: Vec<u32>,
    ends: Vec<usize>,
}

/// The numbers of the hashes in the order of the groups that they are in, by counting.
fn order(hashes: &[u64], groups: usize, group: impl Fn(u64) -> usize) -> Order {
    let mut ends = vec![0; groups];
    hashes.iter().for_each(|hash| ends[group(*hash)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut numbers = vec![0; hashes.len()];
    for (number, hash) in (0..).zip(hashes) {
        let place = &mut ends[group(*hash)];
        numbers[*place] = number;
        *place += 1;
    }
    Order { numbers, ends }
}

/// The numbers of a checkpoint in buckets by the upper bits of their hashes, as they lie there: where
/// each bucket begins, then each number behind the lowest byte of its hash. No number is ever taken
/// out: a transaction that is taken back had others.
#[derive(Debug)]
pub(super) struct Frozen {
    all: Arc<Vec<u8>>,
    bits: u32,
    len: u32,
    starts: Range<usize>,
    entries: Range<usize>,
}

/// Numbers of a bucket on average.
const BUCKET: u32 = 8;
/// Bytes of the lowest byte of a hash and a number.
const ENTRY: usize = 5;

fn bucket(hash: u64, bits: u32) -> usize {
    hash.checked_shr(u64::BITS - bits).unwrap_or(0) as usize
}

fn u32_at(bytes: &[u8], n: usize) -> u32 {
    bytes.get(n * 4..n * 4 + 4).map_or(0, |four| u32::from_le_bytes(four.try_into().expect("four")))
}

impl Frozen {
    /// Writes the order of the numbers below `len`.
    pub(super) fn put(out: &mut Vec<u8>, len: u32, hash: impl Fn(u32) -> u64) {
        let bits = (len / BUCKET).checked_ilog2().unwrap_or(0);
        put_varint(out, u64::from(bits));
        let hashes: Vec<u64> = (0..len).map(hash).collect();
        let order = order(&hashes, 1 << bits, |hash| bucket(hash, bits));
        out.extend_from_slice(&[0; 4]);
        order.ends.iter().for_each(|end| out.extend_from_slice(&(*end as u32).to_le_bytes()));
        for number in order.numbers {
            out.push(hashes[number as usize] as u8);
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// The order of so many numbers that a checkpoint has.
    pub(super) fn stored(checkpoint: &mut Pages<'_>, len: u32) -> Result<Self> {
        let bits = checkpoint.reader().varint()?;
        let bits = u32::try_from(bits).ok().filter(|bits| *bits <= len.max(1).ilog2());
        let bits = bits.ok_or_else(|| checkpoint.wrong("more buckets than ids"))?;
        let (all, starts) = checkpoint.place(4 * ((1 << bits) + 1))?;
        let (_, entries) = checkpoint.place(ENTRY * len as usize)?;
        Ok(Frozen { all: Arc::clone(all), bits, len, starts, entries })
    }

    #[inline]
    fn find(&self, hash: u64, is: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        let (starts, bucket) = (&self.all[self.starts.clone()], bucket(hash, self.bits));
        let within = u32_at(starts, bucket) as usize..u32_at(starts, bucket + 1) as usize;
        let entries = &self.all[self.entries.clone()];
        let entries = entries.get(within.start * ENTRY..within.end * ENTRY)?;
        let alike = entries.chunks_exact(ENTRY).filter(|entry| entry[0] == hash as u8);
        let mut numbers = alike.map(|entry| u32_at(&entry[1..], 0));
        numbers.find(|number| *number < self.len && is(*number))
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
        let found = |index: &Index, number| index.find(hash(number), |other| other == number);
        assert_eq!((found(&index, 19_999), found(&copy, 19_999)), (Some(19_999), None));
        assert!((0..20_000).all(|number| found(&index, number) == Some(number)));
        (3000..20_000).rev().for_each(|number| index.remove(hash(number), number));
        assert_eq!((found(&index, 3000), found(&copy, 3000)), (None, Some(3000)));
        (3000..9000).for_each(|number| index.insert(hash(number), number, hash));
        assert!((0..9000).all(|number| found(&index, number) == Some(number)));
    }

    #[test]
    fn one_made_at_once_and_one_from_a_checkpoint_find_the_same() {
        let hash = |number: u32| stable_hash(&number.to_le_bytes());
        for len in [0, 1, 7, 100, 20_000] {
            let mut bytes = Vec::new();
            Frozen::put(&mut bytes, len, hash);
            let all = Arc::new(bytes);
            let frozen = Frozen::stored(&mut Pages::new(&all), len).unwrap();
            for mut index in [Index::of(len, hash), Index::with(frozen)] {
                (len..len + 5000).for_each(|number| index.insert(hash(number), number, hash));
                let found = |number| index.find(hash(number), |other| other == number);
                assert!((0..len + 5000).all(|number| found(number) == Some(number)), "{len}");
                assert_eq!(found(len + 5000), None);
            }
        }
    }
}
