//! The whole history as bytes, to be opened without reading them.
//!
//! A checkpoint holds the columns, rows and dictionaries as they are, page by page ([`sheet`]), so
//! that opening takes a step a page and none a row; what a page says is read when it is asked for
//! ([`Lazy`](super::lazy::Lazy)). Only the ids have an index in it; those of values and relations
//! are made by the first write or search that needs them.
//!
//! Every number that refers to something is bounded when the checkpoint is opened, from the headers
//! of its pages: whatever the bytes say, reading never leaves what is there and never goes on for
//! ever. That they say what the log says is not looked at: who writes a checkpoint with the right
//! checksum is believed. `FORMAT.md` beside the storage has every byte.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::column::Column;
use super::paged::{Paged, Stored};
use super::pages::{Pages, put_sized};
use super::relations::{GroupRow, RelationRow};
use super::rows::{AGREES, CLASS, Row};
use super::shapes::Shapes;
use super::sheet::{self, Sheet};
use super::symbols::Symbols;
use super::{Entry, History, NONE, Numbers, Timestamp};
use crate::cmdb::model::ClassModel;
use crate::cmdb::reconcile::{Control, RowSet, SavedControl};
use crate::cmdb::storage::{
    Reader, numbers, put_numbers, put_transactions, put_varint, transactions,
};
use crate::cmdb::{Change, Transaction};
use crate::{Error, ErrorKind, Result};

const MAGIC: &[u8; 4] = b"ITCP";
/// The version of the format of checkpoints.
const VERSION: u16 = 1;

/// What was said beside items and relations.
#[derive(Serialize, Deserialize)]
enum Said {
    #[serde(rename = "C")]
    Change(Box<Change>),
    #[serde(rename = "S")]
    Seen(RowSet),
}

/// The numbers of things, which come first.
struct Counts {
    words: u32,
    items: u32,
    transactions: u32,
    rows: u32,
    groups: u32,
    relations: u32,
    columns: u32,
}

impl History {
    /// The history as a checkpoint; no transaction may be under way.
    pub(in crate::cmdb) fn checkpoint(&self) -> Vec<u8> {
        debug_assert_eq!(self.sources.len(), self.transactions.len());
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&VERSION.to_le_bytes());
        let columns = || self.columns.iter();
        for count in [
            self.words.len(),
            self.items as usize,
            self.transactions.len(),
            self.rows.len(),
            self.groups.len(),
            self.relations.len(),
            columns().count(),
        ] {
            put_varint(&mut out, count as u64);
        }
        self.words.put(&mut out);
        self.ids.put(&mut out);
        self.ids.put_index(&mut out);
        self.transactions.put(&mut out);
        self.instants.put(&mut out);
        self.latest.put(&mut out);
        self.sources.put(&mut out);
        let shapes = self.shapes.put(&mut out);
        debug_assert!(shapes > 0, "the empty shape is always there");
        [&self.heads, &self.classes, &self.created, &self.shape_of]
            .iter()
            .for_each(|column| column.put(&mut out));
        for (word, column) in columns() {
            put_varint(&mut out, u64::from(word));
            put_varint(&mut out, column.values.len() as u64);
            column.values.put(&mut out);
            column.codes.put(&mut out);
        }
        self.rows.put(&mut out);
        self.groups.put(&mut out);
        self.relations.put(&mut out);
        put_cbor(&mut out, &self.control.saved(self.items, self.words.len() as u32));
        put_cbor(&mut out, &self.saved_controls());
        out
    }

    fn saved_controls(&self) -> Vec<(u32, Said)> {
        let said = |(by, entry): &(u32, Entry)| match entry {
            Entry::Confirm(rows) => Some((*by, Said::Seen(RowSet::clone(rows)))),
            Entry::Control(change) => Some((*by, Said::Change(Box::new(Change::clone(change))))),
            _ => None,
        };
        self.controls.iter().filter_map(said).collect()
    }

    /// The history of a checkpoint.
    pub(in crate::cmdb) fn from_checkpoint(bytes: Vec<u8>) -> Result<Self> {
        let all = Arc::new(bytes);
        let mut pages = Pages::new(&all);
        if pages.reader().take(4)? != MAGIC {
            return Err(corrupt("it does not begin with ITCP"));
        }
        let version = pages.reader().take(2)?;
        if version != VERSION.to_le_bytes() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a checkpoint of version {}.{}, this reads 1", version[0], version[1]),
            ));
        }
        let counts = Counts::read(&mut pages)?;
        let history = History::take_over(&mut pages, &counts)?;
        if !pages.reader().is_empty() {
            return Err(corrupt("bytes are left over"));
        }
        Ok(history)
    }

    fn take_over(pages: &mut Pages<'_>, counts: &Counts) -> Result<Self> {
        let &Counts { words, items, transactions, rows, groups, relations, .. } = counts;
        let mut history = History { items, ..History::default() };
        history.words = Symbols::stored(pages, words)?;
        history.ids = Symbols::stored(pages, items)?;
        history.ids.take_index(pages)?;
        let log = transactions as usize;
        history.transactions = Paged::stored(pages, log, &())?;
        history.instants = Paged::stored(pages, log, &())?;
        history.latest = Paged::stored(pages, log, &())?;
        history.sources = Paged::stored(pages, log, &words)?;
        let shapes;
        (history.shapes, shapes) = Shapes::stored(pages, words)?;
        history.heads = Numbers::stored(pages, items, rows)?;
        history.classes = Numbers::stored(pages, items, words)?;
        history.created = Numbers::stored(pages, items, transactions)?;
        history.shape_of = Numbers::stored(pages, items, shapes - 1)?;
        history.read_columns(pages, counts)?;
        history.rows = Paged::stored(
            pages,
            rows as usize,
            &[
                rows,
                transactions.saturating_mul(2).saturating_sub(1),
                words.saturating_add(KINDS - 1),
                u32::MAX,
                words,
            ],
        )?;
        let (last_item, last_word) = (items.saturating_sub(1), words.saturating_sub(1));
        history.groups = Paged::stored(pages, groups as usize, &[last_item, last_word, relations])?;
        history.relations = Paged::stored(
            pages,
            relations as usize,
            &[last_item, last_word, last_item, groups, rows, relations],
        )?;
        let control: SavedControl = cbor(pages)?;
        history.control = Control::from_saved(control, [items, words, relations, transactions])
            .ok_or_else(|| corrupt("its rules, locks or merges refer to nothing"))?;
        history.read_controls(cbor(pages)?, counts)?;
        Ok(history)
    }

    fn read_columns(&mut self, pages: &mut Pages<'_>, counts: &Counts) -> Result<()> {
        let mut next = 0;
        for _ in 0..counts.columns {
            let word = pages.reader().varint()?;
            if word >= u64::from(counts.words) || word < next {
                return Err(corrupt("an attribute without a name"));
            }
            let values = count(pages)?;
            let values_of = Symbols::stored(pages, values)?;
            let codes = Numbers::stored(pages, counts.items, values)?;
            self.columns.put(word as u32, Column { values: values_of, codes });
            next = word + 1;
        }
        Ok(())
    }

    fn read_controls(&mut self, said: Vec<(u32, Said)>, counts: &Counts) -> Result<()> {
        for (by, said) in said {
            let entry = match said {
                _ if by >= counts.transactions => None,
                Said::Seen(rows) => {
                    rows.is_within(counts.items).then(|| Entry::Confirm(Arc::new(rows)))
                }
                Said::Change(change) => {
                    if let Change::SetModel(model) = &*change {
                        let model = ClassModel::new((**model).clone())?;
                        self.models.push((by, Arc::new(model)));
                    }
                    Some(Entry::Control(Arc::new(*change)))
                }
            };
            self.controls
                .push((by, entry.ok_or_else(|| corrupt("it confirms what is not there"))?));
        }
        Ok(())
    }
}

