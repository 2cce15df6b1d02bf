//! What happened between two moments, and what two histories have in common.

use std::sync::Arc;

use super::numbers::PAGE_ROWS;
use super::{Entry, History, Moment, NONE, Slot};
use crate::cmdb::Change;

impl History {
    /// The items of which something is said at one of the moments and not at the other, or which
    /// other rules may read differently; sorted.
    pub(in crate::cmdb) fn touched(&self, moments: [Moment; 2]) -> Vec<u32> {
        if self.is_read_by_rules() {
            return (0..self.items).collect();
        }
        let mut touched = Vec::new();
        for page in 0..self.items.div_ceil(PAGE_ROWS) {
            let first = page * PAGE_ROWS;
            if let (Some(0), Some(created)) = (self.heads.same(page), self.created.same(page))
                && (created == 0 || !self.separates(created - 1, moments))
            {
                continue;
            }
            let rows = first..(first + PAGE_ROWS).min(self.items);
            touched.extend(rows.filter(|item| self.is_touched(*item, moments)));
        }
        touched
    }

    fn is_touched(&self, item: u32, moments: [Moment; 2]) -> bool {
        let created = self.read(Slot::Created(item));
        created != NONE && self.separates(created, moments)
            || self
                .chain(self.read(Slot::Head(item)))
                .any(|(_, row)| self.separates(row.transaction(), moments))
    }

    /// Whether a transaction is visible at one of the moments only.
    fn separates(&self, transaction: u32, [a, b]: [Moment; 2]) -> bool {
        self.is_visible(transaction, a) != self.is_visible(transaction, b)
    }

    /// Whether rules, locks or merges decide what is read.
    fn is_read_by_rules(&self) -> bool {
        self.controls.iter().any(|(_, entry)| match entry {
            Entry::Control(change) => !matches!(**change, Change::Baseline(_)),
            _ => false,
        })
    }

    /// How many transactions two histories have in common.
    pub(in crate::cmdb) fn common(&self, other: &History) -> u32 {
        let is_common = |n: usize| Arc::ptr_eq(&self.transactions[n], &other.transactions[n]);
        let (mut low, mut high) = (0, self.transactions.len().min(other.transactions.len()));
        while low < high {
            let middle = (low + high) / 2;
            match is_common(middle) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low as u32
    }
}
