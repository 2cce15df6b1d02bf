//! Looking after a file: is it whole, what can be saved of it, and how to make it smaller.

use serde::{Deserialize, Serialize};

use super::super::history::History;
use super::super::{Change, Cmdb, ModelDefinition, Transaction};
use super::block::Content;
use super::codec::{MOST_TRANSACTIONS, encode_changes};
use super::frame::{Kind, SLOT};
use super::scan::{Survey, survey};
use super::{Block, Medium, Storage};
use crate::{Error, ErrorKind, Result};

/// Changes after which compaction begins the next block.
const MOST_CHANGES: usize = 1 << 18;
/// Refusals that a salvage tells one by one.
const MOST_TOLD: usize = 100;
/// What is damaged where the log is whole.
const CHECKPOINT: &str = "a checkpoint that cannot be read: opening goes by the log";

/// What is whole in a file and what is not.
///
/// ```
/// use itom_core::cmdb::{LogStorage, MemoryMedium, Verification};
///
/// let file = LogStorage::open(MemoryMedium::default())?.into_medium();
/// let found: Verification = LogStorage::verify(&file)?;
/// assert!(found.is_whole());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verification {
    /// Bytes of the file.
    pub bytes: u64,
    /// Blocks that are whole.
    pub blocks: u64,
    /// Blocks that are missing among them or cannot be read; if the damage is at the end of the
    /// file, there may have been more.
    pub lost_blocks: u64,
    /// Checkpoints that are whole.
    pub checkpoints: u64,
    /// Transactions in the blocks that are whole.
    pub transactions: u64,
    /// Bytes at the end that were never acknowledged, of a writer that died or is writing them.
    pub torn_bytes: u64,
    /// What is damaged; empty where the file is whole.
    pub damage: Vec<Damage>,
}

/// A stretch of a file that is not as it was written.
///
/// ```
/// let damage = itom_core::cmdb::Damage { start: 0, end: 4096, what: "mark 0".to_owned() };
/// assert_eq!(damage.end - damage.start, 4096);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Damage {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last.
    pub end: u64,
    /// What stands there.
    pub what: String,
}

/// What was saved of a damaged file and what is lost.
///
/// ```
/// let nothing = itom_core::cmdb::Salvage::default();
/// assert_eq!((nothing.transactions, nothing.lost_blocks), (0, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Salvage {
    /// Transactions in the new file.
    pub transactions: u64,
    /// Blocks that are known to be missing: a block holds one transaction, or many where the log
    /// was compacted.
    pub lost_blocks: u64,
    /// Bytes that could not be read.
    pub lost_bytes: u64,
    /// Whether the class model was lost; then the new file has the open one.
    pub lost_model: bool,
    /// Transactions that were read and do not hold without those that are lost.
    pub refused_transactions: u64,
    /// Of the first hundred of them: when they became known, and why they do not hold.
    pub refused: Vec<RefusedTransaction>,
}

/// A transaction that does not hold without others that are lost.
///
/// ```
/// use itom_core::{Timestamp, cmdb::{RefusedTransaction, Transaction}};
///
/// let transaction = Transaction::at(Timestamp::from_secs(0));
/// let refused = RefusedTransaction { transaction, why: "no such item".to_owned() };
/// assert_eq!(refused.why, "no such item");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefusedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Why it is not in the new file.
    pub why: String,
}

impl Eq for RefusedTransaction {}

/// What compaction did.
///
/// ```
/// let done = itom_core::cmdb::Compaction::default();
/// assert_eq!(done.bytes_before, done.bytes_after);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compaction {
    /// Bytes of all blocks before.
    pub bytes_before: u64,
    /// Bytes of all blocks now.
    pub bytes_after: u64,
    /// Blocks before.
    pub blocks_before: u64,
    /// Blocks now.
    pub blocks_after: u64,
}

impl Verification {
    /// Whether nothing is damaged. A torn tail is no damage: nothing in it was acknowledged.
    ///
    /// ```
    /// assert!(itom_core::cmdb::Verification::default().is_whole());
    /// ```
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }
}

/// The places of the blocks that can be read, and what the survey found.
struct Read {
    survey: Survey,
    blocks: Vec<(u64, u64)>,
    found: Verification,
}

fn content<M: Medium>(medium: &M, at: u64, length: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    medium.read_at(at + super::frame::HEADER, &mut bytes)?;
    Ok(bytes)
}

