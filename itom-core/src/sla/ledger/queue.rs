//! Which clock is next? A binary heap that can also be looked into without taking anything out.
//!
//! Entries are (open time of the calendar at which it happens, clock). Those that no longer hold
//! stay until they come up: whoever looks compares them with the meter. Push O(1) on average, pop
//! O(log n), the next k in O(k log k).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When, in open time, and which clock.
pub(super) type Entry = (i64, u32);

#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// A heap with the least at the root, and what was added since.
    entries: Vec<Entry>,
    ordered: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn first(&self) -> Option<Entry> {
        self.entries.first().copied()
    }

    /// Adds an entry, to be put in its place by [`Queue::settle`].
    pub(super) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Puts what was added in its place: O(n) for many, O(k) on average for k entries.
    pub(super) fn settle(&mut self) {
        if (self.entries.len() - self.ordered) * 8 > self.entries.len() {
            for parent in (0..self.entries.len() / 2).rev() {
                self.sink(parent);
            }
        } else {
            (self.ordered..self.entries.len()).for_each(|child| self.rise(child));
        }
        self.ordered = self.entries.len();
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.add(entry);
        self.settle();
    }

    fn rise(&mut self, mut child: usize) {
        while child > 0 {
            let parent = (child - 1) / 2;
            if self.entries[parent] <= self.entries[child] {
                break;
            }
            self.entries.swap(parent, child);
            child = parent;
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let last = self.entries.len().checked_sub(1)?;
        self.entries.swap(0, last);
        let first = self.entries.pop();
        self.ordered = last;
        self.sink(0);
        first
    }

    /// Moves all entries by so much open time: they stay in their order.
    pub(super) fn move_by(&mut self, more: i64) {
        if more != 0 {
            self.entries.iter_mut().for_each(|entry| entry.0 = entry.0.saturating_add(more));
        }
    }

    /// Keeps what still holds, to be put in its place by [`Queue::settle`].
    pub(super) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
        self.ordered = 0;
    }

    fn sink(&mut self, mut parent: usize) {
        let length = self.entries.len();
        loop {
            let left = 2 * parent + 1;
            if left >= length {
                break;
            }
            let right = left + 1;
            let less = right < length && self.entries[right] < self.entries[left];
            let child = if less { right } else { left };
            if self.entries[parent] <= self.entries[child] {
                break;
            }
            self.entries.swap(parent, child);
            parent = child;
        }
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

/// Walks several queues in one order, that of the instants which `instant` makes of a queue's
/// number and an entry; entries without one end their branch. Stops when `visit` says so.
pub(super) fn walk(
    queues: &[Queue],
    instant: impl Fn(usize, Entry) -> Option<i64>,
    mut visit: impl FnMut(i64, usize, Entry) -> bool,
) {
    // (instant, clock, queue, place)
    let mut frontier = BinaryHeap::new();
    let at = |queue: usize, place: usize| {
        let entry = *queues[queue].entries.get(place)?;
        Some(Reverse((instant(queue, entry)?, entry.1, queue, place)))
    };
    frontier.extend((0..queues.len()).filter_map(|queue| at(queue, 0)));
    while let Some(Reverse((when, _, queue, place))) = frontier.pop() {
        if !visit(when, queue, queues[queue].entries[place]) {
            return;
        }
        frontier.extend(at(queue, 2 * place + 1));
        frontier.extend(at(queue, 2 * place + 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_them_in_order_and_can_be_looked_into() {
        let keys: Vec<i64> = (0..500).map(|index| index * 7919 % 503).collect();
        let mut queue = Queue::default();
        for (key, clock) in keys.iter().zip(0..) {
            queue.push((*key, clock));
        }
        let mut other = Queue::default();
        keys.iter().copied().zip(0..).for_each(|entry| other.add(entry));
        other.settle();
        let mut sorted: Vec<Entry> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut seen = Vec::new();
        walk(
            std::slice::from_ref(&queue),
            |_, entry| Some(entry.0),
            |_, _, entry| {
                seen.push(entry);
                seen.len() < 100
            },
        );
        assert_eq!(seen, sorted[..100]);
        other.retain(|entry| entry.0 % 2 == 0);
        other.settle();
        let even: Vec<Entry> = std::iter::from_fn(|| other.pop()).collect();
        assert_eq!(even, sorted.iter().copied().filter(|e| e.0 % 2 == 0).collect::<Vec<_>>());
        assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), sorted);
    }
}
