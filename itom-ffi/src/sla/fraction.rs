//! Exact numbers, which come from C as text.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::sla::Fraction;

use crate::error::Failure;
use crate::input::text;

/// A decimal such as `99.98501` or a ratio such as `1/3`.
///
/// # Safety
/// As of [`text`].
pub(super) unsafe fn fraction(
    start: *const c_char,
    length: usize,
    argument: &'static str,
) -> Result<Fraction, Failure> {
    // SAFETY: as the caller says.
    let text = unsafe { text(start, length, argument) }?;
    let named = |error: Error| error.about(argument).within(argument);
    Ok(text.parse::<Fraction>().map_err(named)?)
}