impl Counts {
    fn read(pages: &mut Pages<'_>) -> Result<Self> {
        let mut next = || count(pages);
        let counts = Counts {
            words: next()?,
            items: next()?,
            transactions: next()?,
            rows: next()?,
            groups: next()?,
            relations: next()?,
            columns: next()?,
        };
        let Counts { words, items, transactions, rows, groups, relations, .. } = counts;
        let has_ends = items > 0 && words > 0 || relations == 0 && groups == 0;
        if !has_ends || transactions == 0 && rows > 0 {
            return Err(corrupt("rows that belong to nothing"));
        }
        Ok(counts)
    }
}

fn corrupt(why: &str) -> Error {
    Error::corrupt("checkpoint", why)
}

fn count(pages: &mut Pages<'_>) -> Result<u32> {
    let number = u32::try_from(pages.reader().varint()?).ok();
    number.filter(|number| *number < NONE / 2).ok_or_else(|| corrupt("it claims too much"))
}

fn put_cbor<T: Serialize>(out: &mut Vec<u8>, what: &T) {
    let mut bytes = Vec::new();
    ciborium::into_writer(what, &mut bytes).expect("it can be written as CBOR");
    put_sized(out, &bytes);
}

fn cbor<T: serde::de::DeserializeOwned>(pages: &mut Pages<'_>) -> Result<T> {
    ciborium::from_reader(pages.sized()?).map_err(|why| Error::corrupt("checkpoint", why))
}

// ---------------------------------------------------------------- rows in columns

/// A row of so many numbers.
trait Cells<const N: usize> {
    fn cells(&self) -> [u32; N];
    fn of(cells: [u32; N]) -> Self;
}

fn put_cells<const N: usize, T: Cells<N>>(all: &[T], out: &mut Vec<u8>) {
    for n in 0..N {
        let column: Vec<u32> = all.iter().map(|row| row.cells()[n]).collect();
        sheet::put_numbers(out, &column);
    }
}

fn check_cells<const N: usize>(
    reader: &mut Reader<'_>,
    count: usize,
    most: &[u32; N],
) -> Result<()> {
    for most in most {
        if Sheet::read(reader, count)?.most() > *most {
            return Err(corrupt("a number that refers to nothing"));
        }
    }
    if reader.is_empty() { Ok(()) } else { Err(corrupt("a page is too long")) }
}

