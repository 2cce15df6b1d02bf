//! The Arrow C Data Interface for itom's bindings: columns in, tables out.
//!
//! Two languages, one door: Python's `__arrow_c_stream__` and C's `struct ArrowArrayStream` carry
//! the same three structs, and this crate turns them into [`itom_core::table::Table`] and back. It
//! is written by hand because the interface is three structs and a page of rules, while the crates
//! that implement it bring ten times the size of the library.
//!
//! * [`ArrowSchema`], [`ArrowArray`], [`ArrowArrayStream`]: the structs, released when dropped;
//! * [`table_from_stream`], [`table_from_array`]: record batches to a table, copied;
//! * [`floats_from_array`], [`times_from_array`], [`texts_from_array`] and their stream forms: single columns;
//! * [`table_to_stream`]: a table as a stream of one record batch.
//!
//! Taken are text (`utf8`, `large_utf8`, `utf8_view`, dictionary-encoded), every integer, `float32`
//! and `float64`, `bool`, `timestamp` of any unit and zone, and the null type; a column of another
//! type is refused by name. Nothing that a producer says is believed where it can be checked:
//! lengths, counts, offsets and UTF-8 are; the size of a buffer cannot be, the interface does not
//! carry it.
//!
//! Source: <https://arrow.apache.org/docs/format/CDataInterface.html>.

mod abi;
mod export;
mod import;
#[cfg(test)]
#[allow(clippy::undocumented_unsafe_blocks)]
mod tests;
mod view;

pub use abi::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use export::table_to_stream;
pub use import::{
    NOT_A_TIME, floats_from_array, floats_from_stream, table_from_array, table_from_stream,
    texts_from_array, texts_from_stream, times_from_array, times_from_stream,
};
