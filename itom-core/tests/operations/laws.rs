//! The laws of the join: batching never shows, a snapshot goes on bit for bit, nothing is half
//! applied.

use itom_core::cmdb::{Change, Cmdb, ModelDefinition, PutItem, PutRelation, Transaction};
use itom_core::event::{Event, EventKind, IncidentState};
use itom_core::operations::{
    MetricSample, Observation, Operations, OperationsDefinition, OperationsUpdate, TopologyChange,
};
use itom_core::sla::ClockState;
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

const DEFINITION: &str = r#"{
    "name": "shop", "history": 64, "recovery_samples": 2,
    "metrics": [{"metric": "latency", "unit": "s", "worse": "higher"}],
    "objectives": [{"name": "fast", "item": "shop", "metric": "latency", "at_most": 0.5,
        "objective": {"target": "99%", "window": "24h"}}],
    "calendars": {"always": {"tz": "Etc/UTC", "weekly": {
        "mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]],
        "thu": [["00:00", "24:00"]], "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]],
        "sun": [["00:00", "24:00"]]}}},
    "agreements": [{"name": "restore", "calendar": "always", "target": "4h"}]
}"#;

fn minute(n: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + 60 * n)
}

fn operations() -> Operations {
    let mut cmdb = Cmdb::new(ModelDefinition::operations()).unwrap();
    let changes = [
        Change::PutItem(PutItem::new("shop", "service")),
        Change::PutItem(PutItem::new("cart", "service")),
        Change::PutItem(PutItem::new("db", "database")),
        Change::PutRelation(PutRelation::new("shop", "depends_on", "cart")),
        Change::PutRelation(PutRelation::new("cart", "depends_on", "db")),
    ];
    cmdb.apply(&changes, Transaction::at(minute(-1)).known(minute(-1))).unwrap();
    Operations::new(OperationsDefinition::from_json(DEFINITION).unwrap(), cmdb).unwrap()
}

fn sample(n: i64, item: &str, value: f64) -> Observation {
    Observation::Metric(MetricSample {
        time: minute(n),
        item: item.to_owned(),
        metric: "latency".to_owned(),
        value: Some(value),
    })
}

/// Three hundred calm minutes, then the database slows down and everything above it.
fn outage() -> Vec<Observation> {
    let mut observations = Vec::new();
    for n in 0..330 {
        let slow = if (300..325).contains(&n) { 1.0 } else { 0.0 };
        let noise = |salt: i64| ((n * 37 + salt * 101) % 17) as f64 / 1000.0;
        observations.push(sample(n, "db", 0.01 + noise(1) / 4.0 + slow * 0.9));
        observations.push(sample(n, "cart", 0.05 + noise(2) + slow * 0.9));
        observations.push(sample(n, "shop", 0.20 + noise(3) + slow * 0.9));
    }
    let mut deployment = Event::new("deploy-7", minute(299), "db", "deployment");
    deployment.kind = EventKind::Change;
    observations.insert(3 * 299, Observation::Event(deployment));
    observations
}

fn report_of(operations: &Operations) -> String {
    let incident = operations.worst_incident(minute(300)).expect("the outage is an incident");
    operations.report(&incident, minute(330)).unwrap().to_json()
}

#[test]
fn an_outage_is_one_incident_with_its_cause_and_its_clock() {
    let mut operations = operations();
    operations.ingest(&outage()[..3 * 320]).unwrap();
    operations.advance(minute(320)).unwrap();
    let incident = operations.worst_incident(minute(300)).unwrap();
    let explained = operations.explain_incident(&incident, minute(320)).unwrap();
    assert_eq!(explained.affected, ["cart", "db", "shop"]);
    assert_eq!(explained.symptom.as_ref().unwrap().item, "shop");
    assert_eq!(explained.causes[0].ci, "db");
    assert_eq!(explained.causes[0].path, ["db", "cart", "shop"]);
    assert_eq!(explained.impact.down, ["cart", "db", "shop"]);
    assert!(explained.services.iter().all(|service| service.observed));
    assert_eq!(explained.objectives[0].name, "fast");
    let clock = &explained.clocks[0].status;
    assert_eq!(clock.state, ClockState::Running, "{explained:#?}");
    assert_eq!(clock.breach_at, Some(explained.started_at + Duration::from_secs(4 * 3600)));

    operations.ingest(&outage()[3 * 320..]).unwrap();
    operations.advance(minute(400)).unwrap();
    let explained = operations.explain_incident(&incident, minute(400)).unwrap();
    assert_eq!(explained.state, IncidentState::Resolved);
    assert_eq!(explained.clocks[0].status.state, ClockState::Stopped);
}

