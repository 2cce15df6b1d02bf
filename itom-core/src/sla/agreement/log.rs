//! What happened to records: a log of updates, in any order of arrival.
//!
//! A [`RecordUpdate`] says which fields of a record took which values from an instant on; a field
//! that is not named keeps its value. A [`RecordLog`] keeps all of them as small integers, with the
//! updates of each record in the order in which they hold: by instant, by `sequence` among those of
//! one instant, then by arrival. An update may carry an `id`; another of the same id corrects it
//! (that with the higher `revision` counts, of equals the later arrival) or retracts it.
//!
//! Memory: 8 bytes a field of an update, 32 an update, and each different value once.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::condition::check_name;
use super::value::{FieldRef, FieldValue, NULL, Values};
use crate::snapshot::stable_hash;
use crate::table::{Column, Table};
use crate::{Error, ErrorKind, Result, Timestamp};

/// The most updates of a log.
const MOST_UPDATES: usize = 1 << 31;

/// An update of a record.
///
/// ```
/// use itom_core::sla::RecordUpdate;
///
/// let update: RecordUpdate = serde_json::from_str(
///     r#"{"record": "INC1", "at": "2026-06-15T10:00:00Z", "fields": {"state": "New", "priority": 3}}"#,
/// )?;
/// assert_eq!(update.fields["priority"], 3.into());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordUpdate {
    /// Which record.
    pub record: String,
    /// From when on it holds.
    pub at: Timestamp,
    /// The order among updates of one instant.
    #[serde(default)]
    pub sequence: u64,
    /// The name by which it may be corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of updates of one id, the highest counts.
    #[serde(default)]
    pub revision: u64,
    /// The update of this id never was.
    #[serde(default)]
    pub retract: bool,
    /// The fields that were set.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldValue>,
}

impl RecordUpdate {
    /// An update without fields yet.
    ///
    /// ```
    /// # use itom_core::sla::RecordUpdate;
    /// let update = RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("state", "New");
    /// assert_eq!(update.fields.len(), 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn new(record: &str, at: Timestamp) -> RecordUpdate {
        RecordUpdate { record: record.to_owned(), at, ..RecordUpdate::default() }
    }

    /// With a field set.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<FieldValue>) -> RecordUpdate {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    fn check(&self) -> Result<()> {
        check_name(&self.record, "record")?;
        if let Some(id) = &self.id {
            check_name(id, "id")?;
        } else if self.retract {
            return Err(Error::invalid("id", "none", "given with a retraction"));
        }
        if self.retract && !self.fields.is_empty() {
            return Err(Error::invalid("fields", "some", "left out of a retraction"));
        }
        for (field, value) in &self.fields {
            check_name(field, "fields")?;
            value.clone().canonical().map_err(|error| error.within(field))?;
        }
        Ok(())
    }
}

/// Names, numbered from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    table: HashTable<u32>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    pub(super) fn all(&self) -> &[String] {
        &self.names
    }

    pub(super) fn find(&self, name: &str) -> Option<u32> {
        let same = |&number: &u32| self.names[number as usize] == name;
        self.table.find(stable_hash(name.as_bytes()), same).copied()
    }

    fn intern(&mut self, name: &str) -> Result<u32> {
        if let Some(number) = self.find(name) {
            return Ok(number);
        }
        let number = u32::try_from(self.names.len()).map_err(|_| full())?;
        self.names.push(name.to_owned());
        let hash = |&number: &u32| stable_hash(self.names[number as usize].as_bytes());
        self.table.insert_unique(stable_hash(name.as_bytes()), number, hash);
        Ok(number)
    }
}

fn full() -> Error {
    let message = format!("a log holds at most {MOST_UPDATES} updates");
    Error::new(ErrorKind::LimitExceeded, message).about("updates")
}

/// An update in the log; its fields are `changes[from..until]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) at: i64,
    pub(super) sequence: u64,
    from: u32,
    until: u32,
}

/// A log of updates of records.
///
/// ```
/// use itom_core::sla::{RecordLog, RecordUpdate};
///
/// let mut log = RecordLog::new();
/// let update = RecordUpdate::new("INC1", "2026-06-15T10:00:00Z".parse()?).set("state", "New");
/// log.extend(vec![update])?;
/// assert_eq!((log.len(), log.records()), (1, 1));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RecordLog {
    values: Values,
    fields: Names,
    records: Names,
    rows: Vec<Row>,
    /// Field and value.
    changes: Vec<(u32, u32)>,
    /// The rows of each record, in order.
    of_record: Vec<Vec<u32>>,
    /// Updates that may be corrected: the row (none after a retraction) and its revision.
    ids: BTreeMap<(u32, String), (Option<u32>, u64)>,
    /// Records whose rows were appended out of order.
    unsorted: Vec<u32>,
    /// Records of which an update was taken out.
    corrected: Vec<u32>,
    latest: Option<Timestamp>,
}

