//! `itom_cmdb` and `itom_view`: what is there, in C.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::cmdb::{Change, Cmdb as Core, Direction, ModelDefinition, Transaction, View};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};
use crate::table::itom_table;

/// A database behind its handle.
pub struct itom_cmdb(pub(super) Handle<Core>);

/// A view never changes, so nothing can be left half done in it.
pub struct itom_view(pub(super) View);

impl itom_cmdb {
    /// An independent copy in memory, also of a durable database.
    #[cfg_attr(not(feature = "operations"), allow(dead_code))]
    pub(crate) fn copy(&self) -> Result<Core, Failure> {
        self.0.read(|core| Ok(Core::from_bytes(&core.to_bytes())?))
    }
}

/// A model as JSON, the names of ready-made ones joined by `+`, or none for NULL.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn model(
    json: *const c_char,
    length: usize,
) -> Result<Option<ModelDefinition>, Failure> {
    if json.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller says.
    match unsafe { text(json, length, "model") }? {
        json if json.trim_start().starts_with('{') => definition(json, "model").map(Some),
        names => Ok(Some(ModelDefinition::pack(names).map_err(|error| error.about("model"))?)),
    }
}

/// Text that ends with a NUL, or none for NULL.
///
/// # Safety
/// `start` is NULL or points at text that ends with a NUL.
pub(super) unsafe fn optional<'a>(
    start: *const c_char,
    argument: &'static str,
) -> Result<Option<&'a str>, Failure> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller says.
    unsafe { text(start, usize::MAX, argument) }.map(Some)
}

/// Which way, both for NULL.
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn direction(name: *const c_char) -> Result<Direction, Failure> {
    // SAFETY: as the caller says.
    match unsafe { optional(name, "direction") }? {
        None | Some("both") => Ok(Direction::Both),
        Some("providers") => Ok(Direction::Providers),
        Some("consumers") => Ok(Direction::Consumers),
        Some(other) => {
            let expected = "providers, consumers, both or NULL";
            Err(Error::invalid("direction", other, expected).into())
        }
    }
}

/// When a transaction holds and became known, who made it and why; texts end with a NUL or are NULL.
#[repr(C)]
pub struct itom_transaction {
    at: i64,
    known: i64,
    actor: *const c_char,
    reason: *const c_char,
    change: *const c_char,
    source: *const c_char,
}

/// # Safety
/// As [`optional`], for each text of it.
pub(super) unsafe fn transaction(
    transaction: *const itom_transaction,
) -> Result<Transaction, Failure> {
    // SAFETY: as the caller says.
    unsafe {
        let given = shared(transaction, "transaction")?;
        let text = |text, argument| Ok::<_, Failure>(optional(text, argument)?.map(str::to_owned));
        Ok(Transaction {
            at: input::instant(given.at, "at")?,
            known: input::instant(given.known, "known")?,
            actor: text(given.actor, "actor")?,
            reason: text(given.reason, "reason")?,
            change: text(given.change, "change")?,
            source: text(given.source, "source")?,
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_new(
    model: *const c_char,
    model_len: usize,
    out: *mut *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let model = self::model(model, model_len)?.unwrap_or_default();
            out.give(itom_cmdb(Handle::new(Core::new(model)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_open(
    path: *const c_char,
    path_len: usize,
    model: *const c_char,
    model_len: usize,
    out: *mut *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let path = text(path, path_len, "path")?;
            let model = self::model(model, model_len)?;
            out.give(itom_cmdb(Handle::new(Core::open(path, model)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_load(
    cmdb: *mut itom_cmdb,
    items: *const itom_table,
    relations: *const itom_table,
    transaction: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let transaction = self::transaction(transaction)?;
            let items = items.as_ref().map(|table| table.0.as_ref());
            let relations = relations.as_ref().map(|table| table.0.as_ref());
            exclusive(cmdb, "cmdb")?
                .0
                .write(|core| Ok(core.load_as(items, relations, transaction)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_apply(
    cmdb: *mut itom_cmdb,
    changes: *const c_char,
    changes_len: usize,
    transaction: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let transaction = self::transaction(transaction)?;
            let changes: Vec<Change> =
                definition(text(changes, changes_len, "changes")?, "changes")?;
            exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.apply(&changes, transaction)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_at(
    cmdb: *const itom_cmdb,
    valid: i64,
    known: i64,
    out: *mut *mut itom_view,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (valid, known) = (input::optional_instant(valid), input::optional_instant(known));
            let view = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.at(valid, known)))?;
            out.give(itom_view(view));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_model(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(shared(cmdb, "cmdb")?.0.read(|core| itom_bytes::json(core.model()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_transactions(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(cmdb, "cmdb")?.0.read(|core| {
                let all: Vec<&Transaction> = core.transactions().collect();
                itom_bytes::json(&all)
            })?;
            out.give(bytes);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_to_bytes(
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_from_bytes(
    data: *const u8,
    data_len: usize,
    out: *mut *mut itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = slice(data, data_len, "data")?;
            out.give(itom_cmdb(Handle::new(Core::from_bytes(bytes)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_free(cmdb: *mut itom_cmdb) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(cmdb) });
}

// -------------------------------------------------------------------- views

/// Answers a question about a view in JSON.
///
/// # Safety
/// Pointers are NULL or as the header says.
pub(super) unsafe fn answer<T: serde::Serialize>(
    view: *const itom_view,
    out: *mut *mut itom_bytes,
    ask: impl FnOnce(&View) -> Result<T, Failure>,
) -> Result<(), Failure> {
    // SAFETY: as the caller says.
    let (out, view) = unsafe { (Out::new(out, "out")?, shared(view, "view")?) };
    out.give(itom_bytes::json(&ask(&view.0)?)?);
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_len(view: *const itom_view) -> usize {
    // SAFETY: NULL or ours, as the header says.
    unsafe { view.as_ref() }.map_or(0, |view| view.0.len())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_item(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || answer(view, out, |view| Ok(view.item(text(id, id_len, "id")?)))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_items(
    view: *const itom_view,
    class_name: *const c_char,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| Ok(view.items(optional(class_name, "class_name")?)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_relations(
    view: *const itom_view,
    id: *const c_char,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || answer(view, out, |view| Ok(view.relations(optional(id, "id")?)?))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_neighbours(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    direction: *const c_char,
    kind: *const c_char,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let direction = self::direction(direction)?;
                let (id, kind) = (text(id, id_len, "id")?, optional(kind, "kind")?);
                Ok(view.neighbours(id, direction, kind)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_path(
    view: *const itom_view,
    source: *const c_char,
    source_len: usize,
    target: *const c_char,
    target_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let source = text(source, source_len, "source")?;
            let target = text(target, target_len, "target")?;
            let view = shared(view, "view")?;
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::json(&view.0.path(source, target)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_free(view: *mut itom_view) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(view) });
}
