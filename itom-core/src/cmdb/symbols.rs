//! An interner: text in, small dense numbers out, the same number for the same text.
//!
//! One buffer, the end of each symbol, and a hash table of numbers: cloning it is three copies of
//! plain memory, and taking back the symbols added last costs only as many steps.

use hashbrown::HashTable;

use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

#[derive(Clone, Debug, Default)]
pub(super) struct Symbols {
    text: String,
    ends: Vec<usize>,
    table: HashTable<u32>,
}

/// Text of symbol `n` in a buffer of texts with the end of each.
fn slice<'a>(text: &'a str, ends: &[usize], n: u32) -> &'a str {
    let n = n as usize;
    let start = if n == 0 { 0 } else { ends[n - 1] };
    &text[start..ends[n]]
}

impl Symbols {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn text(&self, n: u32) -> &str {
        slice(&self.text, &self.ends, n)
    }

    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let hash = stable_hash(text.as_bytes());
        self.table.find(hash, |&n| self.text(n) == text).copied()
    }

    pub(super) fn intern(&mut self, text: &str) -> Result<u32> {
        let hash = stable_hash(text.as_bytes());
        let (buffer, ends) = (&self.text, &self.ends);
        if let Some(&n) = self.table.find(hash, |&n| slice(buffer, ends, n) == text) {
            return Ok(n);
        }
        let n = u32::try_from(ends.len()).ok().filter(|&n| n < u32::MAX / 2);
        let n = n.ok_or_else(|| {
            Error::new(ErrorKind::LimitExceeded, "more than 2 billion different names")
        })?;
        self.text.push_str(text);
        self.ends.push(self.text.len());
        let (buffer, ends) = (&self.text, &self.ends);
        let rehash = |&n: &u32| stable_hash(slice(buffer, ends, n).as_bytes());
        self.table.insert_unique(hash, n, rehash);
        Ok(n)
    }

    /// Forgets the symbols added after there were `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        for n in length..self.ends.len() {
            let hash = stable_hash(self.text(n as u32).as_bytes());
            if let Ok(entry) = self.table.find_entry(hash, |&other| other as usize == n) {
                entry.remove();
            }
        }
        self.ends.truncate(length);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_forgets_the_last_and_keeps_the_first() {
        let mut symbols = Symbols::default();
        for text in ["a", "", "bc"] {
            symbols.intern(text).unwrap();
        }
        let whole = symbols.clone();
        symbols.intern("d").unwrap();
        symbols.intern("a").unwrap();
        symbols.truncate(3);
        assert_eq!(symbols.find("d"), None);
        assert_eq!(symbols.intern("e").unwrap(), 3);
        assert_eq!((whole.find("bc"), symbols.find("bc"), symbols.text(1)), (Some(2), Some(2), ""));
    }
}
