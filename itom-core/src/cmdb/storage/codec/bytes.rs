//! Bytes in and out: numbers of variable length, and a reader that never goes past the end.

use crate::{Error, ErrorKind, Result};

/// Cells and letters that a block may hold: so many, and so many for each of its bytes. A few bytes
/// that claim to be a thousand million numbers do not get the memory.
const BUDGET: usize = 1 << 24;
const BUDGET_A_BYTE: usize = 256;

/// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
pub(in crate::cmdb) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A signed number as an unsigned one: 0, -1, 1, -2 and so on.
pub(in crate::cmdb) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_varint(out, (number << 1 ^ number >> 63) as u64);
}

pub(in crate::cmdb) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what was put.
#[derive(Debug)]
pub(in crate::cmdb) struct Reader<'a> {
    bytes: &'a [u8],
    budget: usize,
}

impl<'a> Reader<'a> {
    pub(in crate::cmdb) fn new(bytes: &'a [u8]) -> Self {
        let budget = bytes.len().saturating_mul(BUDGET_A_BYTE).saturating_add(BUDGET);
        Reader { bytes, budget }
    }

    /// A reader of the next bytes that come with their length, which shares the budget.
    pub(in crate::cmdb) fn inner(&mut self) -> Result<Reader<'a>> {
        Ok(Reader { bytes: self.sized()?, budget: self.budget })
    }

    /// Goes on with what an inner reader left of the budget.
    pub(in crate::cmdb) fn settle(&mut self, inner: &Reader<'_>) {
        self.budget = inner.budget;
    }

    /// How many bytes are still to come.
    pub(in crate::cmdb) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// All that are still to come.
    pub(in crate::cmdb) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    pub(in crate::cmdb) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Counts what memory will be taken for.
    pub(in crate::cmdb) fn charge(&mut self, cells: usize) -> Result<()> {
        self.budget = self.budget.checked_sub(cells).ok_or_else(|| {
            Error::new(ErrorKind::LimitExceeded, "a block or checkpoint claims to hold too much")
        })?;
        Ok(())
    }

    pub(in crate::cmdb) fn wrong(&self, why: &str) -> Error {
        Error::corrupt("block or checkpoint", why)
    }

    pub(in crate::cmdb) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.bytes.split_at_checked(count).ok_or_else(|| self.wrong("it is cut off"))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(in crate::cmdb) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(in crate::cmdb) fn varint(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.wrong("a number is too long"))
    }

    pub(in crate::cmdb) fn signed(&mut self) -> Result<i64> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number of things of which each takes at least one byte that is still to come.
    pub(in crate::cmdb) fn count(&mut self) -> Result<usize> {
        let count = self.varint()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= self.bytes.len());
        count.ok_or_else(|| self.wrong("it claims more than it holds"))
    }

    pub(in crate::cmdb) fn sized(&mut self) -> Result<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }
}
