//! Everything that was said, as tables: a row a statement, for whoever analyses history with a data
//! frame. Linear in what was said.

use std::collections::BTreeSet;

use super::history::{Moment, Said};
use super::{MinUpType, Transaction, Value, View, written};
use crate::table::{Column, Table, TextColumn};
use crate::{Result, Timestamp};

/// What was said of items and of relations.
///
/// ```
/// assert_eq!(itom_core::cmdb::HistoryTables::default().items.rows(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryTables {
    /// A row an attribute that was said of an item, or said to be none, and a row a removal: `id`,
    /// `said` (`put`, `cleared`, `removed`), `class`, `attribute`, `type`, `value` (as text), `at`, `known`,
    /// `told_by`, `actor`, `reason`.
    pub items: Table,
    /// A row a statement: `source`, `kind`, `target`, `group`, `said` (`put`, `removed`), `min_up`, `at`,
    /// `known`, `told_by`, `actor`, `reason`.
    pub relations: Table,
}

impl View {
    /// What was said by what was known at this view, of all items and relations or of some items and
    /// the relations of these, oldest first within each.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let mut db = Cmdb::default();
    /// for cores in [4, 8] {
    ///     let put = Change::PutItem(PutItem::new("web-1", "host").with("cores", cores));
    ///     db.apply(&[put], Transaction::at(Timestamp::from_secs(i64::from(cores))))?;
    /// }
    /// let tables = db.at(None, None).history_tables(None)?;
    /// assert_eq!(tables.items.text("value")?.iter().flatten().collect::<Vec<_>>(), ["4", "8"]);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no item of an id that was asked for.
    pub fn history_tables(&self, ids: Option<&[&str]>) -> Result<HistoryTables> {
        let history = self.history();
        let mut items: Vec<u32> = match ids {
            None => (0..self.rows()).collect(),
            Some(ids) => ids.iter().map(|id| self.row("ids", id)).collect::<Result<_>>()?,
        };
        items.sort_unstable_by(|one, other| self.id_of(*one).cmp(self.id_of(*other)));
        items.dedup();
        let moment = Moment { valid: Timestamp::MAX, ..self.moment() };
        let mut told = Told { transactions: history.log().collect(), ..Told::default() };
        for &item in &items {
            let mut statements = history.item_statements(item, moment);
            statements.sort_by_key(|statement| (statement.key.1, statement.key.2));
            for statement in statements {
                let number = statement.key.1;
                let word = |word: u32| history.words.text(word);
                match statement.said {
                    Said::Item { class, mut attributes } => {
                        attributes.sort_by(|one, other| word(one.0).cmp(word(other.0)));
                        let class = word(class);
                        if attributes.is_empty() {
                            told.item([self.id_of(item), "put", class], None, number);
                        }
                        for (name, code) in attributes {
                            let said = if code == 0 { "cleared" } else { "put" };
                            let said = [self.id_of(item), said, class];
                            let value = history.value(name, code);
                            told.item(said, Some((word(name), &value)), number);
                        }
                    }
                    _ => told.item([self.id_of(item), "removed", ""], None, number),
                }
            }
        }
        let wanted: BTreeSet<u32> = items.into_iter().collect();
        let wanted = ids.map(|_| &wanted);
        let items =
            told.items.table(&["id", "said", "class", "attribute", "type", "value"], vec![])?;
        let relations = self.told_of_relations(wanted, moment, &told.transactions)?;
        Ok(HistoryTables { items, relations })
    }

    /// What was said of relations, of all or of those with an end among `wanted`.
    fn told_of_relations(
        &self,
        wanted: Option<&BTreeSet<u32>>,
        moment: Moment,
        transactions: &[&Transaction],
    ) -> Result<Table> {
        let history = self.history();
        let mut relations = Vec::new();
        for (relation, row) in (0..).zip(history.relations.iter()) {
            if wanted.is_none_or(|ids| ids.contains(&row.source) || ids.contains(&row.target)) {
                for statement in history.relation_statements(relation, moment) {
                    let code = match statement.said {
                        Said::Relation { code } => Some(code),
                        _ => None,
                    };
                    let described = history.describe(relation, code.unwrap_or(0));
                    relations.push((described, (statement.key.1, statement.key.2), code.is_some()));
                }
            }
        }
        let ends = |relation: &super::Relation| {
            let parts = [&relation.source, &relation.kind, &relation.target].map(String::clone);
            (parts, relation.group.clone())
        };
        relations.sort_by_key(|one| (ends(&one.0), one.1));
        let mut rows = Rows::default();
        let (mut needed, mut weights) = (Vec::new(), Vec::new());
        for (relation, (number, _), is_put) in &relations {
            let said = Some(if *is_put { "put" } else { "removed" });
            let ends =
                [&relation.source, &relation.kind, &relation.target].map(|e| Some(e.as_str()));
            let [source, kind, target] = ends;
            let group = relation.group.as_deref();
            let by = relation.min_up_type.filter(|_| *is_put).map(MinUpType::name);
            rows.push(&[source, kind, target, group, said, by], transactions[*number as usize]);
            needed.push(relation.min_up.filter(|_| *is_put).map(i64::from));
            weights.push(relation.weight.map(i64::from));
        }
        let names = ["source", "kind", "target", "group", "said", "min_up_type"];
        let numbers = vec![("min_up", Column::Int(needed)), ("weight", Column::Int(weights))];
        rows.table(&names, numbers)
    }
}

#[derive(Default)]
struct Told<'a> {
    transactions: Vec<&'a Transaction>,
    items: Rows,
}

impl Told<'_> {
    fn item(
        &mut self,
        [id, said, class]: [&str; 3],
        attribute: Option<(&str, &Value)>,
        transaction: u32,
    ) {
        let value = attribute.map(|(_, value)| value).filter(|value| **value != Value::Null);
        let text = value.map(written);
        let class = Some(class).filter(|class| !class.is_empty());
        let name = attribute.map(|(name, _)| name);
        let kind = value.map(Value::type_name);
        let cells = [Some(id), Some(said), class, name, kind, text.as_deref()];
        self.items.push(&cells, self.transactions[transaction as usize]);
    }
}

/// Columns of text, and those of the transaction.
#[derive(Default)]
struct Rows {
    texts: Vec<TextColumn>,
    at: Vec<Option<Timestamp>>,
    known: Vec<Option<Timestamp>>,
    who: [TextColumn; 3],
}

impl Rows {
    fn push(&mut self, cells: &[Option<&str>], transaction: &Transaction) {
        self.texts.resize(cells.len(), TextColumn::default());
        self.texts.iter_mut().zip(cells).for_each(|(column, cell)| column.push(*cell));
        self.at.push(Some(transaction.at));
        self.known.push(Some(transaction.known));
        let who = [&transaction.source, &transaction.actor, &transaction.reason];
        self.who.iter_mut().zip(who).for_each(|(column, cell)| column.push(cell.as_deref()));
    }

    fn table(mut self, names: &[&'static str], more: Vec<(&'static str, Column)>) -> Result<Table> {
        self.texts.resize(names.len(), TextColumn::default());
        let texts = names.iter().copied().zip(self.texts.into_iter().map(Column::Text));
        let times = [("at", Column::Time(self.at)), ("known", Column::Time(self.known))];
        let who = ["told_by", "actor", "reason"].into_iter().zip(self.who.map(Column::Text));
        Table::new(texts.chain(more).chain(times).chain(who))
    }
}
