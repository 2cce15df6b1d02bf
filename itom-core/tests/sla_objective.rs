//! Objectives and availability: the shared cases, and the laws.
#![cfg(feature = "sla")]

use itom_core::sla::{
    Budgeting, BurnAlert, Fraction, Objective, ObjectiveDefinition, ObjectiveState, availability,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn cases(op: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/sla/sla_cases.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let all = file["cases"].as_array().unwrap().iter();
    let found: Vec<Value> = all.filter(|case| case["op"] == op).cloned().collect();
    assert!(!found.is_empty(), "no case of {op}");
    found
}

fn fraction(value: &Value) -> Fraction {
    serde_json::from_value(value.clone()).unwrap()
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_i64().unwrap())
}

fn definition(json: Value) -> ObjectiveDefinition {
    serde_json::from_value(json).unwrap()
}

#[test]
fn error_budgets_are_exact() {
    for case in cases("error_budget") {
        let input = &case["input"];
        let definition =
            ObjectiveDefinition::new(fraction(&input["target_pct"]), seconds(&input["window_s"]));
        let expected = fraction(&case["expected"]["budget_s"]);
        assert_eq!(definition.budget_seconds().unwrap(), expected, "{case}");
    }
}

#[test]
fn burn_factors_scale_with_the_window() {
    for case in cases("burn_factor") {
        let input = &case["input"];
        let long = seconds(&input["long_window_s"]);
        let alert = BurnAlert {
            name: "page".to_owned(),
            budget: fraction(&input["budget_pct"]),
            long,
            short: long,
        };
        let factor = alert.factor(seconds(&input["slo_window_s"])).unwrap();
        assert_eq!(factor, fraction(&case["expected"]["factor"]), "{case}");
    }
}

#[test]
fn an_alert_fires_above_its_threshold_and_not_at_it() {
    for case in cases("mwmb_point") {
        let count = |key: &str| case["input"]["long"][key].as_u64().unwrap();
        let mut objective =
            Objective::new(definition(json!({"target": "99.9", "window": "720h"}))).unwrap();
        let at = Timestamp::from_secs(1_800_000_000);
        objective.record(at, count("total") - count("errors"), count("total")).unwrap();
        let status = objective.status(at).unwrap();
        assert_eq!(json!(status.alerts[0].firing), case["expected"]["fires"], "{case}");
        if let Some(state) = case["expected"]["state"].as_str() {
            assert_eq!(json!(status.state), state);
        }
    }
}

#[test]
fn two_windows_fire_and_clear_when_the_workbook_says() {
    for case in cases("mwmb") {
        let mut objective =
            Objective::new(definition(json!({"target": "99.9", "window": "720h"}))).unwrap();
        let mut firing = Vec::new();
        for minute in 0..90 {
            let at = Timestamp::from_secs(1_800_000_000 + 60 * minute);
            let errors = if (60..70).contains(&minute) { 100 } else { 0 };
            objective.record(at, 1000 - errors, 1000).unwrap();
            if objective.status(at).unwrap().alerts[0].firing {
                // After that minute, counted from 1.
                firing.push(minute + 1);
            }
        }
        assert_eq!(json!(firing.first()), case["expected"]["first_firing_after_minute"]);
        assert_eq!(json!(firing.last()), case["expected"]["last_firing_after_minute"]);
    }
}

#[test]
fn budgeting_counts_events_or_slices() {
    for case in cases("budgeting") {
        let input = &case["input"];
        let mut document = json!({"target": "95", "window": "4m", "alerts": []});
        if input["method"] == "Timeslices" {
            document["budgeting"] = json!("timeslices");
            let share = fraction(&input["time_slice_target"]).to_f64() * 100.0;
            document["slice_target"] = json!(share);
        }
        let mut objective = Objective::new(definition(document)).unwrap();
        for (minute, slice) in input["slices"].as_array().unwrap().iter().enumerate() {
            let at = Timestamp::from_secs(1_800_000_000 + 60 * minute as i64);
            objective.record(at, slice[0].as_u64().unwrap(), slice[1].as_u64().unwrap()).unwrap();
        }
        let status = objective.status(Timestamp::from_secs(1_800_000_180)).unwrap();
        assert_eq!(status.sli, Some(fraction(&case["expected"]["sli"])), "{case}");
    }
    for case in cases("budget_slices") {
        let input = &case["input"];
        let mut definition =
            ObjectiveDefinition::new("95".parse().unwrap(), seconds(&input["window_s"]));
        definition.budgeting = Budgeting::Timeslices;
        definition.slice_target = Some("99".parse().unwrap());
        let status = Objective::new(definition).unwrap().status(Timestamp::from_secs(0)).unwrap();
        assert_eq!(status.budget, fraction(&case["expected"]["bad_slices_allowed"]));
        assert_eq!(status.state, ObjectiveState::NoData);
    }
}

#[test]
fn a_full_budget_burning_14_times_too_fast_lasts_50_hours() {
    for case in cases("time_to_exhaustion") {
        // Nothing bad in the window but a burn of 14.4 in its last hour, weighing next to nothing.
        let mut objective =
            Objective::new(definition(json!({"target": "99.9", "window": "720h"}))).unwrap();
        let at = Timestamp::from_secs(1_800_000_000);
        objective.record(at - Duration::from_secs(7200), u64::MAX / 2, u64::MAX / 2).unwrap();
        objective.record(at, 9_856, 10_000).unwrap();
        let left = objective.status(at).unwrap().time_to_exhaustion.unwrap();
        let expected = fraction(&case["expected"]["seconds"]).to_f64();
        assert!((left.as_secs_f64() - expected).abs() < 1e-3, "{left}");
    }
}

