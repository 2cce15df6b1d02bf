//! A view as tables, for data frames: items with one column an attribute, relations, and attributes
//! as rows.

use std::collections::BTreeMap;

use super::export::part;
use crate::cmdb::{Item, MinUpType, Relation, Value, View, column_of};
use crate::table::{Column, Table};
use crate::{Error, ErrorKind, Result};

/// More cells than this are refused: items with an attribute each of their own make a square of them.
const MOST_CELLS: usize = 200_000_000;

/// Items and relations of a view.
///
/// ```
/// use itom_core::formats::ViewTables;
/// assert_eq!(ViewTables::default().items.rows(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewTables {
    /// A row an item: `id`, `class`, and a column for each attribute that any item has.
    pub items: Table,
    /// A row a relation: `source`, `kind`, `target`, `group`, `min_up`, `min_up_type`, `weight`.
    pub relations: Table,
}

impl View {
    /// The view, or some of its items and the relations between them, as tables. They go back in by
    /// [`Cmdb::load`](crate::cmdb::Cmdb::load).
    ///
    /// The column of an attribute has the type of its values; whole numbers among floats become floats;
    /// values of other mixed types, and lists, become text, lists as JSON. An attribute called `id` or
    /// `class` stands as `attribute.id` or `attribute.class`.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// let put = Change::PutItem(PutItem::new("web-1", "host").with("cores", 8));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// let tables = db.at(None, None).tables(None)?;
    /// assert_eq!(tables.items.int("cores")?, [Some(8)]);
    /// assert_eq!(tables.relations.rows(), 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for.
    pub fn tables(&self, ids: Option<&[&str]>) -> Result<ViewTables> {
        let (items, relations) = part(self, ids)?;
        Ok(ViewTables { items: of_items(&items)?, relations: of_relations(&relations)? })
    }
}

fn of_items(items: &[Item]) -> Result<Table> {
    let mut columns: BTreeMap<&str, Vec<(usize, &Value)>> = BTreeMap::new();
    for (row, item) in items.iter().enumerate() {
        for (name, value) in &item.attributes {
            columns.entry(name).or_default().push((row, value));
        }
    }
    if columns.len().saturating_mul(items.len()) > MOST_CELLS {
        let size = format!("{} items with {} attributes", items.len(), columns.len());
        let message = format!("{size}: a table must have at most {MOST_CELLS} cells");
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("ids"));
    }
    let text = |part: fn(&Item) -> &str| Column::Text(items.iter().map(part).collect());
    let fixed = [("id".to_owned(), text(|i| &i.id)), ("class".to_owned(), text(|i| &i.class))];
    let attributes = columns.into_iter().map(|(name, said)| {
        let mut values = vec![None; items.len()];
        said.into_iter().for_each(|(row, value)| values[row] = Some(value));
        let is_taken = matches!(name, "id" | "class");
        (if is_taken { format!("attribute.{name}") } else { name.to_owned() }, column_of(&values))
    });
    Table::new(fixed.into_iter().chain(attributes))
}

fn of_relations(relations: &[Relation]) -> Result<Table> {
    let text = |part: fn(&Relation) -> &str| Column::Text(relations.iter().map(part).collect());
    let groups = relations.iter().map(|relation| relation.group.as_deref()).collect();
    let number = |part: fn(&Relation) -> Option<u32>| {
        Column::Int(relations.iter().map(|relation| part(relation).map(i64::from)).collect())
    };
    let measures = relations.iter().map(|relation| relation.min_up_type.map(MinUpType::name));
    Table::new([
        ("source", text(|relation| &relation.source)),
        ("kind", text(|relation| &relation.kind)),
        ("target", text(|relation| &relation.target)),
        ("group", Column::Text(groups)),
        ("min_up", number(|relation| relation.min_up)),
        ("min_up_type", Column::Text(measures.collect())),
        ("weight", number(|relation| relation.weight)),
    ])
}
