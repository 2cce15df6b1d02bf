//! Numbers for things that repeat: owners, sets of sources, and what tells items apart.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashTable;

use crate::snapshot::stable_hash;

/// Things by number, each once.
#[derive(Debug)]
pub(super) struct Names<T> {
    numbers: BTreeMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names { numbers: BTreeMap::new(), all: Vec::new() }
    }
}

impl<T: Ord + Clone> Names<T> {
    pub(super) fn number(&mut self, name: T) -> u32 {
        if let Some(known) = self.numbers.get(&name) {
            return *known;
        }
        let number = self.all.len() as u32;
        self.all.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    pub(super) fn of(&self, number: u32) -> &T {
        &self.all[number as usize]
    }
}

/// Keys that items hold, and who holds each; a key that nobody holds is forgotten.
#[derive(Debug, Default)]
pub(super) struct Keys {
    table: HashTable<u32>,
    slots: Vec<(Vec<u8>, Holders)>,
    free: Vec<u32>,
}

#[derive(Debug)]
enum Holders {
    None,
    One(u32),
    Many(BTreeSet<u32>),
}

impl Keys {
    /// The number of a key; whoever asks is to hold it.
    pub(super) fn number(&mut self, key: Vec<u8>) -> u32 {
        let hash = stable_hash(&key);
        if let Some(known) = self.table.find(hash, |&n| self.slots[n as usize].0 == key) {
            return *known;
        }
        let slot = (key, Holders::None);
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = slot;
                number
            }
            None => {
                self.slots.push(slot);
                self.slots.len() as u32 - 1
            }
        };
        let slots = &self.slots;
        self.table.insert_unique(hash, number, |&n| stable_hash(&slots[n as usize].0));
        number
    }

    /// The number of a key that someone holds.
    pub(super) fn find(&self, key: &[u8]) -> Option<u32> {
        self.table.find(stable_hash(key), |&n| self.slots[n as usize].0 == key).copied()
    }

    /// An item holds a key; tells who held it alone.
    pub(super) fn insert(&mut self, key: u32, item: u32) -> Option<u32> {
        let holders = &mut self.slots[key as usize].1;
        match holders {
            Holders::None => {
                *holders = Holders::One(item);
                None
            }
            Holders::One(one) => {
                let one = *one;
                *holders = Holders::Many(BTreeSet::from([one, item]));
                Some(one)
            }
            Holders::Many(many) => {
                many.insert(item);
                None
            }
        }
    }

    /// An item does not hold a key any more; tells who holds it alone now.
    pub(super) fn remove(&mut self, key: u32, item: u32) -> Option<u32> {
        let (bytes, holders) = &mut self.slots[key as usize];
        if let Holders::Many(many) = holders {
            many.remove(&item);
            let alone = many.first().copied().filter(|_| many.len() == 1)?;
            *holders = Holders::One(alone);
            return Some(alone);
        }
        let hash = stable_hash(bytes);
        if let Ok(entry) = self.table.find_entry(hash, |n| *n == key) {
            entry.remove();
        }
        self.slots[key as usize] = (Vec::new(), Holders::None);
        self.free.push(key);
        None
    }

    /// Whether more than one item holds a key.
    pub(super) fn is_shared(&self, key: u32) -> bool {
        matches!(self.slots[key as usize].1, Holders::Many(_))
    }

    /// Who holds a key, in order.
    pub(super) fn holders(&self, key: u32) -> Vec<u32> {
        match &self.slots[key as usize].1 {
            Holders::None => Vec::new(),
            Holders::One(one) => vec![*one],
            Holders::Many(many) => many.iter().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_when_one_is_shared_and_when_not_any_more() {
        let mut keys = Keys::default();
        let a = keys.number(b"a".to_vec());
        assert_eq!(keys.insert(a, 7), None);
        assert_eq!(keys.number(b"a".to_vec()), a);
        assert_eq!((keys.insert(a, 3), keys.insert(a, 5)), (Some(7), None));
        assert!(keys.is_shared(a));
        assert_eq!(keys.holders(a), [3, 5, 7]);
        assert_eq!((keys.remove(a, 7), keys.remove(a, 3)), (None, Some(5)));
        assert!(!keys.is_shared(a));
        assert_eq!(keys.remove(a, 5), None);
        // Forgotten, and its place given to another.
        assert_eq!(keys.number(b"b".to_vec()), a);
        assert_ne!(keys.number(b"a".to_vec()), a);
    }

    #[test]
    fn names_have_one_number_each() {
        let mut names = Names::default();
        assert_eq!((names.number("x"), names.number("y"), names.number("x")), (0, 1, 0));
        assert_eq!(names.of(1), &"y");
    }
}
