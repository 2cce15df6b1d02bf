//! `itom_template_miner_*`: the templates of log lines, in C.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::event::{TemplateMiner, TemplateMinerDefinition};

use crate::error::{Failure, itom_error, itom_status};
use crate::guard::{Handle, guard, quietly};
use crate::input::{exclusive, fill, instant, room, shared, slice};
use crate::output::{self, Out, definition_or_default, itom_bytes};

pub struct itom_template_miner(Handle<TemplateMiner>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_new(
    json: *const c_char,
    json_len: usize,
    out: *mut *mut itom_template_miner,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let document: TemplateMinerDefinition = definition_or_default(json, json_len, "json")?;
            out.give(itom_template_miner(Handle::new(TemplateMiner::new(document)?)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_add(
    miner: *mut itom_template_miner,
    line: *const u8,
    line_len: usize,
    id: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let id = Out::new(id, "id")?;
            let line = slice(line, line_len, "line")?;
            let miner = exclusive(miner, "miner")?;
            id.set(miner.0.write(|miner| Ok(miner.add(line).id()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_add_match(
    miner: *mut itom_template_miner,
    line: *const u8,
    line_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let line = slice(line, line_len, "line")?;
            let miner = exclusive(miner, "miner")?;
            out.give(miner.0.write(|miner| itom_bytes::json(&miner.add(line).to_match()))?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_add_many(
    miner: *mut itom_template_miner,
    bytes: *const u8,
    bytes_len: usize,
    ends: *const u64,
    lines: usize,
    ids: *mut u64,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let lines = cut(slice(bytes, bytes_len, "bytes")?, slice(ends, lines, "ends")?)?;
            let room = room(ids, lines.len(), "ids")?;
            let miner = exclusive(miner, "miner")?;
            fill(room, &miner.0.write(|miner| Ok(miner.add_many(lines)))?);
            Ok(())
        })
    }
}

/// The lines that end where `ends` says.
fn cut<'a>(bytes: &'a [u8], ends: &[u64]) -> Result<Vec<&'a [u8]>, Failure> {
    let mut start = 0;
    let lines = ends.iter().enumerate().map(|(place, &end)| {
        let line = usize::try_from(end).ok().and_then(|end| bytes.get(start..end));
        start = usize::try_from(end).unwrap_or(usize::MAX);
        line.ok_or_else(|| {
            let expected = format!("ends in order, at most bytes_len = {}", bytes.len());
            Failure::from(Error::invalid(&format!("ends[{place}]"), end, expected))
        })
    });
    lines.collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_advance(
    miner: *mut itom_template_miner,
    now: i64,
    updates: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(updates, "updates")?;
            let now = instant(now, "now")?;
            let miner = exclusive(miner, "miner")?;
            out.give(miner.0.write(|miner| itom_bytes::json(&miner.advance(now)?))?);
            Ok(())
        })
    }
}

/// Something of the miner as JSON.
///
/// # Safety
/// `miner` is NULL or ours, `out` NULL or room for a pointer.
unsafe fn look<T: serde::Serialize>(
    miner: *const itom_template_miner,
    out: *mut *mut itom_bytes,
    work: impl FnOnce(&TemplateMiner) -> T,
) -> Result<(), Failure> {
    // SAFETY: as above.
    let (out, miner) = unsafe { (Out::new(out, "out")?, shared(miner, "miner")?) };
    let result = miner.0.read(|miner| itom_bytes::json(&work(miner)))?;
    out.give(result);
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_templates(
    miner: *const itom_template_miner,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || look(miner, out, TemplateMiner::templates)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_template(
    miner: *const itom_template_miner,
    id: u64,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || look(miner, out, |miner| miner.template(id))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_statistics(
    miner: *const itom_template_miner,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe { guard(error, || look(miner, out, TemplateMiner::statistics)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_merge(
    miner: *mut itom_template_miner,
    other: *const itom_template_miner,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says; the first look is over before the second begins,
    // so that the two may be one.
    unsafe {
        guard(error, || {
            let other = shared(other, "other")?.0.read(|other| Ok(other.clone()))?;
            exclusive(miner, "miner")?.0.write(|miner| Ok(miner.merge(&other)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_to_bytes(
    miner: *const itom_template_miner,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let miner = shared(miner, "miner")?;
            out.give(itom_bytes::new(miner.0.read(|miner| Ok(miner.to_bytes()))?));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: *mut *mut itom_template_miner,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let miner = TemplateMiner::from_bytes(slice(bytes, bytes_len, "bytes")?)?;
            out.give(itom_template_miner(Handle::new(miner)));
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_template_miner_free(miner: *mut itom_template_miner) {
    // SAFETY: NULL or ours and not used again, as the header says.
    quietly(|| unsafe { output::free(miner) });
}
