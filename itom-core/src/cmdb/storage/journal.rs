//! The log of an open database: appends a block a transaction, and syncs every so many.

use super::Storage;
use crate::{Error, ErrorKind, Result};

/// A storage that is written to.
#[derive(Debug)]
pub(in crate::cmdb) struct Journal {
    storage: Box<dyn Storage>,
    blocks: u64,
    /// Syncs after so many transactions; 0 leaves it to the host.
    every: u32,
    pending: u32,
    /// A sync failed: whether the last transactions are kept is known only after opening anew.
    failed: bool,
}

impl Journal {
    pub(super) fn new(storage: Box<dyn Storage>, blocks: u64) -> Self {
        Journal { storage, blocks, every: 1, pending: 0, failed: false }
    }

    pub(super) fn set_every(&mut self, every: u32) {
        self.every = every;
    }

    pub(in crate::cmdb) fn append(&mut self, block: &[u8]) -> Result<()> {
        self.refuse_failed()?;
        self.storage.append(self.blocks, block)?;
        (self.blocks, self.pending) = (self.blocks + 1, self.pending + 1);
        if self.every > 0 && self.pending >= self.every { self.sync() } else { Ok(()) }
    }

    pub(super) fn sync(&mut self) -> Result<()> {
        self.refuse_failed()?;
        if let Err(error) = self.storage.sync() {
            self.failed = true;
            return Err(error);
        }
        self.pending = 0;
        Ok(())
    }

    /// Puts other blocks in the place of all there are.
    pub(super) fn rewrite(
        &mut self,
        make: impl FnOnce(&dyn Storage) -> Result<Vec<Vec<u8>>>,
    ) -> Result<()> {
        self.sync()?;
        let blocks = make(&*self.storage)?;
        let count = blocks.len() as u64;
        self.storage.rewrite(&mut blocks.into_iter().map(Ok))?;
        self.blocks = count;
        Ok(())
    }

    fn refuse_failed(&self) -> Result<()> {
        if !self.failed {
            return Ok(());
        }
        let message =
            "an earlier write failed: open the database again to go on from what was kept";
        Err(Error::new(ErrorKind::Io, message))
    }
}

/// What is not on the disk yet goes there, as well as can be.
impl Drop for Journal {
    fn drop(&mut self) {
        if !self.failed && self.pending > 0 {
            self.storage.sync().ok();
        }
    }
}
