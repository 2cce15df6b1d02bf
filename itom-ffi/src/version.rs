//! Which library this is.

use std::ffi::c_char;

/// Grows at each break of the ABI; the SONAME in build.rs says the same number.
const ABI_VERSION: u32 = 0;

#[unsafe(no_mangle)]
pub extern "C" fn itom_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

#[unsafe(no_mangle)]
pub extern "C" fn itom_abi_version() -> u32 {
    ABI_VERSION
}
