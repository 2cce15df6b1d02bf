//! A part of a block: up to 65,536 changes, in columns.
//!
//! The order of changes is kept as runs of kinds. Items are put by shape (class and which attributes)
//! and each attribute is a column over the items that put it; relations are columns of their ends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::bytes::{Reader, put_bytes, put_varint};
use super::numbers::{indices, put_numbers};
use super::text::{Names, Texts};
use super::value::{Cursor, ValueColumn, Values, put_values};
use crate::cmdb::history::{History, NONE};
use crate::cmdb::{Change, ConfirmItems, PutItem, PutRelation, RemoveItem, RemoveRelation, Value};
use crate::{Error, Result};

/// Changes of one part.
pub(super) const MOST_CHANGES: usize = 1 << 16;
/// Attributes put and bytes of text after which a part is closed.
const MOST_CELLS: usize = 1 << 20;

const PUT_ITEM: i64 = 0;
const REMOVE_ITEM: i64 = 1;
const PUT_RELATION: i64 = 2;
const REMOVE_RELATION: i64 = 3;
const CONFIRM: i64 = 4;
/// Any other change, in CBOR.
const OTHER: i64 = 5;
const KINDS: usize = 6;

/// Changes that are gathered to be written.
#[derive(Debug, Default)]
pub(super) struct PartWriter<'a> {
    words: Names<'a>,
    ids: Names<'a>,
    kinds: Vec<i64>,
    /// Of items put: the item, the shape.
    items: [Vec<i64>; 2],
    /// Class (0 for none, else one more than its word), then attributes.
    shapes: BTreeMap<Vec<u32>, u32>,
    shapes_in_order: Vec<Vec<u32>>,
    columns: Vec<Column<'a>>,
    /// For words of a history their number here, [`NONE`] where there is none yet.
    known_words: Vec<u32>,
    removed: Vec<i64>,
    /// Source, kind, target, group (0 for none, else one more than its word), min_up.
    relations: [Vec<i64>; 5],
    removed_relations: [Vec<i64>; 4],
    confirmed: [Vec<i64>; 2],
    others: Vec<Vec<u8>>,
    cells: usize,
}

/// The values of one attribute: which there are, and for each item which it is.
#[derive(Debug, Default)]
struct Column<'a> {
    values: Vec<Cow<'a, Value>>,
    of: Vec<u32>,
    /// By the code that a history has for a value its number here.
    numbers: HashMap<u32, u32>,
}

impl<'a> PartWriter<'a> {
    pub(super) fn is_full(&self) -> bool {
        self.kinds.len() >= MOST_CHANGES || self.cells >= MOST_CELLS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub(super) fn put_item(
        &mut self,
        id: &'a str,
        class: Option<&'a str>,
        attributes: impl Iterator<Item = (&'a str, &'a Value)>,
    ) {
        let mut shape = vec![class.map_or(0, |class| self.words.number(class) + 1)];
        for (name, value) in attributes {
            let word = self.words.number(name);
            shape.push(word);
            let column = self.column(word);
            column.of.push(column.values.len() as u32);
            column.values.push(Cow::Borrowed(value));
        }
        self.put_shape(id, shape);
    }

    /// The same by the numbers that a history has for words and values.
    pub(super) fn put_coded_item(
        &mut self,
        history: &'a History,
        (item, class): (u32, u32),
        attributes: &[(u32, u32)],
    ) {
        let mut shape = Vec::with_capacity(attributes.len() + 1);
        shape.push(if class == NONE { 0 } else { self.known_word(history, class) + 1 });
        for &(name, code) in attributes {
            let word = self.known_word(history, name);
            shape.push(word);
            let column = self.column(word);
            let values = &mut column.values;
            let number = *column.numbers.entry(code).or_insert_with(|| {
                values.push(Cow::Owned(history.value(name, code)));
                values.len() as u32 - 1
            });
            column.of.push(number);
        }
        self.put_shape(history.ids.text(item), shape);
    }

    fn known_word(&mut self, history: &'a History, word: u32) -> u32 {
        let place = word as usize;
        if self.known_words.len() <= place {
            self.known_words.resize(place + 1, NONE);
        }
        if self.known_words[place] == NONE {
            self.known_words[place] = self.words.number(history.words.text(word));
        }
        self.known_words[place]
    }

    fn column(&mut self, word: u32) -> &mut Column<'a> {
        let place = word as usize;
        if self.columns.len() <= place {
            self.columns.resize_with(place + 1, Column::default);
        }
        &mut self.columns[place]
    }

