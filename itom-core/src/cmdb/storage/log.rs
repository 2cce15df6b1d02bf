//! The log: checksummed frames, one after the other, in one file that only grows.
//!
//! [`LogStorage`] keeps blocks and checkpoints on a [`Medium`]. A block is written behind the last
//! one, then synced, then one of two marks at the start of the file says so. Opening follows the
//! headers from the first to the last, reads only them, and checks the content of what lies behind
//! the mark; each block is checked whenever it is read.
//!
//! **A torn tail is not damage.** Where a frame does not fit, the question is whether it was ever
//! known to be on the disk: a mark says up to where, and so does every later frame. If it was, the
//! file is damaged and says so. If not, the writer died before it could acknowledge it, and it is
//! cut off. A bad frame is never simply the end.

use super::frame::{HEADER, Header, Kind, Mark, SLOT, START, Slot, new_file};
use super::repair::{self, Salvage, Verification};
use super::scan::{self, Scan};
use super::{Medium, Storage};
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

/// A payload up to here is written together with its header.
const SMALL: usize = 1 << 16;

/// Blocks and checkpoints on a [`Medium`], in the format of `Cmdb::open`.
///
/// ```
/// use itom_core::cmdb::{LogStorage, MemoryMedium, Storage};
///
/// let mut log = LogStorage::open(MemoryMedium::default())?;
/// log.append(0, b"the first block")?;
/// log.sync()?;
/// let file = log.into_medium();
/// assert_eq!(LogStorage::open(file)?.read(0)?.as_deref(), Some(&b"the first block"[..]));
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Debug)]
pub struct LogStorage<M> {
    medium: M,
    access: Access,
    /// Where the header of each block is.
    blocks: Vec<u64>,
    /// Where the header of the last checkpoint is.
    checkpoint: Option<u64>,
    /// The end of what is written, and of what is known to be on the disk.
    end: u64,
    synced: u64,
    /// The checksum of the last header.
    last: u64,
    generation: u64,
    recovered: Recovered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    ReadOnly,
    Writer,
    /// A write failed half way: what is in the file is known only after opening it anew.
    Broken,
}

/// What opening a log had to put right; nothing acknowledged is lost by either.
///
/// ```
/// use itom_core::cmdb::{LogStorage, MemoryMedium};
///
/// let log = LogStorage::open(MemoryMedium::default())?;
/// assert_eq!(log.recovered().torn_bytes, 0);
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes at the end that were never acknowledged, of a writer that died.
    pub torn_bytes: u64,
    /// Marks at the start of the file that were damaged, of two; the next writes make them anew.
    pub marks: u32,
}

impl<M: Medium> LogStorage<M> {
    /// Opens a log to read and write it, or begins one on an empty medium.
    ///
    /// See [`LogStorage`] for an example.
    ///
    /// # Errors
    /// The medium refuses, or what is on it is damaged, no log, or of a later version.
    pub fn open(mut medium: M) -> Result<Self> {
        let marks = read_marks(&medium)?;
        if marks.is_new {
            // A writer that died while it began a log left a part of these bytes.
            medium.truncate(0)?;
            medium.write_at(0, &new_file())?;
            medium.sync()?;
            return Self::follow(medium, read_marks_of_new(), Access::Writer);
        }
        let mut log = Self::follow(medium, marks, Access::Writer)?;
        if log.recovered.torn_bytes > 0 {
            log.medium.truncate(log.end)?;
        }
        // What lies behind the mark is whole; now it is on the disk too, and said to be.
        if log.recovered != Recovered::default() || log.synced < log.end {
            log.synced = 0;
            log.sync()?;
        }
        Ok(log)
    }

    /// Opens a log to read what is in it; nothing is written, a torn tail stays where it is.
    ///
    /// ```
    /// use itom_core::cmdb::{LogStorage, MemoryMedium, Storage};
    ///
    /// let file = LogStorage::open(MemoryMedium::default())?.into_medium();
    /// let mut log = LogStorage::open_read_only(file)?;
    /// assert!(log.append(0, b"x").is_err());
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_read_only(medium: M) -> Result<Self> {
        let mut marks = read_marks(&medium)?;
        if marks.is_new {
            marks = read_marks_of_new();
            return Ok(Self::empty(medium, &marks, Access::ReadOnly));
        }
        Self::follow(medium, marks, Access::ReadOnly)
    }

    fn empty(medium: M, marks: &Marks, access: Access) -> Self {
        LogStorage {
            medium,
            access,
            blocks: Vec::new(),
            checkpoint: None,
            end: START,
            synced: marks.mark.end,
            last: 0,
            generation: marks.mark.generation + 1,
            recovered: Recovered {
                torn_bytes: 0,
                marks: marks.damaged.iter().map(|damaged| u32::from(*damaged)).sum(),
            },
        }
    }

