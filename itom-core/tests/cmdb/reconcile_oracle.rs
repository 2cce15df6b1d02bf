//! Random histories of several sources against a model that recomputes everything from its log.
//!
//! The model keeps what was said, as it was said, and answers a question by walking all of it. A
//! record that covers what its source claimed restates all the source ever said, with the times it
//! had; others state what they name. Whether a transaction is refused is taken from the database.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::Timestamp;
use itom_core::cmdb::{
    Change, Cmdb, ItemRecord, Outcome, PutItem, PutRelation, ReconciliationRules, RemoveItem,
    RemoveRelation, SweepDefinition, Transaction,
};
use proptest::prelude::*;

const ITEMS: [&str; 4] = ["a", "b", "c", "d"];
const SOURCES: [&str; 3] = ["s0", "s1", "s2"];
const ATTRIBUTES: [&str; 3] = ["x", "y", "z"];
const RULES: [&str; 5] = [
    r#"{}"#,
    r#"{"rules": [{"sources": ["s0", null, "s1"]}]}"#,
    r#"{"rules": [{"attributes": ["x"], "choose": "first"}, {"choose": "most", "sources": ["s2"]}]}"#,
    r#"{"rules": [{"choose": "largest"}, {"attributes": ["y"], "choose": "smallest"}]}"#,
    r#"{"rules": [{"sources": ["s1", "s0"], "refresh_after": "PT3S"}]}"#,
];

#[derive(Clone, Debug)]
enum Step {
    Reconcile(usize, usize, Vec<(usize, i64)>),
    Put(Option<usize>, usize, Vec<(usize, Option<i64>)>),
    Remove(Option<usize>, usize),
    Relate(Option<usize>, usize, usize, bool),
    Rules(usize),
    Merge(usize, usize),
    Unmerge(usize),
    Lock(usize, usize, bool),
    Sweep(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let values = proptest::collection::btree_map(0..3usize, 0..3i64, 0..4);
    let record = values.prop_map(|values| values.into_iter().collect::<Vec<_>>());
    let some = proptest::collection::btree_map(0..3usize, proptest::option::of(0..3i64), 0..3);
    let put = some.prop_map(|values| values.into_iter().collect::<Vec<_>>());
    let source = || proptest::option::weighted(0.6, 0..3usize);
    prop_oneof![
        8 => (0..3usize, 0..4usize, record).prop_map(|(s, i, r)| Step::Reconcile(s, i, r)),
        3 => (source(), 0..4usize, put).prop_map(|(s, i, p)| Step::Put(s, i, p)),
        1 => (source(), 0..4usize).prop_map(|(s, i)| Step::Remove(s, i)),
        3 => (source(), 0..4usize, 0..4usize, any::<bool>()).prop_map(|(s, a, b, o)| Step::Relate(s, a, b, o)),
        1 => (0..RULES.len()).prop_map(Step::Rules),
        2 => (0..4usize, 0..4usize).prop_map(|(a, b)| Step::Merge(a, b)),
        1 => (0..4usize).prop_map(Step::Unmerge),
        1 => (0..4usize, 0..3usize, any::<bool>()).prop_map(|(i, a, on)| Step::Lock(i, a, on)),
        1 => (0..3usize, 0..12i64).prop_map(|(s, t)| Step::Sweep(s, t)),
    ]
}

type Key = (i64, usize);

/// What was said; of each attribute a value, or that there is none.
#[derive(Clone, Debug)]
enum Said {
    Put(BTreeMap<usize, Option<i64>>),
    /// All a source ever said of an item, with since when it said so.
    Whole(BTreeMap<usize, (Option<i64>, Key)>),
    Removed,
}

#[derive(Clone, Debug)]
struct Statement {
    key: Key,
    source: Option<usize>,
    item: usize,
    said: Said,
}

#[derive(Default)]
struct Model {
    statements: Vec<Statement>,
    relations: Vec<(Key, Option<usize>, usize, usize, bool)>,
    merges: Vec<(Key, usize, Option<usize>)>,
    locks: Vec<(Key, usize, usize, bool)>,
    rules: Vec<(usize, usize)>,
    /// Valid times of the transactions.
    instants: Vec<i64>,
}

/// Valid time, and how many transactions are known.
#[derive(Clone, Copy)]
struct Moment(i64, usize);

/// What one source says of one row: per attribute the value, since when, and when it was said last.
type Speech = BTreeMap<usize, (Option<i64>, Key, Key)>;

impl Model {
    fn sees(moment: Moment, key: Key) -> bool {
        key.0 <= moment.0 && key.1 < moment.1
    }

