//! A TZif file of any content: refused, or a zone whose offsets and local times agree.
#![no_main]

use itom_core::Timestamp;
use itom_core::sla::{Calendar, CalendarDefinition, ZoneDatabase};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(zones) = ZoneDatabase::from_tzif("fuzz", [("X/Y", bytes)]) else { return };
    let Ok(zone) = zones.zone("X/Y") else { return };
    for year in (-250..290).step_by(9) {
        let at = Timestamp::from_secs(year * 31_556_952);
        let local = zone.local(at);
        // An ambiguous local time is its first occurrence.
        assert!(zone.instant(local).is_none_or(|first| zone.local(first) == local && first <= at));
    }
    let definition =
        CalendarDefinition { tz: "X/Y".to_owned(), always: true, ..CalendarDefinition::default() };
    drop(Calendar::with_zones(definition, &zones));
});
