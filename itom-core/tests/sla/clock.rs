//! Clocks: the shared cases with every alternative, and what holds of corrections, zones and scopes.

use std::collections::BTreeMap;

use itom_core::sla::{
    AtEquality, BreachRule, Calendar, CalendarDefinition, Clock, ClockAction, ClockEvent,
    ClockOptions, ClockState, ClockStatus, Scope,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use crate::case_file::case_file;

fn hours(count: i64) -> Duration {
    Duration::from_secs(count * 3600)
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(json: &str) -> ClockEvent {
    serde_json::from_str(json).unwrap()
}

fn office() -> Calendar {
    let days =
        ["mon", "tue", "wed", "thu", "fri"].map(|day| format!(r#""{day}": [["09:00", "17:00"]]"#));
    Calendar::from_json(&format!(r#"{{"tz": "UTC", "weekly": {{{}}}}}"#, days.join(","))).unwrap()
}

fn clock(target: i64) -> Clock {
    Clock::new(ClockOptions::new(hours(target), office(), instant("2026-06-15T09:00:00Z"))).unwrap()
}

/// The clock of a case of the shared file.
fn case_clock(
    file: &Value,
    case: &Value,
    adjust: impl Fn(&mut ClockOptions),
) -> (Clock, ClockStatus) {
    let calendar = |name: &str| -> Calendar {
        let definition: CalendarDefinition =
            serde_json::from_value(file["calendars"][name].clone()).unwrap();
        Calendar::new(definition).unwrap()
    };
    let input = &case["input"];
    let mut options = ClockOptions::new(
        Duration::from_secs(input["target_s"].as_i64().unwrap()),
        calendar(case["calendar"].as_str().unwrap()),
        instant(input["start"].as_str().unwrap()),
    );
    options.retroactive_start = input["retroactive_start"].as_str().map(instant);
    for pause in input["retroactive_pauses"].as_array().into_iter().flatten() {
        let at = |index: usize| instant(pause[index].as_str().unwrap());
        options.retroactive_pauses.push((at(0), at(1)));
    }
    adjust(&mut options);
    let mut clock = Clock::new(options).unwrap();
    for event in input["events"].as_array().unwrap() {
        let mut event = event.clone();
        if let Some(name) = event["calendar"].as_str() {
            event["calendar"] = file["calendars"][name].clone();
        }
        clock.apply(serde_json::from_value(event).unwrap()).unwrap();
    }
    let at = instant(input["eval_at"].as_str().unwrap());
    let status = clock.status(at);
    (clock, status)
}

/// Every `alternatives` entry of the clock cases is an option with that answer.
#[test]
fn every_alternative_is_an_option() {
    let file = case_file();
    let mut run = BTreeMap::new();
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["op"] == "clock") {
        for (name, expected) in case["alternatives"].as_object().into_iter().flatten() {
            let (_, status) = match name.as_str() {
                "due-date comparison" => {
                    case_clock(&file, case, |options| options.breach = BreachRule::DueDate)
                }
                unknown => panic!("{}: no option for {unknown}", case["id"]),
            };
            assert_eq!(status.breached, expected == "breached", "{} {name}", case["id"]);
            *run.entry(name.clone()).or_insert(0) += 1;
        }
        let (_, status) = case_clock(&file, case, |_| ());
        assert_eq!(status.breached, case["expected"]["breached"], "{}", case["id"]);
    }
    assert_eq!(run["due-date comparison"], 1);
}

#[test]
fn equality_is_met_or_breached_as_agreed() {
    let stop = event(r#"{"at": "2026-06-15T13:00:00Z", "do": "stop"}"#);
    for rule in [BreachRule::Elapsed, BreachRule::DueDate] {
        for (equality, breached) in [(AtEquality::Met, false), (AtEquality::Breached, true)] {
            let mut options = clock(4).options().clone();
            (options.breach, options.at_equality) = (rule, equality);
            let mut clock = Clock::new(options).unwrap();
            clock.apply(stop.clone()).unwrap();
            assert_eq!(clock.status(instant("2026-06-16T00:00:00Z")).breached, breached);
        }
    }
}

#[test]
fn a_paused_clock_says_when_it_would_break() {
    let mut clock = clock(4);
    clock
        .apply(event(r#"{"at": "2026-06-15T10:00:00Z", "do": "pause", "reason": "user"}"#))
        .unwrap();
    clock
        .apply(event(r#"{"at": "2026-06-15T11:00:00Z", "do": "pause", "reason": "freeze"}"#))
        .unwrap();
    let status = clock.status(instant("2026-06-15T16:00:00Z"));
    assert_eq!(status.breach_at, None);
    assert_eq!(status.breach_if_resumed, Some(instant("2026-06-16T11:00:00Z")));
    let by: Vec<_> = status.paused_by.iter().map(|by| (by.reason.as_str(), by.paused)).collect();
    assert_eq!(by, [("freeze", hours(5)), ("user", hours(6))]);
    assert_eq!(status.paused, hours(6));
}

#[test]
fn what_is_due_at_closing_time_can_be_stopped_until_the_next_opening() {
    let status = clock(8).status(instant("2026-06-15T12:00:00Z"));
    assert_eq!(status.breach_at, Some(instant("2026-06-15T17:00:00Z")));
    let until = instant("2026-06-16T09:00:00Z");
    assert_eq!(status.effective_until, Some(until));
    let mut late = clock(8);
    late.apply(ClockEvent::new(until, ClockAction::Stop)).unwrap();
    assert!(!late.status(until).breached);
}

#[test]
fn a_zone_changes_from_now_on_or_for_the_whole() {
    let change =
        event(r#"{"at": "2026-06-15T12:00:00Z", "do": "set_zone", "tz": "America/New_York"}"#);
    let at = instant("2026-06-15T14:00:00Z");
    // New York opens at 13:00 UTC.
    let mut now = clock(8);
    now.apply(change.clone()).unwrap();
    assert_eq!(now.status(at).business, hours(4));
    let mut whole = clock(8);
    whole.apply(change.clone().with_scope(Scope::Whole)).unwrap();
    assert_eq!(whole.status(at).business, hours(1));
    let mut calendar = office().definition().clone();
    calendar.tz = "America/New_York".to_owned();
    let calendar = Calendar::new(calendar).unwrap();
    let same = ClockEvent::new(change.at, ClockAction::SetCalendar { calendar });
    let mut set = clock(8);
    set.apply(same.with_scope(Scope::Whole)).unwrap();
    assert_eq!(set.status(at), whole.status(at));
    let error =
        set.apply(event(r#"{"at": "2026-06-15T12:00:00Z", "do": "set_zone", "tz": "Mars"}"#));
    assert!(error.unwrap_err().to_string().contains("Mars"));
    assert_eq!(Clock::from_bytes(&whole.to_bytes()).unwrap(), whole);
}

#[test]
fn a_shorter_target_from_now_on_breaks_now_and_not_before() {
    let shorter = event(
        r#"{"at": "2026-06-15T14:00:00Z", "do": "set_target", "target": "2h", "scope": "from_now"}"#,
    );
    let mut clock = clock(8);
    clock.apply(shorter.clone()).unwrap();
    let status = clock.status(instant("2026-06-15T15:00:00Z"));
    assert_eq!((status.breached, status.breach_at), (true, Some(shorter.at)));
    clock.apply(ClockEvent { scope: None, ..shorter }.with_id("again")).unwrap();
    assert_eq!(clock.status(instant("2026-06-15T15:00:00Z")).target, hours(2));
}

#[test]
fn what_was_used_up_is_due_from_when_its_target_was_set() {
    let mut clock = clock(12);
    let used_up = clock.status(instant("2026-06-15T17:00:00Z")).business;
    let shorter = ClockAction::SetTarget { target: used_up };
    let set = instant("2026-06-15T18:00:00Z");
    clock.apply(ClockEvent::new(set, shorter).with_scope(Scope::FromNow)).unwrap();
    // Used up to the last second, which is kept: it is due when it was asked for, not before.
    for asked in ["2026-06-15T18:00:00Z", "2026-06-16T08:00:00Z", "2026-06-16T12:00:00Z"] {
        let status = clock.status(instant(asked));
        assert_eq!(status.breach_at, Some(set), "{asked}");
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    for json in [
        r#"{"at": "2026-06-15T10:00:00Z", "do": "stop", "scope": "whole"}"#,
        r#"{"at": "2026-06-15T10:00:00Z", "do": "set_zone"}"#,
        r#"{"at": "2026-06-15T10:00:00Z", "do": "retract"}"#,
        r#"{"do": "retract", "id": "x"}"#,
        r#"{"at": "2026-06-15T10:00:00Z", "do": "stop", "tz": "UTC"}"#,
        r#"{"at": "2026-06-15T10:00:00Z", "do": "set_target", "target": "1h", "scope": "half"}"#,
    ] {
        assert!(serde_json::from_str::<ClockEvent>(json).is_err(), "{json}");
    }
    let mut clock = clock(4);
    let before = clock.to_bytes();
    let scoped = ClockEvent::new(instant("2026-06-15T10:00:00Z"), ClockAction::Stop);
    assert!(clock.apply(scoped.with_scope(Scope::Whole)).is_err());
    let nameless = ClockEvent::new(instant("2026-06-15T10:00:00Z"), ClockAction::Retract);
    assert!(clock.apply(nameless).is_err());
    assert_eq!(clock.to_bytes(), before);
}

/// Events with names, all recorded at different instants.
fn corrected() -> impl Strategy<Value = Vec<ClockEvent>> {
    let action = prop_oneof![
        3 => Just(ClockAction::Pause { reason: Some("user".to_owned()) }),
        3 => Just(ClockAction::Resume { reason: None }),
        2 => Just(ClockAction::Stop),
        1 => (1i64..20).prop_map(|h| ClockAction::SetTarget { target: hours(h) }),
        1 => Just(ClockAction::SetZone { tz: "Asia/Tokyo".to_owned() }),
        1 => Just(ClockAction::Retract),
    ];
    let one = (action, 0i64..200_000, prop::sample::select(vec!["a", "b", "c"]));
    prop::collection::btree_map(0i64..400_000, one, 0..10).prop_map(|events| {
        let start = instant("2026-06-15T09:00:00Z");
        let event = |(recorded, (action, second, id)): (i64, (ClockAction, i64, &str))| {
            ClockEvent::new(start + Duration::from_secs(second), action)
                .with_id(id)
                .with_recorded_at(start + Duration::from_secs(recorded))
        };
        events.into_iter().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Corrections count by when they were recorded, in whatever order they arrive; what was known
    /// at an instant is what a clock says that was told no more; and every second is explained.
    #[test]
    fn corrections_do_not_depend_on_their_arrival(
        (events, shuffled) in corrected().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())),
        asked in 0i64..400_000,
        known in 0i64..400_000,
    ) {
        let start = instant("2026-06-15T09:00:00Z");
        let (at, known) = (start + Duration::from_secs(asked), start + Duration::from_secs(known));
        let (mut first, mut second, mut told) = (clock(8), clock(8), clock(8));
        first.apply_all(events.clone()).unwrap();
        for event in shuffled {
            second.apply(event).unwrap();
        }
        told.apply_all(events.into_iter().filter(|event| event.known_at_most(known)).collect()).unwrap();
        prop_assert_eq!(first.status(at), second.status(at));
        prop_assert_eq!(first.to_bytes(), second.to_bytes());
        prop_assert_eq!(first.status_known(at, known), told.status(at));
        prop_assert_eq!(first.explain_known(at, known).unwrap(), told.explain(at).unwrap());
        let (status, segments) = (first.status(at), first.explain(at).unwrap());
        let sum = |keep: &dyn Fn(&itom_core::sla::Segment) -> bool| {
            let kept = segments.iter().filter(|segment| keep(segment));
            kept.fold(Duration::ZERO, |sum, segment| sum + (segment.end - segment.start))
        };
        prop_assert_eq!(sum(&|s| s.counted), status.business);
        prop_assert_eq!(sum(&|s| s.state == ClockState::Running), status.actual);
        prop_assert_eq!(sum(&|s| s.state == ClockState::Paused && s.open), status.paused);
        prop_assert_eq!(sum(&|_| true), at - start);
    }
}

trait KnownAtMost {
    fn known_at_most(&self, known: Timestamp) -> bool;
}

impl KnownAtMost for ClockEvent {
    fn known_at_most(&self, known: Timestamp) -> bool {
        self.recorded_at.unwrap_or(self.at) <= known
    }
}
