//! Pages and table b-trees: rows go in by ascending number, so leaves are filled one after the other
//! and the levels above them are built at the end ("B-tree Pages", "Cell Payload Overflow Pages").

use super::record::varint;

const PAGE: usize = 4096;
const FILE_HEADER: usize = 100;
/// SQLite locks bytes at one gibibyte; the page with them is left empty.
const LOCK_PAGE: usize = (1 << 30) / PAGE + 1;
const LEAF: u8 = 0x0d;
const INTERIOR: u8 = 0x05;

/// A file in the making. Page 1 is written last: it is the root of the schema.
pub(super) struct File {
    bytes: Vec<u8>,
}

impl File {
    pub(super) fn new() -> Self {
        File { bytes: vec![0; PAGE] }
    }

    fn add(&mut self, page: &[u8]) -> u32 {
        if self.bytes.len() / PAGE + 1 == LOCK_PAGE {
            self.bytes.resize(self.bytes.len() + PAGE, 0);
        }
        self.bytes.extend_from_slice(page);
        (self.bytes.len() / PAGE) as u32
    }

    /// The part of a row that stays with its cell, and the page on which the rest begins.
    fn spill<'r>(&mut self, row: &'r [u8]) -> (&'r [u8], Option<u32>) {
        const MOST: usize = PAGE - 35;
        const LEAST: usize = (PAGE - 12) * 32 / 255 - 23;
        const EACH: usize = PAGE - 4;
        if row.len() <= MOST {
            return (row, None);
        }
        let keep = LEAST + (row.len() - LEAST) % EACH;
        let (own, rest) = row.split_at(if keep <= MOST { keep } else { LEAST });
        // From the last page to the first: each names the one after it.
        let mut next = 0;
        for part in rest.chunks(EACH).rev() {
            let mut page = Vec::with_capacity(PAGE);
            page.extend_from_slice(&u32::to_be_bytes(next));
            page.extend_from_slice(part);
            page.resize(PAGE, 0);
            next = self.add(&page);
        }
        (own, Some(next))
    }

    /// Writes the schema to page 1, and the header before it.
    pub(super) fn finish(mut self, schema: Tree) -> Vec<u8> {
        let root = schema.root(&mut self, FILE_HEADER);
        let page = root.page(FILE_HEADER);
        self.bytes[..PAGE].copy_from_slice(&page);
        let pages = (self.bytes.len() / PAGE) as u32;
        let header = &mut self.bytes[..FILE_HEADER];
        header[..16].copy_from_slice(b"SQLite format 3\0");
        header[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
        // Journal versions, no bytes reserved, the three fractions that are fixed.
        header[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
        // Changes so far, schema cookie and format, UTF-8, changes so far again, SQLite 3.45.0.
        for (at, number) in
            [(24, 1), (28, pages), (40, 1), (44, 4), (56, 1), (92, 1), (96, 3_045_000)]
        {
            header[at..at + 4].copy_from_slice(&u32::to_be_bytes(number));
        }
        self.bytes
    }
}

/// A page that is not written yet: its kind, its cells, and of an interior one the last child.
#[derive(Default)]
struct Node {
    cells: Vec<Vec<u8>>,
    last_child: Option<u32>,
    size: usize,
}

impl Node {
    fn fits(&self, cell: &[u8], used: usize) -> bool {
        self.size + cell.len() + 2 + 12 + used <= PAGE
    }

    fn push(&mut self, cell: Vec<u8>) {
        self.size += cell.len() + 2;
        self.cells.push(cell);
    }

    /// The page; its header begins at `begin`, after that of the file.
    fn page(&self, begin: usize) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        let mut content = PAGE;
        let header = if self.last_child.is_some() { 12 } else { 8 };
        for (number, cell) in self.cells.iter().enumerate() {
            content -= cell.len();
            page[content..content + cell.len()].copy_from_slice(cell);
            let pointer = begin + header + 2 * number;
            page[pointer..pointer + 2].copy_from_slice(&(content as u16).to_be_bytes());
        }
        page[begin] = if self.last_child.is_some() { INTERIOR } else { LEAF };
        page[begin + 3..begin + 5].copy_from_slice(&(self.cells.len() as u16).to_be_bytes());
        page[begin + 5..begin + 7].copy_from_slice(&(content as u16).to_be_bytes());
        if let Some(child) = self.last_child {
            page[begin + 8..begin + 12].copy_from_slice(&child.to_be_bytes());
        }
        page
    }
}

/// A table: full leaves are in the file, the last one is open.
#[derive(Default)]
pub(super) struct Tree {
    /// Written pages of the lowest level, each with the number of its last row.
    done: Vec<(u32, u64)>,
    open: Node,
    rows: u64,
}

impl Tree {
    /// Appends a row; its number is one more than that of the row before.
    pub(super) fn push(&mut self, file: &mut File, row: &[u8]) {
        let (own, overflow) = file.spill(row);
        let mut cell = Vec::with_capacity(own.len() + 20);
        varint(row.len() as u64, &mut cell);
        varint(self.rows + 1, &mut cell);
        cell.extend_from_slice(own);
        overflow.iter().for_each(|page| cell.extend_from_slice(&page.to_be_bytes()));
        // Every leaf leaves room for the file's header, so that any may become page 1.
        if !self.open.fits(&cell, FILE_HEADER) && !self.open.cells.is_empty() {
            let full = std::mem::take(&mut self.open);
            self.done.push((file.add(&full.page(0)), self.rows));
        }
        self.open.push(cell);
        self.rows += 1;
    }

    /// Writes what is left; the number of the root page.
    pub(super) fn finish(self, file: &mut File) -> u32 {
        let root = self.root(file, 0);
        file.add(&root.page(0))
    }

    /// Writes everything but the root, which has `used` bytes less room.
    fn root(mut self, file: &mut File, used: usize) -> Node {
        let fits = self.open.size + 12 + used <= PAGE;
        if self.done.is_empty() && fits {
            return self.open;
        }
        self.done.push((file.add(&self.open.page(0)), self.rows));
        let mut level = self.done;
        loop {
            let mut nodes: Vec<(Node, u64)> = Vec::new();
            let mut open = Node::default();
            let mut before: Option<(u32, u64)> = None;
            for &(page, last) in &level {
                if let Some((left, key)) = before {
                    let mut cell = left.to_be_bytes().to_vec();
                    varint(key, &mut cell);
                    if open.fits(&cell, FILE_HEADER) {
                        open.push(cell);
                    } else {
                        open.last_child = Some(left);
                        nodes.push((std::mem::take(&mut open), key));
                    }
                }
                before = Some((page, last));
            }
            let (page, last) = before.unwrap_or_default();
            open.last_child = Some(page);
            if nodes.is_empty() {
                return open;
            }
            nodes.push((open, last));
            split_off_lonely(&mut nodes);
            level = nodes.iter().map(|(node, last)| (file.add(&node.page(0)), *last)).collect();
        }
    }
}

/// An interior page has at least one cell: a last one without takes one from the page before.
fn split_off_lonely(nodes: &mut [(Node, u64)]) {
    let [.., (before, key), (last, _)] = nodes else { return };
    if !last.cells.is_empty() {
        return;
    }
    let Some(cell) = before.cells.pop() else { return };
    let mut moved = before.last_child.unwrap_or_default().to_be_bytes().to_vec();
    varint(*key, &mut moved);
    last.push(moved);
    before.size -= cell.len() + 2;
    before.last_child = Some(u32::from_be_bytes([cell[0], cell[1], cell[2], cell[3]]));
    *key = number(&cell[4..]);
}

/// Reads what `varint` wrote.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}
