//! What is kept beside the statements about items: rules, locks, merges, and who saw what when.
//!
//! All of it is bitemporal like the rest: an event has a valid time and a transaction, and what
//! holds at a [`Moment`] is the newest event visible there. Rules alone have no valid time: they
//! say how to read what was said, so those known at the moment read all of its past.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::history::{Moment, NONE};
use super::rows::RowSet;
use super::rules::ReconciliationRules;
use crate::Timestamp;

/// Something that became so at a valid time, by a transaction.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Event<T> {
    at: Timestamp,
    transaction: u32,
    what: T,
}

/// Events of one thing, oldest valid time first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Events<T>(Vec<Event<T>>);

impl<T> Default for Events<T> {
    fn default() -> Self {
        Events(Vec::new())
    }
}

impl<T> Events<T> {
    fn push(&mut self, at: Timestamp, transaction: u32, what: T) {
        let place =
            self.0.partition_point(|event| (event.at, event.transaction) <= (at, transaction));
        self.0.insert(place, Event { at, transaction, what });
    }

    /// Those visible at a moment, newest first.
    fn visible(&self, moment: Moment) -> impl Iterator<Item = &Event<T>> {
        let end = self.0.partition_point(|event| event.at <= moment.valid);
        self.0[..end].iter().rev().filter(move |event| event.transaction < moment.transactions)
    }

    fn newest(&self, moment: Moment) -> Option<&T> {
        self.visible(moment).next().map(|event| &event.what)
    }

    fn forget(&mut self, transaction: u32) {
        self.0.retain(|event| event.transaction != transaction);
    }
}

#[derive(Clone, Debug, Default)]
pub(in crate::cmdb) struct Control {
    /// Whether there is more than one voice: a source, a lock, a merge.
    pub(in crate::cmdb) active: bool,
    rules: Vec<(u32, Arc<ReconciliationRules>)>,
    /// By item and attribute's word, whether it is locked.
    locks: BTreeMap<(u32, u32), Events<bool>>,
    /// By item what it was merged into; [`NONE`] where it is for itself again.
    merges: BTreeMap<u32, Events<u32>>,
    /// By item those ever merged into it.
    absorbed: BTreeMap<u32, Vec<u32>>,
    /// By relation those that it stands for where their ends are merged.
    stands_for: BTreeMap<u32, Vec<u32>>,
    /// By source's word what it saw again, unchanged.
    seen: BTreeMap<u32, Events<Arc<RowSet>>>,
    /// By source's word the latest valid time it spoke of, and whether it ever spoke of an earlier
    /// one after that.
    heard: BTreeMap<u32, (Timestamp, bool)>,
    before: Before,
}

/// What a transaction that is taken back leaves as it was.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    active: bool,
    /// A source that it spoke for, and what was known of it.
    heard: Option<(u32, Option<(Timestamp, bool)>)>,
}

impl Control {
    /// A transaction begins.
    pub(in crate::cmdb) fn begin(&mut self) {
        self.before = Before { active: self.active, heard: None };
    }

    /// The rules known at a moment.
    pub(in crate::cmdb) fn rules(&self, moment: Moment) -> Option<&Arc<ReconciliationRules>> {
        let known = self.rules.partition_point(|(by, _)| *by < moment.transactions);
        known.checked_sub(1).map(|n| &self.rules[n].1)
    }

    pub(super) fn set_rules(&mut self, by: u32, rules: Arc<ReconciliationRules>) {
        self.rules.push((by, rules));
    }

    pub(in crate::cmdb) fn is_locked(&self, item: u32, attribute: u32, moment: Moment) -> bool {
        let events = self.locks.get(&(item, attribute));
        events.and_then(|events| events.newest(moment)).copied().unwrap_or(false)
    }

    pub(super) fn lock(&mut self, (item, word): (u32, u32), at: Timestamp, by: u32, on: bool) {
        self.active = true;
        self.locks.entry((item, word)).or_default().push(at, by, on);
    }

