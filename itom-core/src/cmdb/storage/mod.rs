//! The durable log: blocks of transactions, in frames, in one file that only grows.
//!
//! [`Storage`] is the seam: numbered blocks in, the same blocks out. [`LogStorage`] is the
//! implementation the library brings: an append-only log on a [`Medium`], which is a file
//! (`Cmdb::open`, feature `store`), memory, or what a host has. `FORMAT.md` beside this file gives
//! the format byte by byte and the measurements it rests on.
//!
//! What is promised: a transaction that was acknowledged is there after any crash; no half
//! transaction is ever seen; every altered bit is found, and never taken for the end of the log.

mod block;
mod codec;
#[cfg(feature = "redb")]
mod convert;
#[cfg(feature = "store")]
mod file;
mod frame;
mod journal;
mod log;
mod medium;
mod open;
#[cfg(feature = "redb")]
mod redb;
mod repair;
mod scan;

pub(super) use block::{Block, TransactionBlock};
pub(super) use codec::{
    Reader, encode, numbers, put_numbers, put_transactions, put_varint, transactions,
};
pub(super) use journal::Journal;
pub use log::{LogStorage, Recovered};
pub use medium::{Medium, MemoryMedium};
pub use repair::{Compaction, Damage, RefusedTransaction, Salvage, Verification};

use crate::{Error, ErrorKind, Result};

/// Where the blocks of a durable log are kept.
///
/// Numbers begin at 0 and have no gaps. An implementation gives back what it was given or an
/// error, never something else: [`LogStorage`] checks every block. One that keeps a block for good
/// in `append` need not have `sync`; checkpoints and rewriting may be left out too.
///
/// ```
/// use itom_core::cmdb::{Change, Cmdb, ModelDefinition, PutItem, Storage, Transaction};
/// use itom_core::{Result, Timestamp};
///
/// #[derive(Clone, Debug, Default)]
/// struct Memory(std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>);
///
/// impl Storage for Memory {
///     fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
///         Ok(self.0.lock().unwrap().get(number as usize).cloned())
///     }
///     fn append(&mut self, number: u64, block: &[u8]) -> Result<()> {
///         let mut blocks = self.0.lock().unwrap();
///         assert_eq!(blocks.len() as u64, number);
///         Ok(blocks.push(block.to_vec()))
///     }
/// }
///
/// let memory = Memory::default();
/// let mut db = Cmdb::with_storage(Box::new(memory.clone()), None)?;
/// let put = Change::PutItem(PutItem::new("web-1", "application"));
/// db.apply(&[put], Transaction::at(Timestamp::from_secs(0)))?;
/// let again = Cmdb::with_storage(Box::new(memory), None)?;
/// assert!(again.at(None, None).item("web-1").is_some());
/// # Ok::<(), itom_core::Error>(())
/// ```
pub trait Storage: std::fmt::Debug + Send + Sync {
    /// The block of that number, `None` behind the last.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    fn read(&self, number: u64) -> Result<Option<Vec<u8>>>;

    /// Whether the blocks below a number are there and whole, without giving them.
    ///
    /// # Errors
    /// One of them cannot be read, or is damaged or missing.
    fn check(&self, below: u64) -> Result<()> {
        for number in 0..below {
            if self.read(number)?.is_none() {
                return Err(Error::corrupt("log", format!("block {number} is missing")));
            }
        }
        Ok(())
    }

    /// Appends the block of that number. It will not be lost once [`sync`](Self::sync) returns; in
    /// an accident before that it may be lost whole, with all that were appended after it.
    ///
    /// # Errors
    /// It could not be kept; then it is not kept in part either.
    fn append(&mut self, number: u64, block: &[u8]) -> Result<()>;

    /// When it returns, every block appended will not be lost.
    ///
    /// # Errors
    /// The blocks appended since the last one may or may not be kept.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    /// The last checkpoint, and how many blocks it covers.
    ///
    /// # Errors
    /// It cannot be read, or is damaged; the blocks are there nevertheless.
    fn checkpoint(&self) -> Result<Option<(u64, Vec<u8>)>> {
        Ok(None)
    }

    /// Keeps the state after all blocks so far, so that opening need not read them.
    ///
    /// # Errors
    /// It could not be kept, or the storage keeps none.
    fn put_checkpoint(&mut self, content: &[u8]) -> Result<()> {
        let _ = content;
        Err(Error::new(ErrorKind::Unsupported, "this storage keeps no checkpoints"))
    }

    /// Puts other blocks in the place of all there are, at one stroke, and syncs.
    ///
    /// # Errors
    /// It could not be done, or the storage cannot do it; then the old blocks are there.
    fn rewrite(&mut self, blocks: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<()> {
        let _ = blocks;
        Err(Error::new(ErrorKind::Unsupported, "this storage cannot be compacted"))
    }
}
