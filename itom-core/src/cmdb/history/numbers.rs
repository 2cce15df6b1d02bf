//! A column of small numbers, as narrow as they allow.
//!
//! A row without a number has 0. Rows lie in pages of 1,024, each in the least width that holds its
//! numbers as distances from the smallest: a page of one number takes no room at all, codes of a
//! few different values a byte a row, codes given in order two. Copies share the pages.

use std::sync::Arc;

use super::lazy::Lazy;
use super::pages::{Pages, put_pages};
use super::sheet::{self, Sheet};
use crate::Result;
use crate::cmdb::storage::Reader;

const PAGE: usize = 1024;
pub(in crate::cmdb) const PAGE_ROWS: u32 = PAGE as u32;

#[derive(Clone, Debug, Default)]
pub(in crate::cmdb) struct Numbers {
    pages: Arc<Vec<Arc<Lazy<Page>>>>,
}

/// In `Narrow` and `Wide` a cell of 0 is 0, and one of k is `base + k - 1`.
#[derive(Clone, Debug)]
enum Page {
    Same(u32),
    Narrow(u32, Box<[u8; PAGE]>),
    Wide(u32, Box<[u16; PAGE]>),
    Whole(Box<[u32; PAGE]>),
}

impl Numbers {
    #[inline]
    pub(in crate::cmdb) fn get(&self, row: u32) -> u32 {
        let row = row as usize;
        self.pages.get(row / PAGE).map_or(0, |page| page.get().get(row % PAGE))
    }

    /// The number of a whole page of rows, if they all have the same; rows of a page are
    /// [`PAGE_ROWS`].
    pub(in crate::cmdb) fn same(&self, page: u32) -> Option<u32> {
        match self.pages.get(page as usize).map(|page| page.get()) {
            None => Some(0),
            Some(Page::Same(number)) => Some(*number),
            Some(_) => None,
        }
    }

    pub(in crate::cmdb) fn set(&mut self, row: u32, number: u32) {
        let (page, cell) = (row as usize / PAGE, row as usize % PAGE);
        let pages = Arc::make_mut(&mut self.pages);
        if page >= pages.len() {
            if number == 0 {
                return;
            }
            let empty = Arc::new(Lazy::new(Page::Same(0)));
            pages.resize(page + 1, empty);
        }
        if pages[page].get().get(cell) != number {
            Arc::make_mut(&mut pages[page]).get_mut().set(cell, number);
        }
        if cell == PAGE - 1 {
            // The page is likely full, and may turn out to be all the same.
            Arc::make_mut(&mut pages[page]).get_mut().narrow();
        }
    }

    /// Makes every row from `row` on 0.
    pub(in crate::cmdb) fn truncate(&mut self, row: u32) {
        let row = row as usize;
        let pages = Arc::make_mut(&mut self.pages);
        pages.truncate(row.div_ceil(PAGE));
        if let Some(page) = pages.get_mut(row / PAGE) {
            let mut cells = page.get().cells();
            cells[row % PAGE..].fill(0);
            *page = Arc::new(Lazy::new(Page::of(&cells)));
        }
    }
}

impl Numbers {
    /// The pages for a checkpoint.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_pages(out, &self.pages, |page, out| sheet::put_numbers(out, &page.cells()));
    }

    /// The pages of a checkpoint, of so many rows at most and with numbers up to `most`.
    pub(super) fn stored(checkpoint: &mut Pages<'_>, rows: u32, most: u32) -> Result<Self> {
        let count = checkpoint.count(rows.div_ceil(PAGE_ROWS) as usize)?;
        let page = |reader: &mut Reader<'_>| {
            let sheet = Sheet::read(reader, PAGE)?;
            match sheet.most() <= most {
                true => Ok(sheet.same().map(Page::Same)),
                false => Err(reader.wrong("a number that refers to nothing")),
            }
        };
        let pages = checkpoint.pages(count, page, |bytes| {
            let sheet = Sheet::read(&mut Reader::new(bytes), PAGE);
            sheet.map_or(Page::Same(0), |sheet| Page::of(&sheet.numbers()))
        })?;
        Ok(Numbers { pages: Arc::new(pages) })
    }
}