    /// Whether there was ever a merge.
    pub(in crate::cmdb) fn has_merges(&self) -> bool {
        !self.merges.is_empty()
    }

    pub(super) fn merge(&mut self, other: u32, at: Timestamp, by: u32, keep: u32) {
        self.active = true;
        self.merges.entry(other).or_default().push(at, by, keep);
        if keep != NONE {
            let absorbed = self.absorbed.entry(keep).or_default();
            if !absorbed.contains(&other) {
                absorbed.push(other);
            }
        }
    }

    /// Every item that this one was ever merged into, from a valid time on.
    pub(super) fn ever_merged_into(&self, item: u32, from: Timestamp) -> Vec<u32> {
        let events = self.merges.get(&item).map_or(&[][..], |events| &events.0);
        let later = events.iter().filter(|event| event.at >= from);
        later.map(|event| event.what).filter(|keep| *keep != NONE).collect()
    }

    /// An item and all that were ever merged into it or it into, also by others between: all that a
    /// merge may read differently.
    pub(in crate::cmdb) fn ever_joined(&self, item: u32) -> Vec<u32> {
        let mut joined = vec![item];
        let mut next = 0;
        while let Some(&one) = joined.get(next) {
            let below = self.absorbed.get(&one).map_or(&[][..], Vec::as_slice);
            for other in
                self.ever_merged_into(one, Timestamp::MIN).into_iter().chain(below.to_vec())
            {
                if !joined.contains(&other) {
                    joined.push(other);
                }
            }
            next += 1;
        }
        joined
    }

    /// What an item was merged into, directly.
    pub(in crate::cmdb) fn merged_into(&self, item: u32, moment: Moment) -> Option<u32> {
        let keep = self.merges.get(&item)?.newest(moment).copied();
        keep.filter(|keep| *keep != NONE)
    }

    /// What stands for an item: itself, or what it was merged into.
    pub(in crate::cmdb) fn representative(&self, item: u32, moment: Moment) -> u32 {
        let mut current = item;
        // Merges of several valid times may form a circle only where they were said in different
        // orders of the two times; each item is then met once.
        for _ in 0..=self.merges.len() {
            match self.merged_into(current, moment) {
                Some(keep) if keep != item => current = keep,
                _ => break,
            }
        }
        current
    }

    /// An item and all that are merged into it, itself first.
    pub(in crate::cmdb) fn members(&self, item: u32, moment: Moment) -> Vec<u32> {
        let mut members = vec![item];
        let mut next = 0;
        while let Some(&member) = members.get(next) {
            for &other in self.absorbed.get(&member).map_or(&[][..], Vec::as_slice) {
                if self.merged_into(other, moment) == Some(member) && !members.contains(&other) {
                    members.push(other);
                }
            }
            next += 1;
        }
        members
    }

    pub(super) fn add_standing(&mut self, relation: u32, original: u32) {
        let originals = self.stands_for.entry(relation).or_default();
        if relation != original && !originals.contains(&original) {
            originals.push(original);
        }
    }

    /// A relation and all it may stand for, itself first.
    pub(super) fn originals(&self, relation: u32) -> Vec<u32> {
        let mut all = vec![relation];
        let mut next = 0;
        while let Some(one) = all.get(next) {
            for &original in self.stands_for.get(one).map_or(&[][..], Vec::as_slice) {
                if !all.contains(&original) {
                    all.push(original);
                }
            }
            next += 1;
        }
        all
    }

    pub(super) fn confirm(&mut self, source: u32, at: Timestamp, by: u32, rows: Arc<RowSet>) {
        self.seen.entry(source).or_default().push(at, by, rows);
    }

