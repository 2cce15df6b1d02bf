//! What reconciliation writes: new items, what a source says otherwise than before, relations.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::super::history::{History, Moment, NONE};
use super::super::model::ClassModel;
use super::super::{RecordEnd, RelationRecord, Value};
use super::claims::{Chooser, Standing, relation_claims};
use super::engine::Run;
use super::identify::Probe;
use super::index::{Payload, encode};
use super::result::{Details, Line, LostValue, Outcome, RelationResult};
use crate::snapshot::stable_hash;
use crate::{Error, Result};

impl Run<'_, '_, '_> {
    pub(super) fn insert(
        &mut self,
        n: usize,
        payload: Vec<(u32, Value)>,
        mut line: Line,
    ) -> Result<Line> {
        let class = self.batch.class(n);
        let id = match self.batch.id(n) {
            Some("") => {
                let error = Error::invalid("id", "\"\"", "left out or a text that is not empty");
                return Ok(self.rejected(n, error.to_string()));
            }
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(self.new_id(class)),
        };
        let digest = digest(class, &payload);
        let row = self.stage.put(&id, class, &payload)?;
        let item = self.stage.history.control.representative(row, self.moment);
        self.index.put(row, &payload);
        self.rows[n] = Some((item, row));
        self.written.push((row, n));
        self.index.set_payload(row, self.source, Some(Payload { at: self.at, digest }));
        let names = |word: &(u32, Value)| self.stage.history.words.text(word.0).to_owned();
        let said = payload.iter().filter(|(_, value)| *value != Value::Null);
        let attributes: Vec<String> = said.map(names).collect();
        let claimed = attributes.clone();
        line.details = Some(Box::new(Details { attributes, claimed, ..Details::default() }));
        Ok(line)
    }

    /// An id that no item has had.
    fn new_id(&mut self, class: &str) -> String {
        let number = self.numbers.entry(class.to_owned()).or_insert(0);
        loop {
            *number += 1;
            let id = format!("{class}-{number:06}");
            if self.stage.history.ids.find(&id).is_none() {
                return id;
            }
        }
    }

    pub(super) fn known(
        &mut self,
        n: usize,
        (item, agreed): (u32, u32),
        payload: Vec<(u32, Value)>,
        mut line: Line,
    ) -> Result<Line> {
        let history = &*self.stage.history;
        let (model, index, moment) = (self.stage.model, &*self.index, self.moment);
        let row = Probe { history, model, index, moment }.row_for(item, agreed, self.source);
        let own = history.item_state(item, moment).class;
        let own = history.words.text(own);
        let class = match class_of(history, model, moment, own, self.batch.class(n)) {
            Ok(class) => class,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        self.rows[n] = Some((item, row));
        line.outcome = Outcome::Unchanged;
        let digest = digest(self.batch.class(n), &payload);
        let last = index.payload(row, self.source);
        let reclassified = class != own;
        // Of merged items the source may speak of several: what it says last holds, also if it is
        // what it had said of this one.
        let merged =
            history.control.has_merges() && history.control.members(item, moment).len() > 1;
        let own = own.to_owned();
        if !reclassified
            && !merged
            && last.is_some_and(|last| last.digest == digest && last.at <= self.at)
        {
            self.confirmed.push(row);
            return Ok(line);
        }
        let said = Said::new(history, row, self.source, moment, &payload);
        let covers = said.covers;
        let state = self.absent_state(item, &own, &payload, row);
        let mut write: Vec<(u32, Value)> = if covers && said.is_known && !merged {
            payload.iter().filter(|(word, _)| said.differs.contains(word)).cloned().collect()
        } else {
            payload.clone()
        };
        write.extend(state.map(|word| (word, Value::Null)));
        if write.is_empty() && said.is_known && covers && !reclassified {
            self.confirmed.push(row);
        } else {
            let words: Vec<u32> = write.iter().map(|(word, _)| *word).collect();
            let before = self.values(item, &words);
            let id = self.stage.history.ids.text(row).to_owned();
            self.stage.put(&id, &class, &write)?;
            self.index.put(row, &write);
            self.written.push((item, n));
            if covers {
                self.confirmed.push(row);
            }
            let mut details = self.compare(item, &before, &said.differs);
            if reclassified {
                details.class_before = Some(own);
                line.outcome = Outcome::Reclassified;
            } else if !details.attributes.is_empty() {
                line.outcome = Outcome::Updated;
            }
            line.details = Some(Box::new(details));
        }
        // A late record must be compared: what the source said last is something else.
        let newest = last.is_none_or(|last| last.at <= self.at) && covers;
        let payload = newest.then_some(Payload { at: self.at, digest });
        self.index.set_payload(row, self.source, payload);
        Ok(line)
    }

    /// The attribute of the state where a sweep set it for this source, to be taken back.
    fn absent_state(
        &self,
        item: u32,
        class: &str,
        payload: &[(u32, Value)],
        row: u32,
    ) -> Option<u32> {
        let history = &*self.stage.history;
        let rules = history.control.rules(self.moment)?;
        let lifecycle = rules.lifecycle(self.stage.model, class)?;
        let absent = lifecycle.absent.as_deref()?;
        let word = history.words.find(&lifecycle.attribute)?;
        if payload.iter().any(|(own, _)| *own == word) {
            return None;
        }
        let _ = item;
        let standing = Standing::of(history, &[row], self.moment);
        let claims = standing.claims_of(word);
        let own = claims.iter().find(|claim| claim.source == self.source)?;
        (*own.value == Value::from(absent)).then_some(word)
    }

    /// The values of an item for some attributes.
    fn values(&self, item: u32, words: &[u32]) -> Vec<(u32, Option<Value>)> {
        let history = &*self.stage.history;
        let standing = Standing::new(history, item, self.moment);
        let chooser = Chooser::new(history, self.stage.model, item, &standing, self.moment);
        let value = |word: u32| {
            let claims = standing.claims_of(word);
            (!claims.is_empty()).then(|| chooser.value(word, &claims))
        };
        words.iter().map(|&word| (word, value(word))).collect()
    }

    /// What became of what was written: which values changed, which lost to whom.
    fn compare(
        &self,
        item: u32,
        before: &[(u32, Option<Value>)],
        claimed: &HashSet<u32>,
    ) -> Details {
        let history = &*self.stage.history;
        let name = |word: u32| history.words.text(word).to_owned();
        let standing = Standing::new(history, item, self.moment);
        let chooser = Chooser::new(history, self.stage.model, item, &standing, self.moment);
        let mut details = Details::default();
        for (word, before) in before {
            let claims = standing.claims_of(*word);
            if claimed.contains(word) {
                details.claimed.push(name(*word));
            }
            if claims.is_empty() {
                if before.is_some() {
                    details.attributes.push(name(*word));
                }
                continue;
            }
            let value = chooser.value(*word, &claims);
            if before.as_ref() != Some(&value) {
                details.attributes.push(name(*word));
            }
            let Some(own) = claims.iter().position(|claim| claim.source == self.source) else {
                continue;
            };
            if *claims[own].value == value {
                continue;
            }
            let (choice, _) = chooser.choose(*word, &claims);
            let to_source = claims[choice.winner].source;
            details.lost.push(LostValue {
                attribute: name(*word),
                value: claims[own].value.clone(),
                to: value,
                to_source: (to_source != NONE).then(|| name(to_source)),
                why: choice.verdicts[own],
            });
        }
        details
    }

    /// Puts the relations of a record to its hosts, so that the records after it find it there.
    pub(super) fn dependence(&mut self, n: usize) -> Result<()> {
        let Some(relations) = self.outgoing.get(&n) else { return Ok(()) };
        let plan = &self.plans[self.plan_of[self.batch.class(n)] as usize];
        let hosts: Vec<usize> = relations
            .iter()
            .copied()
            .filter(|&r| plan.host_relations().any(|kind| kind == self.batch.relations()[r].kind))
            .filter(|&r| match self.batch.relations()[r].target {
                RecordEnd::Index(host) => self.rows.get(host as usize).is_some_and(Option::is_some),
                _ => true,
            })
            .collect();
        hosts.into_iter().try_for_each(|r| self.relation(r))
    }

    pub(super) fn relation(&mut self, n: usize) -> Result<()> {
        let relation = &self.batch.relations()[n];
        let result = match self.put_relation(relation) {
            Ok(result) => result,
            Err(error) => RelationResult {
                outcome: Outcome::Rejected,
                source: None,
                target: None,
                why: Some(error.to_string()),
            },
        };
        self.relations[n] = Some(result);
        Ok(())
    }

    fn put_relation(&mut self, relation: &RelationRecord) -> Result<RelationResult> {
        let source = self.end(&relation.source).map_err(|error| error.within("source"))?;
        let target = self.end(&relation.target).map_err(|error| error.within("target"))?;
        let history = &mut *self.stage.history;
        let ids = [source.1, target.1].map(|row| history.ids.text(row).to_owned());
        let shown = [source.0, target.0].map(|row| Some(history.ids.text(row).to_owned()));
        let said = |history: &History| {
            let kind = history.words.find(&relation.kind)?;
            let group = match &relation.group {
                None => NONE,
                Some(group) => history.find_group(source.1, history.words.find(group)?)?,
            };
            let row = history.find_relation((source.1, kind, target.1), group)?;
            let row = super::stage::standing_row(history, row, self.moment).unwrap_or(row);
            Some(relation_claims(history, row, self.moment))
        };
        let claims = said(history).unwrap_or_default();
        let own = claims.iter().find(|(by, ..)| *by == self.source).map(|(_, _, min_up)| *min_up);
        let wanted = relation.group.as_ref().map_or(0, |_| relation.min_up.unwrap_or(0));
        let outcome = match own {
            Some(min_up) if min_up == wanted => Outcome::Unchanged,
            _ if claims.is_empty() => Outcome::Inserted,
            Some(_) => Outcome::Updated,
            None => Outcome::Unchanged,
        };
        if own != Some(wanted) {
            let min_up = relation.min_up.map(i64::from);
            let group = relation.group.as_deref();
            self.stage.relation(&ids[0], &relation.kind, &ids[1], group, min_up)?;
            self.index.read_relations(self.stage.history);
        }
        let [source, target] = shown;
        Ok(RelationResult { outcome, source, target, why: None })
    }
}

