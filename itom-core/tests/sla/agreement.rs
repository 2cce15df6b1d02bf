//! Agreements: the shared cases, the laws, and 24,918 real incidents judged as their desk did.

use std::collections::BTreeMap;

use itom_core::sla::{
    AgreementAction, AgreementStatus, Agreements, AgreementsDefinition, AttainmentOptions,
    AttainmentRule, Calendar, Clock, ClockAction, ClockEvent, ClockOptions, ClockState,
    CreditPolicy, FieldRef, FieldValue, Fraction, RecordLog, RecordUpdate, ReopenMode, Replay,
    VerdictCounts, replay, what_if,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::case_file::{cases, incident_log};
use crate::common::golden;

fn definition(value: Value) -> AgreementsDefinition {
    serde_json::from_value(value).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

// ---- the shared case file

#[test]
fn every_credit_case_holds() {
    for case in cases("credit") {
        let input = &case["input"];
        let policy = CreditPolicy::named(input["tiers"].as_str().unwrap()).unwrap();
        let achieved: Fraction = input["uptime_pct"].as_str().unwrap().parse().unwrap();
        let credit = policy.credit(achieved, None).unwrap();
        let expected: Fraction =
            serde_json::from_value(case["expected"]["credit_pct"].clone()).unwrap();
        assert_eq!(credit.percent, expected, "{}", case["id"]);
    }
}

#[test]
fn every_attainment_case_holds() {
    for case in cases("attainment") {
        let counts: VerdictCounts = serde_json::from_value(case["input"].clone()).unwrap();
        let share = |rule| counts.attainment(rule).map(|share| share.to_string());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let default = share(AttainmentRule::default());
        assert_eq!(default, text(&case["expected"]["attainment"]), "{}", case["id"]);
        for (name, expected) in case["alternatives"].as_object().into_iter().flatten() {
            let rule = serde_json::from_value(json!(name.replace(' ', "_"))).unwrap();
            assert_eq!(share(rule), text(expected), "{} {name}", case["id"]);
        }
    }
    assert_eq!(VerdictCounts::default().attainment(AttainmentRule::CompletedOnly), None);
}

// ---- ServiceNow's semantics

fn office() -> Value {
    let day = json!([["08:00", "17:00"]]);
    json!({"tz": "UTC", "weekly": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day}})
}

/// P3 within 8 hours, P1 within 4, from when the incident was opened.
fn by_priority(on_target_change: &str) -> AgreementsDefinition {
    definition(json!({
        "calendars": {"office": office()},
        "agreements": [{"name": "Incident", "metrics": [{
            "name": "resolution", "start": "active = true", "stop": "state = 'Closed'",
            "retroactive_start": "opened_at", "retroactive_pause": true,
            "pause": [{"reason": "user", "when": "state = 'Awaiting User'"}],
            "on_target_change": on_target_change,
            "targets": [{"when": "priority = 1", "target": "4h", "calendar": "office"},
                        {"when": "priority = 3", "target": "8h", "calendar": "office"}]}]}]
    }))
}

fn incident(instant: &str) -> RecordUpdate {
    RecordUpdate::new("INC1", at(instant))
}

#[test]
fn a_raised_priority_counts_from_the_beginning() {
    let updates = || {
        vec![
            incident("2026-06-15T09:00:00Z")
                .set("active", true)
                .set("opened_at", "2026-06-15T08:00:00Z")
                .set("priority", 3),
            incident("2026-06-15T11:00:00Z").set("priority", 1),
        ]
    };
    let noon = at("2026-06-15T12:00:00Z");
    for (change, clocks, target, breach) in [
        ("retarget", 1, "4h", "2026-06-15T12:00:00Z"),
        ("new_clock", 2, "4h", "2026-06-15T12:00:00Z"),
        ("keep", 1, "8h", "2026-06-15T16:00:00Z"),
    ] {
        let mut agreements = Agreements::new(by_priority(change)).unwrap();
        agreements.update(updates()).unwrap();
        let statuses = agreements.status("INC1", noon).unwrap();
        assert_eq!(statuses.len(), clocks, "{change}");
        let last = statuses.last().unwrap();
        assert_eq!((last.target, last.business), (target.parse().unwrap(), "4h".parse().unwrap()));
        assert_eq!(last.breach_at, Some(at(breach)), "{change}");
        assert_eq!(last.calendar.as_deref(), Some("office"));
        if clocks == 2 {
            assert_eq!(statuses[0].state, ClockState::Cancelled);
        }
    }
}

#[test]
fn conditions_attach_pause_stop_cancel_and_reset() {
    let mut agreements = Agreements::new(definition(json!({"agreements": [{
        "name": "Gold", "applies": "customer = 'ACME'",
        "metrics": [
            {"name": "response", "stop": "assigned_to exists", "reopen": "never",
             "targets": [{"target": "30m"}]},
            {"name": "resolution", "stop": "state = 'Closed'",
             "pause": [{"reason": "user", "when": "state = 'Awaiting'"},
                       {"reason": "vendor", "when": "vendor exists"}],
             "resume": "urgent = true", "targets": [{"target": "8h"}]},
            {"name": "update", "reset": "comment changed", "stop": "state = 'Closed'",
             "targets": [{"target": "1h"}]}]}]})))
    .unwrap();
    let changes = agreements
        .update(vec![
            incident("2026-06-15T10:00:00Z").set("customer", "ACME").set("state", "New"),
            incident("2026-06-15T10:20:00Z").set("assigned_to", "ann"),
            incident("2026-06-15T10:50:00Z").set("comment", 1).set("state", "Awaiting"),
            incident("2026-06-15T11:00:00Z").set("vendor", "ACME Net"),
            incident("2026-06-15T11:10:00Z")
                .set("state", "Active")
                .set("assigned_to", FieldValue::Null),
            incident("2026-06-15T11:30:00Z").set("urgent", true),
            incident("2026-06-15T12:10:00Z").set("comment", 2),
            incident("2026-06-15T13:00:00Z").set("state", "Closed"),
        ])
        .unwrap();
    assert!(changes.withdrawn.is_empty());
    let told = |metric: &str| -> Vec<String> {
        let own = changes.happened.iter().filter(|event| event.metric == metric);
        own.map(|event| {
            format!(
                "{:?} {} {}",
                event.what,
                &event.at.to_string()[11..16],
                event.reasons.join("+")
            )
        })
        .collect()
    };
    assert_eq!(told("response"), ["Attached 10:00 ", "Stopped 10:20 "]);
    assert_eq!(
        told("resolution"),
        [
            "Attached 10:00 ",
            "Paused 10:50 user",
            "Paused 11:00 user+vendor",
            "Paused 11:10 vendor",
            "Resumed 11:30 ",
            "Stopped 13:00 "
        ]
    );
    let end = at("2026-06-15T14:00:00Z");
    let statuses = agreements.status("INC1", end).unwrap();
    let of = |metric: &str| -> Vec<&AgreementStatus> {
        statuses.iter().filter(|status| status.metric == metric).collect()
    };
    assert_eq!(of("resolution")[0].business, "2h20m".parse().unwrap());
    assert_eq!(of("resolution")[0].paused, "40m".parse().unwrap());
    let updates: Vec<(bool, Duration)> =
        of("update").iter().map(|status| (status.breached, status.business)).collect();
    let minutes = |minutes: i64| Duration::from_secs(60 * minutes);
    assert_eq!(updates, [(false, minutes(50)), (true, minutes(80)), (false, minutes(50))]);
    let segments = agreements.explain("INC1", end).unwrap();
    let counted = segments.iter().filter(|own| own.metric == "resolution" && own.counted);
    let total = counted.fold(Duration::ZERO, |sum, own| sum + (own.end - own.start));
    assert_eq!(total, "2h20m".parse().unwrap());
    assert!(segments.iter().any(|own| own.reason == "paused: user, vendor"));
}

#[test]
fn a_start_that_no_longer_holds_cancels_as_the_rule_says() {
    for (rule, state) in [
        ("start_unmet", ClockState::Cancelled),
        ("on_condition", ClockState::Running),
        ("never", ClockState::Running),
    ] {
        let mut agreements = Agreements::new(definition(json!({"agreements": [{
            "name": "a", "metrics": [{"name": "m", "start": "priority = 1", "cancels": rule,
                "cancel": "state = 'Duplicate'", "targets": [{"target": "4h"}]}]}]})))
        .unwrap();
        agreements
            .update(vec![
                incident("2026-06-15T10:00:00Z").set("priority", 1),
                incident("2026-06-15T11:00:00Z").set("priority", 2),
            ])
            .unwrap();
        let noon = at("2026-06-15T12:00:00Z");
        assert_eq!(agreements.status("INC1", noon).unwrap()[0].state, state, "{rule}");
        agreements
            .update(vec![incident("2026-06-15T11:30:00Z").set("state", "Duplicate")])
            .unwrap();
        let cancelled = agreements.status("INC1", noon).unwrap()[0].state == ClockState::Cancelled;
        assert_eq!(cancelled, rule != "never");
    }
}

#[test]
fn reopening_follows_the_rule() {
    let hours = |rule: &str| -> Vec<i64> {
        let mut agreements = Agreements::new(definition(json!({"agreements": [{
            "name": "a", "metrics": [{"name": "m", "stop": "state = 'Closed'", "reopen": rule,
                "pause": [{"reason": "user", "when": "state = 'Closed' and waits = true"}],
                "targets": [{"target": "40h"}]}]}]})))
        .unwrap();
        agreements
            .update(vec![
                incident("2026-06-15T10:00:00Z").set("state", "New"),
                incident("2026-06-15T12:00:00Z").set("state", "Closed"),
                incident("2026-06-15T13:00:00Z").set("waits", true),
                incident("2026-06-15T14:00:00Z").set("waits", false),
                incident("2026-06-15T16:00:00Z").set("state", "Active"),
            ])
            .unwrap();
        let statuses = agreements.status("INC1", at("2026-06-15T17:00:00Z")).unwrap();
        statuses.iter().map(|own| own.business.as_nanos() / 3_600_000_000_000).collect()
    };
    assert_eq!(hours("new_cycle"), [2, 1]);
    assert_eq!(hours("resume"), [3]);
    // Seven hours since the beginning, one of them waiting.
    assert_eq!(hours("void_stop"), [6]);
    assert_eq!(hours("never"), [2]);
}

#[test]
fn pauses_before_the_clock_was_attached_count_if_wanted() {
    for (wanted, hours) in [(true, 3), (false, 5)] {
        let mut own = by_priority("retarget");
        let metric = &mut own.agreements[0].metrics[0];
        metric.retroactive_pause = wanted;
        metric.start = "active = true and priority = 1".parse().unwrap();
        let mut agreements = Agreements::new(own).unwrap();
        agreements
            .update(vec![
                incident("2026-06-15T08:00:00Z")
                    .set("active", true)
                    .set("opened_at", "2026-06-15T08:00:00Z")
                    .set("priority", 3),
                incident("2026-06-15T09:00:00Z").set("state", "Awaiting User"),
                incident("2026-06-15T11:00:00Z").set("state", "Active"),
                incident("2026-06-15T12:00:00Z").set("priority", 1),
            ])
            .unwrap();
        let status = &agreements.status("INC1", at("2026-06-15T13:00:00Z")).unwrap()[0];
        assert_eq!(status.start, at("2026-06-15T08:00:00Z"));
        assert_eq!(status.business, Duration::from_secs(3600 * hours), "{wanted}");
    }
}

#[test]
fn priority_follows_from_impact_and_urgency() {
    let matrix: Value = serde_json::to_value(itom_core::sla::PriorityMatrix::servicenow()).unwrap();
    let mut agreements = Agreements::new(definition(json!({
        "priority": {"matrix": matrix},
        "agreements": [{"name": "a", "metrics": [{"name": "m", "targets": [
            {"when": "priority <= 2", "target": "1h"}, {"when": "priority > 2", "target": "9h"}]}]}]
    })))
    .unwrap();
    agreements
        .update(vec![
            incident("2026-06-15T10:00:00Z").set("impact", "2").set("urgency", 3),
            incident("2026-06-15T11:00:00Z").set("urgency", 1),
        ])
        .unwrap();
    let target = |instant: &str| agreements.status("INC1", at(instant)).unwrap()[0].target;
    assert_eq!(target("2026-06-15T10:30:00Z"), "9h".parse().unwrap());
    assert_eq!(target("2026-06-15T11:00:00Z"), "1h".parse().unwrap());
}

// ---- the queue

#[test]
fn crossings_come_once_in_order_and_late_ones_late() {
    let mut agreements = Agreements::new(definition(json!({"agreements": [{
        "name": "a", "metrics": [{"name": "m", "stop": "state = 'Closed'",
            "targets": [{"target": "4h", "thresholds": [0.5]}]}]}]})))
    .unwrap();
    let update = |record: &str, instant: &str| RecordUpdate::new(record, at(instant));
    agreements
        .update(vec![update("b", "2026-06-15T10:00:00Z"), update("a", "2026-06-15T11:00:00Z")])
        .unwrap();
    let told = |crossed: Vec<itom_core::sla::AgreementCrossing>| -> Vec<String> {
        let line = |own: &itom_core::sla::AgreementCrossing| {
            format!("{} {} {}", &own.at.to_string()[11..16], own.record, own.share)
        };
        crossed.iter().map(line).collect()
    };
    assert_eq!(told(agreements.next_breaches(1)), ["14:00 b 1"]);
    let now = at("2026-06-15T13:30:00Z");
    assert_eq!(told(agreements.advance(now).unwrap()), ["12:00 b 0.5", "13:00 a 0.5"]);
    assert!(agreements.advance(now).unwrap().is_empty());
    // It was closed at noon sharp: half the time was used up and no more.
    agreements.update(vec![update("b", "2026-06-15T12:00:00Z").set("state", "Closed")]).unwrap();
    // And one that is told of too late.
    agreements.update(vec![update("c", "2026-06-15T09:00:00Z")]).unwrap();
    let mut again = Agreements::from_bytes(&agreements.to_bytes()).unwrap();
    for agreements in [&mut agreements, &mut again] {
        let late = ["11:00 c 0.5", "13:00 c 1", "15:00 a 1"];
        assert_eq!(told(agreements.advance(at("2026-06-15T20:00:00Z")).unwrap()), late);
        let error = agreements.advance(now).unwrap_err();
        assert_eq!(error.argument(), Some("now"));
    }
}

#[test]
fn exactly_the_target_is_kept_or_broken_as_the_metric_says() {
    for (rule, breached) in [("met", false), ("breached", true)] {
        let mut agreements = Agreements::new(definition(json!({"agreements": [{
            "name": "a", "metrics": [{"name": "m", "stop": "state = 'Closed'", "at_equality": rule,
                "targets": [{"target": "4h"}]}]}]})))
        .unwrap();
        let (opened, closed) = ("2026-06-15T10:00:00Z", "2026-06-15T14:00:00Z");
        agreements.update(vec![incident(opened), incident(closed).set("state", "Closed")]).unwrap();
        let status = &agreements.status("INC1", at(closed)).unwrap()[0];
        assert_eq!((status.breached, status.breach_at.is_some()), (breached, breached), "{rule}");
        let met = agreements.replay(at(closed)).counts().met;
        assert_eq!(met, u64::from(!breached), "{rule}");
        let crossed = agreements.advance(at(closed)).unwrap();
        assert_eq!(crossed.iter().any(|crossing| crossing.breach), breached, "{rule}");
    }
}

// ---- laws

const STATES: [&str; 4] = ["New", "Active", "Awaiting", "Closed"];

#[derive(Clone, Debug)]
struct Step {
    hours: i64,
    record: u8,
    state: usize,
    priority: i64,
    vendor: bool,
}

fn steps(records: u8) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..30i64, 0..records, 0..4usize, 1..4i64, any::<bool>());
    let step = step.prop_map(|(hours, record, state, priority, vendor)| Step {
        hours,
        record,
        state,
        priority,
        vendor,
    });
    prop::collection::vec(step, 1..25)
}