    /// A source speaks of a valid time.
    pub(in crate::cmdb) fn hear(&mut self, source: u32, at: Timestamp) {
        self.before.heard = Some((source, self.heard.get(&source).copied()));
        self.active = true;
        let (latest, late) = self.heard.entry(source).or_insert((at, false));
        *late |= at < *latest;
        *latest = at.max(*latest);
    }

    /// Whether a source ever spoke of the past of what it had spoken of.
    pub(super) fn was_late(&self, source: u32) -> bool {
        self.heard.get(&source).is_some_and(|(_, late)| *late)
    }

    /// Whether a source has spoken of a time after `at`.
    pub(super) fn has_spoken_after(&self, source: u32, at: Timestamp) -> bool {
        self.heard.get(&source).is_some_and(|(latest, _)| *latest > at)
    }

    /// Whether any source ever spoke of the past of what it had spoken of.
    pub(in crate::cmdb) fn was_anyone_late(&self) -> bool {
        self.heard.values().any(|(_, late)| *late)
    }

    /// When a source saw an item again, with the transactions, newest first.
    pub(super) fn scans(&self, item: u32, source: u32, moment: Moment) -> Vec<(Timestamp, u32)> {
        let Some(events) = self.seen.get(&source) else { return Vec::new() };
        let of_item = events.visible(moment).filter(|scan| scan.what.contains(item));
        of_item.map(|scan| (scan.at, scan.transaction)).collect()
    }

    /// When a source last said that it saw the item, unchanged.
    pub(in crate::cmdb) fn seen(
        &self,
        item: u32,
        source: u32,
        moment: Moment,
    ) -> Option<Timestamp> {
        let mut scans = self.seen.get(&source)?.visible(moment);
        scans.find(|scan| scan.what.contains(item)).map(|scan| scan.at)
    }

    /// Takes back what a transaction did, with the relations from a row on.
    pub(in crate::cmdb) fn roll_back(&mut self, transaction: u32, relations: usize) {
        let before = std::mem::take(&mut self.before);
        self.active = before.active;
        match before.heard {
            Some((source, Some(said))) => drop(self.heard.insert(source, said)),
            Some((source, None)) => drop(self.heard.remove(&source)),
            None => {}
        }
        self.rules.retain(|(by, _)| *by != transaction);
        self.locks.values_mut().for_each(|events| events.forget(transaction));
        self.seen.values_mut().for_each(|events| events.forget(transaction));
        if self.merges.is_empty() {
            return;
        }
        self.merges.values_mut().for_each(|events| events.forget(transaction));
        self.merges.retain(|_, events| !events.0.is_empty());
        let relations = relations as u32;
        self.stands_for.retain(|relation, _| *relation < relations);
        self.stands_for.values_mut().for_each(|all| all.retain(|n| *n < relations));
    }
}

/// [`Control`] in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cmdb) struct SavedControl {
    active: bool,
    rules: Vec<(u32, ReconciliationRules)>,
    locks: BTreeMap<(u32, u32), Events<bool>>,
    merges: BTreeMap<u32, Events<u32>>,
    absorbed: BTreeMap<u32, Vec<u32>>,
    stands_for: BTreeMap<u32, Vec<u32>>,
    seen: BTreeMap<u32, Events<RowSet>>,
    heard: BTreeMap<u32, (Timestamp, bool)>,
}

impl<T> Events<T> {
    fn map<U>(&self, change: impl Fn(&T) -> U) -> Events<U> {
        let event = |event: &Event<T>| Event {
            at: event.at,
            transaction: event.transaction,
            what: change(&event.what),
        };
        Events(self.0.iter().map(event).collect())
    }

    /// Whether all are in order, by transactions that there are, and say something that is.
    fn are_sound(&self, transactions: u32, is_sound: impl Fn(&T) -> bool) -> bool {
        self.0.is_sorted_by_key(|event| (event.at, event.transaction))
            && self.0.iter().all(|event| event.transaction < transactions && is_sound(&event.what))
    }
}