    fn put_shape(&mut self, id: &'a str, shape: Vec<u32>) {
        self.kinds.push(PUT_ITEM);
        self.cells += shape.len();
        let item = self.ids.number(id);
        let number = match self.shapes.get(&shape) {
            Some(number) => *number,
            None => {
                let number = self.shapes_in_order.len() as u32;
                self.shapes_in_order.push(shape.clone());
                self.shapes.insert(shape, number);
                number
            }
        };
        self.items[0].push(i64::from(item));
        self.items[1].push(i64::from(number));
    }

    pub(super) fn remove_item(&mut self, id: &'a str) {
        self.kinds.push(REMOVE_ITEM);
        self.removed.push(i64::from(self.ids.number(id)));
    }

    fn ends(&mut self, (source, kind, target): Ends<'a>, group: Option<&'a str>) -> [i64; 4] {
        let group = group.map_or(0, |group| i64::from(self.words.number(group)) + 1);
        let (source, target) = (self.ids.number(source), self.ids.number(target));
        [i64::from(source), i64::from(self.words.number(kind)), i64::from(target), group]
    }

    pub(super) fn put_relation(&mut self, ends: Ends<'a>, group: Option<(&'a str, u32)>) {
        self.kinds.push(PUT_RELATION);
        let row = self.ends(ends, group.map(|(group, _)| group));
        self.relations.iter_mut().zip(row).for_each(|(column, n)| column.push(n));
        self.relations[4].push(group.map_or(0, |(_, min_up)| i64::from(min_up)));
    }

    pub(super) fn remove_relation(&mut self, ends: Ends<'a>, group: Option<&'a str>) {
        self.kinds.push(REMOVE_RELATION);
        let row = self.ends(ends, group);
        self.removed_relations.iter_mut().zip(row).for_each(|(column, n)| column.push(n));
    }

    pub(super) fn confirm(&mut self, ids: impl Iterator<Item = &'a str>) {
        self.kinds.push(CONFIRM);
        let before = self.confirmed[1].len();
        for id in ids {
            let id = self.ids.number(id);
            self.confirmed[1].push(i64::from(id));
        }
        let count = self.confirmed[1].len() - before;
        self.confirmed[0].push(count as i64);
        self.cells += count;
    }

    pub(super) fn other(&mut self, change: &Change) {
        self.kinds.push(OTHER);
        let mut bytes = Vec::new();
        ciborium::into_writer(change, &mut bytes).expect("a change can be written as CBOR");
        self.others.push(bytes);
    }

    pub(super) fn finish(self, out: &mut Vec<u8>) {
        let mut part = Vec::new();
        put_varint(&mut part, self.kinds.len() as u64);
        self.words.texts.put(&mut part);
        self.ids.texts.put(&mut part);
        put_numbers(&mut part, &self.kinds);
        put_varint(&mut part, self.shapes_in_order.len() as u64);
        for shape in &self.shapes_in_order {
            put_varint(&mut part, u64::from(shape[0]));
            put_varint(&mut part, shape.len() as u64 - 1);
            shape[1..].iter().for_each(|word| put_varint(&mut part, u64::from(*word)));
        }
        self.items.iter().for_each(|column| put_numbers(&mut part, column));
        for column in self.columns.iter().filter(|column| !column.of.is_empty()) {
            let values: Vec<&Value> = column.values.iter().map(Cow::as_ref).collect();
            let differ = !column.numbers.is_empty();
            put_values(&mut part, Values { values: &values, of: &column.of, differ });
        }
        put_numbers(&mut part, &self.removed);
        self.relations.iter().for_each(|column| put_numbers(&mut part, column));
        self.removed_relations.iter().for_each(|column| put_numbers(&mut part, column));
        self.confirmed.iter().for_each(|column| put_numbers(&mut part, column));
        self.others.iter().for_each(|bytes| put_bytes(&mut part, bytes));
        put_bytes(out, &part);
    }
}

