//! Changepoints: conversion only.

use std::ffi::c_char;

use itom_core::anomaly::{ChangepointOptions, changepoints};

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::{fill, room, slice, text};
use crate::output::{Out, definition};

#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "columns come as pointers")]
pub unsafe extern "C" fn itom_changepoints(
    values: *const f64,
    len: usize,
    options: *const c_char,
    options_len: usize,
    indices: *mut usize,
    indices_len: usize,
    count: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let values = slice(values, len, "values")?;
            let options = match options.is_null() {
                true => ChangepointOptions::default(),
                false => definition(text(options, options_len, "options")?, "options")?,
            };
            let count = Out::new(count, "count")?;
            let places = room(indices, indices_len, "indices")?;
            let mut found = changepoints(values, &options)?;
            count.set(found.len());
            found.resize(indices_len, 0);
            fill(places, &found);
            Ok(())
        })
    }
}
