//! Files of the first format: read as they are, or written anew in the present one.

use std::io::Read;
use std::path::Path;

use super::file::{FileMedium, beside, refused, sync_folder};
use super::{LogStorage, Medium, Storage, redb};
use crate::{Error, ErrorKind, Result};

/// The blocks of a file of the first format, `None` where it is none.
pub(super) fn old_blocks(path: &Path) -> Result<Option<Vec<Vec<u8>>>> {
    let mut start = Vec::new();
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened
            .and_then(|file| file.take(redb::MAGIC.len() as u64).read_to_end(&mut start))
            .map_err(|error| refused(&error))?,
    };
    if start == redb::MAGIC { redb::read_all(path).map(Some) } else { Ok(None) }
}

/// Writes a file of the first format anew; the old one stays, `.redb` behind its name.
pub(super) fn convert(path: &Path) -> Result<()> {
    let Some(blocks) = old_blocks(path)? else { return Ok(()) };
    let fresh = beside(path, ".new");
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refused(&error)),
        _ => {}
    }
    let mut log = LogStorage::open(FileMedium::writer(&fresh)?)?;
    for (number, block) in blocks.iter().enumerate() {
        log.append(number as u64, block)?;
    }
    log.sync()?;
    log.into_medium().sync()?;
    let old = beside(path, ".redb");
    // A second name for the old file first: at no time is there no file of the given name.
    std::fs::hard_link(path, &old)
        .or_else(|_| std::fs::copy(path, &old).map(|_| ()))
        .and_then(|()| std::fs::rename(&fresh, path))
        .map_err(|error| refused(&error))?;
    sync_folder(path)
}

/// The blocks of a file of the first format, to read only.
#[derive(Debug)]
pub(super) struct OldStorage(pub(super) Vec<Vec<u8>>);

impl Storage for OldStorage {
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        Ok(usize::try_from(number).ok().and_then(|n| self.0.get(n)).cloned())
    }

    fn append(&mut self, _: u64, _: &[u8]) -> Result<()> {
        Err(Error::new(ErrorKind::Conflict, "the database was opened to be read only"))
    }
}
