//! Frames and marks: the bytes a log file is made of, and how they are checked.
//!
//! A [`Header`] stands before each payload. It carries two checksums (XXH3-64), one of the payload
//! and one of itself, and that of the header before: what was altered, lost in the middle or moved
//! does not fit. A [`Mark`] says up to where the file was known to be on the disk; two of them stand
//! at the start of the file and are written in turns. `FORMAT.md` beside this file has every byte.

use crate::snapshot::stable_hash;

/// Bytes of a header.
pub(super) const HEADER: u64 = 56;
/// Bytes of the room of one mark; a mark fills the start of it, zeros the rest.
pub(super) const SLOT: u64 = 4096;
/// Where the first frame is.
pub(super) const START: u64 = 2 * SLOT;
const MARK: usize = 48;
pub(super) const FRAME_MAGIC: [u8; 4] = *b"ITFR";
const FILE_MAGIC: [u8; 8] = *b"ITOMCMDB";
/// The version of the layout of files; blocks have versions of their own.
const FILE_VERSION: u16 = 1;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Block = 1,
    Checkpoint = 2,
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Of a block its number, of a checkpoint how many blocks it covers.
    pub(super) number: u64,
    /// Bytes of the payload.
    pub(super) length: u64,
    /// Up to here the file was on the disk when the frame was written.
    pub(super) synced: u64,
    /// The checksum of the header before, 0 for the first.
    pub(super) previous: u64,
    /// The checksum of the payload.
    pub(super) content: u64,
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

impl Header {
    /// The header as bytes, and its checksum.
    pub(super) fn to_bytes(self) -> ([u8; HEADER as usize], u64) {
        let mut bytes = [0; HEADER as usize];
        bytes[..4].copy_from_slice(&FRAME_MAGIC);
        bytes[4] = self.kind as u8;
        let numbers = [self.number, self.length, self.synced, self.previous, self.content];
        for (place, number) in bytes[8..48].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let checksum = stable_hash(&bytes[..48]);
        bytes[48..].copy_from_slice(&checksum.to_le_bytes());
        (bytes, checksum)
    }

    /// The header and its checksum, `None` where it is none or damaged.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Self, u64)> {
        let bytes = bytes.get(..HEADER as usize)?;
        let checksum = u64_at(bytes, 48);
        if bytes[..4] != FRAME_MAGIC
            || bytes[5..8] != [0; 3]
            || checksum != stable_hash(&bytes[..48])
        {
            return None;
        }
        let kind = match bytes[4] {
            1 => Kind::Block,
            2 => Kind::Checkpoint,
            _ => return None,
        };
        let header = Header {
            kind,
            number: u64_at(bytes, 8),
            length: u64_at(bytes, 16),
            synced: u64_at(bytes, 24),
            previous: u64_at(bytes, 32),
            content: u64_at(bytes, 40),
        };
        Some((header, checksum))
    }
}

/// Up to where the file is known to be on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Goes up by one with each mark written; the greater one rules.
    pub(super) generation: u64,
    /// The end of what is on the disk.
    pub(super) end: u64,
    /// The checksum of the last header before `end`.
    pub(super) last: u64,
}

/// What the room of a mark holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Whole(Mark),
    Damaged,
    /// It is of a later version of the format.
    Newer(u16),
}

impl Mark {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![0; SLOT as usize];
        bytes[..8].copy_from_slice(&FILE_MAGIC);
        bytes[8..10].copy_from_slice(&FILE_VERSION.to_le_bytes());
        let numbers = [self.generation, self.end, self.last];
        for (place, number) in bytes[16..40].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let checksum = stable_hash(&bytes[..40]);
        bytes[40..MARK].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Slot {
        let whole = bytes.len() == SLOT as usize
            && bytes[..8] == FILE_MAGIC
            && u64_at(bytes, 40) == stable_hash(&bytes[..40]);
        if !whole {
            return Slot::Damaged;
        }
        match u16::from_le_bytes([bytes[8], bytes[9]]) {
            FILE_VERSION if bytes[10..16].iter().chain(&bytes[MARK..]).all(|byte| *byte == 0) => {
                let (generation, end) = (u64_at(bytes, 16), u64_at(bytes, 24));
                Slot::Whole(Mark { generation, end, last: u64_at(bytes, 32) })
            }
            FILE_VERSION | 0 => Slot::Damaged,
            newer => Slot::Newer(newer),
        }
    }
}

/// The bytes a new file begins with.
pub(super) fn new_file() -> Vec<u8> {
    let first = Mark { generation: 0, end: START, last: 0 };
    let second = Mark { generation: 1, ..first };
    [first.to_bytes(), second.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_a_mark_come_back_and_no_bit_of_them_may_change() {
        let kind = Kind::Checkpoint;
        let header =
            Header { kind, number: 3, length: 9, synced: 1 << 40, previous: 5, content: 6 };
        let (bytes, checksum) = header.to_bytes();
        assert_eq!(Header::from_bytes(&bytes), Some((header, checksum)));
        let mark = Mark { generation: 7, end: 8192, last: 9 };
        let room = mark.to_bytes();
        assert_eq!(Mark::from_bytes(&room), Slot::Whole(mark));
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&wrong), None, "bit {bit}");
        }
        for bit in 0..room.len() * 8 {
            let mut wrong = room.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Mark::from_bytes(&wrong), Slot::Damaged, "bit {bit}");
        }
    }
}
