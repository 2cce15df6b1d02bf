//! `itom_objective` in C.

use std::ffi::c_char;

use itom_core::Duration;
use itom_core::sla::{Objective as CoreObjective, ObjectiveDefinition};

use super::calendar::instants;
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// An objective behind its handle.
pub struct itom_objective(Handle<CoreObjective>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_objective,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: ObjectiveDefinition = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_objective(Handle::new(CoreObjective::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_record(
    objective: *mut itom_objective,
    at: i64,
    good: u64,
    total: u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record(at, good, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_record_all(
    objective: *mut itom_objective,
    at: *const i64,
    good: *const u64,
    total: *const u64,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = instants(at, len, "at")?;
            let (good, total) = (slice(good, len, "good")?, slice(total, len, "total")?);
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record_all(at, good, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_status(
    objective: *const itom_objective,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let status = shared(objective, "objective")?.0.read(|core| Ok(core.status(at)?))?;
            out.give(itom_bytes::json(&status)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_burn_rate(
    objective: *const itom_objective,
    at: i64,
    window: i64,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let window = input::duration(window, "window")?;
            let objective = shared(objective, "objective")?;
            let rate = objective.0.read(|core| Ok(core.burn_rate(at, window)?))?;
            out.set(rate.map_or(f64::NAN, |rate| rate.to_f64()));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_time_to_exhaustion(
    objective: *const itom_objective,
    at: i64,
    window: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let window = input::duration(window, "window")?;
            let objective = shared(objective, "objective")?;
            let left = objective.0.read(|core| Ok(core.time_to_exhaustion(at, window)?))?;
            out.set(left.map_or(output::NEVER, Duration::as_nanos));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_to_bytes(
    objective: *const itom_objective,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let bytes = shared(objective, "objective")?.0.read(|core| Ok(core.to_bytes()))?;
            out.give(itom_bytes::new(bytes));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_objective,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let objective = CoreObjective::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_objective(Handle::new(objective)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_free(objective: *mut itom_objective) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(objective) });
}
