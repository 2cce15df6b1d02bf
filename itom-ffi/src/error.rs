//! `itom_error`: kind, message and argument of what went wrong, owned by the caller.

use std::ffi::{CString, c_char};
use std::ptr;

use itom_core::{Error, ErrorKind};

use crate::guard::quietly;

/// `enum` values of the header; numbers never change.
pub type itom_status = i32;

pub const OK: itom_status = 0;
pub const NULL_POINTER: itom_status = 20;
pub const POISONED: itom_status = 98;
pub const PANIC: itom_status = 99;

/// What a call that failed says.
pub struct itom_error {
    status: itom_status,
    kind: &'static str,
    message: CString,
    argument: Option<CString>,
}

/// Why a call fails.
pub enum Failure {
    /// The core refused.
    Refused(Error),
    /// A pointer that is needed is NULL; the argument's name.
    NullPointer(&'static str),
    /// The handle broke in an earlier call.
    Poisoned,
    /// A bug: the message of the panic.
    Panic(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<Failure> for itom_error {
    fn from(failure: Failure) -> Self {
        let (status, kind, message, argument) = match failure {
            Failure::Refused(error) => {
                let argument = error.argument().map(str::to_owned);
                (status_of(error.kind()), error.kind().as_str(), error.to_string(), argument)
            }
            Failure::NullPointer(argument) => {
                let message = format!("{argument} must not be NULL");
                (NULL_POINTER, "null_pointer", message, Some(argument.to_owned()))
            }
            Failure::Poisoned => {
                let message = "poisoned: an earlier call broke an invariant, so the state cannot \
                               be trusted; restore it from a snapshot";
                (POISONED, "poisoned", message.to_owned(), None)
            }
            Failure::Panic(message) => (PANIC, "panic", format!("bug in itom: {message}"), None),
        };
        itom_error { status, kind, message: text(message), argument: argument.map(text) }
    }
}

/// The kinds' numbers are the statuses' numbers.
fn status_of(kind: ErrorKind) -> itom_status {
    kind as itom_status
}

/// Text for C: what stands before a NUL inside it.
fn text(text: String) -> CString {
    let mut bytes = text.into_bytes();
    bytes.truncate(bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len()));
    CString::new(bytes).unwrap_or_default()
}

impl itom_error {
    pub fn status(&self) -> itom_status {
        self.status
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_error_status(error: *const itom_error) -> itom_status {
    // SAFETY: NULL or an error of ours, as the header says.
    unsafe { error.as_ref() }.map_or(OK, |error| error.status)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_error_kind(error: *const itom_error) -> *const c_char {
    // SAFETY: NULL or an error of ours, as the header says.
    let kind = unsafe { error.as_ref() }.map_or("ok", |error| error.kind);
    let known = [
        c"ok",
        c"invalid_argument",
        c"not_found",
        c"conflict",
        c"limit_exceeded",
        c"corrupt",
        c"unsupported",
        c"io",
        c"null_pointer",
        c"poisoned",
        c"panic",
    ];
    let found = known.iter().find(|known| known.to_bytes() == kind.as_bytes());
    found.map_or(c"other", |found| found).as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_error_message(error: *const itom_error) -> *const c_char {
    // SAFETY: NULL or an error of ours, as the header says.
    unsafe { error.as_ref() }.map_or(c"no error".as_ptr(), |error| error.message.as_ptr())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_error_argument(error: *const itom_error) -> *const c_char {
    // SAFETY: NULL or an error of ours, as the header says.
    let argument = unsafe { error.as_ref() }.and_then(|error| error.argument.as_ref());
    argument.map_or(ptr::null(), |argument| argument.as_ptr())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_error_free(error: *mut itom_error) {
    // SAFETY: NULL or an error of ours that is not used again, as the header says.
    quietly(|| unsafe { crate::output::free(error) });
}