    fn alias(&self, item: usize, moment: Moment) -> usize {
        let mut current = item;
        for _ in 0..ITEMS.len() {
            let events = self
                .merges
                .iter()
                .filter(|(key, row, _)| *row == current && Self::sees(moment, *key));
            match events.max_by_key(|(key, ..)| *key) {
                Some((_, _, Some(keep))) => current = *keep,
                _ => break,
            }
        }
        current
    }

    fn members(&self, item: usize, moment: Moment) -> Vec<usize> {
        (0..ITEMS.len()).filter(|row| self.alias(*row, moment) == item).collect()
    }

    fn of(&self, item: usize, source: Option<usize>, moment: Moment) -> Vec<&Statement> {
        let mut all: Vec<&Statement> = self.statements.iter().collect();
        all.retain(|s| s.item == item && s.source == source && Self::sees(moment, s.key));
        all.sort_by_key(|s| std::cmp::Reverse(s.key));
        all
    }

    /// When an item, with what is merged into it, was last removed by hand.
    fn removed(&self, rows: &[usize], moment: Moment) -> Option<Key> {
        let by_hand = rows.iter().flat_map(|row| self.of(*row, None, moment));
        by_hand.filter(|s| matches!(s.said, Said::Removed)).map(|s| s.key).max()
    }

    /// What a source says of a row at a moment, and when it last said anything; none if nothing.
    fn speech(
        &self,
        row: usize,
        source: Option<usize>,
        removed: Option<Key>,
        moment: Moment,
    ) -> Option<(Speech, i64)> {
        let mut speech = Speech::new();
        // The attributes whose claim may be older still, by what became known from a transaction on.
        let mut going: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = None;
        for statement in self.of(row, source, moment) {
            if removed.is_some_and(|removed| statement.key < removed) {
                break;
            }
            let key = statement.key;
            let values: BTreeMap<usize, (Option<i64>, Key)> = match &statement.said {
                Said::Removed => break,
                Said::Put(values) => values.iter().map(|(a, value)| (*a, (*value, key))).collect(),
                Said::Whole(values) => values.clone(),
            };
            seen = seen.max(Some(key.0));
            // What was known before is part of what is whole.
            let from = if matches!(statement.said, Said::Whole(_)) { key.1 } else { 0 };
            for (attribute, (value, since)) in values {
                let Some(run) = speech.get_mut(&attribute) else {
                    speech.insert(attribute, (value, since, key));
                    going.extend(source.map(|_| (attribute, from)));
                    continue;
                };
                match going.get_mut(&attribute) {
                    Some(known) if key.1 < *known => {}
                    Some(known) if run.0 == value && since < run.1 => {
                        run.1 = since;
                        *known = from.max(*known);
                    }
                    _ => drop(going.remove(&attribute)),
                }
            }
        }
        seen.map(|seen| (speech, seen))
    }

    fn voices() -> impl Iterator<Item = Option<usize>> {
        (0..SOURCES.len()).map(Some).chain([None])
    }

