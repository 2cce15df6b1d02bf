//! Availability, measured and modelled: the shared cases, and the laws against brute force.

use std::collections::BTreeMap;

use crate::case_file::case_file;
use crate::estate::{Estate, estate};
use itom_core::sla::{
    AvailabilityOptions, CompositeAvailability, CompositeMethod, DependencyExpression,
    DependencyGraph, DependencyGraphDefinition, Fraction, NetworkDefinition, Outage, OutageReason,
    OutageRecord, Overlap, Precision, Sided, SimulationOptions, attribution, clopper_pearson, rbd,
    reliability, two_terminal, wilson,
};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn span(value: &Value) -> (Timestamp, Timestamp) {
    (instant(&value[0]), instant(&value[1]))
}

fn outages(value: &Value) -> Vec<Outage> {
    let outage = |pair: &Value| (instant(&pair[0]), pair[1].as_str().map(|_| instant(&pair[1])));
    value.as_array().into_iter().flatten().map(outage).collect()
}

#[test]
fn a_span_that_ends_before_it_begins_is_refused() {
    let at = |hour: i64| Timestamp::from_secs(3600 * hour);
    let period = (at(0), at(100));
    let options = AvailabilityOptions::default();
    let error =
        options.measure_plain(period, &[(at(1), None), (at(12), Some(at(10)))]).unwrap_err();
    assert_eq!(error.argument(), Some("outages[1]"));
    let half = OutageRecord { weight: "1/2".parse().unwrap(), ..OutageRecord::new(at(5), at(4)) };
    assert_eq!(options.measure(period, &[half]).unwrap_err().argument(), Some("outages[0]"));
    let options = AvailabilityOptions { excluded: vec![(at(3), at(2))], ..options };
    assert_eq!(options.measure_plain(period, &[]).unwrap_err().argument(), Some("excluded[0]"));
}

fn seconds(duration: Duration) -> Value {
    assert_eq!(duration.as_nanos() % 1_000_000_000, 0);
    json!(duration.as_nanos() / 1_000_000_000)
}

fn text(fraction: Option<Fraction>) -> Value {
    fraction.map_or(Value::Null, |fraction| json!(fraction.to_string()))
}

/// The answer of one case in the form of its `expected`; the flag asks for an alternative.
fn answer(op: &str, input: &Value, alternative: Option<&str>) -> Value {
    let duration = |value: &Value| Duration::from_secs(value.as_i64().unwrap());
    let confidence = || input["confidence"].as_str().unwrap().parse::<f64>().unwrap();
    match op {
        "availability" => {
            let options = AvailabilityOptions {
                excluded: input["excluded"].as_array().into_iter().flatten().map(span).collect(),
                excluded_is_agreed: alternative == Some("denominator kept at 720 h"),
                at: input["eval_at"].as_str().map(|_| instant(&input["eval_at"])),
                ..AvailabilityOptions::default()
            };
            let report =
                options.measure_plain(span(&input["period"]), &outages(&input["outages"])).unwrap();
            json!({"downtime_s": seconds(report.downtime), "availability": text(report.availability)})
        }
        "mtbf" => {
            let lengths: Vec<_> =
                input["outages_s"].as_array().unwrap().iter().map(duration).collect();
            let result = reliability(duration(&input["period_s"]), &lengths, 0.95).unwrap();
            let optional = |value: Option<Duration>| value.map_or(Value::Null, seconds);
            json!({"mtrs_s": optional(result.mtrs), "mtbf_s": optional(result.mtbf),
                "mtbsi_s": optional(result.mtbsi), "availability": text(result.availability)})
        }
        "rbd" => {
            let block: DependencyExpression = serde_json::from_value(input.clone()).unwrap();
            json!({"availability": text(rbd(&block).unwrap().availability)})
        }
        "dependency_graph" => {
            let graph = DependencyGraph::from_json(&input.to_string()).unwrap();
            json!({"availability": text(graph.availability().unwrap().availability)})
        }
        "two_terminal" => {
            let network: NetworkDefinition = serde_json::from_value(
                json!({"source": "s", "target": "t", "edges": input["edges"]}),
            )
            .unwrap();
            json!({"availability": text(two_terminal(&network).unwrap().availability)})
        }
        "wilson" | "clopper_pearson" => {
            let sided = match input["sided"].as_str() {
                Some("lower") => Sided::Lower,
                Some("upper") => Sided::Upper,
                _ => Sided::Two,
            };
            let interval = if op == "wilson" { wilson } else { clopper_pearson };
            let (good, total) = (input["good"].as_u64().unwrap(), input["total"].as_u64().unwrap());
            let interval = interval(good, total, confidence(), sided).unwrap();
            json!({"lower": interval.lower, "upper": interval.upper})
        }
        "attribution" => {
            let causes: BTreeMap<String, Vec<Outage>> = input["causes"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, spans)| (name.clone(), outages(spans)))
                .collect();
            let period = input.get("period").map(span);
            let shares = attribution(&causes, period).unwrap();
            let by = |part: &dyn Fn(&itom_core::sla::CauseShare) -> Duration| -> Value {
                shares.causes.iter().map(|c| (c.cause.clone(), seconds(part(c)))).collect()
            };
            json!({"total_s": seconds(shares.total), "shared_s": seconds(shares.shared),
                "exclusive": by(&|c| c.exclusive), "first_cause": by(&|c| c.first_cause),
                "equal_split": by(&|c| c.equal_split)})
        }
        _ => panic!("{op} is not of this part"),
    }
}

