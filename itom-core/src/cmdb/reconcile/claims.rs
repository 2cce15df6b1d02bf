//! What the sources say of an item, read from the history: presence, class, claims, relations.
//!
//! Every statement of the history has a source, or was made by hand. What holds follows from them:
//! - A source's claim for an attribute is its newest value; `null` withdraws it. A source that says
//!   again what it said has claimed it since it first did; a hand means it anew.
//! - A source that sees an item again says all it had said of it once more.
//! - A source that removes an item withdraws all it said of it, also of its relations. An item is
//!   there as long as some source, or someone by hand, says so. Removing by hand removes for all.
//!   A source that said nothing withdraws nothing: no error, for its put may become known later.
//! - A relation is there as long as one says so, and both its ends are there. Removed by hand, it
//!   is gone for all that said so before.
//! - The class is the one said last by a source that still says that the item is there.
//! - Where items are merged, what was said of any of them was said of the one that is kept.
//!
//! With nothing but statements by hand this is what the history itself says. Reading costs as many
//! steps as there are statements of the item.

use std::collections::BTreeMap;

use super::super::Value;
use super::super::history::{History, ItemState, Key, Moment, NONE, Said, Statement};
use super::super::model::ClassModel;
use super::choose::{Choice, Circumstances, Claim, choose};
use super::rules::ReconciliationRule;
use crate::Timestamp;

/// The statements of an item and of those merged into it that still stand, newest first.
pub(in crate::cmdb) struct Standing {
    pub(in crate::cmdb) puts: Vec<Statement>,
    /// When it was last removed by hand.
    pub(in crate::cmdb) removed: Option<Key>,
    /// Where rows are merged: when each source saw each of them again.
    scans: Vec<((u32, u32), Scans)>,
}

/// When a source saw an item again, with the transactions, newest first.
type Scans = Vec<(Timestamp, u32)>;

impl Standing {
    pub(in crate::cmdb) fn new(history: &History, item: u32, moment: Moment) -> Self {
        if history.control.has_merges() {
            let members = history.control.members(item, moment);
            Self::of(history, &members, moment)
        } else {
            Self::of(history, &[item], moment)
        }
    }

    /// Of an item and those merged into it, of their attributes only those that are wanted.
    pub(in crate::cmdb) fn limited(
        history: &History,
        item: u32,
        moment: Moment,
        wanted: impl Fn(u32) -> bool,
    ) -> Self {
        if history.control.has_merges() {
            let members = history.control.members(item, moment);
            Self::gather(history, &members, moment, wanted)
        } else {
            Self::gather(history, &[item], moment, wanted)
        }
    }

    /// Of rows as they are, whatever is merged into them.
    pub(in crate::cmdb) fn of(history: &History, rows: &[u32], moment: Moment) -> Self {
        Self::gather(history, rows, moment, |_| true)
    }

    fn gather(
        history: &History,
        rows: &[u32],
        moment: Moment,
        wanted: impl Fn(u32) -> bool,
    ) -> Self {
        let mut all: Vec<Statement> = Vec::new();
        for &row in rows {
            all.extend(history.item_statements_of(row, moment, &wanted));
        }
        if rows.len() > 1 {
            all.sort_by_key(|said| std::cmp::Reverse(said.key));
        }
        let by_hand = |s: &Statement| s.source == NONE && matches!(s.said, Said::Removed);
        let removed = all.iter().find(|statement| by_hand(statement)).map(|s| s.key);
        let scans = if rows.len() > 1 { scanned(history, &all, moment) } else { Vec::new() };
        if let Some(removed) = removed {
            // What a source said of another row before, and saw again since, is not gone.
            let mut withdrawn: Vec<(u32, u32)> = Vec::new();
            all.retain(|statement| {
                let whose = (statement.row, statement.source);
                if matches!(statement.said, Said::Removed) {
                    withdrawn.push(whose);
                }
                let stands = !withdrawn.contains(&whose) && !withdrawn.contains(&(whose.0, NONE));
                statement.key > removed || stands && said_last(&scans, statement) > removed
            });
        }
        restated(history, &mut all, moment);
        let mut withdrawn: Vec<(u32, u32)> = Vec::new();
        let puts = Vec::with_capacity(all.len());
        let mut standing = Standing { puts, removed, scans };
        for statement in all {
            let whose = (statement.row, statement.source);
            match statement.said {
                Said::Removed => withdrawn.push(whose),
                _ if withdrawn.contains(&whose) => {}
                _ => standing.puts.push(statement),
            }
        }
        standing
    }