    /// Per source what it says of an item, and when it last saw it.
    fn claims(&self, item: usize, moment: Moment) -> Vec<(Option<usize>, Speech, i64)> {
        let rows = self.members(item, moment);
        let removed = self.removed(&rows, moment);
        let mut claims = Vec::new();
        for source in Self::voices() {
            let mut whole = Speech::new();
            let mut last = None;
            for row in &rows {
                let Some((speech, seen)) = self.speech(*row, source, removed, moment) else {
                    continue;
                };
                last = last.max(Some(seen));
                for (attribute, run) in speech {
                    let known = whole.entry(attribute).or_insert(run);
                    if run.2 > known.2 {
                        *known = run;
                    }
                }
            }
            if let Some(last) = last {
                claims.push((source, whole, last));
            }
        }
        claims
    }

    fn is_there(&self, item: usize, moment: Moment) -> bool {
        self.alias(item, moment) == item && !self.claims(item, moment).is_empty()
    }

    /// The attributes of an item.
    fn values(&self, item: usize, moment: Moment) -> BTreeMap<usize, i64> {
        let claims = self.claims(item, moment);
        let number = self.rules.iter().filter(|(by, _)| *by < moment.1).max().map_or(0, |r| r.1);
        let now = match moment.0 {
            i64::MAX => self.instants[..moment.1.min(self.instants.len())]
                .iter()
                .copied()
                .max()
                .unwrap_or(0),
            valid => valid,
        };
        let mut values = BTreeMap::new();
        for attribute in 0..ATTRIBUTES.len() {
            let mut said: Vec<(Option<usize>, i64, Key, i64)> = Vec::new();
            for (source, speech, seen) in &claims {
                if let Some((Some(value), since, _)) = speech.get(&attribute) {
                    said.push((*source, *value, *since, *seen));
                }
            }
            let locks = self.locks.iter().filter(|(key, row, a, _)| {
                *row == item && *a == attribute && Self::sees(moment, *key)
            });
            let locked = locks.max_by_key(|(key, ..)| *key).is_some_and(|(.., on)| *on);
            let by_hand = said.iter().find(|(source, ..)| source.is_none() && locked);
            let chosen = by_hand
                .or_else(|| said.iter().min_by_key(|c| rank(number, attribute, c, &said, now)));
            values.extend(chosen.map(|(_, value, ..)| (attribute, *value)));
        }
        values
    }