/// Updates of distinct instants, and the last of them.
fn updates(steps: &[Step]) -> (Vec<RecordUpdate>, Timestamp) {
    let mut now = at("2026-03-27T07:00:00Z");
    let mut updates = Vec::new();
    for step in steps {
        now = now + Duration::from_secs(60 + 3600 * step.hours);
        let update = RecordUpdate::new(&format!("r{}", step.record), now)
            .set("state", STATES[step.state])
            .set("priority", step.priority)
            .set("vendor", step.vendor);
        updates.push(update);
    }
    (updates, now)
}

fn everything(reopen: &str, change: &str) -> AgreementsDefinition {
    definition(json!({
        "calendars": {"office": office(), "berlin": {"tz": "Europe/Berlin",
            "weekly": {"fri": [["07:00", "30:00"]], "sun": [["00:00", "24:00"]]}}},
        "agreements": [
            {"name": "Gold", "metrics": [
                {"name": "resolution", "stop": "state = 'Closed'", "reopen": reopen,
                 "on_target_change": change,
                 "pause": [{"reason": "user", "when": "state = 'Awaiting'"},
                           {"reason": "vendor", "when": "vendor = true"}],
                 "targets": [{"when": "priority = 1", "target": "4h", "calendar": "office"},
                             {"when": "priority = 2", "target": "6h", "calendar": "berlin"},
                             {"target": "30h"}]},
                {"name": "update", "reset": "state changed", "targets": [{"target": "5h"}]}]},
            {"name": "Team", "kind": "ola", "supports": "Gold", "applies": "priority < 3",
             "metrics": [{"name": "resolution", "stop": "state = 'Closed'",
                          "targets": [{"target": "3h", "calendar": "office"}]}]}]
    }))
}

