//! Health of a view, and health kept up to date.

use std::ffi::c_char;

use itom_core::cmdb::{HealthDefinition, HealthMonitor};

use super::database::{itom_cmdb, itom_view};
use crate::error::{itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{exclusive, optional_instant, shared};
use crate::output::{self, Out, definition_or_default, itom_bytes};

/// A monitor behind its handle.
pub struct itom_health_monitor(Handle<HealthMonitor>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_view_health(
    view: *const itom_view,
    definition: *const c_char,
    definition_len: usize,
    now: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let definition: HealthDefinition =
                definition_or_default(definition, definition_len, "definition")?;
            let report = shared(view, "view")?.0.health(&definition, optional_instant(now))?;
            out.give(itom_bytes::json(&report)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_health_monitor_new(
    cmdb: *mut itom_cmdb,
    definition: *const c_char,
    definition_len: usize,
    out: *mut *mut itom_health_monitor,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let definition: HealthDefinition =
                definition_or_default(definition, definition_len, "definition")?;
            let monitor = exclusive(cmdb, "cmdb")?
                .0
                .write(|core| Ok(HealthMonitor::new(definition, core)?))?;
            out.give(itom_health_monitor(Handle::new(monitor)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_health_monitor_update(
    monitor: *mut itom_health_monitor,
    cmdb: *const itom_cmdb,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let cmdb = shared(cmdb, "cmdb")?;
            exclusive(monitor, "monitor")?
                .0
                .write(|monitor| cmdb.0.read(|core| Ok(monitor.update(core)?)))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_health_monitor_report(
    monitor: *mut itom_health_monitor,
    cmdb: *const itom_cmdb,
    now: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let (cmdb, now) = (shared(cmdb, "cmdb")?, optional_instant(now));
            let report = exclusive(monitor, "monitor")?
                .0
                .write(|monitor| cmdb.0.read(|core| Ok(monitor.report(core, now)?)))?;
            out.give(itom_bytes::json(&report)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_health_monitor_free(monitor: *mut itom_health_monitor) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(monitor) });
}
