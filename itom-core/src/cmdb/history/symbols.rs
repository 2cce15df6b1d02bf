//! An interner: text or bytes in, small dense numbers out, the same number for the same content.
//!
//! The content lies in chunks of 1,024 symbols, which copies share, beside an index of hashes.
//! Taking back the symbols added last costs as many steps.

use std::sync::{Arc, OnceLock};

use super::index::{Frozen, Index};
use super::lazy::Lazy;
use super::pages::{Pages, put_pages};
use super::sheet;
use crate::cmdb::storage::Reader;
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

/// Symbols of a chunk.
const CHUNK: usize = 1024;

/// A buffer of symbols one behind the other: text, or bytes.
pub(in crate::cmdb) trait Buffer: Clone + Default {
    type Symbol: ?Sized + PartialEq + 'static;
    const EMPTY: &'static Self::Symbol;

    fn append(&mut self, symbol: &Self::Symbol);
    fn slice(&self, start: usize, end: usize) -> &Self::Symbol;
    fn bytes(symbol: &Self::Symbol) -> &[u8];
    fn end(&self) -> usize;
    fn cut(&mut self, end: usize);
    /// Symbols that end there as a buffer, if they can be.
    fn of(bytes: Vec<u8>, ends: &[u32]) -> Option<Self>;
    fn all(&self) -> &[u8];
}

impl Buffer for String {
    type Symbol = str;
    const EMPTY: &'static str = "";

    fn append(&mut self, symbol: &str) {
        self.push_str(symbol);
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        &self[start..end]
    }

    fn bytes(symbol: &str) -> &[u8] {
        symbol.as_bytes()
    }

    fn end(&self) -> usize {
        self.len()
    }

    fn cut(&mut self, end: usize) {
        self.truncate(end);
    }

    fn of(bytes: Vec<u8>, ends: &[u32]) -> Option<Self> {
        let text = String::from_utf8(bytes).ok()?;
        ends.iter().all(|end| text.is_char_boundary(*end as usize)).then_some(text)
    }