    /// Follows the headers from the first frame to the last.
    fn follow(medium: M, marks: Marks, access: Access) -> Result<Self> {
        let mut log = Self::empty(medium, &marks, access);
        let length = log.medium.length()?;
        let mut scan = Scan::new(&log.medium, length);
        let mut at = START;
        let mut blocks = Vec::new();
        while at < length || at < marks.mark.end {
            let next = scan.frame(at)?.filter(|(header, _)| {
                header.previous == log.last && header.number == blocks.len() as u64
            });
            // Behind the mark even the content may be torn; before it, it is checked when read.
            let next = match next {
                Some((header, _))
                    if at >= marks.mark.end && !scan.content_is_whole(at, &header)? =>
                {
                    None
                }
                other => other,
            };
            let Some((header, checksum)) = next else {
                if at < marks.mark.end || scan.was_synced_behind(at)? {
                    return Err(scan::damaged(&log.medium, at));
                }
                log.recovered.torn_bytes = length - at;
                break;
            };
            match header.kind {
                Kind::Block => blocks.push(at),
                Kind::Checkpoint => log.checkpoint = Some(at),
            }
            log.last = checksum;
            at += HEADER + header.length;
            if at == marks.mark.end && checksum != marks.mark.last {
                return Err(Error::corrupt(
                    "database",
                    "its marks are of other frames than it has",
                ));
            }
        }
        (log.end, log.blocks) = (at, blocks);
        Ok(log)
    }

    /// Looks at every byte of a log, and says what is whole and what is damaged.
    ///
    /// See [`Verification`] for an example.
    ///
    /// # Errors
    /// The medium refuses, or what is on it is of a later version. Damage is no error.
    pub fn verify(medium: &M) -> Result<Verification> {
        repair::verify(medium)
    }

    /// Writes what can be read of a damaged log to an empty storage, and says what is lost.
    ///
    /// ```
    /// use itom_core::cmdb::{LogStorage, MemoryMedium};
    ///
    /// let damaged = LogStorage::open(MemoryMedium::default())?.into_medium();
    /// let empty = LogStorage::open(MemoryMedium::default())?;
    /// assert_eq!(LogStorage::salvage(&damaged, Box::new(empty))?.lost_bytes, 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`verify`](Self::verify); `to` is not empty or cannot be written.
    pub fn salvage(medium: &M, to: Box<dyn Storage>) -> Result<Salvage> {
        repair::salvage(medium, to)
    }

    /// What opening it had to put right.
    ///
    /// See [`Recovered`] for an example.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The number of blocks.
    ///
    /// ```
    /// use itom_core::cmdb::{LogStorage, MemoryMedium};
    /// assert_eq!(LogStorage::open(MemoryMedium::default())?.blocks(), 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The medium, for example to open it anew.
    ///
    /// See [`LogStorage`] for an example.
    pub fn into_medium(self) -> M {
        self.medium
    }

    fn content(&self, at: u64) -> Result<Option<(Header, Vec<u8>)>> {
        let mut head = [0; HEADER as usize];
        self.medium.read_at(at, &mut head)?;
        let Some((header, _)) = Header::from_bytes(&head) else { return Ok(None) };
        // A header that is whole was followed at opening: its length lies within the file.
        let length = usize::try_from(header.length)
            .map_err(|_| Error::new(ErrorKind::LimitExceeded, "a block larger than the memory"))?;
        if at + HEADER + header.length > self.end {
            return Ok(None);
        }
        let mut content = vec![0; length];
        self.medium.read_at(at + HEADER, &mut content)?;
        Ok((stable_hash(&content) == header.content).then_some((header, content)))
    }

    fn refuse_unless_writer(&self) -> Result<()> {
        match self.access {
            Access::Writer => Ok(()),
            Access::ReadOnly => {
                Err(Error::new(ErrorKind::Conflict, "the database was opened to be read only"))
            }
            Access::Broken => Err(Error::new(
                ErrorKind::Io,
                "an earlier write failed: open the database again to go on from what was kept",
            )),
        }
    }

    fn append_frame(&mut self, kind: Kind, number: u64, content: &[u8]) -> Result<()> {
        self.refuse_unless_writer()?;
        let header = Header {
            kind,
            number,
            length: content.len() as u64,
            synced: self.synced,
            previous: self.last,
            content: stable_hash(content),
        };
        let (head, checksum) = header.to_bytes();
        let written = if content.len() <= SMALL {
            self.medium.write_at(self.end, &[&head[..], content].concat())
        } else {
            let rest = self.end + HEADER;
            self.medium.write_at(self.end, &head).and_then(|()| self.medium.write_at(rest, content))
        };
        if let Err(error) = written {
            // A disk that is full: what was written of it goes, and later writes may succeed.
            if self.medium.truncate(self.end).is_err() {
                self.access = Access::Broken;
            }
            return Err(error);
        }
        match kind {
            Kind::Block => self.blocks.push(self.end),
            Kind::Checkpoint => self.checkpoint = Some(self.end),
        }
        self.end += HEADER + header.length;
        self.last = checksum;
        Ok(())
    }
}