    pub(in crate::cmdb) fn class(&self) -> u32 {
        let mut classes = self.puts.iter().filter_map(|put| match put.said {
            Said::Item { class, .. } if class != NONE => Some(class),
            _ => None,
        });
        classes.next().unwrap_or(NONE)
    }

    /// The claims by attribute, newest first.
    pub(in crate::cmdb) fn claims(&self) -> BTreeMap<u32, Vec<Claim>> {
        let mut runs: BTreeMap<u32, Runs> = BTreeMap::new();
        for put in &self.puts {
            let Said::Item { attributes, .. } = &put.said else { continue };
            for &(word, code) in attributes {
                runs.entry(word).or_default().say(put, code, || said_last(&self.scans, put));
            }
        }
        let claims = runs.into_iter().map(|(word, runs)| (word, runs.claims()));
        claims.filter(|(_, claims)| !claims.is_empty()).collect()
    }

    /// The claims for one attribute, newest first.
    pub(in crate::cmdb) fn claims_of(&self, word: u32) -> Vec<Claim> {
        let mut runs = Runs::default();
        for put in &self.puts {
            let Said::Item { attributes, .. } = &put.said else { continue };
            if let Some(&(_, code)) = attributes.iter().rev().find(|(own, _)| *own == word) {
                runs.say(put, code, || said_last(&self.scans, put));
            }
        }
        runs.claims()
    }

    /// All that anyone claims or did claim.
    pub(in crate::cmdb) fn ever_claimed(&self) -> EverClaimed {
        let mut cells = Vec::new();
        for put in &self.puts {
            if let Said::Item { attributes, .. } = &put.said {
                cells.extend_from_slice(attributes);
            }
        }
        cells.sort_unstable();
        EverClaimed(cells)
    }

    /// What one source claims, by word and code.
    pub(in crate::cmdb) fn claims_by(&self, source: u32) -> Vec<(u32, u32)> {
        let mut met: Vec<(u32, u32)> = Vec::new();
        for put in self.puts.iter().filter(|put| put.source == source) {
            let Said::Item { attributes, .. } = &put.said else { continue };
            for &(word, code) in attributes {
                if met.iter().all(|(known, _)| *known != word) {
                    met.push((word, code));
                }
            }
        }
        met.retain(|(_, code)| *code != 0);
        met
    }

    /// The newest statement of a source.
    pub(in crate::cmdb) fn last_said(&self, source: u32) -> Option<Timestamp> {
        self.puts.iter().filter(|put| put.source == source).map(|put| put.key.0).max()
    }
}

/// Values that were claimed, by word and code.
pub(in crate::cmdb) struct EverClaimed(Vec<(u32, u32)>);

impl EverClaimed {
    /// Whether someone claims an attribute, and all who do or did claim this value.
    pub(in crate::cmdb) fn agree_on(&self, word: u32, code: u32) -> bool {
        let first = self.0.partition_point(|(own, _)| *own < word);
        let mut own = self.0[first..].iter().take_while(|(own, _)| *own == word).peekable();
        own.peek().is_some() && own.all(|(_, claimed)| *claimed == code)
    }
}

/// The newest value of each source for one attribute, and since when it says so without a break:
/// one for each row that was merged.
#[derive(Default)]
struct Runs(Vec<Run>);

struct Run {
    claim: Claim,
    row: u32,
    /// When it was said last.
    said: Key,
    goes_on: bool,
}

