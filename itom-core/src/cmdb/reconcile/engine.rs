//! Reconciliation of a batch, as one transaction.
//!
//! Hosts come before what is identified within them, else records are taken in their order, each
//! seeing what those before it did: two records of one item are one item. A record is a statement
//! of all its values at the transaction's valid time. Written is what differs from what the source
//! said before; a record that covers all the source said and differs in nothing is a confirmation,
//! one bit in a set of rows. A record that was seen last with the same 64-bit digest is not even
//! compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::super::database::Stage;
use super::super::history::{History, Moment, NONE};
use super::super::model::ClassModel;
use super::super::{ItemRecord, RecordEnd, RelationRecord, Value};
use super::batch::Batch;
use super::claims::{Chooser, Standing, relation_claims};
use super::identify::{Plan, Probe};
use super::index::{Index, Payload, encode};
use super::result::{Details, Found, Line, LostValue, Outcome, RelationResult};
use super::rows::RowSet;
use super::stage::confirm;
use crate::snapshot::stable_hash;
use crate::table::TextColumn;
use crate::{Error, Result, Timestamp};

/// What became of the records, before it is put into words.
pub(super) struct Done {
    pub(super) plans: Vec<Plan>,
    pub(super) lines: Vec<Line>,
    pub(super) ids: TextColumn,
    pub(super) relations: Vec<RelationResult>,
    pub(super) numbers: HashMap<String, u64>,
    /// The items written to, with the record.
    pub(super) written: Vec<(u32, usize)>,
}

/// A batch under way.
pub(super) struct Run<'s, 'h, 'b> {
    stage: &'s mut Stage<'h>,
    index: &'s mut Index,
    batch: &'b Batch<'b>,
    source: u32,
    at: Timestamp,
    moment: Moment,
    plans: Vec<Plan>,
    plan_of: HashMap<&'b str, u32>,
    /// Per record the item and the row of it that is written to; none where it came to nothing.
    rows: Vec<Option<(u32, u32)>>,
    lines: Vec<Option<Line>>,
    confirmed: Vec<u32>,
    numbers: HashMap<String, u64>,
    written: Vec<(u32, usize)>,
    relations: Vec<Option<RelationResult>>,
    /// Per record the relations it is the source of, by index.
    outgoing: HashMap<usize, Vec<usize>>,
    /// Records that a check refused when they were tried before.
    refused: &'b BTreeMap<usize, String>,
}

impl<'s, 'h, 'b> Run<'s, 'h, 'b> {
    pub(super) fn new(
        stage: &'s mut Stage<'h>,
        index: &'s mut Index,
        batch: &'b Batch<'b>,
        refused: &'b BTreeMap<usize, String>,
    ) -> Result<Self> {
        let Some(source) = stage.history.open_source() else {
            return Err(Error::invalid("source", "none", "given: the source of the records"));
        };
        let at = stage.history.open().transaction.at;
        let mut outgoing: HashMap<usize, Vec<usize>> = HashMap::new();
        for (n, relation) in batch.relations().iter().enumerate() {
            if let RecordEnd::Index(index) = relation.source {
                outgoing.entry(index as usize).or_default().push(n);
            }
        }
        let moment = stage.history.now(at);
        let (rows, lines) = (vec![None; batch.len()], vec![None; batch.len()]);
        let numbers = index.numbers.clone();
        Ok(Run {
            stage,
            index,
            batch,
            source,
            at,
            moment,
            plans: Vec::new(),
            plan_of: HashMap::new(),
            rows,
            lines,
            confirmed: Vec::new(),
            numbers,
            written: Vec::new(),
            relations: vec![None; batch.relations().len()],
            outgoing,
            refused,
        })
    }

    pub(super) fn run(mut self) -> Result<Done> {
        for n in 0..self.batch.len() {
            self.plan(self.batch.class(n));
        }
        for n in self.order() {
            let line = match self.refused.get(&n) {
                Some(why) => self.rejected(n, why.clone()),
                None => self.record(n)?,
            };
            self.lines[n] = Some(line);
            self.dependence(n)?;
        }
        for n in 0..self.relations.len() {
            if self.relations[n].is_none() {
                self.relation(n)?;
            }
        }
        if !self.confirmed.is_empty() {
            confirm(self.stage.history, RowSet::new(std::mem::take(&mut self.confirmed)))?;
        }
        let mut ids = TextColumn::default();
        for item in &self.rows {
            ids.push(item.map(|(item, _)| self.stage.history.ids.text(item)));
        }
        Ok(Done {
            plans: self.plans,
            lines: self.lines.into_iter().flatten().collect(),
            ids,
            relations: self.relations.into_iter().flatten().collect(),
            numbers: self.numbers,
            written: self.written,
        })
    }

