//! Records of our own: JSON, JSON lines and YAML, and tables.
//!
//! A document is an [`Import`] (`{"records": [...], "relations": [...]}`), a list of records and
//! relations, or one record or relation; several documents, as in JSON lines, add up. What has a
//! `class` is a record, what has a `source` is a relation.

use super::tree::{self, Tree};
use crate::cmdb::{Import, ItemRecord, MinUpType, RecordEnd, RelationRecord, Value};
use crate::table::{Column, Table, TextColumn};
use crate::{Error, Result, Timestamp};

/// Reads records and relations.
///
/// ```
/// use itom_core::formats::read_records;
///
/// let import = read_records(r#"
///     {"class": "service", "id": "shop", "attributes": {"since": {"time": "2026-01-01T00:00:00Z"}}}
///     {"class": "host", "attributes": {"host.name": "web-1"}}
///     {"source": "shop", "kind": "runs_on", "target": {"class": "host", "attributes": {"host.name": "web-1"}}}
/// "#)?;
/// assert_eq!((import.records.len(), import.relations.len()), (2, 1));
/// let error = read_records(r#"[{"class": "host", "attributes": {"a": 1, "a": 2}}]"#).unwrap_err();
/// assert!(error.to_string().contains("duplicate key \"a\" at line 1"), "{error}");
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is neither JSON nor YAML, or something in it is no record and no relation.
pub fn read_records(text: &str) -> Result<Import> {
    let mut import = Import::default();
    for (number, document) in tree::documents(text)?.iter().enumerate() {
        let place = |error: Error| error.within(format!("document {}", number + 1)).about("text");
        match document {
            Tree::List(list) => {
                for (index, entry) in list.iter().enumerate() {
                    let place = |error: Error| error.within(format!("[{index}]"));
                    read_entry(&mut import, entry).map_err(place).map_err(|e| e.about("text"))?;
                }
            }
            Tree::Null => {}
            whole if whole.get("records").is_some() || whole.get("relations").is_some() => {
                read_whole(&mut import, whole).map_err(place)?;
            }
            one => read_entry(&mut import, one).map_err(place)?,
        }
    }
    Ok(import)
}

fn read_whole(import: &mut Import, whole: &Tree) -> Result<()> {
    only(whole, &["records", "relations", "warnings"])?;
    let first = import.records.len() as u32;
    for (index, entry) in whole.list("records")?.iter().enumerate() {
        let record = record(entry).map_err(|error| error.within(format!("records[{index}]")))?;
        import.records.push(record);
    }
    for (index, entry) in whole.list("relations")?.iter().enumerate() {
        let relation = relation(entry, first);
        let place = |error: Error| error.within(format!("relations[{index}]"));
        import.relations.push(relation.map_err(place)?);
    }
    Ok(())
}

fn read_entry(import: &mut Import, entry: &Tree) -> Result<()> {
    if entry.get("source").is_some() {
        import.relations.push(relation(entry, 0)?);
    } else {
        import.records.push(record(entry)?);
    }
    Ok(())
}

/// Refuses keys that mean nothing.
fn only(tree: &Tree, known: &[&str]) -> Result<()> {
    let odd = tree.entries()?.iter().find(|(key, _)| !known.contains(&key.as_str()));
    odd.map_or(Ok(()), |(key, _)| {
        let expected = format!("one of {}", known.join(", "));
        Err(Error::invalid("key", format!("{key:?}"), expected))
    })
}

fn record(entry: &Tree) -> Result<ItemRecord> {
    only(entry, &["class", "id", "attributes"])?;
    let mut record = ItemRecord::new(entry.need_text("class")?);
    if entry.get("id").is_some() {
        record.id = Some(entry.need_text("id")?.to_owned());
    }
    for (name, value) in entry.map("attributes")? {
        let value = value_of(value)
            .map_err(|expected| value.fault(&format!("attributes/{name}"), expected))?;
        record.attributes.insert(name.clone(), value);
    }
    Ok(record)
}

/// The value of an attribute; an object is an instant, `{"time": ...}`.
fn value_of(tree: &Tree) -> Result<Value, &'static str> {
    const EXPECTED: &str = "a plain value, a list of these or an instant, {\"time\": ...}";
    if let Tree::Map(entries) = tree {
        let [(key, Tree::Text(text))] = entries.as_slice() else { return Err(EXPECTED) };
        let instant = text.parse::<Timestamp>().ok().filter(|_| key == "time");
        return instant.map(Value::Time).ok_or(EXPECTED);
    }
    tree.value().ok_or(EXPECTED)
}

fn relation(entry: &Tree, first: u32) -> Result<RelationRecord> {
    only(entry, &["source", "kind", "target", "group", "min_up", "min_up_type", "weight"])?;
    let ends = ["source", "target"].map(|name| end(entry, name, first));
    let [source, target] = ends;
    let mut relation = RelationRecord::new(source?, entry.need_text("kind")?, target?);
    relation.group = entry.text("group")?.map(str::to_owned);
    relation.min_up = number(entry, "min_up")?;
    relation.weight = number(entry, "weight")?;
    if let Some(measure) = entry.text("min_up_type")? {
        relation.min_up_type = MinUpType::parse(measure)?;
    }
    Ok(relation)
}

