//! What goes to C: objects that the caller frees, numbers in the caller's memory, bytes and text.

use std::ffi::c_char;

use itom_core::Timestamp;

use crate::error::Failure;
use crate::guard::quietly;
use crate::input::text;

/// `ITOM_NEVER`.
pub const NEVER: i64 = i64::MIN;

/// Where a result goes: a pointer of the caller's that is not NULL.
pub struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    /// `pointer` is NULL or points at memory for a `T`.
    pub unsafe fn new(pointer: *mut T, argument: &'static str) -> Result<Self, Failure> {
        if pointer.is_null() { Err(Failure::NullPointer(argument)) } else { Ok(Out(pointer)) }
    }

    /// Writes the result; to be called last, when nothing can fail any more.
    pub fn set(self, value: T) {
        // SAFETY: not NULL, and memory for a `T` as said in `new`.
        unsafe { self.0.write(value) };
    }
}

impl<T> Out<*mut T> {
    /// Gives the caller an object, to be freed with its `_free`.
    pub fn give(self, object: T) {
        self.set(give(object));
    }
}

/// An object as a pointer that the caller owns.
pub fn give<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Takes an object back and drops it; NULL is fine.
///
/// # Safety
/// `object` is NULL or came from [`give`] and is not used again.
pub unsafe fn free<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: as the caller says.
        drop(unsafe { Box::from_raw(object) });
    }
}

/// An instant, or `ITOM_NEVER`.
pub fn nanos(instant: Option<Timestamp>) -> i64 {
    instant.map_or(NEVER, Timestamp::as_nanos)
}

/// Bytes that the library made: a snapshot, or text in JSON. A NUL that is not counted follows.
pub struct itom_bytes {
    bytes: Vec<u8>,
}

impl itom_bytes {
    pub fn new(mut bytes: Vec<u8>) -> Self {
        bytes.push(0);
        itom_bytes { bytes }
    }

    /// A result as JSON text.
    pub fn json<T: serde::Serialize + ?Sized>(result: &T) -> Result<Self, Failure> {
        let bytes = serde_json::to_vec(result).map_err(|error| {
            Failure::Panic(format!("a result that cannot be written as JSON: {error}"))
        })?;
        Ok(itom_bytes::new(bytes))
    }
}

/// Reads a definition that came as JSON text.
pub fn definition<T: serde::de::DeserializeOwned>(
    json: &str,
    argument: &'static str,
) -> Result<T, Failure> {
    Ok(itom_core::read_json(json, argument)?)
}

/// Reads a definition that came as JSON text, the default one for NULL.
///
/// # Safety
/// As [`text`].
pub unsafe fn definition_or_default<T: serde::de::DeserializeOwned + Default>(
    json: *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<T, Failure> {
    if json.is_null() {
        return Ok(T::default());
    }
    // SAFETY: as the caller says.
    definition(unsafe { text(json, length, argument) }?, argument)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_bytes_data(bytes: *const itom_bytes) -> *const c_char {
    // SAFETY: NULL or bytes of ours, as the header says.
    unsafe { bytes.as_ref() }.map_or(std::ptr::null(), |bytes| bytes.bytes.as_ptr().cast())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_bytes_len(bytes: *const itom_bytes) -> usize {
    // SAFETY: NULL or bytes of ours, as the header says.
    unsafe { bytes.as_ref() }.map_or(0, |bytes| bytes.bytes.len() - 1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_bytes_free(bytes: *mut itom_bytes) {
    // SAFETY: NULL or bytes of ours that are not used again, as the header says.
    quietly(|| unsafe { free(bytes) });
}
