//! Time zones: which [release](database) of the IANA database, [offsets](offsets) read from its
//! [files](tzif) and their [rules without end](posix), [wall-clock times](local); what another
//! release [changes](differences), and for which [clocks](moved); the same zones as types of chrono.

#[cfg(feature = "chrono-tz")]
mod chrono_zone;
mod database;
mod differences;
mod local;
mod moved;
mod offsets;
mod posix;
mod tzif;

#[cfg(feature = "chrono-tz")]
pub use chrono_zone::{ChronoOffset, ChronoZone};
pub use database::ZoneDatabase;
pub use differences::{OffsetSpan, WindowDifference, ZoneChange, ZoneDifference};
pub(in crate::sla) use local::as_text;
pub use local::{LocalDate, LocalDateTime, TimeOfDay};
pub(in crate::sla) use moved::Recompiler;
pub use moved::{MovedBreach, moved_breaches};
pub(in crate::sla) use offsets::{FIRST_SECOND, LAST_SECOND, Transition};
pub use offsets::{OffsetChange, Zone};
