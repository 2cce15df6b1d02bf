//! Reconciliation of a batch, as one transaction.
//!
//! Hosts come before what is identified within them, else records are taken in their order, each
//! seeing what those before it did: two records of one item are one item. A record is a statement
//! of all its values at the transaction's valid time. Written is what differs from what the source
//! said before; a record that covers all the source said and differs in nothing is a confirmation,
//! one bit in a set of rows. A record that was seen last with the same 64-bit digest is not even
//! compared.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::super::database::Stage;
use super::super::fields::{Cell, Field, Fields};
use super::super::history::{Moment, NONE};
use super::super::{ItemRecord, RecordEnd, Value};
use super::batch::Batch;
use super::identify::{Plan, Probe, Sought};
use super::index::Index;
use super::result::{Details, Found, Line, Outcome, RelationResult};
use super::rows::RowSet;
use super::stage::confirm;
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
    /// The names of the words in the lines.
    pub(super) names: BTreeMap<u32, String>,
}

/// A class of the batch.
pub(super) struct ClassPlan<'b> {
    pub(super) plan: Plan,
    /// None where no item can be of the class, and why.
    pub(super) fields: Result<Fields<'b>, String>,
    /// The places of attributes that have no column, and whether each identifies.
    places: HashMap<&'b str, (usize, bool)>,
    /// The columns that identify.
    identifying: Vec<usize>,
}

/// A batch under way.
pub(super) struct Run<'s, 'h, 'b> {
    pub(super) stage: &'s mut Stage<'h>,
    pub(super) index: &'s mut Index,
    pub(super) batch: &'b Batch<'b>,
    pub(super) source: u32,
    pub(super) at: Timestamp,
    pub(super) moment: Moment,
    pub(super) plans: Vec<ClassPlan<'b>>,
    plan_of: HashMap<&'b str, u32>,
    /// Per record the number of its class's plan.
    pub(super) plan_numbers: Vec<u32>,
    /// Working memory.
    pub(super) bytes: Vec<u8>,
    /// Per record the item and the row of it that is written to; none where it came to nothing.
    pub(super) rows: Vec<Option<(u32, u32)>>,
    pub(super) lines: Vec<Option<Line>>,
    pub(super) confirmed: Vec<u32>,
    pub(super) numbers: HashMap<String, u64>,
    pub(super) written: Vec<(u32, usize)>,
    pub(super) relations: Vec<Option<RelationResult>>,
    /// Per record the relations it is the source of, by index.
    pub(super) outgoing: HashMap<usize, Vec<usize>>,
    /// Records that a check refused when they were tried before.
    pub(super) refused: &'b BTreeMap<usize, String>,
}

