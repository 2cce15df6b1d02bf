//! What reconciliation writes: new items, what a source says otherwise than before, relations.

use std::borrow::Cow;

use super::super::history::{Entry, History, Moment, NONE};
use super::super::model::ClassModel;
use super::super::{RecordEnd, RelationRecord, Value, terms};
use super::claims::{Chooser, Chosen, Standing, relation_claims};
use super::engine::Run;
use super::identify::Probe;
use super::index::Payload;
use super::result::{Details, Line, LostValue, Outcome, RelationResult};
use crate::{Error, Result};

impl<'h: 'b, 'b> Run<'_, 'h, 'b> {
    pub(super) fn insert(
        &mut self,
        n: usize,
        payload: Vec<(u32, u32)>,
        line: Line,
    ) -> Result<Line> {
        let id = match self.batch.id(n) {
            Some("") => {
                let error = Error::invalid("id", "\"\"", "left out or a text that is not empty");
                return Ok(self.rejected(n, error.to_string()));
            }
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(self.new_id(self.batch.class(n))),
        };
        let class = &self.plans[line.plan as usize];
        let Ok(fields) = &class.fields else { return Ok(line) };
        let row = self.stage.put(&id, fields, payload.clone())?;
        let item = self.stage.history.control.representative(row, self.moment);
        self.index.put(self.stage.history, row, &payload);
        self.rows[n] = Some((item, row));
        self.written.push((row, n));
        let digest = self.batch.digest(n, &mut self.bytes);
        self.remember(row, digest, true);
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
        mut line: Line,
    ) -> Result<Line> {
        let history = &*self.stage.history;
        let (model, index, moment) = (self.stage.model, &*self.index, self.moment);
        let row = Probe { history, model, index, moment }.row_for(item, agreed, self.source);
        let own = history.item_state(item, moment).class;
        let class = match class_of(history, model, moment, own, self.batch.class(n)) {
            Ok(class) => class,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        line.outcome = Outcome::Unchanged;
        let last = index.payload(row, self.source);
        // Of merged items the source may speak of several: what it says last holds, also if it is
        // what it had said of this one.
        let merged =
            history.control.has_merges() && history.control.members(item, moment).len() > 1;
        let digest = self.batch.digest(n, &mut self.bytes);
        let again = last.is_some_and(|last| last.at <= self.at && last.digest == digest);
        if class == ClassOf::Same && !merged && again {
            self.rows[n] = Some((item, row));
            self.confirmed.push(row);
            return Ok(line);
        }
        let payload = self.payload(n, true);
        let payload = payload.and_then(|payload| match class {
            ClassOf::Same => self.in_form_of(own, n, payload),
            ClassOf::Record => Ok(payload),
        });
        let payload = match payload {
            Ok(payload) => payload,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        self.rows[n] = Some((item, row));
        let standing = Standing::of(self.stage.history, &[row], moment);
        let said = Said::new(&standing, self.source, &payload);
        let covers = said.covers;
        let mut write: Vec<(u32, u32)> = if covers && said.is_known && !merged {
            payload.iter().filter(|(word, _)| said.differs.contains(word)).copied().collect()
        } else {
            payload.clone()
        };
        write.extend(self.absent_state(own, &payload, row).map(|word| (word, 0)));
        if write.is_empty() && said.is_known && covers && class == ClassOf::Same {
            self.confirmed.push(row);
        } else {
            // What all who speak of an attribute agree on stays as it is.
            let claimed_before = (!merged).then(|| standing.ever_claimed());
            let stays = |&&(word, code): &&(u32, u32)| {
                claimed_before.as_ref().is_some_and(|claimed| claimed.agree_on(word, code))
                    && !self.stage.history.is_list(word, code)
            };
            let touched = write.iter().filter(|cell| !stays(cell)).map(|(word, _)| *word).collect();
            let before = self.values(item, touched);
            self.index.put(self.stage.history, row, &write);
            self.put_again(row, own, (class, line.plan), write)?;
            self.written.push((item, n));
            if covers {
                self.confirmed.push(row);
            }
            let mut details = self.compare(item, &before);
            details.claimed = said.differs;
            if class == ClassOf::Record {
                details.class_before = Some(self.stage.history.words.text(own).to_owned());
                line.outcome = Outcome::Reclassified;
            } else if !details.attributes.is_empty() {
                line.outcome = Outcome::Updated;
            }
            line.details = Some(Box::new(details));
        }
        self.remember(row, digest, covers);
        Ok(line)
    }

    /// Remembers a record that says all there is of its source, by which the same one is told later;
    /// after any other, and after a late one, the next must be compared.
    fn remember(&mut self, row: u32, digest: u64, says_all: bool) {
        let is_late = self.stage.history.control.has_spoken_after(self.source, self.at);
        let payload = (says_all && !is_late).then_some(Payload { at: self.at, digest });
        self.index.set_payload(row, self.source, payload);
    }

    /// The values of a record as the class of the item keeps them.
    fn in_form_of(
        &mut self,
        own: u32,
        n: usize,
        mut payload: Vec<(u32, u32)>,
    ) -> Result<Vec<(u32, u32)>> {
        let (history, model) = (&mut *self.stage.history, self.stage.model);
        let own = history.words.text(own).to_owned();
        let own = model.canonical(&own);
        if own == model.canonical(self.batch.class(n)) {
            return Ok(payload);
        }
        for (word, code) in &mut payload {
            let value = history.value(*word, *code);
            let value = model.conform(own, history.words.text(*word), value)?;
            *code = history.intern_value(*word, &value, &mut self.stage.scratch)?;
        }
        Ok(payload)
    }

    /// Writes what a source says of an item that is there, in its class or in the record's.
    fn put_again(
        &mut self,
        row: u32,
        own: u32,
        (class, plan): (ClassOf, u32),
        write: Vec<(u32, u32)>,
    ) -> Result<()> {
        if class == ClassOf::Record
            && let Ok(fields) = &self.plans[plan as usize].fields
        {
            let id = self.stage.history.ids.text(row).to_owned();
            return self.stage.put(&id, fields, write).map(|_| ());
        }
        let (history, model) = (&mut *self.stage.history, self.stage.model);
        let own = history.words.text(own);
        let class = model.canonical(own).to_owned();
        let class = history.words.intern(&class)?;
        history.push(Entry::PutItem { item: row, class, attributes: write.into() })
    }

    /// The attribute of the state where a sweep set it for this source, to be taken back.
    fn absent_state(&self, class: u32, payload: &[(u32, u32)], row: u32) -> Option<u32> {
        let history = &*self.stage.history;
        let rules = history.control.rules(self.moment)?;
        let lifecycle = rules.lifecycle(self.stage.model, history.words.text(class))?;
        let absent = lifecycle.absent.as_deref()?;
        let word = history.words.find(&lifecycle.attribute)?;
        if payload.iter().any(|(own, _)| *own == word) {
            return None;
        }
        let standing = Standing::of(history, &[row], self.moment);
        let claims = standing.claims_of(word);
        let own = claims.iter().find(|claim| claim.source == self.source)?;
        (history.value(word, own.code) == Value::from(absent)).then_some(word)
    }

    /// The values of an item for the attributes that are about to be written.
    fn values(&self, item: u32, words: Vec<u32>) -> Vec<(u32, Option<Chosen>)> {
        if words.is_empty() {
            return Vec::new();
        }
        let history = &*self.stage.history;
        let standing = Standing::new(history, item, self.moment);
        let chooser = Chooser::new(history, self.stage.model, item, &standing, self.moment);
        let value = |word: u32| {
            let claims = standing.claims_of(word);
            (!claims.is_empty()).then(|| chooser.chosen(word, &claims))
        };
        words.into_iter().map(|word| (word, value(word))).collect()
    }

    /// What became of what was written: which values changed, which lost to whom.
    fn compare(&self, item: u32, before: &[(u32, Option<Chosen>)]) -> Details {
        if before.is_empty() {
            return Details::default();
        }
        let history = &*self.stage.history;
        let standing = Standing::new(history, item, self.moment);
        let chooser = Chooser::new(history, self.stage.model, item, &standing, self.moment);
        let mut details = Details::default();
        for (word, before) in before {
            let word = *word;
            let claims = standing.claims_of(word);
            if claims.is_empty() {
                if before.is_some() {
                    details.attributes.push(word);
                }
                continue;
            }
            let now = chooser.chosen(word, &claims);
            let same = |a: &Chosen, b: &Chosen| {
                a == b || chooser.value_of(word, a) == chooser.value_of(word, b)
            };
            if !before.as_ref().is_some_and(|before| same(before, &now)) {
                details.attributes.push(word);
            }
            let Some(own) = claims.iter().position(|claim| claim.source == self.source) else {
                continue;
            };
            if same(&Chosen::Code(claims[own].code), &now) {
                continue;
            }
            let name = |word: u32| history.words.text(word).to_owned();
            let (choice, _) = chooser.choose(word, &claims);
            let to_source = claims[choice.winner].source;
            details.lost.push(LostValue {
                attribute: name(word),
                value: history.value(word, claims[own].code),
                to: chooser.value_of(word, &now),
                to_source: (to_source != NONE).then(|| name(to_source)),
                why: choice.verdicts[own],
            });
        }
        details
    }

    /// Puts the relations of a record to its hosts, so that the records after it find it there.
    pub(super) fn dependence(&mut self, n: usize) -> Result<()> {
        let Some(relations) = self.outgoing.get(&n) else { return Ok(()) };
        let plan = &self.plans[self.plan_numbers[n] as usize].plan;
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
        let model = self.stage.model;
        let owner = if model.depends_target(&relation.kind) { target.1 } else { source.1 };
        let said = |history: &History| {
            let kind = history.words.find(&relation.kind)?;
            let group = match &relation.group {
                None => NONE,
                Some(group) => history.find_group(owner, history.words.find(group)?)?,
            };
            let row = history.find_relation((source.1, kind, target.1), group)?;
            let row = super::stage::standing_row(history, row, self.moment).unwrap_or(row);
            Some(relation_claims(history, row, self.moment))
        };
        let claims = said(history).unwrap_or_default();
        let own = claims.iter().find(|(by, ..)| *by == self.source);
        let own = own.map(|(_, _, code)| history.terms(*code));
        let terms = terms::Said {
            group: relation.group.as_deref(),
            min_up: relation.min_up.map(i64::from),
            min_up_type: relation.min_up_type,
            weight: relation.weight.map(i64::from),
        };
        let wanted = terms.terms()?;
        let outcome = match own {
            Some(terms) if terms == wanted => Outcome::Unchanged,
            _ if claims.is_empty() => Outcome::Inserted,
            Some(_) => Outcome::Updated,
            None => Outcome::Unchanged,
        };
        if own != Some(wanted) {
            self.stage.relation((&ids[0], &relation.kind, &ids[1]), terms)?;
            self.index.read_relations(self.stage.history);
        }
        let [source, target] = shown;
        Ok(RelationResult { outcome, source, target, why: None })
    }
}

/// The class an item has after a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClassOf {
    /// The one it has.
    Same,
    /// The record's.
    Record,
}

/// The class an item has after a record: the more special of the two, or another if that may be.
fn class_of(
    history: &History,
    model: &ClassModel,
    moment: Moment,
    own: u32,
    record: &str,
) -> Result<ClassOf> {
    let own = history.words.text(own);
    if own == record || model.is_a(own, record) {
        return Ok(ClassOf::Same);
    }
    let rules = history.control.rules(moment);
    let switch = || rules.is_some_and(|rules| rules.may_switch(model, own, record));
    if model.is_a(record, own) || switch() {
        return Ok(ClassOf::Record);
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
    differs: Vec<u32>,
}

impl Said {
    fn new(standing: &Standing, source: u32, payload: &[(u32, u32)]) -> Self {
        let is_known = standing.puts.iter().any(|put| put.source == source);
        let own = if is_known { standing.claims_by(source) } else { Vec::new() };
        let mut differs = Vec::with_capacity(payload.len());
        let mut met = 0;
        for (word, code) in payload {
            let before = own.iter().find(|(known, _)| known == word).map_or(0, |(_, code)| *code);
            met += usize::from(before != 0);
            if before != *code {
                differs.push(*word);
            }
        }
        Said { is_known, covers: met == own.len(), differs }
    }
}