/// Source, kind and target of a relation.
pub(super) type Ends<'a> = (&'a str, &'a str, &'a str);

/// A class, and the attributes put with it.
#[derive(Debug)]
struct Shape {
    class: Option<u32>,
    attributes: Vec<u32>,
}

/// A part that was read.
#[derive(Debug)]
pub(in crate::cmdb) struct Part {
    words: Texts,
    ids: Texts,
    kinds: Vec<u32>,
    shapes: Vec<Shape>,
    items: [Vec<u32>; 2],
    /// By word; `None` where it is no attribute.
    columns: Vec<Option<ValueColumn>>,
    removed: Vec<u32>,
    relations: [Vec<u32>; 5],
    removed_relations: [Vec<u32>; 4],
    confirmed: [Vec<u32>; 2],
    others: Vec<Change>,
}

impl Part {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let count = reader.varint()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= MOST_CHANGES);
        let count = count.ok_or_else(|| reader.wrong("more changes than a part may have"))?;
        // A change brings few names but for its attributes and the items that it confirms.
        let words = Texts::read(reader, usize::MAX >> 1)?;
        let ids = Texts::read(reader, usize::MAX >> 1)?;
        let kinds = indices(reader, count, KINDS)?;
        let mut counts = [0_usize; KINDS];
        kinds.iter().for_each(|kind| counts[*kind as usize] += 1);
        let [put, gone, related, unrelated, confirms, other] = counts;
        let shapes = shapes(reader, words.len())?;
        let items = [indices(reader, put, ids.len())?, indices(reader, put, shapes.len())?];
        let columns = columns(reader, &shapes, &items[1], words.len())?;
        let removed = indices(reader, gone, ids.len())?;
        let (things, names) = (ids.len(), words.len());
        let bounds = [things, names, things, names + 1, u32::MAX as usize];
        let relations = table(reader, related, bounds)?;
        let removed_relations = table(reader, unrelated, [things, names, things, names + 1])?;
        let sizes = indices(reader, confirms, things + 1)?;
        let confirmed_items = sizes.iter().map(|size| *size as usize).sum();
        let confirmed = [sizes, indices(reader, confirmed_items, things)?];
        let others = (0..other).map(|_| {
            let change: Result<Change, _> = ciborium::from_reader(reader.sized()?);
            change.map_err(|why| Error::corrupt("block of the log", why))
        });
        let others = others.collect::<Result<_>>()?;
        if !reader.is_empty() {
            return Err(reader.wrong("there is something behind its end"));
        }
        Ok(Part {
            words,
            ids,
            kinds,
            shapes,
            items,
            columns,
            removed,
            relations,
            removed_relations,
            confirmed,
            others,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The changes in words, in their order.
    pub(super) fn changes(&self) -> Changes<'_> {
        let cursors = self.columns.iter().map(|column| column.as_ref().map(ValueColumn::cursor));
        Changes { part: self, cursors: cursors.collect(), at: 0, next: [0; KINDS], confirmed: 0 }
    }

    fn id(&self, n: u32) -> String {
        self.ids.get(n as usize).to_owned()
    }

    fn word(&self, n: u32) -> String {
        self.words.get(n as usize).to_owned()
    }

    fn group(&self, n: u32) -> Option<String> {
        (n > 0).then(|| self.word(n - 1))
    }
}