    fn all(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Buffer for Vec<u8> {
    type Symbol = [u8];
    const EMPTY: &'static [u8] = &[];

    fn append(&mut self, symbol: &[u8]) {
        self.extend_from_slice(symbol);
    }

    fn slice(&self, start: usize, end: usize) -> &[u8] {
        &self[start..end]
    }

    fn bytes(symbol: &[u8]) -> &[u8] {
        symbol
    }

    fn end(&self) -> usize {
        self.len()
    }

    fn cut(&mut self, end: usize) {
        self.truncate(end);
    }

    fn of(bytes: Vec<u8>, _: &[u32]) -> Option<Self> {
        Some(bytes)
    }

    fn all(&self) -> &[u8] {
        self
    }
}

#[derive(Clone, Debug, Default)]
struct Chunk<B> {
    buffer: B,
    ends: Ends,
}

/// Where each symbol of a chunk ends; in half the room once the chunk is full and short enough.
#[derive(Clone, Debug)]
enum Ends {
    Wide(Vec<u32>),
    Narrow(Box<[u16]>),
}

impl Default for Ends {
    fn default() -> Self {
        Ends::Wide(Vec::new())
    }
}

impl Ends {
    #[inline]
    fn get(&self, n: usize) -> usize {
        match self {
            Ends::Wide(ends) => ends[n] as usize,
            Ends::Narrow(ends) => usize::from(ends[n]),
        }
    }

    fn len(&self) -> usize {
        match self {
            Ends::Wide(ends) => ends.len(),
            Ends::Narrow(ends) => ends.len(),
        }
    }

    /// To be written to.
    fn wide(&mut self) -> &mut Vec<u32> {
        if let Ends::Narrow(ends) = self {
            *self = Ends::Wide(ends.iter().map(|end| u32::from(*end)).collect());
        }
        match self {
            Ends::Wide(ends) => ends,
            Ends::Narrow(_) => unreachable!("it was made wide"),
        }
    }

    fn narrow(&mut self) {
        let Ends::Wide(ends) = self else { return };
        let narrow: std::result::Result<Box<[u16]>, _> =
            ends.iter().map(|end| u16::try_from(*end)).collect();
        *self = narrow.map_or_else(|_| Ends::Wide(ends.clone()), Ends::Narrow);
    }
}

#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Symbols<B> {
    chunks: Arc<Vec<Arc<Lazy<Chunk<B>>>>>,
    /// Made by the first who looks for a symbol in what came from a checkpoint.
    index: OnceLock<Index>,
    len: usize,
}

impl<B> Default for Symbols<B> {
    fn default() -> Self {
        Symbols { chunks: Arc::default(), index: OnceLock::new(), len: 0 }
    }
}

/// The content of symbol `n`; nothing where there is no such symbol.
#[inline]
fn content<B: Buffer>(chunks: &[Arc<Lazy<Chunk<B>>>], n: u32) -> &B::Symbol {
    let (chunk, n) = (chunks.get(n as usize / CHUNK), n as usize % CHUNK);
    let Some(chunk) = chunk.map(|chunk| chunk.get()) else { return B::EMPTY };
    if n >= chunk.ends.len() {
        return B::EMPTY;
    }
    let start = if n == 0 { 0 } else { chunk.ends.get(n - 1) };
    chunk.buffer.slice(start, chunk.ends.get(n))
}

fn hash_of<B: Buffer>(chunks: &[Arc<Lazy<Chunk<B>>>], n: u32) -> u64 {
    stable_hash(B::bytes(content(chunks, n)))
}

impl<B: Buffer> Symbols<B> {
    pub(in crate::cmdb) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(in crate::cmdb) fn text(&self, n: u32) -> &B::Symbol {
        content(&self.chunks, n)
    }

    pub(in crate::cmdb) fn find(&self, symbol: &B::Symbol) -> Option<u32> {
        self.index().find(stable_hash(B::bytes(symbol)), |n| self.text(n) == symbol)
    }

