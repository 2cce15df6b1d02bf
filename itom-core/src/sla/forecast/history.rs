//! Reading a table of updates: one row for each time that the values of a piece of work changed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::snapshot::stable_hash;
use crate::table::{Column, Table};
use crate::{Error, Result, Timestamp};

/// In how many parts the cases are cut, so that no case takes part in the effects it is given.
pub(super) const FOLDS: usize = 5;

/// One piece of work.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub opened: i64,
    /// Share of the target used, until it ended or until now.
    pub used: f64,
    pub ended: bool,
    /// The verdict, where it has fallen.
    pub breached: Option<bool>,
    pub fold: u8,
    /// Its rows in the table, by the time from which they hold, and the share used then.
    pub rows: Vec<(usize, f64)>,
}

/// What a row says about its clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub target_s: f64,
    /// Shares of the target.
    pub used: f64,
    pub since: f64,
    pub ended: bool,
    pub breached: Option<bool>,
}

/// The clocks of all rows. `since_s`, `ended` and `breached` may be absent.
pub(super) fn readings(table: &Table) -> Result<Vec<Reading>> {
    let (used, target) = (table.float("used_s")?, table.float("target_s")?);
    let since = match table.column("since_s") {
        Some(column) if !is_empty(column) => table.float("since_s")?,
        _ => vec![None; table.rows()],
    };
    let (ended, breached) = (truths(table, "ended")?, truths(table, "breached")?);
    let mut readings = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let used_s = seconds(used[row], "used_s", row)?;
        let since_s = seconds(since[row].or(Some(0.0)), "since_s", row)?;
        let target_s = seconds(target[row], "target_s", row)?;
        if target_s == 0.0 {
            return Err(wrong("target_s", 0.0, "above 0", row));
        }
        if since_s > used_s {
            return Err(wrong("since_s", since_s, &format!("at most used_s, {used_s}"), row));
        }
        let ended = ended[row].unwrap_or(false);
        let (used, since) = (used_s / target_s, since_s / target_s);
        let over = used_s > target_s;
        let breached = match ended {
            true => Some(breached[row].unwrap_or(over)),
            false => over.then_some(true),
        };
        readings.push(Reading { target_s, used, since, ended, breached });
    }
    Ok(readings)
}

/// The cases of a history taken at `at`, sorted by name: the order of the rows does not matter, but
/// for rows of a case that hold from the same time, of which the later counts.
pub(super) fn cases(table: &Table, at: Timestamp) -> Result<Vec<Case>> {
    let readings = readings(table)?;
    let (names, opened) = (table.text("case")?, instants(table, "opened")?);
    table.column("ended").ok_or_else(|| table.text("ended").expect_err("there is no column"))?;
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in 0..table.rows() {
        let name = names.get(row).ok_or_else(|| wrong("case", "nothing", "named", row))?;
        by_name.entry(name).or_default().push(row);
    }
    let mut cases = Vec::with_capacity(by_name.len());
    for (name, rows) in by_name {
        let first = readings[rows[0]];
        let start = opened[rows[0]];
        let Some(start) = start else { return Err(wrong("opened", "nothing", "given", rows[0])) };
        if start > at {
            return Err(wrong("opened", start, &format!("at or before {at}"), rows[0]));
        }
        for &row in &rows {
            let own = readings[row];
            let same = own.used == first.used
                && own.target_s == first.target_s
                && own.ended == first.ended
                && own.breached == first.breached
                && opened[row] == Some(start);
            if !same {
                let expected =
                    "the same opened, used_s, target_s, ended and breached in all its rows";
                return Err(Error::invalid("case", format!("{name:?}"), expected));
            }
        }
        let mut rows: Vec<(usize, f64)> =
            rows.into_iter().map(|row| (row, readings[row].since)).collect();
        rows.sort_by(|a, b| a.1.total_cmp(&b.1));
        cases.push(Case {
            opened: start.as_nanos(),
            used: first.used,
            ended: first.ended,
            breached: first.breached,
            fold: (stable_hash(name.as_bytes()) % FOLDS as u64) as u8,
            rows,
        });
    }
    Ok(cases)
}

