//! Tables: named columns of equal length, the shape in which bulk data crosses into the library.
//!
//! A [`Table`] is what a caller hands to `load` or `ingest`: Rust builds it from vectors, Python
//! and C from anything that speaks the Arrow C Data Interface. Every cell may be missing.

use crate::{Error, Result, Timestamp};

/// A column of text: one buffer and the end of each cell, so that a million cells are two
/// allocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextColumn {
    text: String,
    ends: Vec<usize>,
    missing: Vec<bool>,
}

impl TextColumn {
    /// Appends a cell.
    pub fn push(&mut self, cell: Option<&str>) {
        self.text.push_str(cell.unwrap_or(""));
        self.ends.push(self.text.len());
        self.missing.push(cell.is_none());
    }

    /// The cell in `row`; `None` where it is missing or there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        (!self.missing[row]).then(|| &self.text[start..end])
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl<'a> FromIterator<Option<&'a str>> for TextColumn {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(cells: I) -> Self {
        let mut column = TextColumn::default();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<I: IntoIterator<Item = &'a str>>(cells: I) -> Self {
        cells.into_iter().map(Some).collect()
    }
}

/// The cells of one column, by type.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Column {
    /// Text.
    Text(TextColumn),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Floats; NaN is a value here, `None` is missing.
    Float(Vec<Option<f64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Instants.
    Time(Vec<Option<Timestamp>>),
}

impl Column {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Column::Text(cells) => cells.len(),
            Column::Int(cells) => cells.len(),
            Column::Float(cells) => cells.len(),
            Column::Bool(cells) => cells.len(),
            Column::Time(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the cells are, for messages: `text`, `int`, `float`, `bool`, `time`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Column::Text(_) => "text",
            Column::Int(_) => "int",
            Column::Float(_) => "float",
            Column::Bool(_) => "bool",
            Column::Time(_) => "time",
        }
    }
}

/// Named columns of equal length.
///
/// ```
/// use itom_core::table::{Column, Table};
///
/// let items = Table::new([
///     ("id", Column::Text(["web-1", "db-1"].into_iter().collect())),
///     ("class", Column::Text(["service", "database"].into_iter().collect())),
///     ("cores", Column::Int(vec![Some(4), None])),
/// ])?;
/// assert_eq!(items.rows(), 2);
/// assert_eq!(items.text("id")?.get(1), Some("db-1"));
/// assert!(items.text("owner").is_err());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
    rows: usize,
    /// Columns that were given without a cell that is there, so that not even their type is known.
    blank: Vec<String>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// Columns of different lengths, or two of one name.
    pub fn new<Name: Into<String>>(
        columns: impl IntoIterator<Item = (Name, Column)>,
    ) -> Result<Self> {
        let mut table = Table::default();
        for (name, column) in columns {
            let name = name.into();
            if table.columns.is_empty() {
                table.rows = column.len();
            }
            if column.len() != table.rows {
                let expected = format!("{} cells long like the other columns", table.rows);
                return Err(Error::invalid(&format!("column {name}"), column.len(), expected));
            }
            if table.column(&name).is_some() {
                return Err(Error::invalid("column", format!("a second {name:?}"), "named once"));
            }
            table.columns.push((name, column));
        }
        Ok(table)
    }

    /// The same table with the names of columns that say nothing, not even of which type they are.
    /// They are no columns, but who looks for one can tell it from a misspelt one.
    ///
    /// ```
    /// # use itom_core::table::{Column, Table};
    /// let table = Table::new([("id", Column::Int(vec![Some(1)]))])?.with_blank(["owner"]);
    /// assert!(table.column("owner").is_none());
    /// assert!(table.is_blank("owner") && !table.is_blank("ower"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_blank<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.blank.extend(names.into_iter().map(Into::into));
        self
    }

    /// Whether a column of that name was given that says nothing.
    pub fn is_blank(&self, name: &str) -> bool {
        self.blank.iter().any(|own| own == name)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns with their names, in the order given.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// The text column of that name.
    ///
    /// # Errors
    /// There is none, or its cells are not text.
    pub fn text(&self, name: &str) -> Result<&TextColumn> {
        match self.required(name)? {
            Column::Text(cells) => Ok(cells),
            other => Err(wrong_type(name, other, "text")),
        }
    }

    /// The column of instants of that name.
    ///
    /// # Errors
    /// There is none, or its cells are not instants.
    pub fn time(&self, name: &str) -> Result<&[Option<Timestamp>]> {
        match self.required(name)? {
            Column::Time(cells) => Ok(cells),
            other => Err(wrong_type(name, other, "time")),
        }
    }

    /// The column of floats of that name; whole numbers are taken as floats.
    ///
    /// # Errors
    /// There is none, or its cells are not numbers.
    pub fn float(&self, name: &str) -> Result<Vec<Option<f64>>> {
        match self.required(name)? {
            Column::Float(cells) => Ok(cells.clone()),
            Column::Int(cells) => Ok(cells.iter().map(|cell| cell.map(|n| n as f64)).collect()),
            other => Err(wrong_type(name, other, "float")),
        }
    }

    /// The column of whole numbers of that name.
    ///
    /// # Errors
    /// There is none, or its cells are not whole numbers.
    pub fn int(&self, name: &str) -> Result<&[Option<i64>]> {
        match self.required(name)? {
            Column::Int(cells) => Ok(cells),
            other => Err(wrong_type(name, other, "int")),
        }
    }

    fn required(&self, name: &str) -> Result<&Column> {
        self.column(name).ok_or_else(|| {
            let names: Vec<&str> = self.columns().map(|(name, _)| name).collect();
            let expected = format!("a table with the column {name:?}");
            Error::invalid("table", format!("columns {names:?}"), expected)
        })
    }
}

fn wrong_type(name: &str, column: &Column, expected: &str) -> Error {
    Error::invalid(&format!("column {name}"), column.type_name(), expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_text_keep_their_borders() {
        let column: TextColumn = [Some("a"), None, Some(""), Some("bcd")].into_iter().collect();
        let cells: Vec<_> = column.iter().collect();
        assert_eq!(cells, [Some("a"), None, Some(""), Some("bcd")]);
        assert_eq!(column.get(4), None);
    }

    #[test]
    fn ragged_tables_and_double_names_are_refused() {
        let column = |n| Column::Int(vec![Some(0); n]);
        assert!(Table::new([("a", column(1)), ("b", column(2))]).is_err());
        assert!(Table::new([("a", column(1)), ("a", column(1))]).is_err());
    }
}
