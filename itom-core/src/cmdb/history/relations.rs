//! Relations and their redundancy groups.

use super::index::Index;
use super::rows::{RELATION, Saying};
use super::{History, Key, Moment, NONE, Slot, fits};
use crate::cmdb::Relation;
use crate::cmdb::reconcile::claims;
use crate::cmdb::terms::Terms;
use crate::snapshot::stable_hash;
use crate::{Result, Timestamp};

/// What a relation says is a number of members below this, or a place in a dictionary above it.
const IN_DICTIONARY: u32 = 1 << 31;
/// The attribute whose dictionary that is: no item has it, and if one had, it would do no harm.
const DICTIONARY: &str = "";

/// What a relation is: its identity, and the list of its versions.
#[derive(Clone, Copy, Debug)]
pub(in crate::cmdb) struct RelationRow {
    pub(in crate::cmdb) source: u32,
    pub(in crate::cmdb) kind: u32,
    pub(in crate::cmdb) target: u32,
    /// The row of its group, [`NONE`] for a plain relation.
    pub(in crate::cmdb) group: u32,
    pub(super) newest: u32,
    next_in_group: u32,
}

/// A redundancy group of an item, and the list of the relations ever in it: relations of which the
/// item is the source or, where their kind has the source bear on the target, the target.
#[derive(Clone, Copy, Debug)]
pub(in crate::cmdb) struct GroupRow {
    pub(in crate::cmdb) owner: u32,
    pub(in crate::cmdb) name: u32,
    pub(super) first: u32,
}

impl RelationRow {
    /// Its numbers, for a checkpoint.
    pub(super) fn parts(&self) -> [u32; 6] {
        [self.source, self.kind, self.target, self.group, self.newest, self.next_in_group]
    }

    pub(super) fn of([source, kind, target, group, newest, next_in_group]: [u32; 6]) -> Self {
        RelationRow { source, kind, target, group, newest, next_in_group }
    }

    fn hash(&self) -> u64 {
        let mut bytes = [0; 16];
        let parts = [self.source, self.kind, self.target, self.group];
        for (bytes, part) in bytes.chunks_exact_mut(4).zip(parts) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        stable_hash(&bytes)
    }
}

impl GroupRow {
    fn hash(&self) -> u64 {
        stable_hash(&(u64::from(self.owner) << 32 | u64::from(self.name)).to_le_bytes())
    }
}

impl History {
    /// The row of a relation, made if there is none. `group` is a word or [`NONE`], and whose it is.
    pub(in crate::cmdb) fn relation_row(
        &mut self,
        (source, kind, target): (u32, u32, u32),
        (group, owner): (u32, u32),
    ) -> Result<u32> {
        let group = if group == NONE { NONE } else { self.group_row(owner, group)? };
        if let Some(row) = self.find_relation((source, kind, target), group) {
            return Ok(row);
        }
        let row = fits(self.relations.len())?;
        let next_in_group = if group == NONE { NONE } else { self.read(Slot::First(group)) };
        let relation = RelationRow { source, kind, target, group, newest: NONE, next_in_group };
        self.relations.push(relation);
        if group != NONE {
            self.put(Slot::First(group), row);
        }
        let relations = &self.relations;
        let index = self.relation_index.get_mut().expect("it was looked into");
        index.insert(relation.hash(), row, |n| relations[n as usize].hash());
        Ok(row)
    }

    fn group_row(&mut self, owner: u32, name: u32) -> Result<u32> {
        if let Some(row) = self.find_group(owner, name) {
            return Ok(row);
        }
        let row = fits(self.groups.len())?;
        let group = GroupRow { owner, name, first: NONE };
        self.groups.push(group);
        let groups = &self.groups;
        let index = self.group_index.get_mut().expect("it was looked into");
        index.insert(group.hash(), row, |n| groups[n as usize].hash());
        Ok(row)
    }

    pub(in crate::cmdb) fn find_group(&self, owner: u32, name: u32) -> Option<u32> {
        let hash = GroupRow { owner, name, first: NONE }.hash();
        let groups = &self.groups;
        let make = || Index::of(groups.len() as u32, |n| groups[n as usize].hash());
        self.group_index.get_or_init(make).find(hash, |n| {
            let group = &self.groups[n as usize];
            (group.owner, group.name) == (owner, name)
        })
    }

    /// The row of a relation; `group` is the row of a group or [`NONE`].
    pub(in crate::cmdb) fn find_relation(
        &self,
        (source, kind, target): (u32, u32, u32),
        group: u32,
    ) -> Option<u32> {
        let sought = RelationRow { source, kind, target, group, newest: NONE, next_in_group: NONE };
        let relations = &self.relations;
        let make = || Index::of(relations.len() as u32, |n| relations[n as usize].hash());
        self.relation_index.get_or_init(make).find(sought.hash(), |n| {
            let row = &self.relations[n as usize];
            (row.source, row.kind, row.target, row.group) == (source, kind, target, group)
        })
    }

