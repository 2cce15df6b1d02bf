//! `Cmdb::reconcile` and its kin.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::lifecycle;
use super::super::{
    AttributeLock, Change, Cmdb, ItemRecord, MergeItems, PutItem, RelationRecord, Transaction,
    UnmergeItems, Value,
};
use super::batch::{Batch, TableBatch};
use super::engine::{Done, Run};
use super::result::Reconciliation;
use super::rules::ReconciliationRules;
use crate::table::Table;
use crate::{Error, ErrorKind, Result};

impl Cmdb {
    /// Finds the items that records of a source are of, and writes what the source says of them, as
    /// one transaction; the source is the transaction's.
    ///
    /// A record is a statement of all its values from the transaction's valid time on; attributes
    /// it does not name stay as they are, `null` withdraws one. Items are found by the entries of
    /// the classes' identification rules; what is found nowhere is made. What cannot be is rejected
    /// record by record. See [`Reconciliation`] for what comes back and an example.
    ///
    /// # Errors
    /// The transaction has no source, its `known` goes backwards, or the whole of what was written
    /// is forbidden by something that no single record is to blame for: then nothing is written.
    pub fn reconcile<'a>(
        &mut self,
        records: &'a [ItemRecord],
        relations: &'a [RelationRecord],
        transaction: Transaction,
    ) -> Result<Reconciliation<'a>> {
        self.reconcile_batch(Batch::Records(records, relations), transaction, true)
    }

    /// [`reconcile`](Cmdb::reconcile) of the rows of a table: each column is an attribute, but `id`
    /// and `class` if there are such; a missing cell says nothing.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Cmdb, Outcome, Transaction};
    /// use itom_core::table::{Column, Table};
    ///
    /// let text = |cells: &[&str]| Column::Text(cells.iter().copied().collect());
    /// let table = Table::new([("id", text(&["a", "b"])), ("os", text(&["x", "y"]))])?;
    /// let mut db = Cmdb::default();
    /// let at = |second| Transaction::at(Timestamp::from_secs(second)).source("scan");
    /// assert_eq!(db.reconcile_table(Some("host"), &table, at(0))?.counts().inserted, 2);
    /// assert_eq!(db.reconcile_table(Some("host"), &table, at(9))?.counts().unchanged, 2);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`reconcile`](Cmdb::reconcile); or there is no class, neither given nor in a column.
    pub fn reconcile_table<'a>(
        &mut self,
        class: Option<&'a str>,
        table: &'a Table,
        transaction: Transaction,
    ) -> Result<Reconciliation<'a>> {
        let batch = Batch::Table(Arc::new(TableBatch::new(class, table)?));
        self.reconcile_batch(batch, transaction, true)
    }

    /// What [`reconcile`](Cmdb::reconcile) would do, without doing it.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Cmdb, ItemRecord, Outcome, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let scan = Transaction::at(Timestamp::from_secs(0)).source("scan");
    /// let records = [ItemRecord::new("host").of_id("web-1")];
    /// assert_eq!(db.identify(&records, &[], scan)?.outcome(0), Outcome::Inserted);
    /// assert!(db.at(None, None).is_empty());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`reconcile`](Cmdb::reconcile).
    pub fn identify<'a>(
        &mut self,
        records: &'a [ItemRecord],
        relations: &'a [RelationRecord],
        transaction: Transaction,
    ) -> Result<Reconciliation<'a>> {
        self.reconcile_batch(Batch::Records(records, relations), transaction, false)
    }

    fn reconcile_batch<'a>(
        &mut self,
        batch: Batch<'a>,
        transaction: Transaction,
        keep: bool,
    ) -> Result<Reconciliation<'a>> {
        let mut index = std::mem::take(&mut self.index);
        index.prepare(&self.history, &self.model);
        let mut refused: BTreeMap<usize, String> = BTreeMap::new();
        let done = loop {
            match self.attempt(&mut index, &batch, &transaction, (keep, &refused)) {
                Attempt::Done(done) => break Ok(done),
                Attempt::Refused(records) => refused.extend(records),
                Attempt::Failed(error) => break Err(error),
            }
        };
        index.forget_relations(&self.history);
        if let (Ok(done), true) = (&done, keep) {
            index.numbers = done.numbers.clone();
        } else {
            index.forget_payloads();
        }
        self.index = index;
        let Done { plans, lines, names, ids, relations, .. } = done?;
        Ok(Reconciliation { batch, plans, lines, names, ids, relations })
    }

    fn attempt(
        &mut self,
        index: &mut super::index::Index,
        batch: &Batch<'_>,
        transaction: &Transaction,
        (keep, refused): (bool, &BTreeMap<usize, String>),
    ) -> Attempt {
        let mut done = None;
        let mut culprits = Vec::new();
        let result = self.transact(transaction.clone(), |stage| {
            let finished = Run::new(stage, index, batch, refused)?.run()?;
            let at = stage.history.open().transaction.at;
            if let Err(error) = stage.check() {
                for &(item, n) in &finished.written {
                    let (history, model) = (&*stage.history, stage.model);
                    let state = lifecycle::check_item(history, model, item, at);
                    if let Err(error) = stage.check_item(item).and(state) {
                        culprits.push((n, error.to_string()));
                    }
                }
                return Err(error);
            }
            done = Some(finished);
            match keep {
                true => Ok(()),
                false => Err(Error::new(ErrorKind::Conflict, "a dry run")),
            }
        });
        index.forget_relations(&self.history);
        match (done, result) {
            (Some(done), Ok(())) => Attempt::Done(done),
            (Some(done), Err(_)) if !keep => Attempt::Done(done),
            (_, Err(_)) if !culprits.is_empty() => {
                index.forget_payloads();
                Attempt::Refused(culprits)
            }
            (_, Err(error)) => Attempt::Failed(error),
            (None, Ok(())) => unreachable!("what was committed was finished"),
        }
    }

    /// Puts the rules by which values of several sources become one in place of those before; the
    /// present and the past are read by them, except what is asked as it was known before.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Cmdb, ReconciliationRules, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let rules: ReconciliationRules =
    ///     serde_json::from_str(r#"{"rules": [{"sources": ["scan", "import"]}]}"#)?;
    /// db.set_rules(rules.clone(), Transaction::at(Timestamp::from_secs(0)))?;
    /// assert_eq!(db.rules(), rules);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A rule names a class the model does not have, or cannot be meant; as
    /// [`apply`](Cmdb::apply).
    pub fn set_rules(
        &mut self,
        rules: ReconciliationRules,
        transaction: Transaction,
    ) -> Result<()> {
        self.apply(&[Change::SetRules(rules)], transaction).map_err(|error| error.about("rules"))
    }

    /// Makes several items one, of which `keep` is the id: what was and will be said of the others
    /// counts for it, their relations are its, and their ids lead to it.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let put = |id| Change::PutItem(PutItem::new(id, "host"));
    /// db.apply(&[put("a"), put("b")], Transaction::at(Timestamp::from_secs(0)))?;
    /// db.merge("a", &["b"], Transaction::at(Timestamp::from_secs(1)))?;
    /// assert_eq!(db.at(None, None).item("b").unwrap().id, "a");
    /// db.unmerge(&["b"], Transaction::at(Timestamp::from_secs(2)))?;
    /// assert_eq!(db.at(None, None).item("b").unwrap().id, "b");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// An item is not there, or is the one kept.
    pub fn merge<Id: AsRef<str>>(
        &mut self,
        keep: &str,
        others: &[Id],
        transaction: Transaction,
    ) -> Result<()> {
        let others = others.iter().map(|id| id.as_ref().to_owned()).collect();
        self.apply(&[Change::Merge(MergeItems { keep: keep.to_owned(), others })], transaction)
    }

    /// Makes items that were merged items of their own again, with all that was said of each since.
    ///
    /// # Errors
    /// An item is not merged into another.
    pub fn unmerge<Id: AsRef<str>>(&mut self, ids: &[Id], transaction: Transaction) -> Result<()> {
        let ids = ids.iter().map(|id| id.as_ref().to_owned()).collect();
        self.apply(&[Change::Unmerge(UnmergeItems { ids })], transaction)
    }

    /// Locks an attribute of an item to a value, or with `None` to the one it has: sources are
    /// heard, but what was said by hand holds until the lock is [released](Cmdb::release).
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Cmdb, ItemRecord, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let at = |second| Transaction::at(Timestamp::from_secs(second));
    /// let says = |os| [ItemRecord::new("host").of_id("web-1").with("os", os)];
    /// db.reconcile(&says("debian"), &[], at(0).source("scan"))?;
    /// db.lock("web-1", "os", None, at(1))?;
    /// db.reconcile(&says("ubuntu"), &[], at(2).source("scan"))?;
    /// assert_eq!(db.at(None, None).item("web-1").unwrap().attributes["os"], "debian".into());
    /// db.release("web-1", "os", at(3))?;
    /// assert_eq!(db.at(None, None).item("web-1").unwrap().attributes["os"], "ubuntu".into());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The transaction has a source; the item is not there, or there is no value to lock.
    pub fn lock(
        &mut self,
        id: &str,
        attribute: &str,
        value: Option<Value>,
        transaction: Transaction,
    ) -> Result<()> {
        if let Some(source) = &transaction.source {
            return Err(Error::invalid("source", format!("{source:?}"), "none: a hand locks"));
        }
        let value = match value {
            Some(value) => value,
            None => self.value_at(id, attribute, &transaction)?,
        };
        let mut put = PutItem { id: id.to_owned(), ..PutItem::default() };
        put.attributes.insert(attribute.to_owned(), value);
        let lock = AttributeLock { id: id.to_owned(), attribute: attribute.to_owned() };
        self.apply(&[Change::PutItem(put), Change::Lock(lock)], transaction)
    }

    fn value_at(&self, id: &str, attribute: &str, transaction: &Transaction) -> Result<Value> {
        let history = &self.history;
        let now = history.now(transaction.at);
        let row = history.ids.find(id).map(|row| history.control.representative(row, now));
        let row = row.ok_or_else(|| Error::not_found("id", "item", format!("{id:?}")))?;
        let word = history.words.find(attribute);
        let mut attributes = history.attributes(&self.model, row, now);
        let value = word.and_then(|word| attributes.remove(&word));
        let what = format!("value of {id:?} for");
        let none = || Error::not_found("attribute", &what, format!("{attribute:?}"));
        value.ok_or_else(none)
    }

    /// Lets go of a lock; what was said by hand is one claim among the others again.
    ///
    /// # Errors
    /// The attribute is not locked.
    pub fn release(&mut self, id: &str, attribute: &str, transaction: Transaction) -> Result<()> {
        let lock = AttributeLock { id: id.to_owned(), attribute: attribute.to_owned() };
        self.apply(&[Change::Release(lock)], transaction)
    }

    /// The rules that hold.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Cmdb::default().rules().rules.is_empty());
    /// ```
    pub fn rules(&self) -> ReconciliationRules {
        let now = self.history.now(crate::Timestamp::MAX);
        let rules = self.history.control.rules(now);
        rules.map_or_else(ReconciliationRules::default, |rules| ReconciliationRules::clone(rules))
    }
}

/// How a try to write a batch ended.
enum Attempt {
    Done(Done),
    /// These records are to blame.
    Refused(Vec<(usize, String)>),
    Failed(Error),
}
