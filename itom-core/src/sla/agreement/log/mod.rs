//! What happened to records: a log of updates, in any order of arrival.
//!
//! A [`RecordUpdate`] says which fields of a record took which values from an instant on; a field
//! that is not named keeps its value. A [`RecordLog`] keeps all of them as small integers, with the
//! updates of each record in the order in which they hold: by instant, by `sequence` among those of
//! one instant, then by arrival. An update may carry an `id`; another of the same id corrects it
//! (that with the higher `revision` counts, of equals the later arrival) or retracts it.
//!
//! Memory: 8 bytes a field of an update, 32 an update, and each different value once.

mod names;
mod record_log;
mod saved;
mod update;
mod writer;

pub use record_log::RecordLog;
pub(super) use record_log::Row;
pub(super) use saved::Saved;
pub use update::RecordUpdate;
pub use writer::RowWriter;