    pub(super) fn say_relation(&mut self, relation: u32, what: u32, code: u32) -> Result<()> {
        let saying = Saying { what, code, from_columns: NONE };
        self.insert(Slot::Newest(relation), saying)?;
        Ok(())
    }

    /// Forgets the relations and groups behind the first so many.
    pub(super) fn forget_relations(&mut self, relations: usize, groups: usize) {
        for n in relations..self.relations.len() {
            // An index that was not looked into yet is made of what is left.
            if let Some(index) = self.relation_index.get_mut() {
                index.remove(self.relations[n].hash(), n as u32);
            }
        }
        for n in groups..self.groups.len() {
            if let Some(index) = self.group_index.get_mut() {
                index.remove(self.groups[n].hash(), n as u32);
            }
        }
        self.relations.truncate(relations);
        self.groups.truncate(groups);
    }

    /// The code of what a relation says that was put and not removed, and the key of that version;
    /// whether its ends are there is not looked at.
    pub(in crate::cmdb) fn relation_state(
        &self,
        relation: u32,
        moment: Moment,
    ) -> Option<(u32, Key)> {
        if self.control.active {
            return claims::relation_state(self, relation, moment);
        }
        let newest = self.relations[relation as usize].newest;
        let (place, row) = self.visible(newest, moment).next()?;
        (row.what == RELATION).then(|| (row.code, self.key(place, row)))
    }

    /// The code of what a relation says that is there: put after its ends were, and both ends there.
    pub(in crate::cmdb) fn live_relation(&self, relation: u32, moment: Moment) -> Option<u32> {
        let (code, key) = self.relation_state(relation, moment)?;
        let row = &self.relations[relation as usize];
        let holds = |item| {
            let end = self.item_state(item, moment);
            end.class != NONE && end.removed.is_none_or(|removed| removed < key)
        };
        (holds(row.source) && holds(row.target)).then_some(code)
    }

    /// The group of an item that a relation is in, [`NONE`] if it is in none or in another's.
    pub(in crate::cmdb) fn group_for(&self, relation: u32, item: u32) -> u32 {
        let group = self.relations[relation as usize].group;
        if group != NONE && self.groups[group as usize].owner == item { group } else { NONE }
    }

    /// Whether the group a relation is in, if any, is its target's.
    pub(in crate::cmdb) fn is_of_target(&self, relation: &RelationRow) -> bool {
        let owner = |group: u32| self.groups[group as usize].owner;
        relation.group != NONE && owner(relation.group) != relation.source
    }

    /// Every relation that ever was in a group.
    pub(in crate::cmdb) fn group_relations(&self, group: u32) -> impl Iterator<Item = u32> {
        let some = |n: u32| (n != NONE).then_some(n);
        let list = std::iter::successors(some(self.groups[group as usize].first), move |&n| {
            some(self.relations[n as usize].next_in_group)
        });
        // A list is no longer than there are relations, whatever a checkpoint says.
        list.take(self.relations.len())
    }

    /// The valid times after `at` at which some relation of the group changes.
    pub(in crate::cmdb) fn group_changes_after(&self, group: u32, at: Timestamp) -> Vec<Timestamp> {
        let mut times = Vec::new();
        for relation in self.group_relations(group) {
            let rows = self.chain(self.relations[relation as usize].newest);
            let instants = rows.map(|(_, row)| self.instant(row.transaction()));
            times.extend(instants.take_while(|time| *time > at));
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// What a relation says, by its code.
    pub(in crate::cmdb) fn terms(&self, code: u32) -> Terms {
        if code < IN_DICTIONARY {
            return Terms { min_up: code, ..Terms::default() };
        }
        let word = self.words.find(DICTIONARY);
        word.map_or_else(Terms::default, |word| Terms::of(&self.value(word, code - IN_DICTIONARY)))
    }

    /// The code of what a relation says.
    pub(in crate::cmdb) fn terms_code(&mut self, terms: &Terms) -> Result<u32> {
        if terms.is_plain() && terms.min_up < IN_DICTIONARY {
            return Ok(terms.min_up);
        }
        let word = self.words.intern(DICTIONARY)?;
        // A number alone would be read as a count all the same.
        Ok(IN_DICTIONARY + self.intern_value(word, &terms.value(), &mut Vec::new())?)
    }

    /// The relation in words.
    pub(in crate::cmdb) fn describe(&self, relation: u32, code: u32) -> Relation {
        let row = &self.relations[relation as usize];
        let grouped = row.group != NONE;
        let Terms { min_up, min_up_type, weight } = self.terms(code);
        Relation {
            source: self.ids.text(row.source).to_owned(),
            kind: self.words.text(row.kind).to_owned(),
            target: self.ids.text(row.target).to_owned(),
            group: grouped.then(|| self.group_name(row.group).to_owned()),
            min_up: grouped.then_some(min_up),
            min_up_type: grouped.then_some(min_up_type),
            weight,
        }
    }

    pub(in crate::cmdb) fn group_name(&self, group: u32) -> &str {
        self.words.text(self.groups[group as usize].name)
    }
}
