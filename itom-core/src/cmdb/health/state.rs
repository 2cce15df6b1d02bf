//! The state that a report is read from: each item's share, and the sums by group.
//!
//! Whatever is to be looked at again goes the same way, be it everything or what one transaction
//! touched: items are read, then relations, then what an item's relations say of it, then duplicates
//! and staleness; an item's share is taken out of its groups before the first of this and put back
//! after the last. So what is kept up to date and what is made anew cannot differ in the rules, only
//! in what they are applied to.

use std::sync::Arc;

use hashbrown::HashMap;

use super::super::Value;
use super::super::history::{Key, NONE};
use super::super::query::holds;
use super::super::reconcile::says_nothing;
use super::links::{Ends, LIVE};
use super::names::{Keys, Names};
use super::plan::{ClassPlan, Plan};
use super::reading::{At, Reading, Subject};
use super::services::Services;
use super::tally::{Share, Tally};
use super::{HealthDefinition, HealthMetric as Metric};
use crate::{Result, Timestamp};

/// What items are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum By {
    All,
    Class,
    Service,
    Owner,
    Source,
}

/// An item.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// [`NONE`] where it is not there.
    pub(super) class: u32,
    pub(super) plan: Option<Arc<ClassPlan>>,
    /// Whether it is there and in the definition's scope.
    pub(super) counts: bool,
    owner: u32,
    sources: u32,
    /// It is stale behind this instant, in nanoseconds.
    deadline: i64,
    pub(super) stale: bool,
    /// Numbers of what tells it from others.
    keys: Box<[u32]>,
    pub(super) share: Share,
    /// Whether its share is in the sums.
    posted: bool,
    /// Whether it is to be posted, and whether its relations are to be looked at.
    open: bool,
    queued: bool,
}

impl Default for Row {
    fn default() -> Self {
        Row {
            class: NONE,
            plan: None,
            counts: false,
            owner: 0,
            sources: 0,
            deadline: i64::MAX,
            stale: false,
            keys: Box::default(),
            share: Share::default(),
            posted: false,
            open: false,
            queued: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) now: Timestamp,
    pub(super) rows: Vec<Row>,
    /// When items were last removed by hand.
    pub(super) removed: HashMap<u32, Key>,
    /// Flags by relation.
    pub(super) relations: Vec<u8>,
    pub(super) ends: Ends,
    keys: Keys,
    pub(super) owners: Names<Option<String>>,
    pub(super) sources: Names<Vec<u32>>,
    pub(super) sums: HashMap<(By, u32), Tally>,
    pub(super) services: Services,
    /// Items whose share is to be put back.
    open: Vec<u32>,
    /// Items whose relations are to be looked at.
    queue: Vec<u32>,
}

impl State {
    /// The state of everything.
    pub(super) fn new(
        definition: &Arc<HealthDefinition>,
        at: At<'_>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut plan = Plan::new(definition, at.model)?;
        plan.add_lifecycles(at.history, at.moment);
        let mut state = State {
            plan,
            now,
            rows: Vec::new(),
            removed: HashMap::new(),
            relations: vec![0; at.history.relations.len()],
            ends: Ends::new(at.history),
            keys: Keys::default(),
            owners: Names::default(),
            sources: Names::default(),
            sums: HashMap::new(),
            services: Services::default(),
            open: Vec::new(),
            queue: Vec::new(),
        };
        let relations = (0..at.history.relations.len() as u32).collect();
        state.settle(at, 0..at.history.items(), relations);
        Ok(state)
    }

    /// Looks again at items and relations, and at all that hangs on them.
    pub(super) fn settle(
        &mut self,
        at: At<'_>,
        rows: impl IntoIterator<Item = u32>,
        mut relations: Vec<u32>,
    ) {
        self.plan.learn(at.history);
        self.rows.resize_with(at.history.items() as usize, Row::default);
        while self.ends.read < at.history.relations.len() {
            relations.push(self.ends.push(at.history));
        }
        self.relations.resize(at.history.relations.len(), 0);
        for row in rows {
            self.read(at, row, &mut relations);
        }
        relations.sort_unstable();
        relations.dedup();
        let mut changed = Vec::new();
        for relation in relations {
            self.relate(at, relation, &mut changed);
        }
        while let Some(row) = self.queue.pop() {
            self.look_around(at, row);
        }
        let open = std::mem::take(&mut self.open);
        let mut flipped: Vec<u32> = Vec::new();
        for &row in &open {
            flipped.extend(self.age(row).then_some(row));
        }
        self.open = open;
        changed.extend(flipped.into_iter().flat_map(|row| self.ends.of(row)));
        self.stale_relations(at, changed);
        self.post();
    }

    /// Goes to another instant: what is stale by then, and what is not any more.
    pub(super) fn set_now(&mut self, at: At<'_>, now: Timestamp) {
        if now == self.now {
            return;
        }
        self.now = now;
        let mut changed: Vec<u32> = Vec::new();
        for row in 0..self.rows.len() as u32 {
            let own = &self.rows[row as usize];
            if own.class != NONE && own.stale != (now.as_nanos() > own.deadline) {
                self.retract(row);
                self.age(row);
                changed.extend(self.ends.of(row));
            }
        }
        self.stale_relations(at, changed);
        self.post();
    }

