//! Where the bytes of a log are: a file, memory, or whatever a host has.

use crate::{Error, ErrorKind, Result};

/// A place that keeps bytes: what a log needs of a file, and no more.
///
/// `Cmdb::open` uses one on a file, [`MemoryMedium`] is one in memory; tests use one that fails.
/// What is written may be lost, or in part, or in another order, until `sync` returns.
///
/// ```
/// use itom_core::cmdb::{Medium, MemoryMedium};
///
/// let mut medium = MemoryMedium::default();
/// medium.write_at(2, b"abc")?;
/// assert_eq!(medium.as_bytes(), b"\0\0abc");
/// # Ok::<(), itom_core::Error>(())
/// ```
pub trait Medium: std::fmt::Debug + Send + Sync + Sized {
    /// How many bytes there are.
    ///
    /// # Errors
    /// The medium refuses.
    fn length(&self) -> Result<u64>;

    /// Reads as many bytes as the buffer has room for.
    ///
    /// # Errors
    /// There are not as many, or the medium refuses.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;

    /// Writes bytes, behind the end too: what lies between is zeros.
    ///
    /// # Errors
    /// The medium refuses; it may have kept some of them.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Cuts what is behind a length.
    ///
    /// # Errors
    /// The medium refuses.
    fn truncate(&mut self, length: u64) -> Result<()>;

    /// When it returns, all that was written will not be lost.
    ///
    /// # Errors
    /// The medium refuses; what was written since the last one may or may not be kept.
    fn sync(&mut self) -> Result<()>;

    /// An empty medium beside this one, to take its place later.
    ///
    /// # Errors
    /// The medium refuses.
    fn beside(&self) -> Result<Self>;

    /// Lets another take the place of this one, at one stroke: afterwards, whatever happens, there
    /// is the one or the other, whole.
    ///
    /// # Errors
    /// The medium refuses.
    fn replace(&mut self, by: Self) -> Result<()>;
}

/// A medium in memory.
///
/// ```
/// use itom_core::cmdb::{Cmdb, LogStorage, MemoryMedium};
///
/// let storage = LogStorage::open(MemoryMedium::default())?;
/// let db = Cmdb::with_storage(Box::new(storage), None)?;
/// assert!(db.at(None, None).is_empty());
/// # Ok::<(), itom_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryMedium(Vec<u8>);

impl MemoryMedium {
    /// One that holds these bytes, such as a file that was read whole.
    ///
    /// ```
    /// use itom_core::cmdb::MemoryMedium;
    /// assert_eq!(MemoryMedium::new(b"x".to_vec()).as_bytes(), b"x");
    /// ```
    pub fn new(bytes: Vec<u8>) -> Self {
        MemoryMedium(bytes)
    }

    /// What it holds.
    ///
    /// ```
    /// assert!(itom_core::cmdb::MemoryMedium::default().as_bytes().is_empty());
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Medium for MemoryMedium {
    fn length(&self) -> Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.0.get(from..).and_then(|bytes| bytes.get(..buffer.len()));
        let bytes = bytes.ok_or_else(|| Error::new(ErrorKind::Io, "read behind the end"))?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let from =
            usize::try_from(offset).ok().filter(|from| from.checked_add(bytes.len()).is_some());
        let from = from.ok_or_else(|| Error::new(ErrorKind::Io, "the memory is full"))?;
        let end = from + bytes.len();
        if end > self.0.len() {
            self.0.resize(end, 0);
        }
        self.0[from..end].copy_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        self.0.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    fn beside(&self) -> Result<Self> {
        Ok(MemoryMedium::default())
    }

    fn replace(&mut self, by: Self) -> Result<()> {
        *self = by;
        Ok(())
    }
}
