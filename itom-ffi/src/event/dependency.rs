//! `itom_learn_dependencies` and `itom_dependency_learner`: which alarms cause which, in C.

use std::ffi::c_char;

use itom_core::Timestamp;
use itom_core::event::{DependencyDefinition, DependencyLearner as Core, DependencyQuery};

use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{exclusive, instant, shared, slice, text};
use crate::output::{self, Out, definition, definition_or_default, itom_bytes};

/// A learner behind its handle.
pub struct itom_dependency_learner(Handle<Core>);

/// Alarms as columns.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Alarms {
    types: Vec<String>,
    items: Vec<String>,
    times: Vec<Timestamp>,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_learn_dependencies(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let query: DependencyQuery = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_bytes::json(&itom_core::event::learn_dependencies(&query)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_dependency_learner,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: DependencyDefinition = definition_or_default(json, json_len, "json")?;
            out.give(itom_dependency_learner(Handle::new(Core::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_add(
    learner: *mut itom_dependency_learner,
    json: *const c_char,
    json_len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let alarms: Alarms = definition(text(json, json_len, "json")?, "json")?;
            let Alarms { types, items, times } = alarms;
            exclusive(learner, "learner")?.0.write(|core| Ok(core.add(&types, &items, &times)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_learned(
    learner: *const itom_dependency_learner,
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let links: Vec<(String, String)> = definition_or_default(json, json_len, "json")?;
            let learner = shared(learner, "learner")?;
            out.give(learner.0.read(|core| itom_bytes::json(&core.learned(&links)?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_forget(
    learner: *mut itom_dependency_learner,
    before: i64,
    forgotten: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(forgotten, "forgotten")?;
            let before = instant(before, "before")?;
            out.set(exclusive(learner, "learner")?.0.write(|core| Ok(core.forget(before)))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_runs(
    learner: *const itom_dependency_learner,
    runs: *mut u64,
    forgotten: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (runs, forgotten) = (Out::new(runs, "runs")?, Out::new(forgotten, "forgotten")?);
            let learner = shared(learner, "learner")?;
            let counts = learner.0.read(|core| Ok((core.runs(), core.forgotten())))?;
            runs.set(counts.0);
            forgotten.set(counts.1);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_to_bytes(
    learner: *const itom_dependency_learner,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let learner = shared(learner, "learner")?;
            out.give(itom_bytes::new(learner.0.read(|core| Ok(core.to_bytes()))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_dependency_learner,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = Core::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_dependency_learner(Handle::new(core)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_learner_free(learner: *mut itom_dependency_learner) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(learner) });
}
