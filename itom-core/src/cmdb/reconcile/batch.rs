//! What a source hands over: records, or a table of one class.

use std::sync::Arc;

use super::super::fields::Cell;
use super::super::{ItemRecord, RelationRecord, Value};
use super::index::encode;
use crate::snapshot::stable_hash;
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
    /// A digest of the names of the attributes.
    names: u64,
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
        let attributes: Vec<(&str, &Column)> = attributes.collect();
        let mut names = Vec::new();
        attributes.iter().for_each(|(name, _)| write_text(&mut names, name));
        let names = stable_hash(&names);
        let ids = text("id").map_err(|error| error.within("table"))?;
        Ok(TableBatch { class, classes, ids, attributes, names, rows: table.rows() })
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
    pub(super) fn attributes(&self, n: usize, mut take: impl FnMut(&'a str, Cell<'a>)) {
        match self {
            Batch::Records(records, _) => {
                records[n].attributes.iter().for_each(|(name, value)| take(name, value.into()));
            }
            Batch::Table(table) => {
                for (name, column) in &table.attributes {
                    Cell::of(column, n).into_iter().for_each(|cell| take(name, cell));
                }
            }
        }
    }

    /// The attributes of a table.
    pub(super) fn columns(&self) -> &[(&'a str, &'a Column)] {
        match self {
            Batch::Records(..) => &[],
            Batch::Table(table) => &table.attributes,
        }
    }

    pub(super) fn attribute(&self, n: usize, name: &str) -> Option<Value> {
        match self {
            Batch::Records(records, _) => records[n].attributes.get(name).cloned(),
            Batch::Table(table) => {
                let column = table.attributes.iter().find(|(own, _)| *own == name);
                column.and_then(|(_, column)| Cell::of(column, n)).map(Cell::to_value)
            }
        }
    }

    /// A digest of all that a record says, by which the source is found to say the same again.
    pub(super) fn digest(&self, n: usize, bytes: &mut Vec<u8>) -> u64 {
        bytes.clear();
        write_text(bytes, self.class(n));
        match self {
            Batch::Records(records, _) => {
                for (name, value) in &records[n].attributes {
                    write_text(bytes, name);
                    write_cell(bytes, value.into());
                }
            }
            Batch::Table(table) => {
                bytes.extend_from_slice(&table.names.to_le_bytes());
                for (_, column) in &table.attributes {
                    match Cell::of(column, n) {
                        Some(cell) => write_cell(bytes, cell),
                        None => bytes.push(u8::MAX),
                    }
                }
            }
        }
        stable_hash(bytes)
    }
}

/// Writes a cell so that different ones give different bytes.
fn write_cell(bytes: &mut Vec<u8>, cell: Cell<'_>) {
    let (tag, number) = match cell {
        Cell::Text(text) => {
            bytes.push(0);
            return write_text(bytes, text);
        }
        Cell::Int(number) => (1, number),
        Cell::Float(number) => (2, number.to_bits() as i64),
        Cell::Bool(truth) => (3, i64::from(truth)),
        Cell::Time(instant) => (4, instant.as_nanos()),
        Cell::Other(value) => {
            bytes.push(5);
            return encode(value, bytes);
        }
    };
    bytes.push(tag);
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