impl Runs {
    /// Takes what was said, of each row the newest first.
    fn say(&mut self, put: &Statement, code: u32, said: impl FnOnce() -> Key) {
        let known =
            self.0.iter_mut().find(|run| run.claim.source == put.source && run.row == put.row);
        match known {
            None => {
                let claim = Claim { source: put.source, key: put.key, code };
                // What a hand puts again is meant anew; a source that repeats itself says nothing new.
                let goes_on = put.source != NONE;
                self.0.push(Run { claim, row: put.row, said: said(), goes_on });
            }
            Some(run) if run.goes_on => {
                run.goes_on = run.claim.code == code && put.key < run.claim.key;
                if run.goes_on {
                    run.claim.key = put.key;
                }
            }
            Some(_) => {}
        }
    }

    fn claims(mut self) -> Vec<Claim> {
        if self.0.iter().any(|run| run.row != self.0[0].row) {
            self.0.sort_by(|a, b| (a.claim.source, b.said).cmp(&(b.claim.source, a.said)));
            self.0.dedup_by_key(|run| run.claim.source);
        }
        let claims = self.0.into_iter().map(|run| run.claim);
        let mut claims: Vec<Claim> = claims.filter(|claim| claim.code != 0).collect();
        claims.sort_by_key(|claim| std::cmp::Reverse(claim.key));
        claims
    }
}

/// The statements of a row in the order in which they hold, the one that does first.
pub(super) fn statements_in_order(history: &History, row: u32, moment: Moment) -> Vec<Statement> {
    let mut all = history.item_statements(row, moment);
    restated(history, &mut all, moment);
    all
}

/// When the sources of statements saw each row again.
fn scanned(history: &History, all: &[Statement], moment: Moment) -> Vec<((u32, u32), Scans)> {
    let mut scanned: Vec<((u32, u32), Scans)> = Vec::new();
    for statement in all.iter().filter(|statement| statement.source != NONE) {
        let whose = (statement.row, statement.source);
        if scanned.iter().all(|(other, _)| *other != whose) {
            scanned.push((whose, history.control.scans(statement.row, statement.source, moment)));
        }
    }
    scanned
}

/// When what was put was said last: a source that sees an item again says it once more.
fn said_last(scanned: &[((u32, u32), Scans)], put: &Statement) -> Key {
    let whose = (put.row, put.source);
    let scans = scanned.iter().find(|(other, _)| *other == whose);
    let mut scans = scans.map_or(&[][..], |(_, scans)| scans.as_slice()).iter();
    let again = scans.find(|(_, by)| *by >= put.key.1);
    again.map_or(put.key, |&(at, by)| put.key.max((at, by, 0)))
}

/// Puts what sources said late behind what they confirmed later without knowing it.
///
/// A source that saw an item again said all it had said of it once more. What it says afterwards of
/// the time before does not change that.
fn restated(history: &History, all: &mut [Statement], moment: Moment) {
    let mut whose: Vec<(u32, u32)> = Vec::new();
    for statement in all.iter() {
        let (row, source) = (statement.row, statement.source);
        if !whose.contains(&(row, source)) && history.control.was_late(source) {
            whose.push((row, source));
        }
    }
    for (row, source) in whose {
        let scans = history.control.scans(row, source, moment);
        if scans.is_empty() {
            continue;
        }
        let is_of = |s: &Statement| s.row == row && s.source == source;
        let places: Vec<usize> = (0..all.len()).filter(|&n| is_of(&all[n])).collect();
        let said: Vec<Statement> = places.iter().map(|&n| all[n].clone()).collect();
        for (place, statement) in places.into_iter().zip(effective(&said, &scans, moment)) {
            all[place] = statement;
        }
    }
}

