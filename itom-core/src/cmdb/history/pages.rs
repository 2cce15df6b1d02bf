//! The bytes of a checkpoint, page by page: each behind its length, so that all can be taken over
//! without reading them.

use std::sync::Arc;

use super::lazy::Lazy;
use crate::Result;
use crate::cmdb::storage::{Reader, put_varint};

/// Writes pages, each behind its length: those that came from a checkpoint and were not changed as
/// they stood there.
pub(super) fn put_pages<T>(
    out: &mut Vec<u8>,
    pages: &[Arc<Lazy<T>>],
    mut put: impl FnMut(&T, &mut Vec<u8>),
) {
    put_varint(out, pages.len() as u64);
    let mut bytes = Vec::new();
    for page in pages {
        match page.bytes() {
            Some(same) => put_sized(out, same),
            None => {
                bytes.clear();
                put(page.get(), &mut bytes);
                put_sized(out, &bytes);
            }
        }
    }
}

pub(super) fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A reader of a checkpoint that leaves its pages where they are.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    all: &'a Arc<Vec<u8>>,
    reader: Reader<'a>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(all: &'a Arc<Vec<u8>>) -> Self {
        Pages { all, reader: Reader::new(all) }
    }

    pub(super) fn reader(&mut self) -> &mut Reader<'a> {
        &mut self.reader
    }

    pub(super) fn wrong(&self, why: &str) -> crate::Error {
        self.reader.wrong(why)
    }

    /// Counts what memory may be taken for later.
    pub(super) fn charge(&mut self, cells: usize) -> Result<()> {
        self.reader.charge(cells)
    }

    /// A number of things, of which there may be so many.
    pub(super) fn count(&mut self, most: usize) -> Result<usize> {
        let count = self.reader.count()?;
        if count > most {
            return Err(self.wrong("it has more pages than rows"));
        }
        Ok(count)
    }

    pub(super) fn sized(&mut self) -> Result<&'a [u8]> {
        self.reader.sized()
    }

    /// The next bytes with their place among all.
    pub(super) fn place(
        &mut self,
        length: usize,
    ) -> Result<(&'a Arc<Vec<u8>>, std::ops::Range<usize>)> {
        self.reader.take(length)?;
        let end = self.all.len() - self.reader.left();
        Ok((self.all, end - length..end))
    }

    /// So many pages: `check` looks whether one is sound and may tell at once what it holds, `read`
    /// makes it of its bytes when it is first asked for.
    pub(super) fn pages<T>(
        &mut self,
        count: usize,
        mut check: impl FnMut(&mut Reader<'_>) -> Result<Option<T>>,
        read: fn(&[u8]) -> T,
    ) -> Result<Vec<Arc<Lazy<T>>>> {
        let mut pages = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.reader.count()?;
            let (all, place) = self.place(length)?;
            let known = check(&mut Reader::new(&all[place.clone()]))?;
            let page = known.map_or_else(|| Lazy::stored(all, place, read), Lazy::new);
            pages.push(Arc::new(page));
        }
        Ok(pages)
    }
}
