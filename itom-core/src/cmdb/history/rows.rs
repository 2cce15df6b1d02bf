//! The versions of things that were said more than once: 16 bytes each, linked by key.

use super::{History, Key, Moment, NONE, Slot, fits};
use crate::{Result, Timestamp};

/// What a row says, where it is not the word of an attribute: the class of an item that is there,
/// in `code`.
pub(super) const CLASS: u32 = u32::MAX;
/// The item is removed.
pub(super) const REMOVED: u32 = u32::MAX - 1;
/// The relation is there, what it says in `code`.
pub(super) const RELATION: u32 = u32::MAX - 2;
pub(super) const RELATION_REMOVED: u32 = u32::MAX - 3;
/// A source says of the attributes of a shape, in `code`, what the item was made with. It stands
/// among the rows of the attributes: behind the class, and smaller than what is no attribute.
pub(super) const AGREES: u32 = u32::MAX - 4;

/// Set in `transaction` of what was copied from the columns: within its transaction it comes first.
const FROM_COLUMNS: u32 = 1 << 31;
pub(super) const MOST_TRANSACTIONS: usize = FROM_COLUMNS as usize - 1;

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The row of the next smaller key, [`NONE`] for none.
    pub(super) older: u32,
    transaction: u32,
    /// The word of an attribute, or one of the constants above.
    pub(super) what: u32,
    pub(super) code: u32,
}

impl Row {
    /// Its numbers, for a checkpoint.
    pub(super) fn parts(&self) -> [u32; 4] {
        [self.older, self.transaction, self.what, self.code]
    }

    pub(super) fn of([older, transaction, what, code]: [u32; 4]) -> Self {
        Row { older, transaction, what, code }
    }

    pub(super) fn transaction(&self) -> u32 {
        self.transaction & !FROM_COLUMNS
    }

    pub(super) fn is_from_columns(&self) -> bool {
        self.transaction & FROM_COLUMNS != 0
    }
}

/// What a new row says, and where it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saying {
    pub(super) what: u32,
    pub(super) code: u32,
    /// The transaction whose columns said it; [`NONE`] for the transaction under way.
    pub(super) from_columns: u32,
}

impl History {
    /// The valid time of a transaction, also of the one under way.
    pub(super) fn instant(&self, transaction: u32) -> Timestamp {
        let known = self.instants.get(transaction as usize);
        known.copied().unwrap_or(self.open.transaction.at)
    }

    pub(super) fn key(&self, place: u32, row: &Row) -> Key {
        let at = self.instant(row.transaction());
        (at, row.transaction(), if row.is_from_columns() { 0 } else { place + 1 })
    }

    /// Adds a row to the list that begins in `head`, in its place by key; tells whether a row with
    /// a greater key says something of the same, or removes all.
    pub(super) fn insert(&mut self, head: Slot, saying: Saying) -> Result<bool> {
        let place = fits(self.rows.len())?;
        let Saying { what, code, from_columns } = saying;
        let transaction = match from_columns {
            NONE => self.transactions(),
            made => made | FROM_COLUMNS,
        };
        let mut row = Row { older: NONE, transaction, what, code };
        let key = self.key(place, &row);
        let (mut slot, mut is_covered) = (head, false);
        row.older = self.read(slot);
        for _ in 0..place {
            // A list is no longer than there are rows, whatever a checkpoint says.
            let Some(&other) = self.rows.get(row.older as usize) else { break };
            if self.key(row.older, &other) < key {
                break;
            }
            is_covered |= other.what == what || other.what == REMOVED;
            slot = Slot::Older(row.older);
            row.older = other.older;
        }
        self.rows.push(row);
        self.put(slot, place);
        Ok(is_covered)
    }

    /// The rows from `newest` on, greatest key first.
    pub(super) fn chain(&self, newest: u32) -> impl Iterator<Item = (u32, &Row)> {
        let next = |place: u32| Some((place, self.rows.get(place as usize)?));
        let chain = std::iter::successors(next(newest), move |(_, row)| next(row.older));
        // A list is no longer than there are rows, whatever a checkpoint says.
        chain.take(self.rows.len())
    }

    pub(super) fn is_visible(&self, transaction: u32, moment: Moment) -> bool {
        transaction < moment.transactions && self.instant(transaction) <= moment.valid
    }

    /// The rows from `newest` on that hold at a moment, greatest key first.
    pub(super) fn visible(&self, newest: u32, moment: Moment) -> impl Iterator<Item = (u32, &Row)> {
        self.chain(newest).filter(move |(_, row)| self.is_visible(row.transaction(), moment))
    }
}