impl Page {
    fn get(&self, cell: usize) -> u32 {
        let from = |base: u32, distance: u32| if distance == 0 { 0 } else { base + distance - 1 };
        match self {
            Page::Same(number) => *number,
            Page::Narrow(base, cells) => from(*base, u32::from(cells[cell])),
            Page::Wide(base, cells) => from(*base, u32::from(cells[cell])),
            Page::Whole(cells) => cells[cell],
        }
    }

    fn set(&mut self, cell: usize, number: u32) {
        let distance = |base: u32| match number {
            0 => Some(0),
            _ => number.checked_sub(base).and_then(|distance| distance.checked_add(1)),
        };
        let fits = match self {
            Page::Same(_) => false,
            Page::Narrow(base, cells) => {
                let fitting = distance(*base).and_then(|distance| u8::try_from(distance).ok());
                fitting.map(|distance| cells[cell] = distance).is_some()
            }
            Page::Wide(base, cells) => {
                let fitting = distance(*base).and_then(|distance| u16::try_from(distance).ok());
                fitting.map(|distance| cells[cell] = distance).is_some()
            }
            Page::Whole(cells) => {
                cells[cell] = number;
                true
            }
        };
        if !fits {
            let mut cells = self.cells();
            cells[cell] = number;
            *self = Page::of(&cells);
        }
    }

    fn narrow(&mut self) {
        if !matches!(self, Page::Same(_)) {
            *self = Page::of(&self.cells());
        }
    }

    fn cells(&self) -> [u32; PAGE] {
        std::array::from_fn(|cell| self.get(cell))
    }

    fn of(cells: &[u32; PAGE]) -> Page {
        let (mut least, mut most, mut has_none) = (u32::MAX, 0, false);
        for &number in cells {
            has_none |= number == 0;
            if number != 0 {
                (least, most) = (least.min(number), most.max(number));
            }
        }
        if most == 0 {
            return Page::Same(0);
        }
        if least == most && !has_none {
            return Page::Same(least);
        }
        let distance = |number: u32| if number == 0 { 0 } else { number - least + 1 };
        match most - least {
            0..0xff => {
                Page::Narrow(least, Box::new(std::array::from_fn(|n| distance(cells[n]) as u8)))
            }
            0xff..0xffff => {
                Page::Wide(least, Box::new(std::array::from_fn(|n| distance(cells[n]) as u16)))
            }
            _ => Page::Whole(Box::new(*cells)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_column_is_a_map_with_a_default(
            sets in proptest::collection::vec((0u32..3000, prop_oneof![
                Just(0u32), 1u32..4, 200u32..500, 60_000u32..70_000, any::<u32>()]), 0..400),
            cut in 0u32..3000,
        ) {
            let mut column = Numbers::default();
            let mut map = std::collections::BTreeMap::new();
            for &(row, number) in &sets {
                column.set(row, number);
                map.insert(row, number);
            }
            let copy = column.clone();
            column.truncate(cut);
            for row in 0..3100 {
                let want = map.get(&row).copied().unwrap_or(0);
                prop_assert_eq!(copy.get(row), want);
                prop_assert_eq!(column.get(row), if row < cut { want } else { 0 });
            }
        }
    }

    #[test]
    fn a_page_takes_the_room_its_numbers_need() {
        let mut column = Numbers::default();
        (0..2048).for_each(|row| column.set(row, 7));
        assert!(matches!(*column.pages[0].get(), Page::Same(7)));
        (0..1024).for_each(|row| column.set(row, 100_000 + row));
        assert!(matches!(*column.pages[0].get(), Page::Wide(100_000, _)));
        assert!(matches!(*column.pages[1].get(), Page::Same(7)));
    }
}