fn number(entry: &Tree, name: &str) -> Result<Option<u32>> {
    match entry.get(name) {
        None => Ok(None),
        Some(Tree::Int(number)) if (0..=i64::from(u32::MAX)).contains(number) => {
            Ok(Some(*number as u32))
        }
        Some(other) => Err(other.fault(name, "a whole number")),
    }
}

fn end(entry: &Tree, name: &str, first: u32) -> Result<RecordEnd> {
    match entry.get(name) {
        Some(Tree::Text(id)) if !id.is_empty() => Ok(RecordEnd::Id(id.clone())),
        Some(Tree::Int(index)) => {
            let index = u32::try_from(*index).ok().and_then(|index| first.checked_add(index));
            let bad = || Error::invalid(name, "a negative or huge index", "the index of a record");
            index.map(RecordEnd::Index).ok_or_else(bad)
        }
        Some(like @ Tree::Map(_)) => {
            Ok(RecordEnd::Like(record(like).map_err(|error| error.within(name))?))
        }
        Some(other) => Err(other.fault(name, "an id, an index or a record")),
        None => Err(Error::invalid(name, "nothing", "given")),
    }
}

/// Records from a table with the column `class`, if wanted `id`, and any attributes; relations from
/// one with `source`, `kind`, `target` and, if wanted, `group` and `min_up`, whose ends are ids. A
/// missing cell says nothing.
///
/// ```
/// use itom_core::formats::records_from_tables;
/// use itom_core::table::{Column, Table};
///
/// let text = |cells: &[&'static str]| Column::Text(cells.iter().copied().collect());
/// let hosts = Table::new([
///     ("class", text(&["host", "host"])),
///     ("host.name", text(&["web-1", "web-2"])),
///     ("cores", Column::Int(vec![Some(8), None])),
/// ])?;
/// let import = records_from_tables(Some(&hosts), None)?;
/// assert_eq!(import.records[0].attributes.len(), 2);
/// assert_eq!(import.records[1].attributes.len(), 1);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// A column is missing or of another type, or a cell that has to be there is not.
pub fn records_from_tables(records: Option<&Table>, relations: Option<&Table>) -> Result<Import> {
    let mut import = Import::default();
    if let Some(table) = records {
        read_items(&mut import, table).map_err(|error| error.within("records"))?;
    }
    if let Some(table) = relations {
        read_relations(&mut import, table).map_err(|error| error.within("relations"))?;
    }
    Ok(import)
}

fn read_items(import: &mut Import, table: &Table) -> Result<()> {
    let classes = table.text("class")?;
    let ids = table.column("id").map(|_| table.text("id")).transpose()?;
    let others: Vec<(&str, &Column)> =
        table.columns().filter(|(name, _)| !matches!(*name, "id" | "class")).collect();
    for row in 0..table.rows() {
        let mut record = ItemRecord::new(cell(classes, "class", row)?);
        record.id = ids.and_then(|ids| ids.get(row)).map(str::to_owned);
        for (name, column) in &others {
            if let Some(value) = value_at(column, row) {
                record.attributes.insert((*name).to_owned(), value);
            }
        }
        import.records.push(record);
    }
    Ok(())
}

fn read_relations(import: &mut Import, table: &Table) -> Result<()> {
    let [sources, kinds, targets] = ["source", "kind", "target"].map(|name| table.text(name));
    let (sources, kinds, targets) = (sources?, kinds?, targets?);
    let groups = table.column("group").map(|_| table.text("group")).transpose()?;
    let measures = table.column("min_up_type").map(|_| table.text("min_up_type")).transpose()?;
    let numbers =
        ["min_up", "weight"].map(|name| table.column(name).map(|_| table.int(name)).transpose());
    let [min_up, weights] = numbers;
    let (min_up, weights) = (min_up?, weights?);
    for row in 0..table.rows() {
        let id = |column, name| cell(column, name, row).map(|id| RecordEnd::Id(id.to_owned()));
        let ends = (id(sources, "source")?, id(targets, "target")?);
        let mut relation = RelationRecord::new(ends.0, cell(kinds, "kind", row)?, ends.1);
        relation.group = groups.and_then(|groups| groups.get(row)).map(str::to_owned);
        let whole = |name: &str, numbers: Option<&[Option<i64>]>| {
            let Some(number) = numbers.and_then(|numbers| numbers[row]) else { return Ok(None) };
            let bad =
                |_| Error::invalid(&format!("column {name}"), number, "a whole number from 0");
            u32::try_from(number).map(Some).map_err(bad)
        };
        relation.min_up = whole("min_up", min_up)?;
        relation.weight = whole("weight", weights)?;
        if let Some(measure) = measures.and_then(|measures| measures.get(row)) {
            relation.min_up_type = MinUpType::parse(measure)?;
        }
        import.relations.push(relation);
    }
    Ok(())
}

fn cell<'a>(column: &'a TextColumn, name: &str, row: usize) -> Result<&'a str> {
    let bad = || Error::invalid(&format!("column {name}"), "null", "text");
    column.get(row).ok_or_else(|| bad().within(format!("row {row}")))
}

fn value_at(column: &Column, row: usize) -> Option<Value> {
    match column {
        Column::Text(cells) => cells.get(row).map(Value::from),
        Column::Int(cells) => cells[row].map(Value::Int),
        Column::Float(cells) => cells[row].filter(|number| !number.is_nan()).map(Value::Float),
        Column::Bool(cells) => cells[row].map(Value::Bool),
        Column::Time(cells) => cells[row].map(Value::Time),
    }
}