/// Statements of one source in the order in which they hold, the first the one that does.
fn effective(said: &[Statement], scans: &[(Timestamp, u32)], moment: Moment) -> Vec<Statement> {
    let is_visible = |at: Timestamp, by: u32| at <= moment.valid && by < moment.transactions;
    let said: Vec<Statement> =
        said.iter().filter(|s| is_visible(s.key.0, s.key.1)).cloned().collect();
    let is_late = |s: &Statement, (at, by): (Timestamp, u32)| s.key.0 < at && s.key.1 > by;
    let mut open = scans.iter().copied().filter(|&(at, by)| is_visible(at, by));
    let Some(scan) = open.find(|&scan| said.iter().any(|s| is_late(s, scan))) else { return said };
    let then = Moment { valid: scan.0, transactions: scan.1 + 1 };
    let (late, rest): (Vec<_>, Vec<_>) = said.into_iter().partition(|s| is_late(s, scan));
    let (before, mut order): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|s| s.key.0 <= then.valid && s.key.1 < then.transactions);
    // What was said late of a time after a withdrawal was not withdrawn by it.
    let mut before = effective(&before, scans, then);
    let withdrawal = before.iter().position(|s| matches!(s.said, Said::Removed));
    let withdrawn = before.split_off(withdrawal.unwrap_or(before.len()));
    let is_since = |s: &Statement| withdrawn.first().is_none_or(|removed| s.key > removed.key);
    let (since, earlier): (Vec<_>, Vec<_>) = late.into_iter().partition(is_since);
    order.extend(before);
    order.extend(since);
    order.extend(withdrawn);
    order.extend(earlier);
    order
}

/// What an item is at a moment: not there where it is merged into another.
pub(in crate::cmdb) fn item_state(history: &History, item: u32, moment: Moment) -> ItemState {
    if history.control.merged_into(item, moment).is_some() {
        return ItemState { class: NONE, removed: None };
    }
    let standing = Standing::limited(history, item, moment, |_| false);
    ItemState { class: standing.class(), removed: standing.removed }
}

/// The attributes of an item by word: of each what the rules choose.
pub(in crate::cmdb) fn attributes(
    history: &History,
    model: &ClassModel,
    item: u32,
    moment: Moment,
) -> BTreeMap<u32, Value> {
    let standing = Standing::new(history, item, moment);
    let chooser = Chooser::new(history, model, item, &standing, moment);
    let claims = standing.claims().into_iter();
    claims.map(|(word, claims)| (word, chooser.value(word, &claims))).collect()
}

/// The value that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cmdb) enum Chosen {
    /// Of a claim: its code.
    Code(u32),
    /// Made of several.
    Joined(Value),
}

/// Chooses values of one item.
pub(in crate::cmdb) struct Chooser<'a> {
    history: &'a History,
    model: &'a ClassModel,
    item: u32,
    class: u32,
    standing: &'a Standing,
    moment: Moment,
}

impl<'a> Chooser<'a> {
    pub(in crate::cmdb) fn new(
        history: &'a History,
        model: &'a ClassModel,
        item: u32,
        standing: &'a Standing,
        moment: Moment,
    ) -> Self {
        Chooser { history, model, item, class: standing.class(), standing, moment }
    }

    /// The value among claims of which there is at least one.
    pub(in crate::cmdb) fn value(&self, word: u32, claims: &[Claim]) -> Value {
        self.value_of(word, &self.chosen(word, claims))
    }

    pub(in crate::cmdb) fn value_of(&self, word: u32, chosen: &Chosen) -> Value {
        match chosen {
            Chosen::Code(code) => self.history.value(word, *code),
            Chosen::Joined(value) => value.clone(),
        }
    }

    /// [`value`](Self::value) as its code, where it is the value of a claim.
    pub(in crate::cmdb) fn chosen(&self, word: u32, claims: &[Claim]) -> Chosen {
        let first = claims[0].code;
        let alike = claims.iter().all(|claim| claim.code == first);
        if claims.len() == 1 || alike && !self.history.is_list(word, first) {
            return Chosen::Code(first);
        }
        let (choice, _) = self.choose(word, claims);
        choice.joined.map_or(Chosen::Code(claims[choice.winner].code), Chosen::Joined)
    }

