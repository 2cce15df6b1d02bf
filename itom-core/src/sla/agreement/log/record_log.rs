//! The log itself: rows in the order of arrival, and for each record the order in which they hold.

use std::collections::BTreeMap;

use super::names::Names;
use super::update::RecordUpdate;
use crate::sla::agreement::value::{FieldValue, NULL, Values};
use crate::{Error, ErrorKind, Result, Timestamp};

/// The most updates of a log, and of fields in them.
const MOST_UPDATES: usize = 1 << 31;

/// An update in the log; its fields are `changes[from..until]`.
#[derive(Clone, Copy, Debug)]
pub(in crate::sla::agreement) struct Row {
    pub(in crate::sla::agreement) at: i64,
    pub(in crate::sla::agreement) sequence: u64,
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
    pub(super) values: Values,
    pub(super) fields: Names,
    pub(super) records: Names,
    pub(super) rows: Vec<Row>,
    /// Field and value.
    pub(super) changes: Vec<(u32, u32)>,
    /// The rows of each record, in order.
    of_record: Vec<Vec<u32>>,
    /// Updates that may be corrected: the row (none after a retraction) and its revision.
    pub(super) ids: BTreeMap<(u32, String), (Option<u32>, u64)>,
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
    pub(in crate::sla::agreement) fn take(
        &mut self,
        updates: Vec<RecordUpdate>,
    ) -> Result<Vec<(u32, bool)>> {
        for (index, update) in updates.iter().enumerate() {
            update.check().map_err(|error| error.within(format!("updates[{index}]")))?;
        }
        let changes: usize = updates.iter().map(|update| update.fields.len()).sum();
        self.check_room(updates.len(), changes)?;
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

    /// Refuses more updates and fields of updates than there is room for.
    pub(super) fn check_room(&self, updates: usize, changes: usize) -> Result<()> {
        let most = self.rows.len().saturating_add(updates);
        if most.max(self.changes.len().saturating_add(changes)) > MOST_UPDATES {
            let message = format!("a log holds at most {MOST_UPDATES} updates and fields in them");
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("updates"));
        }
        Ok(())
    }

    pub(super) fn record(&mut self, name: &str) -> Result<u32> {
        let record = self.records.intern(name)?;
        if self.of_record.len() <= record as usize {
            self.of_record.resize(record as usize + 1, Vec::new());
        }
        Ok(record)
    }

    /// Enters the update whose fields were just added to `changes`.
    pub(super) fn place(
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
    pub(super) fn sort(&mut self) {
        self.unsorted.sort_unstable();
        self.unsorted.dedup();
        for record in self.unsorted.drain(..) {
            let rows = &self.rows;
            // Stable: updates of one instant and sequence stay in the order they came in.
            self.of_record[record as usize]
                .sort_by_key(|&row| (rows[row as usize].at, rows[row as usize].sequence));
        }
    }

    pub(in crate::sla::agreement) fn values(&self) -> &Values {
        &self.values
    }

    pub(in crate::sla::agreement) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    pub(in crate::sla::agreement) fn fields(&self) -> &Names {
        &self.fields
    }

    pub(in crate::sla::agreement) fn names(&self) -> &Names {
        &self.records
    }

    pub(in crate::sla::agreement) fn rows_of(&self, record: u32) -> &[u32] {
        &self.of_record[record as usize]
    }

    pub(in crate::sla::agreement) fn row(&self, row: u32) -> &Row {
        &self.rows[row as usize]
    }

    pub(in crate::sla::agreement) fn changes(&self, row: &Row) -> &[(u32, u32)] {
        &self.changes[row.from as usize..row.until as usize]
    }

    /// The number of a record.
    pub(in crate::sla::agreement) fn find(&self, record: &str) -> Result<u32> {
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

    pub(in crate::sla::agreement) fn value_at(&self, record: u32, field: u32, at: i64) -> u32 {
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
}

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
}