    fn links(&self, moment: Moment) -> BTreeSet<(usize, usize)> {
        let mut links = BTreeSet::new();
        for (a, b) in (0..4).flat_map(|a| (0..4).map(move |b| (a, b))) {
            let said = || {
                self.relations
                    .iter()
                    .filter(|(key, _, s, t, _)| (*s, *t) == (a, b) && Self::sees(moment, *key))
            };
            let hand =
                said().filter(|(_, source, .., on)| source.is_none() && !on).map(|r| r.0).max();
            let stands = Self::voices().any(|voice| {
                let newest = said().filter(|(_, source, ..)| *source == voice).max_by_key(|r| r.0);
                newest.is_some_and(|(key, .., on)| {
                    let gone = |row: usize| {
                        let by_hand =
                            self.removed(&self.members(self.alias(row, moment), moment), moment);
                        let own = self.of(row, voice, moment).into_iter();
                        let own =
                            own.filter(|s| matches!(s.said, Said::Removed)).map(|s| s.key).max();
                        by_hand.max(own).is_some_and(|removed| removed > *key)
                    };
                    *on && hand.is_none_or(|hand| hand < *key) && !gone(a) && !gone(b)
                })
            });
            let (from, to) = (self.alias(a, moment), self.alias(b, moment));
            let apart = from != to || (from, to) == (a, b);
            if stands && apart && self.is_there(from, moment) && self.is_there(to, moment) {
                links.insert((from, to));
            }
        }
        links
    }
}

/// What is least wins: the rules, written out.
fn rank(
    rules: usize,
    attribute: usize,
    claim: &(Option<usize>, i64, Key, i64),
    all: &[(Option<usize>, i64, Key, i64)],
    now: i64,
) -> (i64, i64, i64, i64) {
    let (source, value, since, seen) = *claim;
    let place = |listed: &[Option<usize>]| {
        listed.iter().position(|other| *other == source).unwrap_or(listed.len()) as i64
    };
    let last = (-since.0, -(since.1 as i64));
    match (rules, attribute) {
        (1, _) => (0, place(&[Some(0), None, Some(1)]), last.0, last.1),
        (2, 0) => (0, 0, since.0, since.1 as i64),
        (2, _) => {
            let votes = all.iter().filter(|other| other.1 == value).count() as i64;
            (-votes, place(&[Some(2)]), last.0, last.1)
        }
        (3, 1) => (value, 0, last.0, last.1),
        (3, _) => (-value, 0, last.0, last.1),
        (4, _) => (i64::from(now - seen > 3), place(&[Some(1), Some(0)]), last.0, last.1),
        _ => (0, 0, last.0, last.1),
    }
}

fn transaction(source: Option<usize>, at: i64, known: usize) -> Transaction {
    let transaction =
        Transaction::at(Timestamp::from_secs(at)).known(Timestamp::from_secs(known as i64));
    match source {
        Some(source) => transaction.source(SOURCES[source]),
        None => transaction,
    }
}

/// Says a record to both, and compares what they make of it.
fn reconcile(
    db: &mut Cmdb,
    model: &mut Model,
    (source, item): (usize, usize),
    record: &[(usize, i64)],
    at: i64,
) {
    let by = model.instants.len();
    let now = Moment(at, by + 1);
    let values = record.iter().map(|(a, value)| (ATTRIBUTES[*a], *value));
    let told =
        values.fold(ItemRecord::new("item").of_id(ITEMS[item]), |r, (name, v)| r.with(name, v));
    let records = [told];
    let done = db.reconcile(&records, &[], transaction(Some(source), at, by)).unwrap();
    let kept = model.alias(item, now);
    let known = model.is_there(kept, now);
    let before = model.values(kept, now);
    let last_seen = |row: usize| {
        let said = model.of(row, Some(source), now);
        let newest = said.first()?;
        (!matches!(newest.said, Said::Removed)).then_some(newest.key)
    };
    let row = match known && last_seen(item).is_none() {
        true => {
            let members = model.members(kept, now).into_iter();
            members.max_by_key(|row| last_seen(*row)).filter(|row| last_seen(*row).is_some())
        }
        false => None,
    };
    let row = row.unwrap_or(item);
    let removed = model.removed(&[row], now);
    let own = model.speech(row, Some(source), removed, now).map(|(speech, _)| speech);
    let put: BTreeMap<usize, Option<i64>> = record.iter().map(|(a, v)| (*a, Some(*v))).collect();
    let claimed = own.iter().flatten().filter(|(_, run)| run.0.is_some());
    let covers = known && claimed.clone().all(|(a, _)| put.contains_key(a));
    let key = (at, by);
    let said = match (covers, own) {
        (true, own) => {
            let mut whole: BTreeMap<usize, (Option<i64>, Key)> = own
                .into_iter()
                .flatten()
                .map(|(a, (value, since, _))| (a, (value, since)))
                .collect();
            for (attribute, value) in put {
                match whole.get(&attribute) {
                    Some((same, _)) if *same == value => {}
                    _ => {
                        whole.insert(attribute, (value, key));
                    }
                }
            }
            Said::Whole(whole)
        }
        _ => Said::Put(put),
    };
    model.statements.push(Statement { key, source: Some(source), item: row, said });
    model.instants.push(at);
    let after = model.values(model.alias(item, now), now);
    let expected = match (known, before == after) {
        (false, _) => Outcome::Inserted,
        (true, true) => Outcome::Unchanged,
        (true, false) => Outcome::Updated,
    };
    // A record that only makes its source fresh again may change the value without being a change.
    let refreshes = model.rules.last().is_some_and(|(_, number)| *number == 4);
    assert!(refreshes || done.outcome(0) == expected, "{expected:?}: {:?}", done.result(0));
}

fn play(db: &mut Cmdb, model: &mut Model, step: &Step, at: i64) {
    let by = model.instants.len();
    let key = (at, by);
    let now = Moment(at, by + 1);
    let item = |n: &usize| ITEMS[*n].to_owned();
    let apply = |db: &mut Cmdb, source: Option<usize>, change: Change| {
        db.apply(&[change], transaction(source, at, by)).is_ok()
    };
    let accepted = match step {
        Step::Reconcile(source, item, record) => {
            return reconcile(db, model, (*source, *item), record, at);
        }
        Step::Put(source, row, values) => {
            let mut put = PutItem::new(ITEMS[*row], "item");
            for (attribute, value) in values {
                let value = value.map_or(itom_core::cmdb::Value::Null, Into::into);
                put.attributes.insert(ATTRIBUTES[*attribute].to_owned(), value);
            }
            // What makes an item has nothing to clear: it does not say that there is no value.
            let is_new = model.statements.iter().all(|s| s.item != *row);
            let values = values.iter().copied().filter(|(_, value)| !is_new || value.is_some());
            let said = Said::Put(values.collect());
            let accepted = apply(db, *source, Change::PutItem(put));
            model.statements.extend(accepted.then_some(Statement {
                key,
                source: *source,
                item: *row,
                said,
            }));
            accepted
        }
        Step::Remove(source, row) => {
            let there = model.is_there(model.alias(*row, now), now);
            let accepted = apply(db, *source, Change::RemoveItem(RemoveItem { id: item(row) }));
            // A source may withdraw what is gone, if it was ever there.
            let known = model.statements.iter().any(|s| s.item == *row);
            assert_eq!(accepted, if source.is_some() { known } else { there });
            let said = Said::Removed;
            model.statements.extend(accepted.then_some(Statement {
                key,
                source: *source,
                item: *row,
                said,
            }));
            accepted
        }
        Step::Relate(source, a, b, on) => {
            let (from, to) = (item(a), item(b));
            let change = match on {
                true => Change::PutRelation(PutRelation::new(&from, "on", &to)),
                false => Change::RemoveRelation(RemoveRelation {
                    source: from,
                    kind: "on".to_owned(),
                    target: to,
                    group: None,
                }),
            };
            let accepted = apply(db, *source, change);
            model.relations.extend(accepted.then_some((key, *source, *a, *b, *on)));
            accepted
        }
        Step::Rules(number) => {
            let rules: ReconciliationRules = serde_json::from_str(RULES[*number]).unwrap();
            db.set_rules(rules, transaction(None, at, by)).unwrap();
            model.rules.push((by, *number));
            true
        }
        Step::Merge(keep, other) => {
            let accepted =
                db.merge(ITEMS[*keep], &[ITEMS[*other]], transaction(None, at, by)).is_ok();
            let ends = (model.alias(*other, now), model.alias(*keep, now));
            model.merges.extend(accepted.then_some((key, ends.0, Some(ends.1))));
            accepted
        }
        Step::Unmerge(row) => {
            let accepted = db.unmerge(&[ITEMS[*row]], transaction(None, at, by)).is_ok();
            assert_eq!(accepted, model.alias(*row, now) != *row);
            model.merges.extend(accepted.then_some((key, *row, None)));
            accepted
        }
        Step::Lock(row, attribute, on) => {
            let kept = model.alias(*row, now);
            let (id, name) = (ITEMS[*row], ATTRIBUTES[*attribute]);
            let value = model.values(kept, now).get(attribute).copied();
            let accepted = match on {
                true => db.lock(id, name, None, transaction(None, at, by)).is_ok(),
                false => db.release(id, name, transaction(None, at, by)).is_ok(),
            };
            if accepted && *on {
                let said = Said::Put(BTreeMap::from([(*attribute, value)]));
                model.statements.push(Statement { key, source: None, item: *row, said });
            }
            model.locks.extend(accepted.then_some((key, kept, *attribute, *on)));
            accepted
        }
        Step::Sweep(source, before) => {
            let mut sweep = SweepDefinition::new(SOURCES[*source], Timestamp::from_secs(*before));
            sweep.guard = 1.0;
            let report = db.sweep(&sweep, transaction(None, at, by)).unwrap();
            let mut gone = BTreeSet::new();
            for row in 0..ITEMS.len() {
                let removed = model.removed(&[row], now);
                let seen = model.speech(row, Some(*source), removed, now).map(|(_, seen)| seen);
                if seen.is_some_and(|seen| seen < *before) {
                    gone.insert(row);
                }
            }
            let named: BTreeSet<String> =
                report.removed.into_iter().chain(report.withdrawn).collect();
            assert_eq!(named, gone.iter().map(item).collect());
            for row in gone {
                let said = Said::Removed;
                model.statements.push(Statement { key, source: Some(*source), item: row, said });
            }
            true
        }
    };
    if accepted {
        model.instants.push(at);
    }
}

fn compare(db: &Cmdb, model: &Model, valid: i64, known: usize) {
    let instant = |n: i64| (n != i64::MAX).then(|| Timestamp::from_secs(n));
    let by = known.checked_sub(1).map(|n| n as i64).unwrap_or(-1);
    let view = db.at(instant(valid), Some(Timestamp::from_secs(by)));
    let moment = Moment(valid, known);
    let mut expected = BTreeMap::new();
    for item in (0..ITEMS.len()).filter(|item| model.is_there(*item, moment)) {
        let values = model.values(item, moment).into_iter();
        let values: BTreeMap<String, String> =
            values.map(|(a, value)| (ATTRIBUTES[a].to_owned(), value.to_string())).collect();
        expected.insert(ITEMS[item].to_owned(), values);
    }
    let got: BTreeMap<String, BTreeMap<String, String>> = view
        .items(None)
        .unwrap()
        .into_iter()
        .map(|item| {
            let values = item.attributes.into_iter();
            (item.id, values.map(|(name, value)| (name, value.to_string())).collect())
        })
        .collect();
    assert_eq!(got, expected, "as of {valid}, known {known}");
    let links: BTreeSet<(String, String)> = view
        .relations(None)
        .unwrap()
        .into_iter()
        .map(|relation| (relation.source, relation.target))
        .collect();
    let named = |(a, b): (usize, usize)| (ITEMS[a].to_owned(), ITEMS[b].to_owned());
    assert_eq!(
        links,
        model.links(moment).into_iter().map(named).collect(),
        "as of {valid}, known {known}"
    );
    for (item, name) in ITEMS.iter().enumerate() {
        let id = view.item(name).map(|item| item.id);
        let kept = model.alias(item, moment);
        assert_eq!(id.as_deref(), model.is_there(kept, moment).then_some(ITEMS[kept]));
    }
}

proptest! {
    #[test]
    fn every_moment_is_what_the_sources_say_by_the_rules(
        steps in proptest::collection::vec((step(), -3i64..3), 1..25),
        moments in proptest::collection::vec((-2i64..14, 0usize..26), 6),
    ) {
        let (mut db, mut model) = (Cmdb::default(), Model::default());
        for (n, (step, offset)) in steps.iter().enumerate() {
            // Mostly forwards in time, sometimes late.
            let at = match step {
                // Said late by hand, it also takes what sources confirmed since without knowing it.
                Step::Remove(None, _) => model.instants.iter().copied().max().unwrap_or(0),
                _ => n as i64 / 2 + offset.min(&1),
            };
            play(&mut db, &mut model, step, at);
        }
        let all = model.instants.len();
        compare(&db, &model, i64::MAX, all);
        for (valid, known) in &moments {
            compare(&db, &model, *valid, (*known).min(all));
            compare(&db, &model, *valid, all);
        }
        let again = Cmdb::from_bytes(&db.to_bytes()).unwrap();
        compare(&again, &model, i64::MAX, all);
    }
}
