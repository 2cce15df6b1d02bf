//! What a whole history under agreements comes to, in C.

use std::ffi::c_char;

use itom_core::sla::Condition;
use itom_core::table::Table;

use super::agreement::{ask, itom_agreements, optional_text};
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, shared, text};
use crate::output::{Out, definition, itom_bytes};
use crate::table::itom_table;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_counts(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, at, out, error, |core, at| Ok(core.replay(at).counts())) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_pauses(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, at, out, error, |core, at| Ok(core.replay(at).pauses())) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_accounting_all(
    agreements: *const itom_agreements,
    field: *const c_char,
    field_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            Ok(core.replay(at).accounting(core.log(), text(field, field_len, "field")?)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_unknown_fields(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| Ok(core.replay(at).unknown_fields().to_vec()))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_definition(
    agreements: *const itom_agreements,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, 0, out, error, |core, _| Ok(core.definition().clone())) }
}

/// The body of the functions that lay out clocks for a forecast.
///
/// # Safety
/// Pointers are as the header says.
unsafe fn lay_out(
    agreements: *const itom_agreements,
    at: i64,
    fields: (*const c_char, usize),
    metric: (*const c_char, usize),
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
    runs: bool,
) -> itom_status {
    // SAFETY: as the caller says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let fields: Vec<String> = definition(text(fields.0, fields.1, "fields")?, "fields")?;
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let metric = optional_text(metric.0, metric.1, "metric")?;
            let agreements = shared(agreements, "agreements")?;
            let table = agreements.0.read(|core| -> Result<Table, Failure> {
                let replay = core.replay(at);
                Ok(match runs {
                    true => replay.running(core.log(), &fields, metric)?,
                    false => replay.history(core.log(), &fields, metric)?,
                })
            })?;
            out.give(itom_table::wrap(table));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_forecast_history(
    agreements: *const itom_agreements,
    at: i64,
    fields: *const c_char,
    fields_len: usize,
    metric: *const c_char,
    metric_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `metric` may be NULL.
    unsafe {
        lay_out(agreements, at, (fields, fields_len), (metric, metric_len), out, error, false)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_forecast_clocks(
    agreements: *const itom_agreements,
    at: i64,
    fields: *const c_char,
    fields_len: usize,
    metric: *const c_char,
    metric_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `metric` may be NULL.
    unsafe { lay_out(agreements, at, (fields, fields_len), (metric, metric_len), out, error, true) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_condition(
    condition: *const c_char,
    condition_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let given = text(condition, condition_len, "condition")?;
            let tree: Condition = match given.trim_start().starts_with('{') {
                true => definition(given, "condition")?,
                false => given.parse()?,
            };
            out.give(itom_bytes::json(&tree)?);
            Ok(())
        })
    }
}
