//! Delivery: the shared DORA case, periods and groups, what is refused.

use itom_core::Duration;
use itom_core::sla::{
    DeliveryEvents, DeliveryOptions, Distribution, DoraCounts, Fraction, delivery, dora,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::case_file::cases;

#[test]
fn every_dora_case_holds() {
    let mut run = 0;
    for case in cases("dora") {
        let (input, expected) = (&case["input"], &case["expected"]);
        let counts: DoraCounts = serde_json::from_value(json!({
            "window": input["window_days"].as_i64().unwrap() * 86_400,
            "deployments": input["deployments"],
            "failed_deployments": input["failed_deployments"],
            "lead_times": input["lead_times_s"],
            "recovery_times": input["recovery_s"],
        }))
        .unwrap();
        let keys = dora(&counts).unwrap();
        let fraction =
            |value: &Value| serde_json::from_value::<Option<Fraction>>(value.clone()).unwrap();
        let seconds = |value: &Value| value.as_i64().map(Duration::from_secs);
        assert_eq!(Some(keys.deploys_per_day), fraction(&expected["deploys_per_day"]));
        assert_eq!(keys.change_fail_rate, fraction(&expected["change_failure_rate"]));
        assert_eq!(keys.lead_time.median, seconds(&expected["lead_time_median_s"]));
        assert_eq!(keys.recovery_time.median, seconds(&expected["recovery_median_s"]));
        run += 1;
    }
    assert!(run > 0);
}

fn options(value: Value) -> DeliveryOptions {
    serde_json::from_value(value).unwrap()
}

#[test]
fn events_belong_to_the_period_of_their_zone() {
    let events: DeliveryEvents = serde_json::from_value(json!({
        "deployments": [
            // Half past eleven on 31 May in Berlin, and half past midnight on 1 June.
            {"at": "2026-05-31T21:30:00Z", "group": "shop", "changes": ["2026-05-31T20:30:00Z"]},
            {"at": "2026-05-31T22:30:00Z", "failed": true, "recovered_at": "2026-05-31T23:30:00Z"},
            {"at": "2027-01-01T00:00:00Z"}],
        "incidents": [{"opened_at": "2026-06-30T21:59:59Z", "acknowledged_at": "2026-07-02T21:59:59Z"}]
    }))
    .unwrap();
    let rows = delivery(
        &events,
        &options(json!({
            "start": "2026-04-30T22:00:00Z", "end": "2026-06-30T22:00:00Z",
            "period": {"duration": "1M", "tz": "Europe/Berlin"}
        })),
    )
    .unwrap();
    let [may, june] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((may.dora.deployments, june.dora.deployments), (1, 1));
    assert_eq!(may.dora.deploys_per_day.to_string(), "1/31");
    assert_eq!(june.dora.change_fail_rate, Some(Fraction::ONE));
    assert_eq!(june.dora.recovery_time.median, Some(Duration::from_secs(3600)));
    assert_eq!((may.incidents, june.incidents), (0, 1));
    assert_eq!(june.acknowledge.mean, Some(Duration::from_secs(2 * 86_400)));
    let grouped = delivery(
        &events,
        &options(json!({"start": "2026-01-01T00:00:00Z", "end": "2026-12-31T00:00:00Z", "by_group": true})),
    )
    .unwrap();
    let groups: Vec<_> =
        grouped.iter().map(|row| (row.group.as_deref(), row.dora.deployments)).collect();
    assert_eq!(groups, [(None, 1), (Some("shop"), 1)]);
}

#[test]
fn what_cannot_be_is_named() {
    let events = |value: Value| serde_json::from_value::<DeliveryEvents>(value).unwrap();
    let year = json!({"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"});
    for (bad, place) in [
        (
            json!({"deployments": [{"at": "2026-01-02T00:00:00Z", "changes": ["2026-01-03T00:00:00Z"]}]}),
            "deployments[0].changes",
        ),
        (
            json!({"deployments": [{"at": "2026-01-02T00:00:00Z", "failed": true,
                                    "recovered_at": "2026-01-01T00:00:00Z"}]}),
            "deployments[0].recovered_at",
        ),
        (
            json!({"incidents": [{"opened_at": "2026-01-02T00:00:00Z"},
                                 {"opened_at": "2026-01-02T00:00:00Z",
                                  "recovered_at": "2026-01-01T00:00:00Z"}]}),
            "incidents[1].recovered_at",
        ),
    ] {
        let error = delivery(&events(bad), &options(year.clone())).unwrap_err();
        assert_eq!(error.argument(), Some(place));
    }
    let reversed = json!({"start": "2027-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"});
    assert!(delivery(&DeliveryEvents::default(), &options(reversed)).is_err());
    let endless = json!({"start": "1700-01-01T00:00:00Z", "end": "2262-01-01T00:00:00Z",
                         "period": {"duration": "1s", "tz": "UTC"}});
    assert!(delivery(&DeliveryEvents::default(), &options(endless)).is_err());
}

proptest! {
    #[test]
    fn a_distribution_is_that_of_its_sorted_lengths(mut nanos in prop::collection::vec(any::<i64>(), 1..50)) {
        let lengths: Vec<Duration> = nanos.iter().copied().map(Duration::from_nanos).collect();
        let summary = Distribution::of(&lengths);
        nanos.sort_unstable();
        let n = nanos.len();
        let nearest = |share: f64| Duration::from_nanos(nanos[((share * n as f64 - 1e-9).ceil() as usize).max(1) - 1]);
        prop_assert_eq!(summary.p90, Some(nearest(0.9)));
        prop_assert_eq!(summary.p95, Some(nearest(0.95)));
        let middle = (i128::from(nanos[(n - 1) / 2]) + i128::from(nanos[n / 2])).div_euclid(2);
        prop_assert_eq!(summary.median.map(|m| i128::from(m.as_nanos())), Some(middle));
        let sum: i128 = nanos.iter().map(|&n| i128::from(n)).sum();
        prop_assert_eq!(summary.mean.map(|m| i128::from(m.as_nanos())), Some(sum.div_euclid(n as i128)));
    }
}