#[test]
fn what_no_state_could_take_is_refused_whole() {
    let mut operations = operations();
    let before = operations.to_bytes();
    let bad = [sample(0, "db", 1.0), sample(1, "", 1.0)];
    let error = operations.ingest(&bad).unwrap_err();
    assert!(error.to_string().contains("observations[1]"), "{error}");
    assert_eq!(operations.to_bytes(), before);
}

#[test]
fn what_this_state_cannot_take_comes_back_and_is_counted() {
    let mut operations = operations();
    operations.ingest(&[sample(5, "db", 1.0)]).unwrap();
    let late = operations.ingest(&[sample(5, "db", 2.0)]).unwrap();
    assert!(matches!(&late[0], OperationsUpdate::LateSample(_)), "{late:?}");
    assert_eq!(operations.late_samples(), 1);
    let lost = PutRelation::new("db", "depends_on", "nowhere");
    let change = TopologyChange { at: minute(6), changes: vec![Change::PutRelation(lost)] };
    let rejected = operations.ingest(&[Observation::Topology(change)]).unwrap();
    let OperationsUpdate::Rejected(rejection) = &rejected[0] else { panic!("{rejected:?}") };
    assert!(rejection.reason.contains("nowhere"), "{}", rejection.reason);
    assert_eq!(operations.rejected(), 1);
}

#[test]
fn a_topology_change_is_seen_by_the_incidents_after_it() {
    let mut operations = operations();
    let changes = vec![
        Change::PutItem(PutItem::new("cache", "service")),
        Change::PutRelation(PutRelation::new("db", "depends_on", "cache")),
    ];
    let change = TopologyChange { at: minute(0), changes };
    operations.ingest(&[Observation::Topology(change)]).unwrap();
    let alerts = [("e1", "cache"), ("e2", "db")];
    let alerts =
        alerts.map(|(id, item)| Observation::Event(Event::new(id, minute(1), item, "down")));
    operations.ingest(&alerts).unwrap();
    operations.advance(minute(10)).unwrap();
    let incidents = operations.incidents().unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].affected, ["cache", "db"]);
}

