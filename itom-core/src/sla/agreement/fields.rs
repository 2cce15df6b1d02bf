//! The fields of a log by name, and their values as columns of a table.
//!
//! A name that no record ever had is a misspelt one far more often than one that says nothing, so
//! who asks for it is told the names there are. Only a log in which nothing was ever set knows no
//! names and refuses none.

use super::log::RecordLog;
use super::value::FieldValue;
use crate::table::{Column, TextColumn};
use crate::{Error, Result};

/// So many names an error lists.
const MOST_LISTED: usize = 30;

impl RecordLog {
    /// The names of all fields that an update ever set, in the order of their arrival.
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate};
    /// let mut log = RecordLog::new();
    /// let at = "2026-06-15T10:00:00Z".parse()?;
    /// log.extend(vec![RecordUpdate::new("INC1", at).set("state", "New").set("team", "net")])?;
    /// assert_eq!(log.field_names(), ["state", "team"]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn field_names(&self) -> &[String] {
        self.fields().all()
    }

    /// The number of a field that was asked for as `argument`; none in a log without fields.
    pub(super) fn known_field(&self, argument: &str, name: &str) -> Result<Option<u32>> {
        match self.fields().find(name) {
            None if self.fields().len() > 0 => {
                let expected = format!("a field of the records: {}", listed(self.field_names()));
                Err(Error::invalid(argument, format!("{name:?}"), expected))
            }
            found => Ok(found),
        }
    }
}

/// Names for an error.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_LISTED).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Values as the column that holds them all: whole numbers, numbers, truth values or instants where
/// all of them are, else text; null is missing.
pub(super) fn column_of(values: &[&FieldValue]) -> Column {
    fn all<T>(
        values: &[&FieldValue],
        read: impl Fn(&FieldValue) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        let cell = |value: &&FieldValue| match value {
            FieldValue::Null => Some(None),
            value => read(value).map(Some),
        };
        values.iter().map(cell).collect()
    }
    let whole = |value: &FieldValue| match value {
        FieldValue::Integer(number) => Some(*number),
        _ => None,
    };
    let number = |value: &FieldValue| match value {
        FieldValue::Integer(number) => Some(*number as f64),
        FieldValue::Number(number) => Some(*number),
        _ => None,
    };
    let truth = |value: &FieldValue| match value {
        FieldValue::Boolean(truth) => Some(*truth),
        _ => None,
    };
    let instant = |value: &FieldValue| match value {
        FieldValue::Instant(at) => Some(*at),
        _ => None,
    };
    if values.iter().all(|value| **value == FieldValue::Null) {
        return Column::Text(values.iter().map(|_| None::<&str>).collect());
    }
    let typed = all(values, whole).map(Column::Int);
    let typed = typed.or_else(|| all(values, number).map(Column::Float));
    let typed = typed.or_else(|| all(values, truth).map(Column::Bool));
    let typed = typed.or_else(|| all(values, instant).map(Column::Time));
    typed.unwrap_or_else(|| {
        let mut cells = TextColumn::default();
        values.iter().for_each(|value| cells.push(label(value).as_deref()));
        Column::Text(cells)
    })
}

/// A value as the name of a group; none for null.
pub(super) fn label(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Null => None,
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Instant(at) => Some(at.to_string()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_type_of_its_values() {
        let (null, one, half) = (FieldValue::Null, FieldValue::from(1), FieldValue::Number(0.5));
        let (text, truth) = (FieldValue::from("a"), FieldValue::from(true));
        let column = |values: &[&FieldValue]| column_of(values);
        assert_eq!(column(&[&one, &null]), Column::Int(vec![Some(1), None]));
        assert_eq!(column(&[&one, &half]), Column::Float(vec![Some(1.0), Some(0.5)]));
        assert_eq!(column(&[&null, &truth]), Column::Bool(vec![None, Some(true)]));
        let mixed = [Some("1"), Some("a"), None].into_iter().collect();
        assert_eq!(column(&[&one, &text, &null]), Column::Text(mixed));
        assert_eq!(column(&[&null]), Column::Text([None].into_iter().collect()));
        assert_eq!(column(&[]), Column::Text(TextColumn::default()));
    }
}
