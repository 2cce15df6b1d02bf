//! What happened: one record for an alarm, a recovery, a log line of note, a change, a heartbeat.
//!
//! The main type is [`Event`]. Its words are those of CloudEvents 1.0 (`id`, `source`, `time`) and
//! of the OpenTelemetry log data model (severity numbers 1 to 24), so that both map one to one. An
//! event names the item it is about and the condition (`name`); item, name and labels together
//! are what the event is *about*, and their hash is its [`fingerprint`](Event::fingerprint).
//!
//! An event does not decide anything: see the [`Correlator`](super::Correlator).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::table::{Column, Table, TextColumn};
use crate::{Error, Result, Timestamp, snapshot::stable_hash};

const LONGEST_NAME: usize = 4096;
const LONGEST_TEXT: usize = 1 << 20;
const MOST_LABELS: usize = 1024;
const LABEL_COLUMN: &str = "label.";
const OPTIONAL: [&str; 6] = ["source", "kind", "severity", "text", "value", "fingerprint"];

/// What kind of thing an event says.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something is wrong: fires an alert, or repeats one.
    #[default]
    Alert,
    /// What was wrong is right again: resolves the alert of the same fingerprint.
    Recovery,
    /// A measurement.
    Metric,
    /// A log line.
    Log,
    /// Somebody or something changed the item.
    Change,
    /// A sign of life.
    Heartbeat,
    /// A finding of a security tool: fires an alert, as [`EventKind::Alert`] does.
    Security,
}

/// Something that happened to an item at a time.
///
/// ```
/// use itom_core::event::{Event, EventKind};
///
/// let event: Event = serde_json::from_str(
///     r#"{"id": "e1", "time": "2026-06-15T10:00:00Z", "item": "db-1", "name": "latency high",
///         "severity": 17, "labels": {"site": "fra"}}"#,
/// )?;
/// assert_eq!(event.kind, EventKind::Alert);
/// assert_eq!(event.fingerprint().len(), 16);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Names the event within its source; the same time, source and id is the same event.
    pub id: String,
    /// When it happened, by the source's clock.
    pub time: Timestamp,
    /// Who says so: a monitoring system, a detector.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// What kind of thing it says.
    #[serde(default)]
    pub kind: EventKind,
    /// OpenTelemetry severity number, 1 (trace) to 24 (fatal); 9 is info, 13 warning, 17 error.
    #[serde(default = "warning")]
    pub severity: u8,
    /// The configuration item it is about, by its id.
    pub item: String,
    /// The condition, such as `latency high`.
    pub name: String,
    /// What else tells it apart from other events of that item and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// For people; does not tell events apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The measured value behind it, finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What the source calls the condition; where absent, the hash of item, name and labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

fn warning() -> u8 {
    13
}

impl Event {
    /// An alert event with nothing but the required fields, of severity 13 (warning).
    ///
    /// ```
    /// use itom_core::{Timestamp, event::Event};
    ///
    /// let event = Event::new("e1", Timestamp::from_secs(0), "db-1", "latency high");
    /// assert_eq!(event.severity, 13);
    /// ```
    pub fn new(id: &str, time: Timestamp, item: &str, name: &str) -> Self {
        Event {
            id: id.to_owned(),
            time,
            source: String::new(),
            kind: EventKind::Alert,
            severity: warning(),
            item: item.to_owned(),
            name: name.to_owned(),
            labels: BTreeMap::new(),
            text: String::new(),
            value: None,
            fingerprint: None,
        }
    }

