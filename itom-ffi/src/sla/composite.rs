//! `itom_dependency_graph` and block diagrams in C.

use std::ffi::c_char;

use itom_core::sla::{DependencyGraph, Precision, SimulationOptions, rbd, two_terminal};

use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{shared, text};
use crate::output::{self, Out, definition, itom_bytes};

pub struct itom_dependency_graph(Handle<DependencyGraph>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_dependency_graph,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let document = definition(text(json, json_len, "json")?, "json")?;
            let out = Out::new(out, "out")?;
            out.give(itom_dependency_graph(Handle::new(DependencyGraph::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_with_service(
    graph: *const itom_dependency_graph,
    service: *const c_char,
    service_len: usize,
    out: *mut *mut itom_dependency_graph,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let service = definition(text(service, service_len, "service")?, "service")?;
            let other = shared(graph, "graph")?.0.read(|graph| Ok(graph.with_service(service)?))?;
            out.give(itom_dependency_graph(Handle::new(other)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_availability(
    graph: *const itom_dependency_graph,
    tolerance: f64,
    work: u64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (out, precision) = (Out::new(out, "out")?, precision(tolerance, work));
            let graph = &shared(graph, "graph")?.0;
            let result = graph.read(|graph| Ok(graph.availability_within(precision)?))?;
            out.give(itom_bytes::json(&result)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_simulate(
    graph: *const itom_dependency_graph,
    samples: u64,
    seed: u64,
    confidence: f64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let options = SimulationOptions { samples, seed, confidence };
            let graph = &shared(graph, "graph")?.0;
            let result = graph.read(|graph| Ok(graph.simulate(options)?))?;
            out.give(itom_bytes::json(&result)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_importance(
    graph: *const itom_dependency_graph,
    tolerance: f64,
    work: u64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (out, precision) = (Out::new(out, "out")?, precision(tolerance, work));
            let graph = &shared(graph, "graph")?.0;
            let result = graph.read(|graph| Ok(graph.importance(precision)?))?;
            out.give(itom_bytes::json(&result)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_replicas(
    graph: *const itom_dependency_graph,
    most: usize,
    tolerance: f64,
    work: u64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (out, precision) = (Out::new(out, "out")?, precision(tolerance, work));
            let graph = &shared(graph, "graph")?.0;
            let result = graph.read(|graph| Ok(graph.replicas(most, precision)?))?;
            out.give(itom_bytes::json(&result)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_single_points_of_failure(
    graph: *const itom_dependency_graph,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let graph = &shared(graph, "graph")?.0;
            let names = graph.read(|graph| Ok(graph.single_points_of_failure()))?;
            out.give(itom_bytes::json(&names)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_dependency_graph_free(graph: *mut itom_dependency_graph) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(graph) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_rbd(
    expression: *const c_char,
    expression_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let block = definition(text(expression, expression_len, "expression")?, "expression")?;
            out.give(itom_bytes::json(&rbd(&block)?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_two_terminal(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let network = definition(text(json, json_len, "json")?, "json")?;
            out.give(itom_bytes::json(&two_terminal(&network)?)?);
            Ok(())
        })
    }
}

/// Zero is the usual work.
fn precision(tolerance: f64, work: u64) -> Precision {
    let usual = Precision::default();
    Precision { tolerance, work: if work == 0 { usual.work } else { work } }
}
