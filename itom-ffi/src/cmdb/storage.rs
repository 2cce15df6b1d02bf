//! Files of the CMDB in C: reading beside a writer, syncing, looking after, saving.

use std::ffi::c_char;

use itom_core::cmdb::Cmdb as Core;

use super::database::itom_cmdb;
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard};
use crate::input::{exclusive, text};
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_open_read_only(
    path: *const c_char,
    path_len: usize,
    out: *mut *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let path = text(path, path_len, "path")?;
            out.give(itom_cmdb(Handle::new(Core::open_read_only(path)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_commit_every(
    cmdb: *mut itom_cmdb,
    transactions: u32,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            exclusive(cmdb, "cmdb")?.0.write(|core| {
                core.commit_every(transactions);
                Ok(())
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_sync(
    cmdb: *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.sync()?))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_checkpoint(
    cmdb: *mut itom_cmdb,
    bytes: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let bytes = Out::new(bytes, "bytes")?;
            bytes.set(exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.checkpoint()?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_compact(
    cmdb: *mut itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let done = exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.compact()?))?;
            out.give(itom_bytes::json(&done)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_verify(
    path: *const c_char,
    path_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::json(&Core::verify(text(path, path_len, "path")?)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_salvage(
    path: *const c_char,
    path_len: usize,
    to: *const c_char,
    to_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (path, to) = (text(path, path_len, "path")?, text(to, to_len, "to")?);
            out.give(itom_bytes::json(&Core::salvage(path, to)?)?);
            Ok(())
        })
    }
}