/// The class an item has after a record: the more special of the two, or another if that may be.
fn class_of(
    history: &History,
    model: &ClassModel,
    moment: Moment,
    own: &str,
    record: &str,
) -> Result<String> {
    if own == record || model.is_a(own, record) {
        return Ok(own.to_owned());
    }
    let rules = history.control.rules(moment);
    let switch = || rules.is_some_and(|rules| rules.may_switch(model, own, record));
    if model.is_a(record, own) || switch() {
        return Ok(record.to_owned());
    }
    let expected =
        format!("{own}, the class of the item, one above or below it, or a switch in the rules");
    Err(Error::invalid("class", format!("{record:?}"), expected))
}

/// What a source said of a row before, against what it says now.
struct Said {
    is_known: bool,
    /// Whether the record says something of every attribute the source spoke of.
    covers: bool,
    differs: HashSet<u32>,
}

impl Said {
    fn new(
        history: &History,
        row: u32,
        source: u32,
        moment: Moment,
        payload: &[(u32, Value)],
    ) -> Self {
        let standing = Standing::of(history, &[row], moment);
        let is_known = standing.puts.iter().any(|put| put.source == source);
        let mut own: HashMap<u32, &Value> = HashMap::new();
        let claims = if is_known { standing.claims() } else { BTreeMap::new() };
        for (word, claims) in &claims {
            let claim = claims.iter().find(|claim| claim.source == source);
            own.extend(claim.map(|claim| (*word, claim.value)));
        }
        let mut differs = HashSet::new();
        let mut met = 0;
        for (word, value) in payload {
            let before = own.get(word).copied();
            met += usize::from(before.is_some());
            if before.unwrap_or(&Value::Null) != value {
                differs.insert(*word);
            }
        }
        Said { is_known, covers: met == own.len(), differs }
    }
}

/// The digest of a record's payload.
fn digest(class: &str, payload: &[(u32, Value)]) -> u64 {
    let mut bytes = Vec::with_capacity(32 + 24 * payload.len());
    bytes.extend_from_slice(class.as_bytes());
    bytes.push(0);
    for (word, value) in payload {
        bytes.extend_from_slice(&word.to_le_bytes());
        encode(value, &mut bytes);
    }
    stable_hash(&bytes)
}
