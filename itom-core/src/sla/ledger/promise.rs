//! What clocks promise, kept once: a target with its marks, the amounts of business time at which
//! something is to be said.
//!
//! The marks of a promise are its thresholds in ascending order with the breach among them; the
//! amounts of all promises lie in one list, so that "has the next mark been passed?" is one load.

use std::collections::BTreeMap;

use crate::sla::clock::answer::millionths;
use crate::sla::clock::reckon::{Convention, share_of};
use crate::{Error, ErrorKind, Result};

/// Targets with thresholds and conventions, all different.
const MOST_PROMISES: usize = 1 << 24;

/// Thresholds and the convention: what promises have in common whatever their target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// In millionths, ascending, each once.
    pub(super) shares: Vec<u32>,
    pub(super) convention: Convention,
}

/// Something to be said about a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// A share of the target is used up, in millionths.
    Share(u32),
    Breach,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) target: i64,
    pub(super) shape: u32,
    /// Where its amounts begin.
    first: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Promises {
    shapes: Vec<Shape>,
    by_shape: BTreeMap<Shape, u32>,
    promises: Vec<Promise>,
    /// The target of each, and as a float.
    targets: Vec<(i64, f64)>,
    by_target: BTreeMap<(i64, u32), u32>,
    /// The amounts of each promise, ascending, and one that is never reached.
    amounts: Vec<i64>,
}

impl Shape {
    pub(super) fn new(thresholds: &[f64], convention: Convention) -> Shape {
        let mut shares: Vec<u32> = thresholds.iter().map(|&share| millionths(share)).collect();
        shares.sort_unstable();
        shares.dedup();
        Shape { shares, convention }
    }

    /// What is said, in the order in which it comes about.
    pub(super) fn marks(&self) -> impl Iterator<Item = MarkKind> {
        let before = self.shares.partition_point(|&share| share <= 1_000_000);
        let share = |&share: &u32| MarkKind::Share(share);
        let (warnings, overruns) = self.shares.split_at(before);
        warnings.iter().map(share).chain([MarkKind::Breach]).chain(overruns.iter().map(share))
    }
}

impl Promises {
    pub(super) fn shape(&mut self, shape: Shape) -> u32 {
        if let Some(&number) = self.by_shape.get(&shape) {
            return number;
        }
        let number = self.shapes.len() as u32;
        self.by_shape.insert(shape.clone(), number);
        self.shapes.push(shape);
        number
    }

    pub(super) fn promise(&mut self, target: i64, shape: u32) -> Result<u32> {
        if let Some(&number) = self.by_target.get(&(target, shape)) {
            return Ok(number);
        }
        self.room_for(1)?;
        // Below 2^32: a promise has at most 102 amounts.
        let first = self.amounts.len() as u32;
        let Shape { convention, .. } = self.shapes[shape as usize];
        for mark in self.shapes[shape as usize].marks() {
            self.amounts.push(match mark {
                MarkKind::Share(share) => share_of(target, share),
                MarkKind::Breach => target.saturating_add(convention.excess()),
            });
        }
        self.amounts.push(i64::MAX);
        let number = self.promises.len() as u32;
        self.promises.push(Promise { target, shape, first });
        self.targets.push((target, target as f64));
        self.by_target.insert((target, shape), number);
        Ok(number)
    }

    /// Refuses when there is no room for `more` promises.
    pub(super) fn room_for(&self, more: usize) -> Result<()> {
        if more > 0 && self.promises.len().saturating_add(more) > MOST_PROMISES {
            let message = format!("a ledger holds at most {MOST_PROMISES} different promises");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("target"));
        }
        Ok(())
    }

    pub(super) fn get(&self, promise: u32) -> Promise {
        self.promises[promise as usize]
    }

    /// The business time with which a promise is broken.
    pub(super) fn enough(&self, promise: u32) -> i64 {
        let excess = self.shape_of(promise).convention.excess();
        self.get(promise).target.saturating_add(excess)
    }

    pub(super) fn len(&self) -> usize {
        self.promises.len()
    }

    /// The target of each promise, whole and as the float next to it.
    pub(super) fn targets(&self) -> &[(i64, f64)] {
        &self.targets
    }

    pub(super) fn all(&self) -> (&[Shape], &[Promise]) {
        (&self.shapes, &self.promises)
    }

    pub(super) fn shape_of(&self, promise: u32) -> &Shape {
        &self.shapes[self.get(promise).shape as usize]
    }

    /// The amount of a promise's mark; the end of the range after the last.
    pub(super) fn amount(&self, promise: u32, step: u8) -> i64 {
        let first = self.promises[promise as usize].first as usize;
        self.amounts.get(first + usize::from(step)).copied().unwrap_or(i64::MAX)
    }

    /// How many marks of a promise are at or below an amount.
    pub(super) fn passed(&self, promise: u32, business: i64) -> u8 {
        let first = self.promises[promise as usize].first as usize;
        let marks = self.shape_of(promise).shares.len() + 1;
        self.amounts[first..first + marks].partition_point(|&amount| amount <= business) as u8
    }
}