    /// The choice among claims of which there is at least one, and the number of the rule.
    pub(in crate::cmdb) fn choose(&self, word: u32, claims: &[Claim]) -> (Choice, Option<usize>) {
        let words = &self.history.words;
        let rules = self.history.control.rules(self.moment);
        let class = if self.class == NONE { "" } else { words.text(self.class) };
        let number = rules.and_then(|rules| rules.find(self.model, class, words.text(word)));
        let plain = ReconciliationRule::default();
        let rule = match (rules, number) {
            (Some(rules), Some(n)) => &rules.rules[n],
            _ => &plain,
        };
        let rank =
            |claim: &Claim| rule.rank((claim.source != NONE).then(|| words.text(claim.source)));
        let control = &self.history.control;
        let by_hand = || claims.iter().position(|claim| claim.source == NONE);
        let is_locked = control.is_locked(self.item, word, self.moment);
        let values = claims.iter().map(|claim| self.history.value(word, claim.code));
        let values = if rule.choose.looks_at_values() { values.collect() } else { Vec::new() };
        let given = Circumstances {
            rule,
            locked: if is_locked { by_hand() } else { None },
            ranks: claims.iter().map(rank).collect(),
            stale: claims.iter().map(|claim| self.is_stale(rule, claim.source)).collect(),
            values,
        };
        (choose(claims, &given), number)
    }

    /// When a source last saw the item, changed or not.
    pub(in crate::cmdb) fn last_seen(&self, source: u32) -> Option<Timestamp> {
        last_seen(self.history, self.item, self.standing, source, self.moment)
    }

    fn is_stale(&self, rule: &ReconciliationRule, source: u32) -> bool {
        let Some(after) = rule.refresh_after else { return false };
        let now = self.history.now_of(self.moment);
        let seen = self.last_seen(source);
        seen.is_none_or(|seen| {
            i128::from(now.as_nanos()) - i128::from(seen.as_nanos()) > i128::from(after.as_nanos())
        })
    }
}

/// When a source last saw an item, changed or not.
pub(in crate::cmdb) fn last_seen(
    history: &History,
    item: u32,
    standing: &Standing,
    source: u32,
    moment: Moment,
) -> Option<Timestamp> {
    let control = &history.control;
    let said = standing.last_said(source)?;
    let members = if control.has_merges() { control.members(item, moment) } else { vec![item] };
    let seen = members.into_iter().filter_map(|row| control.seen(row, source, moment)).max();
    Some(seen.map_or(said, |seen| seen.max(said)))
}

/// The code of what a relation says that some source says is there, and the key of the newest such
/// statement; whether its ends are there is not looked at.
pub(in crate::cmdb) fn relation_state(
    history: &History,
    relation: u32,
    moment: Moment,
) -> Option<(u32, Key)> {
    let said = relation_claims(history, relation, moment);
    said.into_iter().max_by_key(|(_, key, _)| *key).map(|(_, key, code)| (code, key))
}

/// The sources that say that a relation is there, with the key of each and the code of what it says.
pub(in crate::cmdb) fn relation_claims(
    history: &History,
    relation: u32,
    moment: Moment,
) -> Vec<(u32, Key, u32)> {
    let control = &history.control;
    let row = history.relations[relation as usize];
    let ends = |row: u32| {
        let row = history.relations[row as usize];
        let end = |item| control.representative(item, moment);
        (end(row.source), end(row.target))
    };
    let merged = control.has_merges();
    if merged && ends(relation) != (row.source, row.target) {
        return Vec::new();
    }
    let originals = if merged { control.originals(relation) } else { vec![relation] };
    let mut said: Vec<(u32, Key, u32)> = Vec::new();
    for original in originals {
        if original != relation && ends(original) != (row.source, row.target) {
            continue;
        }
        let mut heard: Vec<u32> = Vec::new();
        for statement in history.relation_statements(original, moment) {
            if heard.contains(&statement.source) {
                continue;
            }
            heard.push(statement.source);
            let Said::Relation { code } = statement.said else {
                if statement.source == NONE {
                    break;
                }
                continue;
            };
            let ends = &history.relations[original as usize];
            let stands = [ends.source, ends.target]
                .into_iter()
                .all(|end| !withdrawn_since(history, end, &statement, moment));
            if stands {
                said.push((statement.source, statement.key, code));
            }
        }
    }
    said
}

/// Whether an item was removed, by hand or by the source of a statement, after the statement.
fn withdrawn_since(history: &History, item: u32, statement: &Statement, moment: Moment) -> bool {
    history.was_ever_removed(item)
        && history
            .item_statements(item, moment)
            .iter()
            .take_while(|later| later.key > statement.key)
            .filter(|later| later.source == NONE || later.source == statement.source)
            .any(|later| matches!(later.said, Said::Removed))
}
