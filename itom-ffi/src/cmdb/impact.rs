//! `itom_impact`, and the questions about the graph, in C.

use std::collections::BTreeMap;
use std::ffi::c_char;

use itom_core::cmdb::{CutSetQuery, FailureCauseQuery, GraphFilter, Impact, ImpactRules};

use super::database::{answer, direction, itom_view};
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{guard, quietly};
use crate::input::{shared, slice, text};
use crate::output::{self, Out, definition, definition_or_default, itom_bytes};

/// An impact never changes, so nothing can be left half done in it.
pub struct itom_impact(Impact);

/// Ids that end with a NUL.
///
/// # Safety
/// As [`slice`], of texts that end with a NUL.
unsafe fn ids<'a>(
    start: *const *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<Vec<&'a str>, Failure> {
    // SAFETY: as the caller says.
    unsafe {
        let ids = slice(start, length, argument)?;
        ids.iter().map(|id| text(*id, usize::MAX, argument)).collect()
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_impact(
    view: *const itom_view,
    failed: *const *const c_char,
    failed_len: usize,
    out: *mut *mut itom_impact,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let failed = ids(failed, failed_len, "failed")?;
            out.give(itom_impact(shared(view, "view")?.0.impact(&failed)?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_dependencies(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || answer(view, out, |view| Ok(view.dependencies(text(id, id_len, "id")?)?)))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_causes(
    view: *const itom_view,
    down: *const *const c_char,
    down_len: usize,
    query: *const c_char,
    query_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let query: FailureCauseQuery = definition_or_default(query, query_len, "query")?;
                Ok(view.causes(&ids(down, down_len, "down")?, &query)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_cut_sets(
    view: *const itom_view,
    service: *const c_char,
    service_len: usize,
    query: *const c_char,
    query_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let query: CutSetQuery = definition_or_default(query, query_len, "query")?;
                Ok(view.cut_sets(text(service, service_len, "service")?, &query)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_maintenance(
    view: *const itom_view,
    down: *const *const c_char,
    down_len: usize,
    classes: *const *const c_char,
    classes_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let classes = ids(classes, classes_len, "classes")?;
                Ok(view.maintenance(&ids(down, down_len, "down")?, &classes)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_statuses(
    view: *const itom_view,
    observed: *const c_char,
    observed_len: usize,
    rules: *const c_char,
    rules_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let observed: BTreeMap<String, String> =
                    definition(text(observed, observed_len, "observed")?, "observed")?;
                Ok(view.statuses(&observed, &self::rules(rules, rules_len)?)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_neighbourhood(
    view: *const itom_view,
    id: *const c_char,
    id_len: usize,
    direction: *const c_char,
    filter: *const c_char,
    filter_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let (id, way) = (text(id, id_len, "id")?, self::direction(direction)?);
                let filter: GraphFilter = definition_or_default(filter, filter_len, "filter")?;
                Ok(view.neighbourhood(id, way, &filter)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_service_map(
    view: *const itom_view,
    service: *const c_char,
    service_len: usize,
    filter: *const c_char,
    filter_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let filter: GraphFilter = definition_or_default(filter, filter_len, "filter")?;
                Ok(view.service_map(text(service, service_len, "service")?, &filter)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_shortest_paths(
    view: *const itom_view,
    source: *const c_char,
    source_len: usize,
    target: *const c_char,
    target_len: usize,
    filter: *const c_char,
    filter_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let source = text(source, source_len, "source")?;
                let target = text(target, target_len, "target")?;
                let filter: GraphFilter = definition_or_default(filter, filter_len, "filter")?;
                Ok(view.shortest_paths(source, target, &filter)?)
            })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_cycles(
    view: *const itom_view,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            answer(view, out, |view| {
                let own = |circle: Vec<&str>| circle.into_iter().map(str::to_owned).collect();
                let circles: Vec<Vec<String>> = view.cycles().into_iter().map(own).collect();
                Ok(circles)
            })
        })
    }
}

/// Rules as JSON, a preset by name, or the usual ones for NULL.
///
/// # Safety
/// As [`text`].
unsafe fn rules(json: *const c_char, length: usize) -> Result<ImpactRules, Failure> {
    if json.is_null() {
        return Ok(ImpactRules::default());
    }
    // SAFETY: as the caller says.
    match unsafe { text(json, length, "rules") }? {
        "opennms" => Ok(ImpactRules::opennms()),
        "bmc" => Ok(ImpactRules::bmc()),
        "up_or_down" => Ok(ImpactRules::up_or_down()),
        json => definition(json, "rules"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_impact_groups(
    impact: *const itom_impact,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::json(&shared(impact, "impact")?.0.groups())?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_impact_down_len(impact: *const itom_impact) -> usize {
    // SAFETY: NULL or ours, as the header says.
    unsafe { impact.as_ref() }.map_or(0, |impact| impact.0.down_rows().len())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_impact_sets(
    impact: *const itom_impact,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            out.give(itom_bytes::json(&shared(impact, "impact")?.0.sets())?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_impact_why(
    impact: *const itom_impact,
    id: *const c_char,
    id_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let why = shared(impact, "impact")?.0.why(text(id, id_len, "id")?)?;
            out.give(itom_bytes::json(&why)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_impact_free(impact: *mut itom_impact) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(impact) });
}