fn read<M: Medium>(medium: &M) -> Result<Read> {
    let survey = survey(medium)?;
    let mut found = Verification {
        bytes: medium.length()?,
        torn_bytes: survey.torn_bytes,
        ..Verification::default()
    };
    for (n, _) in survey.marks.iter().enumerate().filter(|(_, damaged)| **damaged) {
        let start = n as u64 * SLOT;
        found.damage.push(Damage { start, end: start + SLOT, what: format!("mark {n}") });
    }
    for hole in &survey.holes {
        let what = if hole.is_checkpoint { CHECKPOINT } else { "frames that cannot be read" };
        found.damage.push(Damage { start: hole.from, end: hole.to, what: what.to_owned() });
    }
    let (mut blocks, mut behind) = (Vec::new(), 0);
    for (at, header) in &survey.frames {
        let bytes = content(medium, *at, header.length)?;
        if header.kind == Kind::Checkpoint {
            match History::from_checkpoint(bytes) {
                Err(error) if error.kind() != ErrorKind::Unsupported => {
                    let end = at + super::frame::HEADER + header.length;
                    let what = format!("{CHECKPOINT}: {error}");
                    found.damage.push(Damage { start: *at, end, what });
                }
                _ => found.checkpoints += 1,
            }
            continue;
        }
        behind = behind.max(header.number.saturating_add(1));
        match Content::check(&bytes) {
            Ok(transactions) => {
                found.blocks += 1;
                found.transactions += transactions;
                blocks.push((*at, header.length));
            }
            // Its checksums fit, so it was written like this.
            Err(error) => {
                let end = at + super::frame::HEADER + header.length;
                let what = format!("block {}: {error}", header.number);
                found.damage.push(Damage { start: *at, end, what });
            }
        }
    }
    found.lost_blocks = behind.saturating_sub(found.blocks);
    Ok(Read { survey, blocks, found })
}

/// Looks at every byte of a log.
pub(super) fn verify<M: Medium>(medium: &M) -> Result<Verification> {
    read(medium).map(|read| read.found)
}

/// Writes what can be read of a log to an empty storage.
pub(super) fn salvage<M: Medium>(from: &M, to: Box<dyn Storage>) -> Result<Salvage> {
    if to.read(0)?.is_some() {
        return Err(Error::new(ErrorKind::Conflict, "to must be empty").about("to"));
    }
    let Read { survey, blocks, found } = read(from)?;
    let mut blocks = blocks.into_iter();
    let mut next = || -> Result<Option<Content>> {
        let Some((at, length)) = blocks.next() else { return Ok(None) };
        Content::from_bytes(&content(from, at, length)?).map(Some)
    };
    let mut first = next()?;
    let model = match &first {
        Some(Content::Model(model)) => Some(ModelDefinition::clone(model)),
        _ => None,
    };
    let mut saved = Salvage {
        lost_blocks: found.lost_blocks,
        lost_bytes: survey.holes.iter().map(|hole| hole.to - hole.from).sum(),
        lost_model: model.is_none(),
        ..Salvage::default()
    };
    let mut db = Cmdb::with_storage(to, model)?;
    db.commit_every(0);
    while let Some(content) = first.take().map_or_else(&mut next, |first| Ok(Some(first)))? {
        let Content::Transactions(all) = content else { continue };
        for (transaction, changes) in all {
            match db.apply(&changes, transaction.clone()) {
                Ok(()) => saved.transactions += 1,
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Err(error) => {
                    saved.refused_transactions += 1;
                    if saved.refused.len() < MOST_TOLD {
                        let why = error.to_string();
                        saved.refused.push(RefusedTransaction { transaction, why });
                    }
                }
            }
        }
    }
    db.sync()?;
    Ok(saved)
}

/// The same blocks, as few as may be.
fn packed(storage: &dyn Storage, done: &mut Compaction) -> Result<Vec<Vec<u8>>> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    let mut held: Vec<(Transaction, Vec<Change>)> = Vec::new();
    let mut changes = 0;
    let put = |held: &mut Vec<(Transaction, Vec<Change>)>, blocks: &mut Vec<Vec<u8>>| {
        if !held.is_empty() {
            blocks.push(encode_changes(held));
            held.clear();
        }
    };
    while let Some(bytes) = storage.read(done.blocks_before)? {
        done.blocks_before += 1;
        done.bytes_before += bytes.len() as u64;
        match Content::from_bytes(&bytes)? {
            Content::Model(model) => {
                put(&mut held, &mut blocks);
                blocks.push(Block::Model(std::borrow::Cow::Borrowed(&model)).to_bytes());
            }
            Content::Transactions(all) => {
                for one in all {
                    changes += one.1.len();
                    held.push(one);
                    if changes >= MOST_CHANGES || held.len() >= MOST_TRANSACTIONS {
                        put(&mut held, &mut blocks);
                        changes = 0;
                    }
                }
            }
        }
    }
    put(&mut held, &mut blocks);
    done.blocks_after = blocks.len() as u64;
    done.bytes_after = blocks.iter().map(|block| block.len() as u64).sum();
    Ok(blocks)
}