impl Control {
    /// What is to be saved, where there are so many items and words: transactions that were taken
    /// back leave some behind that they had made.
    pub(in crate::cmdb) fn saved(&self, items: u32, words: u32) -> SavedControl {
        let Control { active, rules, locks, merges, absorbed, stands_for, seen, heard, .. } = self;
        let said = locks.iter().filter(|(_, events)| !events.0.is_empty());
        let seen = seen.iter().filter(|(_, events)| !events.0.is_empty());
        let kept = absorbed.iter().filter(|(item, _)| **item < items);
        let known = |all: &Vec<u32>| all.iter().copied().filter(|item| *item < items).collect();
        let heard = heard.iter().filter(|(source, _)| **source < words);
        SavedControl {
            active: *active,
            rules: rules.iter().map(|(by, all)| (*by, ReconciliationRules::clone(all))).collect(),
            locks: said.map(|(of, events)| (*of, events.clone())).collect(),
            merges: merges.clone(),
            absorbed: kept.map(|(item, all)| (*item, known(all))).collect(),
            stands_for: stands_for.clone(),
            seen: seen.map(|(by, sets)| (*by, sets.map(|set| RowSet::clone(set)))).collect(),
            heard: heard.map(|(source, times)| (*source, *times)).collect(),
        }
    }

    /// What was saved, if it refers only to what there is: so many items, words, relations and
    /// transactions.
    pub(in crate::cmdb) fn from_saved(
        saved: SavedControl,
        [items, words, relations, transactions]: [u32; 4],
    ) -> Option<Self> {
        let SavedControl { active, rules, locks, merges, absorbed, stands_for, seen, heard } =
            saved;
        let is_sound = rules.is_sorted_by_key(|(by, _)| *by)
            && rules.iter().all(|(by, _)| *by < transactions)
            && locks.iter().all(|(&(item, word), events)| {
                item < items && word < words && events.are_sound(transactions, |_| true)
            })
            && merges.iter().all(|(item, events)| {
                let is_there = |keep: &u32| *keep < items || *keep == NONE;
                *item < items && events.are_sound(transactions, is_there)
            })
            && absorbed.iter().all(|(item, all)| *item < items && all.iter().all(|n| *n < items))
            && stands_for
                .iter()
                .all(|(one, all)| *one < relations && all.iter().all(|n| *n < relations))
            && seen.iter().all(|(source, events)| {
                *source < words && events.are_sound(transactions, |set| set.is_within(items))
            })
            && heard.keys().all(|source| *source < words);
        let arc = |sets: Events<RowSet>| sets.map(|set| Arc::new(set.clone()));
        is_sound.then(|| Control {
            active,
            rules: rules.into_iter().map(|(by, rules)| (by, Arc::new(rules))).collect(),
            locks,
            merges,
            absorbed,
            stands_for,
            seen: seen.into_iter().map(|(source, sets)| (source, arc(sets))).collect(),
            heard,
            before: Before::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_hold_between_their_times_and_chains_are_followed() {
        let at = Timestamp::from_secs;
        let moment = |valid, transactions| Moment { valid: at(valid), transactions };
        let mut control = Control::default();
        control.merge(1, at(10), 0, 2);
        control.merge(2, at(20), 1, 3);
        control.merge(1, at(30), 2, NONE);
        assert_eq!(control.representative(1, moment(9, 9)), 1);
        assert_eq!(control.representative(1, moment(10, 9)), 2);
        assert_eq!(control.representative(1, moment(25, 9)), 3);
        assert_eq!(control.representative(1, moment(30, 9)), 1);
        assert_eq!(control.representative(1, moment(30, 2)), 3);
        assert_eq!(control.members(3, moment(25, 9)), [3, 2, 1]);
        assert_eq!(control.members(3, moment(35, 9)), [3, 2]);
        control.roll_back(2, 0);
        assert_eq!(control.members(3, moment(35, 9)), [3, 2, 1]);
    }
}
