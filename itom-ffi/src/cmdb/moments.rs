//! Differences, branches, baselines and audit.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::cmdb::Favour;

use super::database::{itom_cmdb, itom_transaction, itom_view, optional, transaction};
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard};
use crate::input::{exclusive, shared, text};
use crate::output::{Out, definition, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_diff(
    view: *const itom_view,
    later: *const itom_view,
    ids: *const c_char,
    ids_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (view, later) = (&shared(view, "view")?.0, &shared(later, "later")?.0);
            let difference = if ids.is_null() {
                view.diff(later)?
            } else {
                let ids: Vec<String> = definition(text(ids, ids_len, "ids")?, "ids")?;
                view.diff_of(later, &ids)?
            };
            out.give(itom_bytes::json(&difference)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_branch(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let branch = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.branch()))?;
            out.give(itom_cmdb(Handle::new(branch)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_merge_branch(
    cmdb: *mut itom_cmdb,
    branch: *const itom_cmdb,
    favour: *const c_char,
    transaction: *const itom_transaction,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let favour = match optional(favour, "favour")? {
                None | Some("neither") => Favour::Neither,
                Some("ours") => Favour::Ours,
                Some("theirs") => Favour::Theirs,
                Some(other) => {
                    let expected = "one of neither, ours, theirs";
                    return Err(Error::invalid("favour", format!("{other:?}"), expected).into());
                }
            };
            let transaction = self::transaction(transaction)?;
            // Shares everything with the branch, which may be the database itself.
            let branch = shared(branch, "branch")?.0.read(|core| Ok(core.branch()))?;
            let merge = exclusive(cmdb, "cmdb")?
                .0
                .write(|core| Ok(core.merge_branch(&branch, favour, transaction)?))?;
            out.give(itom_bytes::json(&merge)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_item_history(
    cmdb: *const itom_cmdb,
    id: *const c_char,
    id_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let id = text(id, id_len, "id")?;
            let said = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.item_history(id)?))?;
            out.give(itom_bytes::json(&said)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_set_baseline(
    cmdb: *mut itom_cmdb,
    name: *const c_char,
    name_len: usize,
    transaction: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let transaction = self::transaction(transaction)?;
            let name = text(name, name_len, "name")?;
            exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.set_baseline(name, transaction)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_baseline(
    cmdb: *const itom_cmdb,
    name: *const c_char,
    name_len: usize,
    out: *mut *mut itom_view,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let name = text(name, name_len, "name")?;
            let view = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.baseline(name)?))?;
            out.give(itom_view(view));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_baselines(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(shared(cmdb, "cmdb")?.0.read(|core| itom_bytes::json(&core.baselines()))?);
            Ok(())
        })
    }
}
