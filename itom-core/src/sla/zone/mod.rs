//! Time zones: [offsets](offsets) from the IANA database.

mod offsets;

pub(in crate::sla) use offsets::{
    Bundled, FIRST_SECOND, LAST_SECOND, Transition, Zone, ZoneSource,
};
