//! Files of the first format, read to be written anew.
//!
//! The first format kept the blocks in a redb database: table `log`, key u64 block number from 0,
//! value = 8 bytes checksum (XXH3-64, little-endian) over (8 bytes checksum of the block before, 0
//! for the first; 8 bytes number; the block) and then the block. redb is used for nothing else: see
//! `FORMAT.md` for what the fault tests found.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableDatabase, ReadableTableMetadata, StorageBackend, TableDefinition};

use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");
const CACHE_BYTES: usize = 16 << 20;
/// The first bytes of every redb file.
pub(super) const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// All blocks of a file of the first format, every page and block of it checked.
pub(super) fn read_all(path: &Path) -> Result<Vec<Vec<u8>>> {
    // On a damaged file redb may find one of its own assumptions broken and panic.
    catch_unwind(AssertUnwindSafe(|| blocks(path)))
        .unwrap_or_else(|_| Err(Error::corrupt("database", "redb cannot make sense of it")))
}

fn blocks(path: &Path) -> Result<Vec<Vec<u8>>> {
    let mut builder = Database::builder();
    let builder = builder.set_check_integrity_on_open(true).set_cache_size(CACHE_BYTES);
    let bytes = std::fs::read(path).map_err(|error| super::file::refused(&error))?;
    let database = builder.create_with_backend(Copy(Mutex::new(bytes))).map_err(failure)?;
    let reading = database.begin_read().map_err(failure)?;
    if reading.list_tables().map_err(failure)?.next().is_none() {
        return Ok(Vec::new());
    }
    let table = reading.open_table(LOG).map_err(failure)?;
    let (mut blocks, mut before) = (Vec::new(), 0_u64);
    while let Some(value) = table.get(blocks.len() as u64).map_err(failure)? {
        let number = blocks.len() as u64;
        let damaged = || Error::corrupt("database", format!("block {number} is damaged"));
        let (stored, block) = value.value().split_first_chunk::<8>().ok_or_else(damaged)?;
        let stored = u64::from_le_bytes(*stored);
        let content = [&before.to_le_bytes(), &number.to_le_bytes(), block].concat();
        if stored != stable_hash(&content) {
            return Err(damaged());
        }
        before = stored;
        blocks.push(block.to_vec());
    }
    let count = table.len().map_err(failure)?;
    if count != blocks.len() as u64 {
        let why = format!("it has {count} blocks, of which {} follow one another", blocks.len());
        return Err(Error::corrupt("database", why));
    }
    Ok(blocks)
}

/// A copy of a file in memory: redb writes to what it opens, and the file is to stay as it is.
#[derive(Debug)]
struct Copy(Mutex<Vec<u8>>);

impl Copy {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn range(offset: u64, length: usize, within: usize) -> std::io::Result<std::ops::Range<usize>> {
    let from = usize::try_from(offset).ok();
    let range = from.and_then(|from| Some(from..from.checked_add(length)?));
    range.filter(|range| range.end <= within).ok_or(std::io::ErrorKind::UnexpectedEof.into())
}

impl StorageBackend for Copy {
    fn len(&self) -> std::io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        let bytes = self.bytes();
        out.copy_from_slice(&bytes[range(offset, out.len(), bytes.len())?]);
        Ok(())
    }

    fn set_len(&self, length: u64) -> std::io::Result<()> {
        let mut bytes = self.bytes();
        // A damaged file may ask for any length; a repair needs little more than there is.
        let most = bytes.len().saturating_mul(2) + (1 << 24);
        let length = usize::try_from(length).ok().filter(|length| *length <= most);
        bytes.resize(length.ok_or(std::io::ErrorKind::InvalidData)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        let mut bytes = self.bytes();
        let range = range(offset, data.len(), bytes.len())?;
        bytes[range].copy_from_slice(data);
        Ok(())
    }
}

fn failure(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::Io(error)
            if !matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
            ) =>
        {
            super::file::refused(&error)
        }
        redb::Error::UpgradeRequired(version) => {
            let message = format!("the file has redb's format {version}, which is too old");
            Error::new(ErrorKind::Unsupported, message)
        }
        other => Error::corrupt("database", other),
    }
}
