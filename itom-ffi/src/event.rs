//! `itom_correlator` and `itom_rank_causes`: events to incidents, and their causes, in C.

mod dependency;
mod template;

use std::ffi::c_char;

use itom_core::Result;
use itom_core::event::{
    CauseQuery, Correlator as Core, CorrelatorDefinition, EdgeTopology, Event, Topology, Update,
};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, exclusive, shared, slice, text};
use crate::output::{self, Out, definition, definition_or_default, itom_bytes};
use crate::table::itom_table;

/// An engine behind its handle.
pub struct itom_correlator(Handle<Engine>);

/// A correlator and what it asks for dependencies.
struct Engine {
    core: Core,
    topology: Known,
}

/// The topologies that C can hand over.
enum Known {
    Edges(EdgeTopology),
}

impl Topology for Known {
    fn providers(&self, item: &str) -> Vec<String> {
        match self {
            Known::Edges(edges) => edges.providers(item),
        }
    }

    fn consumers(&self, item: &str) -> Vec<String> {
        match self {
            Known::Edges(edges) => edges.consumers(item),
        }
    }
}

impl itom_correlator {
    fn wrap(core: Core) -> Self {
        let topology = Known::Edges(EdgeTopology::default());
        itom_correlator(Handle::new(Engine { core, topology }))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_correlator,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: CorrelatorDefinition = definition_or_default(json, json_len, "json")?;
            out.give(itom_correlator::wrap(Core::new(document)?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_set_edges(
    correlator: *mut itom_correlator,
    json: *const c_char,
    json_len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let edges: Vec<(String, String)> = definition(text(json, json_len, "json")?, "json")?;
            exclusive(correlator, "correlator")?.0.write(|engine| {
                engine.topology = Known::Edges(EdgeTopology::new(edges));
                Ok(())
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_push(
    correlator: *mut itom_correlator,
    json: *const c_char,
    json_len: usize,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let events: Vec<Event> = definition(text(json, json_len, "json")?, "json")?;
            step(correlator, updates, |engine| engine.core.push(&events, &engine.topology))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_push_table(
    correlator: *mut itom_correlator,
    events: *const itom_table,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let events = Event::from_table(&shared(events, "events")?.0)?;
            step(correlator, updates, |engine| engine.core.push(&events, &engine.topology))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_advance(
    correlator: *mut itom_correlator,
    now: i64,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let now = input::instant(now, "now")?;
            step(correlator, updates, |engine| engine.core.advance(now, &engine.topology))
        })
    }
}

/// One step of the engine; the updates are given out as JSON.
///
/// # Safety
/// `correlator` is NULL or ours, `updates` NULL or room for a pointer.
unsafe fn step(
    correlator: *mut itom_correlator,
    updates: *mut *mut itom_bytes,
    work: impl FnOnce(&mut Engine) -> Result<Vec<Update>>,
) -> Result<(), Failure> {
    // SAFETY: as above.
    let (out, correlator) =
        unsafe { (Out::new(updates, "updates")?, exclusive(correlator, "correlator")?) };
    let updates = correlator.0.write(|engine| Ok(work(engine)?))?;
    out.give(itom_bytes::json(&updates)?);
    Ok(())
}

/// Something of the engine as JSON.
///
/// # Safety
/// `correlator` is NULL or ours, `out` NULL or room for a pointer.
unsafe fn look<T: serde::Serialize>(
    correlator: *const itom_correlator,
    out: *mut *mut itom_bytes,
    work: impl FnOnce(&Core) -> T,
) -> Result<(), Failure> {
    // SAFETY: as above.
    let (out, correlator) = unsafe { (Out::new(out, "out")?, shared(correlator, "correlator")?) };
    let result = correlator.0.read(|engine| itom_bytes::json(&work(&engine.core)))?;
    out.give(result);
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_alerts(
    correlator: *const itom_correlator,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            look(correlator, out, |core| core.alerts().into_iter().cloned().collect::<Vec<_>>())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_incidents(
    correlator: *const itom_correlator,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            look(correlator, out, |core| core.incidents().into_iter().cloned().collect::<Vec<_>>())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_statistics(
    correlator: *const itom_correlator,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || look(correlator, out, Core::statistics)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_watermark(
    correlator: *const itom_correlator,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let correlator = shared(correlator, "correlator")?;
            out.set(correlator.0.read(|engine| Ok(output::nanos(engine.core.watermark())))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_to_bytes(
    correlator: *const itom_correlator,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let correlator = shared(correlator, "correlator")?;
            out.give(itom_bytes::new(correlator.0.read(|engine| Ok(engine.core.to_bytes()))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_correlator,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let core = Core::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_correlator::wrap(core));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_correlator_free(correlator: *mut itom_correlator) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(correlator) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_rank_causes(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let query: CauseQuery = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_bytes::json(&itom_core::event::rank_causes(&query)?)?);
            Ok(())
        })
    }
}
