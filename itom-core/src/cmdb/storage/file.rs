//! The log in a file: the one place of the library that touches the file system.
//!
//! A writer holds an advisory lock on the file as long as it is open; readers take none. A new file
//! that takes the place of the old one is renamed over it, so a reader that has the old one open
//! goes on with it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Medium;
use crate::{Error, ErrorKind, Result};

/// A file as a [`Medium`].
#[derive(Debug)]
pub(super) struct FileMedium {
    file: Mutex<File>,
    path: PathBuf,
    /// The process that opened it: a fork shares the lock of its parent and must not write.
    process: u32,
    /// It is written beside another, whose place it has not taken yet.
    temporary: bool,
}

/// What was begun and not finished is of no use to anyone.
impl Drop for FileMedium {
    fn drop(&mut self) {
        if self.temporary && std::process::id() == self.process {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// An error of the operating system.
pub(super) fn refused(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("the operating system refused: {error}"))
}

fn in_use() -> Error {
    Error::new(ErrorKind::Conflict, "the database is open already, for writing")
}

impl FileMedium {
    /// Opens a file to write, or makes one, and locks it.
    pub(super) fn writer(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        loop {
            let made = !path.exists();
            let file = options.open(path).map_err(|error| refused(&error))?;
            lock(&file)?;
            if !is_at(&file, path) {
                // Between opening and locking a compacted file took its place.
                continue;
            }
            if made {
                sync_folder(path)?;
            }
            return Ok(Self::of(file, path));
        }
    }

    /// Opens a file to read.
    pub(super) fn reader(path: &Path) -> Result<Self> {
        Ok(Self::of(File::open(path).map_err(|error| refused(&error))?, path))
    }

    fn of(file: File, path: &Path) -> Self {
        let (file, path, process) = (Mutex::new(file), path.to_owned(), std::process::id());
        FileMedium { file, path, process, temporary: false }
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_fork(&self) -> Result<()> {
        if std::process::id() == self.process {
            return Ok(());
        }
        let message = format!("the database was opened by process {}", self.process);
        Err(Error::new(ErrorKind::Conflict, message + ", a fork of it must open it itself"))
    }
}

fn lock(file: &File) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(in_use()),
        // A file system without locks: then it is for the user to see to one writer.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
            Ok(())
        }
        Err(TryLockError::Error(error)) => Err(refused(&error)),
    }
}

/// Whether a path still leads to the file that was opened by it.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Makes the name of a new or renamed file durable.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| refused(&error))?;
    }
    Ok(())
}

/// The path with something behind its name: `shop.itom` with `.compact` is `shop.itom.compact`.
pub(super) fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(what);
    PathBuf::from(name)
}

impl Medium for FileMedium {
    fn length(&self) -> Result<u64> {
        let metadata = self.file().metadata().map_err(|error| refused(&error))?;
        if !metadata.is_file() {
            return Err(Error::invalid("path", self.path.display(), "a file"));
        }
        Ok(metadata.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(buffer))
            .map_err(|error| refused(&error))
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.refuse_fork()?;
        let mut file = self.file();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.write_all(bytes))
            .map_err(|error| refused(&error))
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        self.refuse_fork()?;
        self.file().set_len(length).map_err(|error| refused(&error))
    }

    fn sync(&mut self) -> Result<()> {
        self.refuse_fork()?;
        self.file().sync_data().map_err(|error| refused(&error))
    }

    fn beside(&self) -> Result<Self> {
        self.refuse_fork()?;
        let path = beside(&self.path, ".compact");
        // What a writer that died left there is of no use to anyone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(refused(&error)),
            _ => {
                let mut medium = Self::writer(&path)?;
                medium.temporary = true;
                Ok(medium)
            }
        }
    }

    fn replace(&mut self, mut by: Self) -> Result<()> {
        self.refuse_fork()?;
        by.file().sync_all().map_err(|error| refused(&error))?;
        std::fs::rename(&by.path, &self.path).map_err(|error| refused(&error))?;
        by.temporary = false;
        std::mem::swap(&mut self.file, &mut by.file);
        sync_folder(&self.path)
    }
}
