//! The laws of the correlator: order of arrival, batching and restarts leave no trace.

use std::collections::BTreeMap;

use itom_core::event::{
    AlertState, Correlator, CorrelatorDefinition, EdgeTopology, Event, EventKind, IncidentState,
    Update,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn event(id: &str, seconds: i64, item: &str) -> Event {
    Event { severity: 17, ..Event::new(id, at(seconds), item, "down") }
}

fn recovery(id: &str, seconds: i64, item: &str) -> Event {
    Event { kind: EventKind::Recovery, ..event(id, seconds, item) }
}

fn chain() -> EdgeTopology {
    EdgeTopology::new([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "a"), ("x", "y")])
}

/// Small bounds and short times, so that everything happens.
fn lively() -> CorrelatorDefinition {
    CorrelatorDefinition {
        lateness: Duration::from_secs(30),
        time_window: Duration::from_secs(60),
        max_distance: 1,
        resolve_after: Duration::from_secs(20),
        expire_after: Some(Duration::from_secs(300)),
        flapping_quiet: Duration::from_secs(100),
        max_alerts: 6,
        max_incidents: 4,
        ..Default::default()
    }
}

/// A stream in order of time.
fn streams() -> impl Strategy<Value = Vec<Event>> {
    let one = (0i64..25, 0usize..8, 0u8..10, 1u8..=24);
    prop::collection::vec(one, 0..120).prop_map(|steps| {
        let items = ["a", "b", "c", "d", "e", "x", "y", "z"];
        let mut now = 0;
        let mut events = Vec::new();
        for (n, (gap, item, kind, severity)) in steps.into_iter().enumerate() {
            now += gap;
            let kind = match kind {
                0..=5 => EventKind::Alert,
                6..=8 => EventKind::Recovery,
                _ => EventKind::Change,
            };
            let id = format!("{n:03}");
            events.push(Event { kind, severity, ..event(&id, now, items[item]) });
        }
        events
    })
}

fn run(batches: &[&[Event]]) -> (Vec<Update>, Correlator) {
    let mut correlator = Correlator::new(lively()).unwrap();
    let mut updates = Vec::new();
    for batch in batches {
        updates.extend(correlator.push(batch, &chain()).unwrap());
    }
    updates.extend(correlator.advance(at(1_000_000), &chain()).unwrap());
    (updates, correlator)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn batches_and_restarts_leave_no_trace(
        events in streams(), cuts in prop::collection::vec(0usize..121, 0..6),
    ) {
        let (whole, last) = run(&[&events]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(events.len())).collect();
        cuts.extend([0, events.len()]);
        cuts.sort();
        let mut correlator = Correlator::new(lively()).unwrap();
        let mut updates = Vec::new();
        for cut in cuts.windows(2) {
            updates.extend(correlator.push(&events[cut[0]..cut[1]], &chain()).unwrap());
            let bytes = correlator.to_bytes();
            correlator = Correlator::from_bytes(&bytes).unwrap();
            prop_assert_eq!(correlator.to_bytes(), bytes);
        }
        updates.extend(correlator.advance(at(1_000_000), &chain()).unwrap());
        prop_assert_eq!(updates, whole);
        prop_assert_eq!(correlator.to_bytes(), last.to_bytes());
    }

    #[test]
    fn order_of_arrival_within_the_lateness_leaves_no_trace(
        events in streams(), delays in prop::collection::vec(0i64..30, 120),
    ) {
        let (whole, last) = run(&[&events]);
        let mut arriving: Vec<(i64, Event)> = events
            .iter()
            .zip(delays)
            .map(|(event, delay)| (event.time.as_nanos() + delay * 1_000_000_000, event.clone()))
            .collect();
        arriving.sort_by_key(|(arrival, _)| *arrival);
        let arriving: Vec<Event> = arriving.into_iter().map(|(_, event)| event).collect();
        let (updates, other) = run(&[&arriving]);
        prop_assert_eq!(updates, whole);
        prop_assert_eq!(other.to_bytes(), last.to_bytes());
    }

    #[test]
    fn every_event_is_accounted_for(mut events in streams(), seed in any::<u64>()) {
        // Any order at all: many come late, some twice.
        let mut state = seed | 1;
        for n in (1..events.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            events.swap(n, (state >> 33) as usize % (n + 1));
        }
        let again: Vec<Event> = events.iter().take(20).cloned().collect();
        let (updates, correlator) = run(&[&events, &again]);
        let counts = correlator.statistics();
        prop_assert_eq!(counts.received, (events.len() + again.len()) as u64);
        prop_assert_eq!(counts.received, counts.processed + counts.late + counts.duplicates);
        let late = updates.iter().filter(|update| matches!(update, Update::Late { .. })).count();
        prop_assert_eq!(counts.late, late as u64);
        prop_assert!(correlator.alerts().len() <= 6 && correlator.incidents().len() <= 4);
        prop_assert_eq!(correlator.waiting(), 0);
    }

    #[test]
    fn an_open_incident_counts_its_unsettled_alerts(events in streams()) {
        let mut correlator = Correlator::new(CorrelatorDefinition {
            max_alerts: 1000, max_incidents: 1000, ..lively()
        }).unwrap();
        for event in &events {
            correlator.push(std::slice::from_ref(event), &chain()).unwrap();
            let mut members: BTreeMap<String, u64> = BTreeMap::new();
            for alert in correlator.alerts() {
                let Some(home) = &alert.incident else { continue };
                let incident = correlator.incident(home).unwrap();
                prop_assert!(incident.alerts.contains(&alert.fingerprint));
                prop_assert!(incident.affected.contains(&alert.item));
                let unsettled = alert.flapping || alert.state == AlertState::Firing;
                *members.entry(home.clone()).or_default() += u64::from(unsettled);
            }
            for incident in correlator.incidents() {
                let unsettled = members.get(&incident.id).copied().unwrap_or(0);
                prop_assert_eq!(incident.unsettled, unsettled);
                if unsettled > 0 {
                    prop_assert_eq!(incident.state, IncidentState::Open);
                }
            }
        }
    }
}

