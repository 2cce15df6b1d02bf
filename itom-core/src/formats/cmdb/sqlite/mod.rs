//! A view as an SQLite 3 file, for whoever thinks in SQL.
//!
//! | table | columns |
//! |---|---|
//! | `item` | `row` (primary key), `id`, `class` |
//! | `attribute` | `item` (a `row`), `name`, `type`, `value`: one row an attribute |
//! | `relation` | `source`, `kind`, `target`, `group`, `min_up`: ends are ids |
//! | `class_tree` | `class`, `extends`: the class model |
//!
//! And a view for each class with items, `"class host"`, with the attributes as columns. A truth value
//! is 0 or 1, an instant RFC 3339 text, a list JSON text; `type` says what it was. There is no index:
//! SQLite makes its own for a join, and `CREATE INDEX` makes one that stays.
//!
//! The bytes are written here ([`pages`], [`record`]) and not by SQLite: a bulk load needs a tenth of the
//! file format and none of the C library, two copies of which in one process may damage each other's
//! files. Equal views give equal bytes. Linear in the size of the view.
//!
//! Source: "Database File Format", sqlite.org/fileformat2.html, as of SQLite 3.45.

mod pages;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use self::pages::{File, Tree};
use self::record::{Cell, record};
use super::export::part;
use crate::Result;
use crate::cmdb::{Item, Relation, Value, View, written};

/// More attributes than this make no view: SQLite has a bound on columns.
const MOST_COLUMNS: usize = 1000;
/// Longer statements make no view: SQLite has a bound on these too.
const LONGEST_STATEMENT: usize = 500_000;

impl View {
    /// The view, or some of its items and the relations between them, as an SQLite 3 file.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let put = Change::PutItem(PutItem::new("web-1", "host").with("cores", 8));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// let bytes = db.at(None, None).to_sqlite(None)?;
    /// assert!(bytes.starts_with(b"SQLite format 3\0"));
    /// assert_eq!(bytes.len() % 4096, 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for, or more rows than SQLite can number.
    pub fn to_sqlite(&self, ids: Option<&[&str]>) -> Result<Vec<u8>> {
        let (items, relations) = part(self, ids)?;
        let mut file = File::new();
        let mut schema = Vec::new();
        let mut table = |file: &mut File, tree: Tree, name: &str, columns: &str| {
            let root = tree.finish(file);
            schema.push(Entry {
                kind: "table",
                name: name.to_owned(),
                root,
                sql: format!("CREATE TABLE {name}({columns})"),
            });
        };
        let tree = item_tree(&mut file, &items);
        table(
            &mut file,
            tree,
            "item",
            "row INTEGER PRIMARY KEY, id TEXT NOT NULL, class TEXT NOT NULL",
        );
        let tree = attribute_tree(&mut file, &items);
        let columns = "item INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, value";
        table(&mut file, tree, "attribute", columns);
        let tree = relation_tree(&mut file, &relations);
        let columns = "source TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, \"group\" TEXT, min_up INTEGER, min_up_type TEXT, weight INTEGER";
        table(&mut file, tree, "relation", columns);
        let tree = self.class_tree(&mut file);
        table(&mut file, tree, "class_tree", "class TEXT NOT NULL, extends TEXT");
        schema.extend(class_views(&items));
        let mut tree = Tree::default();
        for entry in &schema {
            tree.push(&mut file, &entry.record());
        }
        Ok(file.finish(tree))
    }

    fn class_tree(&self, file: &mut File) -> Tree {
        let mut tree = Tree::default();
        for (name, class) in &self.model().classes {
            let extends = class.extends.as_deref().map_or(Cell::Null, Cell::Text);
            tree.push(file, &record(&[Cell::Text(name), extends]));
        }
        tree
    }
}

/// A row of `sqlite_schema`.
struct Entry {
    kind: &'static str,
    name: String,
    root: u32,
    sql: String,
}

impl Entry {
    fn record(&self) -> Vec<u8> {
        let root = Cell::Int(i64::from(self.root));
        let name = Cell::Text(&self.name);
        record(&[Cell::Text(self.kind), name, name, root, Cell::Text(&self.sql)])
    }
}

fn item_tree(file: &mut File, items: &[Item]) -> Tree {
    let mut tree = Tree::default();
    for item in items {
        // The number of a row is its key; in the row itself stands nothing.
        tree.push(file, &record(&[Cell::Null, Cell::Text(&item.id), Cell::Text(&item.class)]));
    }
    tree
}

fn attribute_tree(file: &mut File, items: &[Item]) -> Tree {
    let mut tree = Tree::default();
    for (row, item) in (1..).zip(items) {
        for (name, value) in &item.attributes {
            let text;
            let cell = match value {
                Value::Null => Cell::Null,
                Value::Bool(truth) => Cell::Int(i64::from(*truth)),
                Value::Int(number) => Cell::Int(*number),
                Value::Float(number) => Cell::Float(*number),
                other => {
                    text = written(other);
                    Cell::Text(&text)
                }
            };
            let kind = Cell::Text(value.type_name());
            tree.push(file, &record(&[Cell::Int(row), Cell::Text(name), kind, cell]));
        }
    }
    tree
}

fn relation_tree(file: &mut File, relations: &[Relation]) -> Tree {
    let mut tree = Tree::default();
    for relation in relations {
        let ends = [&relation.source, &relation.kind, &relation.target];
        let [source, kind, target] = ends.map(|text| Cell::Text(text));
        let group = relation.group.as_deref().map_or(Cell::Null, Cell::Text);
        let number =
            |number: Option<u32>| number.map_or(Cell::Null, |number| Cell::Int(i64::from(number)));
        let measure = relation.min_up_type.map_or(Cell::Null, |by| Cell::Text(by.name()));
        let (min_up, weight) = (number(relation.min_up), number(relation.weight));
        tree.push(file, &record(&[source, kind, target, group, min_up, measure, weight]));
    }
    tree
}

/// A view for each class, with its attributes as columns. Names that SQL cannot tell apart get a
/// number; what SQL cannot hold at all gets no view.
fn class_views(items: &[Item]) -> Vec<Entry> {
    let mut classes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in items {
        let attributes = item.attributes.keys().map(String::as_str);
        classes.entry(&item.class).or_default().extend(attributes);
    }
    let mut taken = BTreeSet::new();
    let mut views = Vec::new();
    for (class, attributes) in classes {
        let names: Vec<&str> = attributes.into_iter().collect();
        let is_odd = names.iter().chain([&class]).any(|name| name.contains('\0'));
        if is_odd || names.len() > MOST_COLUMNS {
            continue;
        }
        let mut name = format!("class {class}");
        let mut number = 1;
        while !taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            name = format!("class {class} ({number})");
        }
        let mut sql = format!("CREATE VIEW {} AS SELECT i.id AS id", quoted(&name, '"'));
        for attribute in names {
            let (text, column) = (quoted(attribute, '\''), quoted(attribute, '"'));
            sql += &format!(", max(CASE a.name WHEN {text} THEN a.value END) AS {column}");
        }
        let class = quoted(class, '\'');
        sql += &format!(
            " FROM item i LEFT JOIN attribute a ON a.item = i.row WHERE i.class = {class} GROUP BY i.row"
        );
        if sql.len() <= LONGEST_STATEMENT {
            views.push(Entry { kind: "view", name, root: 0, sql });
        }
    }
    views
}

fn quoted(text: &str, quote: char) -> String {
    let twice = [quote, quote].iter().collect::<String>();
    format!("{quote}{}{quote}", text.replace(quote, &twice))
}