#[test]
fn availability_is_exact() {
    for case in cases("availability") {
        let input = &case["input"];
        let instant = |value: &Value| value.as_str().map(|text| text.parse::<Timestamp>().unwrap());
        let pair = |value: &Value| (instant(&value[0]).unwrap(), instant(&value[1]));
        let outages: Vec<_> = input["outages"].as_array().unwrap().iter().map(pair).collect();
        let excluded = input["excluded"].as_array().into_iter().flatten();
        let excluded: Vec<_> = excluded.map(|v| (pair(v).0, pair(v).1.unwrap())).collect();
        let period = (pair(&input["period"]).0, pair(&input["period"]).1.unwrap());
        let report = availability(period, &outages, &excluded, instant(&input["eval_at"])).unwrap();
        assert_eq!(report.downtime, seconds(&case["expected"]["downtime_s"]), "{case}");
        assert_eq!(
            report.availability,
            Some(fraction(&case["expected"]["availability"])),
            "{case}"
        );
    }
}

#[test]
fn bad_definitions_are_refused_by_name() {
    for (document, argument) in [
        (json!({"target": "100.1", "window": "1h"}), "target"),
        (json!({"target": "0", "window": "1h"}), "target"),
        (json!({"target": "-5", "window": "1h"}), "target"),
        (json!({"target": "99.9999999999999", "window": "1h"}), "target"),
        (json!({"target": "99", "window": "0s"}), "window"),
        (json!({"target": "99", "window": "90s"}), "window"),
        (json!({"target": "99", "window": "1000000h"}), "window"),
        (json!({"target": "99", "window": "1h", "resolution": "0s"}), "resolution"),
        (json!({"target": "99", "window": "1h", "budgeting": "timeslices"}), "slice_target"),
        (json!({"target": "99", "window": "1h", "slice_target": "9"}), "slice_target"),
        (
            json!({"target": "99", "window": "1h",
                   "alerts": [{"name": "x", "budget": 1, "long": "5m", "short": "10m"}]}),
            "short",
        ),
        (
            json!({"target": "99", "window": "1h",
                   "alerts": [{"name": "x", "budget": 1, "long": "0s", "short": "0s"}]}),
            "long",
        ),
    ] {
        let error = Objective::new(definition(document.clone())).unwrap_err();
        assert_eq!(error.argument(), Some(argument), "{document}: {error}");
    }
    for target in [json!("ninety"), json!("99,9"), json!(null), json!([99])] {
        let document = json!({"target": target, "window": "1h"});
        assert!(serde_json::from_value::<ObjectiveDefinition>(document).is_err());
    }
}

#[test]
fn refused_counts_change_nothing_and_forgotten_ones_are_told() {
    let mut objective =
        Objective::new(definition(json!({"target": "99", "window": "1h"}))).unwrap();
    let at = Timestamp::from_secs(1_800_000_000);
    objective.record(at, 5, 5).unwrap();
    let before = objective.to_bytes();
    assert!(objective.record(at, 2, 1).is_err());
    assert!(objective.record(at, u64::MAX, u64::MAX).is_err());
    assert_eq!(objective.to_bytes(), before);
    objective.record(at - Duration::from_secs(3600), 1, 1).unwrap();
    assert_eq!(objective.status(at).unwrap().late, 1);
    objective.record(at + Duration::from_secs(3600), 1, 1).unwrap();
    assert!(objective.status(at).is_err(), "its counts are forgotten");
    for extreme in [Timestamp::MAX, Timestamp::MIN] {
        let _ = objective.status(extreme);
        let _ = objective.record(extreme, 1, 1);
    }
}

proptest! {
    /// Within the window the order of records does not matter, nor a snapshot between them.
    #[test]
    fn order_does_not_matter(
        records in prop::collection::vec((0i64..3600, 0u64..50, 0u64..50), 1..60),
        cut in 0usize..60,
    ) {
        let base = Timestamp::from_secs(1_800_000_000);
        let run = |records: &[(i64, u64, u64)], cut: usize| {
            let window = json!({"target": "99.5", "window": "2h"});
            let mut objective = Objective::new(definition(window)).unwrap();
            for (index, &(second, good, bad)) in records.iter().enumerate() {
                if index == cut {
                    objective = Objective::from_bytes(&objective.to_bytes()).unwrap();
                }
                let at = base + Duration::from_secs(second);
                objective.record(at, good, good + bad).unwrap();
            }
            objective
        };
        let mut sorted = records.clone();
        sorted.sort_unstable();
        let (one, other) = (run(&records, usize::MAX), run(&sorted, cut));
        prop_assert_eq!(one.to_bytes(), other.to_bytes());
        let status = one.status(base + Duration::from_secs(3600)).unwrap();
        prop_assert_eq!(status.total, records.iter().map(|r| r.1 + r.2).sum::<u64>());
        prop_assert_eq!(status.consumed, records.iter().map(|r| r.2).sum::<u64>());
    }
}
