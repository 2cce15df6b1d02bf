//! A vector whose copies share its pages.
//!
//! Cloning counts up one reference; a write to a vector that is shared copies the page it meets and
//! the list of pages, no more. So a view holds on to its state while the writer goes on.

use std::ops::Index;
use std::sync::Arc;

use super::lazy::Lazy;
use super::pages::{Pages, put_pages};
use crate::Result;
use crate::cmdb::storage::Reader;

/// Elements of a page.
const PAGE: usize = 1024;

#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Paged<T> {
    pages: Arc<Vec<Arc<Lazy<Vec<T>>>>>,
    len: usize,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Paged { pages: Arc::default(), len: 0 }
    }
}

impl<T> Paged<T> {
    pub(in crate::cmdb) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::cmdb) fn get(&self, place: usize) -> Option<&T> {
        self.pages.get(place / PAGE)?.get().get(place % PAGE)
    }

    pub(in crate::cmdb) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.get().iter())
    }
}

impl<T: Clone> Paged<T> {
    pub(in crate::cmdb) fn push(&mut self, element: T) {
        let pages = Arc::make_mut(&mut self.pages);
        if self.len.is_multiple_of(PAGE) {
            pages.push(Arc::default());
        }
        if let Some(page) = pages.last_mut() {
            Arc::make_mut(page).get_mut().push(element);
        }
        self.len += 1;
    }

    pub(in crate::cmdb) fn get_mut(&mut self, place: usize) -> &mut T {
        let page = &mut Arc::make_mut(&mut self.pages)[place / PAGE];
        &mut Arc::make_mut(page).get_mut()[place % PAGE]
    }

    /// Forgets the elements behind the first `len`.
    pub(in crate::cmdb) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let pages = Arc::make_mut(&mut self.pages);
        pages.truncate(len.div_ceil(PAGE));
        if let Some(page) = pages.last_mut().filter(|_| !len.is_multiple_of(PAGE)) {
            Arc::make_mut(page).get_mut().truncate(len % PAGE);
        }
        self.len = len;
    }
}

/// What can stand in a checkpoint, a page at a time.
pub(in crate::cmdb) trait Stored: Sized {
    /// What there is that it may refer to.
    type Bounds;

    fn put(all: &[Self], out: &mut Vec<u8>);
    /// Whether so many can be read and refer to what there is.
    fn check(reader: &mut Reader<'_>, count: usize, bounds: &Self::Bounds) -> Result<()>;
    /// So many, whatever the bytes.
    fn read(bytes: &[u8], count: usize) -> Vec<Self>;
}

impl<T: Stored> Paged<T> {
    /// The pages for a checkpoint.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_pages(out, &self.pages, |page, out| T::put(page, out));
    }

    /// The pages of a checkpoint, of so many elements.
    pub(super) fn stored(
        checkpoint: &mut Pages<'_>,
        len: usize,
        bounds: &T::Bounds,
    ) -> Result<Self> {
        checkpoint.charge(len)?;
        if checkpoint.count(len.div_ceil(PAGE))? != len.div_ceil(PAGE) {
            return Err(checkpoint.wrong("rows are missing"));
        }
        let check = |reader: &mut Reader<'_>| T::check(reader, PAGE, bounds).map(|()| None);
        let mut pages = checkpoint.pages(len / PAGE, check, |bytes| T::read(bytes, PAGE))?;
        let rest = len % PAGE;
        if rest > 0 {
            let bytes = checkpoint.sized()?;
            T::check(&mut Reader::new(bytes), rest, bounds)?;
            pages.push(Arc::new(Lazy::new(T::read(bytes, rest))));
        }
        Ok(Paged { pages: Arc::new(pages), len })
    }
}

impl<T> Index<usize> for Paged<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.pages[place / PAGE].get()[place % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_is() {
        let mut vector: Paged<usize> = Paged::default();
        (0..3000).for_each(|n| vector.push(n));
        let copy = vector.clone();
        *vector.get_mut(5) = 0;
        vector.truncate(2048);
        vector.push(7);
        assert_eq!((copy[5], copy.len(), copy[2999]), (5, 3000, 2999));
        assert_eq!((vector[5], vector.len(), vector[2048], vector.get(2049)), (0, 2049, 7, None));
        assert!(copy.iter().copied().eq(0..3000));
    }
}