impl Cmdb {
    /// Writes the log anew in as few blocks as may be, at one stroke, and goes on with it.
    ///
    /// Nothing is forgotten: every transaction stays. Names that many transactions had in common
    /// stand in it once. Behind them a [`checkpoint`](Cmdb::checkpoint) is written, the only one in
    /// the file then. It takes as long as applying the log and writing it.
    ///
    /// ```
    /// use itom_core::Timestamp;
    /// use itom_core::cmdb::{Change, Cmdb, LogStorage, MemoryMedium, PutItem, Transaction};
    ///
    /// let storage = LogStorage::open(MemoryMedium::default())?;
    /// let mut db = Cmdb::with_storage(Box::new(storage), None)?;
    /// for n in 0..100 {
    ///     let put = Change::PutItem(PutItem::new("web-1", "application").with("load", n));
    ///     db.apply(&[put], Transaction::at(Timestamp::from_secs(n)))?;
    /// }
    /// let done = db.compact()?;
    /// assert_eq!((done.blocks_before, done.blocks_after), (101, 2));
    /// assert!(done.bytes_after * 10 < done.bytes_before);
    /// assert_eq!(db.transactions().count(), 100);
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The database is in memory or read only, the log cannot be read, or the new one not written;
    /// then the old one is there.
    pub fn compact(&mut self) -> Result<Compaction> {
        let Some(journal) = &mut self.journal else {
            let message = "a database in memory has no log to compact";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let mut done = Compaction::default();
        journal.rewrite(|storage| packed(storage, &mut done))?;
        // The log is whole without it, and a storage need not keep any.
        journal.checkpoint(&self.history.checkpoint()).ok();
        Ok(done)
    }

    /// Looks at every byte of a file, and says what is whole and what is damaged; nothing is
    /// written.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    ///
    /// let path = std::env::temp_dir().join(format!("itom-verify-{}.itom", std::process::id()));
    /// drop(Cmdb::open(&path, None)?);
    /// assert!(Cmdb::verify(&path)?.is_whole());
    /// let mut bytes = std::fs::read(&path).unwrap();
    /// *bytes.last_mut().unwrap() ^= 1;
    /// std::fs::write(&path, &bytes).unwrap();
    /// assert_eq!(Cmdb::verify(&path)?.damage.len(), 1);
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read, is of another format or a later version. Damage is no error.
    #[cfg(feature = "store")]
    pub fn verify(path: impl AsRef<std::path::Path>) -> Result<Verification> {
        let path = path.as_ref();
        let check = || verify(&super::file::FileMedium::reader(path)?);
        check().map_err(|error| super::open::at(path, error))
    }

    /// Writes what can be read of a damaged file to a new one, and says what is lost.
    ///
    /// A transaction that needs one that is lost, such as a relation to an item that was put in it,
    /// is refused whole and reported.
    ///
    /// ```
    /// use itom_core::cmdb::Cmdb;
    ///
    /// let path = |name: &str| {
    ///     std::env::temp_dir().join(format!("itom-{name}-{}.itom", std::process::id()))
    /// };
    /// drop(Cmdb::open(path("damaged"), None)?);
    /// let saved = Cmdb::salvage(path("damaged"), path("saved"))?;
    /// assert_eq!(saved.lost_bytes, 0);
    /// # for name in ["damaged", "saved"] { std::fs::remove_file(path(name)).ok(); }
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `path` cannot be read or is of another format, `to` is there already or cannot be written.
    #[cfg(feature = "store")]
    pub fn salvage(
        path: impl AsRef<std::path::Path>,
        to: impl AsRef<std::path::Path>,
    ) -> Result<Salvage> {
        use super::LogStorage;
        use super::file::FileMedium;
        let (path, to) = (path.as_ref(), to.as_ref());
        let in_path = |error: Error| error.within(path.display()).about("path");
        let medium = FileMedium::reader(path).map_err(in_path)?;
        if to.exists() {
            let message = format!("{}: there is a file already", to.display());
            return Err(Error::new(ErrorKind::Conflict, message).about("to"));
        }
        // First what can be refused without a trace.
        survey(&medium).map_err(in_path)?;
        let write = || -> Result<Salvage> {
            let storage = LogStorage::open(FileMedium::writer(to)?)?;
            salvage(&medium, Box::new(storage))
        };
        write().map_err(|error| error.within(to.display()).about("to"))
    }
}
