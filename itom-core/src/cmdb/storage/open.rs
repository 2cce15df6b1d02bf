//! Opening a database from a log, and keeping it durable.

use std::borrow::Cow;

use super::super::history::History;
use super::super::{Cmdb, ModelDefinition};
#[cfg(feature = "store")]
use super::LogStorage;
use super::block::Content;
#[cfg(feature = "store")]
use super::file::FileMedium;
use super::journal::Opened;
use super::{Block, Journal, Storage};
use crate::{Error, ErrorKind, Result};

impl Cmdb {
    /// A database over a log kept elsewhere: its last checkpoint is taken over, what is in the log
    /// behind that is applied again. A checkpoint that is damaged or of a later version is passed
    /// over: the log has all of it.
    ///
    /// `None` takes the model that is in the log, the open one if there is no log yet. See
    /// [`Storage`] for an example.
    ///
    /// # Errors
    /// The log cannot be read or is damaged, or has another model.
    pub fn with_storage(
        mut storage: Box<dyn Storage>,
        model: Option<ModelDefinition>,
    ) -> Result<Self> {
        if storage.read(0)?.is_some() {
            let (mut db, opened) = Cmdb::replay_all(&*storage, model)?;
            db.journal = Some(Journal::new(storage, opened));
            return Ok(db);
        }
        let mut db = Cmdb::new(model.unwrap_or_default())?;
        storage.append(0, &Block::Model(Cow::Borrowed(db.model())).to_bytes())?;
        storage.sync()?;
        db.journal = Some(Journal::new(storage, Opened { blocks: 1, ..Opened::default() }));
        Ok(db)
    }

    /// The database that a log tells of, in memory, and what was met in the log.
    fn replay_all(storage: &dyn Storage, model: Option<ModelDefinition>) -> Result<(Self, Opened)> {
        let Some(first) = storage.read(0)? else {
            return Ok((Cmdb::new(model.unwrap_or_default())?, Opened::default()));
        };
        let Content::Model(stored) = Content::from_bytes(&first)? else {
            return Err(Error::corrupt("log", "it does not begin with a model"));
        };
        let stored = *stored;
        let (mut db, mut opened) = match Cmdb::from_checkpoint(storage, &stored)? {
            Some(found) => found,
            None => (Cmdb::new(stored)?, Opened { blocks: 1, ..Opened::default() }),
        };
        while let Some(bytes) = storage.read(opened.blocks)? {
            let number = opened.blocks;
            let place = |error: Error| error.within(format!("block {number}"));
            let Content::Transactions(all) = Content::from_bytes(&bytes).map_err(place)? else {
                return Err(Error::corrupt("log", format!("block {number} is no transaction")));
            };
            for (transaction, changes) in all {
                db.apply(&changes, transaction).map_err(place)?;
            }
            opened.blocks += 1;
            opened.behind += bytes.len() as u64;
        }
        if model.is_some_and(|model| model.canonical() != *db.model()) {
            let message =
                "model must be the one that the log has, or left out; set_model changes it";
            return Err(Error::new(ErrorKind::Conflict, message).about("model"));
        }
        Ok((db, opened))
    }

    /// The database of the last checkpoint, if there is one that can be read. The blocks that it
    /// covers are checked like those that are applied.
    fn from_checkpoint(
        storage: &dyn Storage,
        first: &ModelDefinition,
    ) -> Result<Option<(Self, Opened)>> {
        let (blocks, bytes) = match storage.checkpoint() {
            Ok(Some((blocks, bytes))) if blocks > 0 => (blocks, bytes),
            Err(error) if error.kind() != ErrorKind::Corrupt => return Err(error),
            _ => return Ok(None),
        };
        let checkpoint = bytes.len() as u64;
        let Ok(history) = History::from_checkpoint(bytes) else { return Ok(None) };
        storage.check(blocks)?;
        let db = Cmdb::of(history, first.clone())?;
        Ok(Some((db, Opened { blocks, checkpoint, behind: 0 })))
    }

