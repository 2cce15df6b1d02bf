//! The one door into the core: the interpreter lock is released, a panic is caught, an error is
//! mapped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use itom_core::Result;
use pyo3::prelude::*;

use crate::errors::{internal, raise};

/// Runs `work` without the interpreter lock. Nothing of Python may be used inside.
pub fn enter<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(result) => result.map_err(raise),
        Err(panic) => Err(panicked(panic.as_ref())),
    }
}

/// An engine with state, behind a lock so that threads take turns.
///
/// After a panic inside the engine its state may be half changed, so every later call is refused
/// instead of giving wrong answers.
pub struct Handle<T>(Mutex<T>);

impl<T: Send> Handle<T> {
    pub fn new(engine: T) -> Self {
        Handle(Mutex::new(engine))
    }

    /// Runs `work` on the engine, without the interpreter lock.
    pub fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R> + Send,
    ) -> PyResult<R> {
        // The lock is taken inside: a thread that waits for it must not hold the interpreter.
        let outcome = py.detach(|| {
            catch_unwind(AssertUnwindSafe(|| {
                self.0.lock().ok().map(|mut engine| work(&mut engine))
            }))
        });
        match outcome {
            Ok(Some(result)) => result.map_err(raise),
            Ok(None) => Err(internal(
                "poisoned: an earlier call broke an invariant, so the state cannot be trusted; \
                 restore it from a snapshot",
            )),
            Err(panic) => Err(panicked(panic.as_ref())),
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> PyErr {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    internal(&format!("bug in itom: {text}"))
}