/// The cells of a column that names groups; errors about the table call it `argument`.
pub(super) fn groups<'t>(
    table: &'t Table,
    name: &str,
    argument: &str,
) -> Result<Vec<Option<Cow<'t, str>>>> {
    let cells = match given(table, name, argument)? {
        None => vec![None; table.rows()],
        Some(Column::Int(cells)) => {
            cells.iter().map(|cell| cell.map(|n| Cow::Owned(n.to_string()))).collect()
        }
        Some(Column::Bool(cells)) => {
            let text = |truth| Cow::Borrowed(if truth { "true" } else { "false" });
            cells.iter().map(|cell| cell.map(text)).collect()
        }
        _ => table.text(name)?.iter().map(|cell| cell.map(Cow::Borrowed)).collect(),
    };
    Ok(cells)
}

/// The column of a field; none where it was given without anything in it. One that was not given is
/// an error: it is more often misspelt than not known.
fn given<'t>(table: &'t Table, name: &str, argument: &str) -> Result<Option<&'t Column>> {
    match table.column(name) {
        None if !table.is_blank(name) => {
            let names: Vec<&str> = table.columns().map(|(name, _)| name).collect();
            let expected =
                format!("a table with the field {name:?} (missing cells where it is not known)");
            Err(Error::invalid(argument, format!("the columns {}", names.join(", ")), expected))
        }
        found => Ok(found),
    }
}

/// The cells of a column of numbers, NaN where missing.
pub(super) fn numbers(table: &Table, name: &str, argument: &str) -> Result<Vec<f64>> {
    match given(table, name, argument)? {
        None => Ok(vec![f64::NAN; table.rows()]),
        Some(column) if is_empty(column) => Ok(vec![f64::NAN; table.rows()]),
        Some(Column::Bool(cells)) => {
            Ok(cells.iter().map(|c| c.map_or(f64::NAN, |c| f64::from(u8::from(c)))).collect())
        }
        _ => Ok(table.float(name)?.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect()),
    }
}

/// Instants; as text where the table was made from JSON.
fn instants(table: &Table, name: &str) -> Result<Vec<Option<Timestamp>>> {
    let Some(Column::Text(cells)) = table.column(name) else {
        return Ok(table.time(name)?.to_vec());
    };
    let read = |(row, cell): (usize, Option<&str>)| match cell {
        Some(text) => text.parse().map(Some).map_err(|_| {
            wrong(name, format!("{text:?}"), "an instant with its offset from UTC", row)
        }),
        None => Ok(None),
    };
    cells.iter().enumerate().map(read).collect()
}

fn truths(table: &Table, name: &str) -> Result<Vec<Option<bool>>> {
    match table.column(name) {
        None => Ok(vec![None; table.rows()]),
        Some(Column::Bool(cells)) => Ok(cells.clone()),
        Some(column) if is_empty(column) => Ok(vec![None; table.rows()]),
        Some(other) => {
            Err(Error::invalid(&format!("column {name}"), other.type_name(), "true or false"))
        }
    }
}

/// Whether nothing is said in a column: then its type means nothing either.
fn is_empty(column: &Column) -> bool {
    matches!(column, Column::Text(cells) if cells.iter().all(|cell| cell.is_none()))
}

fn seconds(cell: Option<f64>, name: &str, row: usize) -> Result<f64> {
    const LONGEST: f64 = 9.2e9;
    let value = cell.unwrap_or(f64::NAN);
    if !(0.0..=LONGEST).contains(&value) {
        return Err(wrong(name, value, "seconds, from 0 to 292 years", row));
    }
    Ok(value)
}

fn wrong(name: &str, value: impl std::fmt::Display, expected: &str, row: usize) -> Error {
    Error::invalid(name, value, expected).within(format!("row {row}"))
}
