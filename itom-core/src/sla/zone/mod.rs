//! Time zones: which [release](database) of the IANA database, [offsets](offsets) read from its
//! [files](tzif) and their [rules without end](posix), [wall-clock times](local).

mod database;
mod local;
mod offsets;
mod posix;
mod tzif;

pub use database::ZoneDatabase;
pub use local::{LocalDate, LocalDateTime, TimeOfDay};
pub(in crate::sla) use local::{DAY, add_months, as_text};
pub(in crate::sla) use offsets::{FIRST_SECOND, LAST_SECOND, Transition};
pub use offsets::{OffsetChange, Zone};
