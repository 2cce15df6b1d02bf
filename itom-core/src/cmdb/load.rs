//! From tables to a transaction.

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::database::Stage;
use super::fields::{Cell, Fields};
use super::{MinUpType, terms};
use crate::table::{Column, Table, TextColumn};
use crate::{Error, Result};

/// Stages the rows of a table of items.
pub(super) fn items(stage: &mut Stage<'_>, table: &Table) -> Result<()> {
    let ids = required(table, "items", "id")?;
    let classes = required(table, "items", "class")?;
    let attributes: Vec<(&str, &Column)> =
        table.columns().filter(|(name, _)| !matches!(*name, "id" | "class")).collect();
    let mut seen = HashSet::with_capacity(table.rows());
    let mut of_class: HashMap<&str, Fields<'_>> = HashMap::new();
    for row in 0..table.rows() {
        let place = || format!("items, row {row}");
        let id = cell(ids, "id", row).map_err(|error| error.within(place()))?;
        let class = cell(classes, "class", row).map_err(|error| error.within(place()))?;
        let item = item(stage, &mut of_class, (id, class), &attributes, row);
        let item = item.map_err(|error| error.within(format!("{}, id {id:?}", place())))?;
        if !seen.insert(item) {
            let error = Error::invalid("id", format!("{id:?} a second time"), "unique in the load");
            return Err(error.within(place()));
        }
    }
    Ok(())
}

fn item<'f, 'm: 'f>(
    stage: &mut Stage<'m>,
    of_class: &mut HashMap<&'f str, Fields<'f>>,
    (id, class): (&str, &'f str),
    attributes: &[(&str, &Column)],
    row: usize,
) -> Result<u32> {
    if id.is_empty() {
        return Err(Error::invalid("id", "\"\"", "a text that is not empty"));
    }
    let fields = match of_class.entry(class) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(Fields::new(stage.model, class)?),
    };
    let mut values = Vec::with_capacity(attributes.len());
    for (place, (name, column)) in attributes.iter().enumerate() {
        let Some(cell) = Cell::of(column, row) else { continue };
        let field = fields.field(stage.history, place, name)?;
        values.push((field.word, field.code(stage.history, cell, &mut stage.scratch)?));
    }
    stage.put(id, fields, values)
}

/// Stages the rows of a table of relations.
pub(super) fn relations(stage: &mut Stage<'_>, table: &Table) -> Result<()> {
    const COLUMNS: [&str; 7] =
        ["source", "kind", "target", "group", "min_up", "min_up_type", "weight"];
    let [sources, kinds, targets] =
        ["source", "kind", "target"].map(|name| required(table, "relations", name));
    let (sources, kinds, targets) = (sources?, kinds?, targets?);
    if let Some((other, _)) = table.columns().find(|(name, _)| !COLUMNS.contains(name)) {
        let expected = format!("only the columns {}", COLUMNS.join(", "));
        return Err(Error::invalid("relations", format!("a column {other:?}"), expected));
    }
    let groups = texts(table, "group")?;
    let measures = texts(table, "min_up_type")?;
    let min_up = whole_numbers(table, "min_up")?;
    let weights = whole_numbers(table, "weight")?;
    for row in 0..table.rows() {
        let place = |error: Error| error.within(format!("relations, row {row}"));
        let source = cell(sources, "source", row).map_err(place)?;
        let kind = cell(kinds, "kind", row).map_err(place)?;
        let target = cell(targets, "target", row).map_err(place)?;
        for (end, id) in [("source", source), ("target", target)] {
            if !stage.knows(id) {
                return Err(place(Error::not_found(end, "item", format!("{id:?}"))));
            }
        }
        let measure = measures.and_then(|measures| measures.get(row)).map(MinUpType::parse);
        let said = terms::Said {
            group: groups.and_then(|groups| groups.get(row)),
            min_up: min_up.as_ref().and_then(|numbers| numbers[row]),
            min_up_type: measure.transpose().map_err(place)?.unwrap_or_default(),
            weight: weights.as_ref().and_then(|numbers| numbers[row]),
        };
        stage.relation((source, kind, target), said).map_err(place)?;
    }
    Ok(())
}

fn required<'a>(table: &'a Table, which: &str, name: &str) -> Result<&'a TextColumn> {
    if table.column(name).is_none() {
        let names: Vec<&str> = table.columns().map(|(name, _)| name).collect();
        let expected = format!("a table with the column {name:?}");
        return Err(Error::invalid(which, format!("columns {names:?}"), expected));
    }
    table.text(name).map_err(|error| error.within(which))
}

fn cell<'a>(column: &'a TextColumn, name: &str, row: usize) -> Result<&'a str> {
    column.get(row).ok_or_else(|| Error::invalid(&format!("column {name}"), "null", "text"))
}

/// A column of text; `None` where there is none, or nothing in it.
fn texts<'a>(table: &'a Table, name: &str) -> Result<Option<&'a TextColumn>> {
    match table.column(name) {
        Some(Column::Text(texts)) => Ok(Some(texts)),
        Some(column) if !all_missing(column) => {
            let name = format!("column {name}");
            Err(Error::invalid(&name, column.type_name(), "text").within("relations"))
        }
        _ => Ok(None),
    }
}

fn all_missing(column: &Column) -> bool {
    (0..column.len()).all(|row| Cell::of(column, row).is_none())
}

/// Whole numbers from a column of ints, or of floats as data frames make them of ints with gaps.
fn whole_numbers(table: &Table, name: &str) -> Result<Option<Vec<Option<i64>>>> {
    let Some(column) = table.column(name) else { return Ok(None) };
    let name = &format!("column {name}");
    match column {
        Column::Int(cells) => Ok(Some(cells.clone())),
        column if all_missing(column) => Ok(None),
        Column::Float(cells) => {
            let mut numbers = Vec::with_capacity(cells.len());
            for (row, cell) in cells.iter().enumerate() {
                let number = cell.filter(|number| !number.is_nan());
                if let Some(odd) = number.filter(|n| n.fract() != 0.0 || n.abs() > 1e9) {
                    return Err(Error::invalid(name, odd, "a whole number")
                        .within(format!("relations, row {row}")));
                }
                numbers.push(number.map(|number| number as i64));
            }
            Ok(Some(numbers))
        }
        other => Err(Error::invalid(name, other.type_name(), "int").within("relations")),
    }
}
