//! Reconciliation, rules, locks, merges and sweeps, in C.

use std::ffi::c_char;

use itom_core::cmdb::{
    Cmdb as Core, ItemRecord, ReconciliationRules, RelationRecord, SweepDefinition, Transaction,
    Value,
};

use super::database::{answer, itom_cmdb, itom_transaction, itom_view, optional, transaction};
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{exclusive, shared, slice, text};
use crate::output::{Out, definition, itom_bytes};
use crate::table::itom_table;

/// Changes a database by what was read from the arguments.
///
/// # Safety
/// Pointers are NULL or as the header says.
unsafe fn change<T>(
    cmdb: *mut itom_cmdb,
    about: *const itom_transaction,
    change: impl FnOnce(&mut Core, Transaction) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // SAFETY: as the caller says.
    unsafe {
        let about = transaction(about)?;
        exclusive(cmdb, "cmdb")?.0.write(|core| change(core, about))
    }
}

/// Texts that end with a NUL.
///
/// # Safety
/// Pointers are NULL or as the header says.
unsafe fn texts<'a>(
    all: *const *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<Vec<&'a str>, Failure> {
    // SAFETY: as the caller says.
    unsafe {
        let all = slice(all, length, argument)?;
        all.iter().map(|one| text(*one, usize::MAX, argument)).collect()
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_reconcile(
    cmdb: *mut itom_cmdb,
    records: *const c_char,
    records_len: usize,
    relations: *const c_char,
    relations_len: usize,
    about: *const itom_transaction,
    dry_run: i32,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let records: Vec<ItemRecord> =
                definition(text(records, records_len, "records")?, "records")?;
            let relations: Vec<RelationRecord> = match relations.is_null() {
                true => Vec::new(),
                false => definition(text(relations, relations_len, "relations")?, "relations")?,
            };
            let report = change(cmdb, about, |core, about| {
                let done = match dry_run {
                    0 => core.reconcile(&records, &relations, about)?,
                    _ => core.identify(&records, &relations, about)?,
                };
                itom_bytes::json(&done.report())
            })?;
            out.give(report);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_reconcile_table(
    cmdb: *mut itom_cmdb,
    table: *const itom_table,
    class_name: *const c_char,
    about: *const itom_transaction,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let class = optional(class_name, "class_name")?;
            let columns = &shared(table, "table")?.0;
            let answers = change(cmdb, about, |core, about| {
                Ok(core.reconcile_table(class, columns, about)?.to_table())
            })?;
            out.give(itom_table::wrap(answers));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_set_rules(
    cmdb: *mut itom_cmdb,
    rules: *const c_char,
    rules_len: usize,
    about: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let rules: ReconciliationRules = definition(text(rules, rules_len, "rules")?, "rules")?;
            change(cmdb, about, |core, about| Ok(core.set_rules(rules, about)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_rules(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(shared(cmdb, "cmdb")?.0.read(|core| itom_bytes::json(&core.rules()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_lock(
    cmdb: *mut itom_cmdb,
    id: *const c_char,
    attribute: *const c_char,
    value: *const c_char,
    value_len: usize,
    about: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let id = text(id, usize::MAX, "id")?;
            let attribute = text(attribute, usize::MAX, "attribute")?;
            let value: Option<Value> = match value.is_null() {
                true => None,
                false => Some(definition(text(value, value_len, "value")?, "value")?),
            };
            change(cmdb, about, |core, about| Ok(core.lock(id, attribute, value, about)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_release(
    cmdb: *mut itom_cmdb,
    id: *const c_char,
    attribute: *const c_char,
    about: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let id = text(id, usize::MAX, "id")?;
            let attribute = text(attribute, usize::MAX, "attribute")?;
            change(cmdb, about, |core, about| Ok(core.release(id, attribute, about)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_merge(
    cmdb: *mut itom_cmdb,
    keep: *const c_char,
    others: *const *const c_char,
    others_len: usize,
    about: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let keep = text(keep, usize::MAX, "keep")?;
            let others = texts(others, others_len, "others")?;
            change(cmdb, about, |core, about| Ok(core.merge(keep, &others, about)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_unmerge(
    cmdb: *mut itom_cmdb,
    ids: *const *const c_char,
    ids_len: usize,
    about: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let ids = texts(ids, ids_len, "ids")?;
            change(cmdb, about, |core, about| Ok(core.unmerge(&ids, about)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_sweep(
    cmdb: *mut itom_cmdb,
    sweep: *const c_char,
    sweep_len: usize,
    about: *const itom_transaction,
    dry_run: i32,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let sweep: SweepDefinition = definition(text(sweep, sweep_len, "sweep")?, "sweep")?;
            let report = change(cmdb, about, |core, about| {
                let done = match dry_run {
                    0 => core.sweep(&sweep, about)?,
                    _ => core.plan_sweep(&sweep, about)?,
                };
                itom_bytes::json(&done)
            })?;
            out.give(report);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_claims(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || answer(view, out, |view| Ok(view.claims(text(id, id_len, "id")?)?))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_why_value(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    attribute: *const c_char,
    attribute_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let id = text(id, id_len, "id")?;
                Ok(view.why_value(id, text(attribute, attribute_len, "attribute")?)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_duplicates(
    view: *const itom_view,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || answer(view, out, |view| Ok(view.duplicates()))) }
}