#[test]
fn alerts_join_by_topology_and_time_and_say_why() {
    let mut correlator = Correlator::default();
    let events =
        [event("1", 0, "c"), event("2", 60, "a"), event("3", 61, "x"), event("4", 3600, "b")];
    correlator.push(&events, &chain()).unwrap();
    correlator.advance(at(3600), &chain()).unwrap();
    let incidents = correlator.incidents();
    assert_eq!(incidents.len(), 3, "x is too far, b an hour too late");
    let step = &incidents[0].steps[1];
    let because = step.because.as_ref().unwrap();
    assert_eq!((step.item.as_str(), because.item.as_str(), because.distance), ("a", "c", 2));
    assert_eq!(because.gap, Duration::from_secs(60));
}

#[test]
fn incidents_that_become_connected_merge_into_the_older() {
    let definition = CorrelatorDefinition { max_distance: 1, ..Default::default() };
    let mut correlator = Correlator::new(definition).unwrap();
    correlator.push(&[event("1", 0, "a"), event("2", 60, "c")], &chain()).unwrap();
    correlator.advance(at(60), &chain()).unwrap();
    let ids: Vec<String> = correlator.incidents().iter().map(|one| one.id.clone()).collect();
    assert_eq!(ids.len(), 2);
    correlator.push(&[event("3", 90, "b")], &chain()).unwrap();
    let updates = correlator.advance(at(90), &chain()).unwrap();
    assert!(updates.iter().any(|update| matches!(update,
        Update::IncidentsMerged { incident, merged, because, .. }
            if *incident == ids[0] && *merged == ids[1] && because.item == "c")));
    let (old, young) =
        (correlator.incident(&ids[0]).unwrap(), correlator.incident(&ids[1]).unwrap());
    assert_eq!((old.alerts.len(), old.unsettled, old.state), (3, 3, IncidentState::Open));
    assert_eq!(young.merged_into.as_deref(), Some(ids[0].as_str()));
    assert_eq!(young.state, IncidentState::Merged);
    assert!(correlator.alerts().iter().all(|alert| alert.incident.as_deref() == Some(&ids[0])));
}

#[test]
fn an_incident_is_over_when_all_its_alerts_have_been_for_long_enough() {
    let mut correlator = Correlator::default();
    let events = [event("1", 0, "a"), event("2", 10, "b"), recovery("3", 20, "a")];
    correlator.push(&events, &chain()).unwrap();
    correlator.advance(at(4000), &chain()).unwrap();
    assert_eq!(correlator.incidents()[0].state, IncidentState::Open);
    correlator.push(&[recovery("4", 4100, "b")], &chain()).unwrap();
    correlator.advance(at(4399), &chain()).unwrap();
    assert_eq!(correlator.incidents()[0].state, IncidentState::Open);
    let updates = correlator.advance(at(4400), &chain()).unwrap();
    assert!(matches!(&updates[..], [Update::IncidentResolved { time, resolved_at, .. }]
        if *time == at(4400) && *resolved_at == at(4100)));
}

