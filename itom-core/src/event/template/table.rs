//! The templates, and where each is found: by the key of a line, by its outline, by its id.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

use super::chunk;
use super::entry::Entry;
use super::reader::Reader;

/// Templates of one outline that a line is compared with.
const MOST_ALIKE: usize = 4;

/// For keys that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type ByHash<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    keys: ByHash<u32>,
    ids: HashMap<u64, u32>,
    outlines: ByHash<Vec<u32>>,
}

impl Table {
    /// Of entries that are in the order of their birth.
    pub(super) fn new(entries: Vec<Entry>, reader: &mut Reader) -> Table {
        let mut table = Table::default();
        for entry in entries {
            table.push(entry, reader);
        }
        table
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn by_key(&self, key: u64) -> Option<usize> {
        self.keys.get(&key).map(|&place| place as usize)
    }

    pub(super) fn by_id(&self, id: u64) -> Option<usize> {
        self.ids.get(&id).map(|&place| place as usize)
    }

    /// Templates whose lines may be alike, oldest first.
    pub(super) fn by_outline(&self, outline: u64) -> Vec<usize> {
        let places = self.outlines.get(&outline).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&place| place as usize).collect()
    }

    #[inline]
    pub(super) fn entry(&self, place: usize) -> &Entry {
        &self.entries[place]
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, place: usize) -> &mut Entry {
        &mut self.entries[place]
    }

    /// Adds a template; a key that another has stays with that.
    pub(super) fn push(&mut self, entry: Entry, reader: &mut Reader) -> usize {
        let place = self.entries.len();
        let index = place as u32;
        for key in std::iter::once(entry.key).chain(entry.aliases.iter().copied()) {
            self.keys.entry(key).or_insert(index);
        }
        self.ids.insert(entry.id, index);
        reader.read(&entry.birth.0);
        if let Some(outline) = chunk::outline(&reader.elements) {
            let alike = self.outlines.entry(outline).or_default();
            if alike.len() < MOST_ALIKE {
                alike.push(index);
            }
        }
        self.entries.push(entry);
        place
    }

    /// Makes lines of a key belong to a template.
    pub(super) fn add_alias(&mut self, place: usize, key: u64) {
        if self.keys.contains_key(&key) {
            return;
        }
        if let Some(forgotten) = self.entries[place].add_alias(key)
            && self.by_key(forgotten) == Some(place)
        {
            self.keys.remove(&forgotten);
        }
        self.keys.insert(key, place as u32);
    }

    /// Takes out an eighth of the templates, those seen the longest ago, in their order.
    pub(super) fn evict(&mut self, reader: &mut Reader) -> Vec<Entry> {
        let number = (self.entries.len() / 8).max(1);
        let mut order: Vec<(u64, u64)> = self.entries.iter().map(|e| (e.last, e.id)).collect();
        order.sort_unstable();
        let Some(&border) = order.get(number - 1) else { return Vec::new() };
        let entries = std::mem::take(&mut self.entries);
        let (mut evicted, kept): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| (entry.last, entry.id) <= border);
        evicted.sort_unstable_by_key(|entry| (entry.last, entry.id));
        *self = Table::new(in_order(kept), reader);
        evicted
    }

    /// In the order of their birth.
    pub(super) fn to_list(&self) -> Vec<Entry> {
        in_order(self.entries.clone())
    }

    /// The places of the templates in the order of their birth.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.entries.len()).collect();
        places.sort_unstable_by_key(|&place| (self.entries[place].first, self.entries[place].id));
        places
    }
}

fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_unstable_by_key(|entry| (entry.first, entry.id));
    entries
}
