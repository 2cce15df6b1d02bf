//! The transactions with their changes, made anew from columns and rows.
//!
//! A transaction's changes come back in an order that means the same: first the items it made, then
//! then what else was said of items and relations, and last rules, locks, merges and confirmations,
//! each in the order it was said.

use super::rows::{CLASS, RELATION, RELATION_REMOVED, REMOVED, Row};
use super::{Entry, History, Logged, NONE, Slot};

/// What a row belongs to.
#[derive(Clone, Copy)]
enum Owner {
    Item(u32),
    Relation(u32),
}

impl History {
    /// Every transaction with its changes, in order. Costs a walk through everything.
    pub(in crate::cmdb) fn logged(&self) -> Vec<Logged> {
        let blank = |transaction: &_| Logged {
            transaction: Clone::clone(transaction),
            ..Logged::default()
        };
        let mut log: Vec<Logged> = self.log().map(blank).collect();
        for item in 0..self.items {
            if let Some((transaction, entry)) = self.making(item) {
                log[transaction as usize].entries.push(entry);
            }
        }
        let owners = self.owners();
        let mut rows =
            self.rows.iter().zip(owners).filter(|(row, _)| !row.is_from_columns()).peekable();
        while let Some((row, owner)) = rows.next() {
            let belongs = |(next, of): &(&Row, Owner)| match (owner, of) {
                (Owner::Item(item), Owner::Item(other)) => {
                    item == *other
                        && next.transaction() == row.transaction()
                        && next.what < RELATION_REMOVED
                }
                _ => false,
            };
            let entry = match (owner, row.what) {
                (Owner::Item(item), REMOVED) => Entry::RemoveItem { item },
                (Owner::Item(item), _) => {
                    let following = std::iter::from_fn(|| rows.next_if(belongs));
                    let mut attributes = Vec::new();
                    following
                        .for_each(|(row, _)| self.tell_row(item, row, |_| true, &mut attributes));
                    Entry::PutItem { item, class: row.code, attributes: attributes.into() }
                }
                (Owner::Relation(relation), RELATION) => {
                    Entry::PutRelation { relation, code: row.code }
                }
                (Owner::Relation(relation), _) => Entry::RemoveRelation { relation },
            };
            log[row.transaction() as usize].entries.push(entry);
        }
        for (transaction, entry) in self.controls.iter() {
            log[*transaction as usize].entries.push(entry.clone());
        }
        log
    }

    /// How an item was made: by which transaction, and with what.
    fn making(&self, item: u32) -> Option<(u32, Entry)> {
        let rows = self.chain(self.read(Slot::Head(item)));
        let mut copied = rows.map(|(_, row)| row).filter(|row| row.is_from_columns());
        let class = copied.find(|row| row.what == CLASS);
        let created = self.read(Slot::Created(item));
        let (transaction, class) = match (created, class) {
            (_, Some(row)) => (row.transaction(), row.code),
            (NONE, None) => return None,
            (created, None) => (created, self.read(Slot::Class(item))),
        };
        let mut attributes = self.made_with(item);
        attributes.sort_unstable();
        Some((transaction, Entry::PutItem { item, class, attributes: attributes.into() }))
    }

    fn owners(&self) -> Vec<Owner> {
        let mut owners = vec![Owner::Item(NONE); self.rows.len()];
        for item in 0..self.items {
            for (place, _) in self.chain(self.read(Slot::Head(item))) {
                owners[place as usize] = Owner::Item(item);
            }
        }
        for relation in 0..self.relations.len() as u32 {
            for (place, _) in self.chain(self.relations[relation as usize].newest) {
                owners[place as usize] = Owner::Relation(relation);
            }
        }
        owners
    }
}