impl<'s, 'h: 'b, 'b> Run<'s, 'h, 'b> {
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
            plan_numbers: Vec::with_capacity(batch.len()),
            bytes: Vec::new(),
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
            let plan = self.plan(self.batch.class(n))?;
            self.plan_numbers.push(plan);
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
        let lines: Vec<Line> = self.lines.into_iter().flatten().collect();
        let mut names = BTreeMap::new();
        for word in lines.iter().flat_map(Line::words) {
            names.entry(word).or_insert_with(|| self.stage.history.words.text(word).to_owned());
        }
        Ok(Done {
            plans: self.plans.into_iter().map(|class| class.plan).collect(),
            lines,
            names,
            ids,
            relations: self.relations.into_iter().flatten().collect(),
            numbers: self.numbers,
            written: self.written,
        })
    }

    fn plan(&mut self, class: &'b str) -> Result<u32> {
        if let Some(&n) = self.plan_of.get(class) {
            return Ok(n);
        }
        let n = self.plans.len() as u32;
        let model = self.stage.model;
        let mut plan = Plan::new(model, class);
        let (history, index) = (&mut *self.stage.history, &mut *self.index);
        plan.learn(|name| {
            let word = history.words.intern(name)?;
            index.learn(name, word);
            Ok(word)
        })?;
        let fields = Fields::new(model, class).map_err(|error| error.to_string());
        let columns = self.batch.columns().iter().enumerate();
        let identifying =
            columns.filter(|(_, (name, _))| plan.uses(name)).map(|(n, _)| n).collect();
        let places = HashMap::new();
        self.plans.push(ClassPlan { plan, fields, places, identifying });
        self.plan_of.insert(class, n);
        Ok(n)
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
            let plan = &self.plans[self.plan_numbers[n] as usize].plan;
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

    pub(super) fn rejected(&self, n: usize, why: String) -> Line {
        let details = Details { why: Some(why), ..Details::default() };
        Line {
            outcome: Outcome::Rejected,
            found: Found::Nothing,
            plan: self.plan_numbers[n],
            hostless: 0,
            details: Some(Box::new(details)),
        }
    }

    /// The values of a record by word and code, as its class keeps them: all, or those by which
    /// items are identified.
    pub(super) fn payload(&mut self, n: usize, all: bool) -> Result<Vec<(u32, u32)>> {
        let class = &mut self.plans[self.plan_numbers[n] as usize];
        let (history, scratch) = (&mut *self.stage.history, &mut self.stage.scratch);
        let Ok(fields) = &mut class.fields else { return Ok(Vec::new()) };
        let mut payload = Vec::with_capacity(if all { 16 } else { 2 });
        let mut take = |place: usize, name: &str, cell: Cell<'_>| -> Result<()> {
            let field: &Field = fields.field(history, place, name)?;
            payload.push((field.word, field.code(history, cell, scratch)?));
            Ok(())
        };
        match self.batch {
            Batch::Records(records, _) => {
                for (name, value) in &records[n].attributes {
                    let next = class.places.len();
                    let place =
                        class.places.entry(name).or_insert_with(|| (next, class.plan.uses(name)));
                    if all || place.1 {
                        take(place.0, name, value.into())?;
                    }
                }
            }
            Batch::Table(_) => {
                let columns = self.batch.columns();
                let mut take_column = |place: usize| match Cell::of(columns[place].1, n) {
                    Some(cell) => take(place, columns[place].0, cell),
                    None => Ok(()),
                };
                match all {
                    true => (0..columns.len()).try_for_each(take_column)?,
                    false => class.identifying.iter().try_for_each(|&place| take_column(place))?,
                }
            }
        }
        Ok(payload)
    }

    fn record(&mut self, n: usize) -> Result<Line> {
        let plan = self.plan_numbers[n];
        if let Err(why) = &self.plans[plan as usize].fields {
            return Ok(self.rejected(n, why.clone()));
        }
        let (outcome, found) = (Outcome::Inserted, Found::Nothing);
        let mut line = Line { outcome, found, plan, hostless: 0, details: None };
        let items = match self.find(n, &mut line) {
            Ok(items) => items,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        if let [(item, agreed)] = items[..] {
            return self.known(n, (item, agreed), line);
        }
        let payload = match self.payload(n, true) {
            Ok(payload) => payload,
            Err(error) => return Ok(self.rejected(n, error.to_string())),
        };
        if items.is_empty() {
            return self.insert(n, payload, line);
        }
        line.outcome = Outcome::Ambiguous;
        let ids = items.iter().map(|(item, _)| self.stage.history.ids.text(*item).to_owned());
        let mut candidates: Vec<String> = ids.collect();
        candidates.sort_unstable();
        line.details = Some(Box::new(Details { candidates, ..Details::default() }));
        Ok(line)
    }

    /// The items a record may be of, each with the row of it that agreed.
    fn find(&mut self, n: usize, line: &mut Line) -> Result<Vec<(u32, u32)>> {
        let (history, moment) = (&*self.stage.history, self.moment);
        if let Some(row) = self.batch.id(n).and_then(|id| history.ids.find(id)) {
            let item = history.control.representative(row, moment);
            if history.item_state(item, moment).class != NONE {
                line.found = Found::ById;
                return Ok(vec![(item, row)]);
            }
        }
        if self.plans[line.plan as usize].plan.entries.is_empty() {
            return Ok(Vec::new());
        }
        let identifying = self.payload(n, false)?;
        let (history, model, index) = (&*self.stage.history, self.stage.model, &*self.index);
        let probe = Probe { history, model, index, moment };
        let sought = |word: u32, _: &str| {
            let cell = identifying.iter().find(|(own, _)| *own == word);
            cell.map(|&(word, code)| Sought::Code(word, code))
        };
        let plan = &self.plans[line.plan as usize].plan;
        let found = probe.identify(plan, sought, |kind| self.host(n, kind));
        line.hostless = found.hostless;
        line.found = found.entry.map_or(Found::Nothing, Found::By);
        Ok(found.items)
    }

    /// The host of a record by a kind of relation of the batch.
    pub(super) fn host(&self, n: usize, kind: &str) -> Option<u32> {
        let relations = self.outgoing.get(&n)?;
        let mut of_kind = relations.iter().map(|&r| &self.batch.relations()[r]);
        let relation = of_kind.find(|relation| relation.kind == kind)?;
        self.end(&relation.target).ok().map(|(item, _)| item)
    }

    /// The item at an end of a relation, and the row of it that is meant.
    pub(super) fn end(&self, end: &RecordEnd) -> Result<(u32, u32)> {
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
        let mut plan = Plan::new(self.stage.model, &record.class);
        plan.learn(|name| Ok(history.words.find(name).unwrap_or(NONE)))?;
        let normal =
            |(name, value): (&String, &Value)| (name.clone(), plan.normal(name, value.clone()));
        let values: BTreeMap<String, Value> = record.attributes.iter().map(normal).collect();
        let (model, index, moment) = (self.stage.model, &*self.index, self.moment);
        let probe = Probe { history, model, index, moment };
        let sought = |_, name: &str| values.get(name).map(Sought::Value);
        let found = probe.identify(&plan, sought, |_| None);
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
}
