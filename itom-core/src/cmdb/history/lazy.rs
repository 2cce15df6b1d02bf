//! What lies in a checkpoint and is read when it is first asked for.
//!
//! Opening a database takes over the bytes of its checkpoint as they are; a page of rows or a chunk
//! of texts is made of them by the first reader that meets it, and stays. A page that was not
//! written to is put into the next checkpoint as the bytes it came from.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A value, or the bytes that it is made of.
#[derive(Debug)]
pub(super) struct Lazy<T> {
    value: OnceLock<T>,
    stored: Option<Stored<T>>,
}

/// Bytes of a checkpoint, and how they are read: whatever they are, to some value.
#[derive(Debug)]
struct Stored<T> {
    all: Arc<Vec<u8>>,
    place: Range<usize>,
    read: fn(&[u8]) -> T,
}

impl<T> Stored<T> {
    fn bytes(&self) -> &[u8] {
        &self.all[self.place.clone()]
    }
}

impl<T> Lazy<T> {
    pub(super) fn new(value: T) -> Self {
        Lazy { value: OnceLock::from(value), stored: None }
    }

    /// A value to be read from a place in these bytes, which must be within them.
    pub(super) fn stored(all: &Arc<Vec<u8>>, place: Range<usize>, read: fn(&[u8]) -> T) -> Self {
        assert!(place.start <= place.end && place.end <= all.len());
        Lazy { value: OnceLock::new(), stored: Some(Stored { all: Arc::clone(all), place, read }) }
    }

    #[inline]
    pub(super) fn get(&self) -> &T {
        self.value.get_or_init(|| self.read())
    }

    #[cold]
    fn read(&self) -> T {
        let stored = self.stored.as_ref().expect("without a value there are bytes");
        (stored.read)(stored.bytes())
    }

    /// The value to be changed: afterwards it is no more what the bytes say.
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.get();
        self.stored = None;
        self.value.get_mut().expect("it was just read")
    }

    /// The bytes it is the same as, if it came from some.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.stored.as_ref().map(Stored::bytes)
    }
}

impl<T: Default> Default for Lazy<T> {
    fn default() -> Self {
        Lazy::new(T::default())
    }
}

/// A copy is made to be changed, so it is the value.
impl<T: Clone> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Lazy::new(self.get().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_once_and_forgets_its_bytes_when_it_changes() {
        let all = Arc::new(b"..abc..".to_vec());
        let mut lazy: Lazy<String> =
            Lazy::stored(&all, 2..5, |bytes| String::from_utf8_lossy(bytes).into_owned());
        assert_eq!((lazy.get().as_str(), lazy.bytes()), ("abc", Some(&b"abc"[..])));
        let copy = lazy.clone();
        lazy.get_mut().push('d');
        assert_eq!((lazy.get().as_str(), lazy.bytes()), ("abcd", None));
        assert_eq!((copy.get().as_str(), copy.bytes()), ("abc", None));
    }
}
