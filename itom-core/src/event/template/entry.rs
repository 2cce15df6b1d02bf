//! A template as the miner keeps it.

use serde::{Deserialize, Serialize};

use super::chunk::{self, Opening};
use super::element::Element;
use super::rate::Rate;
use super::reader::Reader;
use super::shape::PLACEHOLDER;
use super::slot::Slot;
use crate::snapshot::{Blob, stable_hash};

/// Keys of lines that are remembered besides its own; then the oldest is replaced.
const MOST_ALIASES: usize = 64;
/// Ids are below 2^53, so that a double, an `i64` and JSON hold them exactly.
const ID_BITS: u64 = (1 << 53) - 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub id: u64,
    /// The first line, as far as it was looked at.
    pub birth: Blob,
    /// Whether that was less than all of it.
    pub cut: bool,
    /// The key of the first line.
    pub key: u64,
    /// Keys of other lines that belong to it.
    pub aliases: Vec<u64>,
    /// The place of the next alias once there are as many as may be.
    next_alias: u32,
    /// In order.
    pub openings: Vec<Opening>,
    pub slots: Vec<Slot>,
    pub count: u64,
    /// Numbers of its first and last line, from 1.
    pub first: u64,
    pub last: u64,
    pub rate: Rate,
}

impl Entry {
    /// The template of the line that was read, the openings of which are made already.
    pub(super) fn new(line: &[u8], reader: &Reader, openings: Vec<Opening>, number: u64) -> Entry {
        let elements = &reader.elements;
        Entry {
            id: identity(line, elements, reader.cut),
            birth: Blob(line.to_vec()),
            cut: reader.cut,
            key: reader.key,
            aliases: Vec::new(),
            next_alias: 0,
            openings,
            slots: slots(elements).map(|slot| Slot::new(slot.of(line))).collect(),
            count: 0,
            first: number,
            last: number,
            rate: Rate::default(),
        }
    }

    /// Takes in a line of its kind.
    #[inline]
    pub(super) fn learn(&mut self, line: &[u8], elements: &[Element], number: u64) {
        self.count += 1;
        self.last = number;
        self.rate.since += 1;
        for (slot, element) in self.slots.iter_mut().zip(slots(elements)) {
            slot.learn(element.of(line), self.count);
        }
    }

    /// Remembers the key of a line of its kind; gives back the key that is forgotten for it.
    pub(super) fn add_alias(&mut self, key: u64) -> Option<u64> {
        if self.aliases.len() < MOST_ALIASES {
            self.aliases.push(key);
            return None;
        }
        let place = self.next_alias as usize % MOST_ALIASES;
        self.next_alias = (place as u32 + 1) % MOST_ALIASES as u32;
        Some(std::mem::replace(&mut self.aliases[place], key))
    }

    /// Adds openings; what is known of the slots that stay is kept.
    pub(super) fn open(&mut self, openings: &[Opening], reader: &mut Reader) {
        let before = self.elements(reader);
        self.openings.extend_from_slice(openings);
        self.openings.sort_unstable();
        self.openings.dedup();
        let after = self.elements(reader);
        let known: Vec<(&Element, &Slot)> = slots(&before).zip(&self.slots).collect();
        let opened = slots(&after).map(|slot| {
            let same = known.iter().find(|(old, _)| (old.start, old.end) == (slot.start, slot.end));
            same.map_or_else(|| Slot::new(slot.of(&self.birth.0)), |(_, known)| (*known).clone())
        });
        self.slots = opened.collect();
    }

    /// The elements of its first line.
    pub(super) fn elements(&self, reader: &mut Reader) -> Vec<Element> {
        reader.read(&self.birth.0);
        let mut elements = reader.elements.clone();
        chunk::open(&mut elements, &self.openings);
        elements
    }

    /// The text, with placeholders for what varies.
    pub(super) fn text(&self, reader: &mut Reader) -> String {
        let line = &self.birth.0;
        let mut text = String::new();
        let mut place = 0;
        for (element, slot) in slots(&self.elements(reader)).zip(&self.slots) {
            text.push_str(&String::from_utf8_lossy(&line[place..element.start as usize]));
            text.push_str(&slot.text());
            place = element.end as usize;
        }
        text.push_str(&String::from_utf8_lossy(&line[place..]));
        text + if self.cut { PLACEHOLDER } else { "" }
    }

    /// Takes in what another miner knows of the same template.
    pub(super) fn merge(&mut self, other: &Entry, reader: &mut Reader) {
        let mut other = other.clone();
        self.open(&other.openings, reader);
        other.open(&self.openings, reader);
        if self.slots.len() == other.slots.len() {
            self.slots.iter_mut().zip(&other.slots).for_each(|(ours, theirs)| ours.merge(theirs));
        }
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.rate.merge(&other.rate);
    }

    /// Whether a restored one can have been written.
    pub(super) fn is_sound(&self, reader: &mut Reader) -> bool {
        let elements = self.elements(reader);
        self.slots.len() == slots(&elements).count()
            && self.key == reader.key_if(self.cut)
            && self.aliases.len() <= MOST_ALIASES
            && self.openings.is_sorted()
            && self.first <= self.last
            && self.rate.is_sound()
    }
}

/// The elements that are slots.
pub(super) fn slots(elements: &[Element]) -> impl Iterator<Item = &Element> {
    elements.iter().filter(|element| element.slot)
}

/// The id of a template: a hash of its constants and of where its slots are, so that the same
/// template has the same id on every machine.
pub(super) fn identity(line: &[u8], elements: &[Element], cut: bool) -> u64 {
    let mut text = Vec::with_capacity(line.len());
    for element in elements {
        if element.slot {
            text.push(1);
        } else {
            text.extend_from_slice(element.of(line));
        }
        text.push(0);
    }
    text.extend_from_slice(if cut { b"2" } else { b"" });
    (stable_hash(&text) & ID_BITS).max(1)
}