    pub(in crate::cmdb) fn intern(&mut self, symbol: &B::Symbol) -> Result<u32> {
        let hash = stable_hash(B::bytes(symbol));
        if let Some(n) = self.index().find(hash, |n| self.text(n) == symbol) {
            return Ok(n);
        }
        let n = u32::try_from(self.len).ok().filter(|&n| n < u32::MAX / 2);
        let n = n.ok_or_else(|| {
            Error::new(ErrorKind::LimitExceeded, "more than 2 billion different names or values")
        })?;
        self.append(symbol)?;
        let chunks = &self.chunks;
        let index = self.index.get_mut().expect("it was looked into");
        index.insert(hash, n, |n| hash_of(chunks, n));
        Ok(n)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.len as u32, |n| hash_of(&self.chunks, n)))
    }

    fn append(&mut self, symbol: &B::Symbol) -> Result<()> {
        let chunks = Arc::make_mut(&mut self.chunks);
        if self.len.is_multiple_of(CHUNK) {
            chunks.push(Arc::default());
        }
        let Some(chunk) = chunks.last_mut() else { return Ok(()) };
        let chunk = Arc::make_mut(chunk).get_mut();
        let end = chunk.buffer.end() + B::bytes(symbol).len();
        let end = u32::try_from(end).map_err(|_| {
            Error::new(
                ErrorKind::LimitExceeded,
                "more than 4 GiB in 1,024 values one after another",
            )
        })?;
        chunk.buffer.append(symbol);
        chunk.ends.wide().push(end);
        if chunk.ends.len() == CHUNK {
            // Full for good: what was reserved beyond is given back.
            chunk.buffer = chunk.buffer.clone();
            chunk.ends.narrow();
        }
        self.len += 1;
        Ok(())
    }

    /// Forgets the symbols added after there were `length`.
    pub(in crate::cmdb) fn truncate(&mut self, length: usize) {
        if length >= self.len {
            return;
        }
        for n in length..self.len {
            let hash = stable_hash(B::bytes(self.text(n as u32)));
            // What was not looked into yet is made of what is left.
            if let Some(index) = self.index.get_mut() {
                index.remove(hash, n as u32);
            }
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        chunks.truncate(length.div_ceil(CHUNK));
        if let Some(chunk) = chunks.last_mut().filter(|_| !length.is_multiple_of(CHUNK)) {
            let chunk = Arc::make_mut(chunk).get_mut();
            let ends = chunk.ends.wide();
            ends.truncate(length % CHUNK);
            chunk.buffer.cut(ends.last().copied().unwrap_or(0) as usize);
        }
        self.len = length;
    }

    /// The chunks for a checkpoint.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_pages(out, &self.chunks, |chunk, out| {
            let ends: Vec<u32> = (0..chunk.ends.len()).map(|n| chunk.ends.get(n) as u32).collect();
            sheet::put_texts(out, chunk.buffer.all(), &ends);
        });
    }

    /// The order of the symbols by hash, for a checkpoint.
    pub(super) fn put_index(&self, out: &mut Vec<u8>) {
        Frozen::put(out, self.len as u32, |n| hash_of(&self.chunks, n));
    }

    /// The chunks of a checkpoint, of so many symbols.
    pub(super) fn stored(checkpoint: &mut Pages<'_>, len: u32) -> Result<Self> {
        let len = len as usize;
        let count = checkpoint.count(len.div_ceil(CHUNK))?;
        if count != len.div_ceil(CHUNK) {
            return Err(checkpoint.wrong("texts are missing"));
        }
        let full = |_: &mut Reader<'_>| Ok(None);
        let mut chunks = checkpoint.pages(len / CHUNK, full, |bytes| Chunk::read(bytes, CHUNK))?;
        if !len.is_multiple_of(CHUNK) {
            let (bytes, rest) = (checkpoint.sized()?, len % CHUNK);
            chunks.push(Arc::new(Lazy::new(Chunk::read(bytes, rest))));
        }
        Ok(Symbols { chunks: Arc::new(chunks), index: OnceLock::new(), len })
    }

    /// The order by hash that a checkpoint has of these symbols.
    pub(super) fn take_index(&mut self, checkpoint: &mut Pages<'_>) -> Result<()> {
        let frozen = Frozen::stored(checkpoint, self.len as u32)?;
        self.index = OnceLock::from(Index::with(frozen));
        Ok(())
    }
}

impl<B: Buffer> Chunk<B> {
    /// So many symbols of a checkpoint; empty ones where the bytes make no sense.
    fn read(bytes: &[u8], count: usize) -> Self {
        let (bytes, ends) = sheet::texts(bytes, count);
        let (buffer, ends) = match B::of(bytes, &ends) {
            Some(buffer) => (buffer, ends),
            None => (B::default(), vec![0; count]),
        };
        let mut ends = Ends::Wide(ends);
        if count == CHUNK {
            ends.narrow();
        }
        Chunk { buffer, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_forgets_the_last_and_keeps_the_first() {
        let mut symbols: Symbols<String> = Symbols::default();
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
        assert_eq!((whole.find("e"), whole.len()), (None, 3));
    }

    #[test]
    fn chunks_begin_where_others_end() {
        let mut symbols: Symbols<Vec<u8>> = Symbols::default();
        for n in 0..5000u32 {
            assert_eq!(symbols.intern(&n.to_be_bytes()).unwrap(), n);
        }
        symbols.truncate(1024);
        assert_eq!(symbols.intern(b"new").unwrap(), 1024);
        assert_eq!(symbols.text(1024), b"new");
        assert_eq!(symbols.text(1023), 1023u32.to_be_bytes());
    }
}
