//! The columns of all attributes, by word.
//!
//! Copies of a history share them. A transaction takes those it writes to out of what is shared,
//! once, and puts them back when it ends; so a value costs no look at who else holds its column.

use std::sync::Arc;

use super::column::Column;

#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// Only attributes have one.
    by_word: Vec<Option<Held>>,
    /// The words of the columns the transaction under way writes to.
    open: Vec<u32>,
    /// How many items there were before it.
    items: u32,
}

#[derive(Clone, Debug)]
enum Held {
    Shared(Arc<Column>),
    Open(Box<Open>),
}

#[derive(Clone, Debug)]
struct Open {
    column: Column,
    /// How many values it had before.
    values: usize,
}

impl Default for Held {
    fn default() -> Self {
        Held::Shared(Arc::default())
    }
}

impl Columns {
    pub(super) fn begin(&mut self, items: u32) {
        self.items = items;
    }

    #[inline]
    pub(super) fn get(&self, word: u32) -> Option<&Column> {
        match self.by_word.get(word as usize)?.as_ref()? {
            Held::Shared(column) => Some(column),
            Held::Open(open) => Some(&open.column),
        }
    }

    /// The columns by word, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Column)> {
        (0..self.by_word.len() as u32).filter_map(|word| Some((word, self.get(word)?)))
    }

    /// Takes over a column that was kept.
    pub(super) fn put(&mut self, word: u32, column: Column) {
        let place = word as usize;
        if place >= self.by_word.len() {
            self.by_word.resize_with(place + 1, || None);
        }
        self.by_word[place] = Some(Held::Shared(Arc::new(column)));
    }

    /// The column of an attribute to write to, made if there is none.
    #[inline]
    pub(super) fn get_mut(&mut self, word: u32) -> &mut Column {
        if !matches!(self.by_word.get(word as usize), Some(Some(Held::Open(_)))) {
            self.open(word);
        }
        match &mut self.by_word[word as usize] {
            Some(Held::Open(open)) => &mut open.column,
            _ => unreachable!("it was opened"),
        }
    }

    #[cold]
    fn open(&mut self, word: u32) {
        let place = word as usize;
        if place >= self.by_word.len() {
            self.by_word.resize_with(place + 1, || None);
        }
        if let Held::Shared(shared) = self.by_word[place].take().unwrap_or_default() {
            let mut column = Arc::unwrap_or_clone(shared);
            column.codes.begin(self.items);
            let values = column.values.len();
            self.by_word[place] = Some(Held::Open(Box::new(Open { column, values })));
            self.open.push(word);
        }
    }

    pub(super) fn commit(&mut self) {
        self.close(|open, _| open.column.codes.settle());
    }

    /// Takes back what the transaction wrote to new items, and the columns it made for words behind
    /// the first so many.
    pub(super) fn roll_back(&mut self, words: usize) {
        self.close(|open, items| {
            open.column.codes.truncate(items);
            open.column.values.truncate(open.values);
        });
        self.by_word.truncate(words);
    }

    fn close(&mut self, mut end: impl FnMut(&mut Open, u32)) {
        for word in std::mem::take(&mut self.open) {
            let held = &mut self.by_word[word as usize];
            if let Some(Held::Open(mut open)) = held.take() {
                end(&mut open, self.items);
                *held = Some(Held::Shared(Arc::new(open.column)));
            }
        }
    }
}
