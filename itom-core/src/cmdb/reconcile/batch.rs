//! What a source hands over: records, or a table of one class.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::{ItemRecord, RelationRecord, Value};
use crate::table::{Column, Table, TextColumn};
use crate::{Error, Result};

/// Records in the order in which they are answered.
#[derive(Clone, Debug)]
pub(super) enum Batch<'a> {
    Records(&'a [ItemRecord], &'a [RelationRecord]),
    Table(Arc<TableBatch<'a>>),
}

/// A table whose rows are records of one class.
#[derive(Debug)]
pub(super) struct TableBatch<'a> {
    class: Option<&'a str>,
    classes: Option<&'a TextColumn>,
    ids: Option<&'a TextColumn>,
    attributes: Vec<(&'a str, &'a Column)>,
    rows: usize,
}

impl<'a> TableBatch<'a> {
    /// `class` where it is not a column.
    pub(super) fn new(class: Option<&'a str>, table: &'a Table) -> Result<Self> {
        let text = |name: &str| -> Result<Option<&'a TextColumn>> {
            let blank = table.column(name).is_none() || table.is_blank(name);
            if blank { Ok(None) } else { table.text(name).map(Some) }
        };
        let classes = text("class").map_err(|error| error.within("table"))?;
        if class.is_some() == classes.is_some() {
            let value = if class.is_some() { "given twice" } else { "none" };
            return Err(Error::invalid("class", value, "given, or a column of the table"));
        }
        let attributes = table.columns().filter(|(name, _)| !matches!(*name, "id" | "class"));
        let ids = text("id").map_err(|error| error.within("table"))?;
        Ok(TableBatch { class, classes, ids, attributes: attributes.collect(), rows: table.rows() })
    }
}

impl<'a> Batch<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Batch::Records(records, _) => records.len(),
            Batch::Table(table) => table.rows,
        }
    }

    pub(super) fn relations(&self) -> &'a [RelationRecord] {
        match self {
            Batch::Records(_, relations) => relations,
            Batch::Table(_) => &[],
        }
    }

    /// The class; empty where the cell is missing.
    pub(super) fn class(&self, n: usize) -> &'a str {
        match self {
            Batch::Records(records, _) => &records[n].class,
            Batch::Table(table) => {
                let cell = table.classes.and_then(|classes| classes.get(n));
                table.class.or(cell).unwrap_or("")
            }
        }
    }

    pub(super) fn id(&self, n: usize) -> Option<&'a str> {
        match self {
            Batch::Records(records, _) => records[n].id.as_deref(),
            Batch::Table(table) => table.ids.and_then(|ids| ids.get(n)),
        }
    }

    /// The attributes in the order of the record or the table; missing cells are left out.
    pub(super) fn attributes(&self, n: usize, mut take: impl FnMut(&'a str, Cow<'a, Value>)) {
        match self {
            Batch::Records(records, _) => {
                for (name, value) in &records[n].attributes {
                    take(name, Cow::Borrowed(value));
                }
            }
            Batch::Table(table) => {
                for (name, column) in &table.attributes {
                    if let Some(value) = cell(column, n) {
                        take(name, Cow::Owned(value));
                    }
                }
            }
        }
    }

    pub(super) fn attribute(&self, n: usize, name: &str) -> Option<Value> {
        match self {
            Batch::Records(records, _) => records[n].attributes.get(name).cloned(),
            Batch::Table(table) => {
                let column = table.attributes.iter().find(|(own, _)| *own == name);
                column.and_then(|(_, column)| cell(column, n))
            }
        }
    }
}

fn cell(column: &Column, row: usize) -> Option<Value> {
    match column {
        Column::Text(cells) => cells.get(row).map(Value::from),
        Column::Int(cells) => cells[row].map(Value::Int),
        Column::Float(cells) => cells[row].filter(|number| !number.is_nan()).map(Value::Float),
        Column::Bool(cells) => cells[row].map(Value::Bool),
        Column::Time(cells) => cells[row].map(Value::Time),
    }
}
