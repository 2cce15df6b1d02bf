//! The configuration management database: transactions in, views out.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::check::Constraints;
use super::fields::Fields;
use super::history::{Entry, History, Moment, NONE};
use super::model::ClassModel;
use super::storage::{Block, Journal, TransactionBlock, encode};
use super::{Change, ModelDefinition, PutItem, PutRelation, RemoveItem, RemoveRelation};
use super::{Transaction, Value, View, health, load, reconcile, terms};
use crate::snapshot::{self, Header, stable_hash};
use crate::table::Table;
use crate::{Error, Result, Timestamp};

const ENGINE: &str = "cmdb.cmdb";
const STATE_VERSION: u16 = 1;

/// What there is, what there was and what was known of it when: a log of transactions.
///
/// A transaction is applied whole or not at all. [`at`](Cmdb::at) gives a [`View`] of any moment in
/// both times; views stay as they are whatever is applied later.
///
/// The default has an open model: any class, any attribute, any kind of relation. It is kept in
/// memory; `Cmdb::open` (feature `store`) keeps it in a file.
///
/// ```
/// use itom_core::Timestamp;
/// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
///
/// let day = |n: i64| Timestamp::from_secs(n * 86_400);
/// let mut db = Cmdb::default();
/// let put = |zone: &str| Change::PutItem(PutItem::new("web-1", "application").with("zone", zone));
/// db.apply(&[put("a")], Transaction::at(day(1)))?;
/// // On day 9 it comes out that it was moved on day 3.
/// db.apply(&[put("b")], Transaction::at(day(3)).known(day(9)))?;
///
/// let zone = |valid, known| db.at(Some(valid), known).item("web-1").unwrap().attributes["zone"].clone();
/// assert_eq!(zone(day(2), None), "a".into());
/// assert_eq!(zone(day(5), None), "b".into());
/// assert_eq!(zone(day(5), Some(day(8))), "a".into()); // what was believed on day 8
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Cmdb {
    /// The model that holds now.
    pub(super) model: Arc<ClassModel>,
    /// The model it began with, where that is another.
    first_model: Option<Arc<ClassModel>>,
    pub(super) history: Arc<History>,
    /// Made by the first transaction.
    constraints: Option<Constraints>,
    /// What reconciliation finds items by; made when it is first asked for.
    pub(super) index: reconcile::Index,
    /// The view of everything, made when it is first asked for.
    latest: OnceLock<View>,
    pub(super) journal: Option<Journal>,
    /// What was touched, for monitors of health.
    pub(super) watch: health::Watch,
}

/// What a snapshot holds.
#[derive(Debug, Serialize, Deserialize)]
struct Saved<'a> {
    model: Cow<'a, ModelDefinition>,
    transactions: Vec<TransactionBlock<'a>>,
}

impl Cmdb {
    /// An empty database with this model, in memory.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, ModelDefinition};
    ///
    /// let db = Cmdb::new(ModelDefinition::operations())?;
    /// assert!(db.model().classes.contains_key("host"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A class extends one that is not there or itself, or an attribute is not well defined.
    pub fn new(model: ModelDefinition) -> Result<Self> {
        Ok(Cmdb { model: Arc::new(ClassModel::new(model)?), ..Cmdb::default() })
    }

    /// The class model that holds now.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().model().classes.is_empty());
    /// ```
    pub fn model(&self) -> &ModelDefinition {
        self.model.definition()
    }

    /// Puts another class model in place of the one that holds, as a transaction: a view by what
    /// was known before still has the model of that time.
    ///
    /// What there is from the transaction's valid time on must fit the new model. Values that can
    /// be brought into its form without loss are (text that is an address, say), and defaults are
    /// given to items that lack them; values that sources claim stay as they were said, until they
    /// are said again.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::*;
    ///
    /// let model = |json: &str| serde_json::from_str::<ModelDefinition>(json);
    /// let mut db = Cmdb::new(model(r#"{"classes": {"host": {"attributes": {"ip": {"type": "string"}}}}}"#)?)?;
    /// let put = Change::PutItem(PutItem::new("web-1", "host").with("ip", "192.0.2.7"));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    ///
    /// let stricter = model(r#"{"classes": {"host": {"attributes": {"ip": {"type": "ip"}}}}}"#)?;
    /// db.set_model(stricter, Transaction::at(Timestamp::from_secs(60)))?;
    /// let item = db.at(None, None).item("web-1").expect("it is there");
    /// assert_eq!(item.attributes["ip"], Value::Ip([192, 0, 2, 7].into()));
    ///
    /// let other = model(r#"{"classes": {"server": {}}}"#)?;
    /// let error = db.set_model(other, Transaction::at(Timestamp::from_secs(90))).unwrap_err();
    /// assert!(error.to_string().contains("web-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The model is not well defined, or what there is does not fit it; the message lists the first
    /// of what does not and says how much more there is.
    pub fn set_model(&mut self, model: ModelDefinition, transaction: Transaction) -> Result<()> {
        self.apply(&[Change::SetModel(Box::new(model))], transaction)
            .map_err(|error| error.about("model"))
    }