/// Equal, or for decimals equal as ratios, or for floats within the digits that are published.
fn agrees(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::String(got), Value::String(expected)) => {
            got.parse::<Fraction>().unwrap() == expected.parse::<Fraction>().unwrap()
        }
        (Value::Number(got), Value::Number(expected)) => {
            (got.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 1e-8
        }
        _ => got == expected,
    }
}

#[test]
fn every_case_holds() {
    const OPS: [&str; 8] = [
        "availability",
        "mtbf",
        "rbd",
        "dependency_graph",
        "two_terminal",
        "wilson",
        "clopper_pearson",
        "attribution",
    ];
    let (mut run, mut failed) = (0, Vec::new());
    for case in case_file()["cases"].as_array().unwrap() {
        let op = case["op"].as_str().unwrap();
        if !OPS.contains(&op) {
            continue;
        }
        run += 1;
        let got = answer(op, &case["input"], None);
        for (key, expected) in case["expected"].as_object().unwrap() {
            if !agrees(&got[key], expected) {
                failed.push(format!("{} {key}: {expected}, got {}", case["id"], got[key]));
            }
        }
    }
    assert_eq!((run, failed), (15, vec![]));
}

#[test]
fn every_alternative_holds() {
    let mut run = 0;
    for case in case_file()["cases"].as_array().unwrap() {
        let Some(alternatives) = case["alternatives"].as_object() else { continue };
        for (name, expected) in alternatives {
            let got = match (case["op"].as_str().unwrap(), name.as_str()) {
                ("availability", name) => {
                    answer("availability", &case["input"], Some(name))["availability"].clone()
                }
                // The wrong answer is had by drawing what is shared twice: two databases.
                ("dependency_graph", "naive independent branches") => {
                    let mut input = case["input"].clone();
                    input["nodes"]["db-again"] = input["nodes"]["db"].clone();
                    input["service"]["any_of"][1]["all_of"][1] = json!("db-again");
                    answer("dependency_graph", &input, None)["availability"].clone()
                }
                _ => continue,
            };
            run += 1;
            assert!(agrees(&got, expected), "{}: {expected}, got {got}", case["id"]);
        }
    }
    assert_eq!(run, 2);
}

/// Whether an element of a definition is up in a state, from "all up" downwards.
fn brute_up(definition: &DependencyGraphDefinition, names: &[String], state: u32) -> bool {
    let failed: Vec<bool> = (0..names.len()).map(|index| state >> index & 1 == 0).collect();
    let mut up: BTreeMap<&str, bool> = names.iter().map(|name| (name.as_str(), true)).collect();
    for _ in 0..=names.len() {
        for (index, name) in names.iter().enumerate() {
            let required = definition.nodes[name].requires.as_ref();
            let holds = required.is_none_or(|required| holds(required, &up));
            let groups = definition.groups.iter().filter(|group| group.source == *name);
            let enough = |group: &itom_core::sla::GroupDefinition| {
                let up = group.members.iter().filter(|name| up[name.as_str()]);
                up.count() as u64 >= group.min_up
            };
            let grouped = groups.into_iter().all(enough);
            up.insert(name, !failed[index] && holds && grouped);
        }
    }
    holds(&definition.service, &up)
}

