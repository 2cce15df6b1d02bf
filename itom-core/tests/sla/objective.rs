//! Objectives: the shared cases, the presets' published figures, and the laws against an oracle
//! that adds up every bucket anew.

use std::collections::BTreeMap;

use itom_core::sla::{
    BurnAlert, Fraction, Objective, ObjectiveDefinition, ObjectiveState, burn_alerts, pyrra,
    sre_workbook,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::case_file;
use crate::common::golden;

const START: i64 = 1_800_000_000;

/// The cases of an operation, none of which has a convention that would have to be run as well.
fn cases(op: &str) -> Vec<Value> {
    let found = case_file::cases(op);
    assert!(found.iter().all(|case| case["alternatives"].as_object().is_none_or(|a| a.is_empty())));
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

fn objective(json: Value) -> Objective {
    Objective::new(definition(json)).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(START + seconds)
}

/// `0.95` as 95 percent.
fn as_percent(share: &Value) -> Fraction {
    let share = fraction(share);
    Fraction::new(share.numerator() * 100, share.denominator()).unwrap()
}

fn shares(one: Fraction, other: u64) -> u64 {
    let product = one.numerator() * i128::from(other);
    assert_eq!(product % one.denominator(), 0);
    u64::try_from(product / one.denominator()).unwrap()
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
        let alert = BurnAlert::at_budget("page", fraction(&input["budget_pct"]), long, long);
        let factor = alert.factor(seconds(&input["slo_window_s"])).unwrap();
        assert_eq!(factor, fraction(&case["expected"]["factor"]), "{case}");
    }
}

#[test]
fn exhaustion_and_detection_take_as_long_as_the_formulas_say() {
    for case in cases("time_to_exhaustion") {
        let input = &case["input"];
        let window = seconds(&input["slo_window_s"]);
        let rate = fraction(&input["burn_rate"]);
        let definition = ObjectiveDefinition::new("99.9".parse().unwrap(), window);
        let expected = fraction(&case["expected"]["seconds"]);
        assert_eq!(definition.exhaustion_seconds(rate).unwrap(), Some(expected), "{case}");
    }
    for case in cases("detection_time") {
        let input = &case["input"];
        let long = seconds(&input["long_window_s"]);
        let alert = BurnAlert::at_rate("page", fraction(&input["factor"]), long, long);
        let definition = ObjectiveDefinition::new(fraction(&input["target_pct"]), long);
        let budget = definition.error_budget().unwrap();
        let found = alert.detection_seconds(fraction(&input["error_ratio"]), budget, long).unwrap();
        assert_eq!(found, Some(fraction(&case["expected"]["seconds"])), "{case}");
    }
}

/// An objective of 30 days with one alert at a burn rate.
fn alerting(target: &Value, factor: &Value, long_min: i64, short_min: i64) -> Objective {
    objective(json!({"target": target, "window": "30d", "alerts": [{"name": "page",
        "factor": factor, "long": 60 * long_min, "short": 60 * short_min}]}))
}

#[test]
fn an_alert_fires_above_its_threshold_and_not_at_it() {
    for case in cases("mwmb_point") {
        let input = &case["input"];
        let count = |window: &str, key: &str| input[window][key].as_u64().unwrap();
        let mut objective = alerting(&input["target_pct"], &input["factor"], 60, 5);
        let record = |objective: &mut Objective, at, errors: u64, total: u64| {
            objective.record_bad(at, errors, total).unwrap();
        };
        let (errors, total) = (count("short", "errors"), count("short", "total"));
        record(&mut objective, at(0), errors, total);
        let before = (count("long", "errors") - errors, count("long", "total") - total);
        record(&mut objective, at(-1800), before.0, before.1);
        let status = objective.status(at(0)).unwrap();
        assert_eq!(json!(status.alerts[0].firing), case["expected"]["fires"], "{case}");
        assert_eq!(json!(objective.evaluate(at(0)).unwrap().fires(0)), case["expected"]["fires"]);
        if let Some(state) = case["expected"]["state"].as_str() {
            assert_eq!(json!(status.state), state);
        }
    }
}

#[test]
fn two_windows_fire_and_clear_when_the_workbook_says() {
    for case in cases("mwmb") {
        let input = &case["input"];
        let whole = |key: &str| input[key].as_i64().unwrap();
        let mut objective =
            alerting(&input["target_pct"], &input["factor"], whole("long_min"), whole("short_min"));
        let total = input["per_minute_total"].as_u64().unwrap();
        let mut errors = BTreeMap::new();
        for (minutes, count) in input["error_minutes"].as_object().unwrap() {
            let (from, to) = minutes.split_once("..").unwrap_or((minutes, minutes));
            let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
            errors.extend((from..=to).map(|minute| (minute, count.as_u64().unwrap())));
        }
        let mut firing = Vec::new();
        for minute in 0..whole("minutes") {
            let bad = errors.get(&minute).copied().unwrap_or(0);
            objective.record_bad(at(60 * minute), bad, total).unwrap();
            if objective.evaluate(at(60 * minute)).unwrap().fires(0) {
                // After that minute, counted from 1.
                firing.push(minute + 1);
            }
        }
        assert_eq!(json!(firing.first()), case["expected"]["first_firing_after_minute"]);
        assert_eq!(json!(firing.last()), case["expected"]["last_firing_after_minute"]);
    }
}

#[test]
fn pyrra_scales_its_windows() {
    for case in cases("pyrra_windows") {
        let rows: Vec<Value> = pyrra(seconds(&case["input"]["slo_window_s"]))
            .unwrap()
            .iter()
            .map(|alert| {
                let whole = |duration: Duration| duration.as_nanos() / 1_000_000_000;
                let factor = alert.factor(Duration::from_secs(1)).unwrap().numerator();
                json!([whole(alert.pending), whole(alert.long), whole(alert.short), factor as i64])
            })
            .collect();
        assert_eq!(json!(rows), case["expected"]["rows"], "{case}");
    }
}

#[test]
fn presets_have_the_factors_that_sloth_and_the_workbook_publish() {
    let factors = |preset: &str, days: i64| {
        let window = Duration::from_secs(days * 86_400);
        let alerts = burn_alerts(preset, window).unwrap();
        alerts.iter().map(|a| a.factor(window).unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(factors("sre_workbook", 30), ["72/5", "6", "3", "1"]);
    assert_eq!(factors("sloth_30d", 30), ["72/5", "6", "3", "1"]);
    // 13.44, 5.6, 2.8 and 0.9333...
    assert_eq!(factors("sloth_28d", 28), ["336/25", "28/5", "14/5", "14/15"]);
    assert_eq!(factors("pyrra", 28), ["14", "7", "2", "1"]);
    for (preset, days) in [("sloth_30d", 28), ("sloth_28d", 30), ("prometheus", 30)] {
        assert!(burn_alerts(preset, Duration::from_secs(days * 86_400)).is_err());
    }
    // 28 days: 1h/5m for 2m, 6h/30m for 15m, 1d/2h for 1h, 4d/6h for 3h.
    let rows: Vec<_> = pyrra(Duration::from_secs(28 * 86_400))
        .unwrap()
        .iter()
        .map(|alert| [alert.pending, alert.long, alert.short].map(|d| d.as_secs_f64() / 60.0))
        .collect();
    assert_eq!(
        rows,
        [[2.0, 60.0, 5.0], [15.0, 360.0, 30.0], [60.0, 1440.0, 120.0], [180.0, 5760.0, 360.0]]
    );
    assert!(pyrra(Duration::from_secs(60)).is_err() && pyrra(Duration::from_nanos(-1)).is_err());
    assert_eq!(sre_workbook().len(), 4);
}

#[test]
fn no_float_residue_decides() {
    // sloth generates 14.4 * 0.0009999999999999432: 1.44 % would exceed that. Here it does not.
    let mut one = alerting(&json!("99.9"), &json!("14.4"), 60, 5);
    one.record_bad(at(0), 144, 10_000).unwrap();
    let generated = std::hint::black_box(14.4 * 0.000_999_999_999_999_943_2);
    assert!(144.0 / 10_000.0 > generated);
    assert!(!one.evaluate(at(0)).unwrap().fires(0));
    one.adjust(at(0), -1, 0).unwrap();
    assert!(one.evaluate(at(0)).unwrap().fires(0));
    let mut inclusive = objective(json!({"target": "99.9", "window": "30d", "alerts": [
        {"name": "x", "factor": "14.4", "long": "1h", "short": "5m", "inclusive": true}]}));
    assert!(!inclusive.evaluate(at(0)).unwrap().fires(0), "no data is not zero of zero");
    inclusive.record_bad(at(0), 144, 10_000).unwrap();
    assert!(inclusive.evaluate(at(0)).unwrap().fires(0));
}

#[test]
fn budgeting_counts_events_or_slices() {
    for case in cases("budgeting") {
        let input = &case["input"];
        let slices = input["slices"].as_array().unwrap();
        let mut document = json!({"target": "95", "window": 60 * slices.len(), "alerts": []});
        match input["method"].as_str().unwrap() {
            "Timeslices" => {
                document["budgeting"] = json!("timeslices");
                document["slice_target"] = json!(as_percent(&input["time_slice_target"]));
            }
            "RatioTimeslices" => document["budgeting"] = json!("ratio_timeslices"),
            method => assert_eq!(method, "Occurrences"),
        }
        let mut objective = objective(document);
        for (minute, slice) in slices.iter().enumerate() {
            let (good, total) = (slice[0].as_u64().unwrap(), slice[1].as_u64().unwrap());
            objective.record(at(60 * minute as i64), good, total).unwrap();
        }
        let status = objective.status(at(60 * (slices.len() as i64 - 1))).unwrap();
        assert_eq!(status.sli, Some(fraction(&case["expected"]["sli"])), "{case}");
    }
}

#[test]
fn openslo_s_example_comes_to_what_its_three_methods_say() {
    for case in cases("budget_slices") {
        let input = &case["input"];
        let slice = seconds(&input["slice_s"]);
        let target = as_percent(&input["target"]);
        let mut document = json!({"target": target, "window": input["window_s"],
                "resolution": input["slice_s"], "budgeting": "timeslices", "slice_target": "99",
                "alerts": []});
        let one = objective(document.clone());
        let status = one.status(Timestamp::from_secs(0)).unwrap();
        let allowed = fraction(&case["expected"]["bad_slices_allowed"]);
        assert_eq!((status.budget, status.state), (allowed, ObjectiveState::NoData));
        assert_eq!(one.definition().allowed_slices().unwrap(), allowed);
        let bad = Fraction::new(
            allowed.numerator() * i128::from(slice.as_nanos()),
            allowed.denominator() * 1_000_000_000,
        )
        .unwrap();
        assert_eq!(bad, fraction(&case["expected"]["seconds"]));
        assert_eq!(one.definition().budget_seconds().unwrap(), bad);
        // As many bad slices as are allowed do not exhaust it, and one more does.
        document["history"] = json!(0);
        let mut two = objective(document);
        for bad in 0..=i64::try_from(allowed.numerator()).unwrap() {
            two.record(at(0) + Duration::from_nanos(slice.as_nanos() * bad), 0, 1).unwrap();
            let state = two.evaluate(at(0) + Duration::from_nanos(slice.as_nanos() * bad));
            let gone = bad + 1 > i64::try_from(allowed.numerator()).unwrap();
            assert_eq!(state.unwrap().state == ObjectiveState::Exhausted, gone);
        }
    }
    for case in cases("budget_ratio_slices") {
        let input = &case["input"];
        let definition = definition(json!({"target": as_percent(&input["target"]),
            "window": input["window_s"], "resolution": input["slice_s"],
            "budgeting": "ratio_timeslices", "alerts": []}));
        let less = |share: &Value| {
            let share = fraction(share);
            Fraction::new(share.denominator() - share.numerator(), share.denominator()).unwrap()
        };
        let slices = definition.outage_slices(less(&input["attack"]), less(&input["baseline"]));
        let slices = slices.unwrap().unwrap();
        let slice = i128::from(input["slice_s"].as_i64().unwrap());
        let minutes = Fraction::new(slices.numerator() * slice, slices.denominator() * 60).unwrap();
        assert_eq!(minutes, fraction(&case["expected"]["attack_minutes"]), "{case}");
    }
    for case in cases("budget_occurrences") {
        let input = &case["input"];
        let requests = input["requests"].as_u64().unwrap();
        let target = as_percent(&input["target"]);
        let mut one = objective(json!({"target": target, "window": "14d", "alerts": []}));
        let allowed = fraction(&case["expected"]["failures_allowed"]);
        assert_eq!(one.definition().allowed(requests).unwrap(), allowed);
        one.record(at(0), shares(fraction(&input["baseline"]), requests), requests).unwrap();
        let left = fraction(&case["expected"]["left_after_baseline"]);
        assert_eq!(one.status(at(0)).unwrap().remaining, left, "{case}");
    }
}

#[test]
fn calendar_windows_are_as_long_as_their_zone_makes_them() {
    for case in cases("calendar_window") {
        let input = &case["input"];
        let one = objective(json!({"target": "99", "window": "1M",
            "calendar": {"tz": input["tz"]}}));
        let month = format!("{}-15T12:00:00Z", input["month"].as_str().unwrap());
        let status = one.status(month.parse().unwrap()).unwrap();
        let length = status.window_end - status.window_start;
        assert_eq!(length, seconds(&case["expected"]["seconds"]), "{case}");
    }
    for case in cases("anchored_windows") {
        let input = &case["input"];
        let one =
            objective(json!({"target": "99", "window": input["duration"], "resolution": "1h",
            "alerts": [], "calendar": {"tz": input["tz"], "start": input["start"]}}));
        let expected = case["expected"]["starts"].as_array().unwrap();
        let instant = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
        let (first, last) = (instant(&expected[0]), instant(expected.last().unwrap()));
        let windows = one.windows(first, last + Duration::from_secs(1)).unwrap();
        let starts: Vec<Timestamp> = windows.iter().map(|window| window.start).collect();
        assert_eq!(starts, expected.iter().map(instant).collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn a_full_budget_burning_14_times_too_fast_lasts_50_hours() {
    // Nothing bad in the window but a burn of 14.4 in its last hour, weighing next to nothing.
    let mut objective = objective(json!({"target": "99.9", "window": "30d"}));
    objective.record(at(60 - 30 * 86_400), u64::MAX / 2, u64::MAX / 2).unwrap();
    objective.record(at(0), 9_856, 10_000).unwrap();
    let left = objective.status(at(0)).unwrap().time_to_exhaustion.unwrap();
    assert!((left.as_secs_f64() - 180_000.0).abs() < 1e-3, "{left}");
}

/// What the estimate says comes true when the same goes on.
#[test]
fn the_budget_lasts_as_long_as_said_when_nothing_changes() {
    for (calendar, old, bad) in [(None, 3, 5), (None, 20, 3), (None, 24, 5), (Some("UTC"), 3, 5)] {
        let mut document = json!({"target": "99", "window": "1d", "alerts": []});
        if let Some(tz) = calendar {
            document["calendar"] = json!({"tz": tz});
        }
        let mut one = objective(document);
        let midnight = START - START % 86_400;
        let minute = |minute: i64| Timestamp::from_secs(midnight + 60 * minute);
        let now = old * 60;
        for m in 0..now {
            // Half an hour of burning before now, and a clean past.
            let bad = if m >= now - 30 { bad } else { 0 };
            one.record_bad(minute(m), bad, 100).unwrap();
        }
        let hour = Duration::from_secs(1800);
        let lasts = one.time_to_exhaustion(minute(now - 1), hour).unwrap().unwrap();
        let mut last = now - 1;
        while one.evaluate(minute(last)).unwrap().state != ObjectiveState::Exhausted {
            last += 1;
            one.record_bad(minute(last), bad, 100).unwrap();
        }
        let truth = (last - (now - 1)) * 60;
        assert!((lasts.as_secs_f64() - truth as f64).abs() <= 60.0, "{old} {lasts} {truth}");
    }
}

#[test]
fn months_in_a_zone_begin_anew_and_the_past_ones_stay() {
    let mut one = objective(json!({"target": "99", "window": "1M", "alerts": [],
        "calendar": {"tz": "America/New_York"}}));
    let utc = |text: &str| text.parse::<Timestamp>().unwrap();
    one.record_bad(utc("2026-04-01T03:59:00Z"), 9, 100).unwrap();
    one.record_bad(utc("2026-04-01T04:00:00Z"), 1, 100).unwrap();
    let march = one.status(utc("2026-03-31T00:00:00Z")).unwrap();
    assert_eq!(march.state, ObjectiveState::NoData, "what is later has not happened yet");
    let march = one.status(utc("2026-04-01T03:59:59Z")).unwrap();
    assert_eq!((march.state, march.total), (ObjectiveState::Exhausted, 100));
    assert_eq!(march.window_start, utc("2026-03-01T05:00:00Z"));
    let april = one.status(utc("2026-04-20T00:00:00Z")).unwrap();
    assert_eq!((april.state, april.total), (ObjectiveState::Ok, 100));
    assert!(april.covers_window && !march.covers_window);
    let windows = one.windows(utc("2026-03-02T00:00:00Z"), utc("2026-04-02T00:00:00Z")).unwrap();
    let met: Vec<_> = windows.iter().map(|window| window.met).collect();
    assert_eq!(met, [Some(false), Some(true)]);
    // Late data for March counts in March.
    one.record_bad(utc("2026-03-10T00:00:00Z"), 0, 900).unwrap();
    let windows = one.windows(utc("2026-03-02T00:00:00Z"), utc("2026-03-03T00:00:00Z")).unwrap();
    assert_eq!((windows[0].met, windows[0].total), (Some(true), 1000));
    let read = Objective::from_bytes(&one.to_bytes()).unwrap();
    assert!(read == one);
    // A year on March is forgotten, and said to be.
    one.record(utc("2027-03-10T00:00:00Z"), 1, 1).unwrap();
    assert!(one.windows(utc("2026-03-02T00:00:00Z"), utc("2026-03-03T00:00:00Z")).is_err());
}

#[test]
fn an_alert_fires_only_after_it_has_lasted() {
    let mut one = objective(json!({"target": "99", "window": "28d", "alerts":
        burn_alerts("pyrra", Duration::from_secs(28 * 86_400)).unwrap()}));
    let mut states = Vec::new();
    for minute in 0..12 {
        // A minute without errors in between starts the time anew only if the windows are clear.
        one.record_bad(at(60 * minute), if minute < 2 { 0 } else { 100 }, 100).unwrap();
        let evaluation = one.evaluate(at(60 * minute)).unwrap();
        states.push((evaluation.pending & 1, evaluation.firing & 1));
        let status = one.status(at(60 * minute)).unwrap();
        assert_eq!(status.alerts[0].firing, evaluation.fires(0));
        assert_eq!(u64::from(status.alerts[0].pending), evaluation.pending & 1);
    }
    let mut expected = vec![(0, 0), (0, 0), (1, 0), (1, 0)];
    expected.resize(12, (0, 1));
    assert_eq!(states, expected);
}

#[test]
fn little_traffic_wakes_nobody() {
    let document = |least: u64| json!({"target": "99", "window": "30d", "min_events": least});
    for (least, fires) in [(0, true), (10, true), (11, false)] {
        let mut one = objective(document(least));
        one.record_bad(at(0), 1, 10).unwrap();
        assert_eq!(one.evaluate(at(0)).unwrap().firing != 0, fires);
        assert_eq!(one.status(at(0)).unwrap().alerts[0].long_rate, Some(10.0), "still told");
    }
}

#[test]
fn a_slice_without_data_counts_as_the_definition_says() {
    for (no_data, good, total) in [("ignore", 2, 2), ("good", 4, 4), ("bad", 2, 4)] {
        let mut one = objective(json!({"target": "50", "window": "10m", "budgeting": "timeslices",
            "slice_target": "100", "no_data": no_data, "alerts": []}));
        one.record(at(0), 1, 1).unwrap();
        one.record(at(120), 1, 1).unwrap();
        // Minutes 1 and 3 are over without data; minute 4 may still see some.
        let status = one.status(at(240)).unwrap();
        assert_eq!((status.good, status.total), (good, total), "{no_data}");
        assert_eq!(status.budget.to_string(), "5");
        one.exclude(at(60), at(120)).unwrap();
        let status = one.status(at(240)).unwrap();
        assert_eq!((status.good, status.total), (good.min(3), total.min(3)), "{no_data}");
        assert_eq!(status.budget.to_string(), "9/2");
    }
}

#[test]
fn maintenance_leaves_both_sides_whenever_it_is_told() {
    let mut told_before = objective(json!({"target": "99", "window": "1d"}));
    let mut told_after = told_before.clone();
    told_before.exclude(at(600), at(1200)).unwrap();
    for minute in 0..60 {
        let bad = if (10..20).contains(&minute) { 100 } else { 0 };
        told_before.record_bad(at(60 * minute), bad, 100).unwrap();
        told_after.record_bad(at(60 * minute), bad, 100).unwrap();
    }
    assert_eq!(told_after.status(at(3540)).unwrap().state, ObjectiveState::Exhausted);
    told_after.exclude(at(600), at(1200)).unwrap();
    assert!(told_before == told_after);
    assert_eq!(told_after.to_bytes(), told_before.to_bytes());
    let status = told_after.status(at(3540)).unwrap();
    assert_eq!((status.state, status.total), (ObjectiveState::Ok, 5000));
    assert_eq!(told_after.exclusions(), [(at(600), at(1200))]);
    assert!(Objective::from_bytes(&told_after.to_bytes()).unwrap() == told_after);
    told_after.include(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(told_after.status(at(3540)).unwrap().total, 6000);
    assert!(told_after.exclude(at(0), at(0)).is_err());
    // A bucket that is touched is left out whole.
    told_after.exclude(at(30), at(61)).unwrap();
    assert_eq!(told_after.status(at(3540)).unwrap().total, 5800);
}

#[test]
fn a_correction_may_add_where_nothing_was_counted() {
    let mut one = objective(json!({"target": "99", "window": "1h", "alerts": []}));
    one.record(at(600), 100, 100).unwrap();
    one.adjust(at(0), 40, 50).unwrap();
    let status = one.status(at(600)).unwrap();
    assert_eq!((status.good, status.total), (140, 150));
    let read = Objective::from_bytes(&one.to_bytes()).unwrap();
    assert!(read == one && read.covers_window(at(3600)));
}

#[test]
fn bad_definitions_are_refused_by_name() {
    let alert = |extra: Value| {
        let mut alert = json!({"name": "x", "long": "1h", "short": "5m"});
        alert.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"target": "99", "window": "1d", "alerts": [alert]})
    };
    let policies = |bands: Value| json!({"target": "99", "window": "1h", "policies": bands});
    for (document, argument) in [
        (json!({"target": "100.1", "window": "1h"}), "target"),
        (json!({"target": "0", "window": "1h"}), "target"),
        (json!({"target": "0.999", "window": "1h"}), "target"),
        (json!({"target": "-5", "window": "1h"}), "target"),
        (json!({"target": "99.9999999999999", "window": "1h"}), "target"),
        (json!({"target": "99", "window": "0s"}), "window"),
        (json!({"target": "99", "window": "90s"}), "window"),
        (json!({"target": "99", "window": "1000000h"}), "window"),
        (json!({"target": "99", "window": "600Y"}), "window"),
        (json!({"target": "99", "window": "1h", "resolution": "0s"}), "resolution"),
        (json!({"target": "99", "window": "30d", "history": 9}), "history"),
        (json!({"target": "99", "window": "30d", "history": u32::MAX}), "history"),
        (json!({"target": "99", "window": "1Q", "calendar": {"tz": "UTC"}}), "window"),
        (json!({"target": "99", "window": "1M", "calendar": {"tz": "Mars/Olympus"}}), "tz"),
        (json!({"target": "99", "window": "1h", "budgeting": "timeslices"}), "slice_target"),
        (json!({"target": "99", "window": "1h", "slice_target": "9"}), "slice_target"),
        (json!({"target": "99", "window": "1h", "no_data": "bad"}), "no_data"),
        (alert(json!({"budget": 1, "short": "2h"})), "short"),
        (alert(json!({"budget": 1, "long": "0s", "short": "0s"})), "long"),
        (alert(json!({"budget": 1, "short": "0s"})), "short"),
        (alert(json!({"budget": 1, "pending": "-1m"})), "pending"),
        (alert(json!({"budget": 1, "pending": "90s"})), "pending"),
        (alert(json!({"budget": 1, "factor": 2})), "budget"),
        (alert(json!({})), "budget"),
        (alert(json!({"budget": 101})), "budget"),
        (alert(json!({"factor": 0})), "factor"),
        (alert(json!({"factor": "1/99999999999999999999"})), "factor"),
        (policies(json!([{"name": "a", "above": 10}, {"name": "b", "up_to": 20}])), "policies"),
        (policies(json!([{"name": "a", "above": 20, "up_to": 20}])), "above"),
    ] {
        let error = Objective::new(definition(document.clone())).unwrap_err();
        assert_eq!(error.argument(), Some(argument), "{document}: {error}");
    }
    for target in [json!("ninety"), json!("99,9"), json!(null), json!([99])] {
        let document = json!({"target": target, "window": "1h"});
        assert!(serde_json::from_value::<ObjectiveDefinition>(document).is_err());
    }
    for window in [json!("1x"), json!("-1h"), json!(-5), json!(1e300), json!(null), json!("")] {
        let document = json!({"target": "99", "window": window});
        assert!(
            serde_json::from_value::<ObjectiveDefinition>(document.clone()).is_err(),
            "{document}"
        );
    }
    for (window, hours) in [
        (json!("30d"), 720),
        (json!("4w"), 672),
        (json!("PT720H"), 720),
        (json!("1h 30m"), 1),
        (json!(7200), 2),
        (json!("1M"), 720),
        (json!("1Y"), 8760),
    ] {
        let length = definition(json!({"target": "99", "window": window})).window_length();
        assert_eq!(length.as_nanos() / 3_600_000_000_000, hours);
    }
}

#[test]
fn refused_counts_change_nothing_and_forgotten_ones_are_told() {
    let mut objective = objective(json!({"target": "99", "window": "1h"}));
    objective.record(at(0), 5, 5).unwrap();
    let before = objective.to_bytes();
    assert!(objective.record(at(0), 2, 1).is_err());
    assert!(objective.record_bad(at(0), 2, 1).is_err());
    assert!(objective.record_value(at(0), 2.0).is_err());
    assert!(objective.record(at(0), u64::MAX, u64::MAX).is_err());
    let many = [START * 1_000_000_000; 2];
    assert!(objective.record_all(&many, &[1, 2], &[1, 1]).is_err());
    assert!(objective.record_all(&many, &[1, 1], &[1, u64::MAX]).is_err());
    assert!(objective.record_all(&many, &[1], &[1, 1]).is_err());
    assert!(objective.adjust(at(0), -6, -6).is_err());
    assert!(objective.adjust(at(0), 1, 0).is_err());
    assert!(objective.adjust(at(0), i64::MIN, i64::MAX).is_err());
    assert!(objective.adjust(at(60), 1, 1).is_err(), "later than every record");
    assert_eq!(objective.to_bytes(), before);
    objective.record(at(-3600), 1, 1).unwrap();
    assert_eq!(objective.status(at(0)).unwrap().late, 1);
    objective.record(at(3600), 1, 1).unwrap();
    assert!(objective.status(at(0)).is_err(), "its counts are forgotten");
    assert!(objective.evaluate(at(0)).is_err());
    for extreme in [Timestamp::MAX, Timestamp::MIN] {
        for change in 0..2 {
            let mut objective = objective.clone();
            if change == 1 {
                objective.record(extreme, 1, 1).unwrap();
            }
            let _ = objective.status(extreme);
            let _ = objective.evaluate(extreme);
            let _ = objective.windows(extreme, Timestamp::MAX);
            objective.exclude(Timestamp::MIN, Timestamp::MAX).unwrap();
            let _ = objective.status(extreme);
            assert!(Objective::from_bytes(&objective.to_bytes()).unwrap() == objective);
        }
    }
}

/// Version 2 is written; `ITOM_BLESS=1` writes the file if it is missing. Version 1 is read still
/// (the laws of sla go on with one).
#[test]
fn golden_snapshots_go_on() {
    let mut made = objective(json!({"target": "99.9", "window": "1M", "budgeting": "timeslices",
        "slice_target": "99.5", "no_data": "bad", "calendar": {"tz": "Europe/Berlin"},
        "policies": [{"name": "freeze", "action": "fixes only", "up_to": 0}]}));
    made.exclude(at(600), at(1200)).unwrap();
    for minute in 0..40 {
        made.record_bad(at(60 * minute), u64::from(minute % 7 == 0), 100).unwrap();
    }
    let bytes = golden("sla.objective.v2.itom", || made.to_bytes());
    let mut read = Objective::from_bytes(&bytes).unwrap();
    assert!(read == made);
    read.record(at(60 * 42), 100, 100).unwrap();
    let status = read.status(at(60 * 42)).unwrap();
    // 40 and one counted, ten of them excluded, two missing; 0, 7, 21, 28, 35 and the missing bad.
    assert_eq!((status.total, status.consumed.to_string()), (33, "7".to_owned()));
    let bytes = golden("sla.objective.v1.itom", || unreachable!("written by an older build"));
    let old = Objective::from_bytes(&bytes).unwrap();
    let again = Objective::from_bytes(&old.to_bytes()).unwrap();
    assert!(again == old);
    assert_eq!(old.definition().window_length(), "24h".parse().unwrap());
}

#[test]
fn every_damaged_byte_is_noticed_or_harmless() {
    let mut one = objective(json!({"target": "99", "window": "1h"}));
    (0..5).for_each(|m| one.record(at(600 * m), 1, 2).unwrap());
    let bytes = one.to_bytes();
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 0x41;
        assert!(Objective::from_bytes(&damaged).is_err());
        assert!(Objective::from_bytes(&bytes[..index]).is_err());
    }
}

// ---- the oracle

const LENGTH: i64 = 60;
/// A multiple of every total below, so that ratios of slices add up in integers.
const COMMON: i128 = 27_720;

#[derive(Clone, Debug)]
struct Setting {
    budgeting: usize,
    no_data: usize,
    min_events: u64,
    pending: i64,
    calendar: bool,
}

fn settings() -> impl Strategy<Value = Setting> {
    (0usize..3, 0usize..3, 0u64..12, 0i64..4, any::<bool>()).prop_map(
        |(budgeting, no_data, min_events, pending, calendar)| Setting {
            budgeting,
            no_data: if budgeting == 0 { 0 } else { no_data },
            min_events: min_events.saturating_sub(4),
            pending,
            calendar,
        },
    )
}

impl Setting {
    fn objective(&self) -> Objective {
        let budgeting = ["occurrences", "timeslices", "ratio_timeslices"][self.budgeting];
        let no_data = ["ignore", "good", "bad"][self.no_data];
        let mut document = json!({"target": "80", "window": 60 * LENGTH,
            "budgeting": budgeting, "no_data": no_data,
            "min_events": self.min_events, "history": 2,
            "alerts": [{"name": "a", "factor": "1.5", "long": "12m", "short": "3m",
                        "pending": 60 * self.pending},
                       {"name": "b", "budget": "40", "long": "30m", "short": "5m"}]});
        if self.budgeting == 1 {
            document["slice_target"] = json!("75");
        }
        if self.calendar {
            document["calendar"] = json!({"tz": "UTC"});
        }
        objective(document)
    }
}

/// Bad and all of the slices or events of `(after, last]`, in 1 / `COMMON`.
fn naive(
    setting: &Setting,
    counts: &BTreeMap<i64, (u64, u64)>,
    excluded: &[(i64, i64)],
    (after, last): (i64, i64),
) -> (i128, i128, u64) {
    let began = counts.keys().next().copied().unwrap_or(i64::MAX);
    let (mut bad, mut total, mut events) = (0, 0, 0);
    for bucket in after + 1..=last {
        if excluded.iter().any(|span| span.0 <= bucket && bucket < span.1) {
            continue;
        }
        let Some(&(b, t)) = counts.get(&bucket).filter(|counts| counts.1 > 0) else {
            if setting.no_data > 0 && bucket < last && bucket >= began {
                total += COMMON;
                bad += if setting.no_data == 2 { COMMON } else { 0 };
            }
            continue;
        };
        events += t;
        let (b, t) = (i128::from(b), i128::from(t));
        match setting.budgeting {
            0 => (bad, total) = (bad + b * COMMON, total + t * COMMON),
            1 => {
                (bad, total) = (bad + if 4 * (t - b) < 3 * t { COMMON } else { 0 }, total + COMMON)
            }
            _ => (bad, total) = (bad + b * COMMON / t, total + COMMON),
        }
    }
    (bad, total, events)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is recorded, corrected and left out in whatever order: every verdict is the one
    /// that adding up all buckets anew gives.
    #[test]
    fn verdicts_are_those_of_an_oracle(
        setting in settings(),
        steps in prop::collection::vec((0u8..10, 0i64..150, 0u64..12, 1u64..13), 1..120),
        asked in prop::collection::vec(0i64..180, 1..8),
    ) {
        let start = (START / 3600) * 60;
        let mut objective = setting.objective();
        let mut counts = BTreeMap::<i64, (u64, u64)>::new();
        let mut excluded: Vec<(i64, i64)> = Vec::new();
        for (index, &(kind, minute, bad, total)) in steps.iter().enumerate() {
            let bucket = start + minute;
            let at = Timestamp::from_secs(60 * bucket + 17);
            match kind {
                0 => {
                    let until = bucket + 1 + (bad as i64);
                    objective.exclude(at, Timestamp::from_secs(60 * until)).unwrap();
                    excluded.push((bucket, until));
                }
                1 => {
                    let held = counts.get(&bucket).copied().unwrap_or((0, 0));
                    let ok = objective.adjust(at, -(bad.min(held.0) as i64), -(bad as i64)).is_ok();
                    let left = (held.1.checked_sub(bad), held.0.checked_sub(bad - bad.min(held.0)));
                    let fits = left.0.zip(left.1).filter(|left| left.1 <= left.0);
                    prop_assert!(!ok || fits.is_some());
                    if ok && held.1 > 0 {
                        counts.insert(bucket, fits.map(|left| (left.1, left.0)).unwrap());
                    }
                }
                _ => {
                    // Totals stay divisors of COMMON: a bucket is recorded once.
                    if counts.get(&bucket).is_none_or(|held| held.1 == 0) {
                        objective.record_bad(at, bad.min(total), total).unwrap();
                        counts.insert(bucket, (bad.min(total), total));
                    }
                }
            }
            if index % 37 == 36 {
                objective = Objective::from_bytes(&objective.to_bytes()).unwrap();
            }
        }
        for minute in asked {
            let last = start + minute;
            let instant = Timestamp::from_secs(60 * last);
            let window = if setting.calendar {
                let from = last.div_euclid(LENGTH) * LENGTH;
                (from - 1, from + LENGTH)
            } else {
                (last - LENGTH, last + 1)
            };
            let status = objective.status(instant).unwrap();
            let sum = |span| naive(&setting, &counts, &excluded, span);
            let (bad, total, _) = sum((window.0, last));
            let share = (total > 0).then(|| Fraction::new(total - bad, total).unwrap());
            prop_assert_eq!(status.sli, share);
            let slices = (window.0 + 1..window.1)
                .filter(|b| !excluded.iter().any(|span| span.0 <= *b && *b < span.1))
                .count() as i128;
            let of = if setting.budgeting == 0 { total } else { slices * COMMON };
            prop_assert_eq!(status.remaining, Fraction::new(of - 5 * bad, 5 * COMMON).unwrap());
            let exceeded = |above: i128, below: i128, long: i64, short: i64, last: i64| {
                let enough = sum((last - long, last)).2 >= setting.min_events;
                enough && [long, short].into_iter().all(|length| {
                    let (bad, total, _) = sum((last - length, last));
                    bad * below > total * above
                })
            };
            // 1.5 x 20 %; 40 % x 60 / 30 x 20 %.
            let first = |ago: i64| exceeded(3, 10, 12, 3, last - ago);
            let firing = [(0..=setting.pending).all(first), exceeded(16, 100, 30, 5, last)];
            let pending = [first(0) && !firing[0], false];
            let alerts = status.alerts.iter();
            prop_assert_eq!(alerts.clone().map(|a| a.firing).collect::<Vec<_>>(), firing);
            prop_assert_eq!(alerts.map(|a| a.pending).collect::<Vec<_>>(), pending);
            let state = if total == 0 {
                ObjectiveState::NoData
            } else if 5 * bad > of {
                ObjectiveState::Exhausted
            } else if firing.contains(&true) {
                ObjectiveState::Burning
            } else {
                ObjectiveState::Ok
            };
            prop_assert_eq!(status.state, state);
            let evaluation = objective.evaluate(instant).unwrap();
            prop_assert_eq!(evaluation.state, state);
            let bits = |flags: [bool; 2]| u64::from(flags[0]) | u64::from(flags[1]) << 1;
            prop_assert_eq!((evaluation.firing, evaluation.pending), (bits(firing), bits(pending)));
        }
    }

    /// Within the window the order of records does not matter, nor a snapshot between them.
    #[test]
    fn order_does_not_matter(
        records in prop::collection::vec((0i64..3600, 0u64..50, 0u64..50), 1..60),
        cut in 0usize..60,
    ) {
        let run = |records: &[(i64, u64, u64)], cut: usize| {
            let mut objective = objective(json!({"target": "99.5", "window": "2h"}));
            for (index, &(second, good, bad)) in records.iter().enumerate() {
                if index == cut {
                    objective = Objective::from_bytes(&objective.to_bytes()).unwrap();
                }
                objective.record(at(second), good, good + bad).unwrap();
            }
            objective
        };
        let mut sorted = records.clone();
        sorted.sort_unstable();
        let (one, other) = (run(&records, usize::MAX), run(&sorted, cut));
        prop_assert_eq!(one.to_bytes(), other.to_bytes());
        let status = one.status(at(3600)).unwrap();
        prop_assert_eq!(status.total, records.iter().map(|r| r.1 + r.2).sum::<u64>());
        let bad = records.iter().map(|r| i128::from(r.2)).sum::<i128>();
        prop_assert_eq!(status.consumed, Fraction::new(bad, 1).unwrap());
    }

    /// Many at once are one after another, wherever they are cut.
    #[test]
    fn a_batch_is_its_records(
        records in prop::collection::vec((0i64..40_000, 0u64..50, 0u64..50), 1..200),
        cut in 0usize..200,
    ) {
        let (mut one, mut many) = (objective(json!({"target": "99.5", "window": "2h"})),
                                   objective(json!({"target": "99.5", "window": "2h"})));
        let nanos: Vec<i64> = records.iter().map(|r| at(r.0).as_nanos()).collect();
        let good: Vec<u64> = records.iter().map(|r| r.1).collect();
        let total: Vec<u64> = records.iter().map(|r| r.1 + r.2).collect();
        for index in 0..records.len() {
            one.record(Timestamp::from_nanos(nanos[index]), good[index], total[index]).unwrap();
        }
        let cut = cut.min(records.len());
        many.record_all(&nanos[..cut], &good[..cut], &total[..cut]).unwrap();
        many.record_all(&nanos[cut..], &good[cut..], &total[cut..]).unwrap();
        prop_assert_eq!(one.to_bytes(), many.to_bytes());
    }
}

#[test]
fn alerts_may_be_named() {
    let read = |alerts: &str| {
        let json = format!(r#"{{"target": "99.9", "window": "28d", "alerts": {alerts}}}"#);
        itom_core::read_document::<ObjectiveDefinition>(&json, "definition")
    };
    let workbook = read("[]").map(|none| {
        let unsaid = r#"{"target": "99.9", "window": "28d"}"#;
        assert_eq!(none.alerts, []);
        serde_json::from_str::<ObjectiveDefinition>(unsaid).unwrap().alerts
    });
    let workbook = workbook.unwrap();
    assert_eq!(read(r#""sloth""#).unwrap().alerts, workbook);
    assert_eq!(read(r#""sre_workbook""#).unwrap().alerts, workbook);
    let error = read(r#""pyrra""#).unwrap_err().to_string();
    assert!(error.contains("sre_workbook and sloth") && error.contains("burn_alerts"), "{error}");
    let error = read("5").unwrap_err().to_string();
    assert!(error.contains("a name: sre_workbook, sloth, got 5"), "{error}");
}
