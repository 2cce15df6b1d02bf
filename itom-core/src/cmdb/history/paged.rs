//! A vector whose copies share its pages.
//!
//! Cloning counts up one reference; a write to a vector that is shared copies the page it meets and
//! the list of pages, no more. So a view holds on to its state while the writer goes on.

use std::ops::Index;
use std::sync::Arc;

/// Elements of a page.
const PAGE: usize = 1024;

#[derive(Clone, Debug)]
pub(in crate::cmdb) struct Paged<T> {
    pages: Arc<Vec<Arc<Vec<T>>>>,
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
        self.pages.get(place / PAGE)?.get(place % PAGE)
    }

    pub(in crate::cmdb) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.iter())
    }
}

impl<T: Clone> Paged<T> {
    pub(in crate::cmdb) fn push(&mut self, element: T) {
        let pages = Arc::make_mut(&mut self.pages);
        if self.len.is_multiple_of(PAGE) {
            pages.push(Arc::default());
        }
        if let Some(page) = pages.last_mut() {
            Arc::make_mut(page).push(element);
        }
        self.len += 1;
    }

    pub(in crate::cmdb) fn get_mut(&mut self, place: usize) -> &mut T {
        let page = &mut Arc::make_mut(&mut self.pages)[place / PAGE];
        &mut Arc::make_mut(page)[place % PAGE]
    }

    /// Forgets the elements behind the first `len`.
    pub(in crate::cmdb) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let pages = Arc::make_mut(&mut self.pages);
        pages.truncate(len.div_ceil(PAGE));
        if let Some(page) = pages.last_mut().filter(|_| !len.is_multiple_of(PAGE)) {
            Arc::make_mut(page).truncate(len % PAGE);
        }
        self.len = len;
    }
}

impl<T> Index<usize> for Paged<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.pages[place / PAGE][place % PAGE]
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
