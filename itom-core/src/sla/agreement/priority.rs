//! Which priority has work of this impact and urgency? The ITIL matrix, as data.
//!
//! A [`PriorityMatrix`] names a priority for every impact and urgency; a missing cell is an error,
//! not a guess. A [`PriorityRule`] in an agreement's definition keeps a record's priority field in
//! step with the two others, so that targets may be chosen by it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::condition::check_name;
use super::value::FieldValue;
use crate::{Error, Result};

const MOST_CELLS: usize = 10_000;

/// Priority by impact and urgency: `matrix[impact][urgency]`.
///
/// Numbers are looked up by the text they are written as, so that impact `2` finds the row `"2"`.
///
/// ```
/// use itom_core::sla::PriorityMatrix;
///
/// let matrix = PriorityMatrix::itil();
/// assert_eq!(matrix.priority("high", "low")?, &3.into());
/// let error = matrix.priority("high", "extreme").unwrap_err();
/// assert_eq!(error.argument(), Some("urgency"));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct PriorityMatrix {
    rows: BTreeMap<String, BTreeMap<String, FieldValue>>,
}

impl PriorityMatrix {
    /// A matrix of these rows.
    ///
    /// # Errors
    /// When it is empty, or a row lacks a cell that another has: the message names it.
    ///
    /// ```
    /// # use itom_core::sla::PriorityMatrix;
    /// let matrix: PriorityMatrix = serde_json::from_str(
    ///     r#"{"major": {"now": "P1", "later": "P2"}, "minor": {"now": "P2", "later": "P3"}}"#,
    /// )?;
    /// matrix.check().unwrap();
    /// assert_eq!(matrix.priority("major", "later").unwrap(), &"P2".into());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn new(rows: BTreeMap<String, BTreeMap<String, FieldValue>>) -> Result<PriorityMatrix> {
        let matrix = PriorityMatrix { rows };
        matrix.check()?;
        Ok(matrix)
    }

    /// ITIL's three by three: high, medium and low give priorities 1 to 5.
    pub fn itil() -> PriorityMatrix {
        PriorityMatrix::three_by_three(["high", "medium", "low"])
    }

    /// ServiceNow's: impacts and urgencies 1 to 3 give priorities 1 to 5.
    ///
    /// ```
    /// # use itom_core::sla::PriorityMatrix;
    /// assert_eq!(PriorityMatrix::servicenow().priority("2", "3")?, &4.into());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn servicenow() -> PriorityMatrix {
        PriorityMatrix::three_by_three(["1", "2", "3"])
    }

    /// Priority grows by one with every step down in impact or urgency.
    fn three_by_three(levels: [&str; 3]) -> PriorityMatrix {
        let cell = |row: i64, column: i64| FieldValue::Integer(row + column + 1);
        let row = |row: i64| {
            (0i64..)
                .zip(levels)
                .map(|(column, name)| (name.to_owned(), cell(row, column)))
                .collect()
        };
        let rows = (0i64..).zip(levels).map(|(index, name)| (name.to_owned(), row(index)));
        PriorityMatrix { rows: rows.collect() }
    }

    /// The priority of an impact and an urgency.
    ///
    /// # Errors
    /// There is no such row or column.
    pub fn priority(&self, impact: &str, urgency: &str) -> Result<&FieldValue> {
        let unknown = |argument: &str, value: &str| {
            Error::not_found(argument, argument, format!("{value:?} in the priority matrix"))
        };
        let row = self.rows.get(impact).ok_or_else(|| unknown("impact", impact))?;
        row.get(urgency).ok_or_else(|| unknown("urgency", urgency))
    }

    /// The cells: impact, urgency, priority.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&str, &str, &FieldValue)> {
        self.rows.iter().flat_map(|(impact, row)| {
            row.iter().map(move |(urgency, cell)| (impact.as_str(), urgency.as_str(), cell))
        })
    }

    /// Refuses a matrix with a hole.
    ///
    /// # Errors
    /// As [`PriorityMatrix::new`].
    pub fn check(&self) -> Result<()> {
        let columns: BTreeSet<&String> = self.rows.values().flat_map(BTreeMap::keys).collect();
        let cells = columns.len().saturating_mul(self.rows.len());
        if cells == 0 || cells > MOST_CELLS {
            return Err(Error::invalid("matrix", format!("{cells} cells"), "1 to 10000 cells"));
        }
        for (impact, row) in &self.rows {
            if let Some(urgency) = columns.iter().find(|urgency| !row.contains_key(**urgency)) {
                let value = format!("none for impact {impact:?} and urgency {urgency:?}");
                return Err(Error::invalid("matrix", value, "a priority in every cell"));
            }
        }
        Ok(())
    }
}

/// A record's priority follows from its impact and urgency whenever one of them is set. Where the
/// matrix has no such cell the priority is null.
///
/// ```
/// use itom_core::sla::PriorityRule;
///
/// let rule: PriorityRule = serde_json::from_str(
///     r#"{"matrix": {"1": {"1": 1, "2": 2}, "2": {"1": 2, "2": 3}}}"#,
/// )?;
/// assert_eq!((rule.impact.as_str(), rule.field.as_str()), ("impact", "priority"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    /// The matrix.
    pub matrix: PriorityMatrix,
    /// The field with the impact.
    #[serde(default = "impact")]
    pub impact: String,
    /// The field with the urgency.
    #[serde(default = "urgency")]
    pub urgency: String,
    /// The field that is set.
    #[serde(default = "priority")]
    pub field: String,
}

fn impact() -> String {
    "impact".to_owned()
}

fn urgency() -> String {
    "urgency".to_owned()
}

fn priority() -> String {
    "priority".to_owned()
}

impl PriorityRule {
    pub(super) fn check(&self) -> Result<()> {
        for (argument, field) in
            [("impact", &self.impact), ("urgency", &self.urgency), ("field", &self.field)]
        {
            check_name(field, argument)?;
        }
        if self.field == self.impact || self.field == self.urgency {
            return Err(Error::invalid("field", format!("{:?}", self.field), "a field of its own"));
        }
        self.matrix.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_symmetric_and_whole() {
        let matrix = PriorityMatrix::itil();
        matrix.check().unwrap();
        let levels = ["high", "medium", "low"];
        for (row, impact) in (0..).zip(levels) {
            for (column, urgency) in (0..).zip(levels) {
                let expected = FieldValue::Integer(row + column + 1);
                assert_eq!(matrix.priority(impact, urgency).unwrap(), &expected);
            }
        }
    }

    #[test]
    fn a_hole_is_named() {
        let matrix: PriorityMatrix =
            serde_json::from_str(r#"{"1": {"1": 1, "2": 2}, "2": {"1": 2}}"#).unwrap();
        let error = matrix.check().unwrap_err().to_string();
        assert!(error.contains(r#"none for impact "2" and urgency "2""#), "{error}");
        assert!(PriorityMatrix::new(BTreeMap::new()).is_err());
        assert!(matrix.priority("3", "1").is_err());
    }
}
