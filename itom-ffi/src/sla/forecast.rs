//! `itom_forecast` and the scores of probabilities in C.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::sla::{
    BreachForecast as CoreForecast, BreachForecastDefinition, auc, brier, reliability_curve,
};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, fill, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};
use crate::table::itom_table;

/// A fitted forecast behind its handle.
pub struct itom_forecast(Handle<CoreForecast>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_fit(
    json: *const c_char,
    json_len: usize,
    history: *const itom_table,
    at: i64,
    out: *mut *mut itom_forecast,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: BreachForecastDefinition =
                definition(text(json, json_len, "json")?, "json")?;
            let at = input::instant(at, "at")?;
            let core = CoreForecast::fit(document, &shared(history, "history")?.0, at)?;
            out.give(itom_forecast(Handle::new(core)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_probabilities(
    forecast: *const itom_forecast,
    clocks: *const itom_table,
    out: *mut f64,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let clocks = &shared(clocks, "clocks")?.0;
            if len != clocks.rows() {
                let expected = format!("{}, the rows of clocks", clocks.rows());
                return Err(Error::invalid("len", len, expected).into());
            }
            let room = room(out, len, "out")?;
            let core = &shared(forecast, "forecast")?.0;
            fill(room, &core.read(|core| Ok(core.probabilities(clocks)?))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_explain(
    forecast: *const itom_forecast,
    clocks: *const itom_table,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let clocks = &shared(clocks, "clocks")?.0;
            let core = &shared(forecast, "forecast")?.0;
            let found = core.read(|core| Ok(core.forecast(clocks)?))?;
            out.give(itom_bytes::json(&found)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_attainment(
    forecast: *const itom_forecast,
    clocks: *const itom_table,
    confidence: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let clocks = &shared(clocks, "clocks")?.0;
            let core = &shared(forecast, "forecast")?.0;
            let found = core.read(|core| Ok(core.expected_attainment(clocks, confidence)?))?;
            out.give(itom_bytes::json(&found)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_to_bytes(
    forecast: *const itom_forecast,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = &shared(forecast, "forecast")?.0;
            out.give(itom_bytes::new(core.read(|core| Ok(core.to_bytes()))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_forecast,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = CoreForecast::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_forecast(Handle::new(core)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_free(forecast: *mut itom_forecast) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(forecast) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_brier(
    probabilities: *const f64,
    outcomes: *const u8,
    len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (p, hits) = scored(probabilities, outcomes, len)?;
            out.set(brier(p, &hits)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_auc(
    probabilities: *const f64,
    outcomes: *const u8,
    len: usize,
    out: *mut f64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (p, hits) = scored(probabilities, outcomes, len)?;
            out.set(auc(p, &hits)?.unwrap_or(f64::NAN));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_reliability_curve(
    probabilities: *const f64,
    outcomes: *const u8,
    len: usize,
    bins: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (p, hits) = scored(probabilities, outcomes, len)?;
            out.give(itom_bytes::json(&reliability_curve(p, &hits, bins)?)?);
            Ok(())
        })
    }
}

/// Probabilities, and outcomes as bytes of 0 and 1.
///
/// # Safety
/// Both are NULL or point at `len` cells.
unsafe fn scored<'a>(
    probabilities: *const f64,
    outcomes: *const u8,
    len: usize,
) -> Result<(&'a [f64], Vec<bool>), Failure> {
    // SAFETY: as the caller says.
    let (p, outcomes) =
        unsafe { (slice(probabilities, len, "probabilities")?, slice(outcomes, len, "outcomes")?) };
    match outcomes.iter().find(|&&outcome| outcome > 1) {
        Some(wrong) => Err(Error::invalid("outcomes", wrong, "0 or 1").into()),
        None => Ok((p, outcomes.iter().map(|&outcome| outcome == 1).collect())),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_forecast_definition(
    forecast: *const itom_forecast,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let forecast = shared(forecast, "forecast")?;
            out.give(forecast.0.read(|core| itom_bytes::json(core.definition()))?);
            Ok(())
        })
    }
}
