//! The names of clocks: which clock is `INC0012345`?
//!
//! Names lie one after the other in one block of bytes; a table of open addressing over their
//! XXH3 hashes finds them. The table is built when it is first asked, so that opening a snapshot
//! does not pay for it. 4 bytes a clock besides the names, 8 to 16 more for the table.

use std::sync::OnceLock;

use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

const FREE: u32 = u32::MAX;
/// The longest name, in bytes.
const LONGEST: usize = 4096;
/// All names, in bytes.
const MOST_TEXT: usize = u32::MAX as usize;

#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    text: Vec<u8>,
    /// Where each name ends.
    ends: Vec<u32>,
    table: OnceLock<Vec<u32>>,
}

impl Keys {
    /// From the text of all names and the length of each, two bytes; none if they do not fit, or a
    /// name is not text.
    pub(super) fn from_lengths(text: &[u8], lengths: &[u8]) -> Option<Keys> {
        let (lengths, cut) = lengths.as_chunks();
        let mut end = 0u64;
        let ends = lengths.iter().map(|length| {
            end += u64::from(u16::from_le_bytes(*length));
            end as u32
        });
        let mut list = itom_pages::with_capacity(lengths.len());
        list.extend(ends);
        let fits = end == text.len() as u64 && cut.is_empty();
        fits.then(|| Keys::from_parts(text, list))?
    }

    /// From the text of all names and the end of each; none as above.
    pub(super) fn from_ends(text: &[u8], ends: &[u64]) -> Option<Keys> {
        let sound = ends.is_sorted() && ends.last().copied().unwrap_or(0) == text.len() as u64;
        sound.then(|| Keys::from_parts(text, ends.iter().map(|&end| end as u32).collect()))?
    }

    /// From ascending ends, of which the last is the text's.
    fn from_parts(text: &[u8], ends: Vec<u32>) -> Option<Keys> {
        if text.len() > MOST_TEXT {
            return None;
        }
        if !text.is_ascii() {
            let text = std::str::from_utf8(text).ok()?;
            ends.iter().all(|&end| text.is_char_boundary(end as usize)).then_some(())?;
        }
        let mut bytes = itom_pages::with_capacity(text.len());
        bytes.extend_from_slice(text);
        Some(Keys { text: bytes, ends, table: OnceLock::new() })
    }

    /// The text of all names, one after the other.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The length of each name.
    pub(super) fn lengths(&self) -> impl Iterator<Item = u16> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        // No name is longer than 4096.
        self.ends.iter().zip(begins).map(|(end, begin)| (end - begin) as u16)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, clock: u32) -> Option<&str> {
        let index = clock as usize;
        let end = *self.ends.get(index)? as usize;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        std::str::from_utf8(&self.text[begin..end]).ok()
    }

    pub(super) fn find(&self, key: &str) -> Option<u32> {
        let table = self.table.get_or_init(|| self.build(self.len()));
        let at = self.place(table, key);
        (table[at] != FREE).then_some(table[at])
    }

    /// Adds a name that is not there yet.
    pub(super) fn add(&mut self, key: &str) -> Result<u32> {
        if key.len() > LONGEST {
            let expected = format!("at most {LONGEST} bytes long");
            return Err(Error::invalid("key", format!("{key:?}"), expected));
        }
        if self.len() >= FREE as usize {
            let message = "a ledger holds fewer than 2^32 clocks";
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("key"));
        }
        if self.text.len() + key.len() > MOST_TEXT {
            let message = "the keys of a ledger have at most 4 GiB together";
            return Err(Error::new(ErrorKind::LimitExceeded, message).about("key"));
        }
        let mut table = self.table.take().unwrap_or_else(|| self.build(self.len()));
        if table.len() < (self.len() + 1) * 2 {
            table = self.build(self.len() * 2 + 8);
        }
        let place = self.place(&table, key);
        let found = table[place];
        if found == FREE {
            table[place] = self.len() as u32;
        }
        self.table = OnceLock::from(table);
        if found != FREE {
            let message = format!("key {key:?} belongs to clock {found} already");
            return Err(Error::new(ErrorKind::Conflict, message).about("key"));
        }
        self.text.extend_from_slice(key.as_bytes());
        self.ends.push(self.text.len() as u32);
        Ok(self.len() as u32 - 1)
    }

    /// Forgets all but the first `clocks` names.
    pub(super) fn truncate(&mut self, clocks: usize) {
        self.ends.truncate(clocks);
        self.text.truncate(self.ends.last().map_or(0, |&end| end as usize));
        self.table = OnceLock::new();
    }

    /// A table with room for `names` names, holding those that are there.
    fn build(&self, names: usize) -> Vec<u32> {
        let mut table = vec![FREE; (names.max(4) * 2).next_power_of_two()];
        for clock in 0..self.len() as u32 {
            let place = self.place(&table, self.get(clock).unwrap_or_default());
            table[place] = clock;
        }
        table
    }

    /// Where a name is in the table, or where it would go.
    fn place(&self, table: &[u32], key: &str) -> usize {
        let mask = table.len() - 1;
        let mut at = stable_hash(key.as_bytes()) as usize & mask;
        while table[at] != FREE && self.get(table[at]) != Some(key) {
            at = (at + 1) & mask;
        }
        at
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        let table = self.table.get().map_or(0, |table| table.capacity() * 4);
        self.text.capacity() + self.ends.capacity() * 4 + table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_also_after_a_restore() {
        let mut keys = Keys::default();
        for number in 0..1000 {
            assert_eq!(keys.add(&format!("INC{number}")).unwrap(), number);
        }
        assert_eq!(keys.add("INC7").unwrap_err().kind(), ErrorKind::Conflict);
        assert!(keys.add(&"x".repeat(5000)).is_err());
        let lengths: Vec<u8> = keys.lengths().flat_map(u16::to_le_bytes).collect();
        let mut read = Keys::from_lengths(keys.text(), &lengths).unwrap();
        assert_eq!((read.find("INC999"), read.find("INC1000")), (Some(999), None));
        assert_eq!(read.add("ü").unwrap(), 1000);
        assert_eq!(read.get(1000), Some("ü"));
        read.truncate(10);
        assert_eq!((read.find("INC9"), read.find("INC10")), (Some(9), None));
        assert!(Keys::from_ends(b"abc", &[2, 1, 3]).is_none());
        assert!(Keys::from_ends("ü".as_bytes(), &[1, 2]).is_none());
        assert!(Keys::from_ends(b"abc", &[2]).is_none());
        assert!(Keys::from_ends(b"abc", &[1 << 32 | 3]).is_none());
        assert!(Keys::from_lengths(b"abc", &[2, 0]).is_none());
        assert!(Keys::from_lengths(b"abc", &[3, 0]).is_some());
        assert!(Keys::from_lengths(b"abc", &[3, 0, 0]).is_none());
        assert!(Keys::from_lengths(b"abc", &[2, 0, 2, 0]).is_none());
        assert!(Keys::from_lengths("ü".as_bytes(), &[1, 0, 1, 0]).is_none());
        assert!(Keys::from_lengths(&[0xff], &[1, 0]).is_none());
    }
}