impl RecordLog {
    /// An empty log.
    pub fn new() -> RecordLog {
        RecordLog::default()
    }

    /// Number of updates that count.
    pub fn len(&self) -> usize {
        self.of_record.iter().map(Vec::len).sum()
    }

    /// Whether nothing was logged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// The latest instant of an update.
    pub fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    /// Takes updates, all or none.
    ///
    /// # Errors
    /// For a record, field or id without a name, a value that is too long, a retraction that
    /// names no update.
    pub fn extend(&mut self, updates: Vec<RecordUpdate>) -> Result<()> {
        self.take(updates).map(|_| ())
    }

    /// [`RecordLog::extend`]; returns the records that were touched, in order, each with whether
    /// something before its last update changed.
    pub(super) fn take(&mut self, updates: Vec<RecordUpdate>) -> Result<Vec<(u32, bool)>> {
        for (index, update) in updates.iter().enumerate() {
            update.check().map_err(|error| error.within(format!("updates[{index}]")))?;
        }
        let changes: usize = updates.iter().map(|update| update.fields.len()).sum();
        if self.rows.len() + updates.len() > MOST_UPDATES
            || self.changes.len() + changes > MOST_UPDATES
        {
            return Err(full());
        }
        let mut touched = Vec::with_capacity(updates.len());
        for update in updates {
            let record = self.record(&update.record)?;
            touched.push(record);
            let from = self.changes.len();
            for (field, value) in update.fields {
                let change = (self.fields.intern(&field)?, self.values.intern(value)?);
                self.changes.push(change);
            }
            self.place(
                record,
                update.at,
                update.sequence,
                from,
                update.id.map(|id| (id, update.revision, update.retract)),
            );
        }
        let mut late = std::mem::take(&mut self.corrected);
        late.extend(&self.unsorted);
        late.sort_unstable();
        self.sort();
        touched.sort_unstable();
        touched.dedup();
        let late = |record| late.binary_search(&record).is_ok();
        Ok(touched.into_iter().map(|record| (record, late(record))).collect())
    }