#[test]
fn damaged_snapshots_are_refused() {
    let mut operations = operations();
    operations.ingest(&outage()[..90]).unwrap();
    let whole = operations.to_bytes();
    for position in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[position] ^= 4;
        assert_eq!(Operations::from_bytes(&bytes).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

/// A snapshot in the middle of the outage, written when the format was new.
#[test]
fn the_golden_snapshot_is_read_and_goes_on() {
    let golden = golden("operations.v1.itom", || {
        let mut operations = operations();
        operations.ingest(&outage()[..3 * 305]).unwrap();
        operations.to_bytes()
    });
    let mut operations = Operations::from_bytes(&golden).unwrap();
    // The objectives in it were saved in the first version of their format; saved again they are in
    // the newest, and stay so.
    let saved = operations.to_bytes();
    assert_eq!(Operations::from_bytes(&saved).unwrap().to_bytes(), saved);
    operations.ingest(&outage()[3 * 305..]).unwrap();
    operations.advance(minute(400)).unwrap();
    let incident = operations.worst_incident(minute(300)).unwrap();
    let explained = operations.explain_incident(&incident, minute(400)).unwrap();
    assert_eq!(explained.causes[0].ci, "db");
    assert_eq!(explained.state, IncidentState::Resolved);
}

/// The host's CMDB may know fewer items than alert, or none.
#[test]
fn items_the_cmdb_does_not_know_are_reported_like_others() {
    let definition = OperationsDefinition::new("x");
    let mut operations = Operations::new(definition, Cmdb::default()).unwrap();
    for (n, item) in ["a", "b", "c"].into_iter().enumerate() {
        let event = Event::new(item, minute(n as i64), item, "down");
        operations.ingest(&[Observation::Event(event)]).unwrap();
    }
    operations.advance(minute(9)).unwrap();
    for incident in operations.incidents().unwrap() {
        let report = operations.report(&incident.id, minute(9)).unwrap();
        assert_eq!(report.map.left_out, 0);
        assert!(report.to_text(false).contains("down"));
    }
}

/// An objective may be missed only after the last alert, or after the history of the alerts.
#[test]
fn harm_after_the_last_alert_is_explained() {
    let mut operations = operations();
    let event = Event::new("e", minute(51), "cart", "errors");
    operations.ingest(&[Observation::Event(event), sample(151, "shop", 2.1)]).unwrap();
    let incidents = operations.incidents().unwrap();
    let symptom = incidents[0].symptom.as_ref().unwrap();
    assert_eq!((symptom.item.as_str(), symptom.since), ("shop", minute(151)));
    let later: Vec<Observation> = (152..400).map(|n| sample(n, "shop", 2.1)).collect();
    operations.ingest(&later).unwrap();
    assert_eq!(operations.incidents().unwrap()[0].affected[0], "cart");
}

#[test]
fn yesterdays_incident_is_explained_though_its_counts_are_forgotten() {
    let mut operations = operations();
    operations.ingest(&outage()).unwrap();
    operations.advance(minute(400)).unwrap();
    let incident = operations.worst_incident(minute(300)).unwrap();
    operations.ingest(&[sample(3000, "shop", 0.2)]).unwrap();
    let explained = operations.explain_incident(&incident, minute(320)).unwrap();
    assert_eq!(explained.objectives[0].status, None);
    assert!(operations.report(&incident, minute(320)).unwrap().objectives.is_empty());
}

#[test]
fn topology_changes_may_come_in_any_order() {
    let put = |n, id| {
        let changes = vec![Change::PutItem(PutItem::new(id, "service"))];
        Observation::Topology(TopologyChange { at: minute(n), changes })
    };
    let mut operations = operations();
    assert_eq!(operations.ingest(&[put(9, "late"), put(8, "early")]).unwrap(), []);
    assert!(operations.cmdb().at(Some(minute(8)), None).contains("early"));
    assert!(!operations.cmdb().at(Some(minute(8)), None).contains("late"));
}

/// Incidents outlive the history of their metrics: they stay explained by what is left.
#[test]
fn an_incident_older_than_the_history_is_still_explained() {
    let mut operations = operations();
    operations.ingest(&outage()).unwrap();
    let incident = {
        operations.advance(minute(400)).unwrap();
        operations.worst_incident(minute(300)).unwrap()
    };
    let calm: Vec<Observation> = (401..600).map(|n| sample(n, "shop", 0.2)).collect();
    operations.ingest(&calm).unwrap();
    let explained = operations.explain_incident(&incident, minute(600)).unwrap();
    assert_eq!(explained.affected, ["cart", "db", "shop"]);
    assert!(!explained.causes.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn cutting_and_restoring_never_show(cuts in prop::collection::vec(0_usize..990, 0..5)) {
        let observations = outage();
        let mut whole = operations();
        let mut expected = whole.ingest(&observations).unwrap();
        expected.extend(whole.advance(minute(330)).unwrap());
        let mut cuts = cuts;
        cuts.extend([0, observations.len()]);
        cuts.sort_unstable();
        let mut parts = operations();
        let mut updates = Vec::new();
        for range in cuts.windows(2) {
            updates.extend(parts.ingest(&observations[range[0]..range[1]]).unwrap());
            parts = Operations::from_bytes(&parts.to_bytes()).unwrap();
        }
        updates.extend(parts.advance(minute(330)).unwrap());
        prop_assert_eq!(updates, expected);
        prop_assert_eq!(parts.to_bytes(), whole.to_bytes());
        prop_assert_eq!(report_of(&parts), report_of(&whole));
    }
}
