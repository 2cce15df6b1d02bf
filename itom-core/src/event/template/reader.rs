//! A line read to its elements and key, in memory that is used again.

use super::element::{self, Element};
use super::hash;
use super::mask::{Masked, Masks};
use super::token::{Token, Tokenizer};

/// What the last line was read to.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    tokens: Vec<Token>,
    pub elements: Vec<Element>,
    pub masked: Vec<Masked>,
    pub key: u64,
    /// Whether it was looked at in part only.
    pub cut: bool,
    masks: Masks,
    /// Whether there are any masks.
    masking: bool,
    typed: bool,
    most_bytes: usize,
}

impl Reader {
    pub(super) fn new(masks: Masks, masking: bool, typed: bool, most_bytes: usize) -> Reader {
        Reader { masks, masking, typed, most_bytes, ..Reader::default() }
    }

    /// Reads a line; gives back what of it was looked at.
    #[inline]
    pub(super) fn read<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        let seen = self.cut(line);
        let mut tokenizer = Tokenizer::new(&mut self.tokens, self.typed);
        if self.masking {
            self.masks.find(seen, &mut self.masked);
            let mut place = 0;
            for hit in &self.masked {
                tokenizer.scan(&seen[..hit.start], place);
                tokenizer.value(hit.start, hit.end);
                place = hit.end;
            }
            tokenizer.scan(seen, place);
        } else {
            tokenizer.scan(seen, 0);
        }
        self.key = element::fold(seen, &self.tokens, &mut self.elements);
        self.cut = seen.len() < line.len();
        if self.cut {
            self.key = hash::join(self.key, hash::REST);
        }
        seen
    }

    /// The key of the last line, which was looked at in full, had it been cut.
    pub(super) fn key_if(&self, cut: bool) -> u64 {
        if cut { hash::join(self.key, hash::REST) } else { self.key }
    }

    /// A line up to its bound, at a space if there is one.
    #[inline]
    fn cut<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if line.len() <= self.most_bytes {
            return line;
        }
        let seen = &line[..self.most_bytes];
        let space = seen.iter().rposition(|&byte| matches!(byte, b' ' | b'\t'));
        &seen[..space.unwrap_or(seen.len())]
    }
}
