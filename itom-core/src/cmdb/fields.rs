//! Values on their way into the columns.
//!
//! A batch says much of few attributes. What a class wants of each is looked up once for all its
//! values ([`Field`]), and text that is kept as it is goes from where it lies ([`Cell`]) into the
//! dictionary of its attribute without a copy on the way.

use std::sync::Arc;

use super::Value;
use super::history::History;
use super::model::{Attribute, ClassModel};
use crate::table::Column;
use crate::{Result, Timestamp};

/// A value where it lies: in a table, or in a record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Int(i64),
    Float(f64),
    Bool(bool),
    Time(Timestamp),
    Other(&'a Value),
}

impl<'a> Cell<'a> {
    /// The cell of a table; none where it is missing, also where it is not a number.
    pub(super) fn of(column: &'a Column, row: usize) -> Option<Self> {
        match column {
            Column::Text(cells) => cells.get(row).map(Cell::Text),
            Column::Int(cells) => cells[row].map(Cell::Int),
            Column::Float(cells) => cells[row].filter(|number| !number.is_nan()).map(Cell::Float),
            Column::Bool(cells) => cells[row].map(Cell::Bool),
            Column::Time(cells) => cells[row].map(Cell::Time),
        }
    }

    pub(super) fn to_value(self) -> Value {
        match self {
            Cell::Text(text) => Value::from(text),
            Cell::Int(number) => Value::Int(number),
            Cell::Float(number) => Value::Float(number),
            Cell::Bool(truth) => Value::Bool(truth),
            Cell::Time(instant) => Value::Time(instant),
            Cell::Other(value) => value.clone(),
        }
    }
}

impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Text(text) => Cell::Text(text),
            Value::Int(number) => Cell::Int(*number),
            Value::Float(number) => Cell::Float(*number),
            Value::Bool(truth) => Cell::Bool(*truth),
            Value::Time(instant) => Cell::Time(*instant),
            other => Cell::Other(other),
        }
    }
}

/// A class, ready to take the records of a batch.
#[derive(Debug)]
pub(super) struct Fields<'m> {
    model: &'m ClassModel,
    /// The name of the class, whatever alias it was called by.
    pub(super) class: &'m str,
    /// Whether some attribute has a default.
    pub(super) has_defaults: bool,
    /// By the place of the attribute in the batch.
    fields: Vec<Option<Field>>,
}

/// An attribute of a class, ready to take values.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) word: u32,
    name: Box<str>,
    /// None where anything goes.
    attribute: Option<Arc<Attribute>>,
    keeps_text: bool,
}

impl<'m> Fields<'m> {
    /// Items may be of the class.
    pub(super) fn new(model: &'m ClassModel, class: &'m str) -> Result<Self> {
        model.check_item_class(class)?;
        let class = model.canonical(class);
        let has_defaults = model.resolved(class).is_some_and(|class| class.has_defaults);
        Ok(Fields { model, class, has_defaults, fields: Vec::new() })
    }

    /// The attribute that stands at a place of the batch.
    pub(super) fn field(
        &mut self,
        history: &mut History,
        place: usize,
        name: &str,
    ) -> Result<&Field> {
        if place >= self.fields.len() {
            self.fields.resize(place + 1, None);
        }
        let slot = &mut self.fields[place];
        if slot.is_none() {
            let attribute = self.model.attribute(self.class, name)?.cloned();
            let keeps_text = attribute.as_ref().is_none_or(|attribute| attribute.keeps_text());
            let word = history.words.intern(name)?;
            *slot = Some(Field { word, name: name.into(), attribute, keeps_text });
        }
        Ok(slot.as_ref().expect("it was filled"))
    }
}

impl Field {
    /// The code of a value of the attribute, given to it if it is new.
    pub(super) fn code(
        &self,
        history: &mut History,
        cell: Cell<'_>,
        scratch: &mut Vec<u8>,
    ) -> Result<u32> {
        if let (Cell::Text(text), true) = (cell, self.keeps_text) {
            return history.intern_text(self.word, text, scratch);
        }
        let value = cell.to_value();
        value.check(&self.name)?;
        let value = match &self.attribute {
            Some(attribute) => attribute.conform(value)?,
            None => value,
        };
        history.intern_value(self.word, &value, scratch)
    }
}