    /// What the event is about, as a short text: the source's own `fingerprint` where it gives one,
    /// otherwise 16 hexadecimal digits, the stable hash of item, name and labels. Text, value,
    /// severity and source have no part in it.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::Event};
    ///
    /// let first = Event::new("e1", Timestamp::from_secs(0), "db-1", "latency high");
    /// let later = Event::new("e2", Timestamp::from_secs(9), "db-1", "latency high");
    /// assert_eq!(first.fingerprint(), later.fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        if let Some(own) = &self.fingerprint {
            return own.clone();
        }
        // Every part is preceded by its length: ("ab", "c") and ("a", "bc") differ.
        let mut bytes = Vec::with_capacity(self.item.len() + self.name.len() + 16);
        let mut part = |text: &str| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        part(&self.item);
        part(&self.name);
        for (key, value) in &self.labels {
            part(key);
            part(value);
        }
        format!("{:016x}", stable_hash(&bytes))
    }

    /// Checks what the types don't: ids are there, severity is in range, sizes are sane.
    ///
    /// # Errors
    /// Empty `id`, `item` or `name`; severity outside 1 to 24; a value that is not finite; names
    /// over 4,096 bytes, text over 1 MiB, more than 1,024 labels.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::Event};
    ///
    /// let error = Event::new("", Timestamp::from_secs(0), "db-1", "down").validate().unwrap_err();
    /// assert!(error.to_string().starts_with("id must be"));
    /// ```
    pub fn validate(&self) -> Result<()> {
        named("id", &self.id)?;
        named("item", &self.item)?;
        named("name", &self.name)?;
        if let Some(own) = &self.fingerprint {
            named("fingerprint", own)?;
        }
        if self.source.len() > LONGEST_NAME {
            return Err(too_long("source", self.source.len(), LONGEST_NAME));
        }
        if !(1..=24).contains(&self.severity) {
            let expected = "an OpenTelemetry severity number from 1 to 24";
            return Err(Error::invalid("severity", self.severity, expected));
        }
        if let Some(value) = self.value.filter(|value| !value.is_finite()) {
            return Err(Error::invalid("value", value, "a finite number or absent"));
        }
        let of_labels: usize = self.labels.iter().map(|(key, value)| key.len() + value.len()).sum();
        if self.labels.len() > MOST_LABELS {
            let expected = format!("at most {MOST_LABELS} labels");
            return Err(Error::invalid("labels", self.labels.len(), expected));
        }
        if self.text.len().saturating_add(of_labels) > LONGEST_TEXT {
            return Err(too_long("text and labels", self.text.len() + of_labels, LONGEST_TEXT));
        }
        Ok(())
    }

    /// Reads a table with a row per event. The columns `id`, `time`, `item` and `name` are
    /// required, those named as the other fields optional; a text column `label.x` holds label `x`.
    ///
    /// # Errors
    /// A required cell is missing, a column is of another type or no field, an event is not valid.
    ///
    /// ```
    /// use itom_core::{Timestamp, event::Event, table::{Column, Table}};
    ///
    /// let text = |cell: &str| Column::Text([cell].into_iter().collect());
    /// let table = Table::new([
    ///     ("id", text("e1")),
    ///     ("time", Column::Time(vec![Some(Timestamp::from_secs(7))])),
    ///     ("item", text("db-1")),
    ///     ("name", text("latency high")),
    ///     ("label.site", text("fra")),
    /// ])?;
    /// assert_eq!(Event::from_table(&table)?[0].labels["site"], "fra");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn from_table(table: &Table) -> Result<Vec<Event>> {
        let (id, item, name) = (table.text("id")?, table.text("item")?, table.text("name")?);
        let time = table.time("time")?;
        let missing = |column: &str, row: usize| {
            Error::invalid(column, "a missing cell", "present in every row")
                .within(format_args!("row {row}"))
        };
        let mut events = Vec::with_capacity(table.rows());
        for row in 0..table.rows() {
            events.push(Event::new(
                id.get(row).ok_or_else(|| missing("id", row))?,
                time.get(row).copied().flatten().ok_or_else(|| missing("time", row))?,
                item.get(row).ok_or_else(|| missing("item", row))?,
                name.get(row).ok_or_else(|| missing("name", row))?,
            ));
        }
        let required = ["id", "time", "item", "name"];
        for (column, _) in table.columns().filter(|(column, _)| !required.contains(column)) {
            fill(&mut events, table, column)?;
        }
        for (row, event) in events.iter().enumerate() {
            event.validate().map_err(|error| error.within(format_args!("row {row}")))?;
        }
        Ok(events)
    }
}