    fn plan(&mut self, class: &'b str) -> u32 {
        if let Some(&n) = self.plan_of.get(class) {
            return n;
        }
        let n = self.plans.len() as u32;
        self.plans.push(Plan::new(self.stage.model, class));
        self.plan_of.insert(class, n);
        n
    }

    /// The records, hosts before those identified within them; those in a circle last.
    fn order(&self) -> Vec<usize> {
        let count = self.batch.len();
        if self.outgoing.is_empty() {
            return (0..count).collect();
        }
        let mut level = vec![0u32; count];
        let mut waiting = vec![0u32; count];
        let mut within: HashMap<usize, Vec<usize>> = HashMap::new();
        for (&n, relations) in &self.outgoing {
            if n >= count {
                continue;
            }
            let plan = &self.plans[self.plan_of[self.batch.class(n)] as usize];
            for &relation in relations {
                let relation = &self.batch.relations()[relation];
                if !plan.host_relations().any(|kind| kind == relation.kind) {
                    continue;
                }
                match relation.target {
                    RecordEnd::Index(host) if (host as usize) < count => {
                        waiting[n] += 1;
                        within.entry(host as usize).or_default().push(n);
                    }
                    _ => level[n] = level[n].max(1),
                }
            }
        }
        let mut todo: Vec<usize> = (0..count).filter(|&n| waiting[n] == 0).collect();
        let mut next = 0;
        while let Some(&host) = todo.get(next) {
            for &n in within.get(&host).map_or(&[][..], Vec::as_slice) {
                level[n] = level[n].max(level[host] + 1);
                waiting[n] -= 1;
                if waiting[n] == 0 {
                    todo.push(n);
                }
            }
            next += 1;
        }
        for n in 0..count {
            if waiting[n] > 0 {
                level[n] = u32::MAX;
            }
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&n| (level[n], n));
        order
    }

    fn rejected(&self, n: usize, why: String) -> Line {
        let details = Details { why: Some(why), ..Details::default() };
        Line {
            outcome: Outcome::Rejected,
            found: Found::Nothing,
            plan: self.plan_of[self.batch.class(n)],
            hostless: 0,
            details: Some(Box::new(details)),
        }
    }

    /// The values of a record by word, as its class keeps them.
    fn payload(&mut self, n: usize) -> Result<Vec<(u32, Value)>> {
        let class = self.batch.class(n);
        self.stage.model.check_item_class(class)?;
        let (model, history, index) =
            (self.stage.model, &mut *self.stage.history, &mut *self.index);
        let mut payload = Vec::new();
        let mut failed = None;
        self.batch.attributes(n, |name, value| {
            let conformed = model.conform(class, name, Cow::into_owned(value));
            match conformed.and_then(|value| Ok((history.words.intern(name)?, value))) {
                Ok((word, value)) => {
                    index.learn(name, word);
                    payload.push((word, value));
                }
                Err(error) => failed = failed.take().or(Some(error)),
            }
        });
        failed.map_or(Ok(payload), Err)
    }

