//! Calendars: every case of the case file under every convention it names, and laws against an
//! oracle that knows nothing but what the wall clock shows at an instant.
#![cfg(feature = "sla")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use itom_core::sla::{
    Calendar, CalendarDefinition, DeadlineRule, HolidayRule, LocalTimeRule, SkippedDateRule,
    YearlyRangeRule,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

fn calendar_of(json: &str) -> Calendar {
    Calendar::from_json(json).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

// ---- the case file

fn case_file() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/sla/sla_cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a definition becomes under an alternative of the case file, by the name it has there.
fn under(name: &str, mut definition: CalendarDefinition) -> CalendarDefinition {
    let conventions = &mut definition.conventions;
    if name.starts_with("membership") {
        conventions.local_time = LocalTimeRule::Membership;
    } else if name.starts_with("isdst") {
        conventions.local_time = LocalTimeRule::Isdst;
    } else if name.starts_with("last occurrence") {
        conventions.local_time = LocalTimeRule::LastOccurrence;
    } else if name.starts_with("naive RFC 5545 endpoint mapping") {
        conventions.skipped_date = SkippedDateRule::EndpointMapping;
    } else if name.starts_with("clip at midnight") {
        conventions.holidays = HolidayRule::ClipAtMidnight;
    } else if name.starts_with("next-open") || name.starts_with("next open") {
        conventions.deadline = DeadlineRule::NextOpening;
    } else if name.starts_with("GLPI perpetual holiday") {
        // GLPI has the closed days as one range of every year, which the note says.
        assert!(definition.note.starts_with("closed 24 Dec to 2 Jan every year"));
        conventions.yearly_range = YearlyRangeRule::TextCompare;
        definition.holidays = vec!["--12-24/--01-02".to_owned()];
    } else {
        panic!("no option is known for {name:?}");
    }
    definition
}

/// What a calendar answers to a case of the three operations.
fn answer(calendar: &Calendar, op: &str, input: &Value) -> Value {
    let instant = |key: &str| at(input[key].as_str().unwrap());
    let seconds = |key: &str| Duration::from_secs(input[key].as_i64().unwrap());
    let shown = |instant: Option<Timestamp>| serde_json::to_value(instant).unwrap();
    match op {
        "elapsed" => {
            Value::from(calendar.elapsed(instant("from"), instant("to")).as_nanos() / 1_000_000_000)
        }
        "deadline" => shown(calendar.deadline(instant("from"), seconds("add_seconds")).unwrap()),
        "deadline_back" => {
            shown(calendar.deadline_back(instant("from"), seconds("subtract_seconds")).unwrap())
        }
        other => panic!("no calendar operation: {other}"),
    }
}

#[test]
fn every_case_and_every_alternative_holds() {
    let file = case_file();
    let (mut cases, mut alternatives, mut failed) = (0, 0, Vec::new());
    for case in file["cases"].as_array().unwrap() {
        let op = case["op"].as_str().unwrap();
        if !["elapsed", "deadline", "deadline_back"].contains(&op) {
            continue;
        }
        let name = case["calendar"].as_str().unwrap();
        let definition: CalendarDefinition =
            serde_json::from_value(file["calendars"][name].clone()).unwrap();
        let key = if op == "elapsed" { "business_seconds" } else { "at" };
        let mut check = |which: &str, definition: CalendarDefinition, expected: &Value| {
            let got = answer(&Calendar::new(definition).unwrap(), op, &case["input"]);
            if got != *expected {
                failed.push(format!("{} {which}: expected {expected}, got {got}", case["id"]));
            }
        };
        check("by default", definition.clone(), &case["expected"][key]);
        cases += 1;
        for (which, expected) in case["alternatives"].as_object().into_iter().flatten() {
            check(which, under(which, definition.clone()), expected);
            alternatives += 1;
        }
    }
    assert!(cases >= 61 && alternatives >= 12, "{cases} cases, {alternatives} alternatives");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
