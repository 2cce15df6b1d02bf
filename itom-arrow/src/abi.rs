//! The three structs of the interface, as C sees them.
//!
//! Each owns what it describes while its `release` is set, and releases it when dropped. To move a
//! struct out of memory that belongs to someone else is to copy it and set `release` to null there:
//! that is `take`.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use itom_core::{Error, Result};

/// The type of an array, `struct ArrowSchema`.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowSchema {
    pub(crate) format: *const c_char,
    pub(crate) name: *const c_char,
    pub(crate) metadata: *const c_char,
    pub(crate) flags: i64,
    pub(crate) n_children: i64,
    pub(crate) children: *mut *mut ArrowSchema,
    pub(crate) dictionary: *mut ArrowSchema,
    pub(crate) release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub(crate) private_data: *mut c_void,
}

/// The data of an array, `struct ArrowArray`.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArray {
    pub(crate) length: i64,
    pub(crate) null_count: i64,
    pub(crate) offset: i64,
    pub(crate) n_buffers: i64,
    pub(crate) n_children: i64,
    pub(crate) buffers: *mut *const c_void,
    pub(crate) children: *mut *mut ArrowArray,
    pub(crate) dictionary: *mut ArrowArray,
    pub(crate) release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub(crate) private_data: *mut c_void,
}

/// A sequence of arrays of one type, `struct ArrowArrayStream`.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArrayStream {
    pub(crate) get_schema:
        Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    pub(crate) get_next:
        Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    pub(crate) get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    pub(crate) release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    pub(crate) private_data: *mut c_void,
}

macro_rules! owned_struct {
    ($name:ident) => {
        impl $name {
            /// Moves the struct out of memory of someone else, who keeps a released one.
            ///
            /// # Safety
            /// `source` points at an initialised struct that nobody else uses meanwhile.
            pub unsafe fn take(source: *mut Self) -> Self {
                // SAFETY: the caller vouches for `source`.
                unsafe { ptr::replace(source, Self::empty()) }
            }

            /// Whether it has been released or moved out, so that it describes nothing.
            pub fn is_released(&self) -> bool {
                self.release.is_none()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: a set `release` is the producer's, to be called once with the struct.
                    unsafe { release(self) };
                    self.release = None;
                }
            }
        }

        // SAFETY: the interface forbids thread affinity of what the structs describe.
        unsafe impl Send for $name {}
    };
}

owned_struct!(ArrowSchema);
owned_struct!(ArrowArray);
owned_struct!(ArrowArrayStream);

impl ArrowSchema {
    /// A released schema.
    pub const fn empty() -> Self {
        ArrowSchema {
            format: ptr::null(),
            name: ptr::null(),
            metadata: ptr::null(),
            flags: 0,
            n_children: 0,
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    pub(crate) fn format(&self) -> Result<&str> {
        if self.release.is_none() || self.format.is_null() {
            return Err(Error::invalid("arrow schema", "a released one", "a live schema"));
        }
        // SAFETY: a live schema's format is a NUL-terminated string that lives as long as it does.
        let format = unsafe { CStr::from_ptr(self.format) };
        format.to_str().map_err(|_| Error::invalid("arrow format", "bytes", "UTF-8"))
    }

    pub(crate) fn name(&self) -> Result<&str> {
        if self.name.is_null() {
            return Ok("");
        }
        // SAFETY: a live schema's name is null or a NUL-terminated string that lives as long.
        let name = unsafe { CStr::from_ptr(self.name) };
        name.to_str().map_err(|_| Error::invalid("name of an arrow column", "bytes", "UTF-8"))
    }
}

impl ArrowArray {
    /// A released array.
    pub const fn empty() -> Self {
        ArrowArray {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

impl ArrowArrayStream {
    /// A released stream.
    pub const fn empty() -> Self {
        ArrowArrayStream {
            get_schema: None,
            get_next: None,
            get_last_error: None,
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    /// The type of the arrays.
    pub(crate) fn schema(&mut self) -> Result<ArrowSchema> {
        let (Some(get_schema), Some(_)) = (self.get_schema, self.release) else {
            return Err(Error::invalid("arrow stream", "a released one", "a live stream"));
        };
        let mut schema = ArrowSchema::empty();
        // SAFETY: the stream is live, so its callback may be called with it and an empty schema.
        let code = unsafe { get_schema(self, &mut schema) };
        if code != 0 {
            return Err(self.last_error(code));
        }
        Ok(schema)
    }

    /// The next array, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<ArrowArray>> {
        let (Some(get_next), Some(_)) = (self.get_next, self.release) else {
            return Err(Error::invalid("arrow stream", "a released one", "a live stream"));
        };
        let mut array = ArrowArray::empty();
        // SAFETY: the stream is live, so its callback may be called with it and an empty array.
        let code = unsafe { get_next(self, &mut array) };
        if code != 0 {
            return Err(self.last_error(code));
        }
        Ok((!array.is_released()).then_some(array))
    }

    fn last_error(&mut self, code: c_int) -> Error {
        // SAFETY: asked right after a callback of the live stream failed, as the interface says.
        let text = self.get_last_error.map(|ask| unsafe { ask(self) });
        let text = match text {
            // SAFETY: what is not null is a NUL-terminated string, valid until the next call.
            Some(text) if !text.is_null() => unsafe { CStr::from_ptr(text) }.to_string_lossy(),
            _ => "no message".into(),
        };
        Error::invalid("arrow stream", format!("error {code}: {text}"), "readable")
    }
}