    /// Applies changes as one transaction: all of them, or on an error none.
    ///
    /// They are applied in order and checked together at the end, at the transaction's valid time:
    /// items against the model, relations for their ends, groups for one `min_up` of which there
    /// are enough members.
    ///
    /// ```
    /// use itom_core::{ErrorKind, Timestamp};
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, PutRelation, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let error = db
    ///     .apply(
    ///         &[
    ///             Change::PutItem(PutItem::new("web-1", "application")),
    ///             Change::PutRelation(PutRelation::new("web-1", "runs_on", "host-1")),
    ///         ],
    ///         Transaction::at(Timestamp::from_secs(0)),
    ///     )
    ///     .unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// assert!(error.to_string().contains("\"host-1\""));
    /// assert!(db.at(None, None).item("web-1").is_none());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `known` goes backwards, something named does not exist, or the model or a group forbids it.
    pub fn apply(&mut self, changes: &[Change], transaction: Transaction) -> Result<()> {
        let model = new_model(changes)?;
        self.transact_with(transaction, model, |stage| {
            for (n, change) in changes.iter().enumerate() {
                stage.change(change).map_err(|error| error.within(format!("change {n}")))?;
            }
            Ok(())
        })
    }

    /// Loads tables as one transaction: items with the columns `id`, `class` and any number of
    /// attributes; relations with `source`, `kind`, `target` and, if wanted, `group` and `min_up`.
    ///
    /// What exists is changed, what does not is made, nothing is removed. A missing cell says
    /// nothing: it leaves an attribute as it was. A float that is not a number is a missing cell.
    /// An item may stand in the table once; a relation more than once if the rows agree.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::Cmdb;
    /// use itom_core::table::{Column, Table};
    ///
    /// let text = |cells: &[&str]| Column::Text(cells.iter().copied().collect());
    /// let items = Table::new([("id", text(&["shop", "db"])), ("class", text(&["service", "database"]))])?;
    /// let relations = Table::new([
    ///     ("source", text(&["shop"])), ("kind", text(&["uses"])), ("target", text(&["db"])),
    /// ])?;
    /// let mut db = Cmdb::default();
    /// let now = Timestamp::from_secs(0);
    /// db.load(&items, Some(&relations), now, now)?;
    /// assert_eq!(db.at(None, None).impact(&["db"])?.down(), ["db", "shop"]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`apply`](Cmdb::apply), and for missing columns, missing cells and double ids; the
    /// message names column, row and value.
    pub fn load(
        &mut self,
        items: &Table,
        relations: Option<&Table>,
        at: Timestamp,
        known: Timestamp,
    ) -> Result<()> {
        self.load_as(Some(items), relations, Transaction::at(at).known(known))
    }

