//! The durable log: one file, redb as the container of its blocks, one block a transaction.
//!
//! redb keeps a tree of checksummed pages, commits atomically and recovers after a crash. What it
//! does not promise is that every altered byte is noticed, so each block carries a checksum of its
//! own (XXH3-64) that also covers its number and the checksum of the block before it: a block that
//! was altered, lost in the middle, or moved is found when the log is read, which happens once, on
//! opening. Never is a key kept per item: one insert a transaction, in order.
//!
//! The format, all integers little-endian: table `log`, key u64 block number from 0, value = 8
//! bytes checksum over (8 bytes checksum of the block before, 0 for the first; 8 bytes number; the
//! block) and then the block itself in CBOR.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, DatabaseError, ReadableDatabase, TableDefinition};

use super::Storage;
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// Blocks are read once, so redb's own cache of pages can be small.
const CACHE_BYTES: usize = 16 << 20;

/// A log in a redb file.
#[derive(Debug)]
pub(super) struct RedbStorage {
    /// There but in the middle of being dropped.
    database: Option<Database>,
    /// The process that opened it: the lock on the file does not tell a fork from its parent.
    process: u32,
    /// Blocks in the log.
    length: u64,
    /// The checksum of the last block.
    last: u64,
}

impl RedbStorage {
    /// Opens a file or makes one, and checks every page and block in it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let place = |error: Error| error.within(path.display()).about("path");
        // On a damaged file redb may find one of its own assumptions broken and panic.
        catch_unwind(AssertUnwindSafe(|| Self::read_all(path)))
            .unwrap_or_else(|_| Err(Error::corrupt("database", "redb cannot make sense of it")))
            .map_err(place)
    }

    fn read_all(path: &Path) -> Result<Self> {
        let mut builder = Database::builder();
        let builder = builder.set_check_integrity_on_open(true).set_cache_size(CACHE_BYTES);
        let database = builder.create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                Error::new(ErrorKind::Conflict, "the database is open already")
            }
            other => failure(redb::Error::from(other)),
        })?;
        let process = std::process::id();
        let mut storage = RedbStorage { database: Some(database), process, length: 0, last: 0 };
        if storage.is_new()? {
            return Ok(storage);
        }
        while let Some((checksum, _)) = storage.checked(storage.length, storage.last)? {
            storage.last = checksum;
            storage.length += 1;
        }
        storage.refuse_gaps()?;
        Ok(storage)
    }

    /// The database, for the process that opened it.
    fn database(&self) -> Result<&Database> {
        let own = self.database.as_ref().filter(|_| std::process::id() == self.process);
        own.ok_or_else(|| {
            let message = format!("the database was opened by process {}", self.process);
            Error::new(ErrorKind::Conflict, message + ", a fork of it must open it itself")
        })
    }

    fn is_new(&self) -> Result<bool> {
        let reading = self.database()?.begin_read().map_err(failure)?;
        let mut tables = reading.list_tables().map_err(failure)?;
        Ok(tables.next().is_none())
    }

    /// A block behind the last one that follows without a gap means that one is missing.
    fn refuse_gaps(&self) -> Result<()> {
        use redb::ReadableTableMetadata;
        let reading = self.database()?.begin_read().map_err(failure)?;
        let table = reading.open_table(LOG).map_err(failure)?;
        let count = table.len().map_err(failure)?;
        if count == self.length && count > 0 {
            return Ok(());
        }
        let why = format!("it has {count} blocks, of which {} follow one another", self.length);
        Err(Error::corrupt("database", why))
    }

    /// The checksum and content of a block, given the checksum of the one before.
    fn checked(&self, number: u64, before: u64) -> Result<Option<(u64, Vec<u8>)>> {
        let reading = self.database()?.begin_read().map_err(failure)?;
        let table = reading.open_table(LOG).map_err(failure)?;
        let Some(value) = table.get(number).map_err(failure)? else { return Ok(None) };
        let damaged = || Error::corrupt("database", format!("block {number} is damaged"));
        let (stored, block) = value.value().split_first_chunk::<8>().ok_or_else(damaged)?;
        let stored = u64::from_le_bytes(*stored);
        if stored != checksum(before, number, block) {
            return Err(damaged());
        }
        Ok(Some((stored, block.to_vec())))
    }

    fn stored_checksum(&self, number: u64) -> Result<u64> {
        let reading = self.database()?.begin_read().map_err(failure)?;
        let table = reading.open_table(LOG).map_err(failure)?;
        let value = table.get(number).map_err(failure)?;
        let stored = value.and_then(|value| value.value().first_chunk::<8>().copied());
        stored
            .map(u64::from_le_bytes)
            .ok_or_else(|| Error::corrupt("database", format!("block {number} is missing")))
    }
}

impl Storage for RedbStorage {
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        if number >= self.length {
            return Ok(None);
        }
        let before = if number == 0 { 0 } else { self.stored_checksum(number - 1)? };
        Ok(self.checked(number, before)?.map(|(_, block)| block))
    }

    fn append(&mut self, number: u64, block: &[u8]) -> Result<()> {
        if number != self.length {
            let expected = format!("{}, the number of blocks", self.length);
            return Err(Error::invalid("number", number, expected));
        }
        let checksum = checksum(self.last, number, block);
        let value = [&checksum.to_le_bytes(), block].concat();
        let writing = self.database()?.begin_write().map_err(failure)?;
        {
            let mut table = writing.open_table(LOG).map_err(failure)?;
            table.insert(number, value.as_slice()).map_err(failure)?;
        }
        // By default redb has it on the disk when this returns.
        writing.commit().map_err(failure)?;
        (self.length, self.last) = (number + 1, checksum);
        Ok(())
    }
}

/// A fork must not tidy up the file of its parent.
impl Drop for RedbStorage {
    fn drop(&mut self) {
        if std::process::id() != self.process {
            std::mem::forget(self.database.take());
        }
    }
}

fn checksum(before: u64, number: u64, block: &[u8]) -> u64 {
    stable_hash(&[&before.to_le_bytes(), &number.to_le_bytes(), block].concat())
}

fn failure(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::Io(error)
            if !matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
            ) =>
        {
            Error::new(ErrorKind::Io, format!("the operating system refused: {error}"))
        }
        redb::Error::UpgradeRequired(version) => {
            let message = format!("the file has redb's format {version}, which is too old");
            Error::new(ErrorKind::Unsupported, message)
        }
        other => Error::corrupt("database", other),
    }
}
