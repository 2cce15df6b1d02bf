//! Tables into the log: many updates that set the same fields.

use super::record_log::RecordLog;
use crate::sla::agreement::condition::check_name;
use crate::sla::agreement::value::{FieldRef, FieldValue, NULL, check_text};
use crate::table::{Column, Table};
use crate::{Error, Result, Timestamp};

impl RecordLog {
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
                    check_text(cell).map_err(|error| error.within(name))?;
                }
            }
        }
        self.check_room(table.rows(), table.rows().saturating_mul(others.len()))?;
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
        self.log.check_room(1, cells.len())?;
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
