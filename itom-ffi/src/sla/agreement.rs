//! `itom_agreements`, credits, attainment and priorities in C.

use std::ffi::c_char;

use itom_core::Timestamp;
use itom_core::sla::{
    Agreements as Core, AgreementsDefinition, AttainmentOptions, AttainmentRule, CreditPolicy,
    PriorityMatrix, RecordUpdate, VerdictCounts, chain,
};

use super::fraction::fraction;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};
use crate::table::itom_table;

pub struct itom_agreements(pub(super) Handle<Core>);

/// Text that may be NULL.
///
/// # Safety
/// `start` is NULL or points at `length` bytes, or ends with NUL as `length` says.
pub(super) unsafe fn optional_text<'a>(
    start: *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<Option<&'a str>, Failure> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller says.
    unsafe { text(start, length, argument) }.map(Some)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_agreements,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let document: AgreementsDefinition = definition(text(json, json_len, "json")?, "json")?;
            let out = Out::new(out, "out")?;
            out.give(itom_agreements(Handle::new(Core::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_update(
    agreements: *mut itom_agreements,
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `out` may be NULL.
    unsafe {
        guard(error, || {
            let json = text(json, json_len, "json")?;
            let updates: Vec<RecordUpdate> = if json.trim_start().starts_with('{') {
                vec![definition(json, "json")?]
            } else {
                definition(json, "json")?
            };
            let agreements = exclusive(agreements, "agreements")?;
            let changes = agreements.0.write(|core| Ok(core.update(updates)?))?;
            if !out.is_null() {
                Out::new(out, "out")?.give(itom_bytes::json(&changes)?);
            }
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_load(
    agreements: *mut itom_agreements,
    table: *const itom_table,
    record: *const c_char,
    at: *const c_char,
    sequence: *const c_char,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; names end with NUL, `sequence` may be NULL.
    unsafe {
        guard(error, || {
            let table = &shared(table, "table")?.0;
            let record = text(record, usize::MAX, "record")?;
            let at = text(at, usize::MAX, "at")?;
            let sequence = optional_text(sequence, usize::MAX, "sequence")?;
            let agreements = exclusive(agreements, "agreements")?;
            agreements.0.write(|core| Ok(core.load(table, record, at, sequence)?))
        })
    }
}

/// The body of the functions that ask something at an instant and answer in JSON.
///
/// # Safety
/// Pointers are as the header says.
pub(super) unsafe fn ask<T: serde::Serialize>(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
    question: impl FnOnce(&Core, Timestamp) -> Result<T, Failure>,
) -> itom_status {
    // SAFETY: as the caller says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let answer = shared(agreements, "agreements")?.0.read(|core| question(core, at))?;
            out.give(itom_bytes::json(&answer)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_status(
    agreements: *const itom_agreements,
    record: *const c_char,
    record_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            Ok(core.status(text(record, record_len, "record")?, at)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_running(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, at, out, error, |core, at| Ok(core.running(at)?)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_statuses(
    agreements: *const itom_agreements,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, at, out, error, |core, at| Ok(core.statuses(at)?)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_explain(
    agreements: *const itom_agreements,
    record: *const c_char,
    record_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            Ok(core.explain(text(record, record_len, "record")?, at)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_slack(
    agreements: *const itom_agreements,
    record: *const c_char,
    record_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            Ok(core.slack(text(record, record_len, "record")?, at)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_accounting(
    agreements: *const itom_agreements,
    record: *const c_char,
    record_len: usize,
    field: *const c_char,
    field_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            let field = text(field, field_len, "field")?;
            Ok(core.accounting(text(record, record_len, "record")?, field, at)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_events(
    agreements: *const itom_agreements,
    record: *const c_char,
    record_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, 0, out, error, |core, _| {
            Ok(core.events(text(record, record_len, "record")?)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_advance(
    agreements: *mut itom_agreements,
    now: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let now = input::instant(now, "now")?;
            let agreements = exclusive(agreements, "agreements")?;
            let crossed = agreements.0.write(|core| Ok(core.advance(now)?))?;
            out.give(itom_bytes::json(&crossed)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_next_breaches(
    agreements: *const itom_agreements,
    most: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, 0, out, error, |core, _| Ok(core.next_breaches(most))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_attainment(
    agreements: *const itom_agreements,
    at: i64,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `options` may be NULL.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            let options: AttainmentOptions = match optional_text(options, options_len, "options")? {
                Some(options) => definition(options, "options")?,
                None => AttainmentOptions::default(),
            };
            Ok(core.replay(at).attainment(core.log(), &options)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_verdicts(
    agreements: *const itom_agreements,
    at: i64,
    fields: *const c_char,
    fields_len: usize,
    out: *mut *mut itom_table,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `fields` may be NULL.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let fields: Vec<String> = match optional_text(fields, fields_len, "fields")? {
                Some(fields) => definition(fields, "fields")?,
                None => Vec::new(),
            };
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let agreements = shared(agreements, "agreements")?;
            let table =
                agreements.0.read(|core| Ok(core.replay(at).table(core.log(), &fields)?))?;
            out.give(itom_table::wrap(table));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_what_if(
    agreements: *const itom_agreements,
    json: *const c_char,
    json_len: usize,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        ask(agreements, at, out, error, |core, at| {
            let after: AgreementsDefinition = definition(text(json, json_len, "json")?, "json")?;
            Ok(core.what_if(&after, at)?)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_chain(
    agreements: *const itom_agreements,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { ask(agreements, 0, out, error, |core, _| Ok(chain(core.definition())?)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_to_bytes(
    agreements: *const itom_agreements,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(agreements, "agreements")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_agreements,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = Core::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_agreements(Handle::new(core)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_agreements_free(agreements: *mut itom_agreements) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(agreements) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_attainment(
    counts: *const c_char,
    counts_len: usize,
    rule: *const c_char,
    rule_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `rule` may be NULL.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let counts: VerdictCounts = definition(text(counts, counts_len, "counts")?, "counts")?;
            let rule: AttainmentRule = match optional_text(rule, rule_len, "rule")? {
                Some(rule) => definition(&serde_json::Value::from(rule).to_string(), "rule")?,
                None => AttainmentRule::default(),
            };
            out.give(itom_bytes::json(&counts.attainment(rule))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_credit(
    policy: *const c_char,
    policy_len: usize,
    achieved: *const c_char,
    achieved_len: usize,
    fee: *const c_char,
    fee_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; `fee` may be NULL.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let policy = text(policy, policy_len, "policy")?;
            let policy: CreditPolicy = if policy.trim_start().starts_with('{') {
                definition(policy, "policy")?
            } else {
                CreditPolicy::named(policy)?
            };
            let achieved = fraction(achieved, achieved_len, "achieved")?;
            let fee = match fee.is_null() {
                true => None,
                false => Some(fraction(fee, fee_len, "fee")?),
            };
            out.give(itom_bytes::json(&policy.credit(achieved, fee)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_priority(
    matrix: *const c_char,
    matrix_len: usize,
    impact: *const c_char,
    impact_len: usize,
    urgency: *const c_char,
    urgency_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let matrix = match text(matrix, matrix_len, "matrix")? {
                "itil" => PriorityMatrix::itil(),
                "servicenow" => PriorityMatrix::servicenow(),
                json => definition(json, "matrix")?,
            };
            matrix.check()?;
            let impact = text(impact, impact_len, "impact")?;
            let urgency = text(urgency, urgency_len, "urgency")?;
            out.give(itom_bytes::json(matrix.priority(impact, urgency)?)?);
            Ok(())
        })
    }
}