fn table<const N: usize>(
    reader: &mut Reader<'_>,
    rows: usize,
    bounds: [usize; N],
) -> Result<[Vec<u32>; N]> {
    let mut table = [const { Vec::new() }; N];
    for (column, bound) in table.iter_mut().zip(bounds) {
        *column = indices(reader, rows, bound)?;
    }
    Ok(table)
}

fn shapes(reader: &mut Reader<'_>, words: usize) -> Result<Vec<Shape>> {
    let word = |reader: &mut Reader<'_>, bound: usize| {
        let word = reader.varint()?;
        let word = u32::try_from(word).ok().filter(|word| (*word as usize) < bound);
        word.ok_or_else(|| reader.wrong("a number that refers to nothing"))
    };
    let count = reader.count()?;
    let mut shapes = Vec::new();
    for _ in 0..count {
        let class = word(reader, words + 1)?.checked_sub(1);
        let attributes = reader.count()?;
        let attributes = (0..attributes).map(|_| word(reader, words)).collect::<Result<_>>()?;
        shapes.push(Shape { class, attributes });
    }
    Ok(shapes)
}

fn columns(
    reader: &mut Reader<'_>,
    shapes: &[Shape],
    shape_of: &[u32],
    words: usize,
) -> Result<Vec<Option<ValueColumn>>> {
    let mut uses = vec![0_usize; shapes.len()];
    shape_of.iter().for_each(|shape| uses[*shape as usize] += 1);
    let mut lengths = vec![0_usize; words];
    for (shape, uses) in shapes.iter().zip(uses) {
        for word in &shape.attributes {
            lengths[*word as usize] += uses;
        }
    }
    let mut columns = Vec::with_capacity(words);
    for length in lengths {
        columns.push(if length == 0 { None } else { Some(ValueColumn::read(reader, length)?) });
    }
    Ok(columns)
}

/// The changes of a part, one after the other.
#[derive(Debug)]
pub(in crate::cmdb) struct Changes<'a> {
    part: &'a Part,
    cursors: Vec<Option<Cursor<'a>>>,
    at: usize,
    next: [usize; KINDS],
    confirmed: usize,
}

impl Iterator for Changes<'_> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let part = self.part;
        let kind = *part.kinds.get(self.at)?;
        let n = self.next[kind as usize];
        self.at += 1;
        self.next[kind as usize] += 1;
        Some(match i64::from(kind) {
            PUT_ITEM => {
                let shape = &part.shapes[part.items[1][n] as usize];
                let mut attributes = BTreeMap::new();
                for word in &shape.attributes {
                    let value = self.cursors[*word as usize].as_mut().and_then(Iterator::next);
                    attributes.insert(part.word(*word), value.unwrap_or_default());
                }
                let class = shape.class.map(|class| part.word(class));
                {
                    let id = part.id(part.items[0][n]);
                    Change::PutItem(PutItem { id, class, attributes, ..PutItem::default() })
                }
            }
            REMOVE_ITEM => Change::RemoveItem(RemoveItem { id: part.id(part.removed[n]) }),
            PUT_RELATION => {
                let [sources, kinds, targets, groups, min_up] = &part.relations;
                let group = part.group(groups[n]);
                Change::PutRelation(PutRelation {
                    source: part.id(sources[n]),
                    kind: part.word(kinds[n]),
                    target: part.id(targets[n]),
                    min_up: group.is_some().then_some(min_up[n]),
                    group,
                    ..PutRelation::default()
                })
            }
            REMOVE_RELATION => {
                let [sources, kinds, targets, groups] = &part.removed_relations;
                Change::RemoveRelation(RemoveRelation {
                    source: part.id(sources[n]),
                    kind: part.word(kinds[n]),
                    target: part.id(targets[n]),
                    group: part.group(groups[n]),
                })
            }
            CONFIRM => {
                let from = self.confirmed;
                self.confirmed += part.confirmed[0][n] as usize;
                let ids = part.confirmed[1][from..self.confirmed].iter();
                Change::Confirm(ConfirmItems { ids: ids.map(|id| part.id(*id)).collect() })
            }
            _ => part.others[n].clone(),
        })
    }
}