    // ---------------------------------------------------------------- items

    /// Reads an item, and notes the relations that have to be looked at for it.
    fn read(&mut self, at: At<'_>, row: u32, relations: &mut Vec<u32>) {
        let reading = Reading::new(at, &self.plan, row);
        self.retract(row);
        self.queue(row);
        let before = self.removed.get(&row).copied();
        match reading.removed {
            Some(removed) => self.removed.insert(row, removed),
            None => self.removed.remove(&row),
        };
        let class = self.rows[row as usize].class;
        if class != reading.class || before != reading.removed {
            relations.extend(self.ends.of(row));
        }
        if class != reading.class {
            let live = self.ends.of(row).filter(|n| self.relations[*n as usize] & LIVE != 0);
            for relation in live.collect::<Vec<u32>>() {
                let relation = at.history.relations[relation as usize];
                self.queue(relation.source);
                self.queue(relation.target);
            }
        }
        if reading.class != NONE {
            return self.take(at, row, &reading);
        }
        let own = &mut self.rows[row as usize];
        (own.class, own.plan, own.counts, own.deadline) = (NONE, None, false, i64::MAX);
        (own.share.checked, own.share.failed) = (0, 0);
        self.services.set(row, false);
        self.set_keys(row, Box::default());
    }

    /// What is read of an item becomes its share, as far as its relations have no say.
    fn take(&mut self, at: At<'_>, row: u32, reading: &Reading) {
        let (history, model) = (at.history, at.model);
        let plan = self.plan.class(history, model, at.moment, reading.class);
        let subject = Subject { at, plan: &self.plan, row, reading };
        let definition = Arc::clone(&self.plan.definition);
        let patterns = &self.plan.patterns;
        let counts = definition.scope.as_ref().is_none_or(|scope| holds(scope, &subject, patterns));
        let is_missing = |&name: &usize| is_missing(&self.plan, reading, name);
        let lacks = |names: &[usize]| names.iter().any(is_missing);
        let mut share = self.rows[row as usize].share;
        (share.weight, share.exempt) = (plan.weight, plan.exempt);
        share.set(Metric::Required, !plan.required.is_empty(), lacks(&plan.required));
        share.set(Metric::Recommended, !plan.recommended.is_empty(), lacks(&plan.recommended));
        let rules = plan.rules.iter().map(|&n| &definition.rules[n]);
        let applied = rules
            .filter(|rule| rule.when.as_ref().is_none_or(|when| holds(when, &subject, patterns)));
        let (mut asked, mut broken) = (false, false);
        for rule in applied {
            asked = true;
            broken |= !holds(&rule.condition, &subject, patterns);
        }
        share.set(Metric::Compliance, asked, broken);
        let owner = reading.value(self.plan.owner());
        let owner = owner.filter(|value| !says_nothing(Some(value))).map(plain);
        let owner = self.owners.number(owner);
        let sources = self.sources.number(reading.sources.clone());
        let own = &mut self.rows[row as usize];
        own.deadline = deadline(&self.plan, &plan, reading);
        (own.class, own.counts, own.owner, own.sources) = (reading.class, counts, owner, sources);
        (own.plan, own.share) = (Some(Arc::clone(&plan)), share);
        self.services.set(row, counts && plan.is_service);
        if !plan.hosts {
            self.tell_apart(at, row, &plan, reading);
        }
    }

    /// What its relations say of an item, and what tells it from others.
    fn look_around(&mut self, at: At<'_>, row: u32) {
        self.retract(row);
        self.rows[row as usize].queued = false;
        let Some(plan) = self.rows[row as usize].plan.clone() else { return };
        let orphan = plan.related.iter().any(|related| !self.has(at, row, related));
        let short = plan.minimums.iter().any(|minimum| !self.is_enough(at, row, minimum));
        let share = &mut self.rows[row as usize].share;
        share.set(Metric::Orphan, !plan.related.is_empty(), orphan);
        share.set(Metric::RelationMinimum, !plan.minimums.is_empty(), short);
        if plan.hosts {
            let reading = Reading::new(at, &self.plan, row);
            self.tell_apart(at, row, &plan, &reading);
        }
    }

    /// What tells an item from others, and whether one of them has the same.
    fn tell_apart(&mut self, at: At<'_>, row: u32, plan: &ClassPlan, reading: &Reading) {
        let mut keys: Vec<u32> = Vec::new();
        if let Some(standing) = &reading.standing
            && self.rows[row as usize].counts
        {
            let hosts = |kind: &str| self.hosts(at, row, kind);
            let identities = plan.identities.of(at.history, standing, hosts);
            for identity in identities {
                let key = full_key(plan, identity.key, identity.entry);
                keys.push(self.keys.number(key));
            }
            keys.sort_unstable();
            keys.dedup();
        }
        self.set_keys(row, keys.into());
        let own = &mut self.rows[row as usize];
        let doubled = own.keys.iter().any(|&key| self.keys.is_shared(key));
        own.share.set(Metric::Duplicate, !plan.identities.is_empty(), doubled);
    }

