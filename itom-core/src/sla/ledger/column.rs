//! A column of a ledger's clocks that is read together with others.
//!
//! Big vectors all begin at the same place of a page, so that the cells of one clock in eight
//! columns claim the same eight lines of a cache, and push each other out. Each column therefore
//! leaves room of its own in front.

use std::ops::{Deref, DerefMut, Index, IndexMut, Range};

/// Bytes by which one column lies further back in its pages than the one before.
const STEP: usize = 576;

#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    cells: Vec<T>,
    /// Cells in front that are not used.
    lead: usize,
}

impl<T: Copy + Default> Column<T> {
    /// The column of a place among those that are read together.
    pub(super) fn new(place: usize) -> Column<T> {
        Column { cells: Vec::new(), lead: place * STEP / size_of::<T>() }
    }

    /// The column of a place with so many cells, all the same as nothing. Where the memory comes
    /// clean from the system, its pages are not there before something is put in.
    pub(super) fn zeros(place: usize, cells: usize) -> Column<T> {
        let lead = Column::<T>::new(place).lead;
        Column { cells: vec![T::default(); lead + cells], lead }
    }

    pub(super) fn reserve(&mut self, more: usize) {
        let lead = self.lead - self.cells.len().min(self.lead);
        itom_pages::reserve(&mut self.cells, lead + more);
        self.cells.resize(self.cells.len() + lead, T::default());
    }

    pub(super) fn push(&mut self, value: T) {
        self.extend([value]);
    }

    pub(super) fn extend(&mut self, values: impl IntoIterator<Item = T>) {
        let values = values.into_iter();
        self.reserve(values.size_hint().0);
        self.cells.extend(values);
    }

    pub(super) fn resize(&mut self, length: usize, value: T) {
        self.reserve(length.saturating_sub(self.len()));
        self.cells.resize(self.lead + length, value);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.cells.truncate(self.lead + length);
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        self.cells.capacity() * size_of::<T>()
    }
}

impl<T> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.cells.get(self.lead..).unwrap_or_default()
    }
}

impl<T> DerefMut for Column<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.cells.get_mut(self.lead..).unwrap_or_default()
    }
}

impl<T> Index<usize> for Column<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: usize) -> &T {
        &self.cells[self.lead + index]
    }
}

impl<T> IndexMut<usize> for Column<T> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.cells[self.lead + index]
    }
}

impl<T> Index<Range<usize>> for Column<T> {
    type Output = [T];

    fn index(&self, cells: Range<usize>) -> &[T] {
        &self.cells[self.lead..][cells]
    }
}