fn read_cells<const N: usize, T: Cells<N>>(bytes: &[u8], count: usize) -> Vec<T> {
    let reader = &mut Reader::new(bytes);
    // They were checked when the checkpoint was opened.
    let sheets: [_; N] = std::array::from_fn(|_| {
        Sheet::read(reader, count).map_or([0; sheet::PAGE], |sheet| sheet.numbers())
    });
    (0..count).map(|row| T::of(std::array::from_fn(|n| sheets[n][row]))).collect()
}

macro_rules! stored_as_cells {
    ($row:ty, $n:literal) => {
        impl Stored for $row {
            type Bounds = [u32; $n];

            fn put(all: &[Self], out: &mut Vec<u8>) {
                put_cells(all, out);
            }

            fn check(reader: &mut Reader<'_>, count: usize, most: &[u32; $n]) -> Result<()> {
                check_cells(reader, count, most)
            }

            fn read(bytes: &[u8], count: usize) -> Vec<Self> {
                read_cells(bytes, count)
            }
        }
    };
}

stored_as_cells!(Row, 5);
stored_as_cells!(RelationRow, 6);
stored_as_cells!(GroupRow, 3);

/// What a row says that is no attribute.
const KINDS: u32 = u32::MAX - AGREES + 1;

/// The row before, the transaction, what is said (five kinds, then words), and as what: a class
/// stands apart from the rest, for it is a word.
impl Cells<5> for Row {
    fn cells(&self) -> [u32; 5] {
        let [older, transaction, what, code] = self.parts();
        let (code, class) = if what == CLASS { (0, code.wrapping_add(1)) } else { (code, 0) };
        let what = what.wrapping_add(KINDS);
        [older.wrapping_add(1), transaction.rotate_left(1), what, code, class]
    }

    fn of([older, transaction, what, code, class]: [u32; 5]) -> Self {
        let what = what.wrapping_sub(KINDS);
        let code = if what == CLASS { class.wrapping_sub(1) } else { code };
        Row::of([older.wrapping_sub(1), transaction.rotate_right(1), what, code])
    }
}

impl Cells<6> for RelationRow {
    fn cells(&self) -> [u32; 6] {
        let [source, kind, target, group, newest, next] = self.parts();
        [source, kind, target, group.wrapping_add(1), newest.wrapping_add(1), next.wrapping_add(1)]
    }

    fn of([source, kind, target, group, newest, next]: [u32; 6]) -> Self {
        let [group, newest, next] = [group, newest, next].map(|n| n.wrapping_sub(1));
        RelationRow::of([source, kind, target, group, newest, next])
    }
}

impl Cells<3> for GroupRow {
    fn cells(&self) -> [u32; 3] {
        [self.owner, self.name, self.first.wrapping_add(1)]
    }

    fn of([owner, name, first]: [u32; 3]) -> Self {
        GroupRow { owner, name, first: first.wrapping_sub(1) }
    }
}

/// The words of sources.
impl Stored for u32 {
    type Bounds = u32;

    fn put(all: &[Self], out: &mut Vec<u8>) {
        sheet::put_numbers(out, &all.iter().map(|word| word.wrapping_add(1)).collect::<Vec<_>>());
    }

    fn check(reader: &mut Reader<'_>, count: usize, words: &u32) -> Result<()> {
        check_cells(reader, count, &[*words])
    }

    fn read(bytes: &[u8], count: usize) -> Vec<Self> {
        let sheet = Sheet::read(&mut Reader::new(bytes), count);
        let words = sheet.map_or([0; sheet::PAGE], |sheet| sheet.numbers());
        words[..count].iter().map(|word| word.wrapping_sub(1)).collect()
    }
}

impl Stored for Timestamp {
    type Bounds = ();

    fn put(all: &[Self], out: &mut Vec<u8>) {
        put_numbers(out, &all.iter().map(|at| at.as_nanos()).collect::<Vec<_>>());
    }

    fn check(_: &mut Reader<'_>, _: usize, (): &()) -> Result<()> {
        Ok(())
    }

    fn read(bytes: &[u8], count: usize) -> Vec<Self> {
        let nanos = numbers(&mut Reader::new(bytes), count).unwrap_or_else(|_| vec![0; count]);
        nanos.into_iter().map(Timestamp::from_nanos).collect()
    }
}

impl Stored for Arc<Transaction> {
    type Bounds = ();

    fn put(all: &[Self], out: &mut Vec<u8>) {
        put_transactions(out, &all.iter().map(|one| (&**one, 0)).collect::<Vec<_>>());
    }

    fn check(_: &mut Reader<'_>, _: usize, (): &()) -> Result<()> {
        Ok(())
    }

    fn read(bytes: &[u8], count: usize) -> Vec<Self> {
        let read = transactions(&mut Reader::new(bytes)).map(|(all, _)| all).unwrap_or_default();
        let mut all: Vec<_> = read.into_iter().map(Arc::new).collect();
        all.resize_with(count, Arc::default);
        all
    }
}