fn holds(expression: &DependencyExpression, up: &BTreeMap<&str, bool>) -> bool {
    use itom_core::sla::DependencyGate::{AllOf, AnyOf, KOfN};
    match expression {
        DependencyExpression::Node(name) => up[name.as_str()],
        DependencyExpression::Gate(AllOf(of)) => of.iter().all(|part| holds(part, up)),
        DependencyExpression::Gate(AnyOf(of)) => of.iter().any(|part| holds(part, up)),
        DependencyExpression::Gate(KOfN(gate)) => {
            let weight = |index| gate.weights.as_ref().map_or(1, |weights| weights[index]);
            let of = gate.of.iter().enumerate().filter(|(_, part)| holds(part, up));
            of.map(|(index, _)| weight(index)).sum::<u64>() >= gate.k
        }
    }
}

/// The chance of being down, and Birnbaum's importances, over all states.
fn enumerate(definition: &DependencyGraphDefinition) -> (f64, Vec<f64>) {
    let names: Vec<String> = definition.nodes.keys().cloned().collect();
    let own: Vec<f64> =
        names.iter().map(|name| definition.nodes[name].availability.unwrap().to_f64()).collect();
    let (mut down, mut birnbaum) = (0.0, vec![0.0; names.len()]);
    for state in 0..1u32 << names.len() {
        let is_up = brute_up(definition, &names, state);
        let chance = |without: usize| -> f64 {
            let factor = |index: usize| match state >> index & 1 {
                _ if index == without => 1.0,
                1 => own[index],
                _ => 1.0 - own[index],
            };
            (0..names.len()).map(factor).product()
        };
        if !is_up {
            down += chance(usize::MAX);
        } else {
            for (index, sum) in birnbaum.iter_mut().enumerate() {
                *sum += if state >> index & 1 == 1 { chance(index) } else { -chance(index) };
            }
        }
    }
    (down, birnbaum)
}

fn expression(nodes: usize) -> impl Strategy<Value = Value> {
    let leaf = (0..nodes).prop_map(|node| json!(format!("n{node:02}")));
    leaf.prop_recursive(3, 16, 4, |inner| {
        let parts = || prop::collection::vec((inner.clone(), 1u64..4), 1..5);
        prop_oneof![
            parts()
                .prop_map(|of| json!({"all_of": of.into_iter().map(|p| p.0).collect::<Vec<_>>()})),
            parts()
                .prop_map(|of| json!({"any_of": of.into_iter().map(|p| p.0).collect::<Vec<_>>()})),
            (parts(), 0u64..100, any::<bool>()).prop_map(|(of, k, weighted)| {
                let weights: Vec<u64> = of.iter().map(|p| if weighted { p.1 } else { 1 }).collect();
                let k = 1 + k % weights.iter().sum::<u64>();
                let of: Vec<Value> = of.into_iter().map(|p| p.0).collect();
                json!({"k_of_n": {"k": k, "of": of, "weights": weights}})
            }),
        ]
    })
}