    /// A writer of updates that all set the same fields, as the rows of a table do: the fast way
    /// to fill a log.
    ///
    /// # Errors
    /// For a field without a name.
    ///
    /// ```
    /// use itom_core::sla::{FieldRef, RecordLog};
    ///
    /// let mut log = RecordLog::new();
    /// let mut writer = log.writer(&["state", "priority"])?;
    /// let at = "2026-06-15T10:00:00Z".parse()?;
    /// writer.push("INC1", at, 0, &[FieldRef::Text("New"), FieldRef::Integer(3)])?;
    /// drop(writer);
    /// assert_eq!(log.len(), 1);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn writer(&mut self, fields: &[&str]) -> Result<RowWriter<'_>> {
        fields.iter().try_for_each(|field| check_name(field, "fields"))?;
        let fields: Vec<u32> =
            fields.iter().map(|field| self.fields.intern(field)).collect::<Result<_>>()?;
        let last = vec![NULL; fields.len()];
        Ok(RowWriter { log: self, fields, last, record: None })
    }

    /// Takes the rows of a table: `record` and `at` name the columns with the record and the
    /// instant, `sequence` one with the order among updates of one instant; every other column
    /// sets the field of its name, to null where a cell is missing. All rows or none.
    ///
    /// # Errors
    /// When a column is missing or of another type, a record or an instant is missing.
    ///
    /// ```
    /// use itom_core::sla::RecordLog;
    /// use itom_core::table::{Column, Table};
    ///
    /// let at = Some("2026-06-15T10:00:00Z".parse()?);
    /// let table = Table::new([
    ///     ("number", Column::Text(["INC1", "INC2"].into_iter().collect())),
    ///     ("updated", Column::Time(vec![at, at])),
    ///     ("state", Column::Text(["New", "Closed"].into_iter().collect())),
    /// ])?;
    /// let mut log = RecordLog::new();
    /// log.extend_table(&table, "number", "updated", None)?;
    /// assert_eq!(log.records(), 2);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn extend_table(
        &mut self,
        table: &Table,
        record: &str,
        at: &str,
        sequence: Option<&str>,
    ) -> Result<()> {
        let missing = |column: &str, row: usize| {
            let value = format!("a missing cell in row {row}");
            Error::invalid(&format!("column {column}"), value, "given in every row")
        };
        let (names, instants) = (table.text(record)?, table.time(at)?);
        let sequences = sequence.map(|sequence| table.int(sequence)).transpose()?;
        for (row, instant) in instants.iter().enumerate() {
            check_name(names.get(row).ok_or_else(|| missing(record, row))?, record)?;
            instant.ok_or_else(|| missing(at, row))?;
        }
        let others: Vec<(&str, &Column)> = table
            .columns()
            .filter(|(name, _)| *name != record && *name != at && Some(*name) != sequence)
            .collect();
        for (name, column) in &others {
            if let Column::Text(cells) = column {
                for cell in cells.iter().flatten() {
                    super::value::check_text(cell).map_err(|error| error.within(name))?;
                }
            }
        }
        let fields: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
        let mut writer = self.writer(&fields)?;
        let mut cells = vec![FieldRef::Null; others.len()];
        for row in 0..table.rows() {
            for (cell, (_, column)) in cells.iter_mut().zip(&others) {
                *cell = cell_of(column, row);
            }
            let order = sequences.and_then(|sequences| sequences[row]).unwrap_or(0).max(0);
            let (name, at) = (names.get(row).unwrap_or(""), instants[row].unwrap_or_default());
            writer.push(name, at, order as u64, &cells)?;
        }
        Ok(())
    }

    fn record(&mut self, name: &str) -> Result<u32> {
        let record = self.records.intern(name)?;
        if self.of_record.len() <= record as usize {
            self.of_record.resize(record as usize + 1, Vec::new());
        }
        Ok(record)
    }

    /// Enters the update whose fields were just added to `changes`.
    fn place(
        &mut self,
        record: u32,
        at: Timestamp,
        sequence: u64,
        from: usize,
        id: Option<(String, u64, bool)>,
    ) {
        let row = self.rows.len() as u32;
        let (from, until) = (from as u32, self.changes.len() as u32);
        if let Some((id, revision, retract)) = id {
            let entry = self.ids.entry((record, id)).or_insert((None, 0));
            if revision < entry.1 {
                return;
            }
            let before = std::mem::replace(entry, ((!retract).then_some(row), revision)).0;
            if let Some(before) = before {
                self.of_record[record as usize].retain(|&own| own != before);
                self.corrected.push(record);
            }
            if retract {
                return;
            }
        }
        let rows = &mut self.of_record[record as usize];
        if let Some(&last) = rows.last() {
            let last = &self.rows[last as usize];
            if (at.as_nanos(), sequence) < (last.at, last.sequence) {
                self.unsorted.push(record);
            }
        }
        rows.push(row);
        self.rows.push(Row { at: at.as_nanos(), sequence, from, until });
        self.latest = self.latest.max(Some(at));
    }

    /// Brings the rows of records into order to which updates came late.
    fn sort(&mut self) {
        self.unsorted.sort_unstable();
        self.unsorted.dedup();
        for record in self.unsorted.drain(..) {
            let rows = &self.rows;
            // Stable: updates of one instant and sequence stay in the order they came in.
            self.of_record[record as usize]
                .sort_by_key(|&row| (rows[row as usize].at, rows[row as usize].sequence));
        }
    }

    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    pub(super) fn fields(&self) -> &Names {
        &self.fields
    }

    pub(super) fn names(&self) -> &Names {
        &self.records
    }

    pub(super) fn rows_of(&self, record: u32) -> &[u32] {
        &self.of_record[record as usize]
    }

    pub(super) fn row(&self, row: u32) -> &Row {
        &self.rows[row as usize]
    }

    pub(super) fn changes(&self, row: &Row) -> &[(u32, u32)] {
        &self.changes[row.from as usize..row.until as usize]
    }

    /// The number of a record.
    pub(super) fn find(&self, record: &str) -> Result<u32> {
        self.records
            .find(record)
            .ok_or_else(|| Error::not_found("record", "record", format!("{record:?}")))
    }

    /// The value a field of a record has after those of its updates that hold at an instant.
    ///
    /// ```
    /// # use itom_core::sla::{FieldValue, RecordLog, RecordUpdate};
    /// let at = "2026-06-15T10:00:00Z".parse()?;
    /// let mut log = RecordLog::new();
    /// log.extend(vec![RecordUpdate::new("INC1", at).set("state", "New")])?;
    /// assert_eq!(log.value("INC1", "state", at)?, &"New".into());
    /// assert_eq!(log.value("INC1", "team", at)?, &FieldValue::Null);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such record.
    pub fn value(&self, record: &str, field: &str, at: Timestamp) -> Result<&FieldValue> {
        let record = self.find(record)?;
        Ok(match self.fields.find(field) {
            Some(field) => self.values.value(self.value_at(record, field, at.as_nanos())),
            None => &FieldValue::Null,
        })
    }

    pub(super) fn value_at(&self, record: u32, field: u32, at: i64) -> u32 {
        let rows = self.rows_of(record);
        let until = rows.partition_point(|&row| self.row(row).at <= at);
        rows[..until]
            .iter()
            .rev()
            .find_map(|&row| {
                let mut changes = self.changes(self.row(row)).iter().rev();
                changes.find(|change| change.0 == field).map(|change| change.1)
            })
            .unwrap_or(NULL)
    }

    /// The updates that count, for a snapshot: record by record, in order.
    pub(super) fn saved(&self) -> Saved {
        let mut ids = BTreeMap::new();
        let mut retracted = Vec::new();
        for ((record, id), (row, revision)) in &self.ids {
            match row {
                Some(row) => drop(ids.insert(*row, (id.clone(), *revision))),
                None => retracted.push((*record, id.clone(), *revision)),
            }
        }
        let rows = (0..self.records.len() as u32)
            .flat_map(|record| self.rows_of(record).iter().map(move |&row| (record, row)))
            .map(|(record, number)| {
                let row = self.row(number);
                let (id, revision) =
                    ids.remove(&number).map_or((None, 0), |(id, revision)| (Some(id), revision));
                SavedRow(record, row.at, row.sequence, id, revision, self.changes(row).to_vec())
            })
            .collect();
        Saved {
            values: serde_json::to_string(self.values.all()).unwrap_or_default(),
            fields: self.fields.all().to_vec(),
            records: self.records.all().to_vec(),
            rows,
            retracted,
        }
    }

    /// A log from what was saved.
    pub(super) fn restored(saved: Saved) -> Result<RecordLog> {
        let damaged = |why: &str| Error::corrupt("snapshot of sla.agreements", why);
        let values: Vec<FieldValue> = crate::read_json(&saved.values, "values")?;
        let mut log = RecordLog::new();
        for (number, value) in values.into_iter().enumerate() {
            if log.values.intern(value)? as usize != number {
                return Err(damaged("its values are not distinct"));
            }
        }
        for (number, field) in saved.fields.iter().enumerate() {
            if log.fields.intern(field)? as usize != number {
                return Err(damaged("its fields are not distinct"));
            }
        }
        for (number, record) in saved.records.iter().enumerate() {
            if log.record(record)? as usize != number {
                return Err(damaged("its records are not distinct"));
            }
        }
        let (records, fields, values) = (log.records.len(), log.fields.len(), log.values.len());
        for SavedRow(record, at, sequence, id, revision, changes) in saved.rows {
            let known = |&(field, value): &(u32, u32)| {
                (field as usize) < fields && (value as usize) < values
            };
            if record as usize >= records || !changes.iter().all(known) {
                return Err(damaged("an update names what is not there"));
            }
            let from = log.changes.len();
            log.changes.extend(changes);
            let id = id.map(|id| (id, revision, false));
            log.place(record, Timestamp::from_nanos(at), sequence, from, id);
        }
        for (record, id, revision) in saved.retracted {
            if record as usize >= records {
                return Err(damaged("a retraction names what is not there"));
            }
            log.ids.insert((record, id), (None, revision));
        }
        log.sort();
        Ok(log)
    }
}

