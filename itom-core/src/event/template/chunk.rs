//! Lines compared word by word where their punctuation differs.
//!
//! A value is mostly one word between spaces. Where one line has `10.0.0.1` another may have
//! `LOCAL(0)`: cut at its brackets it looks like a constant and a value. So a line whose elements
//! are not known is compared with those templates that have the same chunks, that is words between
//! spaces without the punctuation around them, if of every two that differ one is a single value
//! and the other has one in it.

use serde::{Deserialize, Serialize};

use super::element::Element;
use super::hash;

/// Constant words that two lines must share to be compared at all.
const LEAST_WORDS: usize = 2;

/// A place that is variable though it does not look so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Opening {
    /// The number of the chunk.
    pub chunk: u32,
    /// The number of the element in the chunk; the whole chunk less its punctuation if none.
    pub element: Option<u32>,
}

/// A chunk: the elements of a line from `start` to `end`, those from `inner` to `outer` without the
/// punctuation around.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    start: usize,
    inner: usize,
    outer: usize,
    end: usize,
}

impl Chunk {
    fn is_single_slot(&self, elements: &[Element]) -> bool {
        self.outer == self.inner + 1 && elements[self.inner].slot
    }

    fn has_slot(&self, elements: &[Element]) -> bool {
        elements[self.start..self.end].iter().any(|element| element.slot)
    }
}

fn chunks(elements: &[Element]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < elements.len() {
        let rest = &elements[start + 1..];
        let end = start + 1 + rest.iter().take_while(|element| element.glued).count();
        let is_mark = |place: &usize| !elements[*place].slot && !elements[*place].word;
        let inner = start + (start..end).take_while(is_mark).count();
        let mut outer = end - (inner..end).rev().take_while(is_mark).count();
        // What is opened in the chunk is closed in it: `LOCAL(0),` goes to its bracket.
        let opened = |place: &usize| is_one_of(&elements[*place], b"([{");
        let closed = |place: &usize| is_one_of(&elements[*place], b")]}");
        let open = (inner..outer).filter(opened).count();
        let shut = (inner..outer).filter(closed).count();
        if let Some(missing) = open.checked_sub(shut).filter(|missing| *missing > 0) {
            let last = (outer..end).filter(closed).nth(missing - 1);
            outer = last.map_or(outer, |last| last + 1);
        }
        chunks.push(Chunk { start, inner, outer, end });
        start = end;
    }
    chunks
}

/// Whether an element is one of these marks.
fn is_one_of(element: &Element, marks: &[u8]) -> bool {
    !element.slot && !element.word && marks.iter().any(|&mark| u64::from(mark) == element.hash)
}

/// The hash that lines share which may be compared; none if they have too little in common.
pub(super) fn outline(elements: &[Element]) -> Option<u64> {
    let mut outline = 0;
    let mut words = 0;
    for chunk in chunks(elements) {
        outline = hash::join(outline, u64::from(b' '));
        if !chunk.has_slot(elements) {
            for element in &elements[chunk.start..chunk.end] {
                outline = hash::join(outline, element.hash);
                words += usize::from(element.word);
            }
            continue;
        }
        let around = elements[chunk.start..chunk.inner].iter();
        for mark in around.chain(&elements[chunk.outer..chunk.end]) {
            outline = hash::join(outline, mark.hash);
        }
        outline = hash::join(outline, hash::ANY);
    }
    (words >= LEAST_WORDS).then_some(outline)
}

/// The chunks in which a line differs from a template of the same outline; none if one of them
/// differs in more than a value.
pub(super) fn differences(template: &[Element], line: &[Element]) -> Option<Vec<Opening>> {
    let (ours, theirs) = (chunks(template), chunks(line));
    if ours.len() != theirs.len() {
        return None;
    }
    let mut openings = Vec::new();
    for (number, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        let hashes = |elements: &[Element], chunk: &Chunk| {
            hash::sequence(elements[chunk.start..chunk.end].iter().map(|element| element.hash))
        };
        if hashes(template, a) == hashes(line, b) {
            continue;
        }
        if !a.is_single_slot(template) && !b.is_single_slot(line) {
            return None;
        }
        openings.push(Opening { chunk: number as u32, element: None });
    }
    Some(openings)
}

/// The opening that makes one element variable.
pub(super) fn opening_at(elements: &[Element], place: usize) -> Opening {
    let chunks = chunks(elements);
    let chunk = chunks.partition_point(|chunk| chunk.end <= place);
    let start = chunks.get(chunk).map_or(0, |chunk| chunk.start);
    Opening { chunk: chunk as u32, element: Some((place - start) as u32) }
}

/// Makes slots of what the openings of a template say; they are in order.
pub(super) fn open(elements: &mut Vec<Element>, openings: &[Opening]) {
    if openings.is_empty() {
        return;
    }
    let mut opened = Vec::with_capacity(elements.len());
    for (number, chunk) in chunks(elements).iter().enumerate() {
        let first = openings.partition_point(|opening| (opening.chunk as usize) < number);
        let ours = openings[first..].iter().take_while(|o| o.chunk as usize == number);
        let whole = ours.clone().any(|opening| opening.element.is_none());
        if whole && chunk.inner < chunk.outer {
            opened.extend_from_slice(&elements[chunk.start..chunk.inner]);
            opened.push(joined(&elements[chunk.inner..chunk.outer]));
            opened.extend_from_slice(&elements[chunk.outer..chunk.end]);
            continue;
        }
        let from = opened.len();
        opened.extend_from_slice(&elements[chunk.start..chunk.end]);
        for opening in ours {
            let place = opening.element.map_or(opened.len(), |element| from + element as usize);
            if let Some(element) = opened.get_mut(place) {
                *element = joined(&[*element]);
            }
        }
    }
    *elements = opened;
}

/// One slot over several elements.
fn joined(elements: &[Element]) -> Element {
    let (first, last) = (elements[0], elements[elements.len() - 1]);
    Element { end: last.end, hash: hash::ANY, slot: true, word: false, ..first }
}