    /// Gives an item other keys; those it shared one with, or shares one with now, are told of it.
    fn set_keys(&mut self, row: u32, keys: Box<[u32]>) {
        let before = std::mem::replace(&mut self.rows[row as usize].keys, keys);
        let keys = &self.rows[row as usize].keys;
        let mut others = Vec::new();
        // First what comes, so that a key that stays is never without a holder.
        for &key in keys.iter().filter(|key| !before.contains(key)) {
            others.extend(self.keys.insert(key, row));
        }
        for &key in before.iter().filter(|key| !keys.contains(key)) {
            others.extend(self.keys.remove(key, row));
        }
        for other in others {
            self.retract(other);
            let own = &self.rows[other as usize];
            let doubled = own.keys.iter().any(|&key| self.keys.is_shared(key));
            let checked = own.plan.as_ref().is_some_and(|plan| !plan.identities.is_empty());
            self.rows[other as usize].share.set(Metric::Duplicate, checked, doubled);
        }
    }

    /// Whether an item is stale by now; tells whether that is otherwise than before.
    fn age(&mut self, row: u32) -> bool {
        let now = self.now.as_nanos();
        let own = &mut self.rows[row as usize];
        let stale = own.class != NONE && now > own.deadline;
        own.share.set(Metric::Stale, own.class != NONE, stale);
        std::mem::replace(&mut own.stale, stale) != stale
    }

    // ---------------------------------------------------------------- sums

    pub(super) fn queue(&mut self, row: u32) {
        if !std::mem::replace(&mut self.rows[row as usize].queued, true) {
            self.queue.push(row);
        }
    }

    /// Takes an item's share out of the sums until all is settled.
    pub(super) fn retract(&mut self, row: u32) {
        if std::mem::replace(&mut self.rows[row as usize].open, true) {
            return;
        }
        self.open.push(row);
        if self.rows[row as usize].posted {
            self.sum(row, -1);
        }
    }

    fn post(&mut self) {
        for row in std::mem::take(&mut self.open) {
            let own = &mut self.rows[row as usize];
            own.open = false;
            own.posted = own.counts;
            if own.posted {
                self.sum(row, 1);
            }
        }
    }

    /// The items that a key is shared by, but one.
    pub(super) fn who_shares(
        &self,
        plan: &ClassPlan,
        key: &[u8],
        entry: usize,
        row: u32,
    ) -> Vec<u32> {
        let number = self.keys.find(&full_key(plan, key.to_vec(), entry));
        let holders = number.map(|number| self.keys.holders(number)).unwrap_or_default();
        holders.into_iter().filter(|other| *other != row).collect()
    }

    /// The items that more than one speaks of.
    pub(super) fn of_several(&self) -> impl Iterator<Item = u32> {
        let rows = (0..).zip(&self.rows).filter(|(_, own)| own.class != NONE);
        rows.filter(|(_, own)| self.sources.of(own.sources).len() > 1).map(|(row, _)| row)
    }

    fn sum(&mut self, row: u32, sign: i64) {
        let own = &self.rows[row as usize];
        let mut add = |by: By, number: u32| {
            self.sums.entry((by, number)).or_default().add(&own.share, sign);
        };
        add(By::All, 0);
        add(By::Class, own.class);
        add(By::Owner, own.owner);
        self.sources.of(own.sources).iter().for_each(|source| add(By::Source, *source));
        self.services.of(row).iter().for_each(|service| add(By::Service, *service));
    }
}

/// A key among those of all classes and entries.
fn full_key(plan: &ClassPlan, mut key: Vec<u8>, entry: usize) -> Vec<u8> {
    key.extend_from_slice(&(entry as u32).to_le_bytes());
    key.extend_from_slice(plan.identities.owner().as_bytes());
    key
}

/// A value as a name.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether an item has nothing to say for an attribute.
pub(super) fn is_missing(plan: &Plan, reading: &Reading, name: usize) -> bool {
    match plan.word(name) {
        NONE => true,
        word => says_nothing(reading.value(word)),
    }
}

/// Whether the source of an item says that it is absent.
pub(super) fn is_absent(plan: &Plan, of: &ClassPlan, reading: &Reading) -> bool {
    of.absent.as_ref().is_some_and(|(attribute, state)| {
        let value = Some(plan.word(*attribute)).filter(|word| *word != NONE);
        let value = value.and_then(|word| reading.value(word));
        matches!(value, Some(Value::Text(text)) if text == state)
    })
}

/// The instant behind which an item is stale.
fn deadline(plan: &Plan, of: &ClassPlan, reading: &Reading) -> i64 {
    if of.exempt & Metric::Stale.bit() != 0 {
        return i64::MAX;
    }
    if is_absent(plan, of, reading) {
        return i64::MIN;
    }
    reading.seen.as_nanos().saturating_add(of.stale_after)
}