fn cell_of(column: &Column, row: usize) -> FieldRef<'_> {
    let cell = match column {
        Column::Text(cells) => cells.get(row).map(FieldRef::Text),
        Column::Int(cells) => cells[row].map(FieldRef::Integer),
        Column::Float(cells) => cells[row].map(FieldRef::Number),
        Column::Bool(cells) => cells[row].map(FieldRef::Boolean),
        Column::Time(cells) => cells[row].map(FieldRef::Instant),
    };
    cell.unwrap_or(FieldRef::Null)
}

/// Writes updates that all set the same fields. See [`RecordLog::writer`].
///
/// ```
/// # use itom_core::sla::{FieldRef, RecordLog};
/// let mut log = RecordLog::new();
/// let mut writer = log.writer(&["state"])?;
/// let error = writer.push("INC1", "2026-06-15T10:00:00Z".parse()?, 0, &[]).unwrap_err();
/// assert_eq!(error.argument(), Some("cells"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RowWriter<'a> {
    log: &'a mut RecordLog,
    fields: Vec<u32>,
    /// The values of the row before: rows of one record come together and repeat themselves.
    last: Vec<u32>,
    record: Option<u32>,
}

impl RowWriter<'_> {
    /// Adds an update that sets every field of the writer.
    ///
    /// # Errors
    /// For a record without a name, another number of cells than fields, a text that is too long.
    pub fn push(
        &mut self,
        record: &str,
        at: Timestamp,
        sequence: u64,
        cells: &[FieldRef<'_>],
    ) -> Result<()> {
        Error::check_length("cells", cells.len(), "fields", self.fields.len())?;
        if self.log.changes.len() + cells.len() > MOST_UPDATES {
            return Err(full());
        }
        let record = match self.record {
            Some(last) if self.log.records.name(last) == record => last,
            _ => {
                check_name(record, "record")?;
                self.log.record(record)?
            }
        };
        self.record = Some(record);
        for (last, &cell) in self.last.iter_mut().zip(cells) {
            let same = match (self.log.values.value(*last), cell) {
                (FieldValue::Text(own), FieldRef::Text(text)) => own == text,
                (FieldValue::Instant(own), FieldRef::Instant(at)) => *own == at,
                (FieldValue::Null, FieldRef::Null) => true,
                _ => false,
            };
            if !same {
                *last = self.log.values.intern_ref(cell)?;
            }
        }
        let from = self.log.changes.len();
        self.log.changes.extend(self.fields.iter().copied().zip(self.last.iter().copied()));
        self.log.place(record, at, sequence, from, None);
        Ok(())
    }
}

