//! Looking at relations: which are there by now, and what that does to the items they count for.

use super::super::history::NONE;
use super::links::{self, DOUBLE, LIVE, SOURCELESS, STALE, TARGETLESS};
use super::reading::At;
use super::state::State;

impl State {
    /// Looks at a relation; if it is otherwise than before it is added to those that changed.
    pub(super) fn relate(&mut self, at: At<'_>, relation: u32, changed: &mut Vec<u32>) {
        let row = at.history.relations[relation as usize];
        let before = self.relations[relation as usize];
        let after = self.standing(at, relation);
        if before & (LIVE | TARGETLESS | SOURCELESS) == after {
            return;
        }
        self.flag(at, relation, after);
        for end in [row.source, row.target] {
            self.retract(end);
            self.queue(end);
        }
        changed.push(relation);
        if (before ^ after) & LIVE != 0 {
            let impact = at.model.impact(at.history.words.text(row.kind));
            if impact.bears_on_source() {
                self.services.moved(row.source);
            }
            if impact.bears_on_target() {
                self.services.moved(row.target);
            }
            self.tell_doubles(at, relation);
        }
    }

    /// Whether a relation is there, or lacks an end.
    fn standing(&self, at: At<'_>, relation: u32) -> u8 {
        let Some((_, put)) = at.history.relation_state(relation, at.moment) else { return 0 };
        let row = &at.history.relations[relation as usize];
        // What was removed by hand after the relation was put took it along.
        let taken = |end: u32| self.removed.get(&end).is_some_and(|removed| *removed > put);
        if taken(row.source) || taken(row.target) {
            return 0;
        }
        let is_there = |end: u32| self.rows[end as usize].class != NONE;
        match (is_there(row.source), is_there(row.target)) {
            (true, true) => LIVE,
            (true, false) => TARGETLESS,
            (false, true) => SOURCELESS,
            (false, false) => 0,
        }
    }

    /// Gives a relation flags, and the items it counts for their numbers.
    fn flag(&mut self, at: At<'_>, relation: u32, flags: u8) {
        let row = at.history.relations[relation as usize];
        let before = std::mem::replace(&mut self.relations[relation as usize], flags);
        for (flags, put) in [(before, false), (flags, true)] {
            let Some(owner) = links::owner(flags, &row) else { continue };
            self.retract(owner);
            let share = &mut self.rows[owner as usize].share;
            let counted = [
                (LIVE, &mut share.live),
                (TARGETLESS | SOURCELESS, &mut share.orphan),
                (DOUBLE, &mut share.duplicate),
                (STALE, &mut share.stale),
            ];
            for (flag, count) in counted {
                if flags & flag != 0 {
                    *count = if put { *count + 1 } else { *count - 1 };
                }
            }
        }
    }

    /// Of all relations like this one the first by group counts as the one.
    fn tell_doubles(&mut self, at: At<'_>, relation: u32) {
        if at.history.groups.len() == 0 {
            return;
        }
        let row = at.history.relations[relation as usize];
        let (source, target) = (self.ends.count(row.source), self.ends.count(row.target));
        let end = if source <= target { row.source } else { row.target };
        let is_like = |n: &u32| {
            let other = &at.history.relations[*n as usize];
            (other.source, other.kind, other.target) == (row.source, row.kind, row.target)
                && self.relations[*n as usize] & LIVE != 0
        };
        let mut alike: Vec<u32> = self.ends.of(end).filter(is_like).collect();
        alike.sort_by_key(|n| links::group(at.history, &at.history.relations[*n as usize]));
        for (place, relation) in alike.into_iter().enumerate() {
            let flags = self.relations[relation as usize];
            let wanted = if place > 0 { flags | DOUBLE } else { flags & !DOUBLE };
            if wanted != flags {
                self.flag(at, relation, wanted);
            }
        }
    }

    /// Looks which of these relations have a stale end.
    pub(super) fn stale_relations(&mut self, at: At<'_>, mut relations: Vec<u32>) {
        relations.sort_unstable();
        relations.dedup();
        for relation in relations {
            let flags = self.relations[relation as usize];
            let row = at.history.relations[relation as usize];
            let stale = [row.source, row.target].iter().any(|end| self.rows[*end as usize].stale);
            let wanted = if stale && flags & LIVE != 0 { flags | STALE } else { flags & !STALE };
            if wanted != flags {
                self.flag(at, relation, wanted);
            }
        }
    }
}
