//! The shared case file: the same cases run in Rust, Python and C.
#![cfg(feature = "sla")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use itom_core::sla::{Calendar, CalendarDefinition};
use itom_core::{Duration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct CaseFile {
    calendars: BTreeMap<String, CalendarDefinition>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    op: String,
    calendar: Option<String>,
    input: Value,
    expected: Value,
}

fn read(path: &Path) -> CaseFile {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{path:?}: {why}"));
    serde_json::from_str(&text).unwrap()
}

fn shared() -> CaseFile {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    read(&root.join("../testdata/sla/sla_cases.json"))
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_i64().unwrap())
}

/// Runs the calendar operations of a file; returns how many there were and which failed.
fn run_calendar_cases(file: &CaseFile) -> (usize, Vec<String>) {
    let calendars: BTreeMap<&str, Calendar> = file
        .calendars
        .iter()
        .map(|(name, definition)| (name.as_str(), Calendar::new(definition.clone()).unwrap()))
        .collect();
    let (mut run, mut failed) = (0, Vec::new());
    for case in &file.cases {
        let Some(calendar) = case.calendar.as_deref().map(|name| &calendars[name]) else {
            continue;
        };
        let from = instant(&case.input["from"]);
        let (got, expected) = match case.op.as_str() {
            "elapsed" => (
                format!("{:?}", calendar.elapsed(from.unwrap(), instant(&case.input["to"]).unwrap())),
                format!("{:?}", seconds(&case.expected["business_seconds"])),
            ),
            "deadline" => (
                format!("{:?}", calendar.deadline(from.unwrap(), seconds(&case.input["add_seconds"]))),
                format!("{:?}", Ok::<_, ()>(instant(&case.expected["at"]))),
            ),
            "deadline_back" => (
                format!(
                    "{:?}",
                    calendar.deadline_back(from.unwrap(), seconds(&case.input["subtract_seconds"]))
                ),
                format!("{:?}", Ok::<_, ()>(instant(&case.expected["at"]))),
            ),
            _ => continue,
        };
        run += 1;
        if got != expected {
            failed.push(format!("{}: expected {expected}, got {got}", case.id));
        }
    }
    (run, failed)
}

#[test]
fn every_calendar_case_holds() {
    let (run, failed) = run_calendar_cases(&shared());
    assert!(run >= 61, "only {run} cases were run");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_random_case_holds() {
    let Ok(data) = std::env::var("ITOM_DATA") else {
        println!("skipped: set ITOM_DATA to the folder with sla/sla_random_cases.json");
        return;
    };
    let (run, failed) =
        run_calendar_cases(&read(&Path::new(&data).join("sla/sla_random_cases.json")));
    assert!(run > 3000, "only {run} cases were run");
    assert!(failed.is_empty(), "{} of {run}:\n{}", failed.len(), failed.join("\n"));
}
