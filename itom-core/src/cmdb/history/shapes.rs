//! Which attributes an item ever had.
//!
//! Most items of a class have the same ones, so each set is kept once and has a number, its shape;
//! shape 0 is the empty set. Reading an item asks the columns of its shape and no others.

use std::sync::Arc;

use hashbrown::HashMap;

use super::pages::Pages;
use crate::cmdb::storage::put_varint;
use crate::{Error, ErrorKind, Result};

/// Attributes of an item, at most.
const MOST: usize = 4096;

#[derive(Clone, Debug)]
pub(super) struct Shapes {
    sets: Arc<Vec<Arc<[u32]>>>,
    numbers: Arc<HashMap<Arc<[u32]>, u32>>,
    /// Of items without attributes, and of others.
    last: [Last; 2],
}

/// What was asked last, which a batch asks again for each of its items.
#[derive(Clone, Debug, Default)]
struct Last {
    own: u32,
    given: Vec<u32>,
    shape: u32,
}

impl Default for Shapes {
    fn default() -> Self {
        let empty: Arc<[u32]> = Arc::default();
        let numbers = [(Arc::clone(&empty), 0)].into_iter().collect();
        Shapes { sets: Arc::new(vec![empty]), numbers: Arc::new(numbers), last: Default::default() }
    }
}

impl Shapes {
    /// The attributes of a shape, sorted; none where there is no such shape.
    pub(super) fn attributes(&self, shape: u32) -> &[u32] {
        self.sets.get(shape as usize).map_or(&[], |set| &**set)
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Forgets the shapes behind the first so many.
    pub(super) fn truncate(&mut self, length: usize) {
        if length >= self.sets.len() {
            return;
        }
        self.last = Default::default();
        let (sets, numbers) = (Arc::make_mut(&mut self.sets), Arc::make_mut(&mut self.numbers));
        for set in sets.drain(length..) {
            numbers.remove(&set);
        }
    }

    /// The shape of an item of this shape after it was given these attributes as well.
    pub(super) fn with(
        &mut self,
        shape: u32,
        attributes: impl Iterator<Item = u32> + Clone,
    ) -> Result<u32> {
        let slot = usize::from(shape != 0);
        let last = &self.last[slot];
        if shape == last.own && attributes.clone().eq(last.given.iter().copied()) {
            return Ok(last.shape);
        }
        let with = self.find(shape, attributes.clone())?;
        self.last[slot] = Last { own: shape, given: attributes.collect(), shape: with };
        Ok(with)
    }

    fn find(&mut self, shape: u32, attributes: impl Iterator<Item = u32>) -> Result<u32> {
        let own = self.attributes(shape);
        let new: Vec<u32> = attributes.filter(|word| own.binary_search(word).is_err()).collect();
        if new.is_empty() {
            return Ok(shape);
        }
        let mut all = [own, &new].concat();
        all.sort_unstable();
        all.dedup();
        if let Some(&known) = self.numbers.get(all.as_slice()) {
            return Ok(known);
        }
        if all.len() > MOST {
            let message = format!("an item has at most {MOST} attributes, got {}", all.len());
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("attributes"));
        }
        let (all, number): (Arc<[u32]>, _) = (all.into(), self.sets.len() as u32);
        Arc::make_mut(&mut self.sets).push(Arc::clone(&all));
        Arc::make_mut(&mut self.numbers).insert(all, number);
        Ok(number)
    }

    /// Writes all but the empty one to a checkpoint; tells how many there are.
    pub(super) fn put(&self, out: &mut Vec<u8>) -> usize {
        put_varint(out, self.sets.len() as u64 - 1);
        for set in &self.sets[1..] {
            put_varint(out, set.len() as u64);
            set.iter().for_each(|word| put_varint(out, u64::from(*word)));
        }
        self.sets.len()
    }

    /// The shapes of a checkpoint that has so many words, and how many there are.
    pub(super) fn stored(checkpoint: &mut Pages<'_>, words: u32) -> Result<(Self, u32)> {
        let mut shapes = Shapes::default();
        let count = checkpoint.reader().count()?;
        for _ in 0..count {
            let length = checkpoint.reader().count()?;
            let mut set = Vec::with_capacity(length.min(MOST));
            for _ in 0..length {
                let word = checkpoint.reader().varint()?;
                set.push(u32::try_from(word).unwrap_or(u32::MAX));
            }
            if set.iter().any(|word| *word >= words) {
                return Err(checkpoint.wrong("an attribute without a name"));
            }
            let known = shapes.sets.len();
            if shapes.with(0, set.iter().copied())? as usize != known
                || shapes.sets[known][..] != set
            {
                return Err(checkpoint.wrong("a set of attributes twice or out of order"));
            }
        }
        Ok((shapes, count as u32 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_has_one_number() {
        let mut shapes = Shapes::default();
        let a = shapes.with(0, [3, 1].into_iter()).unwrap();
        let b = shapes.with(0, [1].into_iter()).unwrap();
        assert_eq!(shapes.with(b, [3, 3].into_iter()).unwrap(), a);
        assert_eq!(shapes.with(a, [1].into_iter()).unwrap(), a);
        assert_eq!(shapes.attributes(a), [1, 3]);
        assert!(shapes.with(0, 0..5000).is_err());
        assert_eq!(shapes.with(0, std::iter::empty()).unwrap(), 0);
        shapes.truncate(2);
        assert_eq!(shapes.with(0, [7].into_iter()).unwrap(), 2);
        assert_eq!((shapes.with(0, [3, 1].into_iter()).unwrap(), shapes.len()), (1, 3));
    }
}
