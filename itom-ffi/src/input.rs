//! What comes from C, checked where it can be: NULL, alignment, absurd lengths, UTF-8.

use std::ffi::{CStr, c_char};

use itom_core::{Duration, Error, Timestamp};

use crate::error::Failure;

/// A length that says "ends with NUL": `ITOM_TEXT`.
const NUL_TERMINATED: usize = usize::MAX;

/// The object behind a pointer that may not be NULL.
///
/// # Safety
/// `pointer` is NULL or points at a live `T` that nobody changes during the call.
pub unsafe fn shared<'a, T>(pointer: *const T, argument: &'static str) -> Result<&'a T, Failure> {
    // SAFETY: as the caller says.
    unsafe { pointer.as_ref() }.ok_or(Failure::NullPointer(argument))
}

/// The object behind a pointer that may not be NULL, to change.
///
/// # Safety
/// `pointer` is NULL or points at a live `T` that nobody else uses during the call.
pub unsafe fn exclusive<'a, T>(
    pointer: *mut T,
    argument: &'static str,
) -> Result<&'a mut T, Failure> {
    // SAFETY: as the caller says.
    unsafe { pointer.as_mut() }.ok_or(Failure::NullPointer(argument))
}

/// Text: `length` bytes of UTF-8, or up to a NUL where `length` is `ITOM_TEXT`.
///
/// # Safety
/// `start` is NULL or points at as many bytes.
pub unsafe fn text<'a>(
    start: *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<&'a str, Failure> {
    if start.is_null() && length != 0 {
        return Err(Failure::NullPointer(argument));
    }
    let bytes = if length == NUL_TERMINATED {
        // SAFETY: not NULL, and ends with NUL as the length says.
        unsafe { CStr::from_ptr(start) }.to_bytes()
    } else {
        // SAFETY: as the caller says.
        unsafe { slice(start.cast::<u8>(), length, argument) }?
    };
    std::str::from_utf8(bytes)
        .map_err(|error| Error::invalid(argument, format!("bytes ({error})"), "UTF-8").into())
}

/// `length` values; NULL with length 0 is an empty array.
///
/// # Safety
/// `start` is NULL or points at as many values that nobody changes during the call.
pub unsafe fn slice<'a, T>(
    start: *const T,
    length: usize,
    argument: &'static str,
) -> Result<&'a [T], Failure> {
    check_array(start, length, argument)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: not NULL, aligned, of a possible length; the rest as the caller says.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Memory for `length` results, initialised or not; use `write` on its cells, or `fill`.
///
/// # Safety
/// `start` is NULL or points at memory for as many values that nobody else uses during the call.
pub unsafe fn room<'a, T>(
    start: *mut T,
    length: usize,
    argument: &'static str,
) -> Result<&'a mut [std::mem::MaybeUninit<T>], Failure> {
    check_array(start.cast_const(), length, argument)?;
    if length == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not NULL, aligned, of a possible length; uninitialised memory is a MaybeUninit.
    Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), length) })
}

/// Where the memory of an array lies, from its first byte to behind its last, and its name.
pub type Extent = (usize, usize, &'static str);

/// The extent of `length` values from `start` on; `length` was looked at by [`room`] or [`slice`].
pub fn extent<T>(start: *const T, length: usize, argument: &'static str) -> Extent {
    let bytes = if start.is_null() { 0 } else { length * size_of::<T>() };
    (start.addr(), start.addr().saturating_add(bytes), argument)
}

/// Refuses results that would be written over each other.
pub fn apart(extents: &[Extent]) -> Result<(), Failure> {
    for (index, (begin, end, argument)) in extents.iter().enumerate() {
        let met = extents[..index].iter().find(|other| *begin < other.1 && other.0 < *end);
        if let Some((.., other)) = met {
            let value = format!("memory of {other}");
            return Err(Error::invalid(argument, value, "memory of its own").into());
        }
    }
    Ok(())
}

/// Writes results into the room for them; the lengths have been compared before.
pub fn fill<T: Copy>(room: &mut [std::mem::MaybeUninit<T>], results: &[T]) {
    for (cell, result) in room.iter_mut().zip(results) {
        cell.write(*result);
    }
}

fn check_array<T>(start: *const T, length: usize, argument: &'static str) -> Result<(), Failure> {
    if length == 0 {
        return Ok(());
    }
    if start.is_null() {
        return Err(Failure::NullPointer(argument));
    }
    if !start.is_aligned() {
        return Err(Error::invalid(argument, format!("{start:p}"), "an aligned pointer").into());
    }
    let most = isize::MAX as usize / size_of::<T>().max(1);
    if length > most {
        return Err(Error::invalid(argument, length, format!("at most {most} values long")).into());
    }
    Ok(())
}

/// An options struct whose first field is its size as the caller knows it: the fields that the
/// caller's size covers, and defaults for the rest. NULL is all defaults.
///
/// # Safety
/// `pointer` is NULL or points at as many readable bytes as its first field says; `T` is a
/// `repr(C)` struct of 8-byte fields without padding, each valid for every bit pattern, and
/// begins with `struct_size: usize`.
pub unsafe fn options<T: Copy>(
    pointer: *const T,
    defaults: T,
    argument: &'static str,
) -> Result<T, Failure> {
    if pointer.is_null() {
        return Ok(defaults);
    }
    // SAFETY: the first field is the size, says the caller.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    if size < size_of::<usize>() || size % 8 != 0 {
        let expected = "sizeof the struct, as its init function sets it";
        return Err(Error::invalid(&format!("{argument}.struct_size"), size, expected).into());
    }
    let mut options = defaults;
    let known = size.min(size_of::<T>());
    // SAFETY: both are at least `known` bytes long, and every bit pattern is a value of T.
    unsafe {
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut options).cast::<u8>(), known);
    }
    Ok(options)
}

/// An instant in nanoseconds; `ITOM_NEVER` is refused.
pub fn instant(nanos: i64, argument: &'static str) -> Result<Timestamp, Failure> {
    if nanos == i64::MIN {
        return Err(Error::invalid(argument, "ITOM_NEVER", "an instant in nanoseconds").into());
    }
    Ok(Timestamp::from_nanos(nanos))
}

/// An instant in nanoseconds, or `None` for `ITOM_NEVER`.
pub fn optional_instant(nanos: i64) -> Option<Timestamp> {
    (nanos != i64::MIN).then(|| Timestamp::from_nanos(nanos))
}

/// A duration in nanoseconds.
pub fn duration(nanos: i64, argument: &'static str) -> Result<Duration, Failure> {
    if nanos == i64::MIN {
        return Err(Error::invalid(argument, "ITOM_NEVER", "a duration in nanoseconds").into());
    }
    Ok(Duration::from_nanos(nanos))
}
