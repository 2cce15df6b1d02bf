//! The log in a snapshot: the updates that count, record by record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record_log::RecordLog;
use crate::sla::agreement::value::FieldValue;
use crate::{Error, Result, Timestamp};

/// A log as it is saved.
#[derive(Serialize, Deserialize)]
pub(in crate::sla::agreement) struct Saved {
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

impl RecordLog {
    /// The updates that count, for a snapshot: record by record, in order.
    pub(in crate::sla::agreement) fn saved(&self) -> Saved {
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
    pub(in crate::sla::agreement) fn restored(saved: Saved) -> Result<RecordLog> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sla::RecordUpdate;

    #[test]
    fn what_was_saved_comes_back() {
        let update = |second: i64, state: &str| {
            RecordUpdate::new("r", Timestamp::from_secs(second)).set("state", state)
        };
        let mut log = RecordLog::new();
        log.extend(vec![update(1, "a"), update(2, "2026-06-15T10:00:00Z")]).unwrap();
        let again = RecordLog::restored(log.saved()).unwrap();
        let state = again.value("r", "state", Timestamp::from_secs(9)).unwrap();
        assert_eq!(state.to_string(), "\"2026-06-15T10:00:00Z\"");
        assert_eq!(again.latest(), log.latest());
    }
}
