//! OpenSLO documents in C.

use std::ffi::c_char;

use itom_core::formats::OpenSlo;

use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input;
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_openslo_read(
    text: *const c_char,
    text_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document = OpenSlo::read(input::text(text, text_len, "text")?)?;
            out.give(itom_bytes::json(&document)?);
            Ok(())
        })
    }
}
