//! `itom_objective` in C.

use std::ffi::c_char;

use itom_core::Duration;
use itom_core::sla::{
    BurnAlert, Evaluation, Objective as CoreObjective, ObjectiveDefinition, ObjectiveState,
    burn_alerts,
};

use super::calendar::instants;
use super::fraction::fraction;
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, extent, fill, room, shared, slice, text};
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
pub unsafe extern "C" fn itom_objective_record_bad(
    objective: *mut itom_objective,
    at: i64,
    bad: u64,
    total: u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record_bad(at, bad, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_record_values(
    objective: *mut itom_objective,
    at: *const i64,
    values: *const f64,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = instants(at, len, "at")?;
            let values = slice(values, len, "values")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.record_values(at, values)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_adjust(
    objective: *mut itom_objective,
    at: i64,
    good: i64,
    total: i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = input::instant(at, "at")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.adjust(at, good, total)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_exclude(
    objective: *mut itom_objective,
    start: i64,
    until: i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let start = input::instant(start, "start")?;
            let until = input::instant(until, "until")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.exclude(start, until)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_include(
    objective: *mut itom_objective,
    start: i64,
    until: i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let start = input::instant(start, "start")?;
            let until = input::instant(until, "until")?;
            let objective = exclusive(objective, "objective")?;
            objective.0.write(|core| Ok(core.include(start, until)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_evaluate(
    objective: *const itom_objective,
    at: i64,
    state: *mut i32,
    firing: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (state, firing) = (Out::new(state, "state")?, Out::new(firing, "firing")?);
            let at = input::instant(at, "at")?;
            let objective = shared(objective, "objective")?;
            let evaluation = objective.0.read(|core| Ok(core.evaluate(at)?))?;
            state.set(code(evaluation));
            firing.set(evaluation.firing);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_evaluate_all(
    objective: *const itom_objective,
    at: *const i64,
    len: usize,
    state: *mut i32,
    firing: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = instants(at, len, "at")?;
            let objective = shared(objective, "objective")?;
            let all = objective.0.read(|core| Ok(core.evaluate_all(at)?))?;
            // What was read may lie where the results go.
            let (states, bits) = (room(state, len, "state")?, room(firing, len, "firing")?);
            input::apart(&[extent(state, len, "state"), extent(firing, len, "firing")])?;
            fill(states, &all.iter().map(|one| code(*one)).collect::<Vec<i32>>());
            fill(bits, &all.iter().map(|one| one.firing).collect::<Vec<u64>>());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_windows(
    objective: *const itom_objective,
    start: i64,
    end: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (start, end) = (input::instant(start, "start")?, input::instant(end, "end")?);
            let objective = shared(objective, "objective")?;
            let windows = objective.0.read(|core| Ok(core.windows(start, end)?))?;
            out.give(itom_bytes::json(&windows)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_budget(
    objective: *const itom_objective,
    events: u64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let objective = shared(objective, "objective")?;
            let budget = objective.0.read(|core| Ok(core.definition().budget(events)?))?;
            out.give(itom_bytes::json(&budget)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_alert_times(
    objective: *const itom_objective,
    alert_json: *const c_char,
    alert_json_len: usize,
    error_ratio: *const c_char,
    error_ratio_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let alert = text(alert_json, alert_json_len, "alert_json")?;
            let alert: BurnAlert = definition(alert, "alert_json")?;
            let ratio = fraction(error_ratio, error_ratio_len, "error_ratio")?;
            let objective = shared(objective, "objective")?;
            let times =
                objective.0.read(|core| Ok(core.definition().alert_times(&alert, ratio)?))?;
            out.give(itom_bytes::json(&times)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_exhaustion_seconds(
    objective: *const itom_objective,
    burn_rate: *const c_char,
    burn_rate_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let rate = fraction(burn_rate, burn_rate_len, "burn_rate")?;
            let objective = shared(objective, "objective")?;
            let seconds =
                objective.0.read(|core| Ok(core.definition().exhaustion_seconds(rate)?))?;
            out.give(itom_bytes::json(&seconds)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_outage_slices(
    objective: *const itom_objective,
    outage: *const c_char,
    outage_len: usize,
    usual: *const c_char,
    usual_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let outage = fraction(outage, outage_len, "outage")?;
            let usual = fraction(usual, usual_len, "usual")?;
            let objective = shared(objective, "objective")?;
            let slices =
                objective.0.read(|core| Ok(core.definition().outage_slices(outage, usual)?))?;
            out.give(itom_bytes::json(&slices)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_burn_alerts(
    preset: *const c_char,
    preset_len: usize,
    window: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let window = input::duration(window, "window")?;
            let alerts = burn_alerts(text(preset, preset_len, "preset")?, window)?;
            out.give(itom_bytes::json(&alerts)?);
            Ok(())
        })
    }
}

/// The numbers of the states, as the header has them.
fn code(evaluation: Evaluation) -> i32 {
    match evaluation.state {
        ObjectiveState::NoData => 0,
        ObjectiveState::Ok => 1,
        ObjectiveState::Burning => 2,
        ObjectiveState::Exhausted => 3,
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

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_definition(
    objective: *const itom_objective,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let objective = shared(objective, "objective")?;
            out.give(objective.0.read(|core| itom_bytes::json(core.definition()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_objective_covers_window(
    objective: *const itom_objective,
    at: i64,
    out: *mut bool,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            out.set(shared(objective, "objective")?.0.read(|core| Ok(core.covers_window(at)))?);
            Ok(())
        })
    }
}