#[test]
fn flapping_holds_the_incident_open_until_silence() {
    let mut correlator = Correlator::default();
    let mut updates = Vec::new();
    for n in 0..10 {
        let one = event(&format!("{n}f"), n * 20, "a");
        let two = recovery(&format!("{n}r"), n * 20 + 10, "a");
        updates.extend(correlator.push(&[one, two], &chain()).unwrap());
    }
    updates.extend(correlator.advance(at(190 + 600), &chain()).unwrap());
    let flaps = |update: &&Update| matches!(update, Update::FlappingStarted { .. });
    assert_eq!(updates.iter().filter(flaps).count(), 1);
    assert_eq!(correlator.incidents().len(), 1);
    assert_eq!(correlator.incidents()[0].state, IncidentState::Open);
    let updates = correlator.advance(at(190 + 1800 + 300), &chain()).unwrap();
    assert!(matches!(updates[0], Update::FlappingStopped { .. }));
    assert!(matches!(updates[1], Update::IncidentResolved { .. }));
}

#[test]
fn silence_resolves_and_a_new_episode_opens_a_new_incident() {
    let mut correlator = Correlator::new(CorrelatorDefinition {
        expire_after: Some(Duration::from_secs(100)),
        ..Default::default()
    })
    .unwrap();
    correlator.push(&[event("1", 0, "a"), event("2", 50, "a")], &()).unwrap();
    correlator.advance(at(149), &()).unwrap();
    assert_eq!(correlator.alerts()[0].state, AlertState::Firing);
    correlator.advance(at(1000), &()).unwrap();
    assert_eq!(correlator.alerts()[0].resolved_at, Some(at(150)));
    assert_eq!(correlator.incidents()[0].state, IncidentState::Resolved);
    correlator.push(&[event("3", 2000, "a")], &()).unwrap();
    correlator.advance(at(2000), &()).unwrap();
    assert_eq!(correlator.incidents().len(), 2);
    let alert = correlator.alerts()[0];
    assert_eq!((alert.episodes, alert.count, alert.resolved_at), (2, 3, None));
}

#[test]
fn a_bad_event_leaves_everything_as_it_was() {
    let mut correlator = Correlator::default();
    let before = correlator.to_bytes();
    let error = correlator.push(&[event("1", 0, "a"), event("2", 0, "")], &()).unwrap_err();
    assert_eq!(error.to_string(), "event 1: item must be text that is not empty, got \"\"");
    assert_eq!(correlator.to_bytes(), before);
}

#[test]
fn a_full_buffer_hurries_and_counts() {
    let definition = CorrelatorDefinition { max_buffered: 2, ..Default::default() };
    let mut correlator = Correlator::new(definition).unwrap();
    let events: Vec<Event> = (0..5).map(|n| event(&n.to_string(), n, "a")).collect();
    correlator.push(&events, &()).unwrap();
    assert_eq!((correlator.waiting(), correlator.statistics().hurried), (2, 3));
}

#[test]
fn a_storm_on_one_hub_stays_bounded() {
    let hub = EdgeTopology::new((0..3000).map(|n| (format!("web-{n}"), "hub")));
    let definition = CorrelatorDefinition { max_alerts: 500, ..Default::default() };
    let mut correlator = Correlator::new(definition).unwrap();
    let storm: Vec<Event> =
        (0..3000).map(|n| event(&format!("{n:04}"), 0, &format!("web-{n}"))).collect();
    correlator.push(&[event("", 0, "hub")], &hub).unwrap_err();
    correlator.push(&storm[..600], &hub).unwrap();
    correlator.advance(at(1), &hub).unwrap();
    assert!(correlator.alerts().len() <= 500);
    assert!(correlator.statistics().alerts_forgotten >= 100);
    assert!(correlator.statistics().searches_cut > 0);
}

#[test]
fn the_golden_snapshot_goes_on() {
    let bytes = golden("event.correlator.v1.itom", || {
        let mut correlator = Correlator::default();
        let events =
            [event("1", 0, "a"), event("2", 30, "b"), recovery("3", 40, "b"), event("4", 100, "x")];
        correlator.push(&events, &chain()).unwrap();
        correlator.to_bytes()
    });
    let mut correlator = Correlator::from_bytes(&bytes).unwrap();
    assert_eq!((correlator.waiting(), correlator.watermark()), (2, Some(at(40))));
    correlator.push(&[recovery("5", 120, "a")], &chain()).unwrap();
    correlator.advance(at(1000), &chain()).unwrap();
    let states: Vec<_> =
        correlator.incidents().iter().map(|one| (one.id.as_str().len(), one.state)).collect();
    assert_eq!(states, [(16, IncidentState::Resolved), (16, IncidentState::Open)]);
    assert_eq!(correlator.incidents()[0].resolved_at, Some(at(120)));
}
