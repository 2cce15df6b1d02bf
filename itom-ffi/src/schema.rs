//! `itom_schema`: the shape of every document.

use std::ffi::c_char;

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::text;
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_schema(
    name: *const c_char,
    name_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let schema = itom_core::schema::schema(text(name, name_len, "name")?)?;
            out.give(itom_bytes::new(schema.into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_schema_names(
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::json(&itom_core::schema::names())?);
            Ok(())
        })
    }
}