impl<M: Medium> Storage for LogStorage<M> {
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        let place = usize::try_from(number).ok().and_then(|n| self.blocks.get(n));
        let Some(&at) = place else { return Ok(None) };
        match self.content(at)? {
            Some((header, content)) if header.kind == Kind::Block && header.number == number => {
                Ok(Some(content))
            }
            _ => Err(scan::damaged(&self.medium, at)),
        }
    }

    fn check(&self, below: u64) -> Result<()> {
        if below > self.blocks() {
            return Err(Error::corrupt("log", format!("block {} is missing", self.blocks())));
        }
        let mut scan = Scan::new(&self.medium, self.end);
        for (number, &at) in (0..below).zip(&self.blocks) {
            let whole = scan.whole_frame(at)?;
            if whole.is_none_or(|header| header.kind != Kind::Block || header.number != number) {
                return Err(scan::damaged(&self.medium, at));
            }
        }
        Ok(())
    }

    fn append(&mut self, number: u64, block: &[u8]) -> Result<()> {
        if number != self.blocks() {
            let expected = format!("{}, the number of blocks", self.blocks());
            return Err(Error::invalid("number", number, expected));
        }
        self.append_frame(Kind::Block, number, block)
    }

    fn sync(&mut self) -> Result<()> {
        if self.synced == self.end || self.access == Access::ReadOnly {
            return Ok(());
        }
        self.refuse_unless_writer()?;
        if let Err(error) = self.medium.sync() {
            // After a failed sync the system may have dropped what it could not write.
            self.access = Access::Broken;
            return Err(error);
        }
        self.synced = self.end;
        let mark = Mark { generation: self.generation, end: self.end, last: self.last };
        // The blocks are on the disk, so the mark may fail or wait for the next sync: it only tells
        // a flipped bit in the last frame from a torn tail.
        if self.medium.write_at(self.generation % 2 * SLOT, &mark.to_bytes()).is_ok() {
            self.generation += 1;
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<Option<(u64, Vec<u8>)>> {
        let Some(at) = self.checkpoint else { return Ok(None) };
        match self.content(at)? {
            Some((header, content)) => Ok(Some((header.number, content))),
            None => Err(scan::damaged(&self.medium, at)),
        }
    }

    fn put_checkpoint(&mut self, content: &[u8]) -> Result<()> {
        self.append_frame(Kind::Checkpoint, self.blocks(), content)?;
        self.sync()
    }

    fn rewrite(&mut self, blocks: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<()> {
        self.refuse_unless_writer()?;
        let mut fresh = LogStorage::open(self.medium.beside()?)?;
        for (number, block) in blocks.enumerate() {
            fresh.append(number as u64, &block?)?;
        }
        fresh.sync()?;
        // The mark too: a flip in the last block of the new file must not pass for a torn tail.
        fresh.medium.sync()?;
        let LogStorage { medium, blocks, end, synced, last, generation, .. } = fresh;
        if let Err(error) = self.medium.replace(medium) {
            self.access = Access::Broken;
            return Err(error);
        }
        (self.blocks, self.checkpoint) = (blocks, None);
        (self.end, self.synced, self.last, self.generation) = (end, synced, last, generation);
        Ok(())
    }
}

/// What the start of the file says.
#[derive(Debug)]
pub(super) struct Marks {
    /// The later of the two; of none, the start.
    pub(super) mark: Mark,
    /// Which of the two are.
    pub(super) damaged: [bool; 2],
    is_new: bool,
}

fn read_marks_of_new() -> Marks {
    let mark = Mark { generation: 1, end: START, last: 0 };
    Marks { mark, damaged: [false; 2], is_new: false }
}

pub(super) fn read_marks<M: Medium>(medium: &M) -> Result<Marks> {
    let length = medium.length()?;
    let mut bytes = vec![0; length.min(START) as usize];
    medium.read_at(0, &mut bytes)?;
    let mut found = Marks { damaged: [true; 2], ..read_marks_of_new() };
    let mut any = None;
    for (slot, damaged) in bytes.chunks(SLOT as usize).zip(&mut found.damaged) {
        match Mark::from_bytes(slot) {
            Slot::Whole(mark) => {
                *damaged = false;
                any = any.filter(|other: &Mark| other.generation > mark.generation).or(Some(mark));
            }
            Slot::Damaged => {}
            Slot::Newer(version) => {
                let message = format!("the file has version {version} of the format, this reads 1");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
    }
    match any {
        Some(mark) => found.mark = mark,
        None if bytes.starts_with(b"redb") => {
            let message = "the file has the first format, of redb: with the feature redb, opening \
                           it for writing writes it anew";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        None => {
            let begun = bytes.iter().zip(new_file()).all(|(is, new)| *is == 0 || *is == new);
            found.is_new = begun && length <= START;
            if !found.is_new {
                return Err(Error::corrupt("database", "both marks at its start are damaged"));
            }
        }
    }
    Ok(found)
}