    fn record(&mut self, n: usize) -> Result<Line> {
        let payload = match self.payload(n) {
            Ok(payload) => payload,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        let plan = self.plan_of[self.batch.class(n)];
        let mut line = Line {
            outcome: Outcome::Inserted,
            found: Found::Nothing,
            plan,
            hostless: 0,
            details: None,
        };
        let items = self.find(n, &payload, &mut line);
        match items[..] {
            [] => self.insert(n, payload, line),
            [(item, agreed)] => self.known(n, (item, agreed), payload, line),
            _ => {
                line.outcome = Outcome::Ambiguous;
                let ids =
                    items.iter().map(|(item, _)| self.stage.history.ids.text(*item).to_owned());
                let mut candidates: Vec<String> = ids.collect();
                candidates.sort_unstable();
                line.details = Some(Box::new(Details { candidates, ..Details::default() }));
                Ok(line)
            }
        }
    }

    /// The items a record may be of, each with the row of it that agreed.
    fn find(&self, n: usize, payload: &[(u32, Value)], line: &mut Line) -> Vec<(u32, u32)> {
        let history = &*self.stage.history;
        let (model, index, moment) = (self.stage.model, &*self.index, self.moment);
        let probe = Probe { history, model, index, moment };
        if let Some(row) = self.batch.id(n).and_then(|id| history.ids.find(id)) {
            let item = history.control.representative(row, moment);
            if history.item_state(item, moment).class != NONE {
                line.found = Found::ById;
                return vec![(item, row)];
            }
        }
        let plan = &self.plans[line.plan as usize];
        if plan.entries.is_empty() {
            return Vec::new();
        }
        let value = |name: &str| {
            let word = history.words.find(name)?;
            payload.iter().find(|(own, _)| *own == word).map(|(_, value)| value)
        };
        let found = probe.identify(plan, value, |kind| self.host(n, kind));
        line.hostless = found.hostless;
        line.found = found.entry.map_or(Found::Nothing, Found::By);
        found.items
    }

    /// The host of a record by a kind of relation of the batch.
    fn host(&self, n: usize, kind: &str) -> Option<u32> {
        let relations = self.outgoing.get(&n)?;
        let mut of_kind = relations.iter().map(|&r| &self.batch.relations()[r]);
        let relation = of_kind.find(|relation| relation.kind == kind)?;
        self.end(&relation.target).ok().map(|(item, _)| item)
    }

    /// The item at an end of a relation, and the row of it that is meant.
    fn end(&self, end: &RecordEnd) -> Result<(u32, u32)> {
        let history = &*self.stage.history;
        match end {
            RecordEnd::Index(n) => {
                let row = self.rows.get(*n as usize).copied().ok_or_else(|| {
                    let expected = format!("below {}, the number of records", self.rows.len());
                    Error::invalid("index", n, expected)
                })?;
                row.ok_or_else(|| Error::invalid("index", n, "a record that an item was found for"))
            }
            RecordEnd::Id(id) => {
                let row = history.ids.find(id);
                let item = row.map(|row| (history.control.representative(row, self.moment), row));
                let item = item.filter(|(i, _)| history.item_state(*i, self.moment).class != NONE);
                item.ok_or_else(|| Error::not_found("id", "item", format!("{id:?}")))
            }
            RecordEnd::Like(record) => self.like(record),
        }
    }

    /// The item that a record identifies, which is not written to.
    fn like(&self, record: &ItemRecord) -> Result<(u32, u32)> {
        let history = &*self.stage.history;
        if let Some(id) = &record.id {
            return self.end(&RecordEnd::Id(id.clone()));
        }
        let plan = Plan::new(self.stage.model, &record.class);
        let normal =
            |(name, value): (&String, &Value)| (name.clone(), plan.normal(name, value.clone()));
        let values: BTreeMap<String, Value> = record.attributes.iter().map(normal).collect();
        let (model, index, moment) = (self.stage.model, &*self.index, self.moment);
        let probe = Probe { history, model, index, moment };
        let found = probe.identify(&plan, |name| values.get(name), |_| None);
        match found.items[..] {
            [item] => Ok(item),
            [] => {
                let what = format!("{:?}", record.attributes);
                Err(Error::not_found("like", &record.class, what))
            }
            _ => {
                let value = format!("{} items", found.items.len());
                Err(Error::invalid("like", value, "attributes of one"))
            }
        }
    }

    fn insert(&mut self, n: usize, payload: Vec<(u32, Value)>, mut line: Line) -> Result<Line> {
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

    fn known(
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
        let own = own.to_owned();
        if !reclassified && last.is_some_and(|last| last.digest == digest && last.at <= self.at) {
            self.confirmed.push(row);
            return Ok(line);
        }
        let said = Said::new(history, row, self.source, moment, &payload);
        let covers = said.covers;
        let state = self.absent_state(item, &own, &payload, row);
        let mut write: Vec<(u32, Value)> = if covers && said.is_known {
            payload.iter().filter(|(word, _)| said.differs.contains(word)).cloned().collect()
        } else {
            payload.clone()
        };
        write.extend(state.map(|word| (word, Value::Null)));
        if write.is_empty() && said.is_known && !reclassified {
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
    fn dependence(&mut self, n: usize) -> Result<()> {
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

    fn relation(&mut self, n: usize) -> Result<()> {
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
