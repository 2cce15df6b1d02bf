//! Foreign formats in and out, tables and queries, in C.

use std::ffi::c_char;

use itom_core::cmdb::{Import, Query, View};
use itom_core::formats::{CsvOptions, read_csv, read_import, read_traces};

use super::database::{itom_cmdb, itom_view};
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{shared, slice, text};
use crate::output::{Out, definition, itom_bytes};
use crate::table::itom_table;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_import_read(
    format: *const c_char,
    document: *const c_char,
    document_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let format = text(format, usize::MAX, "format")?;
            let document = text(document, document_len, "document")?;
            let import = match format {
                // With how often who called whom.
                "traces" => itom_bytes::json(&read_traces(document)?)?,
                format => itom_bytes::json(&read_import(format, document)?)?,
            };
            out.give(import);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_import_read_csv(
    document: *const c_char,
    document_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options: CsvOptions = if options.is_null() {
                CsvOptions::default()
            } else {
                definition(text(options, options_len, "options")?, "options")?
            };
            let import = read_csv(text(document, document_len, "document")?, &options)?;
            out.give(itom_bytes::json(&import)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_import_changes(
    import: *const c_char,
    import_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let import: Import = definition(text(import, import_len, "import")?, "import")?;
            out.give(itom_bytes::new(import.changes_json()?.into_bytes()));
            Ok(())
        })
    }
}

/// A query: text in its language, or a definition in JSON.
///
/// # Safety
/// As [`text`].
unsafe fn query(start: *const c_char, length: usize) -> Result<Query, Failure> {
    // SAFETY: as the caller says.
    let asked = unsafe { text(start, length, "query") }?;
    if asked.trim_start().starts_with('{') {
        return definition(asked, "query");
    }
    Ok(Query::parse(asked)?)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_query(
    cmdb: *const itom_cmdb,
    query: *const c_char,
    query_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let asked = self::query(query, query_len)?;
            let table = shared(cmdb, "cmdb")?.0.read(|core| Ok(core.answer(&asked)?))?;
            out.give(itom_table::wrap(table));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_query(
    view: *const itom_view,
    query: *const c_char,
    query_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let asked = self::query(query, query_len)?;
            out.give(itom_table::wrap(shared(view, "view")?.0.answer(&asked)?));
            Ok(())
        })
    }
}

/// Asks a view about some ids, each ending with a NUL, or about all for NULL.
///
/// # Safety
/// Pointers are NULL or as the header says.
unsafe fn export<T>(
    view: *const itom_view,
    (ids, ids_len): (*const *const c_char, usize),
    write: impl FnOnce(&View, Option<&[&str]>) -> itom_core::Result<T>,
) -> Result<T, Failure> {
    // SAFETY: as the caller says.
    unsafe {
        let view = &shared(view, "view")?.0;
        if ids.is_null() && ids_len == 0 {
            return Ok(write(view, None)?);
        }
        let ids = slice(ids, ids_len, "ids")?;
        let ids = ids.iter().map(|id| text(*id, usize::MAX, "ids"));
        Ok(write(view, Some(&ids.collect::<Result<Vec<&str>, Failure>>()?))?)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_export(
    view: *const itom_view,
    format: *const c_char,
    ids: *const *const c_char,
    ids_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let format = text(format, usize::MAX, "format")?;
            let bytes = export(view, (ids, ids_len), |view, ids| match format {
                "dot" => view.to_dot(ids).map(String::into_bytes),
                "mermaid" => view.to_mermaid(ids).map(String::into_bytes),
                "graphml" => view.to_graphml(ids).map(String::into_bytes),
                "sqlite" => view.to_sqlite(ids),
                other => {
                    let expected = "dot, mermaid, graphml or sqlite";
                    Err(itom_core::Error::invalid("format", format!("{other:?}"), expected))
                }
            })?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_history_tables(
    view: *const itom_view,
    ids: *const *const c_char,
    ids_len: usize,
    items: *mut *mut itom_table,
    relations: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (items, relations) = (Out::new(items, "items")?, Out::new(relations, "relations")?);
            let tables = export(view, (ids, ids_len), |view, ids| view.history_tables(ids))?;
            items.give(itom_table::wrap(tables.items));
            relations.give(itom_table::wrap(tables.relations));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_tables(
    view: *const itom_view,
    ids: *const *const c_char,
    ids_len: usize,
    items: *mut *mut itom_table,
    relations: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (items, relations) = (Out::new(items, "items")?, Out::new(relations, "relations")?);
            let tables = export(view, (ids, ids_len), |view, ids| view.tables(ids))?;
            items.give(itom_table::wrap(tables.items));
            relations.give(itom_table::wrap(tables.relations));
            Ok(())
        })
    }
}
