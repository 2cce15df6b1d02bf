//! The boundary: no panic crosses it, and a handle that broke says so afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Failure, OK, itom_error, itom_status};

/// Runs the body of an exported function; `error` is the caller's `itom_error **`, or NULL.
///
/// On failure `*error` becomes a new object, on success NULL.
///
/// # Safety
/// `error` is NULL or points at memory for a pointer.
pub unsafe fn guard(
    error: *mut *mut itom_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> itom_status {
    let outcome = catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|panic| Err(Failure::Panic(message_of(panic.as_ref()))));
    let (status, object) = match outcome {
        Ok(()) => (OK, std::ptr::null_mut()),
        Err(failure) => {
            let failed = itom_error::from(failure);
            let status = failed.status();
            (
                status,
                if error.is_null() { std::ptr::null_mut() } else { crate::output::give(failed) },
            )
        }
    };
    if !error.is_null() {
        // SAFETY: not NULL, so the caller's memory for a pointer.
        unsafe { error.write(object) };
    }
    status
}

/// For a function that cannot report: a panic inside it (there is no known one) ends here.
pub fn quietly(body: impl FnOnce()) {
    drop(catch_unwind(AssertUnwindSafe(body)));
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

/// What is behind an opaque pointer: an engine, and whether a call on it panicked.
pub struct Handle<T> {
    engine: T,
    poisoned: AtomicBool,
}

impl<T> Handle<T> {
    pub fn new(engine: T) -> Self {
        Handle { engine, poisoned: AtomicBool::new(false) }
    }

    /// The engine, to look at.
    pub fn read<R>(&self, body: impl FnOnce(&T) -> Result<R, Failure>) -> Result<R, Failure> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(Failure::Poisoned);
        }
        body(&self.engine)
    }

    /// The engine, to change; a panic on the way poisons it.
    pub fn write<R>(
        &mut self,
        body: impl FnOnce(&mut T) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(Failure::Poisoned);
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut self.engine)));
        outcome.unwrap_or_else(|panic| {
            self.poisoned.store(true, Ordering::Release);
            Err(Failure::Panic(message_of(panic.as_ref())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{PANIC, POISONED, itom_error_free};

    #[test]
    fn a_panic_becomes_a_status_and_poisons_the_handle() {
        let mut handle = Handle::new(1);
        let mut error = std::ptr::null_mut();
        // SAFETY: `error` is a local pointer.
        let status = unsafe { guard(&mut error, || handle.write(|_| panic!("planted"))) };
        assert_eq!(status, PANIC);
        assert!(!error.is_null());
        // SAFETY: the error was made just before and is not used again.
        unsafe { itom_error_free(error) };
        // SAFETY: `error` is a local pointer.
        let status = unsafe { guard(&mut error, || handle.read(|_| Ok(()))) };
        assert_eq!(status, POISONED);
        // SAFETY: the error was made just before and is not used again.
        unsafe { itom_error_free(error) };
        // SAFETY: NULL is allowed.
        let status = unsafe { guard(std::ptr::null_mut(), || panic!("outside a handle")) };
        assert_eq!(status, PANIC);
    }
}