fn any_rules() -> impl Strategy<Value = AgreementsDefinition> {
    let reopen = prop::sample::select(vec!["new_cycle", "resume", "void_stop", "never"]);
    let change = prop::sample::select(vec!["retarget", "new_clock", "keep"]);
    (reopen, change).prop_map(|(reopen, change)| everything(reopen, change))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn verdicts_do_not_depend_on_order_or_cuts(
        rules in any_rules(),
        steps in steps(3),
        order in any::<u64>(),
        cut in 1..6usize,
        early in 0..400i64,
    ) {
        let (updates, last) = updates(&steps);
        let mut whole = Agreements::new(rules.clone()).unwrap();
        whole.update(updates.clone()).unwrap();
        let mut shuffled = updates;
        let mut state = order | 1;
        for index in (1..shuffled.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            shuffled.swap(index, (state % (index as u64 + 1)) as usize);
        }
        let mut pieces = Agreements::new(rules).unwrap();
        let mut known = std::collections::BTreeSet::new();
        for batch in shuffled.chunks(cut) {
            let changes = pieces.update(batch.to_vec()).unwrap();
            for event in &changes.withdrawn {
                prop_assert!(known.remove(event), "withdrawn and never told: {event:?}");
            }
            for event in changes.happened {
                prop_assert!(known.insert(event), "told twice");
            }
            pieces = Agreements::from_bytes(&pieces.to_bytes()).unwrap();
        }
        let mut records: Vec<String> = steps.iter().map(|step| format!("r{}", step.record)).collect();
        records.sort();
        records.dedup();
        let later = last + Duration::from_secs(30 * 3600);
        let before = last - Duration::from_secs(3600 * early);
        for record in &records {
            for now in [later, before] {
                prop_assert_eq!(whole.status(record, now).unwrap(), pieces.status(record, now).unwrap());
            }
            let told: Vec<_> = known.iter().filter(|event| event.record == *record).cloned().collect();
            prop_assert_eq!(whole.events(record).unwrap(), told);
            // Segments add up to the status.
            let segments = whole.explain(record, later).unwrap();
            for status in whole.status(record, later).unwrap() {
                let counted = segments.iter().filter(|own| {
                    own.counted && own.agreement == status.agreement && own.metric == status.metric
                        && own.cycle == status.cycle
                });
                let sum = counted.fold(Duration::ZERO, |sum, own| sum + (own.end - own.start));
                prop_assert_eq!(sum, status.business);
            }
            for now in [later, before] {
                let own = pieces.accounting(record, "state", now).unwrap();
                prop_assert_eq!(&own, &whole.accounting(record, "state", now).unwrap());
                let shares = whole.accounting(record, "state", now).unwrap();
                let sum = shares.iter().fold(Duration::ZERO, |sum, own| sum + own.business);
                let total = whole.status(record, now).unwrap().iter()
                    .fold(Duration::ZERO, |sum, own| sum + own.business);
                prop_assert_eq!(sum, total);
            }
        }
        // A replay of the log says the same, and crossings do not depend on how time is cut.
        let replay = whole.replay(later);
        let statuses: usize = records.iter().map(|own| whole.status(own, later).unwrap().len()).sum();
        prop_assert_eq!(replay.outcomes().len(), statuses);
        let key = |own: &itom_core::sla::AgreementCrossing| {
            (own.at, own.record.clone(), own.agreement.clone(), own.metric.clone(), own.cycle,
             (own.share * 1e6) as u64)
        };
        let mut at_once: Vec<_> = whole.advance(later).unwrap().iter().map(key).collect();
        let mut in_parts: Vec<_> = Vec::new();
        for hours in (0..=10).rev() {
            let now = later - Duration::from_secs(3600 * 20 * hours);
            in_parts.extend(pieces.advance(now).unwrap().iter().map(key));
        }
        at_once.sort();
        in_parts.sort();
        prop_assert_eq!(at_once, in_parts);
    }

    /// The clocks of an agreement are [`Clock`]s whose events the conditions make.
    #[test]
    fn sums_are_those_of_a_clock(
        steps in steps(1),
        rule in prop::sample::select(vec![ReopenMode::NewCycle, ReopenMode::Resume, ReopenMode::VoidStop]),
        later in 0..200i64,
    ) {
        let (updates, last) = updates(&steps);
        let name = serde_json::to_value(rule).unwrap();
        let rules = everything(name.as_str().unwrap(), "retarget");
        let calendars = rules.calendars.clone();
        let mut agreements = Agreements::new(rules).unwrap();
        agreements.update(updates.clone()).unwrap();
        let now = last + Duration::from_secs(1800 * later);

        let always = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["00:00", "168:00"]]}}"#).unwrap();
        let target = |step: &Step| match step.priority {
            1 => (Duration::from_secs(4 * 3600), calendars["office"].clone()),
            2 => (Duration::from_secs(6 * 3600), calendars["berlin"].clone()),
            _ => (Duration::from_secs(30 * 3600), always.clone()),
        };
        let mut clock: Option<Clock> = None;
        let mut stopped = false;
        for (step, update) in steps.iter().zip(&updates) {
            let closed = STATES[step.state] == "Closed";
            let (length, calendar) = target(step);
            if clock.is_none() {
                if closed {
                    continue;
                }
                clock = Some(Clock::new(ClockOptions::new(length, calendar.clone(), update.at)).unwrap());
            }
            let clock = clock.as_mut().unwrap();
            let mut apply = |action| clock.apply(ClockEvent::new(update.at, action)).unwrap();
            if closed && !stopped {
                apply(ClockAction::Stop);
                stopped = true;
            }
            if !closed && stopped {
                apply(ClockAction::Reopen { mode: rule });
                stopped = false;
            }
            if stopped && rule != ReopenMode::VoidStop {
                continue;
            }
            let reason = |name: &str| Some(name.to_owned());
            for (name, holds) in [("user", STATES[step.state] == "Awaiting"), ("vendor", step.vendor)] {
                apply(if holds {
                    ClockAction::Pause { reason: reason(name) }
                } else {
                    ClockAction::Resume { reason: reason(name) }
                });
            }
            if !closed {
                apply(ClockAction::SetTarget { target: length });
                apply(ClockAction::SetCalendar { calendar });
            }
        }
        let statuses = agreements.status("r0", now).unwrap();
        let own: Vec<_> = statuses.iter()
            .filter(|own| own.agreement == "Gold" && own.metric == "resolution").collect();
        let Some(clock) = clock else {
            prop_assert!(own.is_empty());
            return Ok(());
        };
        let expected = clock.status(now);
        let got = own.last().unwrap();
        prop_assert_eq!(
            (got.state, got.target, got.business, got.actual, got.paused, got.breached, got.breach_at),
            (expected.state, expected.target, expected.business, expected.actual, expected.paused,
             expected.breached, expected.breach_at)
        );
        let cycles: Vec<_> = own[..own.len() - 1].iter().map(|own| (own.business, own.breached)).collect();
        let expected: Vec<_> = expected.cycles.iter().map(|own| (own.business, own.breached)).collect();
        prop_assert_eq!(cycles, expected);
    }
}

