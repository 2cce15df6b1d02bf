//! The shared case file: the same cases run in Rust, Python and C.

use std::collections::BTreeMap;
use std::path::Path;

use itom_core::sla::{Calendar, CalendarDefinition, Clock, ClockOptions, ClockState, Segment};
use itom_core::{Duration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::case_file::testdata;

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
    read(&testdata("sla_cases.json"))
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
                format!(
                    "{:?}",
                    calendar.elapsed(from.unwrap(), instant(&case.input["to"]).unwrap())
                ),
                format!("{:?}", seconds(&case.expected["business_seconds"])),
            ),
            "deadline" => (
                format!(
                    "{:?}",
                    calendar.deadline(from.unwrap(), seconds(&case.input["add_seconds"]))
                ),
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

/// What differs between a clock case's expectation and what the clock says.
fn clock_differences(file: &CaseFile, case: &Case) -> Vec<String> {
    let calendar = |name: &str| Calendar::new(file.calendars[name].clone()).unwrap();
    let input = &case.input;
    let mut options = ClockOptions::new(
        seconds(&input["target_s"]),
        calendar(case.calendar.as_deref().unwrap()),
        instant(&input["start"]).unwrap(),
    );
    options.retroactive_start = instant(&input["retroactive_start"]);
    for pause in input["retroactive_pauses"].as_array().into_iter().flatten() {
        options.retroactive_pauses.push((instant(&pause[0]).unwrap(), instant(&pause[1]).unwrap()));
    }
    let mut clock = Clock::new(options).unwrap();
    for event in input["events"].as_array().unwrap() {
        let mut event = event.clone();
        if let Some(name) = event["calendar"].as_str() {
            event["calendar"] = serde_json::to_value(&file.calendars[name]).unwrap();
        }
        clock.apply(serde_json::from_value(event).unwrap()).unwrap();
    }
    let at = instant(&input["eval_at"]).unwrap();
    let status = clock.status(at);
    check_explanation(&clock, at);
    assert_eq!(Clock::from_bytes(&clock.to_bytes()).unwrap().status(at), status);
    let cycles: Vec<Value> = status
        .cycles
        .iter()
        .map(|cycle| {
            let business = cycle.business.as_nanos() / 1_000_000_000;
            serde_json::json!({"business_s": business, "breached": cycle.breached})
        })
        .collect();
    let ppm = |part: Duration| {
        let target = i128::from(status.target.as_nanos());
        ((i128::from(part.as_nanos()) * 2_000_000 + target).div_euclid(2 * target)).to_string()
    };
    let whole = |duration: Duration| (duration.as_nanos() / 1_000_000_000).to_string();
    let expected = case.expected.as_object().unwrap().iter();
    expected
        .filter_map(|(key, expected)| {
            let got = match key.as_str() {
                "business_s" => whole(status.business),
                "actual_s" => whole(status.actual),
                "paused_business_s" => whole(status.paused),
                "remaining_s" => whole(status.remaining),
                "breach_at" => serde_json::to_string(&status.breach_at).unwrap(),
                "breached" => status.breached.to_string(),
                "pct_ppm" => ppm(status.business),
                "actual_pct_ppm" => ppm(status.actual),
                "state" => serde_json::to_string(&status.state).unwrap(),
                "completed_cycles" => Value::from(cycles.clone()).to_string(),
                unknown => panic!("{}: what is {unknown}?", case.id),
            };
            let expected = expected.to_string();
            (got != expected).then(|| format!("{} {key}: expected {expected}, got {got}", case.id))
        })
        .collect()
}

/// An explanation has no holes and adds up to the status.
fn check_explanation(clock: &Clock, at: Timestamp) {
    let (status, segments) = (clock.status(at), clock.explain(at).unwrap());
    assert!(segments.windows(2).all(|pair| pair[0].end == pair[1].start));
    let current = segments.iter().filter(|segment| segment.cycle == status.cycles.len() as u64);
    let sum = |keep: &dyn Fn(&Segment) -> bool| {
        let kept = current.clone().filter(|segment| keep(segment));
        kept.fold(Duration::ZERO, |sum, segment| sum + (segment.end - segment.start))
    };
    assert_eq!(sum(&|segment| segment.counted), status.business);
    assert_eq!(sum(&|segment| segment.state == ClockState::Running), status.actual);
    assert_eq!(sum(&|segment| segment.state == ClockState::Paused && segment.open), status.paused);
}

#[test]
fn every_clock_case_holds() {
    let file = shared();
    let cases: Vec<&Case> = file.cases.iter().filter(|case| case.op == "clock").collect();
    assert!(cases.len() >= 18);
    let failed: Vec<String> =
        cases.iter().flat_map(|case| clock_differences(&file, case)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
