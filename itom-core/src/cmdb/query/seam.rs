//! What a query asks of a view, by number of item.

use super::super::history::NONE;
use super::super::{Direction, Item, View};

/// Whether the item is there, and the number of its class.
pub(super) fn class(view: &View, row: u32) -> Option<u32> {
    let class = *view.classes().of.get(row as usize)?;
    (class != NONE).then_some(class)
}

pub(super) fn find(view: &View, id: &str) -> Option<u32> {
    view.row("id", id).ok()
}

pub(super) fn item(view: &View, row: u32) -> Option<Item> {
    view.item(view.id_of(row))
}

/// Calls `visit` with the kind and the other end of each relation of an item.
pub(super) fn relations(
    view: &View,
    row: u32,
    direction: Direction,
    mut visit: impl FnMut(&str, u32),
) {
    let words = &view.history().words;
    if direction != Direction::Consumers {
        for &relation in view.graph().outgoing.of(row) {
            let relation = view.relation_row(relation);
            visit(words.text(relation.kind), relation.target);
        }
    }
    if direction != Direction::Providers {
        for &relation in view.graph().incoming.of(row) {
            let relation = view.relation_row(relation);
            visit(words.text(relation.kind), relation.source);
        }
    }
}
