//! What transactions touched, for whoever keeps figures up to date.
//!
//! The list is bounded: who comes back too late is told that everything may have changed. Before the
//! first one watches nothing is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::Change;
use super::super::history::{Entry, History, NONE};

/// So many are kept, which is 8 MB.
const MOST: usize = 1 << 20;

/// Something that may be otherwise than before, by the number of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// What is said of an item.
    Item(u32),
    /// An item was removed, by hand or by a source.
    Removed(u32),
    /// An item was merged or became one of its own again.
    Joined(u32),
    /// A relation was put or removed.
    Relation(u32),
}

/// The list, if there is someone who reads it.
#[derive(Debug, Default)]
pub(in crate::cmdb) struct Watch(Option<Log>);

#[derive(Debug)]
struct Log {
    /// Tells this database from others.
    token: Arc<()>,
    /// How many went before those that are kept.
    dropped: u64,
    touches: VecDeque<Touch>,
}

/// A place in the list of a database.
#[derive(Clone, Debug)]
pub(super) struct Place {
    token: Arc<()>,
    next: u64,
}

impl Watch {
    /// The end of the list, which is kept from now on.
    pub(super) fn end(&mut self) -> Place {
        let make = || Log { token: Arc::new(()), dropped: 0, touches: VecDeque::new() };
        let log = self.0.get_or_insert_with(make);
        Place { token: Arc::clone(&log.token), next: log.dropped + log.touches.len() as u64 }
    }

    /// Whether the place is in this list.
    pub(super) fn is_of(&self, place: &Place) -> bool {
        self.0.as_ref().is_some_and(|log| Arc::ptr_eq(&log.token, &place.token))
    }

    /// What was touched since a place, and where the list ends; `None` if that is everything.
    pub(super) fn since(&self, place: &Place) -> (Option<Vec<Touch>>, Place) {
        let Some(log) = &self.0 else { return (None, place.clone()) };
        let next = log.dropped + log.touches.len() as u64;
        let known = place.next.checked_sub(log.dropped).map(|first| first as usize);
        let touches = known.map(|first| log.touches.iter().skip(first).copied().collect());
        (touches, Place { token: Arc::clone(&log.token), next })
    }

    /// Hears the transaction under way, which will be kept.
    pub(in crate::cmdb) fn hear(&mut self, history: &History) {
        let Some(log) = &mut self.0 else { return };
        for entry in &history.open().entries {
            match entry {
                Entry::PutItem { item, .. } => log.push(Touch::Item(*item)),
                Entry::RemoveItem { item } => log.push(Touch::Removed(*item)),
                Entry::PutRelation { relation, .. } | Entry::RemoveRelation { relation } => {
                    log.push(Touch::Relation(*relation));
                }
                Entry::Confirm(rows) => rows.iter().for_each(|row| log.push(Touch::Item(row))),
                Entry::Control(change) => log.control(history, change),
            }
        }
    }
}

impl Log {
    fn push(&mut self, touch: Touch) {
        if self.touches.len() == MOST {
            self.forget();
        }
        self.touches.push_back(touch);
    }

    /// From here on everything may be otherwise.
    fn forget(&mut self) {
        // One that no list has, so that a place at the very end is too old as well.
        self.dropped += self.touches.len() as u64 + 1;
        self.touches.clear();
    }

    fn control(&mut self, history: &History, change: &Change) {
        let row = |id: &str| history.ids.find(id).unwrap_or(NONE);
        match change {
            Change::Baseline(_) => {}
            Change::Lock(lock) | Change::Release(lock) => self.push(Touch::Item(row(&lock.id))),
            Change::Merge(merge) => {
                self.push(Touch::Joined(row(&merge.keep)));
                merge.others.iter().for_each(|id| self.push(Touch::Joined(row(id))));
            }
            Change::Unmerge(apart) => {
                apart.ids.iter().for_each(|id| self.push(Touch::Joined(row(id))));
            }
            // Rules and models say how everything is read.
            _ => self.forget(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forgotten_is_told_as_everything() {
        let mut watch = Watch::default();
        let start = watch.end();
        let log = watch.0.as_mut().unwrap();
        log.push(Touch::Item(3));
        let (touched, middle) = watch.since(&start);
        assert_eq!(touched, Some(vec![Touch::Item(3)]));
        let log = watch.0.as_mut().unwrap();
        log.forget();
        assert_eq!(watch.since(&middle).0, None);
        let (touched, end) = watch.since(&start);
        assert_eq!(touched, None);
        assert_eq!(watch.since(&end).0, Some(vec![]));
        let log = watch.0.as_mut().unwrap();
        (0..MOST as u32 + 1).for_each(|row| log.push(Touch::Item(row)));
        assert_eq!(watch.since(&end).0, None);
        assert!(log_len(&watch) <= MOST && watch.is_of(&end));
        assert!(!Watch::default().is_of(&end));
    }

    fn log_len(watch: &Watch) -> usize {
        watch.0.as_ref().map_or(0, |log| log.touches.len())
    }
}
