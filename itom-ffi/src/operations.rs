//! `itom_operations` and `itom_report`: the join, in C.

use std::ffi::c_char;

use itom_core::operations::{
    MetricSample, Observation, Operations as Core, OperationsDefinition, Report as CoreReport,
    samples_from_table,
};

use crate::cmdb::itom_cmdb;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};
use crate::table::itom_table;

/// An engine behind its handle.
pub struct itom_operations(Handle<Core>);

/// The report of one incident: plain data.
pub struct itom_report(CoreReport);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_new(
    json: *const c_char,
    json_len: usize,
    cmdb: *const itom_cmdb,
    out: *mut *mut itom_operations,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: OperationsDefinition = definition(text(json, json_len, "json")?, "json")?;
            let cmdb = match cmdb.as_ref() {
                None => itom_core::cmdb::Cmdb::default(),
                Some(cmdb) => cmdb.copy()?,
            };
            out.give(itom_operations(Handle::new(Core::new(document, cmdb)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_ingest(
    operations: *mut itom_operations,
    json: *const c_char,
    json_len: usize,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let observations: Vec<Observation> = definition(text(json, json_len, "json")?, "json")?;
            take(operations, &observations, updates)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_ingest_table(
    operations: *mut itom_operations,
    samples: *const itom_table,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let observations = samples_from_table(&shared(samples, "samples")?.0)?;
            take(operations, &observations, updates)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_ingest_metrics(
    operations: *mut itom_operations,
    times: *const i64,
    items: *const *const c_char,
    metrics: *const *const c_char,
    values: *const f64,
    len: usize,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (times, values) = (slice(times, len, "times")?, slice(values, len, "values")?);
            let (items, metrics) = (slice(items, len, "items")?, slice(metrics, len, "metrics")?);
            let sample = |row: usize| {
                Ok(Observation::Metric(MetricSample {
                    time: input::instant(times[row], "times")?,
                    item: text(items[row], usize::MAX, "items")?.to_owned(),
                    metric: text(metrics[row], usize::MAX, "metrics")?.to_owned(),
                    value: Some(values[row]).filter(|value| !value.is_nan()),
                }))
            };
            let observations: Vec<Observation> =
                (0..len).map(sample).collect::<Result<_, Failure>>()?;
            take(operations, &observations, updates)
        })
    }
}

/// Ingests; `updates` may be NULL.
///
/// # Safety
/// As of the exported functions.
unsafe fn take(
    operations: *mut itom_operations,
    observations: &[Observation],
    updates: *mut *mut itom_bytes,
) -> Result<(), Failure> {
    // SAFETY: NULL or an object of ours, as the header says.
    let operations = unsafe { exclusive(operations, "operations") }?;
    let led_to = operations.0.write(|core| Ok(core.ingest(observations)?))?;
    if !updates.is_null() {
        // SAFETY: not NULL, so memory for a pointer.
        unsafe { Out::new(updates, "updates") }?.give(itom_bytes::json(&led_to)?);
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_advance(
    operations: *mut itom_operations,
    now: i64,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let now = input::instant(now, "now")?;
            let operations = exclusive(operations, "operations")?;
            let led_to = operations.0.write(|core| Ok(core.advance(now)?))?;
            if !updates.is_null() {
                Out::new(updates, "updates")?.give(itom_bytes::json(&led_to)?);
            }
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_incidents(
    operations: *const itom_operations,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let incidents =
                shared(operations, "operations")?.0.read(|core| Ok(core.incidents()?))?;
            out.give(itom_bytes::json(&incidents)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_alerts(
    operations: *const itom_operations,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let operations = shared(operations, "operations")?;
            out.give(operations.0.read(|core| itom_bytes::json(&core.alerts()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_worst_incident(
    operations: *const itom_operations,
    since: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let since = input::instant(since, "since")?;
            let operations = shared(operations, "operations")?;
            match operations.0.read(|core| Ok(core.worst_incident(since)))? {
                Some(id) => out.give(itom_bytes::new(id.into_bytes())),
                None => out.set(std::ptr::null_mut()),
            }
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_report(
    operations: *const itom_operations,
    incident: *const c_char,
    incident_len: usize,
    at: i64,
    out: *mut *mut itom_report,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let incident = text(incident, incident_len, "incident")?;
            let at = input::instant(at, "at")?;
            let operations = shared(operations, "operations")?;
            out.give(itom_report(operations.0.read(|core| Ok(core.report(incident, at)?))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_to_bytes(
    operations: *const itom_operations,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(operations, "operations")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_operations,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = Core::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_operations(Handle::new(core)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_operations_free(operations: *mut itom_operations) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(operations) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_report_to_text(
    report: *const itom_report,
    colour: i32,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let text = shared(report, "report")?.0.to_text(colour != 0);
            out.give(itom_bytes::new(text.into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_report_to_html(
    report: *const itom_report,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::new(shared(report, "report")?.0.to_html().into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_report_to_json(
    report: *const itom_report,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::new(shared(report, "report")?.0.to_json().into_bytes()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_report_free(report: *mut itom_report) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(report) });
}
