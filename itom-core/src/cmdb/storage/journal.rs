//! The log of an open database: appends a block a transaction, syncs every so many, and keeps a
//! checkpoint whenever the log behind the last one has grown as large as that was.
//!
//! So all checkpoints but the last take no more than the log, writing them costs no more than a
//! constant part of what is written, and opening reads no more of the log than the last one has
//! bytes.

use super::Storage;
use crate::{Error, ErrorKind, Result};

/// A log of fewer bytes than this is read as fast as a checkpoint is worth.
const FEW: u64 = 1 << 20;

/// What opening a log met in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Opened {
    pub(super) blocks: u64,
    /// Bytes of the checkpoint it began with, if there was one that could be read.
    pub(super) checkpoint: u64,
    /// Bytes of the blocks behind it.
    pub(super) behind: u64,
}

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
    checkpoint: u64,
    behind: u64,
    /// The storage did not keep the last checkpoint that was due; it is not asked again.
    keeps_none: bool,
}

impl Journal {
    pub(super) fn new(storage: Box<dyn Storage>, opened: Opened) -> Self {
        let Opened { blocks, checkpoint, behind } = opened;
        let (every, pending, failed, keeps_none) = (1, 0, false, false);
        Journal { storage, blocks, every, pending, failed, checkpoint, behind, keeps_none }
    }

    pub(super) fn set_every(&mut self, every: u32) {
        self.every = every;
    }

    pub(in crate::cmdb) fn append(&mut self, block: &[u8]) -> Result<()> {
        self.refuse_failed()?;
        self.storage.append(self.blocks, block)?;
        (self.blocks, self.pending) = (self.blocks + 1, self.pending + 1);
        self.behind += block.len() as u64;
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

    /// Keeps the state after all blocks so far, and tells how many bytes it takes.
    pub(super) fn checkpoint(&mut self, state: &[u8]) -> Result<u64> {
        self.refuse_failed()?;
        self.storage.put_checkpoint(state)?;
        (self.checkpoint, self.behind, self.pending) = (state.len() as u64, 0, 0);
        Ok(self.checkpoint)
    }

    /// [`checkpoint`](Self::checkpoint), if the log behind the last one has grown enough. That it
    /// fails is no harm to what was acknowledged: the log has all of it.
    pub(in crate::cmdb) fn checkpoint_if_due(&mut self, state: impl FnOnce() -> Vec<u8>) {
        if !self.keeps_none && self.behind >= self.checkpoint.max(FEW) {
            self.keeps_none = self.checkpoint(&state()).is_err();
        }
    }

    /// Puts other blocks in the place of all there are.
    pub(super) fn rewrite(
        &mut self,
        make: impl FnOnce(&dyn Storage) -> Result<Vec<Vec<u8>>>,
    ) -> Result<()> {
        self.sync()?;
        let blocks = make(&*self.storage)?;
        let count = blocks.len() as u64;
        let bytes = blocks.iter().map(|block| block.len() as u64).sum();
        self.storage.rewrite(&mut blocks.into_iter().map(Ok))?;
        self.blocks = count;
        (self.checkpoint, self.behind) = (0, bytes);
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
