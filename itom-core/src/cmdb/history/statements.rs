//! What was said, statement by statement, with who said it.

use super::rows::{AGREES, CLASS, RELATION, REMOVED, Row};
use super::{History, Key, Moment, NONE, Slot};

/// So many statements of an item there is room for at first.
const FEW: usize = 4;

/// A statement about an item or a relation.
#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Statement {
    /// The item or relation it was made of.
    pub(in crate::cmdb) row: u32,
    pub(in crate::cmdb) key: Key,
    /// The word of the source, [`NONE`] for what was said by hand.
    pub(in crate::cmdb) source: u32,
    pub(in crate::cmdb) said: Said,
}

#[derive(Clone, Debug)]
pub(in crate::cmdb) enum Said {
    /// The item is there and has these attributes, by word, each with the code of its value; 0
    /// clears one.
    Item { class: u32, attributes: Vec<(u32, u32)> },
    /// The item or relation is not there.
    Removed,
    /// The relation is there.
    Relation { code: u32 },
}

impl History {
    /// What was said of an item, the newest first.
    pub(in crate::cmdb) fn item_statements(&self, item: u32, moment: Moment) -> Vec<Statement> {
        self.item_statements_of(item, moment, |_| true)
    }

    /// What was said of an item, the newest first, without the attributes that are not wanted.
    pub(in crate::cmdb) fn item_statements_of(
        &self,
        item: u32,
        moment: Moment,
        wanted: impl Fn(u32) -> bool,
    ) -> Vec<Statement> {
        let mut statements = Vec::with_capacity(FEW);
        // The rows of a put lie behind each other in the order of keys, its class last; but what
        // was copied from the columns has one key, and its class comes first.
        let (mut attributes, mut making) = (Vec::new(), None);
        for (place, row) in self.visible(self.read(Slot::Head(item)), moment) {
            match row.what {
                CLASS if row.is_from_columns() => {
                    making = Some(statements.len());
                    statements.push(self.statement(item, place, row, Vec::new()));
                }
                CLASS | REMOVED => {
                    let attributes = std::mem::take(&mut attributes);
                    statements.push(self.statement(item, place, row, attributes));
                }
                word if word != AGREES && !wanted(word) => {}
                _ if row.is_from_columns() => {
                    let making: Option<&mut Statement> =
                        making.and_then(|n: usize| statements.get_mut(n));
                    if let Some(Said::Item { attributes, .. }) = making.map(|made| &mut made.said) {
                        attributes.push((row.what, row.code));
                    }
                }
                _ => self.tell_row(item, row, &wanted, &mut attributes),
            }
        }
        self.complete_making((item, moment), wanted, making, &mut statements);
        statements
    }

    /// Adds what a row says of attributes that are wanted.
    pub(super) fn tell_row(
        &self,
        item: u32,
        row: &Row,
        wanted: impl Fn(u32) -> bool,
        attributes: &mut Vec<(u32, u32)>,
    ) {
        if row.what != AGREES {
            if attributes.is_empty() {
                attributes.reserve(self.shape(item).len());
            }
            attributes.push((row.what, row.code));
            return;
        }
        let shape = self.shapes.attributes(row.code);
        if !shape.iter().any(|word| wanted(*word)) {
            return;
        }
        let said = |word: &u32| shape.binary_search(word).is_ok() && wanted(*word);
        attributes.reserve(shape.len());
        attributes.extend(self.made_with(item).into_iter().filter(|(word, _)| said(word)));
    }

    /// Adds what only the columns say of how an item was made.
    fn complete_making(
        &self,
        (item, moment): (u32, Moment),
        wanted: impl Fn(u32) -> bool,
        making: Option<usize>,
        statements: &mut Vec<Statement>,
    ) {
        let created = self.read(Slot::Created(item));
        if created == NONE || !self.is_visible(created, moment) {
            return;
        }
        let told: Vec<u32> =
            self.chain(self.read(Slot::Head(item))).map(|(_, row)| row.what).collect();
        let asked = self.shape(item).iter().filter(|word| wanted(**word));
        let columns = asked.filter(|word| !told.contains(word));
        let cells = columns.map(|&word| (word, self.code_now(item, word)));
        let values = cells.filter(|(_, code)| *code != 0);
        let made = making.unwrap_or_else(|| {
            let class = self.read(Slot::Class(item));
            statements.push(Statement {
                row: item,
                key: (self.instant(created), created, 0),
                source: self.source_of(created),
                said: Said::Item { class, attributes: Vec::new() },
            });
            statements.len() - 1
        });
        if let Said::Item { attributes, .. } = &mut statements[made].said {
            attributes.reserve(self.shape(item).len());
            attributes.extend(values);
        }
    }

    fn statement(
        &self,
        item: u32,
        place: u32,
        row: &Row,
        attributes: Vec<(u32, u32)>,
    ) -> Statement {
        let said = match row.what {
            CLASS => Said::Item { class: row.code, attributes },
            RELATION => Said::Relation { code: row.code },
            _ => Said::Removed,
        };
        let source = self.source_of(row.transaction());
        Statement { row: item, key: self.key(place, row), source, said }
    }

    /// What was said of a relation, the newest first.
    pub(in crate::cmdb) fn relation_statements(
        &self,
        relation: u32,
        moment: Moment,
    ) -> impl Iterator<Item = Statement> {
        let newest = self.relations[relation as usize].newest;
        self.visible(newest, moment)
            .map(move |(place, row)| self.statement(relation, place, row, Vec::new()))
    }
}
