//! A column of small numbers, as narrow as they allow.
//!
//! A row without a number has 0. Rows lie in pages of 1,024, each in the least width that holds its
//! numbers as distances from the smallest: a page of one number or of consecutive ones takes no room
//! at all, codes of a few different values a byte a row. Copies share the pages. What a transaction
//! says of new rows is collected, and laid into pages when it ends.

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
    fresh: Fresh,
}

/// The numbers of rows that are new in the transaction under way.
#[derive(Clone, Debug)]
struct Fresh {
    /// The first of the rows, `u32::MAX` while there is no transaction.
    from: u32,
    cells: Vec<u32>,
}

impl Default for Fresh {
    fn default() -> Self {
        Fresh { from: u32::MAX, cells: Vec::new() }
    }
}

/// In `Narrow` and `Wide` a cell of 0 is 0, and one of k is `base + k - 1`.
#[derive(Clone, Debug)]
enum Page {
    Same(u32),
    /// Each one more than the one before.
    Run(u32),
    Narrow(u32, Box<[u8; PAGE]>),
    Wide(u32, Box<[u16; PAGE]>),
    Whole(Box<[u32; PAGE]>),
}

impl Numbers {
    #[inline]
    pub(in crate::cmdb) fn get(&self, row: u32) -> u32 {
        if row >= self.fresh.from {
            return self.fresh.cells.get((row - self.fresh.from) as usize).copied().unwrap_or(0);
        }
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

    /// A transaction begins, for which rows from `row` on are new: none of them has a number.
    pub(super) fn begin(&mut self, row: u32) {
        self.fresh.from = row;
    }

    /// Lays the numbers of new rows into pages.
    pub(super) fn settle(&mut self) {
        /// So few are quicker set one by one.
        const FEW: usize = 100;
        let Fresh { from, cells } = std::mem::take(&mut self.fresh);
        let mut row = from as usize;
        let mut rest = cells.as_slice();
        while !rest.is_empty() {
            let (page, cell) = (row / PAGE, row % PAGE);
            let (part, behind) = rest.split_at(rest.len().min(PAGE - cell));
            if part.len() < FEW {
                (row..).zip(part).for_each(|(row, number)| self.set_in_page(row as u32, *number));
            } else {
                let mut whole = match self.pages.get(page) {
                    Some(known) if cell > 0 => known.get().cells(),
                    _ => [0; PAGE],
                };
                whole[cell..cell + part.len()].copy_from_slice(part);
                self.put_page(page, Page::of(&whole));
            }
            (row, rest) = (row + part.len(), behind);
        }
    }

    fn put_page(&mut self, number: usize, page: Page) {
        let pages = Arc::make_mut(&mut self.pages);
        if number >= pages.len() {
            pages.resize(number + 1, Arc::new(Lazy::new(Page::Same(0))));
        }
        pages[number] = Arc::new(Lazy::new(page));
    }

    #[inline]
    pub(in crate::cmdb) fn set(&mut self, row: u32, number: u32) {
        if row < self.fresh.from {
            return self.set_in_page(row, number);
        }
        let cell = (row - self.fresh.from) as usize;
        let cells = &mut self.fresh.cells;
        if cell >= cells.len() {
            if number == 0 {
                return;
            }
            cells.resize(cell + 1, 0);
        }
        cells[cell] = number;
    }

    fn set_in_page(&mut self, row: u32, number: u32) {
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
        self.fresh = Fresh::default();
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
        Ok(Numbers { pages: Arc::new(pages), ..Numbers::default() })
    }
}

impl Page {
    fn get(&self, cell: usize) -> u32 {
        let from = |base: u32, distance: u32| if distance == 0 { 0 } else { base + distance - 1 };
        match self {
            Page::Same(number) => *number,
            Page::Run(first) => first + cell as u32,
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
            Page::Same(_) | Page::Run(_) => false,
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
        if !matches!(self, Page::Same(_) | Page::Run(_)) {
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
        let follows = |pair: &[u32]| pair[1].checked_sub(pair[0]) == Some(1);
        if most - least == PAGE as u32 - 1 && cells.windows(2).all(follows) {
            return Page::Run(least);
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
            fresh in (0usize..400, 0u32..3000, any::<bool>()),
        ) {
            let mut column = Numbers::default();
            let mut map = std::collections::BTreeMap::new();
            for (n, &(row, number)) in sets.iter().enumerate() {
                let (at, from, is_run) = fresh;
                if n == at && map.keys().all(|row| *row < from) {
                    column.begin(from);
                }
                if n == at && is_run {
                    (from..from + 1500).for_each(|row| column.set(row, 7 + row));
                    map.extend((from..from + 1500).map(|row| (row, 7 + row)));
                }
                column.set(row, number);
                map.insert(row, number);
            }
            for row in 0..4600 {
                prop_assert_eq!(column.get(row), map.get(&row).copied().unwrap_or(0));
            }
            column.settle();
            let copy = column.clone();
            column.truncate(cut);
            for row in 0..4600 {
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
        assert!(matches!(*column.pages[0].get(), Page::Run(100_000)));
        column.set(7, 100_009);
        assert!(matches!(*column.pages[0].get(), Page::Wide(100_000, _)));
        assert!(matches!(*column.pages[1].get(), Page::Same(7)));
    }
}
