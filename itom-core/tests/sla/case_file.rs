//! The files that several tests of the domain read: the shared cases, and the log of a real desk.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A file of the repository's test data.
pub(super) fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/sla").join(name)
}

/// The case file, as it is.
pub(super) fn case_file() -> Value {
    let path = testdata("sla_cases.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path:?}: {why}"));
    serde_json::from_str(&text).unwrap()
}

/// The cases of one operation, of which there are some.
pub(super) fn cases(op: &str) -> Vec<Value> {
    let file = case_file();
    let all = file["cases"].as_array().unwrap().iter();
    let found: Vec<Value> = all.filter(|case| case["op"] == op).cloned().collect();
    assert!(!found.is_empty(), "no case of {op}");
    found
}

/// The updates of 24,918 incidents as text, if `ITOM_DATA` names the folder that holds them.
pub(super) fn incident_log() -> Option<String> {
    let Ok(data) = std::env::var("ITOM_DATA") else {
        println!("skipped: set ITOM_DATA to the folder with incidents/incident_event_log.csv.gz");
        return None;
    };
    let path = Path::new(&data).join("incidents/incident_event_log.csv.gz");
    let unpacked = Command::new("gzip").arg("-dc").arg(path).output().unwrap();
    Some(String::from_utf8(unpacked.stdout).unwrap())
}
