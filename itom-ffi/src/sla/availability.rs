//! `itom_availability` in C.

use itom_core::sla::{Outage, availability};
use itom_core::{Error, Timestamp};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::guard;
use crate::input::{self, slice};
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_availability(
    start: i64,
    end: i64,
    at: i64,
    outages: *const i64,
    outages_len: usize,
    excluded: *const i64,
    excluded_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let period = (input::instant(start, "start")?, input::instant(end, "end")?);
            let outages = slice(outages, doubled(outages_len, "outages")?, "outages")?;
            let excluded = slice(excluded, doubled(excluded_len, "excluded")?, "excluded")?;
            let outage = |pair: &[i64]| -> Result<Outage, Failure> {
                Ok((input::instant(pair[0], "outages")?, input::optional_instant(pair[1])))
            };
            let span = |pair: &[i64]| -> Result<(Timestamp, Timestamp), Failure> {
                Ok((input::instant(pair[0], "excluded")?, input::instant(pair[1], "excluded")?))
            };
            let outages: Vec<_> = outages.chunks_exact(2).map(outage).collect::<Result<_, _>>()?;
            let excluded: Vec<_> = excluded.chunks_exact(2).map(span).collect::<Result<_, _>>()?;
            let report = availability(period, &outages, &excluded, input::optional_instant(at))?;
            out.give(itom_bytes::json(&report)?);
            Ok(())
        })
    }
}

/// How many numbers so many pairs are.
fn doubled(pairs: usize, argument: &'static str) -> Result<usize, Failure> {
    let most = isize::MAX as usize / 16;
    if pairs > most {
        return Err(Error::invalid(argument, pairs, format!("at most {most} pairs")).into());
    }
    Ok(2 * pairs)
}