    /// Writes the whole state behind the log, so that opening need not apply what is before it, and
    /// tells how many bytes it takes.
    ///
    /// Opening takes a checkpoint over as it is and reads what is asked for: that takes
    /// milliseconds where applying the log takes seconds. One is written by itself whenever the log
    /// behind the last one has grown as large as that was, and from 1 MiB on; and by
    /// [`compact`](Cmdb::compact), which also removes those before it. The log stays: it is what
    /// counts where a checkpoint cannot be read.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, LogStorage, MemoryMedium, PutItem, Transaction};
    ///
    /// let storage = LogStorage::open(MemoryMedium::default())?;
    /// let mut db = Cmdb::with_storage(Box::new(storage), None)?;
    /// let put = Change::PutItem(PutItem::new("web-1", "application"));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// assert!(db.checkpoint()? > 0);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The database is in memory or read only, or the storage refuses or keeps no checkpoints; the
    /// log is as it was.
    pub fn checkpoint(&mut self) -> Result<u64> {
        let Some(journal) = &mut self.journal else {
            let message = "a database in memory has no file to keep a checkpoint in";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        journal.checkpoint(&self.history.checkpoint())
    }

    /// Opens the database in a file, or makes one; `None` takes the model that is in it.
    ///
    /// Every block is checked, and what is behind the last [`checkpoint`](Cmdb::checkpoint) is
    /// applied again. A transaction is on the disk when [`apply`](Cmdb::apply) or
    /// [`load`](Cmdb::load) returns, unless [`commit_every`](Cmdb::commit_every) says otherwise; a
    /// process that is killed loses none of those. One process at a time may write; others may read
    /// at the same time ([`open_read_only`](Cmdb::open_read_only)).
    ///
    /// With the feature `redb`, a file of the first format, which was a redb database, is written
    /// anew in the present one; the old file stays beside it, `.redb` behind its name.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, PutItem, Transaction};
    ///
    /// let path = std::env::temp_dir().join(format!("itom-doc-{}.itom", std::process::id()));
    /// let mut db = Cmdb::open(&path, None)?;
    /// let put = Change::PutItem(PutItem::new("web-1", "application"));
    /// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
    /// drop(db);
    /// assert!(Cmdb::open(&path, None)?.at(None, None).item("web-1").is_some());
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be opened ([`ErrorKind::Io`]), is open for writing already
    /// ([`ErrorKind::Conflict`]), is damaged ([`ErrorKind::Corrupt`]) or was begun with another
    /// model.
    #[cfg(feature = "store")]
    pub fn open(path: impl AsRef<std::path::Path>, model: Option<ModelDefinition>) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            #[cfg(feature = "redb")]
            super::convert::convert(path)?;
            let storage = LogStorage::open(FileMedium::writer(path)?)?;
            Cmdb::with_storage(Box::new(storage), model)
        };
        open().map_err(|error| at(path, error))
    }

    /// Opens the database in a file to read it: what was written to it when it was opened.
    ///
    /// Any number of processes may do so while one writes. To see what is written later, open it
    /// again. [`apply`](Cmdb::apply) and whatever else writes is refused.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, Transaction};
    ///
    /// let path = std::env::temp_dir().join(format!("itom-read-{}.itom", std::process::id()));
    /// let mut writer = Cmdb::open(&path, None)?;
    /// writer.apply(&[], Transaction::at(itom_core::Timestamp::from_secs(0)))?;
    /// let mut reader = Cmdb::open_read_only(&path)?;
    /// assert_eq!(reader.transactions().count(), 1);
    /// assert!(reader.apply(&[], Transaction::at(itom_core::Timestamp::from_secs(1))).is_err());
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The file does not exist or cannot be read, or is damaged.
    #[cfg(feature = "store")]
    pub fn open_read_only(path: impl AsRef<std::path::Path>) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let storage: Box<dyn Storage> = read_only(path)?;
            let (mut db, opened) = Cmdb::replay_all(&*storage, None)?;
            db.journal = Some(Journal::new(storage, opened));
            Ok(db)
        };
        open().map_err(|error| at(path, error))
    }

    /// Syncs after every so many transactions instead of after each; 0 leaves it to
    /// [`sync`](Cmdb::sync).
    ///
    /// A transaction that was applied and not synced is seen by every reader, and survives the end
    /// of the process, however it ends; in a failure of the system or of power it may be lost, with
    /// all that follow it, and never in part. Dropping the database syncs.
    ///
    /// ```
    /// # use itom_core::{Timestamp, cmdb::{Cmdb, LogStorage, MemoryMedium, Transaction}};
    /// let storage = LogStorage::open(MemoryMedium::default())?;
    /// let mut db = Cmdb::with_storage(Box::new(storage), None)?;
    /// db.commit_every(100);
    /// for second in 0..150 {
    ///     db.apply(&[], Transaction::at(Timestamp::from_secs(second)))?;
    /// }
    /// db.sync()?; // 100 were on the disk before, now all 150 are
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn commit_every(&mut self, transactions: u32) {
        if let Some(journal) = &mut self.journal {
            journal.set_every(transactions);
        }
    }

    /// When it returns, every transaction applied is on the disk. In memory it does nothing.
    ///
    /// ```
    /// itom_core::cmdb::Cmdb::default().sync()?;
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The storage refuses; then later writes are refused too, until the database is opened again.
    pub fn sync(&mut self) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), Journal::sync)
    }
}

#[cfg(feature = "store")]
fn read_only(path: &std::path::Path) -> Result<Box<dyn Storage>> {
    #[cfg(feature = "redb")]
    if let Some(blocks) = super::convert::old_blocks(path)? {
        return Ok(Box::new(super::convert::OldStorage(blocks)));
    }
    Ok(Box::new(LogStorage::open_read_only(FileMedium::reader(path)?)?))
}

/// An error of a file names it.
#[cfg(feature = "store")]
pub(super) fn at(path: &std::path::Path, error: Error) -> Error {
    match error.argument() {
        Some("model") => error,
        _ => error.within(path.display()).about("path"),
    }
}