// ---- attainment and what-if

#[test]
fn attainment_is_counted_by_period_and_group() {
    let rules = definition(json!({"agreements": [{"name": "Gold", "metrics": [
        {"name": "m", "stop": "state = 'Closed'", "cancel": "state = 'Void'",
         "targets": [{"target": "24h"}]}]}]}));
    let mut log = RecordLog::new();
    let mut add = |record: &str, team: &str, opened: &str, ends: Option<(&str, &str)>| {
        let mut updates = vec![RecordUpdate::new(record, at(opened)).set("team", team)];
        updates.extend(
            ends.map(|(end, state)| RecordUpdate::new(record, at(end)).set("state", state)),
        );
        log.extend(updates).unwrap();
    };
    // Closed at 23:30 in Berlin on 31 May, which is May there.
    add("1", "net", "2026-05-31T10:00:00Z", Some(("2026-05-31T21:30:00Z", "Closed")));
    add("2", "net", "2026-05-31T10:00:00Z", Some(("2026-05-31T22:30:00Z", "Closed")));
    add("3", "desk", "2026-05-29T10:00:00Z", Some(("2026-06-02T10:00:00Z", "Closed")));
    add("4", "desk", "2026-05-30T12:00:00Z", None);
    add("5", "desk", "2026-06-02T09:30:00Z", None);
    add("6", "desk", "2026-06-01T10:00:00Z", Some(("2026-06-01T11:00:00Z", "Void")));
    let replay = replay(&rules, &log, None).unwrap();
    let rows = |options: Value| -> Vec<String> {
        let options: AttainmentOptions = serde_json::from_value(options).unwrap();
        let rows = replay.attainment(&log, &options).unwrap();
        let share =
            |share: Option<Fraction>| share.map_or("none".to_owned(), |share| share.to_string());
        let line = |row: &itom_core::sla::Attainment| {
            let month = row.end.map_or(String::new(), |end| end.to_string()[5..7].to_owned());
            format!("{month} {} {}", row.group.as_deref().unwrap_or("-"), share(row.attainment))
        };
        rows.iter().map(line).collect()
    };
    assert_eq!(rows(json!({})), [" - 1/2"]);
    assert_eq!(rows(json!({"rule": "completed_only"})), [" - 2/3"]);
    assert_eq!(rows(json!({"rule": "cancelled_met"})), [" - 3/5"]);
    assert_eq!(rows(json!({"rule": "running_met"})), [" - 3/5"]);
    let month = json!({"duration": "1M", "tz": "Europe/Berlin"});
    // The end of May is 31 May 22:00 UTC, that of June 30 June 22:00 UTC.
    assert_eq!(rows(json!({"period": month})), ["05 - 1/2", "06 - 1/2"]);
    assert_eq!(
        rows(json!({"period": month, "group": "team", "counted_in": "opened"})),
        ["05 desk 0", "05 net 1", "06 desk none"]
    );
    assert_eq!(
        rows(json!({"period": month, "group": "team", "counted_in": "breached"})),
        ["05 desk 0", "05 net 1", "06 desk none", "06 net 1"]
    );
    for options in [
        json!({"metric": "x"}),
        json!({"agreement": "x"}),
        json!({"agreement": "x", "metric": "m"}),
    ] {
        let options: AttainmentOptions = serde_json::from_value(options).unwrap();
        assert_eq!(replay.attainment(&log, &options).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn what_if_names_the_causes() {
    use itom_core::sla::FlipCause::{Attached, Calendar, Pauses, Start, Target};
    let before = json!({"calendars": {"office": office()}, "agreements": [{"name": "a", "metrics": [
        {"name": "m", "stop": "state = 'Closed'", "targets": [{"target": "4h"}]}]}]});
    let mut log = RecordLog::new();
    log.extend(vec![
        incident("2026-06-15T06:00:00Z").set("state", "New").set("opened", "2026-06-14T06:00:00Z"),
        incident("2026-06-15T07:00:00Z").set("state", "Awaiting"),
        incident("2026-06-15T08:30:00Z").set("state", "Active"),
        incident("2026-06-15T11:00:00Z").set("state", "Closed"),
    ])
    .unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut after = before.clone();
        change(&mut after["agreements"][0]["metrics"][0]);
        let answer = what_if(&log, &definition(before.clone()), &definition(after), None).unwrap();
        let flips: Vec<_> = answer.flips.iter().map(|flip| flip.causes.clone()).collect();
        (flips, answer.moved, answer.unchanged)
    };
    assert_eq!(with(&|_| ()), (vec![], 0, 1));
    assert_eq!(with(&|m| m["targets"][0]["target"] = json!("5h")), (vec![vec![Target]], 0, 0));
    assert_eq!(with(&|m| m["targets"][0]["target"] = json!("3h")), (vec![], 1, 0));
    assert_eq!(
        with(&|m| m["targets"][0]["calendar"] = json!("office")),
        (vec![vec![Calendar]], 0, 0)
    );
    let pause = json!([{"reason": "user", "when": "state = 'Awaiting'"}]);
    assert_eq!(with(&|m| m["pause"] = pause.clone()), (vec![vec![Pauses]], 0, 0));
    assert_eq!(with(&|m| m["start"] = json!("state = 'Solved'")), (vec![vec![Attached]], 0, 0));
    assert_eq!(with(&|m| m["retroactive_start"] = json!("opened")), (vec![], 1, 0));
    let both = with(&|m| {
        m["retroactive_start"] = json!("opened");
        m["targets"][0]["target"] = json!("40h");
    });
    assert_eq!(both, (vec![vec![Start, Target]], 0, 0));
}

// ---- extremes

#[test]
fn the_ends_of_time_are_answered() {
    let mut agreements = Agreements::new(everything("resume", "retarget")).unwrap();
    for instant in [Timestamp::MIN, Timestamp::MAX, Timestamp::from_nanos(0)] {
        agreements.update(vec![RecordUpdate::new("x", instant).set("state", "New")]).unwrap();
    }
    for instant in [Timestamp::MIN, Timestamp::MAX] {
        assert!(!agreements.status("x", instant).unwrap().is_empty());
        agreements.accounting("x", "state", instant).unwrap();
        agreements.slack("x", instant).unwrap();
        agreements.advance(instant).unwrap();
    }
    let empty = Agreements::new(everything("resume", "retarget")).unwrap();
    assert!(empty.statuses(Timestamp::MAX).unwrap().is_empty());
    assert_eq!(empty.status("x", Timestamp::MAX).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(empty.replay(Timestamp::MAX).outcomes().is_empty());
}

// ---- snapshots

fn saved() -> Agreements {
    let mut agreements = Agreements::new(everything("void_stop", "new_clock")).unwrap();
    let update = |record: &str, instant: &str| RecordUpdate::new(record, at(instant));
    agreements
        .update(vec![
            RecordUpdate { id: Some("u1".to_owned()), ..update("INC1", "2026-06-15T09:00:00Z") }
                .set("state", "New")
                .set("priority", 2),
            update("INC1", "2026-06-15T10:00:00Z").set("state", "Awaiting"),
            update("INC2", "2026-06-15T11:00:00Z").set("state", "New").set("priority", 1),
        ])
        .unwrap();
    agreements.advance(at("2026-06-15T13:30:00Z")).unwrap();
    agreements
}

#[test]
fn the_golden_snapshot_goes_on() {
    let bytes = golden("sla.agreements.v1.itom", || saved().to_bytes());
    let mut agreements = Agreements::from_bytes(&bytes).unwrap();
    // Known by its name, the first update is corrected: it was an hour later.
    let corrected = RecordUpdate {
        id: Some("u1".to_owned()),
        revision: 1,
        ..RecordUpdate::new("INC1", at("2026-06-15T09:30:00Z"))
    };
    let changes = agreements
        .update(vec![
            corrected.set("state", "New").set("priority", 3),
            RecordUpdate::new("INC1", at("2026-06-15T14:00:00Z")).set("state", "Active"),
        ])
        .unwrap();
    assert!(changes.withdrawn.iter().any(|event| event.what == AgreementAction::Attached));
    let status = &agreements.status("INC1", at("2026-06-15T15:00:00Z")).unwrap()[0];
    assert_eq!((status.business, status.paused), ("1h30m".parse().unwrap(), "4h".parse().unwrap()));
    let crossed = agreements.advance(at("2026-06-15T15:00:00Z")).unwrap();
    let breaches: Vec<_> =
        crossed.iter().filter(|own| own.breach).map(|own| own.record.as_str()).collect();
    assert_eq!(breaches, ["INC2", "INC2"], "{crossed:?}");
}

#[test]
fn damaged_snapshots_are_refused() {
    let whole = saved().to_bytes();
    for length in (0..whole.len()).step_by(7) {
        assert!(Agreements::from_bytes(&whole[..length]).is_err());
    }
}

// ---- the incidents of a real desk

/// Per incident its last priority and verdict.
type Truth = BTreeMap<String, (String, bool)>;

/// The updates, and what became of them.
fn incidents() -> Option<(RecordLog, Truth)> {
    let text = incident_log()?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|own| *own == name).unwrap();
    let [number, state, priority, opened, updated, closed, group, count, made] = [
        "number",
        "ident_state",
        "priority",
        "opened_at",
        "sys_updated_at",
        "closed_at",
        "assignment_group",
        "sys_mod_count",
        "made_sla",
    ]
    .map(column);
    let mut log = RecordLog::new();
    let mut truth = BTreeMap::new();
    let mut writer = log.writer(&["state", "priority", "opened_at", "closed", "group"]).unwrap();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let (at, end) = (printed(cells[updated]), printed(cells[closed]));
        // Closed for good: some were closed before and worked on.
        let closed = cells[state] == "Closed" && at >= end;
        let row = [
            FieldRef::Text(cells[state]),
            FieldRef::Text(cells[priority]),
            FieldRef::Instant(printed(cells[opened])),
            FieldRef::Boolean(closed),
            FieldRef::Text(cells[group]),
        ];
        writer.push(cells[number], at, cells[count].parse().unwrap(), &row).unwrap();
        truth.insert(cells[number].to_owned(), (cells[priority].to_owned(), cells[made] == "true"));
    }
    drop(writer);
    Some((log, truth))
}

/// `29/2/2016 01:16`, taken as UTC.
fn printed(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    let mut date = date.split('/').map(|part| part.parse::<u32>().unwrap());
    let (day, month, year) = (date.next().unwrap(), date.next().unwrap(), date.next().unwrap());
    at(&format!("{year:04}-{month:02}-{day:02}T{time}:00Z"))
}

/// Mon-Fri 08-17 six hours behind the printed clock, 62 hours from opened to closed.
fn desk() -> AgreementsDefinition {
    let mut calendar = office();
    calendar["tz"] = json!("Etc/GMT+6");
    definition(json!({
        "calendars": {"desk": calendar},
        "agreements": [{"name": "Incident", "metrics": [{
            "name": "resolution", "stop": "closed = true", "retroactive_start": "opened_at",
            "targets": [{"target": "62h", "calendar": "desk"}]}]}]
    }))
}

fn agreeing(
    replay: &Replay,
    truth: &BTreeMap<String, (String, bool)>,
    priority: &str,
) -> (usize, usize) {
    let (mut agree, mut all) = (0, 0);
    for outcome in replay.outcomes() {
        let (own, made) = &truth[replay.record(outcome)];
        if own == priority {
            all += 1;
            agree += usize::from(outcome.breached != *made);
        }
    }
    (agree, all)
}

#[test]
fn the_verdicts_of_a_real_desk_are_reproduced() {
    let Some((log, truth)) = incidents() else { return };
    assert_eq!((log.len(), log.records()), (141_712, 24_918));
    let rules = desk();
    let replay = replay(&rules, &log, None).unwrap();
    assert_eq!(agreeing(&replay, &truth, "3"), (23_446, 23_466));
    // Of priority 4 every incident that was met took less than any that was not.
    let (mut met, mut not) = (Duration::ZERO, Duration::MAX);
    for outcome in replay.outcomes() {
        match &truth[replay.record(outcome)] {
            (priority, true) if priority == "4" => met = met.max(outcome.business),
            (priority, false) if priority == "4" => not = not.min(outcome.business),
            _ => {}
        }
    }
    assert!(met < not, "met within {met}, not within {not}");
    println!("priority 4: met within {met}, not met from {not} on");
    assert!(replay.outcomes().iter().all(|own| own.state == ClockState::Stopped));
    let options: AttainmentOptions = serde_json::from_value(
        json!({"group": "group", "period": {"duration": "1M", "tz": "Etc/GMT+6"}}),
    )
    .unwrap();
    let rows = replay.attainment(&log, &options).unwrap();
    let counted: u64 = rows.iter().map(|row| row.met + row.breached).sum();
    assert_eq!(counted, 24_918);
    let mut after = rules.clone();
    after.agreements[0].metrics[0].targets[0].target = "70h".parse().unwrap();
    let answer = what_if(&log, &rules, &after, None).unwrap();
    assert_eq!(answer.flips.len() as u64, answer.before.breached - answer.after.breached);
    assert!(!answer.flips.is_empty() && answer.unchanged == 0);
}