impl Drop for RowWriter<'_> {
    fn drop(&mut self) {
        self.log.sort();
    }
}

/// A log as it is saved.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    /// JSON, in which an instant is text.
    values: String,
    fields: Vec<String>,
    records: Vec<String>,
    rows: Vec<SavedRow>,
    retracted: Vec<(u32, String, u64)>,
}

/// Record, instant, sequence, id, revision, fields with values.
#[derive(Serialize, Deserialize)]
struct SavedRow(u32, i64, u64, Option<String>, u64, Vec<(u32, u32)>);

#[cfg(test)]
mod tests {
    use super::*;

    fn update(at: i64, state: &str) -> RecordUpdate {
        RecordUpdate::new("r", Timestamp::from_secs(at)).set("state", state)
    }

    fn state(log: &RecordLog, at: i64) -> String {
        log.value("r", "state", Timestamp::from_secs(at)).unwrap().to_string()
    }

    #[test]
    fn late_updates_find_their_place() {
        let mut log = RecordLog::new();
        log.extend(vec![update(30, "c"), update(10, "a")]).unwrap();
        log.extend(vec![update(20, "b")]).unwrap();
        assert_eq!([5, 10, 25, 99].map(|at| state(&log, at)), ["null", "\"a\"", "\"b\"", "\"c\""]);
    }

    #[test]
    fn corrections_and_retractions_count_by_revision() {
        let named = |at, state: &str, revision| {
            let mut update = update(at, state);
            update.id = Some("u1".to_owned());
            update.revision = revision;
            update
        };
        let mut log = RecordLog::new();
        log.extend(vec![named(10, "right", 2), named(20, "wrong", 1)]).unwrap();
        assert_eq!((state(&log, 30), log.len()), ("\"right\"".to_owned(), 1));
        let retraction = RecordUpdate {
            id: Some("u1".to_owned()),
            revision: 3,
            retract: true,
            ..RecordUpdate::new("r", Timestamp::from_secs(0))
        };
        log.extend(vec![retraction.clone()]).unwrap();
        log.extend(vec![named(10, "again", 2)]).unwrap();
        assert_eq!((state(&log, 30), log.len()), ("null".to_owned(), 0));
        let nameless = RecordUpdate { id: None, ..retraction };
        assert!(log.extend(vec![nameless]).is_err());
    }

    #[test]
    fn a_bad_update_leaves_nothing_behind() {
        let mut log = RecordLog::new();
        let bad = update(2, "b").set("", 1);
        let error = log.extend(vec![update(1, "a"), bad]).unwrap_err();
        assert!(error.to_string().starts_with("updates[1]: fields"), "{error}");
        assert!(log.is_empty());
    }

    #[test]
    fn what_was_saved_comes_back() {
        let mut log = RecordLog::new();
        log.extend(vec![update(1, "a"), update(2, "2026-06-15T10:00:00Z")]).unwrap();
        let again = RecordLog::restored(log.saved()).unwrap();
        assert_eq!(state(&again, 9), "\"2026-06-15T10:00:00Z\"");
        assert_eq!(again.latest(), log.latest());
    }
}