/// A graph of up to `most` nodes, circles included.
fn graph(most: usize) -> impl Strategy<Value = DependencyGraphDefinition> {
    (2..=most).prop_flat_map(|count| {
        let node = (1u32..1000, prop::option::weighted(0.6, expression(count)));
        let group = (0..count, prop::collection::vec(0..count, 1..4), 0u64..100);
        let nodes = prop::collection::vec(node, count);
        (nodes, prop::collection::vec(group, 0..count), expression(count)).prop_map(
            |(nodes, groups, service)| {
                let name = |index: usize| format!("n{index:02}");
                let nodes: serde_json::Map<String, Value> = nodes
                    .into_iter()
                    .enumerate()
                    .map(|(index, (permille, requires))| {
                        let availability = format!("{permille}/1000");
                        let mut node = json!({"availability": availability});
                        if let Some(requires) = requires {
                            node["requires"] = requires;
                        }
                        (name(index), node)
                    })
                    .collect();
                let groups: Vec<Value> = groups
                    .into_iter()
                    .map(|(source, members, need)| {
                        let need = 1 + need % members.len() as u64;
                        let members: Vec<_> = members.into_iter().map(name).collect();
                        json!({"source": name(source), "min_up": need, "members": members})
                    })
                    .collect();
                serde_json::from_value(
                    json!({"nodes": nodes, "groups": groups, "service": service}),
                )
                .unwrap()
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn small_graphs_are_exact(definition in graph(9)) {
        let (down, birnbaum) = enumerate(&definition);
        let graph = DependencyGraph::new(definition.clone()).unwrap();
        let result = graph.availability().unwrap();
        prop_assert_eq!(result.method, CompositeMethod::Exact);
        prop_assert!((result.unavailability - down).abs() < 1e-12, "{} for {down}", result.unavailability);
        prop_assert!((result.ratio - (1.0 - down)).abs() < 1e-12);
        if let Some(exact) = result.availability {
            prop_assert!((exact.to_f64() - result.ratio).abs() < 1e-14);
        }
        let importance = graph.importance(Precision::default()).unwrap();
        for (name, expected) in definition.nodes.keys().zip(birnbaum) {
            let got = importance.iter().find(|one| one.name == *name).map_or(0.0, |one| one.birnbaum);
            prop_assert!((got - expected).abs() < 1e-12, "{name}: {got} for {expected}");
        }
    }

    /// However little work is allowed, the truth lies between the bounds.
    #[test]
    fn bounds_hold_at_any_effort(definition in graph(12), work in 1u64..400) {
        let graph = DependencyGraph::new(definition).unwrap();
        let truth = graph.availability().unwrap().ratio;
        let rough = graph.availability_within(Precision { tolerance: 0.0, work }).unwrap();
        prop_assert!(rough.lower <= truth + 1e-12 && truth <= rough.upper + 1e-12,
            "{} <= {truth} <= {}", rough.lower, rough.upper);
    }

    #[test]
    fn simulations_cover_the_truth(definition in graph(10), seed in any::<u64>()) {
        let graph = DependencyGraph::new(definition).unwrap();
        let truth = graph.availability().unwrap().ratio;
        let options = SimulationOptions { samples: 2000, seed, confidence: 0.999_999 };
        let result = graph.simulate(options).unwrap();
        prop_assert!(result.lower - 1e-12 <= truth && truth <= result.upper + 1e-12, "{truth}: {result:?}");
        prop_assert_eq!(&graph.simulate(options).unwrap(), &result);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn larger_graphs_are_exact(definition in graph(13)) {
        let (down, _) = enumerate(&definition);
        let result = DependencyGraph::new(definition).unwrap().availability().unwrap();
        prop_assert_eq!(result.method, CompositeMethod::Exact);
        prop_assert!((result.unavailability - down).abs() < 1e-12);
    }
}

/// A fixed graph of twenty nodes, each needing two of its three neighbours on a ring.
#[test]
fn twenty_nodes_against_a_million_states() {
    let nodes: BTreeMap<String, Value> = (0..20)
        .map(|index| {
            let availability = format!("{}/1000", 900 + index * 4);
            (format!("n{index:02}"), json!({"availability": availability}))
        })
        .collect();
    let triples: Vec<Value> = (0..20)
        .map(|index| {
            let of: Vec<_> =
                (0..3).map(|step| format!("n{:02}", (index + 3 * step) % 20)).collect();
            json!({"k_of_n": {"k": 2, "of": of}})
        })
        .collect();
    let definition: DependencyGraphDefinition =
        serde_json::from_value(json!({"nodes": nodes, "service": {"all_of": triples}})).unwrap();
    let own: Vec<f64> = (0..20).map(|index| f64::from(900 + index * 4) / 1000.0).collect();
    let mut down = 0.0;
    for state in 0..1u32 << 20 {
        let bit = |index: usize| state >> (index % 20) & 1;
        let up = (0..20).all(|index| bit(index) + bit(index + 3) + bit(index + 6) >= 2);
        if !up {
            let factor = |index| if bit(index) == 1 { own[index] } else { 1.0 - own[index] };
            down += (0..20).map(factor).product::<f64>();
        }
    }
    let result = DependencyGraph::new(definition).unwrap().availability().unwrap();
    assert_eq!(result.method, CompositeMethod::Exact);
    assert!((result.unavailability - down).abs() < 1e-12);
}

const HOUR: i64 = 3_600_000_000_000;

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

prop_compose! {
    fn record()(from in -5i64..40, length in 0i64..12, open in prop::bool::weighted(0.1), weight in 1i128..=4)
        -> OutageRecord
    {
        OutageRecord {
            until: (!open).then(|| at(from + length)),
            weight: Fraction::new(weight, 4).unwrap(),
            ..OutageRecord::new(at(from), at(from))
        }
    }
}

/// What each nanosecond weighs, in quarters, by the definition.
fn weights(
    options: &AvailabilityOptions,
    records: &[OutageRecord],
    until: i64,
) -> BTreeMap<i64, i128> {
    let end = |record: &OutageRecord| record.until.map_or(until, Timestamp::as_nanos);
    let mut weights = BTreeMap::new();
    for nano in -10..60 {
        let here = records.iter().filter(|r| r.from.as_nanos() <= nano && nano < end(r));
        let here = here.map(|r| r.weight.numerator() * (4 / r.weight.denominator()));
        let weight = match options.overlap {
            Overlap::Worst => here.max().unwrap_or(0),
            Overlap::Sum => here.sum::<i128>().min(4),
        };
        if weight > 0 {
            weights.insert(nano, weight);
        }
    }
    // Join gaps at the lesser of both sides, then drop what is short.
    let ends: Vec<i64> = weights.keys().copied().collect();
    for pair in ends.windows(2) {
        if pair[1] - pair[0] > 1 && pair[1] - pair[0] - 1 <= options.merge_gap.as_nanos() {
            let lesser = weights[&pair[0]].min(weights[&pair[1]]);
            (pair[0] + 1..pair[1]).for_each(|nano| {
                weights.insert(nano, lesser);
            });
        }
    }
    let mut kept = BTreeMap::new();
    let mut block: Vec<(i64, i128)> = Vec::new();
    for nano in -10..=60 {
        match weights.get(&nano) {
            Some(&weight) => block.push((nano, weight)),
            None => {
                if block.len() as i64 >= options.minimum.as_nanos() {
                    kept.extend(block.drain(..));
                }
                block.clear();
            }
        }
    }
    kept
}

proptest! {
    /// Against a count of nanoseconds, one by one; the explanation and a series say the same.
    #[test]
    fn downtime_is_what_each_instant_says(
        records in prop::collection::vec(record(), 0..8),
        excluded in prop::collection::vec((0i64..40, 0i64..20).prop_map(|(a, b)| (a, a + b)), 0..3),
        begin in 0i64..20, length in 0i64..30, seen in prop::option::of(0i64..50),
        minimum in 0i64..6, gap in 0i64..4, sum in any::<bool>(), agreed in any::<bool>(),
    ) {
        let options = AvailabilityOptions {
            excluded: excluded.iter().map(|&(a, b)| (at(a), at(b))).collect(),
            excluded_is_agreed: agreed,
            at: seen.map(at),
            minimum: Duration::from_nanos(minimum),
            merge_gap: Duration::from_nanos(gap),
            overlap: if sum { Overlap::Sum } else { Overlap::Worst },
            ..AvailabilityOptions::default()
        };
        let (from, until) = (begin, seen.unwrap_or(i64::MAX).min(begin + length).max(begin));
        let whole = seen.unwrap_or(60);
        let weights = weights(&options, &records, whole);
        let is_excluded = |nano: i64| excluded.iter().any(|&(a, b)| a <= nano && nano < b);
        let down: i128 = (from..until).filter(|&n| !is_excluded(n)).filter_map(|n| weights.get(&n)).sum();
        let total = (from..until).filter(|&n| agreed || !is_excluded(n)).count() as i128;
        let period = (at(begin), at(begin + length));
        let report = options.measure(period, &records).unwrap();
        prop_assert_eq!(report.agreed.as_nanos() as i128, total);
        let expected = (total > 0).then(|| Fraction::new(4 * total - down, 4 * total).unwrap());
        prop_assert_eq!(report.availability, expected);
        prop_assert_eq!(options.series(&[period], &records).unwrap()[0].availability.clone(), report.clone());
        let explained = options.explain(period, &records).unwrap();
        let counted = explained.segments.iter().filter(|s| s.reason == OutageReason::Counted);
        let counted: i128 = counted
            .map(|s| i128::from((s.end - s.start).as_nanos()) * s.weight.numerator() * (4 / s.weight.denominator()))
            .sum();
        prop_assert_eq!(counted, down);
        for (account, record) in explained.outages.iter().zip(&records) {
            let parts = [account.counted, account.excluded, account.outside_hours,
                account.outside_period, account.too_short, account.overlapped];
            let parts: i64 = parts.iter().map(|part| part.as_nanos()).sum();
            prop_assert_eq!(parts, account.length.as_nanos() + account.joined.as_nanos());
            prop_assert!(!account.overlapped.is_negative(), "{record:?}");
        }
        prop_assert!(explained.segments.windows(2).all(|two| two[0].end <= two[1].start));
    }

    #[test]
    fn shares_add_up(causes in prop::collection::btree_map("[a-e]", prop::collection::vec((0i64..50, 0i64..50), 0..6), 1..5)) {
        let outages = |spans: &Vec<(i64, i64)>| spans.iter().map(|&(a, b)| (at(a), Some(at(b)))).collect();
        let named: BTreeMap<String, Vec<Outage>> =
            causes.iter().map(|(name, spans)| (name.clone(), outages(spans))).collect();
        let shares = attribution(&named, None).unwrap();
        let is_down = |spans: &Vec<(i64, i64)>, n| spans.iter().any(|&(a, b)| a <= n && n < b);
        let total = (0..50).filter(|&n| causes.values().any(|spans| is_down(spans, n))).count() as i64;
        prop_assert_eq!(shares.total.as_nanos(), total);
        let sum = |part: &dyn Fn(&itom_core::sla::CauseShare) -> Duration| -> i64 {
            shares.causes.iter().map(|share| part(share).as_nanos()).sum()
        };
        prop_assert_eq!(sum(&|share| share.first_cause), total);
        prop_assert_eq!(sum(&|share| share.equal_split), total);
        prop_assert_eq!(sum(&|share| share.exclusive) + shares.shared.as_nanos(), total);
        for share in &shares.causes {
            let spans = &causes[&share.cause];
            // Shapley: the mean over instants of one over those that are down.
            let exact: f64 = (0..50).filter(|&n| is_down(spans, n)).map(|n| {
                1.0 / causes.values().filter(|spans| is_down(spans, n)).count() as f64
            }).sum();
            prop_assert!((share.equal_split.as_nanos() as f64 - exact).abs() < 5.0);
            let alone = (0..50).filter(|&n| is_down(spans, n)
                && causes.values().filter(|spans| is_down(spans, n)).count() == 1).count() as i64;
            prop_assert_eq!(share.exclusive.as_nanos(), alone);
        }
    }

    /// Against all states of the links, and of the nodes that fail.
    #[test]
    fn networks_are_exact(
        edges in prop::collection::vec((0usize..6, 0usize..6, 1u32..1000), 1..9),
        nodes in prop::collection::btree_map(0usize..6, 1u32..1000, 0..3),
        states in 1u32..6,
    ) {
        let mut edges = edges;
        edges.push((0, 1, 500));
        edges.push((4, 5, 700));
        let name = |node: usize| format!("n{node}");
        let of = |permille: u32| format!("{permille}/1000");
        let listed: Vec<Value> = edges.iter().map(|&(a, b, p)| json!([name(a), name(b), of(p)])).collect();
        let known: Vec<usize> = edges.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        let nodes: BTreeMap<usize, u32> = nodes.into_iter().filter(|node| known.contains(&node.0)).collect();
        let failing: BTreeMap<String, String> = nodes.iter().map(|(&n, &p)| (name(n), of(p))).collect();
        let mut network: NetworkDefinition = serde_json::from_value(
            json!({"edges": listed, "source": "n0", "target": "n5", "nodes": failing})).unwrap();
        let result = two_terminal(&network).unwrap();
        let parts: Vec<f64> = edges.iter().map(|e| e.2).chain(nodes.values().copied())
            .map(|permille| f64::from(permille) / 1000.0).collect();
        let mut up = 0.0;
        for state in 0..1u32 << parts.len() {
            let works = |part: usize| state >> part & 1 == 1;
            let stands = |node: usize| nodes.keys().position(|&other| other == node)
                .is_none_or(|index| works(edges.len() + index));
            let mut reached = [false; 6];
            reached[0] = stands(0);
            for _ in 0..6 {
                for (index, &(a, b, _)) in edges.iter().enumerate() {
                    if works(index) && stands(a) && stands(b) && (reached[a] || reached[b]) {
                        (reached[a], reached[b]) = (true, true);
                    }
                }
            }
            if reached[5] {
                up += (0..parts.len()).map(|p| if works(p) { parts[p] } else { 1.0 - parts[p] }).product::<f64>();
            }
        }
        prop_assert!((result.ratio - up).abs() < 1e-12, "{} for {up}", result.ratio);
        prop_assert!((result.ratio + result.unavailability - 1.0).abs() < 1e-12);
        network.states = states;
        let rough = two_terminal(&network).unwrap();
        prop_assert!(rough.lower <= up + 1e-12 && up <= rough.upper + 1e-12);
    }
}

/// scipy 1.17.1: `beta.ppf(.025, good, total - good + 1)`, `beta.isf(.025, good + 1, total - good)`.
/// The last upper bound is from the binomial sum in 60 decimal digits: scipy's is off by 4e-9.
#[test]
fn intervals_are_the_published_ones() {
    for (good, total, lower, upper) in [
        (1, 2, 0.01257911709342505, 0.9874208829065749),
        (5, 10, 0.18708602844739855, 0.8129139715526015),
        (9990, 10000, 0.9981617358657894, 0.9995203602762289),
        (99606, 100000, 0.995651971456456, 0.9964388268347867),
        (999999999997, 1000000000000, 0.9999999999912327, 0.9999999999993813),
        (500000000000, 1000000000000, 0.4999990200175078, 0.5000009799824923),
        (3, 1000000000000, 6.186721228960288e-13, 8.76727306971711e-12),
        (999999, 1000000, 0.9999944283693448, 0.9999999746821924),
        (7, 1000000000, 2.8143630560026354e-09, 1.442267530817496e-08),
    ] {
        let got = clopper_pearson(good, total, 0.95, Sided::Two).unwrap();
        for (got, expected) in [(got.lower, lower), (got.upper, upper)] {
            let expected: f64 = expected;
            assert!((got / expected - 1.0).abs() < 1e-9, "{good} of {total}: {got} for {expected}");
            assert!((got - expected).abs() < 1e-12, "{good} of {total}: {got} for {expected}");
        }
    }
    let none = clopper_pearson(0, 0, 0.95, Sided::Two).unwrap();
    assert_eq!((none.lower, none.upper), (0.0, 1.0));
    assert_eq!(wilson(0, 0, 0.95, Sided::Two).unwrap(), none);
    let all = clopper_pearson(1_000_000_000_000, 1_000_000_000_000, 0.95, Sided::Two).unwrap();
    assert!((all.lower - (1.0 - 3.688_879_454_1e-12)).abs() < 1e-15 && all.upper == 1.0);
    for confidence in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            wilson(1, 2, confidence, Sided::Two).unwrap_err().argument(),
            Some("confidence")
        );
    }
}

/// scipy 1.17.1: `2 * T / chi2.ppf(.95, 2 * failures + 2)`.
#[test]
fn the_bound_of_the_mtbf_is_that_of_chi_square() {
    for (failures, quantile) in [
        (0usize, 5.991464547107979),
        (1, 9.487729036781154),
        (5, 21.02606981748307),
        (100, 236.15854556419413),
        (1_000_000, 2003292.8455352336),
    ] {
        let period = Duration::from_secs(1_000_000_000);
        let result = reliability(period, &vec![Duration::ZERO; failures], 0.95).unwrap();
        let expected = 2.0 * 1e18 / quantile;
        let got = result.mtbf_lower.unwrap().as_nanos() as f64;
        assert!((got / expected - 1.0).abs() < 1e-9, "{failures}: {got} for {expected}");
    }
}

#[test]
fn service_hours_leave_the_rest_out() {
    let hours = itom_core::sla::Calendar::from_json(
        r#"{"tz": "UTC", "weekly": {"mon": [["08:00", "18:00"]]}}"#,
    )
    .unwrap();
    let monday: Timestamp = "2026-06-15T00:00:00Z".parse().unwrap();
    let options = AvailabilityOptions { service_hours: Some(hours), ..Default::default() };
    let outage = OutageRecord::new(
        monday + Duration::from_nanos(7 * HOUR),
        monday + Duration::from_nanos(9 * HOUR),
    );
    let day = (monday, monday + Duration::from_nanos(24 * HOUR));
    let explained = options.explain(day, std::slice::from_ref(&outage)).unwrap();
    assert_eq!(explained.availability.availability, Some("9/10".parse().unwrap()));
    assert_eq!(explained.outages[0].outside_hours, Duration::from_nanos(HOUR));
    let tuesday = (day.1, day.1 + Duration::from_nanos(HOUR));
    assert_eq!(options.measure(tuesday, &[outage]).unwrap().availability, None);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let all = (Timestamp::MIN, Timestamp::MAX);
    let forever = OutageRecord::new(Timestamp::MIN, Timestamp::MAX);
    let options = AvailabilityOptions { merge_gap: Duration::MAX, ..Default::default() };
    let report =
        options.measure(all, &[forever.clone(), OutageRecord { until: None, ..forever }]).unwrap();
    assert_eq!((report.availability, report.failures), (Some(Fraction::ZERO), 1));
    let empty = (Timestamp::MAX, Timestamp::MAX);
    assert_eq!(options.measure(empty, &[]).unwrap().availability, None);
    assert_eq!(reliability(Duration::ZERO, &[], 0.9).unwrap().mtbf_lower, None);
}

fn large(result: &CompositeAvailability, service: &str) {
    assert!(result.upper - result.lower < 1e-6, "{service}: {result:?}");
    assert!(result.lower <= result.ratio && result.ratio <= result.upper);
}

#[test]
fn ten_thousand_nodes_are_bounded_within_a_millionth() {
    for seed in 0..3 {
        let graph = DependencyGraph::new(estate(Estate::large(seed))).unwrap();
        assert!(graph.definition().nodes.len() > 9_500);
        let business = graph.availability().unwrap();
        large(&business, "business");
        let options = SimulationOptions { samples: 200_000, seed, confidence: 0.999_9 };
        let simulated = graph.simulate(options).unwrap();
        assert!(
            simulated.lower <= business.upper && business.lower <= simulated.upper,
            "{simulated:?}"
        );
        for service in ["service-0", "service-7"] {
            let node = DependencyExpression::Node(service.to_owned());
            large(&graph.with_service(node).unwrap().availability().unwrap(), service);
        }
    }
}

#[test]
fn hostile_graphs_are_refused_or_answered() {
    // A chain ten thousand deep, closed to a circle, and a ladder of redundant pairs.
    let chain = |last: &str| -> DependencyGraphDefinition {
        let nodes: BTreeMap<String, Value> = (0..10_000)
            .map(|index| {
                let next = if index == 9_999 { last.to_owned() } else { format!("n{}", index + 1) };
                (format!("n{index}"), json!({"availability": "0.99999", "requires": next}))
            })
            .collect();
        serde_json::from_value(json!({"nodes": nodes, "service": "n5000"})).unwrap()
    };
    let straight = DependencyGraph::new(chain("0.5")).unwrap().availability().unwrap();
    assert!((straight.ratio - 0.5 * (5_000.0 * (-1e-5f64).ln_1p()).exp()).abs() < 1e-9);
    let circle = DependencyGraph::new(chain("n0")).unwrap().availability().unwrap();
    assert!((circle.ratio - (10_000.0 * (-1e-5f64).ln_1p()).exp()).abs() < 1e-9);
    let ladder: BTreeMap<String, Value> = (0..3_000)
        .map(|index| {
            let next = if index == 2_999 { "0.9".to_owned() } else { format!("n{}", index + 1) };
            (
                format!("n{index}"),
                json!({"availability": "0.999", "requires": {"any_of": [next, "0.9"]}}),
            )
        })
        .collect();
    let ladder = json!({"nodes": ladder, "service": "n0"}).to_string();
    let ladder = DependencyGraph::from_json(&ladder).unwrap().availability().unwrap();
    assert_eq!(ladder.method, CompositeMethod::Exact);
    let huge = format!(
        r#"{{"service": {{"k_of_n": {{"k": 1, "of": ["1"], "weights": [{}]}}}}}}"#,
        u64::MAX
    );
    assert_eq!(DependencyGraph::from_json(&huge).unwrap_err().argument(), Some("weights"));
    let deep = format!("{}\"1\"{}", r#"{"all_of": ["#.repeat(500), "]}".repeat(500));
    let deep = DependencyGraph::from_json(&format!(r#"{{"service": {deep}}}"#)).unwrap_err();
    assert_eq!(deep.kind(), ErrorKind::InvalidArgument);
}
