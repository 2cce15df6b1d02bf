//! Root causes: laws, small worlds with a known answer, and the PetShop issues.

use itom_core::event::{
    Cause, CauseAlert, CauseChange, CauseQuery, Evidence, Series, Symptom, rank_causes,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;

const MINUTE: i64 = 60;

/// A metric with a daily wave and noise that is 300 minutes long and steps up by `jump` after
/// minute `from`.
fn series(ci: &str, metric: &str, seed: u64, from: usize, jump: f64) -> Series {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5
    };
    let values = (0..300).map(|n| 10.0 + noise() + if n >= from { jump } else { 0.0 }).collect();
    let timestamps = (0..300).map(|n| Timestamp::from_secs(n * MINUTE)).collect();
    Series { ci: ci.into(), metric: metric.into(), timestamps, values }
}

fn edges(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn query(pairs: &[(&str, &str)], series: Vec<Series>) -> CauseQuery {
    CauseQuery {
        edges: edges(pairs),
        series,
        symptom: Symptom { ci: "shop".into(), metric: Some("latency".into()) },
        at: Timestamp::from_secs(297 * MINUTE),
        ..Default::default()
    }
}

fn names(causes: &[Cause]) -> Vec<&str> {
    causes.iter().map(|cause| cause.ci.as_str()).collect()
}

#[test]
fn the_deepest_item_of_an_anomalous_path_wins() {
    let pairs = [("shop", "cart"), ("cart", "db"), ("shop", "search"), ("db", "shop")];
    let causes = rank_causes(&query(
        &pairs,
        vec![
            series("shop", "latency", 1, 296, 20.0),
            series("cart", "latency", 2, 296, 20.0),
            series("db", "latency", 3, 296, 20.0),
            series("search", "latency", 4, 999, 0.0),
            series("stranger", "latency", 5, 296, 90.0),
        ],
    ))
    .unwrap();
    assert_eq!(causes[0].ci, "db");
    assert_eq!(causes[0].path, ["db", "cart", "shop"]);
    assert!(!names(&causes).contains(&"stranger"), "nothing depends on it");
    let cart = causes.iter().find(|cause| cause.ci == "cart").unwrap();
    assert!(cart.evidence.iter().any(|evidence| matches!(evidence,
        Evidence::ExplainedBy { ci, share } if ci == "db" && *share > 0.5)));
}

#[test]
fn what_was_odd_all_along_or_moves_the_other_way_is_not_the_cause() {
    let pairs = [("shop", "a"), ("shop", "b"), ("shop", "c")];
    let causes = rank_causes(&query(
        &pairs,
        vec![
            series("shop", "latency", 1, 296, 20.0),
            series("a", "latency", 2, 293, 50.0),
            series("b", "latency", 3, 296, -9.0),
            series("c", "latency", 4, 296, 5.0),
        ],
    ))
    .unwrap();
    assert_eq!(causes[0].ci, "c", "{causes:#?}");
    assert!(!names(&causes).contains(&"b"));
}

#[test]
fn items_without_any_observation_are_looked_through() {
    let pairs = [("shop", "proxy"), ("proxy", "lb"), ("lb", "db")];
    let causes = rank_causes(&query(
        &pairs,
        vec![series("shop", "latency", 1, 296, 20.0), series("db", "errors", 2, 296, 9.0)],
    ))
    .unwrap();
    assert_eq!(names(&causes), ["db", "shop"]);
    assert_eq!(causes[0].path, ["db", "lb", "proxy", "shop"]);
}

#[test]
fn without_anything_odd_nothing_is_named() {
    let calm: Vec<Series> =
        (0..20).map(|n| series(&format!("s{n}"), "latency", n, 999, 0.0)).collect();
    let mut all = vec![series("shop", "latency", 99, 999, 0.0)];
    all.extend(calm);
    let pairs: Vec<(String, String)> =
        (0..20).map(|n| ("shop".to_owned(), format!("s{n}"))).collect();
    let causes = rank_causes(&CauseQuery { edges: pairs, ..query(&[], all) }).unwrap();
    assert!(causes.iter().all(|cause| cause.score < 0.5), "{causes:#?}");
}

#[test]
fn a_recent_change_breaks_the_tie() {
    let at = Timestamp::from_secs(10_000);
    let alert = |ci: &str| CauseAlert { ci: ci.into(), time: at, severity: 17 };
    let mut query = CauseQuery {
        edges: edges(&[("shop", "a"), ("shop", "b")]),
        alerts: vec![alert("shop"), alert("a"), alert("b")],
        symptom: Symptom { ci: "shop".into(), metric: None },
        at,
        ..Default::default()
    };
    assert_eq!(names(&rank_causes(&query).unwrap()), ["a", "b", "shop"]);
    query.changes = vec![CauseChange { ci: "b".into(), time: at - Duration::from_secs(600) }];
    let causes = rank_causes(&query).unwrap();
    assert_eq!(names(&causes), ["b", "a", "shop"]);
    assert!(causes[0].evidence.iter().any(|one| matches!(one, Evidence::Change { .. })));
}

#[test]
fn errors_name_what_is_wrong() {
    let error = rank_causes(&query(&[], vec![series("db", "latency", 1, 9, 0.0)])).unwrap_err();
    let text =
        "symptom must be one that has a series or an alert, got ci \"shop\", metric \"latency\"";
    assert_eq!(error.to_string(), text);
    let mut ragged = series("shop", "latency", 1, 9, 0.0);
    ragged.values.pop();
    let error = rank_causes(&query(&[], vec![ragged])).unwrap_err();
    assert!(error.to_string().contains("got 299"), "{error}");
    let twice = vec![series("shop", "latency", 1, 9, 0.0); 2];
    assert!(rank_causes(&query(&[], twice)).is_err());
    let mut odd = query(&[("", "a")], vec![series("shop", "latency", 1, 9, 0.0)]);
    assert_eq!(rank_causes(&odd).unwrap_err().argument(), Some("edges"));
    odd.edges.clear();
    odd.window = Some(Duration::ZERO);
    assert_eq!(rank_causes(&odd).unwrap_err().argument(), Some("window"));
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -100.0..100.0f64,
        1 => Just(0.0),
        1 => prop::num::f64::ANY,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Any graph, any numbers, any order of the input: an answer in range, the same answer.
    #[test]
    fn any_world_has_a_well_formed_answer_that_order_does_not_change(
        pairs in prop::collection::vec((0u8..8, 0u8..8), 0..20),
        values in prop::collection::vec(prop::collection::vec(numbers(), 40), 8),
        alerts in prop::collection::vec((0u8..8, 0i64..60, 1u8..=24), 0..5),
        seed in any::<u64>(),
    ) {
        let name = |n: u8| if n == 0 { "shop".to_owned() } else { format!("i{n}") };
        let mut query = query(&[], Vec::new());
        query.at = Timestamp::from_secs(37 * MINUTE);
        query.edges = pairs.iter().map(|(a, b)| (name(*a), name(*b))).collect();
        for (n, values) in values.into_iter().enumerate() {
            let timestamps = (0..40).map(|n| Timestamp::from_secs(n * MINUTE)).collect();
            let (ci, metric) = (name(n as u8), "latency".to_owned());
            query.series.push(Series { ci, metric, timestamps, values });
        }
        for (n, minute, severity) in alerts {
            let time = Timestamp::from_secs(minute * MINUTE);
            query.alerts.push(CauseAlert { ci: name(n), time, severity });
        }
        let causes = rank_causes(&query).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for cause in &causes {
            prop_assert!(cause.score > 0.0 && cause.score <= 1.0, "{:?}", cause);
            prop_assert!(seen.insert(cause.ci.clone()));
            prop_assert_eq!(&cause.path[0], &cause.ci);
            prop_assert_eq!(cause.path.last().map(String::as_str), Some("shop"));
            for hop in cause.path.windows(2) {
                prop_assert!(query.edges.contains(&(hop[1].clone(), hop[0].clone())));
            }
        }
        prop_assert!(causes.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let turn = seed as usize;
        query.edges.reverse();
        let by = turn % query.series.len();
        query.series.rotate_left(by);
        prop_assert_eq!(rank_causes(&query).unwrap(), causes);
    }
}

/// The PetShop issues (Hardt et al. 2024), train split, judged as the data's own code does.
mod petshop {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;

    type Key = (String, String, String);

    fn cells(path: &Path) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    /// Values by (node, metric, statistic), and the times in unix seconds.
    fn metrics(path: &Path) -> (BTreeMap<Key, Vec<f64>>, Vec<i64>) {
        let rows = cells(path);
        let cell = |row: usize, column: usize| rows[row].get(column).cloned().unwrap_or_default();
        let mut body: Vec<usize> = (3..rows.len()).filter(|n| cell(*n, 0).contains("16")).collect();
        let time = |row: usize| cell(row, 0).parse::<f64>().unwrap() as i64;
        body.sort_by_key(|row| time(*row));
        let columns = (1..rows[0].len()).map(|column| {
            let values = body.iter().map(|row| cell(*row, column).parse().unwrap_or(f64::NAN));
            ((cell(0, column), cell(1, column), cell(2, column)), values.collect())
        });
        (columns.collect(), body.iter().map(|row| time(*row)).collect())
    }

    fn graph(path: &Path) -> Vec<(String, String)> {
        let rows = cells(path);
        let calls = rows[1..].iter().flat_map(|row| {
            let pairs = rows[0].iter().zip(row).skip(1);
            let calls = pairs.filter(|(_, cell)| !matches!(cell.as_str(), "" | "0" | "0.0"));
            calls.map(|(provider, _)| (row[0].clone(), provider.clone()))
        });
        calls.collect()
    }

    /// The place of the true cause in the ranking of one issue.
    fn place(scenario: &Path, issue: &Path, all: bool) -> Option<usize> {
        let (calm, calm_times) = metrics(&scenario.join("noissue/metrics.csv"));
        let (odd, odd_times) = metrics(&issue.join("metrics.csv"));
        let target = std::fs::read(issue.join("target.json")).unwrap();
        let target: serde_json::Value = serde_json::from_slice(&target).unwrap();
        let text = |pointer: &str| target.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (metric, statistic) = (text("/target/metric"), text("/target/agg"));
        // The calm recording was made months later: it is moved to end just before the issue.
        let shift = odd_times[0] - 300 - calm_times[calm_times.len() - 1];
        let seconds = calm_times.iter().map(|time| time + shift).chain(odd_times.iter().copied());
        let timestamps: Vec<Timestamp> = seconds.map(Timestamp::from_secs).collect();
        let mut series = Vec::new();
        for (key, values) in &odd {
            let other = if key.1 == "requests" { "Sum" } else { "Average" };
            let wanted = if key.1 == metric { key.2 == statistic } else { all && key.2 == other };
            if !wanted {
                continue;
            }
            let mut whole = calm.get(key).cloned().unwrap_or(vec![f64::NAN; calm_times.len()]);
            whole.extend(values);
            let (ci, metric) = (key.0.clone(), key.1.clone());
            series.push(Series { ci, metric, timestamps: timestamps.clone(), values: whole });
        }
        let at = target.pointer("/target/timestamp").unwrap().as_i64().unwrap();
        let query = CauseQuery {
            edges: graph(&scenario.join("graph.csv")),
            series,
            symptom: Symptom { ci: text("/target/node"), metric: Some(metric) },
            at: Timestamp::from_secs(at),
            ..Default::default()
        };
        let truth = text("/root_cause/node");
        rank_causes(&query).unwrap().iter().position(|cause| cause.ci == truth)
    }

    fn share_within(places: &[Option<usize>], k: usize) -> f64 {
        let hits = places.iter().filter(|place| place.is_some_and(|place| place < k)).count();
        hits as f64 / places.len() as f64
    }

    #[test]
    fn the_causes_of_the_petshop_issues_are_found() {
        let Some(data) = std::env::var_os("ITOM_DATA") else {
            println!("skipped: set ITOM_DATA to the folder that holds petshop");
            return;
        };
        for (all, least_first, least_third) in [(false, 0.62, 0.68), (true, 0.5, 0.68)] {
            let mut places = Vec::new();
            for scenario in ["low_traffic", "high_traffic"] {
                let scenario = Path::new(&data).join("petshop").join(scenario);
                for number in 0..8 {
                    let issue = scenario.join(format!("train/issue_{number}"));
                    places.push(place(&scenario, &issue, all));
                }
            }
            let (first, third) = (share_within(&places, 1), share_within(&places, 3));
            println!("all metrics: {all}, AC@1 {first:.3} AC@3 {third:.3}, places {places:?}");
            assert!(first >= least_first && third >= least_third, "{places:?}");
        }
    }
}