    /// [`load`](Cmdb::load) with all that a transaction can say, and either table left out at will.
    ///
    /// ```
    /// # use itom_core::{Timestamp, cmdb::{Cmdb, Transaction}};
    /// let mut transaction = Transaction::at(Timestamp::from_secs(0));
    /// transaction.reason = Some("CHG0042".to_owned());
    /// Cmdb::default().load_as(None, None, transaction)?;
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`load`](Cmdb::load).
    pub fn load_as(
        &mut self,
        items: Option<&Table>,
        relations: Option<&Table>,
        transaction: Transaction,
    ) -> Result<()> {
        self.transact(transaction, |stage| {
            if let Some(items) = items {
                load::items(stage, items).map_err(|error| error.about("items"))?;
            }
            if let Some(relations) = relations {
                load::relations(stage, relations).map_err(|error| error.about("relations"))?;
            }
            Ok(())
        })
    }

    /// The state at a moment: as it was at `valid`, by what was known at `known`. `None` means the
    /// latest: all that was ever said to hold, all that is known.
    ///
    /// Making a view costs nothing; the first question about more than one item reads everything
    /// once. The view of `at(None, None)` is kept until the next transaction. A view is a cheap handle: clone it, send it to other threads.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    /// assert_eq!(Cmdb::default().at(None, None).len(), 0);
    /// ```
    pub fn at(&self, valid: Option<Timestamp>, known: Option<Timestamp>) -> View {
        let make = || {
            let all = self.history.transactions();
            let transactions = known.map_or(all, |known| self.history.known_at(known));
            let moment = Moment { valid: valid.unwrap_or(Timestamp::MAX), transactions };
            View::new(Arc::clone(&self.history), self.model_of(transactions), moment)
        };
        match (valid, known) {
            (None, None) => self.latest.get_or_init(make).clone(),
            _ => make(),
        }
    }

    /// The model that held when so many transactions were known.
    fn model_of(&self, transactions: u32) -> Arc<ClassModel> {
        let first = || self.first_model.as_ref().unwrap_or(&self.model);
        Arc::clone(self.history.model_at(transactions).unwrap_or_else(first))
    }

    /// The transactions so far, without their changes, in the order they became known.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    /// assert_eq!(Cmdb::default().transactions().count(), 0);
    /// ```
    pub fn transactions(&self) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.history.log()
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn shared_history(&self) -> &Arc<History> {
        &self.history
    }

    pub(super) fn shared_model(&self) -> &Arc<ClassModel> {
        &self.model
    }

    /// A database in memory that shares everything with this one.
    pub(super) fn sharing(&self) -> Cmdb {
        let (model, history) = (Arc::clone(&self.model), Arc::clone(&self.history));
        let first_model = self.first_model.clone();
        Cmdb { model, first_model, history, ..Cmdb::default() }
    }

    /// A database in memory of this history, that began with this model.
    pub(super) fn of(history: History, first: ModelDefinition) -> Result<Self> {
        let first = Arc::new(ClassModel::new(first)?);
        let set = history.model_at(NONE).cloned();
        let first_model = set.is_some().then(|| Arc::clone(&first));
        let history = Arc::new(history);
        Ok(Cmdb { model: set.unwrap_or(first), first_model, history, ..Cmdb::default() })
    }

    /// The whole database as a snapshot: the model and the log.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    ///
    /// let bytes = Cmdb::default().to_bytes();
    /// assert_eq!(Cmdb::from_bytes(&bytes)?.to_bytes(), bytes);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let log = self.history.logged();
        let transactions =
            log.iter().map(|logged| TransactionBlock::new(&self.history, logged)).collect();
        let first = self.model_of(0);
        let state = Saved { model: Cow::Borrowed(first.definition()), transactions };
        let model = Block::Model(Cow::Borrowed(first.definition())).to_bytes();
        let header = Header {
            engine: ENGINE.to_owned(),
            version: STATE_VERSION,
            configuration: stable_hash(&model),
            watermark: log.last().map(|logged| logged.transaction.known),
        };
        snapshot::seal(&header, &state)
    }

    /// A database in memory from a snapshot.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    /// assert!(Cmdb::from_bytes(b"something else").is_err());
    /// ```
    ///
    /// # Errors
    /// The bytes are damaged or of something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, saved): (_, Saved<'static>) = snapshot::open(bytes, ENGINE, STATE_VERSION)?;
        let mut db = Cmdb::new(saved.model.into_owned())?;
        saved.transactions.iter().try_for_each(|block| db.replay(block))?;
        Ok(db)
    }

    /// Applies a block of a log again.
    fn replay(&mut self, block: &TransactionBlock<'_>) -> Result<()> {
        debug_assert!(self.journal.is_none(), "a log is replayed before it is written to");
        let changes = block.changes().collect::<Result<Vec<Change>>>()?;
        self.apply(&changes, block.transaction().clone())
    }

    /// One transaction: stage, check, keep — or take everything back.
    pub(super) fn transact(
        &mut self,
        transaction: Transaction,
        stage: impl FnOnce(&mut Stage<'_>) -> Result<()>,
    ) -> Result<()> {
        self.transact_with(transaction, None, stage)
    }

    /// [`transact`](Self::transact), by a new model if there is one.
    fn transact_with(
        &mut self,
        transaction: Transaction,
        new_model: Option<Arc<ClassModel>>,
        stage: impl FnOnce(&mut Stage<'_>) -> Result<()>,
    ) -> Result<()> {
        // The cached view shares the history: without it the history need not be copied.
        self.latest.take();
        let history = Arc::make_mut(&mut self.history);
        history.begin(transaction)?;
        let make = || Constraints::of(history, &self.model);
        let constraints = self.constraints.get_or_insert_with(make);
        let model = new_model.as_ref().unwrap_or(&self.model);
        if let Some(model) = &new_model {
            history.set_model(Arc::clone(model));
        }
        let mut under_way = Stage { history, model, constraints, scratch: Vec::new() };
        let staged = stage(&mut under_way);
        let checked = staged.and_then(|()| match new_model {
            Some(_) => under_way.adopt(),
            None => under_way.check(),
        });
        let result = checked.and_then(|()| {
            let Some(journal) = &mut self.journal else { return Ok(()) };
            journal.append(&encode(history, history.open()))
        });
        if result.is_ok() {
            self.index.hear(history);
            self.watch.hear(history);
            history.commit();
            if let Some(journal) = &mut self.journal {
                journal.checkpoint_if_due(|| history.checkpoint());
            }
        } else {
            history.roll_back();
        }
        let Some(new) = new_model else { return result };
        if result.is_ok() {
            let before = std::mem::replace(&mut self.model, new);
            self.first_model.get_or_insert(before);
            self.index = reconcile::Index::default();
        } else {
            self.constraints = Some(Constraints::of(history, &self.model));
        }
        result
    }
}

/// The model that changes set, checked.
fn new_model(changes: &[Change]) -> Result<Option<Arc<ClassModel>>> {
    let mut models = (0..).zip(changes).filter_map(|(n, change)| match change {
        Change::SetModel(model) => Some((n, model)),
        _ => None,
    });
    let Some((n, model)) = models.next() else { return Ok(None) };
    if let Some((other, _)) = models.next() {
        let value = format!("one in change {n} and one in change {other}");
        return Err(Error::invalid("set_model", value, "at most one a transaction"));
    }
    let model = ClassModel::new(ModelDefinition::clone(model));
    Ok(Some(Arc::new(model.map_err(|error| error.within(format!("change {n}")))?)))
}

/// The transaction under way: takes changes in words and pushes them interned.
pub(super) struct Stage<'a> {
    pub(super) history: &'a mut History,
    pub(super) model: &'a ClassModel,
    pub(super) constraints: &'a mut Constraints,
    /// Working memory of values on the way to their codes.
    pub(super) scratch: Vec<u8>,
}

