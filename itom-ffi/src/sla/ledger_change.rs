//! `itom_ledger` under other calendars, targets and zone rules; events of which some are refused.

use itom_core::Duration;
use itom_core::sla::{Calendar, EventColumns, LedgerChange};

use super::calendar::itom_calendar;
use super::ledger::{checked, itom_ledger};
use super::zones::itom_zone_database;
use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, exclusive, room, shared, slice};
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_apply_columns_lenient(
    ledger: *mut itom_ledger,
    clocks: *const u32,
    instants: *const i64,
    actions: *const u8,
    arguments: *const u32,
    len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let arguments = match arguments.is_null() {
                true => None,
                false => Some(slice(arguments, len, "arguments")?),
            };
            let events = EventColumns {
                clocks: slice(clocks, len, "clocks")?,
                instants: slice(instants, len, "instants")?,
                actions: slice(actions, len, "actions")?,
                arguments,
            };
            let ledger = exclusive(ledger, "ledger")?;
            let refused = ledger.0.write(|core| Ok(core.apply_columns_lenient(events)?))?;
            out.give(itom_bytes::json(&refused)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_breaches_before(
    ledger: *mut itom_ledger,
    until: i64,
    most: usize,
    clocks: *mut u32,
    at: *mut i64,
    out: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let until = input::instant(until, "until")?;
            input::apart(&[checked(clocks, most, "clocks")?, checked(at, most, "at")?])?;
            let (clocks, at) = (room(clocks, most, "clocks")?, room(at, most, "at")?);
            let ledger = exclusive(ledger, "ledger")?;
            let next = ledger.0.write(|core| Ok(core.breaches_before(until)))?;
            for ((next, clock), at) in next.iter().zip(clocks).zip(at) {
                clock.write(next.clock);
                at.write(next.at.as_nanos());
            }
            out.set(next.len());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_replace_calendars(
    ledger: *mut itom_ledger,
    numbers: *const u32,
    calendars: *const *const itom_calendar,
    len: usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let changes = numbered(numbers, calendars, len)?;
            let ledger = exclusive(ledger, "ledger")?;
            ledger.0.write(|core| Ok(core.replace_calendars(&changes)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_what_if(
    ledger: *const itom_ledger,
    at: i64,
    numbers: *const u32,
    calendars: *const *const itom_calendar,
    calendars_len: usize,
    targets: *const i64,
    becomes: *const i64,
    targets_len: usize,
    clocks: *const u32,
    clock_targets: *const i64,
    clocks_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let at = input::instant(at, "at")?;
            let mut change = LedgerChange::default();
            for (number, calendar) in numbered(numbers, calendars, calendars_len)? {
                change = change.calendar(number, &calendar);
            }
            let targets = slice(targets, targets_len, "targets")?;
            for (from, becomes) in targets.iter().zip(slice(becomes, targets_len, "becomes")?) {
                let (from, becomes) = (Duration::from_nanos(*from), Duration::from_nanos(*becomes));
                change = change.target(from, becomes);
            }
            let clocks = slice(clocks, clocks_len, "clocks")?;
            for (clock, target) in
                clocks.iter().zip(slice(clock_targets, clocks_len, "clock_targets")?)
            {
                change = change.clock_target(*clock, Duration::from_nanos(*target));
            }
            let ledger = shared(ledger, "ledger")?;
            let differences = ledger.0.read(|core| Ok(core.what_if(&change, at)?))?;
            out.give(itom_bytes::json(&differences)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_moved_breaches(
    ledger: *const itom_ledger,
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
            let zones = shared(zones, "zones")?.0.read(|zones| Ok(zones.clone()))?;
            let ledger = shared(ledger, "ledger")?;
            let moved = ledger.0.read(|core| Ok(core.moved_breaches(&zones, at)?))?;
            out.give(itom_bytes::json(&moved)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_ledger_recompile(
    ledger: *mut itom_ledger,
    zones: *const itom_zone_database,
    out: *mut usize,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let zones = shared(zones, "zones")?.0.read(|zones| Ok(zones.clone()))?;
            let ledger = exclusive(ledger, "ledger")?;
            out.set(ledger.0.write(|core| Ok(core.recompile(&zones)?))?);
            Ok(())
        })
    }
}

/// Calendars and the numbers whose places they take.
///
/// # Safety
/// As the header says of both arrays.
unsafe fn numbered(
    numbers: *const u32,
    calendars: *const *const itom_calendar,
    len: usize,
) -> Result<Vec<(u32, Calendar)>, Failure> {
    // SAFETY: as the caller says.
    let (numbers, calendars) =
        unsafe { (slice(numbers, len, "numbers")?, slice(calendars, len, "calendars")?) };
    let pairs = numbers.iter().zip(calendars).map(|(&number, &calendar)| {
        // SAFETY: as the caller says.
        let calendar = unsafe { shared(calendar, "calendars") }?;
        Ok((number, calendar.0.read(|core| Ok(core.clone()))?))
    });
    pairs.collect()
}
