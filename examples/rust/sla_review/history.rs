//! The log as the agreements see it: one row an update, and one line an incident.

use std::error::Error;

use itom_core::sla::{FieldRef, RecordLog};
use itom_core::{Duration, Timestamp};
use itom_examples::incidents::Log;

/// What became of an incident.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub(super) number: String,
    pub(super) priority: String,
    pub(super) opened: Timestamp,
    pub(super) closed: Timestamp,
    /// The desk's own verdict.
    pub(super) made: bool,
}

/// Every incident as its last row tells it.
pub(super) fn incidents(log: &Log) -> Result<Vec<Incident>, Box<dyn Error>> {
    let [number, made, opened, closed] =
        columns(log, ["number", "made_sla", "opened_at", "closed_at"])?;
    let [priority] = columns(log, ["priority"])?;
    let mut incidents: Vec<Incident> = Vec::new();
    for row in &log.rows {
        let own = |column| row.text(column).unwrap_or("none").to_owned();
        let (Some(opened), Some(closed)) = (row.instant(opened), row.instant(closed)) else {
            return Err(format!("incident {} has no dates", own(number)).into());
        };
        let made = row.text(made) == Some("true");
        let (number, priority) = (own(number), own(priority));
        let incident = Incident { number, priority, opened, closed, made };
        match incidents.last_mut().filter(|last| last.number == incident.number) {
            Some(last) => *last = incident,
            None => incidents.push(incident),
        }
    }
    Ok(incidents)
}

/// The updates as a log that drives clocks. `closed` is true once an incident is closed for good:
/// some were closed before and worked on again.
pub(super) fn updates(log: &Log) -> Result<RecordLog, Box<dyn Error>> {
    let [number, state, updated, count] =
        columns(log, ["number", "ident_state", "sys_updated_at", "sys_mod_count"])?;
    let [opened, closed, priority, group] =
        columns(log, ["opened_at", "closed_at", "priority", "assignment_group"])?;
    let mut records = RecordLog::new();
    let mut writer = records.writer(&["state", "priority", "opened_at", "closed", "group"])?;
    for row in &log.rows {
        let text = |column| row.text(column).map_or(FieldRef::Null, FieldRef::Text);
        let at = row.instant(updated).ok_or("an update without an instant")?;
        let sequence = row.text(count).and_then(|count| count.parse().ok()).unwrap_or(0);
        let closed = row.text(state) == Some("Closed") && row.instant(closed) <= Some(at);
        let cells = [
            text(state),
            text(priority),
            row.instant(opened).map_or(FieldRef::Null, FieldRef::Instant),
            FieldRef::Boolean(closed),
            text(group),
        ];
        writer.push(row.text(number).unwrap_or("none"), at, sequence, &cells)?;
    }
    drop(writer);
    Ok(records)
}

fn columns<const N: usize>(log: &Log, names: [&str; N]) -> Result<[usize; N], String> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = log.column(name)?;
    }
    Ok(places)
}

/// Hours, for people.
pub(super) fn hours(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 3.6e12
}

/// A target that was found, in words.
pub(super) fn target(target: Duration) -> String {
    if target <= Duration::ZERO {
        "none found".to_owned()
    } else {
        format!("{:.1} h", hours(target))
    }
}
