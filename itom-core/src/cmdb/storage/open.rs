//! Opening a database from a log, and keeping it durable.

use std::borrow::Cow;

use super::super::{Cmdb, ModelDefinition};
#[cfg(feature = "store")]
use super::LogStorage;
use super::block::Content;
#[cfg(feature = "store")]
use super::file::FileMedium;
use super::{Block, Journal, Storage};
use crate::{Error, ErrorKind, Result};

impl Cmdb {
    /// A database over a log kept elsewhere; what is in the log is applied again.
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
            let (mut db, blocks) = Cmdb::replay_all(&*storage, model)?;
            db.journal = Some(Journal::new(storage, blocks));
            return Ok(db);
        }
        let mut db = Cmdb::new(model.unwrap_or_default())?;
        storage.append(0, &Block::Model(Cow::Borrowed(db.model())).to_bytes())?;
        storage.sync()?;
        db.journal = Some(Journal::new(storage, 1));
        Ok(db)
    }

    /// The database that a log tells of, in memory, and how many blocks the log has.
    fn replay_all(storage: &dyn Storage, model: Option<ModelDefinition>) -> Result<(Self, u64)> {
        let Some(first) = storage.read(0)? else {
            return Ok((Cmdb::new(model.unwrap_or_default())?, 0));
        };
        let Content::Model(stored) = Content::from_bytes(&first)? else {
            return Err(Error::corrupt("log", "it does not begin with a model"));
        };
        let stored = *stored;
        let mut db = Cmdb::new(stored)?;
        let mut number = 1;
        while let Some(bytes) = storage.read(number)? {
            let place = |error: Error| error.within(format!("block {number}"));
            let Content::Transactions(all) = Content::from_bytes(&bytes).map_err(place)? else {
                return Err(Error::corrupt("log", format!("block {number} is no transaction")));
            };
            for (transaction, changes) in all {
                db.apply(&changes, transaction).map_err(place)?;
            }
            number += 1;
        }
        if model.is_some_and(|model| model.canonical() != *db.model()) {
            let message =
                "model must be the one that the log has, or left out; set_model changes it";
            return Err(Error::new(ErrorKind::Conflict, message).about("model"));
        }
        Ok((db, number))
    }

    /// Opens the database in a file, or makes one; `None` takes the model that is in it.
    ///
    /// Every block is checked. A transaction is on the disk when [`apply`](Cmdb::apply) or
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
            let (mut db, blocks) = Cmdb::replay_all(&*storage, None)?;
            db.journal = Some(Journal::new(storage, blocks));
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
