//! `itom_zone_database` and `itom_zone` in C.

use std::ffi::c_char;

use itom_core::sla::{Calendar, CalendarDefinition, Clock, Zone, ZoneDatabase, moved_breaches};

use super::calendar::itom_calendar;
use super::clock::itom_clock;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{self, fill, room, shared, slice, text};
use crate::output::{self, Out, definition, itom_bytes};

/// A release of the time zone database; it never changes.
pub struct itom_zone_database(pub(super) Handle<ZoneDatabase>);
/// A zone; it never changes.
pub struct itom_zone(pub(super) Handle<Zone>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_bundled(
    out: *mut *mut itom_zone_database,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            Out::new(out, "out")?.give(itom_zone_database(Handle::new(ZoneDatabase::bundled())));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_from_tzif(
    version: *const c_char,
    version_len: usize,
    names: *const *const c_char,
    files: *const *const u8,
    files_len: *const usize,
    len: usize,
    out: *mut *mut itom_zone_database,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let version = text(version, version_len, "version")?;
            let (names, files) = (slice(names, len, "names")?, slice(files, len, "files")?);
            let lengths = slice(files_len, len, "files_len")?;
            let mut read = Vec::new();
            for ((&name, &file), &length) in names.iter().zip(files).zip(lengths) {
                let name = text(name, usize::MAX, "names")?;
                read.push((name, slice(file, length, "files")?));
            }
            let zones = ZoneDatabase::from_tzif(version, read)?;
            out.give(itom_zone_database(Handle::new(zones)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_version(
    zones: *const itom_zone_database,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let zones = shared(zones, "zones")?;
            let version = zones.0.read(|zones| Ok(zones.version().as_bytes().to_vec()))?;
            out.give(itom_bytes::new(version));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_names(
    zones: *const itom_zone_database,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let names = shared(zones, "zones")?
                .0
                .read(|zones| Ok(zones.names().map(str::to_owned).collect::<Vec<String>>()))?;
            out.give(itom_bytes::json(&names)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_differences(
    zones: *const itom_zone_database,
    other: *const itom_zone_database,
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
            let other = shared(other, "other")?.0.read(|other| Ok(other.clone()))?;
            let zones = shared(zones, "zones")?;
            let differences = zones.0.read(|zones| Ok(zones.differences(&other, start, end)?))?;
            out.give(itom_bytes::json(&differences)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_database_free(zones: *mut itom_zone_database) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(zones) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_new(
    zones: *const itom_zone_database,
    name: *const c_char,
    name_len: usize,
    out: *mut *mut itom_zone,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let name = text(name, name_len, "name")?;
            let zone = shared(zones, "zones")?.0.read(|zones| Ok(zones.zone(name)?))?;
            out.give(itom_zone(Handle::new(zone)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_offset(
    zone: *const itom_zone,
    at: i64,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            out.set(shared(zone, "zone")?.0.read(|zone| Ok(zone.offset(at)))?.as_nanos());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_offset_all(
    zone: *const itom_zone,
    at: *const i64,
    len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let at = slice(at, len, "at")?;
            let offsets = shared(zone, "zone")?.0.read(|zone| Ok(zone.offset_all(at)))?;
            fill(room(out, len, "out")?, &offsets);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_instant(
    zone: *const itom_zone,
    local: *const c_char,
    local_len: usize,
    out: *mut i64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let local = text(local, local_len, "local")?.parse()?;
            out.set(output::nanos(shared(zone, "zone")?.0.read(|zone| Ok(zone.instant(local)))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_changes(
    zone: *const itom_zone,
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
            let changes = shared(zone, "zone")?.0.read(|zone| Ok(zone.changes(start, end)))?;
            out.give(itom_bytes::json(&changes)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_free(zone: *mut itom_zone) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(zone) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_with_zones(
    json: *const c_char,
    json_len: usize,
    zones: *const itom_zone_database,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: CalendarDefinition = definition(text(json, json_len, "json")?, "json")?;
            let zones = shared(zones, "zones")?;
            let calendar = zones.0.read(|zones| Ok(Calendar::with_zones(document, zones)?))?;
            out.give(itom_calendar(Handle::new(calendar)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_recompiled(
    calendar: *const itom_calendar,
    zones: *const itom_zone_database,
    out: *mut *mut itom_calendar,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let zones = shared(zones, "zones")?.0.read(|zones| Ok(zones.clone()))?;
            let calendar = shared(calendar, "calendar")?;
            let other = calendar.0.read(|calendar| Ok(calendar.recompiled(&zones)?))?;
            out.give(itom_calendar(Handle::new(other)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_calendar_differences(
    calendar: *const itom_calendar,
    other: *const itom_calendar,
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
            let other = shared(other, "other")?.0.read(|other| Ok(other.clone()))?;
            let calendar = shared(calendar, "calendar")?;
            let differences = calendar.0.read(|core| Ok(core.differences(&other, start, end)?))?;
            out.give(itom_bytes::json(&differences)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_moved_breaches(
    clocks: *const *const itom_clock,
    len: usize,
    zones: *const itom_zone_database,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let read = |&clock: &*const itom_clock| -> Result<Clock, Failure> {
                shared(clock, "clocks")?.0.read(|clock| Ok(clock.clone()))
            };
            let clocks: Vec<Clock> =
                slice(clocks, len, "clocks")?.iter().map(read).collect::<Result<_, _>>()?;
            let zones = shared(zones, "zones")?;
            let moved = zones.0.read(|zones| Ok(moved_breaches(&clocks, zones, at)?))?;
            out.give(itom_bytes::json(&moved)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_zone_local(
    zone: *const itom_zone,
    at: i64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let local = shared(zone, "zone")?.0.read(|zone| Ok(zone.local(at)))?;
            out.give(itom_bytes::new(local.to_string().into_bytes()));
            Ok(())
        })
    }
}