/// Puts one optional column into the events.
fn fill(events: &mut [Event], table: &Table, column: &str) -> Result<()> {
    let label = column.strip_prefix(LABEL_COLUMN);
    if label.is_none() && !OPTIONAL.contains(&column) {
        let expected = "a field of an event, or label.<name>";
        return Err(Error::invalid("column", format!("{column:?}"), expected));
    }
    // A column without a single value has no type to speak of.
    let empty = |cells: &TextColumn| cells.iter().all(|cell| cell.is_none());
    if matches!(table.column(column), Some(Column::Text(cells)) if empty(cells)) {
        return Ok(());
    }
    match column {
        "severity" => {
            // Whole numbers come as floats from tools whose integers cannot be missing.
            for (event, cell) in events.iter_mut().zip(table.float(column)?) {
                let Some(number) = cell.filter(|number| !number.is_nan()) else { continue };
                if !(1.0..=24.0).contains(&number) || number.fract() != 0.0 {
                    return Err(Error::invalid("severity", number, "a whole number from 1 to 24"));
                }
                event.severity = number as u8;
            }
        }
        "value" => {
            for (event, cell) in events.iter_mut().zip(table.float(column)?) {
                event.value = cell.filter(|value| !value.is_nan());
            }
        }
        _ => {
            for (event, cell) in events.iter_mut().zip(table.text(column)?.iter()) {
                let Some(cell) = cell else { continue };
                match column {
                    "source" => event.source = cell.to_owned(),
                    "text" => event.text = cell.to_owned(),
                    "fingerprint" => event.fingerprint = Some(cell.to_owned()),
                    "kind" => event.kind = kind_of(cell)?,
                    _ => {
                        let label = label.unwrap_or(column).to_owned();
                        event.labels.insert(label, cell.to_owned());
                    }
                }
            }
        }
    }
    Ok(())
}

fn kind_of(text: &str) -> Result<EventKind> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        let expected = "alert, recovery, metric, log, change, heartbeat or security";
        Error::invalid("kind", format!("{text:?}"), expected)
    })
}

fn named(argument: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid(argument, "\"\"", "text that is not empty"));
    }
    if text.len() > LONGEST_NAME {
        return Err(too_long(argument, text.len(), LONGEST_NAME));
    }
    Ok(())
}

fn too_long(argument: &str, length: usize, most: usize) -> Error {
    Error::invalid(argument, format!("{length} bytes"), format!("at most {most} bytes long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::new("e", Timestamp::from_secs(0), "db-1", "down")
    }

    #[test]
    fn a_fingerprint_is_stable_and_parts_do_not_run_together() {
        assert_eq!(event().fingerprint(), "5f8262b1f3dee4ff");
        let other = Event::new("e", Timestamp::from_secs(0), "db-1d", "own");
        assert_ne!(event().fingerprint(), other.fingerprint());
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let mut many = event();
        many.labels = (0..100_000).map(|n| (n.to_string(), String::new())).collect();
        assert!(many.validate().unwrap_err().to_string().starts_with("labels must be at most"));
        let loud = Event { severity: 25, ..event() };
        assert!(loud.validate().unwrap_err().to_string().contains("got 25"));
        let odd = Event { value: Some(f64::NAN), ..event() };
        assert!(odd.validate().is_err());
        let long = Event { item: "x".repeat(5000), ..event() };
        assert!(long.validate().unwrap_err().to_string().contains("5000 bytes"));
    }

    #[test]
    fn json_refuses_what_it_does_not_know() {
        let text = r#"{"id":"e","time":"2026-01-01T00:00:00Z","item":"a","name":"n","sevrity":3}"#;
        assert!(serde_json::from_str::<Event>(text).unwrap_err().to_string().contains("sevrity"));
    }

    #[test]
    fn a_table_may_have_empty_columns_and_floats_for_whole_numbers() {
        let text = |cells: &[Option<&'static str>]| Column::Text(cells.iter().copied().collect());
        let table = |severity: Column, name: &str| {
            let time = Column::Time(vec![Some(Timestamp::from_secs(0)); 2]);
            Table::new([
                ("id", text(&[Some("1"), Some("2")])),
                ("time", time),
                ("item", text(&[Some("a"), Some("b")])),
                ("name", text(&[Some("down"), Some("down")])),
                ("kind", text(&[None, Some("recovery")])),
                ("severity", severity),
                (name, text(&[None, None])),
            ])
            .unwrap()
        };
        let float = |number| Column::Float(vec![Some(number), None]);
        let events = Event::from_table(&table(float(17.0), "value")).unwrap();
        assert_eq!((events[0].severity, events[1].severity), (17, 13));
        assert_eq!(events[1].kind, EventKind::Recovery);
        assert!(Event::from_table(&table(text(&[None, None]), "label.x")).is_ok());
        for (severity, name) in [(float(17.5), "text"), (float(25.0), "text"), (float(1.0), "odd")]
        {
            assert!(Event::from_table(&table(severity, name)).is_err());
        }
    }
}
