//! Rows of items into a table: columns, order, limit.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::super::{Item, Value, View, column_of};
use super::compare::order;
use super::{Query, QueryColumn, seam};
use crate::table::{Column, Table};
use crate::{Error, ErrorKind, Result};

/// How many cells an answer may have.
const MOST_CELLS: usize = 100_000_000;

/// The places of the chain that the answer speaks of, and each column's place among them.
pub(super) struct Used {
    /// Ascending.
    pub(super) patterns: Vec<usize>,
    columns: Vec<(String, usize, String)>,
    order: Vec<(usize, String, bool)>,
    /// Whether every attribute of the one pattern is wanted.
    is_open: bool,
}

impl Used {
    pub(super) fn of(query: &Query) -> Result<Used> {
        let names = names(query);
        let is_open = query.select.is_empty() && names.len() == 1;
        let place = |column: &QueryColumn| match &column.of {
            None => Ok(names.len() - 1),
            Some(of) => names.iter().position(|name| name == of).ok_or_else(|| {
                let known = names.join(", ");
                Error::invalid("query", format!("{column}"), format!("a column of {known}"))
            }),
        };
        let mut columns: Vec<(String, usize, String)> = Vec::new();
        for column in &query.select {
            let name = match &column.of {
                Some(of) => format!("{of}/{}", column.attribute),
                None => column.attribute.clone(),
            };
            if columns.iter().any(|(own, _, _)| *own == name) {
                return Err(Error::invalid("query", format!("{name} twice"), "columns once each"));
            }
            columns.push((name, place(column)?, column.attribute.clone()));
        }
        if query.select.is_empty() {
            let ids = names.iter().enumerate();
            columns.extend(ids.map(|(at, name)| {
                (if is_open { "id".to_owned() } else { name.clone() }, at, "id".to_owned())
            }));
        }
        if is_open {
            columns.push(("class".to_owned(), 0, "class".to_owned()));
        }
        let mut order = Vec::new();
        for by in &query.order {
            order.push((place(&by.column)?, by.column.attribute.clone(), by.descending));
        }
        let used = columns.iter().map(|(_, at, _)| *at).chain(order.iter().map(|(at, _, _)| *at));
        let patterns: Vec<usize> = used.collect::<BTreeSet<usize>>().into_iter().collect();
        Ok(Used { patterns, columns, order, is_open })
    }

    /// What a row is sorted by.
    fn keys(&self, row: &[u32], items: &HashMap<u32, Item>) -> Vec<Option<Value>> {
        let key = |(pattern, attribute, _): &(usize, String, bool)| {
            items.get(&row[self.at(*pattern)]).and_then(|item| value(item, attribute))
        };
        self.order.iter().map(key).collect()
    }

    fn at(&self, pattern: usize) -> usize {
        self.patterns.iter().position(|own| *own == pattern).unwrap_or(0)
    }
}

/// What columns call each pattern: its alias, or its class; a number more where two are the same.
fn names(query: &Query) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for pattern in &query.patterns {
        let own = pattern.alias.as_deref().or(pattern.class.as_deref()).unwrap_or("item");
        let mut name = own.to_owned();
        let mut number = 1;
        while names.contains(&name) {
            number += 1;
            name = format!("{own}_{number}");
        }
        names.push(name);
    }
    names
}

pub(super) fn make(
    view: &View,
    query: &Query,
    used: &Used,
    mut rows: Vec<Vec<u32>>,
) -> Result<Table> {
    let mut items: HashMap<u32, Item> = HashMap::new();
    let ids = |row: &[u32], other: &[u32]| {
        let ids = |row: &[u32]| row.iter().map(|&item| view.id_of(item)).collect::<Vec<_>>();
        ids(row).cmp(&ids(other))
    };
    if used.order.is_empty() {
        rows.sort_unstable_by(|one, other| ids(one, other));
    } else {
        keep(view, &mut items, &rows);
        let keyed = rows.into_iter().map(|row| (used.keys(&row, &items), row));
        let mut keyed: Vec<(Vec<Option<Value>>, Vec<u32>)> = keyed.collect();
        keyed.sort_unstable_by(|(one, row), (other, second)| {
            let by = used.order.iter().zip(one.iter().zip(other)).map(|(by, (one, other))| {
                let ordering = sorted(one, other);
                // What is missing comes last either way.
                if by.2 && one.is_some() && other.is_some() { ordering.reverse() } else { ordering }
            });
            by.fold(Ordering::Equal, Ordering::then).then_with(|| ids(row, second))
        });
        rows = keyed.into_iter().map(|(_, row)| row).collect();
    }
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    rows.truncate(limit.unwrap_or(usize::MAX));
    if used.is_open || used.columns.iter().any(|(_, _, attribute)| attribute != "id") {
        keep(view, &mut items, &rows);
    }
    columns(view, used, &rows, &items)
}

fn keep(view: &View, items: &mut HashMap<u32, Item>, rows: &[Vec<u32>]) {
    for &row in rows.iter().flatten() {
        if !items.contains_key(&row)
            && let Some(item) = seam::item(view, row)
        {
            items.insert(row, item);
        }
    }
}

fn value(item: &Item, attribute: &str) -> Option<Value> {
    match attribute {
        "id" => Some(Value::from(item.id.as_str())),
        "class" => Some(Value::from(item.class.as_str())),
        other => item.attributes.get(other).cloned(),
    }
}

/// What is missing comes last; values of different types in the order of their types' names.
fn sorted(one: &Option<Value>, other: &Option<Value>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => order(one, other).unwrap_or_else(|| kind(one).cmp(kind(other))),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "float",
        other => other.type_name(),
    }
}

fn columns(
    view: &View,
    used: &Used,
    rows: &[Vec<u32>],
    items: &HashMap<u32, Item>,
) -> Result<Table> {
    let mut wanted = used.columns.clone();
    if used.is_open {
        let attributes: BTreeSet<&str> =
            items.values().flat_map(|item| item.attributes.keys()).map(String::as_str).collect();
        wanted.extend(attributes.into_iter().map(|attribute| {
            let is_taken = matches!(attribute, "id" | "class");
            let name =
                if is_taken { format!("attribute.{attribute}") } else { attribute.to_owned() };
            (name, 0, attribute.to_owned())
        }));
    }
    if wanted.len().saturating_mul(rows.len()) > MOST_CELLS {
        let message = format!("query: the answer must have at most {MOST_CELLS} cells; narrow it");
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("query"));
    }
    let column = |(name, pattern, attribute): (String, usize, String)| {
        let at = used.at(pattern);
        if attribute == "id" && !name.starts_with("attribute.") {
            let ids = rows.iter().map(|row| view.id_of(row[at])).collect();
            return (name, Column::Text(ids));
        }
        let own = |row: &Vec<u32>| {
            let item = items.get(&row[at])?;
            if name.starts_with("attribute.") {
                return item.attributes.get(&attribute).cloned();
            }
            value(item, &attribute)
        };
        let values: Vec<Option<Value>> = rows.iter().map(own).collect();
        let values: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
        let column = column_of(&values);
        (name, column)
    };
    Table::new(wanted.into_iter().map(column))
}
