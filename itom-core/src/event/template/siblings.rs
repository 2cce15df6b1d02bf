//! Which words were seen in one place of otherwise equal lines.
//!
//! A line that is not known is remembered under what is left of it without one of its words, for
//! each of its words. When that was met with so many words that the place must be variable, a
//! template with a slot there is born; the templates before it keep their ids.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::element::Element;
use super::hash;

/// Words of a line that are tried.
const MOST_PLACES: usize = 24;
/// Words other than the one that varies, without which a line says too little.
const LEAST_WORDS: usize = 3;
/// How many are remembered for each template of the bound.
const PER_TEMPLATE: usize = 16;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sibling {
    /// Lines that were met.
    pub met: u64,
    /// Whether the place is variable.
    pub open: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Siblings(HashMap<u64, Sibling>);

impl Siblings {
    /// The place of a word of a new line that has to be variable, after so many words.
    pub(super) fn meet(&mut self, elements: &[Element], limit: u64) -> Option<usize> {
        if limit == 0 {
            return None;
        }
        let words: Vec<usize> =
            (0..elements.len()).filter(|&place| elements[place].word).take(MOST_PLACES).collect();
        if words.len() < LEAST_WORDS {
            return None;
        }
        let mut open = None;
        for &place in &words {
            let sibling = self.0.entry(without(elements, place)).or_default();
            sibling.met += 1;
            sibling.open |= sibling.met > limit;
            if sibling.open && open.is_none() {
                open = Some(place);
            }
        }
        open
    }

    /// Forgets what was met once, and then all, if there is more than the bound allows.
    pub(super) fn bound(&mut self, templates: usize) {
        let most = templates.saturating_mul(PER_TEMPLATE).max(1024);
        if self.0.len() > most {
            self.0.retain(|_, sibling| sibling.met > 1);
        }
        if self.0.len() > most / 2 {
            self.0.retain(|_, sibling| sibling.open);
        }
        if self.0.len() > most / 2 {
            self.0.clear();
        }
    }

    pub(super) fn merge(&mut self, other: &Siblings) {
        for (&key, theirs) in &other.0 {
            let ours = self.0.entry(key).or_default();
            ours.met = ours.met.saturating_add(theirs.met);
            ours.open |= theirs.open;
        }
    }

    /// In order.
    pub(super) fn to_list(&self) -> Vec<(u64, Sibling)> {
        let mut list: Vec<_> = self.0.iter().map(|(key, value)| (*key, value.clone())).collect();
        list.sort_unstable_by_key(|(key, _)| *key);
        list
    }

    pub(super) fn from_list(list: Vec<(u64, Sibling)>) -> Siblings {
        Siblings(list.into_iter().collect())
    }
}

/// The hash of a line without the word at a place.
fn without(elements: &[Element], place: usize) -> u64 {
    let hashes = elements
        .iter()
        .enumerate()
        .map(|(at, element)| if at == place { hash::GAP } else { element.hash });
    hash::sequence(hashes)
}