impl Stage<'_> {
    /// Puts an item whose values, by word and code, are known to be of its class.
    pub(super) fn put(
        &mut self,
        id: &str,
        fields: &Fields<'_>,
        mut values: Vec<(u32, u32)>,
    ) -> Result<u32> {
        if fields.has_defaults {
            self.add_defaults(id, fields.class, &mut values)?;
        }
        let class = self.history.words.intern(fields.class)?;
        let item = self.history.item_row(id)?;
        self.history.push(Entry::PutItem { item, class, attributes: values.into() })?;
        Ok(item)
    }

    fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::PutItem(put) => self.put_item(put),
            Change::RemoveItem(RemoveItem { id }) => self.remove_item(id),
            Change::PutRelation(put) => self.put_relation(put),
            Change::RemoveRelation(remove) => self.remove_relation(remove),
            Change::SetModel(_) => self.keep_model(),
            Change::Baseline(baseline) if baseline.name.is_empty() => {
                Err(Error::invalid("name", "\"\"", "a text that is not empty"))
            }
            Change::Baseline(_) => self.history.push(Entry::Control(Arc::new(change.clone()))),
            change => reconcile::stage(self.history, self.model, change),
        }
    }

    fn put_item(&mut self, put: &PutItem) -> Result<()> {
        let given = put.attributes.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let unknown = self.unknown(put);
        let cleared = unknown.iter().map(|name| (name.as_str(), Value::Null));
        self.item(&put.id, put.class.as_deref(), given.chain(cleared)).map(|_| ())
    }

    /// Puts an item and tells its row.
    pub(super) fn item<'n>(
        &mut self,
        id: &str,
        class: Option<&str>,
        attributes: impl Iterator<Item = (&'n str, Value)>,
    ) -> Result<u32> {
        if id.is_empty() {
            return Err(Error::invalid("id", "\"\"", "a text that is not empty"));
        }
        let known_class;
        let class = match class {
            Some(class) => class,
            None => {
                let at = self.history.open().transaction.at;
                let item = self.history.ids.find(id);
                let now = self.history.now(at);
                let item = item.map(|item| self.history.control.representative(item, now));
                let state = item.map(|item| self.history.item_state(item, now));
                let Some(state) = state.filter(|state| state.class != NONE) else {
                    let expected = format!("given: item {id:?} does not exist as of {at}");
                    return Err(Error::invalid("class", "none", expected));
                };
                known_class = self.history.words.text(state.class).to_owned();
                &known_class
            }
        };
        self.model.check_item_class(class)?;
        let class = self.model.canonical(class);
        let mut values = Vec::new();
        for (name, value) in attributes {
            let is_leftover = value == Value::Null && self.is_leftover(id, class, name);
            let value = if is_leftover { value } else { self.model.conform(class, name, value)? };
            values.push(self.interned(name, &value)?);
        }
        self.add_defaults(id, class, &mut values)?;
        let class = self.history.words.intern(class)?;
        let item = self.history.item_row(id)?;
        self.history.push(Entry::PutItem { item, class, attributes: values.into() })?;
        Ok(item)
    }

    /// The word of an attribute and the code of its value.
    pub(super) fn interned(&mut self, attribute: &str, value: &Value) -> Result<(u32, u32)> {
        let word = self.history.words.intern(attribute)?;
        Ok((word, self.history.intern_value(word, value, &mut self.scratch)?))
    }

    fn remove_item(&mut self, id: &str) -> Result<()> {
        let moment = self.history.now(self.history.open().transaction.at);
        let item = self.history.ids.find(id);
        // What a source withdraws may be gone already, or known of later.
        let is_withdrawn = self.history.open_source().is_some();
        let item = item.filter(|&item| {
            if is_withdrawn {
                return self.history.was_ever_said(item);
            }
            let one = self.history.control.representative(item, moment);
            self.history.item_state(one, moment).class != NONE
        });
        let Some(item) = item else {
            return Err(Error::not_found("id", "item", format!("{id:?}")));
        };
        self.history.push(Entry::RemoveItem { item })
    }

    fn put_relation(&mut self, put: &PutRelation) -> Result<()> {
        let terms = terms::Said {
            group: put.group.as_deref(),
            min_up: put.min_up.map(i64::from),
            min_up_type: put.min_up_type,
            weight: put.weight.map(i64::from),
        };
        self.relation((&put.source, &put.kind, &put.target), terms)
    }

    /// Whether there ever was an item of that id.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.history.ids.find(id).is_some()
    }

    pub(super) fn relation(
        &mut self,
        (source, kind, target): (&str, &str, &str),
        said: terms::Said<'_>,
    ) -> Result<()> {
        let group = said.group;
        self.model.check_kind(kind)?;
        self.check_symmetric(kind, group)?;
        let (source, target) = self.ordered(source, kind, target);
        let code = self.history.terms_code(&said.terms()?)?;
        // An end may be put later in the same transaction: whether it is there is checked at the end.
        let source = self.history.item_row(source)?;
        let target = self.history.item_row(target)?;
        let owner = if self.model.depends_target(kind) { target } else { source };
        let kind = self.history.words.intern(kind)?;
        let group = group.map_or(Ok(NONE), |group| self.history.words.intern(group))?;
        let relation = self.history.relation_row((source, kind, target), (group, owner))?;
        reconcile::rewire(self.history, relation)?;
        self.history.push(Entry::PutRelation { relation, code })
    }

    fn remove_relation(&mut self, remove: &RemoveRelation) -> Result<()> {
        let (source, target) = self.ordered(&remove.source, &remove.kind, &remove.target);
        let is_of_target = self.model.depends_target(&remove.kind);
        let history = &mut *self.history;
        let moment = history.now(history.open().transaction.at);
        let find = || {
            let source = history.ids.find(source)?;
            let target = history.ids.find(target)?;
            let kind = history.words.find(&remove.kind)?;
            let group = match &remove.group {
                None => NONE,
                Some(group) => {
                    let owner = if is_of_target { target } else { source };
                    history.find_group(owner, history.words.find(group)?)?
                }
            };
            let relation = history.find_relation((source, kind, target), group)?;
            history.live_relation(relation, moment).map(|_| relation)
        };
        let Some(relation) = find() else {
            let group = remove.group.as_ref().map_or(String::new(), |g| format!(" in group {g:?}"));
            let value = format!("{:?} {} {:?}{group}", remove.source, remove.kind, remove.target);
            return Err(Error::not_found("remove_relation", "relation", value));
        };
        history.push(Entry::RemoveRelation { relation })
    }
}
